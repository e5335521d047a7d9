//! The technical detail of a decision: for whoever helps on the phone.

use sync_protocol::verdict::{Fact, Verdict};

use super::{Names, clean, device};
use crate::door::Decided;

/// Returns the detail as pairs of what and value.
pub fn detail(decided: &Decided, names: &Names<'_>) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("time", names.clock().seconds(decided.at)),
        ("direction", format!("{:?}", decided.direction).to_lowercase()),
        ("ticket", decided.ticket.map_or_else(|| "none".into(), |ticket| ticket.to_string())),
        ("journal entry", decided.entry.map_or_else(|| "none".into(), |entry| entry.to_string())),
        ("took", format!("{:.1} ms", decided.took_us as f64 / 1_000.0)),
    ];
    let flags = match &decided.verdict {
        Verdict::Admit { flags, .. } => flags,
        Verdict::Deny { all, by, flags, .. } => {
            let codes: Vec<&str> = all.iter().map(|code| code.name()).collect();
            rows.push(("codes", codes.join(" ")));
            rows.push(("override", format!("{by:?}").to_lowercase()));
            flags
        }
    };
    if flags.0 != 0 {
        rows.push(("flags", flags.names().join(" ")));
    }
    rows.extend(decided.verdict.facts().iter().map(|fact| value(fact, names)));
    rows
}

fn value(fact: &Fact, names: &Names<'_>) -> (&'static str, String) {
    let clock = names.clock();
    match fact {
        Fact::NotReady(why) => ("not ready", format!("{why:?}").to_lowercase()),
        Fact::OtherEvent(event) => ("event", event.to_string()),
        Fact::Presented { issue, .. } => {
            ("issue", issue.map_or_else(|| "none: typed or named".into(), |issue| issue.to_string()))
        }
        Fact::Listed(row) => {
            let class = names.policy().and_then(|policy| policy.class(row.class));
            let class = class.map_or_else(|| format!("type {}", row.class), |class| clean(&class.name));
            let status = format!("{:?}", row.status).to_lowercase();
            ("listed", format!("issue {}, {class}, {status}", row.issue))
        }
        Fact::NotListed { cursor } => ("listed", format!("no, list at {cursor}")),
        Fact::At { gate, zone } => {
            let zone = zone.map_or_else(|| "no zone".into(), |zone| names.zone(zone));
            ("gate", format!("{} into {zone}", names.gate(*gate)))
        }
        Fact::LastAdmission(last) => (
            "last in",
            format!("{} {}, {} entry {}", clock.seconds(last.at), names.gate(last.gate), device(last.device), last.seq),
        ),
        Fact::Uses { used, limit } => {
            let limit = limit.map_or_else(|| "any number".into(), |limit| limit.to_string());
            ("uses before", format!("{used} of {limit}"))
        }
        Fact::Window { from, until } => ("window", format!("{} to {}", clock.minutes(*from), clock.minutes(*until))),
        Fact::HomeGate(gate) => ("home gate", names.gate(*gate)),
        Fact::Time(time) => ("clock", format!("{} ± {} ms", clock.seconds(time.now), time.uncertainty_ms)),
        Fact::Occupancy { inside, capacity } => ("inside", format!("{inside} of {capacity}")),
    }
}
