//! The closing report: what an event came to, as sections of lines, which are written as CSV or as PDF.

pub mod pdf;

use std::collections::BTreeMap;

use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;

use super::statistics::{self, Statistics};
use crate::admissions::{Tally, conflicts};
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::walk_ins;

/// A report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The event's name.
    pub event: String,
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
    pub lines: Vec<(String, Vec<String>)>,
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
        (payment.to_owned(), vec![currency.to_owned(), count.to_string(), amount.to_string()])
    });
    let mut sections = of_figures(&figures, policy);
    sections.push(Section {
        title: "Sales at the door",
        measures: vec!["currency", "sold", "taken (minor unit)"],
        lines: sales.collect(),
    });
    sections.push(Section {
        title: "Corrections",
        measures: vec!["times"],
        lines: vec![
            ("Tickets that came in too often".to_owned(), vec![conflicts.to_string()]),
            ("Entries taken back".to_owned(), vec![figures.undone.to_string()]),
        ],
    });
    Ok(Report { event: policy.event.clone(), made_at: now, sections })
}

fn of_figures(figures: &Statistics, policy: &Policy) -> Vec<Section> {
    let classes = figures.classes.iter().map(|(class, of)| {
        let name = policy.class(*class).map_or_else(|| class.0.to_string(), |class| class.name.clone());
        (name, vec![of.registered.to_string(), of.came.to_string(), of.no_shows().to_string()])
    });
    let tally = |tally: &Tally| [tally.admitted, tally.exits, tally.denied].map(|count| count.to_string()).to_vec();
    let hours = figures.hours.iter().map(|(from, of)| (rfc3339(*from), tally(of)));
    let gates = figures
        .gates
        .iter()
        .map(|(gate, of)| (policy.gate(*gate).map_or_else(|| gate.0.to_string(), |gate| gate.name.clone()), tally(of)));
    let codes = |counts: &BTreeMap<sync_protocol::verdict::Code, u64>| -> Vec<(String, Vec<String>)> {
        counts.iter().map(|(code, count)| (code.name().to_owned(), vec![count.to_string()])).collect()
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

impl Report {
    /// Returns the report as CSV: one line for each value, so that any program can read it.
    pub fn csv(&self) -> String {
        let mut text = String::from("section,item,measure,value\r\n");
        for section in &self.sections {
            for (item, values) in &section.lines {
                for (measure, value) in section.measures.iter().zip(values) {
                    let cells = [section.title, item, measure, value].map(cell);
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
        let line = |number: usize| (format!("Gate {number}"), vec!["12".to_owned(), "3".to_owned()]);
        Report {
            event: "RustConf (Zoë’s)".to_owned(),
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
        report.sections[0].lines.push(("=SUM(A1)".to_owned(), vec!["1".to_owned(), "2".to_owned()]));
        report.sections[0].lines.push(("North, \"old\"".to_owned(), vec!["1".to_owned(), "2".to_owned()]));

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
