//! The rules of admission, one function each, in the order of their numbers.

use alloc::vec::Vec;

use super::{Code, Presented, Question, Scan, TicketStatus, WINDOW_UNCERTAINTY_MAX_MS};
use crate::id::{ClassId, GateId, ZoneId};
use crate::journal::ledger::Standing;
use crate::policy::{Class, Manual, Unlisted};

/// A question about a ticket that is what it says it is, with what follows from it.
pub(super) struct Case<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) presented: &'a Presented,
    pub(super) class_id: Option<ClassId>,
    pub(super) class: Option<&'a Class>,
    pub(super) zone: Option<ZoneId>,
    pub(super) standing: &'a Standing,
}

type Rule = fn(&Case<'_>) -> Option<Code>;

/// In the order of section 4.
const RULES: &[Rule] = &[
    cancelled,
    superseded,
    blocked,
    not_in_list,
    issue_mismatch,
    just_scanned,
    already_in,
    already_used,
    uses_exhausted,
    unpaid,
    class_unknown,
    wrong_gate,
    wrong_zone,
    outside_windows,
    clock_unsure,
    unlisted,
    cache_too_old,
    home_gate_only,
    zone_full,
    manual_not_allowed,
];

/// Returns every finding, in the order of their numbers.
pub(super) fn findings(case: &Case<'_>) -> Vec<Code> {
    let mut findings: Vec<Code> = RULES.iter().filter_map(|rule| rule(case)).collect();
    // The rule on time has two codes, so that the order of the rules alone does not settle it.
    findings.sort_unstable();
    findings
}

fn when(holds: bool, code: Code) -> Option<Code> {
    holds.then_some(code)
}

fn has_status(case: &Case<'_>, status: TicketStatus) -> bool {
    case.question.row.is_some_and(|row| row.status == status)
}

fn cancelled(case: &Case<'_>) -> Option<Code> {
    when(has_status(case, TicketStatus::Cancelled), Code::Cancelled)
}

fn superseded(case: &Case<'_>) -> Option<Code> {
    let (row, issue) = (case.question.row?, case.presented.issue?);
    when(issue < row.issue, Code::Superseded)
}

fn blocked(case: &Case<'_>) -> Option<Code> {
    when(has_status(case, TicketStatus::Blocked), Code::Blocked)
}

/// Whether the list, being complete, would hold what was presented if it were real.
fn is_covered_by_list(case: &Case<'_>) -> bool {
    let cache = &case.question.cache;
    let seen = if case.presented.is_walk_in { cache.seller_seen.0 } else { cache.cursor.0 };
    // A person who names a ticket can only mean a listed one.
    cache.is_complete && case.presented.issue.is_none_or(|issue| u64::from(issue.0) <= seen)
}

fn not_in_list(case: &Case<'_>) -> Option<Code> {
    let is_manual = matches!(case.question.scan, Scan::Manual(_));
    when(case.question.row.is_none() && (is_manual || is_covered_by_list(case)), Code::NotInList)
}

fn issue_mismatch(case: &Case<'_>) -> Option<Code> {
    let (row, issue) = (case.question.row?, case.presented.issue?);
    when(issue > row.issue && is_covered_by_list(case), Code::IssueMismatch)
}

fn just_scanned(case: &Case<'_>) -> Option<Code> {
    let question = case.question;
    let last = case.standing.admissions.iter().rev().find(|admission| admission.device == question.scope.device)?;
    let is_recent = question.clock.now.since(last.at) < question.policy.limits.repeat_ms;
    when(case.standing.is_inside && is_recent, Code::JustScanned)
}

fn already_in(case: &Case<'_>) -> Option<Code> {
    when(case.standing.is_already_in(case.class?, case.question.clock.now), Code::AlreadyIn)
}

fn already_used(case: &Case<'_>) -> Option<Code> {
    when(case.standing.is_already_used(case.class?, case.question.clock.now), Code::AlreadyUsed)
}

fn uses_exhausted(case: &Case<'_>) -> Option<Code> {
    when(case.standing.is_exhausted(case.class?, case.question.clock.now), Code::UsesExhausted)
}

fn unpaid(case: &Case<'_>) -> Option<Code> {
    when(has_status(case, TicketStatus::Unpaid) && !case.question.policy.switches.admit_unpaid, Code::Unpaid)
}

fn class_unknown(case: &Case<'_>) -> Option<Code> {
    when(case.class_id.is_some() && case.class.is_none(), Code::ClassUnknown)
}

fn wrong_gate(case: &Case<'_>) -> Option<Code> {
    let (class, gate) = (case.class?, case.question.scope.gate);
    when(case.zone.is_none() || (!class.gates.is_empty() && !class.gates.contains(&gate)), Code::WrongGate)
}

fn wrong_zone(case: &Case<'_>) -> Option<Code> {
    let (class, zone) = (case.class?, case.zone?);
    when(!class.zones.is_empty() && !class.zones.contains(&zone), Code::WrongZone)
}

fn outside_windows(case: &Case<'_>) -> Option<Code> {
    let windows = &case.class?.windows;
    let clock = &case.question.clock;
    let widening =
        case.question.policy.limits.grace_ms.saturating_add(clock.uncertainty_ms.min(WINDOW_UNCERTAINTY_MAX_MS));
    if windows.is_empty() || windows.iter().any(|window| window.widened(widening).contains(clock.now)) {
        None
    } else if windows.iter().all(|window| window.until() <= clock.now) {
        Some(Code::TooLate)
    } else {
        Some(Code::TooEarly)
    }
}

fn clock_unsure(case: &Case<'_>) -> Option<Code> {
    let is_unsure = case.question.clock.uncertainty_ms > case.question.policy.limits.max_uncertainty_ms;
    when(is_unsure && case.class?.strict_clock, Code::ClockUnsure)
}

fn unlisted(case: &Case<'_>) -> Option<Code> {
    let question = case.question;
    let is_refused = question.policy.switches.unlisted == Unlisted::Deny
        || question.scope.unlisted_admitted >= question.policy.limits.unlisted_cap;
    when(question.row.is_none() && not_in_list(case).is_none() && is_refused, Code::Unlisted)
}

fn cache_too_old(case: &Case<'_>) -> Option<Code> {
    let question = case.question;
    let last = question.cache.valid_until.plus(question.policy.limits.max_offline_ms);
    when(question.clock.now > last, Code::CacheTooOld)
}

/// Returns the gate that alone admits this ticket for now, if that is another one.
pub(super) fn foreign_home_gate(case: &Case<'_>) -> Option<GateId> {
    let question = case.question;
    if question.scope.has_link {
        return None;
    }
    let home = question.policy.home_gate(case.presented.ticket, case.class_id?)?;
    (home != question.scope.gate).then_some(home)
}

fn home_gate_only(case: &Case<'_>) -> Option<Code> {
    when(foreign_home_gate(case).is_some(), Code::HomeGateOnly)
}

fn zone_full(case: &Case<'_>) -> Option<Code> {
    let capacity = case.question.policy.zone(case.zone?)?.capacity?;
    when(!case.standing.is_inside && case.question.scope.occupancy >= u64::from(capacity), Code::ZoneFull)
}

fn manual_not_allowed(case: &Case<'_>) -> Option<Code> {
    let is_manual = matches!(case.question.scan, Scan::Manual(_));
    when(is_manual && case.question.policy.switches.manual != Manual::Door, Code::ManualNotAllowed)
}
