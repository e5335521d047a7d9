//! Which stage read a code, or what stopped it, for people and for programs.

use serde::Serialize;

use crate::decoder::Reading;

/// How the reading of one picture went.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// How each text was read, in the order of the texts.
    read: Vec<Read>,
    /// The corners of what looked like codes and could not be read.
    unread: Vec<[(i32, i32); 4]>,
    /// Places of what looked like corners of codes, a few at most.
    finders: Vec<(i32, i32)>,
    /// What stopped it, if nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

#[derive(Debug, Serialize)]
struct Read {
    stage: &'static str,
    corners: [(i32, i32); 4],
}

impl Explanation {
    pub(super) fn of(reading: &Reading) -> Self {
        Self {
            read: reading.codes.iter().map(|code| Read { stage: code.stage.name(), corners: code.corners }).collect(),
            unread: reading.unread.clone(),
            finders: reading.finders.clone(),
            stopped: reading.codes.is_empty().then(|| stopped(reading)),
        }
    }

    /// Returns it as sentences.
    pub(super) fn lines(&self) -> Vec<String> {
        let read = self.read.iter().map(|Read { stage, corners }| format!("read by {stage}, at {}", square(corners)));
        let unread = self.unread.iter().map(|corners| format!("not read, at {}", square(corners)));
        read.chain(unread).chain(self.stopped.clone()).collect()
    }
}

fn stopped(reading: &Reading) -> String {
    let saw = match (reading.unread.len(), reading.finders.len()) {
        (0, 0) => "nothing looks like a corner of a code".to_owned(),
        (0, corners @ 1..=2) => format!("only {corners} of a code's three corners can be seen"),
        (0, _) => "what looks like corners of codes makes no code".to_owned(),
        (codes, _) => format!("{codes} that look like codes can't be read: damaged, blurred, bent or too small"),
    };
    if reading.ran_out { format!("{saw}; the time ran out") } else { saw }
}

fn square(corners: &[(i32, i32); 4]) -> String {
    corners.map(|(x, y)| format!("{x},{y}")).join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_stopped_a_code_is_told_by_what_was_seen_of_it() {
        let mut reading =
            Reading { codes: vec![], unread: vec![], finders: vec![], elapsed: Duration::ZERO, ran_out: false };
        assert_eq!(Explanation::of(&reading).lines(), ["nothing looks like a corner of a code"]);

        reading.finders = vec![(1, 1), (9, 1)];
        reading.ran_out = true;
        let told = Explanation::of(&reading).lines();
        assert_eq!(told, ["only 2 of a code's three corners can be seen; the time ran out"]);

        reading.unread = vec![[(0, 0), (9, 0), (9, 9), (0, 9)]];
        let told = Explanation::of(&reading).lines();
        assert_eq!(told[0], "not read, at 0,0 9,0 9,9 0,9");
    }
}
