//! Everything that one terminal ever showed, and what must be true of it in the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::doors::{number, word};
use crate::findings::Findings;

/// What one terminal showed, over all its lives.
#[derive(Debug)]
pub(crate) struct Shown {
    name: String,
    verdicts: Vec<Value>,
    newest: u64,
    admitted: BTreeSet<String>,
}

impl Shown {
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), verdicts: Vec::new(), newest: 0, admitted: BTreeSet::new() }
    }

    /// The highest journal number that it showed.
    pub(crate) const fn newest(&self) -> u64 {
        self.newest
    }

    /// The tickets that it showed as admitted.
    pub(crate) const fn admitted(&self) -> &BTreeSet<String> {
        &self.admitted
    }

    /// Takes down a verdict about a single-use ticket; `may_be_in` says of which ones nobody knows whether they are.
    pub(crate) fn note(&mut self, verdict: Value, may_be_in: impl Fn(&str) -> bool, findings: &mut Findings) {
        let ticket = word(&verdict, "ticket").to_owned();
        if let Some(entry) = number(&verdict, "entry") {
            let newest = self.newest;
            findings.expect(entry > newest, || format!("{}: a number up to {newest} came again: {verdict}", self.name));
            self.newest = newest.max(entry);
        }
        if word(&verdict, "verdict") == "admit" {
            findings.count("admissions shown", 1);
            let is_first = self.admitted.insert(ticket);
            findings.expect(is_first, || format!("{} admitted a single-use ticket twice: {verdict}", self.name));
        } else {
            findings.count("other verdicts shown", 1);
            let is_explained = self.admitted.contains(&ticket) || may_be_in(&ticket);
            findings.expect(is_explained, || format!("{} turned a good ticket away: {verdict}", self.name));
        }
        self.verdicts.push(verdict);
    }

    /// Compares with the check-ins of this terminal that arrived at the server.
    pub(crate) fn compare(&self, arrived: &[Value], findings: &mut Findings) {
        let mut by_number: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
        let mut admissions: BTreeMap<&str, usize> = BTreeMap::new();
        for check_in in arrived {
            by_number.entry(number(check_in, "seq").unwrap_or_default()).or_default().push(check_in);
            if word(check_in, "kind") == "admit" {
                *admissions.entry(word(check_in, "ticket")).or_default() += 1;
            }
        }
        for (ticket, times) in &admissions {
            findings.expect(*times == 1, || format!("{} admitted {ticket} {times} times", self.name));
        }
        for verdict in &self.verdicts {
            // Every ticket is good: whoever was not let in was in already.
            let is_in = admissions.contains_key(word(verdict, "ticket"));
            findings.expect(is_in, || format!("{} kept somebody out who never came in: {verdict}", self.name));
            let Some(entry) = number(verdict, "entry") else { continue };
            let found = by_number.get(&entry).map(Vec::as_slice).unwrap_or_default();
            let [found] = found else {
                findings.violation(format!("{} showed what arrived {} times: {verdict}", self.name, found.len()));
                continue;
            };
            let kind = if word(verdict, "verdict") == "admit" { "admit" } else { "deny" };
            let is_same = word(found, "kind") == kind && word(found, "ticket") == word(verdict, "ticket");
            findings.expect(is_same, || format!("{} showed {verdict}, and {found} arrived", self.name));
        }
    }
}
