//! The states that the program tells of a camera while something goes wrong with it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{Fault, Rig};
use crate::process::{PATIENCE, Program, program};

/// What the program tells when a camera has a fault and loses it again.
#[derive(Debug)]
pub struct Course {
    /// The fault.
    pub fault: Fault,
    /// The states, in order. At [`seen_as`](Self::seen_as) the fault is ended.
    pub states: &'static [&'static str],
    /// The state at which the fault is ended. Of faults that end by themselves, the one that tells of it.
    pub seen_as: &'static str,
    /// The first of the states that tell of the fault.
    pub told_as: &'static str,
    /// Words that are told with it.
    pub words: &'static str,
    /// How soon it is told, by the program's own time limits.
    pub within: Duration,
}

/// The course of each fault.
pub const COURSES: [Course; 5] = [
    Course {
        fault: Fault::Stall,
        states: &["opening", "streaming", "stalled", "opening", "streaming"],
        seen_as: "stalled",
        told_as: "stalled",
        words: "has stopped sending pictures",
        within: Duration::from_millis(2500),
    },
    Course {
        fault: Fault::Unplug,
        states: &["opening", "streaming", "lost", "absent", "opening", "streaming"],
        seen_as: "absent",
        told_as: "lost",
        words: "No such device",
        within: Duration::from_secs(2),
    },
    Course {
        fault: Fault::Disconnect,
        states: &["opening", "streaming", "lost", "opening", "streaming"],
        seen_as: "lost",
        told_as: "lost",
        words: "No such device",
        within: Duration::from_secs(2),
    },
    Course {
        fault: Fault::RefuseStream,
        states: &["opening", "lost", "opening", "streaming"],
        seen_as: "lost",
        told_as: "lost",
        words: "Invalid argument",
        within: PATIENCE,
    },
    Course {
        fault: Fault::BreakStream,
        states: &["opening", "streaming", "lost", "opening", "streaming"],
        seen_as: "lost",
        told_as: "lost",
        words: "Input/output error",
        within: Duration::from_secs(2),
    },
];

/// Runs the program before the camera through a fault to where it reads again, and returns how soon it told of it.
///
/// # Errors
///
/// If the program tells anything else than the course does, panics, hangs, or ends with an error.
pub fn run(rig: &dyn Rig, course: &Course) -> anyhow::Result<Duration> {
    let mut command = Command::new(program("usher")?);
    rig.connect(command.args(["decode", "--json", "--camera", rig.name()]));
    let is_before = course.fault == Fault::RefuseStream;
    if is_before {
        rig.cause(course.fault)?;
    }
    let mut told = Told { program: Program::start(&mut command)?, states: Vec::new(), words: String::new() };
    if !is_before {
        told.wait_for_frames(3)?;
        rig.cause(course.fault)?;
    }
    let began = Instant::now();
    let words = told.wait_for_state(course.told_as)?;
    let took = began.elapsed();
    ensure!(words.contains(course.words), "it is told as {words:?}, without {:?}", course.words);
    if course.seen_as != course.told_as {
        told.wait_for_state(course.seen_as)?;
    }
    rig.mend(course.fault)?;
    told.wait_for_state("streaming")?;
    told.wait_for_frames(1)?;
    told.program.signal(libc::SIGINT);
    let status = told.program.wait(PATIENCE)?;
    let log = told.program.log();
    ensure!(status.success(), "it ended with {status}: {log}");
    ensure!(log.is_empty(), "it has something to say besides: {log}");
    ensure!(told.states == course.states, "the states were {:?}, not {:?}", told.states, course.states);
    Ok(took)
}

/// What the program has told so far.
struct Told {
    program: Program,
    states: Vec<String>,
    /// What was told with the last trouble.
    words: String,
}

impl Told {
    fn next(&mut self) -> anyhow::Result<Value> {
        let line = self.program.json(PATIENCE).with_context(|| format!("after {:?}", self.states))?;
        let line = line.with_context(|| format!("it ended after {:?}: {}", self.states, self.program.log()))?;
        if let Some(state) = line.get("camera").and_then(Value::as_str) {
            self.states.push(state.to_owned());
            if !matches!(state, "opening" | "streaming") {
                self.words = line.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            }
        }
        Ok(line)
    }

    fn wait_for_frames(&mut self, count: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut frames = 0;
        while frames < count {
            let line = self.next()?;
            frames += usize::from(line.get("frame").is_some());
            ensure!(Instant::now() < deadline, "no frames came, but {:?}; last {}", self.states, self.words);
        }
        Ok(())
    }

    /// Returns the words that are told with the state.
    fn wait_for_state(&mut self, state: &str) -> anyhow::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next()?;
            if line.get("camera").and_then(Value::as_str) == Some(state) {
                return Ok(line.get("message").and_then(Value::as_str).unwrap_or_default().to_owned());
            }
            ensure!(Instant::now() < deadline, "it never was {state}, but {:?}; last {}", self.states, self.words);
        }
    }
}
