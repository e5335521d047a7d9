//! May this ticket come in here and now? One pure function for terminal and server (section 4).
//!
//! Equal arguments give equal verdicts on every device and on the server. Stage A stops at the
//! first failure and tells nothing about any ticket. Stage B evaluates every rule in [`rules`],
//! returns all findings and shows the one with the lowest number. A fault (an unreadable disk, a
//! broken store) is not a verdict and never comes from here.

pub mod code;
pub mod presentation;
mod refused;
pub mod rules;

use alloc::vec::Vec;

pub use code::{Code, OverrideBy};
pub use presentation::Presentation;
pub use refused::refused;

use crate::id::{ClassId, DeviceNo, EventId, FeedSeq, GateId, Issue, Seq, TicketId, ZoneId};
use crate::journal::Flags;
use crate::journal::ledger::{Admission, Movement, Standing};
use crate::policy::{Class, Manual, Policy};
use crate::ticket::{ReadFailure, Verified};
use crate::time::UnixMillis;

/// The widest that an unsure clock widens windows, in ms.
pub const WINDOW_UNCERTAINTY_MAX_MS: u64 = 60_000;

/// What was presented.
#[derive(Clone, Copy, Debug)]
pub enum Scan {
    /// A text, read and verified, or why not.
    Credential(Result<Verified, ReadFailure>),
    /// A ticket found by typed code or by name: no signature; reaches listed tickets only.
    Manual(TicketId),
}

/// Which way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// In.
    #[default]
    Entry,
    /// Out.
    Exit,
}

/// What the list says about the ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// Its newest credential.
    pub issue: Issue,
    /// Its type.
    pub class: ClassId,
    /// Whether it counts.
    pub status: TicketStatus,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
}

/// Whether a listed ticket counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TicketStatus {
    /// It does.
    Valid = 1,
    /// It does once it is paid.
    Unpaid = 2,
    /// Somebody stopped it for now.
    Blocked = 3,
    /// It never will again.
    Cancelled = 4,
}

impl TicketStatus {
    /// Reads the status's number in a TICKET entry.
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Valid),
            2 => Some(Self::Unpaid),
            3 => Some(Self::Blocked),
            4 => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// What time it is, and how sure that is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Clock {
    /// The best estimate of the server's time.
    pub now: UnixMillis,
    /// How wrong it may be, in ms.
    pub uncertainty_ms: u64,
}

/// Where the decision is made, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Whether the device may decide at all.
    pub readiness: Readiness,
    /// The deciding device.
    pub device: DeviceNo,
    /// The gate it stands at.
    pub gate: GateId,
    /// Whether it has a link to the server.
    pub has_link: bool,
    /// How many tickets that were not in its list it has admitted.
    pub unlisted_admitted: u32,
    /// How many people are known to be inside each gate's zone: that of `gate`.
    pub occupancy: u64,
}

/// Whether a device may decide at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Readiness {
    /// It may.
    Ready,
    /// It may not.
    NotReady(NotReady),
}

/// Why a device may not decide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotReady {
    /// Locked, or not opened yet.
    Locked,
    /// Suspended: revoked, forked, rolled back, clock gone back, store broken.
    Suspended,
    /// Its certificate is not valid now.
    Certificate,
    /// Its journal cannot be written.
    Journal,
    /// Its list has not been verified.
    Unverified,
}

/// How much of the feed the list holds.
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    /// The feed number held.
    pub cursor: FeedSeq,
    /// Whether the list holds everything up to `cursor` under a verified head. Only then does a
    /// missing row mean anything.
    pub is_complete: bool,
    /// Until when the head promised to be fresh.
    pub valid_until: UnixMillis,
    /// For a walk-in credential: the highest number of the selling terminal's journal that was seen
    /// in MOVE entries.
    pub seller_seen: Seq,
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What was presented.
    pub scan: Scan,
    /// Which way.
    pub direction: Direction,
    /// The event's rules.
    pub policy: &'a Policy,
    /// What the list says about the ticket.
    pub row: Option<&'a Row>,
    /// Every known movement of the ticket, in any order, possibly repeated.
    pub history: &'a [Movement],
    /// What time it is.
    pub clock: Clock,
    /// Where, and by whom.
    pub scope: Scope,
    /// How much of the feed the list holds.
    pub cache: Cache,
}

/// The answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Let in, or out.
    Admit {
        /// What was particular.
        flags: Flags,
        /// What led to it.
        facts: Vec<Fact>,
    },
    /// Not let in.
    Deny {
        /// The finding that is shown: the one with the lowest number.
        primary: Code,
        /// Every finding, in the order of their numbers.
        all: Vec<Code>,
        /// Who may let in all the same.
        by: OverrideBy,
        /// What an admission against these findings is flagged with besides OVERRIDE.
        flags: Flags,
        /// What led to it.
        facts: Vec<Fact>,
    },
}

impl Verdict {
    /// Whether it lets in.
    pub const fn is_admit(&self) -> bool {
        matches!(self, Self::Admit { .. })
    }

    /// Returns what led to it, in order.
    pub fn facts(&self) -> &[Fact] {
        let (Self::Admit { facts, .. } | Self::Deny { facts, .. }) = self;
        facts
    }
}

/// One thing that led to a verdict, as values; screens make the words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The terminal may not decide.
    NotReady(NotReady),
    /// The code belongs to this other event.
    OtherEvent(EventId),
    /// Which ticket was presented, with the issue of its credential where there was one.
    Presented {
        /// The ticket.
        ticket: TicketId,
        /// The credential's issue.
        issue: Option<Issue>,
    },
    /// What the list holds about it.
    Listed(Row),
    /// The list does not hold it.
    NotListed {
        /// The feed number held.
        cursor: FeedSeq,
    },
    /// The gate and its zone.
    At {
        /// The gate.
        gate: GateId,
        /// The zone, if the policy knows the gate.
        zone: Option<ZoneId>,
    },
    /// An earlier admission into this zone: the last one.
    LastAdmission(Admission),
    /// How many admissions count in this period, and how many are allowed.
    Uses {
        /// Counted so far.
        used: u32,
        /// Allowed; none means any number.
        limit: Option<u32>,
    },
    /// The window that comes next, or that was last.
    Window {
        /// Its beginning.
        from: UnixMillis,
        /// Its end.
        until: UnixMillis,
    },
    /// The gate that alone admits this ticket for now.
    HomeGate(GateId),
    /// How sure the time is.
    Time(Clock),
    /// How many are inside, and how many may be.
    Occupancy {
        /// Known to be inside.
        inside: u64,
        /// Allowed.
        capacity: u32,
    },
}

/// Decides. See the module's words.
pub fn decide(question: &Question<'_>) -> Verdict {
    match stage_a(question) {
        Ok(presented) => stage_b(question, &presented),
        Err((code, facts)) => Verdict::Deny {
            primary: code,
            all: alloc::vec![code],
            by: OverrideBy::Nobody,
            flags: Flags::default(),
            facts,
        },
    }
}

/// A ticket that somebody vouches for, or that a person named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presented {
    pub(crate) ticket: TicketId,
    pub(crate) issue: Option<Issue>,
    pub(crate) class: Option<ClassId>,
    pub(crate) is_test: bool,
    pub(crate) is_walk_in: bool,
}

fn stage_a(question: &Question<'_>) -> Result<Presented, (Code, Vec<Fact>)> {
    if let Readiness::NotReady(why) = question.scope.readiness {
        return Err((Code::TerminalNotReady, alloc::vec![Fact::NotReady(why)]));
    }
    match question.scan {
        Scan::Credential(Err(failure)) => {
            let facts = match failure {
                ReadFailure::OtherEvent(event) => alloc::vec![Fact::OtherEvent(event)],
                _ => Vec::new(),
            };
            Err((Code::from(failure), facts))
        }
        Scan::Credential(Ok(verified)) => {
            let claims = verified.claims();
            let listed = question.row.map(|row| (claims.ticket, row.issue));
            if verified.needs_listed_row() && !crate::ticket::keyring::is_listed(claims, listed) {
                return Err((Code::KeyRejected, Vec::new()));
            }
            Ok(Presented {
                ticket: claims.ticket,
                issue: Some(claims.issue),
                class: Some(claims.class),
                is_test: claims.is_test,
                is_walk_in: claims.ticket.issuer() != DeviceNo(0),
            })
        }
        Scan::Manual(ticket) => Ok(Presented {
            ticket,
            issue: None,
            class: None,
            is_test: false,
            is_walk_in: ticket.issuer() != DeviceNo(0),
        }),
    }
}

fn stage_b(question: &Question<'_>, presented: &Presented) -> Verdict {
    // The list is newer than any credential but one that the list does not know yet.
    let class_id = match question.row {
        Some(row) if presented.issue.is_none_or(|issue| issue <= row.issue) => Some(row.class),
        row => presented.class.or(row.map(|row| row.class)),
    };
    let zone = question.policy.gate(question.scope.gate).map(|gate| gate.zone);
    let standing = zone.map_or_else(Standing::default, |zone| {
        let of_ticket = question.history.iter().filter(|movement| movement.ticket == presented.ticket);
        Standing::fold(of_ticket, question.policy, zone)
    });
    let case = rules::Case {
        question,
        presented,
        class_id,
        class: class_id.and_then(|id| question.policy.class(id)),
        zone,
        standing: &standing,
    };
    let findings = rules::findings(&case);
    let flags = flags(&case);
    let facts = facts(&case);
    match (findings.first(), question.direction) {
        (Some(&primary), Direction::Entry) => {
            let by =
                findings.iter().map(|code| code.overridden_by(question.policy)).max().unwrap_or(OverrideBy::Nobody);
            Verdict::Deny { primary, all: findings, by, flags, facts }
        }
        (_, Direction::Exit) => Verdict::Admit { flags: findings.iter().fold(flags, |f, c| f.and(c.as_flag())), facts },
        (None, Direction::Entry) => Verdict::Admit { flags, facts },
    }
}

fn flags(case: &rules::Case<'_>) -> Flags {
    let question = case.question;
    let is_unlisted = question.row.is_none();
    let is_newer = matches!((question.row, case.presented.issue), (Some(row), Some(issue))
        if issue > row.issue && u64::from(issue.0) > question.cache.cursor.0);
    let conditions = [
        (question.clock.now > question.cache.valid_until, Flags::STALE),
        (is_unlisted, Flags::UNLISTED),
        (is_newer, Flags::NEWER_ISSUE),
        (question.clock.uncertainty_ms > question.policy.limits.max_uncertainty_ms, Flags::CLOCK_UNSURE),
        (matches!(question.scan, Scan::Manual(_)), Flags::MANUAL),
        (case.presented.is_test, Flags::TEST),
        (question.row.is_some_and(|row| row.attention), Flags::ATTENTION),
        (question.row.is_some_and(|row| row.id_check), Flags::ID_CHECK),
        (case.presented.is_walk_in, Flags::WALK_IN),
    ];
    conditions.iter().filter(|(holds, _)| *holds).fold(Flags::default(), |all, (_, flag)| all.and(*flag))
}

fn facts(case: &rules::Case<'_>) -> Vec<Fact> {
    let question = case.question;
    let mut facts = alloc::vec![
        Fact::Presented { ticket: case.presented.ticket, issue: case.presented.issue },
        question.row.map_or(Fact::NotListed { cursor: question.cache.cursor }, |row| Fact::Listed(*row)),
        Fact::At { gate: question.scope.gate, zone: case.zone },
    ];
    facts.extend(case.standing.admissions.last().copied().map(Fact::LastAdmission));
    if let Some(class) = case.class {
        let used = case.standing.uses_in_period(class, question.clock.now);
        facts.push(Fact::Uses { used: u32::try_from(used).unwrap_or(u32::MAX), limit: class.uses.limit });
        facts.extend(nearest_window(class, question.clock.now));
    }
    facts.extend(rules::foreign_home_gate(case).map(Fact::HomeGate));
    facts.push(Fact::Time(question.clock));
    let capacity = case.zone.and_then(|zone| question.policy.zone(zone)).and_then(|zone| zone.capacity);
    facts.extend(capacity.map(|capacity| Fact::Occupancy { inside: question.scope.occupancy, capacity }));
    facts
}

fn nearest_window(class: &Class, now: UnixMillis) -> Option<Fact> {
    let next = class.windows.iter().filter(|window| window.until() > now).min_by_key(|window| window.from());
    let last = class.windows.iter().max_by_key(|window| window.until());
    next.or(last).map(|window| Fact::Window { from: window.from(), until: window.until() })
}

/// Who may check in without a code under `policy`.
pub(crate) const fn manual_by(policy: &Policy) -> OverrideBy {
    match policy.switches.manual {
        Manual::Door => OverrideBy::Door,
        Manual::Supervisor => OverrideBy::Supervisor,
        Manual::Never => OverrideBy::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::MovementKind;
    use crate::policy::{Gate, Limits, ReEntry, Switches, Uses, Zone};
    use crate::time::{Hlc, Window};
    use alloc::string::ToString;
    use alloc::vec;

    pub(super) const TICKET: TicketId = TicketId(77);
    const GATE: GateId = GateId(1);
    const ZONE: ZoneId = ZoneId(2);

    fn window(from: u64, until: u64) -> Window {
        Window::new(UnixMillis(from), UnixMillis(until)).unwrap()
    }

    /// One gate into one zone for a hundred, and one type with two windows.
    pub(super) fn policy() -> Policy {
        let class = Class {
            id: ClassId(3),
            name: "Day".to_string(),
            zones: vec![],
            gates: vec![],
            windows: vec![window(1_000, 2_000), window(5_000, 6_000)],
            uses: Uses { limit: Some(4), periods: vec![] },
            re_entry: ReEntry::Free,
            strict_clock: false,
            home_gate: None,
            price: None,
        };
        Policy {
            event: "Open Day".to_string(),
            time_zone: "UTC".to_string(),
            starts: UnixMillis(0),
            ends: UnixMillis(10_000),
            zones: vec![Zone { id: ZONE, name: "Hall".to_string(), capacity: Some(100) }],
            gates: vec![Gate { id: GATE, name: "Main".to_string(), zone: ZONE }],
            classes: vec![class],
            limits: Limits { repeat_ms: 10, ..Limits::default() },
            switches: Switches::default(),
            supervisors: vec![],
        }
    }

    pub(super) const fn row() -> Row {
        let (issue, class) = (Issue(5), ClassId(3));
        Row { issue, class, status: TicketStatus::Valid, attention: false, id_check: false }
    }

    /// Somebody named the ticket, at one o'clock.
    pub(super) fn question<'a>(policy: &'a Policy, row: Option<&'a Row>, history: &'a [Movement]) -> Question<'a> {
        Question {
            scan: Scan::Manual(TICKET),
            direction: Direction::Entry,
            policy,
            row,
            history,
            clock: Clock { now: UnixMillis(1_500), uncertainty_ms: 20 },
            scope: Scope {
                readiness: Readiness::Ready,
                device: DeviceNo(4),
                gate: GATE,
                has_link: true,
                unlisted_admitted: 0,
                occupancy: 41,
            },
            cache: Cache { cursor: FeedSeq(9), is_complete: true, valid_until: UnixMillis(9_000), seller_seen: Seq(0) },
        }
    }

    fn admission() -> Movement {
        Movement {
            hlc: Hlc::at(UnixMillis(1_100)),
            device: DeviceNo(6),
            seq: Seq(8),
            kind: MovementKind::Admit,
            is_override: false,
            ticket: TICKET,
            gate: GATE,
            entry_hash: [0; 32],
        }
    }

    #[test]
    fn a_verdict_tells_in_order_what_led_to_it() {
        let (policy, row, history) = (policy(), row(), [admission()]);
        let question = question(&policy, Some(&row), &history);

        let verdict = decide(&question);

        assert!(verdict.is_admit());
        let last = Admission { at: UnixMillis(1_100), gate: GATE, device: DeviceNo(6), seq: Seq(8) };
        let facts = [
            Fact::Presented { ticket: TICKET, issue: None },
            Fact::Listed(row),
            Fact::At { gate: GATE, zone: Some(ZONE) },
            Fact::LastAdmission(last),
            Fact::Uses { used: 1, limit: Some(4) },
            Fact::Window { from: UnixMillis(1_000), until: UnixMillis(2_000) },
            Fact::Time(question.clock),
            Fact::Occupancy { inside: 41, capacity: 100 },
        ];
        assert_eq!(verdict.facts(), facts);
    }

    #[test]
    fn the_window_that_is_told_is_the_one_that_is_or_comes_next_or_was_last() {
        let (policy, row) = (policy(), row());
        let told = |now| {
            let clock = Clock { now: UnixMillis(now), uncertainty_ms: 0 };
            let verdict = decide(&Question { clock, ..question(&policy, Some(&row), &[]) });
            let from = |fact: &Fact| if let Fact::Window { from, .. } = fact { Some(from.0) } else { None };
            (verdict.facts().iter().find_map(from), verdict.is_admit())
        };

        assert_eq!(told(999), (Some(1_000), false));
        assert_eq!(told(1_999), (Some(1_000), true));
        assert_eq!(told(2_000), (Some(5_000), false));
        assert_eq!(told(6_000), (Some(5_000), false));
    }

    #[test]
    fn a_ticket_that_is_not_listed_is_told_with_how_far_the_list_goes() {
        let policy = policy();

        let verdict = decide(&question(&policy, None, &[]));

        assert!(!verdict.is_admit());
        assert_eq!(verdict.facts().get(1), Some(&Fact::NotListed { cursor: FeedSeq(9) }));
    }

    #[test]
    fn the_home_gate_is_told_where_it_is_another_one() {
        let (mut policy, row) = (policy(), row());
        policy.gates.push(Gate { id: GateId(8), name: "South".to_string(), zone: ZONE });
        policy.switches.home_gates = vec![GateId(8)];
        let mut question = question(&policy, Some(&row), &[]);
        let is_told = |question: &Question<'_>| decide(question).facts().contains(&Fact::HomeGate(GateId(8)));

        assert!(!is_told(&question));
        question.scope.has_link = false;
        assert!(is_told(&question));
        question.scope.gate = GateId(8);
        assert!(!is_told(&question));
    }

    #[test]
    fn before_any_ticket_only_the_reason_is_told() {
        let (policy, row) = (policy(), row());
        let mut question = question(&policy, Some(&row), &[]);
        question.scan = Scan::Credential(Err(ReadFailure::OtherEvent(EventId([9; 16]))));
        assert_eq!(decide(&question).facts(), [Fact::OtherEvent(EventId([9; 16]))]);
        question.scan = Scan::Credential(Err(ReadFailure::BadSignature));
        assert_eq!(decide(&question).facts(), []);
        question.scope.readiness = Readiness::NotReady(NotReady::Journal);
        assert_eq!(decide(&question).facts(), [Fact::NotReady(NotReady::Journal)]);
    }
}
