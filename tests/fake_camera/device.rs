//! Runs `usher` with the fake camera.

use std::process::Command;

use harness::fake_camera::{self, Film};
use harness::process::{PATIENCE, Program, program, run_command};
use image::GrayImage;
use serde_json::Value;

/// A camera, and the program in front of it.
pub(crate) struct FakeCamera(fake_camera::FakeCamera);

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) lines: Vec<Value>,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

impl FakeCamera {
    pub(crate) fn new(pictures: &[GrayImage], film: Film) -> Self {
        Self(fake_camera::FakeCamera::new(pictures, film).unwrap())
    }

    pub(crate) fn with(self, variable: &str, value: &str) -> Self {
        Self(self.0.with(variable, value))
    }

    /// Reads with the camera.
    pub(crate) fn read(&self, arguments: &[&str]) -> Run {
        self.run(&[&["decode", "--json", "--camera"], arguments].concat())
    }

    /// Starts the program in front of the camera.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        Program::start(&mut self.command(arguments)).unwrap()
    }

    /// Runs the program to its end. That it ends is the first thing these tests ask of it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let finished = run_command(&mut self.command(arguments), "", PATIENCE).unwrap();
        let lines = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Run { lines, errors: finished.stderr, code: finished.status.code() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("usher").unwrap());
        self.0.connect(command.args(arguments));
        command
    }
}

impl Run {
    pub(crate) fn ended_well(&self) -> bool {
        self.code == Some(0)
    }

    /// Returns the names of the states the camera went through.
    pub(crate) fn states(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line["camera"].as_str()).collect()
    }

    /// Returns what was said with the first state of this name.
    pub(crate) fn message(&self, state: &str) -> &str {
        self.lines.iter().find(|line| line["camera"] == state).and_then(|line| line["message"].as_str()).unwrap_or("")
    }

    /// Returns what the frames said, one text or none each.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line["texts"].as_array()?.first()?.as_str()).collect()
    }

    pub(crate) fn last_text(&self) -> Option<&str> {
        self.texts().last().copied()
    }
}
