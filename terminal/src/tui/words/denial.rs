//! Why a guest is not let in, and what to do next: a sentence and a step for each code.

use sync_protocol::id::{GateId, TicketId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::policy::Class;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, Fact, NotReady, OverrideBy};

use super::{Names, count, device, either, span};
use crate::door::Decided;

const HELP_DESK: &str = "Send the guest to the help desk.";

/// A finding in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// What is the matter.
    pub reason: String,
    /// What to do next.
    pub step: String,
}

fn say(reason: impl Into<String>, step: impl Into<String>) -> Denial {
    Denial { reason: reason.into(), step: step.into() }
}

/// Returns the words for `code`, made of what `decided` rests on.
pub fn denial(code: Code, decided: &Decided, names: &Names<'_>) -> Denial {
    let case = Case { facts: decided.verdict.facts(), decided, names };
    match code {
        Code::TerminalNotReady => case.not_ready(),
        Code::NotATicket => {
            say("This code is not a ticket.", "Ask for the code in the e-mail, the app or on the paper ticket.")
        }
        Code::UnsupportedFormat => say(
            "This ticket is of a newer kind than this terminal can read.",
            "Type the code under the ticket (key c), or send the guest to the help desk.",
        ),
        Code::UnknownKey => say(
            "This terminal doesn't know who signed this ticket.",
            "Send the guest to the help desk. If it happens often, connect this terminal.",
        ),
        Code::OtherEvent => say("This ticket is for another event.", "Ask for the ticket of this event."),
        Code::KeyRejected => say("Tickets signed like this one are no longer accepted.", HELP_DESK),
        Code::DelegationInvalid => say("This ticket was sold by a terminal that may not sell it.", HELP_DESK),
        Code::BadSignature => say("This ticket is forged: its signature is wrong.", "Don't let in. Call a supervisor."),
        Code::Cancelled => say("This ticket was cancelled.", HELP_DESK),
        Code::Superseded => say(
            "This ticket was replaced by a newer one.",
            "Ask for the newest e-mail or a fresh look into the app; else send to the help desk.",
        ),
        Code::Blocked => say("This ticket is blocked.", "Call a supervisor."),
        Code::NotInList if case.is_manual() => {
            say("No ticket has this code.", "Compare the code and type it again (key c), or send to the help desk.")
        }
        Code::NotInList => say("This ticket is signed, but not on the guest list.", HELP_DESK),
        Code::IssueMismatch => say("This ticket does not fit the one on the guest list.", HELP_DESK),
        Code::JustScanned => {
            say(case.just_scanned(), "Nothing to do. A second guest with the same ticket goes to the help desk.")
        }
        Code::AlreadyIn => say(case.earlier("Already in", "since"), HELP_DESK),
        Code::AlreadyUsed => {
            say(case.earlier("Already used", "at"), "No re-entry with this ticket. Send to the help desk.")
        }
        Code::UsesExhausted => say(case.used_up(), HELP_DESK),
        Code::Unpaid => say("This ticket is not paid yet.", "Send the guest to the help desk to pay."),
        Code::ClassUnknown => say(
            "This terminal doesn't know this ticket type.",
            "Connect this terminal to the network, or send the guest to the help desk.",
        ),
        Code::WrongGate => case.wrong_gate(),
        Code::WrongZone => case.wrong_zone(),
        Code::TooLate => say(case.window("No longer valid", "it was valid until", |_, until| until), HELP_DESK),
        Code::TooEarly => {
            say(case.window("Not valid yet", "valid from", |from, _| from), "Ask the guest to come back then.")
        }
        Code::ClockUnsure => case.clock_unsure(),
        Code::Unlisted => say(
            "Sold after this terminal's last contact: it isn't on its list.",
            "Connect this terminal to the network, or send the guest to the help desk.",
        ),
        Code::CacheTooOld => say(
            "This terminal's ticket list is too old to let anybody in.",
            "Connect this terminal to the network. The guest may use another entrance.",
        ),
        Code::HomeGateOnly => case.home_gate(),
        Code::ZoneFull => case.zone_full(),
        Code::ManualNotAllowed => {
            say("Letting in without a readable ticket needs a supervisor.", "Ask for the ticket, or call a supervisor.")
        }
    }
}

/// Returns who may decide otherwise, where somebody may.
pub const fn who_decides(by: OverrideBy) -> Option<&'static str> {
    match by {
        OverrideBy::Door => Some("A question, not a refusal: ask a supervisor or the help desk."),
        OverrideBy::Supervisor => Some("Only a supervisor may decide otherwise."),
        OverrideBy::Nobody => None,
    }
}

/// Returns `code` in two or three words, for lists.
pub const fn short_denial(code: Code) -> &'static str {
    match code {
        Code::TerminalNotReady => "terminal not ready",
        Code::NotATicket => "not a ticket",
        Code::UnsupportedFormat => "unknown kind of ticket",
        Code::UnknownKey => "unknown signer",
        Code::OtherEvent => "another event",
        Code::KeyRejected => "signer withdrawn",
        Code::DelegationInvalid => "sold without right",
        Code::BadSignature => "forged",
        Code::Cancelled => "cancelled",
        Code::Superseded => "replaced",
        Code::Blocked => "blocked",
        Code::NotInList => "not on the list",
        Code::IssueMismatch => "does not fit the list",
        Code::JustScanned => "just read",
        Code::AlreadyIn => "already in",
        Code::AlreadyUsed => "already used",
        Code::UsesExhausted => "all entries used",
        Code::Unpaid => "unpaid",
        Code::ClassUnknown => "unknown ticket type",
        Code::WrongGate => "wrong entrance",
        Code::WrongZone => "wrong area",
        Code::TooLate => "no longer valid",
        Code::TooEarly => "not valid yet",
        Code::ClockUnsure => "clock unsure",
        Code::Unlisted => "not on this list yet",
        Code::CacheTooOld => "list too old",
        Code::HomeGateOnly => "other entrance for now",
        Code::ZoneFull => "full",
        Code::ManualNotAllowed => "needs a supervisor",
    }
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

    fn here(&self) -> String {
        let gate = self.find(|fact| if let Fact::At { gate, .. } = fact { Some(*gate) } else { None });
        gate.map_or_else(|| "this entrance".into(), |gate| self.names.gate(gate))
    }

    fn not_ready(&self) -> Denial {
        let why = self.find(|fact| if let Fact::NotReady(why) = fact { Some(*why) } else { None });
        let reason = match why {
            Some(NotReady::Locked) => "This terminal is locked.",
            Some(NotReady::Suspended) => "This terminal is suspended.",
            Some(NotReady::Certificate) => "This terminal's permission is not valid now.",
            Some(NotReady::Journal) => "This terminal can't write down check-ins.",
            Some(NotReady::Unverified) => "This terminal has no checked ticket list yet.",
            None => "This terminal is not ready.",
        };
        say(reason, "The guest is not refused: send them to another entrance, and tell the organiser.")
    }

    fn just_scanned(&self) -> String {
        match self.last_admission() {
            Some(last) => format!("This ticket was let in here {} ago.", span(self.decided.at.since(last.at))),
            None => "This ticket was let in here a moment ago.".into(),
        }
    }

    /// "Already in since 13:40 at East door (terminal 3)."
    fn earlier(&self, what: &str, when: &str) -> String {
        match self.last_admission() {
            Some(last) => format!(
                "{what} {when} {} at {} ({}).",
                self.names.clock().minutes(last.at),
                self.names.gate(last.gate),
                device(last.device)
            ),
            None => format!("{what}."),
        }
    }

    fn used_up(&self) -> String {
        let uses = self
            .find(|fact| if let Fact::Uses { used, limit: Some(limit) } = fact { Some((*used, *limit)) } else { None });
        let entries = match uses {
            Some((_, 0)) => "This ticket allows no entry.".into(),
            Some((used, limit)) => format!("All entries are used: {used} of {limit}."),
            None => "All entries are used.".into(),
        };
        match self.last_admission() {
            Some(last) => {
                format!("{entries} Last {} at {}.", self.names.clock().minutes(last.at), self.names.gate(last.gate))
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
        if gates.is_empty() { HELP_DESK.into() } else { format!("Send the guest to {}.", either(&gates)) }
    }

    fn wrong_gate(&self) -> Denial {
        say(format!("Not valid at {}.", self.here()), self.where_to())
    }

    fn wrong_zone(&self) -> Denial {
        let zone = self.find(|fact| if let Fact::At { zone, .. } = fact { *zone } else { None });
        let zone = zone.map_or_else(|| "this area".into(), |zone| self.names.zone(zone));
        say(format!("Not valid for {zone}."), self.where_to())
    }

    fn window(&self, what: &str, how: &str, pick: fn(UnixMillis, UnixMillis) -> UnixMillis) -> String {
        let at =
            self.find(|fact| if let Fact::Window { from, until } = fact { Some(pick(*from, *until)) } else { None });
        match at {
            Some(at) => format!("{what}: {how} {}.", self.names.clock().minutes(at)),
            None => format!("{what}."),
        }
    }

    fn clock_unsure(&self) -> Denial {
        let sure = self.find(|fact| if let Fact::Time(clock) = fact { Some(clock.uncertainty_ms) } else { None });
        let reason = match sure {
            Some(ms) => format!("This terminal's clock may be wrong by {}.", span(ms)),
            None => "This terminal's clock may be wrong.".into(),
        };
        let window =
            self.find(|fact| if let Fact::Window { from, until } = fact { Some((*from, *until)) } else { None });
        let clock = self.names.clock();
        let step = match window {
            Some((from, until)) => {
                format!("The ticket is valid {} to {}: is it that time?", clock.minutes(from), clock.minutes(until))
            }
            None => "Compare the times on the ticket with your watch.".into(),
        };
        say(reason, step)
    }

    fn home_gate(&self) -> Denial {
        let home: Option<GateId> = self.find(|fact| if let Fact::HomeGate(gate) = fact { Some(*gate) } else { None });
        let gate = home.map_or_else(|| "another entrance".into(), |gate| self.names.gate(gate));
        say(
            format!("Without network, this ticket is let in only at {gate}."),
            format!("Send the guest to {gate}, or connect this terminal."),
        )
    }

    fn zone_full(&self) -> Denial {
        let zone = self.find(|fact| if let Fact::At { zone, .. } = fact { *zone } else { None });
        let zone = zone.map_or_else(|| "This area".into(), |zone| self.names.zone(zone));
        let places =
            self.find(
                |fact| {
                    if let Fact::Occupancy { inside, capacity } = fact { Some((*inside, *capacity)) } else { None }
                },
            );
        let reason = match places {
            Some((inside, capacity)) => {
                format!("{zone} is full: {} of {} inside.", count(inside), count(u64::from(capacity)))
            }
            None => format!("{zone} is full."),
        };
        say(reason, "Ask the guest to wait until somebody leaves.")
    }
}

/// Returns what names the ticket where no guest's name is known.
pub(super) fn ticket(ticket: TicketId) -> String {
    format!("Ticket {ticket}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;

    fn words(code: Code) -> Denial {
        let rules = samples::rules();
        let catalogue = Catalogue::default();
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
        assert_eq!(words(Code::WrongGate), say("Not valid at Main entrance.", "Send the guest to East door."));
        assert_eq!(words(Code::WrongZone), say("Not valid for Hall A.", "Send the guest to Workshop stairs."));
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
        let mut reasons: Vec<String> = Code::ALL.iter().map(|code| words(*code).reason).collect();
        reasons.sort();
        let count = reasons.len();
        reasons.dedup();
        assert_eq!(reasons.len(), count);
        for code in Code::ALL {
            let words = words(*code);
            assert!(!words.step.is_empty() && words.reason.ends_with('.'), "{code}: {words:?}");
            assert!(!short_denial(*code).is_empty());
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
