//! What happened, as lines: all of them in one hash, the last of them for people.

use std::collections::VecDeque;
use std::fmt;

use sha2::{Digest as _, Sha256};

/// How many lines a failing run shows.
const TAIL: usize = 80;

/// The lines of one run.
#[derive(Default)]
pub(crate) struct Trace {
    hash: Sha256,
    tail: VecDeque<String>,
}

impl Trace {
    pub(crate) fn note(&mut self, now: u64, line: fmt::Arguments<'_>) {
        let line = format!("{now:>9} {line}");
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    /// Returns the hash over all lines so far.
    pub(crate) fn hash(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// Returns the last lines.
    pub(crate) fn tail(&self) -> String {
        self.tail.iter().map(|line| format!("{line}\n")).collect()
    }
}
