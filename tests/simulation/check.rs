//! Some hundred seeds of each world, those that once failed, and every mistake.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

use std::process::{Command, Output};

use serde_json::Value;

/// What must come up in as many seeds as a test runs.
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
/// What must come up where the product itself is run.
const REAL_KINDS: [&str; 7] = ["shown", "crash", "server crash", "server stops", "conflict", "undo", "echo"];
/// How many mistakes there are.
const MISTAKES: usize = 18;
/// Within how many seeds each of them is noticed.
const MISTAKE_SEEDS: u64 = 200;

fn simulate(arguments: &str) -> Output {
    let program = harness::process::program("usher-simulate").unwrap();
    Command::new(program).args(arguments.split(' ')).args(["--json", "--jobs", "1"]).output().unwrap()
}

/// Runs seeds, expects that no check fails, and returns what was told.
fn holds(arguments: &str) -> Vec<Value> {
    let output = simulate(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lines(&output)
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs seeds, and expects besides that each kind of trouble came up.
fn all_hold(arguments: &str, kinds: &[&str]) {
    let lines = holds(arguments);
    let counts = &lines.last().unwrap()["world"]["counts"];
    println!("{counts}");
    for what in kinds {
        assert!(counts[what].as_u64() > Some(0), "no {what} in any of these runs: {counts}");
    }
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_a_hundred_seeds() {
    all_hold("--world doors --seeds 100", &KINDS);
}

#[test]
fn every_admission_arrives_once_whatever_goes_wrong_in_another_hundred_seeds() {
    all_hold("--world doors --from 100 --seeds 100", &KINDS);
}

#[test]
fn no_more_is_sold_at_all_doors_than_there_are_places() {
    all_hold("--world sales --seeds 100", &SELLING_KINDS);
}

#[test]
fn real_terminals_and_a_real_server_keep_their_promises_in_ten_seeds() {
    all_hold("--real --seeds 10", &REAL_KINDS);
}

#[test]
fn real_terminals_and_a_real_server_keep_their_promises_in_another_ten_seeds() {
    all_hold("--real --from 10 --seeds 10", &REAL_KINDS);
}

#[test]
fn a_revoked_terminal_whose_clock_is_set_wrong_still_sends_its_journal() {
    holds("--real --from 5 --seeds 1");
}

#[test]
fn one_seed_gives_one_run() {
    let trace = |world: &str, seed: u64| {
        let lines = holds(&format!("--world {world} --from {seed} --seeds 1"));
        lines[0]["run"]["trace"].as_str().unwrap().to_owned()
    };
    for (world, seed) in [("doors", 0), ("sales", 7), ("doors", 1_000_003), ("real", 3)] {
        assert_eq!(trace(world, seed), trace(world, seed), "seed {seed}");
    }
    assert_ne!(trace("doors", 1), trace("doors", 2));
}

#[test]
fn a_terminal_suspended_in_the_middle_of_a_download_stays_halted() {
    for seed in [4, 15, 51] {
        holds(&format!("--world doors --from {seed} --seeds 1"));
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_asked() {
    for seed in [2, 15] {
        holds(&format!("--world doors --from {seed} --seeds 1"));
    }
}

#[test]
fn few_batches_are_sent_in_vain_where_only_short_ones_pass() {
    for seed in [56, 61, 77] {
        holds(&format!("--world doors --from {seed} --seeds 1"));
    }
}

#[test]
fn every_mistake_made_on_purpose_is_caught() {
    let lines = holds(&format!("--all-mistakes --seeds {MISTAKE_SEEDS}"));

    assert_eq!(lines.len(), MISTAKES);
    for line in &lines {
        assert!(line["mistake"]["seed"].is_u64(), "{line}");
    }
}

#[test]
fn a_seed_that_breaks_a_check_is_told_with_the_command_that_runs_it_again() {
    let mut lines = holds("--mistake gaps-accepted --seeds 60");
    let seed = lines.remove(0)["mistake"]["seed"].as_u64().unwrap();

    let output = simulate(&format!("--mistake gaps-accepted --from {seed} --seeds 1"));

    assert_eq!(lines_seed(&output), Some(seed));
    assert!(!simulate("--mistake gaps-accepted --steps 1 --seeds 1").status.success());
}

fn lines_seed(output: &Output) -> Option<u64> {
    lines(output)[0]["mistake"]["seed"].as_u64()
}
