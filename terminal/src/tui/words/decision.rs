//! What is said about decisions against a verdict, about looking only, and about what is not known:
//! silent doors, and admissions that were one too many.

use sync_protocol::verdict::Verdict;

use super::keys::Keys;
use super::{Names, clean, count};
use crate::app::screen::decide::{Decide, Step, Usual};
use crate::app::{Look, Question};
use crate::catalogue::text;
use crate::door::{Decided, Double, NotDecided, PinRefused, Silent, Status, Unheard};

/// Returns why nobody was let in against a verdict.
pub fn not_decided(refused: NotDecided, names: &Names<'_>) -> String {
    names.say(match refused {
        NotDecided::Gone => "decision-gone",
        NotDecided::Nobody => "decision-nobody",
        NotDecided::NeedsSupervisor => "decision-needs-supervisor",
        NotDecided::NoReason => "decision-no-reason",
        NotDecided::NothingToCollect => "decision-nothing-to-collect",
        NotDecided::Pin(refused) => return pin_refused(refused, names),
    })
}

/// Returns the same where the screen is still open.
pub fn not_decided_hint(refused: NotDecided, names: &Names<'_>) -> String {
    match refused {
        NotDecided::NoReason => names.say("decision-choose-reason"),
        refused => not_decided(refused, names),
    }
}

pub(super) fn pin_refused(refused: PinRefused, names: &Names<'_>) -> String {
    match refused {
        PinRefused::Unknown => names.say("decision-pin-unknown"),
        PinRefused::Wrong { left } => names.say_with("decision-pin-wrong", &[("left", left.into())]),
        PinRefused::Paused { left_ms } => {
            names.say_with("decision-pin-paused", &[("span", text(names.span(left_ms.next_multiple_of(1_000))))])
        }
    }
}

/// Returns the keys of each step of a decision.
pub(super) const fn step_keys(step: Step) -> Keys {
    match step {
        Step::Reason => &[
            ("1–6", "decision-key-usual"),
            ("a–z", "decision-key-words"),
            ("Enter", "decision-key-on"),
            ("Esc", "keys-back"),
        ],
        Step::Supervisor => &[("↑ ↓", "keys-choose"), ("Enter", "decision-key-on"), ("Esc", "keys-back")],
        Step::Pin => &[("0–9", "decision-key-pin"), ("Enter", "decision-key-let-in"), ("Esc", "keys-back")],
        Step::Asked => &[("Esc", "keys-back")],
    }
}

/// Returns the keys that answer a question, or decide against a verdict.
pub const fn verdict_keys(question: Option<&Question>) -> Keys {
    match question {
        Some(Question::Collect(_)) => {
            &[("y", "decision-key-cash"), ("b", "decision-key-card"), ("n", "decision-key-refuse"), ("?", "keys-help")]
        }
        Some(Question::Identity) => &[("y", "decision-key-seen"), ("n", "decision-key-not-seen"), ("?", "keys-help")],
        Some(Question::LetIn) => &[("y", "decision-key-let-in"), ("n", "decision-key-refuse"), ("?", "keys-help")],
        None => &[
            ("o", "decision-key-override"),
            ("Esc", "decision-key-next"),
            ("i", "decision-key-detail"),
            ("u", "keys-undo"),
            ("?", "keys-help"),
        ],
    }
}

/// Returns what a verdict asks.
pub fn question(question: &Question, names: &Names<'_>) -> String {
    match question {
        Question::Collect(price) => {
            let price = super::walk_in::money(price, names).unwrap_or_else(|| price.currency.clone());
            names.say_with("decision-collect", &[("price", text(price))])
        }
        Question::Identity => names.say("decision-identity"),
        Question::LetIn => names.say("decision-let-in"),
    }
}

/// Returns the id of what is asked at each step of a decision.
pub const fn decide_hint(step: Step) -> &'static str {
    match step {
        Step::Reason => "decision-why",
        Step::Supervisor => "decision-which-supervisor",
        Step::Pin => "decision-type-pin",
        Step::Asked => "decision-one-moment",
    }
}

/// Returns whom a decision is about.
pub fn decide_head(decided: &Decided, names: &Names<'_>) -> String {
    super::verdict::who(decided, names).unwrap_or_else(|| super::verdict::name(decided, names))
}

/// Returns a sentence for each thing that stands against the guest.
pub fn findings(decided: &Decided, names: &Names<'_>) -> Vec<String> {
    match &decided.verdict {
        Verdict::Deny { all, .. } => all.iter().map(|code| super::denial(*code, decided, names).reason).collect(),
        Verdict::Admit { .. } => Vec::new(),
    }
}

/// Returns the id of a usual reason as staff choose it.
pub const fn usual_reason(usual: Usual) -> &'static str {
    match usual {
        Usual::Known => "decision-usual-known",
        Usual::Organiser => "decision-usual-organiser",
        Usual::Mistake => "decision-usual-mistake",
        Usual::CameBack => "decision-usual-came-back",
        Usual::HelpDesk => "decision-usual-help-desk",
        Usual::Receipt => "decision-usual-receipt",
    }
}

/// Returns the reason that was given.
pub fn decide_reason(screen: &Decide, names: &Names<'_>) -> String {
    screen.usual().map_or_else(|| clean(&screen.reason().text()), |usual| names.say(usual_reason(usual)))
}

/// Returns what a verdict that is only looked at would be.
pub fn look_line(look: Look, names: &Names<'_>) -> String {
    let verdict = format!("{} {}", super::look_symbol(look), super::look_word(look, names));
    names.say_with("decision-would-be", &[("verdict", text(verdict))])
}

/// Returns the title while codes are only looked at.
pub fn looking_title(left_ms: u64, names: &Names<'_>) -> String {
    names.say_with("decision-looking", &[("span", text(names.span(left_ms)))])
}

/// Returns what could not be taken into account, if anything.
pub fn unheard(unheard: &Unheard, names: &Names<'_>) -> Option<String> {
    let now = names.clock().now();
    let list =
        unheard.list_at.map(|at| names.say_with("decision-list-old", &[("span", text(names.span(now.since(at))))]));
    let doors = unheard.silent.split_first().map(|(longest, others)| {
        let values = [("door", text(door(longest, names))), ("time", text(names.clock().minutes(longest.since)))];
        let first = names.say_with("decision-not-heard", &values);
        match others.len() {
            0 => first,
            more => format!("{first} {}", names.say_with("decision-not-heard-more", &[("count", more.into())])),
        }
    });
    let parts: Vec<String> = list.into_iter().chain(doors).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Returns how a terminal that stands somewhere is called: by its gate, else by its name, else by its number.
fn door(silent: &Silent, names: &Names<'_>) -> String {
    match (silent.gate, clean(&silent.name)) {
        (Some(gate), _) => names.gate(gate),
        (None, name) if !name.is_empty() => name,
        (None, _) => names.device(silent.device),
    }
}

/// Returns how many are inside, as far as that is known.
pub fn inside(status: &Status, names: &Names<'_>) -> String {
    let known = if status.inside_least == status.inside_most {
        count(status.inside)
    } else {
        format!("{}–{}", count(status.inside_least), count(status.inside_most))
    };
    match status.capacity {
        Some(capacity) => {
            let values = [("inside", text(known)), ("capacity", text(count(u64::from(capacity))))];
            names.say_with("decision-inside-of", &values)
        }
        None => names.say_with("decision-inside", &[("inside", text(known))]),
    }
}

/// Returns which door was not heard from for longest, if one was not.
pub fn silent(status: &Status, names: &Names<'_>) -> Option<String> {
    let longest = status.silent.first()?;
    let since = names.span(names.clock().now().since(longest.since));
    Some(names.say_with("decision-silent", &[("door", text(door(longest, names))), ("span", text(since))]))
}

/// Returns that an admission of this door was one too many.
pub fn double(double: &Double, names: &Names<'_>) -> String {
    let name = match clean(&double.name) {
        name if name.is_empty() => super::denial::ticket(double.ticket, names),
        name => name,
    };
    let other = &double.other;
    names.say_with(
        "decision-double",
        &[
            ("name", text(name)),
            ("here", text(names.clock().minutes(double.at))),
            ("there", text(names.clock().minutes(other.at))),
            ("gate", text(names.gate(other.gate))),
            ("device", text(names.device(other.device))),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;
    use sync_protocol::id::{DeviceNo, GateId};

    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn what_could_not_be_known_is_said_with_the_longest_silence_first() {
        let catalogue = Catalogue::default();
        let rules = samples::rules();
        let names = Names::new(&catalogue, Some(&rules), Clockface::new("Europe/Berlin", samples::NOW));
        let silent = |device, gate, minutes| Silent {
            device: DeviceNo(device),
            name: String::new(),
            gate,
            since: samples::NOW.minus(minutes * MINUTE_MS),
        };
        let nothing = Unheard::default();
        assert_eq!(unheard(&nothing, &names), None);

        let much = Unheard {
            list_at: Some(samples::NOW.minus(14 * MINUTE_MS)),
            silent: vec![silent(3, Some(GateId(2)), 20), silent(4, None, 15)],
        };
        assert_eq!(
            unheard(&much, &names).as_deref(),
            Some("List 14 min old. East door not heard from since 13:42. 1 more door is silent.")
        );
        let nameless = Unheard { list_at: None, silent: vec![silent(4, None, 15)] };
        assert_eq!(unheard(&nameless, &names).as_deref(), Some("terminal 4 not heard from since 13:47."));
    }

    #[test]
    fn who_is_inside_is_told_with_bounds_where_a_door_is_silent() {
        let catalogue = Catalogue::default();
        let rules = samples::rules();
        let names = Names::new(&catalogue, Some(&rules), Clockface::new("Europe/Berlin", samples::NOW));
        let mut status = samples::status();
        assert_eq!(inside(&status, &names), "inside 412 of 1\u{2009}200");

        (status.inside_least, status.inside_most) = (412, 460);
        assert_eq!(inside(&status, &names), "inside 412–460 of 1\u{2009}200");
    }
}
