//! Which stage read a code, or what stopped it, for people and for programs.

use serde::Serialize;

use super::report::ms;
use crate::decoder::{Obstacle, Reading, Tried};

/// How the reading of one picture went.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// How each text was read, in the order of the texts.
    read: Vec<Read>,
    /// The corners of what looked like codes and could not be read.
    unread: Vec<[(i32, i32); 4]>,
    /// Places of what looked like corners of codes, a few at most.
    finders: Vec<(i32, i32)>,
    /// What each stage did, in order.
    stages: Vec<Step>,
    /// What stopped it, if nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

#[derive(Debug, Serialize)]
struct Read {
    stage: &'static str,
    corners: [(i32, i32); 4],
}

#[derive(Debug, Serialize)]
struct Step {
    stage: &'static str,
    /// How many corners of codes it saw.
    finders: usize,
    read: usize,
    missed: Vec<Missed>,
    ms: f64,
}

#[derive(Debug, Serialize)]
struct Missed {
    /// About the middle of the code it would have been.
    at: (i32, i32),
    why: String,
}

impl Explanation {
    pub(super) fn of(reading: &Reading) -> Self {
        Self {
            read: reading.codes.iter().map(|code| Read { stage: code.stage.name(), corners: code.corners }).collect(),
            unread: reading.unread.clone(),
            finders: reading.finders.clone(),
            stages: reading.trace.iter().map(Step::of).collect(),
            stopped: reading.codes.is_empty().then(|| stopped(reading)),
        }
    }

    /// Returns it as sentences.
    pub(super) fn lines(&self) -> Vec<String> {
        let read = self.read.iter().map(|Read { stage, corners }| format!("read by {stage}, at {}", square(corners)));
        let unread = self.unread.iter().map(|corners| format!("not read, at {}", square(corners)));
        read.chain(unread).chain(self.stages.iter().flat_map(Step::lines)).chain(self.stopped.clone()).collect()
    }
}

impl Step {
    fn of(tried: &Tried) -> Self {
        let missed = tried.missed.iter().map(|missed| Missed { at: missed.middle, why: why(missed.obstacle) });
        Self {
            stage: tried.stage.name(),
            finders: tried.finders,
            read: tried.read,
            missed: missed.collect(),
            ms: ms(tried.elapsed),
        }
    }

    fn lines(&self) -> Vec<String> {
        let Self { stage, finders, read, missed, ms } = self;
        let head = format!("{stage}: {ms:.1} ms, {finders} that look like corners of codes, {read} read");
        let missed = missed.iter().map(|Missed { at: (x, y), why }| format!("  at {x},{y}: {why}"));
        std::iter::once(head).chain(missed).collect()
    }
}

fn why(obstacle: Obstacle) -> String {
    match obstacle {
        Obstacle::NoOutline => "the edges of the corners can't be followed".to_owned(),
        Obstacle::NoTiming => "no row of alternating modules joins the corners".to_owned(),
        Obstacle::NoPattern(part) => {
            format!("only {:.0} % of what all codes have in common is right", f64::from(part) * 100.0)
        }
        Obstacle::BeyondCorrection => "it is a code, and more of it is wrong than can be corrected".to_owned(),
        Obstacle::NoTime => "the time ran out".to_owned(),
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
    use crate::{
        camera::Frame,
        decoder::{Budget, Decoder},
    };

    #[test]
    fn what_stopped_a_code_is_told_by_what_was_seen_of_it() {
        let mut reading = Reading {
            codes: vec![],
            unread: vec![],
            finders: vec![],
            elapsed: Duration::ZERO,
            ran_out: false,
            trace: vec![],
        };
        assert_eq!(Explanation::of(&reading).lines(), ["nothing looks like a corner of a code"]);

        reading.finders = vec![(1, 1), (9, 1)];
        reading.ran_out = true;
        let told = Explanation::of(&reading).lines();
        assert_eq!(told, ["only 2 of a code's three corners can be seen; the time ran out"]);

        reading.unread = vec![[(0, 0), (9, 0), (9, 9), (0, 9)]];
        let told = Explanation::of(&reading).lines();
        assert_eq!(told[0], "not read, at 0,0 9,0 9,9 0,9");
    }

    #[test]
    fn what_each_stage_met_is_told() {
        let frame = Frame::new(64, 64, vec![200; 64 * 64]).unwrap();

        let reading = Decoder::new(Budget::thorough()).decode(&frame);
        let told = Explanation::of(&reading).lines();

        assert_eq!(told.len(), reading.trace.len() + 1);
        assert!(told[0].ends_with("0 that look like corners of codes, 0 read"), "{told:?}");
        assert_eq!(why(Obstacle::NoPattern(0.625)), "only 62 % of what all codes have in common is right");
    }
}
