//! Builds the fake camera, and runs `usher` with it.

use std::{fs, path::PathBuf, process::Command};

use harness::{
    fake_camera, frames,
    process::{PATIENCE, Program, program, run_command},
};
use image::GrayImage;
use serde_json::Value;
use tempfile::TempDir;

/// How frames are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Film {
    Yuyv,
    Mjpeg,
    /// Each second frame is cut in half.
    TornMjpeg,
}

/// A camera that plays frames over and over.
pub(crate) struct FakeCamera {
    _folder: TempDir,
    library: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) lines: Vec<Value>,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

impl FakeCamera {
    pub(crate) fn new(pictures: &[GrayImage], film: Film) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("film");
        let bytes: Vec<u8> = pictures
            .iter()
            .flat_map(|picture| match film {
                Film::Yuyv => yuyv(picture),
                Film::Mjpeg => frames::jpeg(picture, 90),
                Film::TornMjpeg => {
                    let whole = frames::jpeg(picture, 90);
                    // Its beginning and an end, so that it counts as one frame.
                    let torn = [&whole[..60], b"\xff\xd9"].concat();
                    [torn, whole].concat()
                }
            })
            .collect();
        fs::write(&frames, bytes).unwrap();
        let format = if film == Film::Yuyv { "YUYV" } else { "MJPG" };
        let library = fake_camera::build(folder.path()).unwrap();
        let camera = Self { _folder: folder, library, variables: Vec::new() };
        camera.with("FAKE_V4L2_FRAMES", frames.to_str().unwrap()).with("FAKE_V4L2_FORMAT", format)
    }

    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.into(), value.into()));
        self
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
        command.args(arguments).env("LD_PRELOAD", &self.library);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
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

fn yuyv(picture: &GrayImage) -> Vec<u8> {
    picture.pixels().flat_map(|pixel| [pixel.0[0], 128]).collect()
}
