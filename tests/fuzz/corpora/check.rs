//! The fuzzers' targets on their committed corpora, on what was ever found, and on seeded changes of both: what
//! `cargo xtask fuzz` does for ten minutes each, for a moment and without its tools.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a wrong file must fail the test")]

mod changes;

use std::path::{Path, PathBuf};

use usher_fuzz_targets::{TARGETS, corpus, target};

use changes::Draw;

/// Changed inputs for each target.
const CHANGES: usize = 3_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn inputs(place: &str, name: &str) -> Vec<Vec<u8>> {
    let file = folder().join(place).join(format!("{name}.hex"));
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    corpus::parse(&text).unwrap_or_else(|line| panic!("{}, line {line}", file.display()))
}

/// Runs a target on its inputs, then on `count` changes of them.
fn holds(name: &str, count: usize) {
    let target = target(name).unwrap();
    let mut known = inputs("corpus", name);
    assert!(!known.is_empty(), "{name} has no corpus");
    known.extend(inputs("found", name));
    for input in &known {
        (target.run)(input);
    }
    let mut draw = Draw(1);
    for _ in 0..count {
        let input = draw.change(&known, target.bytes_max);
        let told = hex::encode(&input);
        std::panic::catch_unwind(|| (target.run)(&input)).unwrap_or_else(|_| panic!("{name} fails on {told}"));
    }
}

#[test]
fn a_credential_has_one_form_and_is_signed() {
    holds("credential", CHANGES);
}

#[test]
fn an_entry_of_a_journal_has_one_form() {
    holds("entry", CHANGES);
}

#[test]
fn a_batch_has_one_form_and_is_signed() {
    holds("batch", CHANGES);
}

#[test]
fn an_entry_of_the_feed_has_one_form() {
    holds("feed_body", CHANGES);
}

#[test]
fn a_feed_is_taken_whole_or_not_at_all() {
    holds("feed", CHANGES);
}

#[test]
fn a_snapshot_has_one_form_and_is_signed() {
    holds("snapshot", CHANGES);
}

#[test]
fn rules_are_read_as_they_were_written() {
    holds("policy", CHANGES);
}

#[test]
fn what_the_server_signs_has_one_form() {
    holds("papers", CHANGES);
}

#[test]
fn what_devices_tell_is_read_as_it_was_written() {
    holds("notes", CHANGES);
}

#[test]
fn an_invitation_has_one_text_and_a_code_one_meaning() {
    holds("enrolment", CHANGES);
}

#[test]
fn a_request_is_taken_only_as_it_was_signed() {
    holds("http_signature", CHANGES);
}

#[test]
fn a_message_is_read_as_it_was_written() {
    holds("wire", CHANGES);
}

#[test]
fn every_target_has_a_program_and_every_corpus_a_target() {
    let programs = std::fs::read_to_string(folder().join("programs/Cargo.toml")).unwrap();
    for target in TARGETS {
        assert!(programs.contains(&format!("\nname = \"{}\"\n", target.name)), "{} has no program", target.name);
        assert!(folder().join(format!("programs/{}.rs", target.name)).exists(), "{}", target.name);
    }
    for place in ["corpus", "found"] {
        for file in std::fs::read_dir(folder().join(place)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(target(&name).is_some(), "{} belongs to no target", path.display());
        }
    }
}
