//! The closing report: what an event came to, as sections of lines, which are written as CSV or as PDF.

pub mod pdf;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Code;

use super::statistics::{self, Statistics};
use crate::admissions::{Tally, conflicts};
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::walk_ins;

/// What a measure is called that says what was taken.
const TAKEN: &str = "taken";

/// A report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The event's name.
    pub event: String,
    /// When it takes place.
    pub starts: UnixMillis,
    /// When it ends.
    pub ends: UnixMillis,
    /// Where its clocks are.
    pub zone: Tz,
    /// When it was made.
    pub made_at: UnixMillis,
    /// What it says.
    pub sections: Vec<Section>,
}

/// Lines that say the same of different things.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// What is said of each thing.
    pub measures: Vec<&'static str>,
    /// The things, each with as many values as there are measures.
    pub lines: Vec<(Item, Vec<Value>)>,
}

/// What a line is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// Something with a name.
    Named(String),
    /// The hour that begins then.
    Hour(UnixMillis),
    /// A finding of the rules.
    Finding(Code),
}

/// What is said of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// How many.
    Count(u64),
    /// What was taken, in the smallest unit of a currency.
    Taken(u64, String),
    /// A currency (ISO 4217).
    Currency(String),
}

/// Returns an event's report as of `now`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn report(tx: &mut Tx, event: &Event, now: UnixMillis) -> Result<Report, StoreError> {
    let policy = &event.policy;
    let figures = statistics::statistics(tx, event.id, &policy.time_zone).await?;
    let conflicts = conflicts::of_event(tx, event.id, policy).await?.conflicts.len();
    let sales = walk_ins::cash_up(tx, event.id).await?;
    let mut by_payment: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for line in &sales {
        let (count, amount) = by_payment.entry((line.payment.name(), line.currency.as_str())).or_default();
        (*count, *amount) = (*count + line.count, *amount + line.amount);
    }
    let sales = by_payment.into_iter().map(|((payment, currency), (count, amount))| {
        let currency = currency.to_owned();
        (named(payment), vec![Value::Currency(currency.clone()), Value::Count(count), Value::Taken(amount, currency)])
    });
    let mut sections = of_figures(&figures, policy);
    sections.push(Section {
        title: "Sales at the door",
        measures: vec!["currency", "sold", TAKEN],
        lines: sales.collect(),
    });
    sections.push(Section {
        title: "Corrections",
        measures: vec!["times"],
        lines: vec![
            (named("Tickets that came in too often"), vec![Value::Count(conflicts as u64)]),
            (named("Entries taken back"), vec![Value::Count(figures.undone)]),
        ],
    });
    Ok(Report {
        event: policy.event.clone(),
        starts: policy.starts,
        ends: policy.ends,
        // Events are checked to name a zone that is known.
        zone: policy.time_zone.parse().unwrap_or(Tz::UTC),
        made_at: now,
        sections,
    })
}

fn named(name: &str) -> Item {
    Item::Named(name.to_owned())
}

fn of_figures(figures: &Statistics, policy: &Policy) -> Vec<Section> {
    let classes = figures.classes.iter().map(|(class, of)| {
        let name = policy.class(*class).map_or_else(|| class.0.to_string(), |class| class.name.clone());
        (Item::Named(name), [of.registered, of.came, of.no_shows()].map(Value::Count).to_vec())
    });
    let tally = |tally: &Tally| [tally.admitted, tally.exits, tally.denied].map(Value::Count).to_vec();
    let hours = figures.hours.iter().map(|(from, of)| (Item::Hour(*from), tally(of)));
    let gates = figures.gates.iter().map(|(gate, of)| {
        let name = policy.gate(*gate).map_or_else(|| gate.0.to_string(), |gate| gate.name.clone());
        (Item::Named(name), tally(of))
    });
    let codes = |counts: &BTreeMap<Code, u64>| -> Vec<(Item, Vec<Value>)> {
        counts.iter().map(|(code, count)| (Item::Finding(*code), vec![Value::Count(*count)])).collect()
    };
    let moved = || vec!["admitted", "left", "denied"];
    vec![
        Section {
            title: "Ticket types",
            measures: vec!["registered", "came", "did not come"],
            lines: classes.collect(),
        },
        Section { title: "Hours", measures: moved(), lines: hours.collect() },
        Section { title: "Gates", measures: moved(), lines: gates.collect() },
        Section { title: "Denials", measures: vec!["times"], lines: codes(&figures.denials) },
        Section { title: "Admitted against the rules", measures: vec!["times"], lines: codes(&figures.overrides) },
    ]
}

impl Item {
    fn for_programs(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Hour(from) => rfc3339(*from),
            Self::Finding(code) => code.name().to_owned(),
        }
    }
}

impl Value {
    fn for_programs(&self) -> String {
        match self {
            Self::Count(number) | Self::Taken(number, _) => number.to_string(),
            Self::Currency(currency) => currency.clone(),
        }
    }
}

impl Report {
    /// Returns the report as CSV: one line for each value, so that any program can read it.
    pub fn csv(&self) -> String {
        let mut text = String::from("section,item,measure,value\r\n");
        for section in &self.sections {
            for (item, values) in &section.lines {
                let item = item.for_programs();
                for (measure, value) in section.measures.iter().zip(values) {
                    let measure = if *measure == TAKEN { "taken (minor unit)" } else { measure };
                    let cells = [section.title, &item, measure, &value.for_programs()].map(cell);
                    text.push_str(&cells.join(","));
                    text.push_str("\r\n");
                }
            }
        }
        text
    }
}

/// Returns a text as a cell of CSV (RFC 4180). One that a spreadsheet would take for a formula is told as text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::door) fn sample(items: usize) -> Report {
        let line = |number: usize| (named(&format!("Gate {number}")), vec![Value::Count(12), Value::Count(3)]);
        Report {
            event: "RustConf (Zoë’s)".to_owned(),
            starts: UnixMillis(1_795_240_800_000),
            ends: UnixMillis(1_795_262_400_000),
            zone: chrono_tz::Europe::Berlin,
            made_at: UnixMillis(1_795_249_800_000),
            sections: vec![Section {
                title: "Gates",
                measures: vec!["admitted", "denied"],
                lines: (0..items).map(line).collect(),
            }],
        }
    }

    #[test]
    fn every_value_has_a_line_and_no_name_is_a_formula() {
        let mut report = sample(1);
        report.sections[0].lines.push((named("=SUM(A1)"), vec![Value::Count(1), Value::Count(2)]));
        report.sections[0].lines.push((named("North, \"old\""), vec![Value::Count(1), Value::Count(2)]));

        let csv = report.csv();

        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[0], ["Gates", "Gate 0", "admitted", "12"]);
        assert_eq!(rows[2][1], "'=SUM(A1)");
        assert_eq!(rows[4][1], "North, \"old\"");
    }
}
