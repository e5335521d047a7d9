//! What the large panel says about a guest.

use sync_protocol::journal::Flags;
use sync_protocol::verdict::{Code, Direction, Fact, OverrideBy, Verdict};

use super::denial::ticket;
use super::{Names, clean, denial, short_denial, span, who_decides};
use crate::app::Look;
use crate::door::Decided;

/// What a panel says below its word.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Message {
    /// The most important line.
    pub headline: String,
    /// More about it.
    pub lines: Vec<String>,
    /// What staff should notice.
    pub notes: Vec<String>,
    /// What to do next.
    pub step: Option<String>,
}

/// Returns the one word of a look.
pub const fn look_word(look: Look) -> &'static str {
    match look {
        Look::Admit => "ADMIT",
        Look::Exit => "EXIT",
        Look::Check => "CHECK",
        Look::Deny => "DENY",
        Look::Repeat => "SAME",
        Look::NotATicket => "NOT A TICKET",
        Look::NotReady => "STOP",
    }
}

/// Returns the symbol of a look.
pub const fn look_symbol(look: Look) -> &'static str {
    match look {
        Look::Admit => "✔",
        Look::Exit => "↩",
        Look::Check => "!",
        Look::Deny => "✖",
        Look::Repeat => "=",
        Look::NotATicket => "?",
        Look::NotReady => "■",
    }
}

/// Returns what the panel says about `decided`.
pub fn message(decided: &Decided, names: &Names<'_>) -> Message {
    match &decided.verdict {
        Verdict::Admit { flags, facts } if decided.direction == Direction::Exit => exit(decided, *flags, facts, names),
        Verdict::Admit { flags, facts } => admit(decided, *flags, facts, names),
        Verdict::Deny { primary, all, by, .. } => {
            let words = denial(*primary, decided, names);
            let mut lines: Vec<String> = who(decided).into_iter().collect();
            let is_told = |code: &Code| code == primary || says_as_much(*primary, *code);
            let others: Vec<&str> = all.iter().filter(|code| !is_told(code)).map(|code| short_denial(*code)).collect();
            if !others.is_empty() {
                lines.push(format!("Also: {}.", others.join(", ")));
            }
            // What the door decides is asked on the panel.
            lines.extend(who_decides(*by).filter(|_| *by != OverrideBy::Door).map(String::from));
            Message { headline: words.reason, lines, notes: Vec::new(), step: Some(words.step) }
        }
    }
}

/// Whether whoever reads `primary` learns nothing new from `other`: somebody inside has used the ticket.
const fn says_as_much(primary: Code, other: Code) -> bool {
    match primary {
        Code::JustScanned => matches!(other, Code::AlreadyIn | Code::AlreadyUsed | Code::UsesExhausted),
        Code::AlreadyIn => matches!(other, Code::AlreadyUsed | Code::UsesExhausted),
        Code::AlreadyUsed => matches!(other, Code::UsesExhausted),
        _ => false,
    }
}

fn admit(decided: &Decided, flags: Flags, facts: &[Fact], names: &Names<'_>) -> Message {
    let zone = facts.iter().find_map(|fact| if let Fact::At { zone, .. } = fact { *zone } else { None });
    let place = [decided.class.as_deref().map(clean), zone.map(|zone| names.zone(zone))];
    let place: Vec<String> = place.into_iter().flatten().collect();
    let mut lines = Vec::new();
    if !place.is_empty() {
        lines.push(place.join(" · "));
    }
    lines.extend(facts.iter().find_map(entry_of));
    let step = flags
        .has(Flags::ID_CHECK)
        .then(|| "Check the guest's ID. Right name: let in. Wrong name: send to the help desk.".to_owned());
    Message { headline: name(decided), lines, notes: notes(decided, flags), step }
}

/// "Entry 2 of 4", where more than one is allowed.
fn entry_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Uses { used, limit: Some(limit) } if *limit > 1 => {
            Some(format!("Entry {} of {limit}", used.saturating_add(1)))
        }
        _ => None,
    }
}

fn exit(decided: &Decided, flags: Flags, facts: &[Fact], names: &Names<'_>) -> Message {
    let came_in = facts.iter().find_map(|fact| if let Fact::LastAdmission(last) = fact { Some(last) } else { None });
    let stay = match came_in {
        Some(last) => format!("In since {}: {}", names.clock().minutes(last.at), span(decided.at.since(last.at))),
        None => "Not seen coming in.".into(),
    };
    let lines = decided.class.as_deref().map(clean).into_iter().chain([stay]).collect();
    // At the exit, what would deny an entry is a flag and keeps nobody in.
    let notes = notes(decided, flags).into_iter().filter(|_| flags.has(Flags::TEST)).collect();
    Message { headline: name(decided), lines, notes, step: None }
}

fn notes(decided: &Decided, flags: Flags) -> Vec<String> {
    let note = decided.attendee.as_ref().map(|attendee| clean(&attendee.note)).filter(|note| !note.is_empty());
    let mut notes = Vec::new();
    match note {
        Some(note) => notes.push(format!("★ {note}")),
        None if flags.has(Flags::ATTENTION) => notes.push("★ The organiser asks for a look at this guest.".into()),
        None => {}
    }
    let conditions = [
        (Flags::TEST, "Rehearsal ticket: not for a real guest."),
        (Flags::MANUAL, "Typed code: ask for the guest's name."),
        (Flags::UNLISTED, "Sold lately: not on this list yet."),
        (Flags::STALE, "Decided by an old ticket list."),
        (Flags::CLOCK_UNSURE, "This terminal's clock may be wrong."),
        (Flags::WALK_IN, "Sold at the door."),
        (Flags::OVERRIDE, "Let in by decision of staff."),
    ];
    notes.extend(conditions.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, words)| (*words).to_owned()));
    notes
}

/// The guest's name, or the ticket's code, or that there is neither.
pub(super) fn name(decided: &Decided) -> String {
    let name = decided.attendee.as_ref().map(|attendee| clean(&attendee.name)).filter(|name| !name.is_empty());
    name.or_else(|| decided.ticket.map(ticket)).unwrap_or_else(|| "Unknown guest".into())
}

pub(super) fn who(decided: &Decided) -> Option<String> {
    decided.ticket?;
    let class = decided.class.as_deref().map(clean);
    Some([Some(name(decided)), class].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// Returns a decision in one line without its time and symbol, for lists.
pub fn recent(decided: &Decided) -> String {
    match &decided.verdict {
        Verdict::Admit { .. } => who(decided).unwrap_or_else(|| name(decided)),
        Verdict::Deny { primary, .. } if decided.ticket.is_some() => {
            format!("{}: {}", short_denial(*primary), name(decided))
        }
        Verdict::Deny { primary, .. } => short_denial(*primary).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::door::Attendee;
    use crate::tui::words::Clockface;
    use sync_protocol::verdict::OverrideBy;

    fn words(decided: &Decided) -> Message {
        let rules = samples::rules();
        let catalogue = crate::catalogue::Catalogue::default();
        message(decided, &Names::new(&catalogue, Some(&rules), Clockface::new("Europe/Berlin", samples::NOW)))
    }

    #[test]
    fn an_admission_names_guest_type_zone_and_entry() {
        let words = words(&samples::admit(Flags::STALE.and(Flags::NO_CLAIM)));

        assert_eq!(words.headline, "Ada Lovelace");
        assert_eq!(words.lines, ["Speaker · Hall A", "Entry 2 of 4"]);
        assert_eq!(words.notes, ["★ has a delivery at the desk", "Decided by an old ticket list."]);
        assert_eq!(words.step, None);
    }

    #[test]
    fn an_exit_tells_the_time_inside() {
        assert_eq!(words(&samples::exit()).lines, ["Speaker", "In since 13:40: 22 min"]);
    }

    #[test]
    fn a_guest_without_a_name_is_called_by_the_ticket() {
        let mut decided = samples::admit(Flags::UNLISTED);
        decided.attendee = Some(Attendee { name: " ".into(), note: String::new() });

        assert_eq!(words(&decided).headline, format!("Ticket {}", samples::ticket()));
    }

    #[test]
    fn a_denial_lists_every_other_finding() {
        let mut decided = samples::deny(Code::Cancelled, OverrideBy::Supervisor);
        if let Verdict::Deny { all, .. } = &mut decided.verdict {
            all.extend([Code::AlreadyIn, Code::WrongGate]);
        }

        assert_eq!(
            words(&decided).lines,
            ["Grace Hopper · Speaker", "Also: already in, wrong entrance.", "Only a supervisor may decide otherwise."]
        );
    }

    #[test]
    fn somebody_who_is_in_already_is_not_told_of_as_used_too() {
        let mut decided = samples::deny(Code::AlreadyIn, OverrideBy::Supervisor);
        if let Verdict::Deny { all, .. } = &mut decided.verdict {
            all.extend([Code::AlreadyUsed, Code::UsesExhausted, Code::Unpaid]);
        }

        assert_eq!(words(&decided).lines[1], "Also: unpaid.");
    }

    #[test]
    fn a_guest_of_stage_a_has_no_name() {
        assert_eq!(recent(&samples::deny(Code::BadSignature, OverrideBy::Nobody)), "forged");
        assert_eq!(recent(&samples::deny(Code::AlreadyIn, OverrideBy::Supervisor)), "already in: Grace Hopper");
    }
}
