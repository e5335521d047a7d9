//! A short run of each plan of `usher-faults`, which `cargo xtask faults` runs at length.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::process::Command;
use std::time::Duration;

use harness::process::{program, run_command};
use serde_json::Value;

/// How long a plan may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(300);
/// The seed of a plan's first run, and how many it may take until one tells something.
const SEED: u32 = 23;
const RUNS_MAX: u32 = 4;

/// Runs a plan, and returns what it reported for each database.
fn run(plan: &str, rounds: u32, database: &str) -> Vec<Value> {
    run_from(SEED, plan, rounds, database)
}

fn run_from(seed: u32, plan: &str, rounds: u32, database: &str) -> Vec<Value> {
    let (seed, rounds) = (seed.to_string(), rounds.to_string());
    let arguments = [plan, "--rounds", &rounds, "--seed", &seed, "--database", database, "--json"];
    let finished = run_command(Command::new(program("usher-faults").unwrap()).args(arguments), "", PATIENCE).unwrap();
    let finished = finished.success().unwrap();
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A count of a report.
fn counted(report: &Value, what: &str) -> u64 {
    report.pointer(&format!("/counted/{what}")).and_then(Value::as_u64).unwrap_or_default()
}

/// Runs a plan until each of these was counted, a few times at most; no run may find anything wrong.
fn assert_tells(plan: &str, rounds: u32, database: &str, what: &[&str]) {
    let mut reports = Vec::new();
    for seed in (SEED..).take(RUNS_MAX as usize) {
        reports.extend(run_from(seed, plan, rounds, database));
        if what.iter().all(|what| reports.iter().any(|report| counted(report, what) > 0)) {
            return;
        }
    }
    panic!("{RUNS_MAX} runs tell nothing of {what:?}: {reports:?}");
}

#[test]
fn what_a_killed_terminal_showed_arrives_once() {
    let reports = run("kill-terminal", 16, "sqlite");

    assert!(counted(&reports[0], "admissions shown") > 5, "{reports:?}");
    assert!(counted(&reports[0], "entries at the server") >= counted(&reports[0], "admissions shown"), "{reports:?}");
}

#[test]
fn what_a_killed_server_acknowledged_is_there_once_on_sqlite() {
    // However slow the machine is, something of each kind has to be acknowledged for a run to tell anything.
    assert_tells("kill-server", 12, "sqlite", &["check-ins acknowledged", "registrations acknowledged"]);
}

#[test]
fn what_a_killed_server_acknowledged_is_there_once_on_postgres() {
    // However slow the machine is, something of each kind has to be acknowledged for a run to tell anything.
    assert_tells("kill-server", 12, "postgres", &["check-ins acknowledged", "registrations acknowledged"]);
}

#[test]
fn a_killed_postgres_costs_time_and_nothing_else() {
    let reports = run("kill-postgres", 10, "postgres");

    assert!(counted(&reports[0], "kills of PostgreSQL") > 0, "{reports:?}");
    assert!(counted(&reports[0], "check-ins acknowledged") > 0, "{reports:?}");
}

#[test]
fn a_server_whose_disk_fails_says_so_and_goes_on_afterwards() {
    let reports = run("disk-of-server", 12, "sqlite");

    assert!(counted(&reports[0], "answers that say to come back") > 0, "{reports:?}");
    assert!(counted(&reports[0], "check-ins acknowledged") > 0, "{reports:?}");
}

#[test]
fn a_terminal_whose_disk_fails_says_so_and_goes_on_afterwards() {
    let reports = run("disk-of-terminal", 12, "sqlite");

    assert!(counted(&reports[0], "guests who met a fault") > 0, "{reports:?}");
    assert!(counted(&reports[0], "kills while the disk fails") > 0, "{reports:?}");
}

#[test]
fn a_damaged_terminal_is_well_or_says_what_to_do() {
    let reports = run("damage-of-terminal", 16, "sqlite");

    assert!(counted(&reports[0], "files with flipped bytes") > 0, "{reports:?}");
}

#[test]
fn a_damaged_server_is_well_or_says_what_to_do() {
    let reports = run("damage-of-server", 8, "sqlite");

    assert!(counted(&reports[0], "requests answered") > 0, "{reports:?}");
}
