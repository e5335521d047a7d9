//! What a search says.

use sync_protocol::id::{ClassId, TicketId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::policy::Manual;
use sync_protocol::verdict::TicketStatus;

use super::keys::Keys;
use super::{Names, clean};
use crate::app::screen::search::Search;
use crate::catalogue::text;
use crate::door::{Candidate, Known, Presence};

/// How much of a ticket's number tells two guests of one name apart.
const NUMBER_CHARS: usize = 5;

/// A row of a list of guests.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GuestRow {
    /// Who; the ticket's number where there is no name.
    pub name: String,
    /// The ticket type.
    pub class: String,
    /// How the ticket's number ends.
    pub number: String,
    /// The order; may be empty.
    pub order: String,
    /// The e-mail but for what only its owner knows; may be empty.
    pub email: String,
    /// Whether they are in, or why not.
    pub status: String,
}

/// Returns the keys that work.
pub fn keys(screen: &Search) -> Keys {
    match screen.details() {
        Some(known) if known.group.is_empty() => &[("Enter", "search-key-present"), ("Esc", "keys-back")],
        Some(_) => &[("Enter", "search-key-present"), ("g", "search-key-group"), ("Esc", "keys-back")],
        None if screen.candidates().is_empty() => &[("Esc", "keys-back")],
        None => &[
            ("↑ ↓", "keys-choose"),
            ("Enter", "search-key-present"),
            ("Tab", "search-key-details"),
            ("Esc", "keys-back"),
        ],
    }
}

/// Returns what is said above the rows: how many are found, or what can be typed.
pub fn found(screen: &Search, names: &Names<'_>) -> Vec<String> {
    let count = |id: &str, count: usize| names.say_with(id, &[("count", count.into())]);
    let Some(found) = screen.found() else { return vec![names.say("search-loading")] };
    if found.candidates.is_none() {
        return vec![names.say("search-unreadable")];
    }
    if screen.typed().is_empty() {
        return vec![count("search-known", found.known), names.say("search-hint")];
    }
    let mut said = match (found.matching, found.similar) {
        (matching, 0) => vec![count("search-count", matching)],
        (0, similar) => vec![count("search-similar-only", similar)],
        (matching, similar) => vec![count("search-count", matching), count("search-similar", similar)],
    };
    let shown = screen.candidates().len();
    if shown < found.matching + found.similar {
        said.push(count("search-shown", shown));
    }
    vec![said.join(" ")]
}

/// Returns what the rules say of guests without a code, where they say something.
pub fn manual(names: &Names<'_>) -> Option<String> {
    match names.policy()?.switches.manual {
        Manual::Door => None,
        Manual::Supervisor => Some(names.say("search-manual-supervisor")),
        Manual::Never => Some(names.say("search-manual-never")),
    }
}

/// Returns the cells of a guest.
pub fn row(candidate: &Candidate, names: &Names<'_>) -> GuestRow {
    let found = &candidate.found;
    let name = match clean(&found.name) {
        name if name.is_empty() => found.ticket.to_string(),
        name => name,
    };
    GuestRow {
        name: if found.is_similar_only { format!("≈ {name}") } else { name },
        class: class(found.class, names),
        number: number(found.ticket),
        order: clean(&found.group),
        email: masked(&clean(&found.email)),
        status: standing(candidate, names),
    }
}

/// Returns whether somebody is in, or what stands against it; nothing where there is nothing to say.
pub fn standing(candidate: &Candidate, names: &Names<'_>) -> String {
    match (candidate.found.status, candidate.presence) {
        (TicketStatus::Cancelled, _) => names.say("search-cancelled"),
        (TicketStatus::Blocked, _) => names.say("search-blocked"),
        (TicketStatus::Unpaid, Presence::Away) => names.say("search-unpaid"),
        (_, Presence::Away) => String::new(),
        (_, presence) => being(presence, names),
    }
}

/// Returns whether somebody is in.
pub fn being(presence: Presence, names: &Names<'_>) -> String {
    let clock = names.clock();
    match presence {
        Presence::Away => names.say("search-away"),
        Presence::Inside { since } => names.say_with("search-inside", &[("time", text(clock.minutes(since)))]),
        Presence::Used { last } => names.say_with("search-used", &[("time", text(clock.minutes(last)))]),
        Presence::Out { last } => names.say_with("search-out", &[("time", text(clock.minutes(last)))]),
    }
}

/// Returns the id of what a ticket's status is called.
pub const fn status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Valid => "search-valid",
        TicketStatus::Unpaid => "search-unpaid",
        TicketStatus::Blocked => "search-blocked",
        TicketStatus::Cancelled => "search-cancelled",
    }
}

/// Returns everything that is known of a ticket, as pairs of what and value.
pub fn details(known: &Known, names: &Names<'_>) -> Vec<(String, String)> {
    let or_none = |value: &str| match clean(value) {
        value if value.is_empty() => names.say("search-detail-none"),
        value => value,
    };
    let status = names.say(status(known.status));
    let mut rows = vec![
        ("search-detail-name", or_none(&known.name)),
        ("search-detail-type", class(known.class, names)),
        ("search-detail-ticket", known.ticket.to_string()),
        ("search-detail-status", status),
        ("search-detail-presence", being(known.presence, names)),
        ("search-detail-email", or_none(&known.email)),
        ("search-detail-order", or_none(&known.group)),
        ("search-detail-note", or_none(&known.note)),
    ];
    match known.admissions.as_slice() {
        [] => rows.push(("search-detail-first", names.say("search-detail-never"))),
        [first] => rows.push(("search-detail-first", at(first, names))),
        [first, .., last] => {
            rows.extend([("search-detail-first", at(first, names)), ("search-detail-last", at(last, names))]);
        }
    }
    rows.into_iter().map(|(what, value)| (names.say(what), value)).collect()
}

fn at(admission: &Admission, names: &Names<'_>) -> String {
    let values = [
        ("time", text(names.clock().minutes(admission.at))),
        ("gate", text(names.gate(admission.gate))),
        ("device", text(names.device(admission.device))),
    ];
    names.say_with("search-detail-at", &values)
}

/// Returns the ticket type's name, or its number.
pub fn class(class: ClassId, names: &Names<'_>) -> String {
    let named = names.policy().and_then(|policy| policy.class(class));
    named.map_or_else(
        || names.say_with("detail-listed-class", &[("number", text(class.to_string()))]),
        |class| clean(&class.name),
    )
}

/// Returns how a ticket's number ends.
pub fn number(ticket: TicketId) -> String {
    let code = ticket.typed_code();
    let hidden = code.chars().count().saturating_sub(NUMBER_CHARS);
    let end: String = code.chars().skip(hidden).collect();
    if hidden > 0 { format!("…{end}") } else { end }
}

/// Returns an e-mail's first letter and where it is hosted: `a…@example.org`.
fn masked(email: &str) -> String {
    let Some((local, domain)) = email.rsplit_once('@') else { return String::new() };
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;

    fn said<T>(say: impl Fn(&Names<'_>) -> T) -> T {
        let catalogue = Catalogue::default();
        let rules = samples::rules();
        say(&Names::new(&catalogue, Some(&rules), Clockface::new("Europe/Berlin", samples::NOW)))
    }

    #[test]
    fn two_of_one_name_differ_in_number_order_and_host_and_nobody_reads_an_address() {
        let [one, other] = [0, 1].map(|at| said(|names| row(&samples::candidates()[at], names)));

        assert_eq!((&one.name, &one.class), (&other.name, &other.class));
        assert!(one.number != other.number && one.order != other.order);
        assert_eq!([one.email, other.email], ["m…@example.org", "m…@example.net"]);
        assert_eq!([one.status.as_str(), other.status.as_str()], ["", "inside since 13:40"]);
    }

    #[test]
    fn what_is_no_address_is_not_shown_at_all() {
        assert_eq!(masked("secret"), "");
        assert_eq!(masked("@example.org"), "…@example.org");
    }

    #[test]
    fn a_short_number_is_whole() {
        assert_eq!(number(TicketId(1234)), "16JD");
        assert!(number(samples::ticket()).starts_with('…'));
    }

    #[test]
    fn details_tell_the_first_and_the_last_admission() {
        let rows = said(|names| details(&samples::known(), names));
        let value = |what: &str| rows.iter().find(|(key, _)| key == what).map(|(_, value)| value.as_str());

        assert_eq!(value("E-mail"), Some("maria@example.org"));
        assert_eq!(value("First in"), Some("10:42 at East door (terminal 3)"));
        assert_eq!(value("Last in"), Some("13:40 at Main entrance (terminal 3)"));
    }
}
