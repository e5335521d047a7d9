//! What the large panel says about a guest.

use sync_protocol::journal::Flags;
use sync_protocol::verdict::{Code, Direction, Fact, OverrideBy, Verdict};

use super::denial::ticket;
use super::{Names, clean, denial, short_denial, who_decides};
use crate::app::Look;
use crate::catalogue::text;
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
pub fn look_word(look: Look, names: &Names<'_>) -> String {
    names.say(match look {
        Look::Admit => "verdict-admit",
        Look::Exit => "verdict-exit",
        Look::Check => "verdict-check",
        Look::Deny => "verdict-deny",
        Look::Repeat => "verdict-repeat",
        Look::NotATicket => "verdict-not-a-ticket",
        Look::NotReady => "verdict-not-ready",
    })
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
            let mut lines: Vec<String> = who(decided, names).into_iter().collect();
            let is_told = |code: &Code| code == primary || says_as_much(*primary, *code);
            let others = all.iter().filter(|code| !is_told(code)).map(|code| short_denial(*code, names));
            let others: Vec<String> = others.collect();
            if !others.is_empty() {
                lines.push(names.say_with("verdict-also", &[("findings", text(others.join(", ")))]));
            }
            // What the door decides is asked on the panel.
            lines.extend(who_decides(*by, names).filter(|_| *by != OverrideBy::Door));
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
    lines.extend(facts.iter().find_map(|fact| entry_of(fact, names)));
    let step = flags.has(Flags::ID_CHECK).then(|| names.say("verdict-check-id"));
    Message { headline: name(decided, names), lines, notes: notes(decided, flags, names), step }
}

/// "Entry 2 of 4", where more than one is allowed.
fn entry_of(fact: &Fact, names: &Names<'_>) -> Option<String> {
    match fact {
        Fact::Uses { used, limit: Some(limit) } if *limit > 1 => {
            let values = [("number", used.saturating_add(1).into()), ("limit", (*limit).into())];
            Some(names.say_with("verdict-entry", &values))
        }
        _ => None,
    }
}

fn exit(decided: &Decided, flags: Flags, facts: &[Fact], names: &Names<'_>) -> Message {
    let came_in = facts.iter().find_map(|fact| if let Fact::LastAdmission(last) = fact { Some(last) } else { None });
    let stay = match came_in {
        Some(last) => {
            let span = names.span(decided.at.since(last.at));
            let values = [("time", text(names.clock().minutes(last.at))), ("span", text(span))];
            names.say_with("verdict-in-since", &values)
        }
        None => names.say("verdict-not-seen"),
    };
    let lines = decided.class.as_deref().map(clean).into_iter().chain([stay]).collect();
    // At the exit, what would deny an entry is a flag and keeps nobody in.
    let notes = notes(decided, flags, names).into_iter().filter(|_| flags.has(Flags::TEST)).collect();
    Message { headline: name(decided, names), lines, notes, step: None }
}

fn notes(decided: &Decided, flags: Flags, names: &Names<'_>) -> Vec<String> {
    let note = decided.attendee.as_ref().map(|attendee| clean(&attendee.note)).filter(|note| !note.is_empty());
    let mut notes = Vec::new();
    match note {
        Some(note) => notes.push(format!("★ {note}")),
        None if flags.has(Flags::ATTENTION) => notes.push(format!("★ {}", names.say("verdict-attention"))),
        None => {}
    }
    let conditions = [
        (Flags::TEST, "verdict-test"),
        (Flags::MANUAL, "verdict-manual"),
        (Flags::UNLISTED, "verdict-unlisted"),
        (Flags::STALE, "verdict-stale"),
        (Flags::CLOCK_UNSURE, "verdict-clock"),
        (Flags::WALK_IN, "verdict-walk-in"),
        (Flags::OVERRIDE, "verdict-override"),
    ];
    notes.extend(conditions.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, id)| names.say(id)));
    notes
}

/// The guest's name, or the ticket's code, or that there is neither.
pub(super) fn name(decided: &Decided, names: &Names<'_>) -> String {
    let name = decided.attendee.as_ref().map(|attendee| clean(&attendee.name)).filter(|name| !name.is_empty());
    name.or_else(|| decided.ticket.map(|it| ticket(it, names))).unwrap_or_else(|| names.say("verdict-unknown"))
}

pub(super) fn who(decided: &Decided, names: &Names<'_>) -> Option<String> {
    decided.ticket?;
    let class = decided.class.as_deref().map(clean);
    Some([Some(name(decided, names)), class].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// Returns when a decision was made that is shown for so many milliseconds: `14:02:29 · 2 s ago`.
pub fn when(decided: &Decided, shown_ms: u64, names: &Names<'_>) -> String {
    let values = [("time", text(names.clock().seconds(decided.at))), ("span", text(names.span(shown_ms)))];
    names.say_with("verdict-when", &values)
}

/// Returns a decision in one line without its time and symbol, for lists.
pub fn recent(decided: &Decided, names: &Names<'_>) -> String {
    match &decided.verdict {
        Verdict::Admit { .. } => who(decided, names).unwrap_or_else(|| name(decided, names)),
        Verdict::Deny { primary, .. } if decided.ticket.is_some() => {
            let values = [("finding", text(short_denial(*primary, names))), ("name", text(name(decided, names)))];
            names.say_with("verdict-short", &values)
        }
        Verdict::Deny { primary, .. } => short_denial(*primary, names),
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
        let catalogue = crate::catalogue::Catalogue::default();
        let names = Names::new(&catalogue, None, Clockface::default());

        assert_eq!(recent(&samples::deny(Code::BadSignature, OverrideBy::Nobody), &names), "forged");
        assert_eq!(recent(&samples::deny(Code::AlreadyIn, OverrideBy::Supervisor), &names), "already in: Grace Hopper");
    }
}
