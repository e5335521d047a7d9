//! Terminals and a server under everything that can go wrong, from one seed, compared with a plain
//! reference ledger.
//!
//! `USHER_SIM_SEEDS=N` runs more seeds than usual and `USHER_SIM_SEED=x` only that one.

mod door;
mod env;
mod list;
mod mistake;
mod network;
mod organiser;
mod reference;
mod rng;
mod server;
mod terminal;
mod trace;
mod world;

use std::collections::BTreeMap;

use mistake::Mistake;

/// How many seeds a normal run has.
const SEEDS: u64 = 200;
/// How many of those a normal run has in which the doors sell.
const SELLING_SEEDS: u64 = 100;
/// What must come up in all seeds together.
const KINDS: [&str; 11] =
    ["shown", "crash", "conflict", "fork", "gap", "quarantine", "revoke", "disk back", "snapshot", "suspend", "undo"];
/// What must come up where the doors sell.
const SELLING_KINDS: [&str; 12] = [
    "sold",
    "sold beyond the rights",
    "sold in advance",
    "sale undone",
    "no place left",
    "lease",
    "lease lowered",
    "read elsewhere",
    "crash",
    "revoke",
    "disk back",
    "twin",
];
/// Within how many seeds each mistake is caught.
const MISTAKE_SEEDS: u64 = 60;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Runs one seed and returns what it counted.
#[track_caller]
fn holds(seed: u64, sells: bool) -> BTreeMap<&'static str, u64> {
    let env = world::run(seed, None, sells).env;
    if let Some(words) = &env.violation {
        let test = if sells { "than_there_are_places" } else { "whatever_goes_wrong" };
        panic!(
            "seed {seed}: {words}\n\n{}\nAgain: USHER_SIM_SEED={seed} cargo nextest run --workspace \
             -E 'package(usher-tests) and test({test})'\n",
            env.trace.tail()
        );
    }
    env.counts
}

/// Runs every `of`th of so many seeds from `part` on, and expects that each kind of trouble came up.
fn all_hold(part: u64, of: u64, usual: u64, sells: bool, kinds: &[&str]) {
    if let Some(seed) = number_from("USHER_SIM_SEED") {
        println!("seed {seed}: {:?}", holds(seed, sells));
        return;
    }
    let seeds = number_from("USHER_SIM_SEEDS").unwrap_or(usual);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in (part..seeds).step_by(of as usize) {
        for (what, count) in holds(seed, sells) {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{counts:?}");
    if seeds < usual {
        return;
    }
    for what in kinds {
        assert!(counts.contains_key(what), "no {what} in any of these runs: {counts:?}");
    }
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_even_seeds() {
    all_hold(0, 2, SEEDS, false, &KINDS);
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_odd_seeds() {
    all_hold(1, 2, SEEDS, false, &KINDS);
}

#[test]
fn no_more_is_sold_at_all_doors_than_there_are_places() {
    all_hold(0, 1, SELLING_SEEDS, true, &SELLING_KINDS);
}

#[test]
fn one_seed_gives_one_run() {
    let trace = |seed, sells| world::run(seed, None, sells).env.trace.hash();
    for (seed, sells) in [(0, false), (7, true), (1_000_003, false)] {
        assert_eq!(trace(seed, sells), trace(seed, sells), "seed {seed}");
    }
    assert_ne!(trace(1, false), trace(2, false));
}

#[test]
fn a_terminal_suspended_in_the_middle_of_a_download_stays_halted() {
    for seed in [4, 15, 51] {
        holds(seed, false);
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_asked() {
    for seed in [2, 15] {
        holds(seed, false);
    }
}

#[test]
fn few_batches_are_sent_in_vain_where_only_short_ones_pass() {
    for seed in [56, 61, 77] {
        holds(seed, false);
    }
}

/// Returns the first seed at which a mistake is caught, and by what.
fn caught(mistake: Mistake) -> Option<(u64, String)> {
    (0..MISTAKE_SEEDS).find_map(|seed| {
        let env = world::run(seed, Some(mistake), mistake.is_about_sales()).env;
        Some((seed, env.violation?))
    })
}

#[test]
fn every_mistake_made_on_purpose_is_caught() {
    for mistake in Mistake::ALL {
        let Some((seed, words)) = caught(mistake) else { panic!("{mistake:?} is not caught in {MISTAKE_SEEDS} seeds") };
        println!("{mistake:?} is caught by seed {seed}: {words}");
    }
}
