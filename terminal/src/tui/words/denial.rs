//! Why a guest is not let in, and what to do next: a sentence and a step for each code.

use sync_protocol::id::{GateId, TicketId, ZoneId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::policy::Class;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, Fact, NotReady, OverrideBy};

use super::Names;
use crate::catalogue::text;
use crate::door::Decided;

/// A finding in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// What is the matter.
    pub reason: String,
    /// What to do next.
    pub step: String,
}

const HELP_DESK: &str = "denial-to-help-desk";

/// Returns the words for `code`, made of what `decided` rests on.
pub fn denial(code: Code, decided: &Decided, names: &Names<'_>) -> Denial {
    let case = Case { facts: decided.verdict.facts(), decided, names };
    let (reason, step) = match code {
        Code::TerminalNotReady => (case.not_ready(), "denial-not-ready-step"),
        Code::NotATicket => (names.say("denial-not-a-ticket"), "denial-not-a-ticket-step"),
        Code::UnsupportedFormat => (names.say("denial-format"), "denial-format-step"),
        Code::UnknownKey => (names.say("denial-unknown-key"), "denial-unknown-key-step"),
        Code::OtherEvent => (names.say("denial-other-event"), "denial-other-event-step"),
        Code::KeyRejected => (names.say("denial-key-rejected"), HELP_DESK),
        Code::DelegationInvalid => (names.say("denial-delegation"), HELP_DESK),
        Code::BadSignature => (names.say("denial-forged"), "denial-forged-step"),
        Code::Cancelled => (names.say("denial-cancelled"), HELP_DESK),
        Code::Superseded => (names.say("denial-replaced"), "denial-replaced-step"),
        Code::Blocked => (names.say("denial-blocked"), "denial-blocked-step"),
        Code::NotInList if case.is_manual() => (names.say("denial-no-such-code"), "denial-no-such-code-step"),
        Code::NotInList => (names.say("denial-not-in-list"), HELP_DESK),
        Code::IssueMismatch => (names.say("denial-issue"), HELP_DESK),
        Code::JustScanned => (case.just_scanned(), "denial-just-scanned-step"),
        Code::AlreadyIn => (case.earlier("denial-already-in", "denial-already-in-since"), HELP_DESK),
        Code::AlreadyUsed => {
            (case.earlier("denial-already-used", "denial-already-used-at"), "denial-already-used-step")
        }
        Code::UsesExhausted => (case.used_up(), HELP_DESK),
        Code::Unpaid => (names.say("denial-unpaid"), "denial-unpaid-step"),
        Code::ClassUnknown => (names.say("denial-class"), "denial-class-step"),
        Code::WrongGate => return Denial { reason: case.wrong_gate(), step: case.where_to() },
        Code::WrongZone => return Denial { reason: case.wrong_zone(), step: case.where_to() },
        Code::TooLate => (case.too_late(), HELP_DESK),
        Code::TooEarly => (case.too_early(), "denial-too-early-step"),
        Code::ClockUnsure => return Denial { reason: case.clock_unsure(), step: case.clock_step() },
        Code::Unlisted => (names.say("denial-unlisted"), "denial-unlisted-step"),
        Code::CacheTooOld => (names.say("denial-list-old"), "denial-list-old-step"),
        Code::HomeGateOnly => return case.home_gate(),
        Code::ZoneFull => (case.zone_full(), "denial-full-step"),
        Code::ManualNotAllowed => (names.say("denial-manual"), "denial-manual-step"),
    };
    Denial { reason, step: names.say(step) }
}

/// Returns who may decide otherwise, where somebody may.
pub fn who_decides(by: OverrideBy, names: &Names<'_>) -> Option<String> {
    match by {
        OverrideBy::Door => Some(names.say("denial-door-decides")),
        OverrideBy::Supervisor => Some(names.say("denial-supervisor-decides")),
        OverrideBy::Nobody => None,
    }
}

/// Returns `code` in two or three words, for lists.
pub fn short_denial(code: Code, names: &Names<'_>) -> String {
    names.say(match code {
        Code::TerminalNotReady => "denial-short-not-ready",
        Code::NotATicket => "denial-short-not-a-ticket",
        Code::UnsupportedFormat => "denial-short-format",
        Code::UnknownKey => "denial-short-unknown-key",
        Code::OtherEvent => "denial-short-other-event",
        Code::KeyRejected => "denial-short-key-rejected",
        Code::DelegationInvalid => "denial-short-delegation",
        Code::BadSignature => "denial-short-forged",
        Code::Cancelled => "denial-short-cancelled",
        Code::Superseded => "denial-short-replaced",
        Code::Blocked => "denial-short-blocked",
        Code::NotInList => "denial-short-not-in-list",
        Code::IssueMismatch => "denial-short-issue",
        Code::JustScanned => "denial-short-just-scanned",
        Code::AlreadyIn => "denial-short-already-in",
        Code::AlreadyUsed => "denial-short-already-used",
        Code::UsesExhausted => "denial-short-used-up",
        Code::Unpaid => "denial-short-unpaid",
        Code::ClassUnknown => "denial-short-class",
        Code::WrongGate => "denial-short-wrong-gate",
        Code::WrongZone => "denial-short-wrong-zone",
        Code::TooLate => "denial-short-too-late",
        Code::TooEarly => "denial-short-too-early",
        Code::ClockUnsure => "denial-short-clock",
        Code::Unlisted => "denial-short-unlisted",
        Code::CacheTooOld => "denial-short-list-old",
        Code::HomeGateOnly => "denial-short-home",
        Code::ZoneFull => "denial-short-full",
        Code::ManualNotAllowed => "denial-short-manual",
    })
}

struct Case<'a> {
    facts: &'a [Fact],
    decided: &'a Decided,
    names: &'a Names<'a>,
}

impl Case<'_> {
    fn find<T>(&self, pick: impl Fn(&Fact) -> Option<T>) -> Option<T> {
        self.facts.iter().find_map(pick)
    }

    fn last_admission(&self) -> Option<Admission> {
        self.find(|fact| if let Fact::LastAdmission(last) = fact { Some(*last) } else { None })
    }

    fn is_manual(&self) -> bool {
        self.find(|fact| if let Fact::Presented { issue, .. } = fact { Some(issue.is_none()) } else { None })
            .unwrap_or(false)
    }

    fn class(&self) -> Option<&Class> {
        let policy = self.names.policy()?;
        let listed = self.find(|fact| if let Fact::Listed(row) = fact { policy.class(row.class) } else { None });
        listed.or_else(|| policy.classes.iter().find(|class| Some(&class.name) == self.decided.class.as_ref()))
    }

    fn gate(&self) -> Option<GateId> {
        self.find(|fact| if let Fact::At { gate, .. } = fact { Some(*gate) } else { None })
    }

    fn zone(&self) -> Option<ZoneId> {
        self.find(|fact| if let Fact::At { zone, .. } = fact { *zone } else { None })
    }

    fn window(&self) -> Option<(UnixMillis, UnixMillis)> {
        self.find(|fact| if let Fact::Window { from, until } = fact { Some((*from, *until)) } else { None })
    }

    fn not_ready(&self) -> String {
        let why = self.find(|fact| if let Fact::NotReady(why) = fact { Some(*why) } else { None });
        self.names.say(not_ready(why))
    }

    fn just_scanned(&self) -> String {
        match self.last_admission() {
            Some(last) => {
                let span = self.names.span(self.decided.at.since(last.at));
                self.names.say_with("denial-just-scanned-ago", &[("span", text(span))])
            }
            None => self.names.say("denial-just-scanned"),
        }
    }

    /// "Already in since 13:40 at East door (terminal 3)."
    fn earlier(&self, unknown: &str, known: &str) -> String {
        let Some(last) = self.last_admission() else { return self.names.say(unknown) };
        let values = [
            ("time", text(self.names.clock().minutes(last.at))),
            ("gate", text(self.names.gate(last.gate))),
            ("device", text(self.names.device(last.device))),
        ];
        self.names.say_with(known, &values)
    }

    fn used_up(&self) -> String {
        let uses = self
            .find(|fact| if let Fact::Uses { used, limit: Some(limit) } = fact { Some((*used, *limit)) } else { None });
        let entries = match uses {
            Some((_, 0)) => self.names.say("denial-used-up-none"),
            Some((used, limit)) => {
                self.names.say_with("denial-used-up-of", &[("used", used.into()), ("limit", limit.into())])
            }
            None => self.names.say("denial-used-up"),
        };
        match self.last_admission() {
            Some(last) => {
                let time = self.names.clock().minutes(last.at);
                let values = [("time", text(time)), ("gate", text(self.names.gate(last.gate)))];
                format!("{entries} {}", self.names.say_with("denial-used-up-last", &values))
            }
            None => entries,
        }
    }

    fn gates_of(&self, class: &Class) -> Vec<String> {
        let Some(policy) = self.names.policy() else { return Vec::new() };
        let gates = policy.gates.iter().filter(|gate| {
            (class.gates.is_empty() || class.gates.contains(&gate.id))
                && (class.zones.is_empty() || class.zones.contains(&gate.zone))
        });
        gates.map(|gate| self.names.gate(gate.id)).collect()
    }

    fn where_to(&self) -> String {
        let gates = self.class().map(|class| self.gates_of(class)).unwrap_or_default();
        match self.names.either(&gates) {
            Some(gates) => self.names.say_with("denial-to-gate", &[("gates", text(gates))]),
            None => self.names.say(HELP_DESK),
        }
    }

    fn wrong_gate(&self) -> String {
        match self.gate() {
            Some(gate) => self.names.say_with("denial-wrong-gate-here", &[("gate", text(self.names.gate(gate)))]),
            None => self.names.say("denial-wrong-gate"),
        }
    }

    fn wrong_zone(&self) -> String {
        match self.zone() {
            Some(zone) => self.names.say_with("denial-wrong-zone-here", &[("zone", text(self.names.zone(zone)))]),
            None => self.names.say("denial-wrong-zone"),
        }
    }

    fn too_late(&self) -> String {
        match self.window() {
            Some((_, until)) => {
                let until = self.names.clock().minutes(until);
                self.names.say_with("denial-too-late-until", &[("until", text(until))])
            }
            None => self.names.say("denial-too-late"),
        }
    }

    fn too_early(&self) -> String {
        match self.window() {
            Some((from, _)) => {
                let from = self.names.clock().minutes(from);
                self.names.say_with("denial-too-early-from", &[("from", text(from))])
            }
            None => self.names.say("denial-too-early"),
        }
    }

    fn clock_unsure(&self) -> String {
        let sure = self.find(|fact| if let Fact::Time(clock) = fact { Some(clock.uncertainty_ms) } else { None });
        match sure {
            Some(ms) => self.names.say_with("denial-clock-by", &[("span", text(self.names.span(ms)))]),
            None => self.names.say("denial-clock"),
        }
    }

    fn clock_step(&self) -> String {
        let clock = self.names.clock();
        match self.window() {
            Some((from, until)) => {
                let values = [("from", text(clock.minutes(from))), ("until", text(clock.minutes(until)))];
                self.names.say_with("denial-clock-step-window", &values)
            }
            None => self.names.say("denial-clock-step"),
        }
    }

    fn home_gate(&self) -> Denial {
        let home: Option<GateId> = self.find(|fact| if let Fact::HomeGate(gate) = fact { Some(*gate) } else { None });
        let Some(gate) = home.map(|gate| self.names.gate(gate)) else {
            return Denial { reason: self.names.say("denial-home"), step: self.names.say("denial-home-step") };
        };
        let values = [("gate", text(gate))];
        Denial {
            reason: self.names.say_with("denial-home-at", &values),
            step: self.names.say_with("denial-home-at-step", &values),
        }
    }

    fn zone_full(&self) -> String {
        let places = self.find(|fact| match fact {
            Fact::Occupancy { inside, capacity } => Some((*inside, *capacity)),
            _ => None,
        });
        let zone = self.zone().map(|zone| text(self.names.zone(zone)));
        let names = self.names;
        match (zone, places) {
            (Some(zone), Some((inside, capacity))) => names.say_with(
                "denial-full-zone-of",
                &[("zone", zone), ("inside", inside.into()), ("capacity", capacity.into())],
            ),
            (Some(zone), None) => names.say_with("denial-full-zone", &[("zone", zone)]),
            (None, Some((inside, capacity))) => {
                names.say_with("denial-full-of", &[("inside", inside.into()), ("capacity", capacity.into())])
            }
            (None, None) => names.say("denial-full"),
        }
    }
}

/// Returns what names the ticket where no guest's name is known.
pub(super) fn ticket(ticket: TicketId, names: &Names<'_>) -> String {
    names.say_with("verdict-ticket", &[("ticket", text(ticket.to_string()))])
}

/// Returns the id of why a terminal is not ready.
pub(super) const fn not_ready(why: Option<NotReady>) -> &'static str {
    match why {
        Some(NotReady::Locked) => "denial-not-ready-locked",
        Some(NotReady::Suspended) => "denial-not-ready-suspended",
        Some(NotReady::Certificate) => "denial-not-ready-certificate",
        Some(NotReady::Journal) => "denial-not-ready-journal",
        Some(NotReady::Unverified) => "denial-not-ready-unverified",
        None => "denial-not-ready",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::{Catalogue, Language};
    use crate::tui::words::Clockface;

    fn words(code: Code) -> Denial {
        words_in(Language::English, code)
    }

    fn words_in(language: Language, code: Code) -> Denial {
        let rules = samples::rules();
        let catalogue = Catalogue::new(language);
        let names = Names::new(&catalogue, Some(&rules), Clockface::new("Europe/Berlin", samples::NOW));
        denial(code, &samples::deny(code, OverrideBy::Supervisor), &names)
    }

    #[test]
    fn somebody_who_is_in_already_is_told_when_where_and_by_whom() {
        assert_eq!(words(Code::AlreadyIn).reason, "Already in since 13:40 at East door (terminal 3).");
        assert_eq!(words(Code::UsesExhausted).reason, "All entries are used: 4 of 4. Last 13:40 at East door.");
    }

    #[test]
    fn the_wrong_entrance_names_the_right_ones() {
        let told = |code| (words(code).reason, words(code).step);

        let staff = ("Not valid at Main entrance.".into(), "Send the guest to East door.".into());
        assert_eq!(told(Code::WrongGate), staff);
        let workshop = ("Not valid for Hall A.".into(), "Send the guest to Workshop stairs.".into());
        assert_eq!(told(Code::WrongZone), workshop);
        assert_eq!(words(Code::HomeGateOnly).reason, "Without network, this ticket is let in only at East door.");
    }

    #[test]
    fn a_ticket_at_the_wrong_time_says_the_right_one() {
        assert_eq!(words(Code::TooEarly).reason, "Not valid yet: valid from 16:02.");
        assert_eq!(words(Code::TooLate).reason, "No longer valid: it was valid until Mon 31 Aug 18:02.");
    }

    #[test]
    fn a_full_area_says_how_full() {
        assert_eq!(words(Code::ZoneFull).reason, "Hall A is full: 1\u{2009}200 of 1\u{2009}200 inside.");
    }

    #[test]
    fn every_code_has_its_own_sentence_and_a_next_step() {
        for language in Language::ALL {
            let mut reasons: Vec<String> = Code::ALL.iter().map(|code| words_in(language, *code).reason).collect();
            reasons.sort();
            let count = reasons.len();
            reasons.dedup();
            assert_eq!(reasons.len(), count);
            for code in Code::ALL {
                let words = words_in(language, *code);
                assert!(!words.step.is_empty() && words.reason.ends_with('.'), "{code}: {words:?}");
            }
        }
    }

    #[test]
    fn words_are_found_without_facts_and_without_rules() {
        let catalogue = Catalogue::default();
        let names = Names::new(&catalogue, None, Clockface::default());
        for code in Code::ALL {
            let mut decided = samples::deny(*code, OverrideBy::Nobody);
            if let sync_protocol::verdict::Verdict::Deny { facts, .. } = &mut decided.verdict {
                facts.clear();
            }

            assert!(!denial(*code, &decided, &names).reason.is_empty(), "{code}");
        }
    }
}
