//! What a plan counted, and what it found wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::{Kind, Plan};

/// More violations than these are counted and not told one by one.
const TOLD_MAX: usize = 50;

/// Counts and violations, as a plan gathers them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    counted: BTreeMap<&'static str, u64>,
    violations: Vec<String>,
}

impl Findings {
    /// Adds to a count.
    pub(crate) fn count(&mut self, what: &'static str, number: usize) {
        *self.counted.entry(what).or_default() += number as u64;
    }

    /// Keeps the highest of what was measured.
    pub(crate) fn highest(&mut self, what: &'static str, number: u64) {
        let held = self.counted.entry(what).or_default();
        *held = number.max(*held);
    }

    /// Notes that something is wrong, and says so at once.
    pub(crate) fn violation(&mut self, what: impl Into<String>) {
        let what = what.into();
        eprintln!("VIOLATION: {what}");
        self.violations.push(what);
    }

    /// Notes that something is wrong, unless it `holds`.
    pub(crate) fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.violation(otherwise());
        }
    }

    /// Takes in what another gathered.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (what, number) in other.counted {
            *self.counted.entry(what).or_default() += number;
        }
        self.violations.extend(other.violations);
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    pub(crate) fn violations(&self) -> &[String] {
        &self.violations
    }
}

/// How a plan went.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    plan: Plan,
    database: Kind,
    seed: u64,
    rounds: u32,
    seconds: u64,
    counted: BTreeMap<&'static str, u64>,
    violations: usize,
    first_violations: Vec<String>,
    /// Where databases, stores and logs are, if something was wrong.
    evidence: Option<PathBuf>,
}

impl Report {
    /// The report of a plan that ran so long.
    pub(crate) fn new(plan: Plan, database: Kind, seed: u64, rounds: u32, seconds: u64, findings: Findings) -> Self {
        let Findings { counted, mut violations } = findings;
        let number = violations.len();
        violations.truncate(TOLD_MAX);
        Self {
            plan,
            database,
            seed,
            rounds,
            seconds,
            counted,
            violations: number,
            first_violations: violations,
            evidence: None,
        }
    }

    /// The report of a plan that could not begin.
    pub(crate) fn of_failure(plan: Plan, database: Kind, seed: u64, error: &anyhow::Error) -> Self {
        let mut findings = Findings::default();
        findings.violation(format!("the plan could not begin: {error:#}"));
        Self::new(plan, database, seed, 0, 0, findings)
    }

    /// Names the folder that is kept.
    pub(crate) fn with_evidence(self, folder: PathBuf) -> Self {
        Self { evidence: Some(folder), ..self }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.violations == 0
    }

    fn line(&self) -> String {
        let counted: Vec<String> = self.counted.iter().map(|(what, number)| format!("{number} {what}")).collect();
        format!(
            "| {:?}, {:?} | {} | {} s | {} | {} |",
            self.plan,
            self.database,
            self.rounds,
            self.seconds,
            counted.join(", "),
            self.violations
        )
    }
}

/// Prints a table, and below it what was wrong.
pub(crate) fn print(reports: &[Report]) {
    println!("| plan | rounds | took | counted | violations |\n|---|---|---|---|---|");
    for report in reports {
        println!("{}", report.line());
    }
    for report in reports.iter().filter(|report| !report.is_clean()) {
        println!("\n{:?} on {:?}, --seed {}:", report.plan, report.database, report.seed);
        for violation in &report.first_violations {
            println!("- {violation}");
        }
        if let Some(folder) = &report.evidence {
            println!("Everything is kept in {}", folder.display());
        }
    }
}
