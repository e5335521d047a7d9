//! What a program with a fuzzer in it tells in the end.

use std::fmt;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Places;
use crate::steps;

/// How one target fared.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Told {
    pub(super) target: String,
    pub(super) took: Duration,
    /// Inputs that were run.
    pub(super) executions: u64,
    /// Edges between pieces of code that were gone over.
    pub(super) edges: u64,
    /// Inputs that each reached something new.
    pub(super) inputs: u64,
    /// Inputs that something is wrong with.
    pub(super) findings: usize,
}

impl Told {
    /// Reads a target's log, and counts its findings.
    pub(super) fn read(target: &str, took: Duration, places: &Places) -> Result<Self> {
        let log = places.logs.join(target);
        let log = fs::read(&log).with_context(|| format!("could not read {}", log.display()))?;
        let findings = fs::read_dir(places.findings.join(target))?.count();
        Ok(Self::of_log(target, took, &String::from_utf8_lossy(&log), findings))
    }

    fn of_log(target: &str, took: Duration, log: &str, findings: usize) -> Self {
        let after = |line: &str, word: &str| -> Option<u64> {
            let rest = line.split_once(word)?.1.trim_start();
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let last = |word: &str| log.lines().rev().find_map(|line| after(line, word)).unwrap_or(0);
        Self {
            target: target.to_owned(),
            took,
            executions: last("stat::number_of_executed_units:"),
            edges: last(" cov:"),
            inputs: last(" corp:"),
            findings,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, took, executions, edges, inputs, findings } = self;
        let took = steps::duration(*took);
        write!(f, "{target:<15} {took:>12} {executions:>13} {edges:>7} {inputs:>7} {findings:>9}")
    }
}

/// Prints the table.
pub(super) fn print(told: &[Told]) {
    steps::heading("What came of it");
    let (target, took, executions, edges, inputs, findings) =
        ("target", "time", "executions", "edges", "corpus", "findings");
    println!("   {target:<15} {took:>12} {executions:>13} {edges:>7} {inputs:>7} {findings:>9}");
    for one in told {
        println!("   {one}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_of_a_log_count() {
        let log = "#94\tINITED cov: 1093 ft: 1739 corp: 70/55Kb exec/s: 0 rss: 28Mb\n\
            #4096\tpulse  cov: 1101 ft: 1810 corp: 88/61Kb lim: 900 exec/s: 1365 rss: 30Mb\n\
            Done 5000 runs in 4 second(s)\nstat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     1250\n";

        let told = Told::of_log("policy", Duration::from_secs(4), log, 0);

        assert_eq!((told.executions, told.edges, told.inputs, told.findings), (5_000, 1_101, 88, 0));
        assert!(told.to_string().starts_with("policy "));
    }
}
