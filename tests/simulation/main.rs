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
const SEEDS: u64 = 120;
/// Within how many seeds each mistake is caught.
const MISTAKE_SEEDS: u64 = 60;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Runs one seed and returns what it counted.
#[track_caller]
fn holds(seed: u64) -> BTreeMap<&'static str, u64> {
    let env = world::run(seed, None).env;
    if let Some(words) = &env.violation {
        panic!(
            "seed {seed}: {words}\n\n{}\nAgain: USHER_SIM_SEED={seed} cargo nextest run --workspace \
             -E 'package(usher-tests) and test(whatever_goes_wrong)'\n",
            env.trace.tail()
        );
    }
    env.counts
}

/// Runs every `of`th seed from `part` on, and expects that each kind of trouble came up.
fn all_hold(part: u64, of: u64) {
    if let Some(seed) = number_from("USHER_SIM_SEED") {
        println!("seed {seed}: {:?}", holds(seed));
        return;
    }
    let seeds = number_from("USHER_SIM_SEEDS").unwrap_or(SEEDS);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in (part..seeds).step_by(of as usize) {
        for (what, count) in holds(seed) {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{counts:?}");
    if seeds < SEEDS {
        return;
    }
    for what in [
        "shown",
        "crash",
        "conflict",
        "fork",
        "gap",
        "quarantine",
        "revoke",
        "disk back",
        "snapshot",
        "suspend",
        "undo",
    ] {
        assert!(counts.contains_key(what), "no {what} in any of these runs: {counts:?}");
    }
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_even_seeds() {
    all_hold(0, 2);
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_odd_seeds() {
    all_hold(1, 2);
}

#[test]
fn one_seed_gives_one_run() {
    for seed in [0, 7, 1_000_003] {
        let (once, again) = (world::run(seed, None).env, world::run(seed, None).env);
        assert_eq!(once.trace.hash(), again.trace.hash(), "seed {seed}");
    }
    assert_ne!(world::run(1, None).env.trace.hash(), world::run(2, None).env.trace.hash());
}

#[test]
fn a_terminal_suspended_in_the_middle_of_a_download_stays_halted() {
    for seed in [4, 15, 51] {
        holds(seed);
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_asked() {
    for seed in [2, 15] {
        holds(seed);
    }
}

#[test]
fn few_batches_are_sent_in_vain_where_only_short_ones_pass() {
    for seed in [56, 61, 77] {
        holds(seed);
    }
}

/// Returns the first seed at which a mistake is caught, and by what.
fn caught(mistake: Mistake) -> Option<(u64, String)> {
    (0..MISTAKE_SEEDS).find_map(|seed| Some((seed, world::run(seed, Some(mistake)).env.violation?)))
}

#[test]
fn every_mistake_made_on_purpose_is_caught() {
    for mistake in Mistake::ALL {
        let Some((seed, words)) = caught(mistake) else { panic!("{mistake:?} is not caught in {MISTAKE_SEEDS} seeds") };
        println!("{mistake:?} is caught by seed {seed}: {words}");
    }
}
