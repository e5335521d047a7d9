//! What is told of the runs.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::ValueEnum as _;
use serde::Serialize;

use crate::mistake::Mistake;
use crate::plan::{Kind, Plan, Run};
use crate::seeds::Seeds;

/// The traces of more failing seeds than these are not shown.
const TRACES_MAX: u64 = 3;

/// Of a violation's words, the table of mistakes shows so many characters.
const WORDS_MAX: usize = 100;

/// For whom it is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// For people.
    Table,
    /// For programs: a line of JSON each.
    Json,
}

/// A line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Run(&'a Run),
    World(Summary),
    Mistake(Caught),
}

/// What came of all seeds of one world.
#[derive(Serialize)]
struct Summary {
    world: Kind,
    seeds: u64,
    steps: usize,
    violations: u64,
    seconds: u64,
    counts: BTreeMap<&'static str, u64>,
}

/// What became of a mistake.
#[derive(Serialize)]
struct Caught {
    mistake: Mistake,
    world: Kind,
    /// How many seeds were run at most.
    seeds: u64,
    /// The first seed at which a check failed; nothing if the mistake was not noticed.
    seed: Option<u64>,
    /// Which check.
    violation: Option<String>,
}

/// Tells what comes of the runs, as they end.
#[derive(Debug)]
pub(crate) struct Reporter {
    style: Style,
    is_clean: bool,
    has_heading: bool,
}

impl Reporter {
    pub(crate) const fn new(style: Style) -> Self {
        Self { style, is_clean: true, has_heading: false }
    }

    /// Runs every seed of a world, and tells of each that breaks a check.
    pub(crate) fn world(&mut self, plan: &Plan, seeds: Seeds) {
        let (began, style) = (Instant::now(), self.style);
        let Plan { world, steps, .. } = *plan;
        let (mut violations, mut counts) = (0, BTreeMap::new());
        seeds.run_all(plan, |run| {
            for (what, count) in &run.counts {
                *counts.entry(*what).or_default() += count;
            }
            if let Some(words) = &run.violation {
                violations += 1;
                tell_violation(&Plan { seed: run.seed, ..*plan }, &run, words, violations <= TRACES_MAX);
            }
            if style == Style::Json {
                print(&Line::Run(&run));
            }
        });
        self.is_clean &= violations == 0;
        let summary =
            Summary { world, seeds: seeds.count, steps, violations, seconds: began.elapsed().as_secs(), counts };
        if style == Style::Json {
            print(&Line::World(summary));
            return;
        }
        let Summary { seeds, seconds, counts, .. } = summary;
        let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        println!("{}: {seeds} seeds of {steps} steps in {seconds} s, {violations} violations", world.name());
        println!("  {}", counts.join(", "));
    }

    /// Looks for the first seed at which a mistake is noticed.
    pub(crate) fn mistake(&mut self, plan: &Plan, mistake: Mistake, seeds: Seeds) {
        let caught = seeds.first_violation(plan);
        self.is_clean &= caught.is_some();
        let (seed, violation) = (caught.as_ref().map(|run| run.seed), caught.and_then(|run| run.violation));
        if self.style == Style::Json {
            print(&Line::Mistake(Caught { mistake, world: plan.world, seeds: seeds.count, seed, violation }));
            return;
        }
        if !std::mem::replace(&mut self.has_heading, true) {
            println!("| mistake | world | noticed within | by |\n|---|---|---|---|");
        }
        let name = mistake.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let words: String = violation.iter().flat_map(|words| words.chars().take(WORDS_MAX)).collect();
        let world = plan.world.name();
        match seed {
            Some(seed) => println!("| {name} | {world} | {} seeds | {words} |", seed - seeds.from + 1),
            None => println!("| {name} | {world} | NOT within {} seeds | |", seeds.count),
        }
    }

    /// Returns whether everything was as it should be.
    pub(crate) const fn end(self) -> bool {
        self.is_clean
    }
}

fn tell_violation(plan: &Plan, run: &Run, words: &str, with_trace: bool) {
    eprintln!("\n{}, seed {}: {words}", plan.world.name(), run.seed);
    if with_trace {
        eprintln!("{}", run.tail);
    }
    eprintln!("Again: {}\n", plan.command());
}

fn print(line: &Line<'_>) {
    match serde_json::to_string(line) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("a line cannot be written: {error}"),
    }
}
