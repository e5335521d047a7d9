//! The technical detail of a decision: for whoever helps on the phone.

use sync_protocol::verdict::{Fact, OverrideBy, Verdict};

use super::{Names, clean};
use crate::catalogue::text;
use crate::door::Decided;

/// Returns the detail as pairs of what and value.
pub fn detail(decided: &Decided, names: &Names<'_>) -> Vec<(String, String)> {
    let none = || names.say("detail-none");
    let mut rows = vec![
        ("detail-time", names.clock().seconds(decided.at)),
        ("detail-direction", super::direction(decided.direction, names).to_lowercase()),
        ("detail-ticket", decided.ticket.map_or_else(none, |ticket| ticket.to_string())),
        ("detail-entry", decided.entry.map_or_else(none, |entry| entry.to_string())),
        ("detail-took", format!("{} ms", names.decimal(decided.took_us as f64 / 1_000.0))),
    ];
    let flags = match &decided.verdict {
        Verdict::Admit { flags, .. } => flags,
        Verdict::Deny { all, by, flags, .. } => {
            let codes: Vec<&str> = all.iter().map(|code| code.name()).collect();
            rows.push(("detail-codes", codes.join(" ")));
            rows.push(("detail-override", names.say(who(*by))));
            flags
        }
    };
    if flags.0 != 0 {
        rows.push(("detail-flags", flags.names().join(" ")));
    }
    rows.extend(decided.verdict.facts().iter().map(|fact| value(fact, names)));
    rows.into_iter().map(|(what, value)| (names.say(what), value)).collect()
}

/// The id of who may decide otherwise.
const fn who(by: OverrideBy) -> &'static str {
    match by {
        OverrideBy::Nobody => "detail-by-nobody",
        OverrideBy::Supervisor => "detail-by-supervisor",
        OverrideBy::Door => "detail-by-door",
    }
}

/// The id of what a fact is about, and its value in words.
fn value(fact: &Fact, names: &Names<'_>) -> (&'static str, String) {
    let clock = names.clock();
    match fact {
        Fact::NotReady(why) => ("detail-not-ready", names.say(super::denial::not_ready(Some(*why)))),
        Fact::OtherEvent(event) => ("detail-event", event.to_string()),
        Fact::Presented { issue, .. } => {
            ("detail-issue", issue.map_or_else(|| names.say("detail-issue-none"), |issue| issue.to_string()))
        }
        Fact::Listed(row) => {
            let class = names.policy().and_then(|policy| policy.class(row.class));
            let class = class.map_or_else(
                || names.say_with("detail-listed-class", &[("number", text(row.class.to_string()))]),
                |class| clean(&class.name),
            );
            let status = names.say(super::search::status(row.status));
            let values = [("issue", text(row.issue.to_string())), ("class", text(class)), ("status", text(status))];
            ("detail-listed", names.say_with("detail-listed-as", &values))
        }
        Fact::NotListed { cursor } => {
            ("detail-listed", names.say_with("detail-listed-no", &[("cursor", text(cursor.to_string()))]))
        }
        Fact::At { gate, zone } => {
            let zone = zone.map_or_else(|| names.say("detail-gate-no-zone"), |zone| names.zone(zone));
            let values = [("gate", text(names.gate(*gate))), ("zone", text(zone))];
            ("detail-gate", names.say_with("detail-gate-into", &values))
        }
        Fact::LastAdmission(last) => {
            let values = [
                ("time", text(clock.seconds(last.at))),
                ("gate", text(names.gate(last.gate))),
                ("device", text(names.device(last.device))),
                ("entry", text(last.seq.to_string())),
            ];
            ("detail-last-in", names.say_with("detail-last-in-at", &values))
        }
        Fact::Uses { used, limit } => {
            let limit = limit.map_or_else(|| text(names.say("detail-uses-any")), Into::into);
            ("detail-uses", names.say_with("detail-uses-of", &[("used", (*used).into()), ("limit", limit)]))
        }
        Fact::Window { from, until } => {
            let values = [("from", text(clock.minutes(*from))), ("until", text(clock.minutes(*until)))];
            ("detail-window", names.say_with("detail-window-span", &values))
        }
        Fact::HomeGate(gate) => ("detail-home-gate", names.gate(*gate)),
        Fact::Time(time) => ("detail-clock", format!("{} ± {} ms", clock.seconds(time.now), time.uncertainty_ms)),
        Fact::Occupancy { inside, capacity } => {
            let values = [("inside", (*inside).into()), ("capacity", (*capacity).into())];
            ("detail-inside", names.say_with("detail-inside-of", &values))
        }
    }
}
