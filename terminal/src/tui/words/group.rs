//! What is said of guests of one order.

use sync_protocol::journal::Flags;
use sync_protocol::verdict::{Direction, Verdict};

use super::keys::Keys;
use super::{Names, clean, look_symbol, search, short_denial};
use crate::app::Look;
use crate::app::screen::group::{Group, Outlook};
use crate::catalogue::text;
use crate::door::{Candidate, Decided, Purpose};

/// Returns the keys that work.
pub fn keys(screen: &Group) -> Keys {
    match screen.members() {
        _ if screen.is_running() => &[("Esc", "group-key-stop")],
        Some([_, ..]) if screen.asks() => &[
            ("Space", "group-key-tick"),
            ("a", "group-key-all"),
            ("Enter", "search-key-present"),
            ("o", "group-key-decide"),
            ("Esc", "keys-back"),
        ],
        Some([_, ..]) => &[
            ("↑ ↓", "keys-choose"),
            ("Space", "group-key-tick"),
            ("a", "group-key-all"),
            ("Enter", "search-key-present"),
            ("Esc", "keys-back"),
        ],
        _ => &[("Esc", "keys-back")],
    }
}

/// Returns that so many others of an order may still come in.
pub fn more(count: usize, names: &Names<'_>) -> String {
    names.say_with("group-more", &[("count", count.into())])
}

/// Returns what stands above the rows.
pub fn head(screen: &Group, names: &Names<'_>) -> String {
    let Some(members) = screen.members() else { return names.say("group-loading") };
    let Some(first) = members.first() else { return names.say("group-alone") };
    let inside = members.iter().filter(|member| member.is_inside()).count();
    let values =
        [("order", text(clean(&first.found.group))), ("count", members.len().into()), ("inside", inside.into())];
    names.say_with("group-head", &values)
}

/// Returns what stands below the rows, and whether it is a warning.
pub fn foot(screen: &Group, names: &Names<'_>) -> Option<(String, bool)> {
    screen.members().filter(|members| !members.is_empty())?;
    Some(match screen.tally() {
        _ if screen.is_running() => (names.say("group-running"), false),
        _ if screen.has_failed() => (names.say("group-failed"), true),
        _ if screen.is_untouched() => (names.say("group-none-chosen"), true),
        (0, 0) => (names.say("group-hint"), false),
        (through, 0) => (names.say_with("group-done", &[("through", through.into())]), false),
        (through, others) => {
            let values = [("through", through.into()), ("others", others.into())];
            (names.say_with("group-done-but", &values), true)
        }
    })
}

/// Returns the symbol and the words for what became of one of them.
pub fn outlook(screen: &Group, member: &Candidate, names: &Names<'_>) -> (&'static str, String) {
    match screen.outlook(member.found.ticket) {
        Outlook::None => {
            let standing = search::standing(member, names);
            let is_to_come = standing.is_empty() && screen.direction() == Direction::Entry;
            (" ", if is_to_come { names.say("search-away") } else { standing })
        }
        Outlook::Waiting => ("·", names.say("group-waiting")),
        Outlook::Asked => ("·", names.say("group-asked")),
        Outlook::Failed => ("■", names.say("group-not-decided")),
        Outlook::Decided(decided) => (look_symbol(Look::of(decided)), result(decided, names)),
    }
}

fn result(decided: &Decided, names: &Names<'_>) -> String {
    match &decided.verdict {
        _ if decided.purpose == Purpose::Look => names.say("group-looked"),
        Verdict::Admit { flags, .. } if decided.direction == Direction::Entry && flags.has(Flags::ID_CHECK) => {
            names.say("group-check-id")
        }
        Verdict::Admit { .. } => names.say("group-through"),
        Verdict::Deny { primary, .. } => short_denial(*primary, names),
    }
}
