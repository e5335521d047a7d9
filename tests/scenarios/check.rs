//! The committed scenarios on every way, and what becomes of wrong expectations and of bad files.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sync_protocol::verdict::Code;

/// The fewest verdicts that each way is compared in.
const CASES_MIN: u64 = 400;
/// What is sent to the second database, too: that costs the most time.
const SENT_TO_BOTH: [&str; 3] = ["decisions.json", "network.json", "zones.json"];

fn play(arguments: &[&str]) -> Output {
    let program = harness::process::program("usher-scenarios").unwrap();
    Command::new(program).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Plays the committed scenarios on one way, and expects no difference.
fn all_hold(way: &str, database: &str, names: &[&str]) {
    let output = play(&["--way", way, "--database", database, "--json"]);

    for summary in summaries(&output, names) {
        assert!(summary["compared"].as_u64().unwrap() >= CASES_MIN, "{summary}");
    }
}

/// Returns what an output says of each way, and expects no difference.
fn summaries(output: &Output, names: &[&str]) -> Vec<Value> {
    let lines = text(&output.stdout);
    assert!(output.status.success(), "{lines}{}", text(&output.stderr));
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let summaries: Vec<Value> = lines.map(|mut line| line["summary"].take()).collect();
    assert_eq!(summaries.iter().map(|line| line["way"].as_str().unwrap()).collect::<Vec<_>>(), names);
    summaries
}

#[test]
fn the_rules_alone_say_what_the_scenarios_expect() {
    all_hold("pure", "sqlite", &["pure_as_server", "pure_as_terminal"]);
}

#[test]
fn terminals_without_a_network_say_what_the_scenarios_expect() {
    all_hold("terminal", "sqlite", &["terminal"]);
}

#[test]
fn a_server_on_sqlite_says_what_the_scenarios_expect() {
    all_hold("server", "sqlite", &["server"]);
}

#[test]
fn a_server_on_postgres_says_what_the_scenarios_expect() {
    all_hold("server", "postgres", &["server"]);
}

#[test]
fn what_terminals_send_to_a_server_on_sqlite_is_what_they_did() {
    all_hold("upload", "sqlite", &["upload"]);
}

#[test]
fn what_terminals_send_to_a_server_on_postgres_is_what_they_did() {
    let files = committed().into_iter().filter(|path| SENT_TO_BOTH.iter().any(|name| path.ends_with(name)));
    let files: Vec<String> = files.map(|path| path.display().to_string()).collect();
    assert_eq!(files.len(), SENT_TO_BOTH.len());
    let options = ["--way", "upload", "--database", "postgres", "--json"];

    let output = play(&options.into_iter().chain(files.iter().map(String::as_str)).collect::<Vec<_>>());

    summaries(&output, &["upload"]);
}

#[test]
fn every_code_of_the_specification_is_expected_somewhere() {
    let mut expected = BTreeSet::new();
    for file in committed() {
        let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for scenario in file["scenarios"].as_array().unwrap() {
            for scan in scenario["scans"].as_array().unwrap() {
                let said = [&scan["expected"]["reason"], &scan["expected"]["terminal"]["reason"]];
                expected.extend(said.into_iter().filter_map(Value::as_str).map(str::to_owned));
            }
        }
    }
    let missing: Vec<&str> =
        Code::ALL.iter().map(|code| code.name()).filter(|code| !expected.contains(*code)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn a_wrong_expectation_is_one_line_on_each_way_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = r#"{ "about": "somebody else's idea", "scenarios": [{
        "name": "Ada comes twice",
        "given": { "attendees": [{ "name": "Ada" }] },
        "scans": [
            { "at": "2027-06-12T10:00", "show": "Ada", "expected": { "verdict": "admit" } },
            { "at": "2027-06-12T10:01", "show": "Ada", "expected": { "verdict": "admit" } }
        ]
    }] }"#;
    let file = written(folder.path(), wrong);

    let output = play(&[&file]);

    assert_eq!(output.status.code(), Some(1));
    let lines = text(&output.stdout);
    for way in ["pure, as the server", "pure, as a terminal", "terminal", "server", "upload"] {
        let line = format!("{file}: Ada comes twice, scan 1: expected admit, got deny ALREADY_IN ({way})");
        assert_eq!(lines.lines().filter(|found| *found == line).count(), 1, "{line} in {lines}");
    }
    assert!(lines.ends_with("5 differences.\n"), "{lines}");

    let output = play(&[&file, "--way", "server", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let line: Value = serde_json::from_str(text(&output.stdout).lines().next().unwrap()).unwrap();
    let difference = &line["difference"];
    assert_eq!((&difference["scenario"], &difference["scan"]), (&"Ada comes twice".into(), &1.into()));
    assert_eq!((&difference["expected"], &difference["got"]), (&"admit".into(), &"deny ALREADY_IN".into()));
    assert_eq!(difference["way"], "server");
}

#[test]
fn a_conflict_that_nobody_expects_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = r#"{ "about": "two doors alone", "scenarios": [{
        "name": "Ada at both",
        "given": { "attendees": [{ "name": "Ada" }], "doors": ["left", "right"] },
        "scans": [
            { "at": "2027-06-12T10:00", "before": [{ "cut": "left" }, { "cut": "right" }], "show": "Ada",
              "expected": { "verdict": "admit" } },
            { "at": "2027-06-12T10:01", "show": "Ada", "door": "right",
              "expected": { "verdict": "deny", "reason": "ALREADY_IN",
                            "terminal": { "because": ["alone"], "verdict": "admit" } } }
        ]
    }] }"#;
    let file = written(folder.path(), wrong);

    let output = play(&[&file]);

    assert_eq!(output.status.code(), Some(1));
    let lines = text(&output.stdout);
    for way in ["pure, as a terminal", "upload"] {
        let line = format!("{file}: Ada at both, as a whole: expected no conflict, got conflicts: Ada by 1 ({way})");
        assert!(lines.lines().any(|found| found == line), "{line} in {lines}");
    }
    assert!(lines.ends_with("2 differences.\n"), "{lines}");
}

#[test]
fn a_bad_file_is_refused_with_the_place_and_nothing_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let bad = r#"{ "about": "a test", "scenarios": [{ "name": "one", "scans": [{ "at": "noon" }] }] }"#;
    let file = written(folder.path(), bad);

    let output = play(&[&file]);

    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = text(&output.stderr);
    assert!(said.contains(&format!("{file}: scenarios[0].scans[0]: missing field `show`")), "{said}");

    let missing = folder.path().join("nothing.json").display().to_string();
    let output = play(&[&missing]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&format!("could not read {missing}")));

    let long = written(folder.path(), &" ".repeat(4 * 1024 * 1024 + 1));
    let output = play(&[&long]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is longer than"));
}

fn committed() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

fn written(folder: &Path, text: &str) -> String {
    let file = folder.join("mine.json");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}
