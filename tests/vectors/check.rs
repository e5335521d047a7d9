//! The vectors against the implementation, and against a second one that shares no code with it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a wrong file must fail the test")]

mod make;

mod check {
    pub(crate) mod codecs;
    pub(crate) mod conversations;
    pub(crate) mod credential;
    pub(crate) mod decisions;
    pub(crate) mod door;
    pub(crate) mod feed;
    pub(crate) mod health;
    pub(crate) mod journal;
    pub(crate) mod second;
}

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Returns where the vectors lie.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Reads a vector file.
fn file(name: &str) -> Value {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("could not read {}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Returns the elements of a file's list, which must not be empty.
fn list<'a>(file: &'a Value, name: &str) -> &'a [Value] {
    let elements = file[name].as_array().unwrap_or_else(|| panic!("no list {name}"));
    assert!(!elements.is_empty(), "{name} is empty");
    elements
}

/// Returns the bytes of a member in hexadecimal.
fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_else(|| panic!("{value} is no text"))).unwrap()
}

/// Returns the bytes of a member in hexadecimal, as an array.
fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn the_files_are_what_the_generator_writes() {
    for (name, text) in make::files() {
        let path = folder().join(name);
        let frozen = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(frozen == text, "{} is not what the generator writes now", path.display());
    }
}
