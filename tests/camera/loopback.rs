//! A camera by v4l2loopback: it shows what a program writes to it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::fake_camera::{Film, filmed};
use harness::frames;
use harness::process::{PATIENCE, Program, program, run};
use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};
use serde_json::Value;

use crate::check::{Trial, device_called, wait_until};
use crate::prepare::Guests;

/// What the device is called: the kernel module is told so.
pub(crate) const NAME: &str = "DoorCam";

/// Pictures a second.
const RATE: &str = "15";

/// The time for a picture, where it may be any: an emulated processor needs many times as long as one at a door.
const PATIENT_MS: &str = "10000";

/// How soon a camera that sends nothing is told of: two seconds, and a little for a slow machine.
const SILENCE_TOLD_WITHIN: Duration = Duration::from_millis(2500);

/// A format and a size.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Kind {
    film: Film,
    code: &'static str,
    width: u32,
    height: u32,
}

/// What is read.
pub(crate) const KINDS: [Kind; 5] = [
    Kind { film: Film::Yuyv, code: "YUYV", width: 1280, height: 720 },
    Kind { film: Film::Yuyv, code: "YUYV", width: 640, height: 480 },
    Kind { film: Film::Mjpeg, code: "MJPG", width: 1280, height: 720 },
    Kind { film: Film::Mjpeg, code: "MJPG", width: 1920, height: 1080 },
    Kind { film: Film::Nv12, code: "NV12", width: 1280, height: 720 },
];

/// What the door reads: so small that even an emulated processor reads it within the door's time for a picture.
pub(crate) const AT_THE_DOOR: Kind = Kind { film: Film::Yuyv, code: "YUYV", width: 640, height: 360 };

/// What is held before the camera.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Picture {
    Nothing,
    Ada,
    Bram,
    Cancelled,
    Forged,
}

impl Picture {
    const ALL: [Self; 5] = [Self::Nothing, Self::Ada, Self::Bram, Self::Cancelled, Self::Forged];

    fn file(self, kind: &Kind, folder: &Path) -> PathBuf {
        folder.join(format!("{self:?}-{}-{}x{}", kind.code, kind.width, kind.height))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}x{}", self.code, self.width, self.height)
    }
}

/// Draws every picture in every format and size into `folder`: there is no time for that where they are shown.
pub(crate) fn draw(guests: &Guests, folder: &Path) -> anyhow::Result<()> {
    for picture in Picture::ALL {
        let drawn = match picture {
            Picture::Nothing => GrayImage::from_pixel(frames::WIDTH, frames::HEIGHT, Luma([128])),
            Picture::Ada => frames::clean(&guests.ada),
            Picture::Bram => frames::clean(&guests.bram),
            Picture::Cancelled => frames::clean(&guests.cancelled),
            Picture::Forged => frames::clean(&guests.forged),
        };
        for kind in KINDS.into_iter().chain([AT_THE_DOOR]) {
            let sized = resize(&drawn, kind.width, kind.height, FilterType::Triangle);
            fs::write(picture.file(&kind, folder), filmed(&sized, kind.film)).context("could not write a picture")?;
        }
    }
    Ok(())
}

/// A program that plays a picture into the device. The pictures end when it is dropped.
pub(crate) struct Feeder {
    program: Program,
    kind: Kind,
    folder: PathBuf,
}

impl Feeder {
    /// Plays a picture.
    pub(crate) fn start(trial: &Trial, kind: Kind, picture: Picture) -> anyhow::Result<Self> {
        let device = device_called(NAME)?;
        let mut command = Command::new(&trial.feeder);
        command.arg(&device).arg(kind.code).args([kind.width, kind.height].map(|side| side.to_string()));
        let program = Program::start(command.arg(RATE).arg(picture.file(&kind, &trial.pictures)))?;
        let mut feeder = Self { program, kind, folder: trial.pictures.clone() };
        // The device turns into a camera when the first picture has been written to it.
        wait_until("the device becomes a camera", || {
            ensure!(feeder.program.is_running(), "the feeder ended: {}", feeder.program.last_words());
            let listed = run("usher", &["decode", "--cameras"], "")?;
            Ok(listed.stdout.lines().any(|line| line.contains(NAME) && line.contains(" fps ")))
        })?;
        Ok(feeder)
    }

    /// Plays another picture from now on.
    pub(crate) fn show(&mut self, picture: Picture) -> anyhow::Result<()> {
        self.program.write_line(&picture.file(&self.kind, &self.folder).to_string_lossy())
    }
}

/// Reads a code from the device.
pub(crate) fn read(trial: &Trial, kind: Kind) -> anyhow::Result<String> {
    let _playing = Feeder::start(trial, kind, Picture::Ada)?;
    let arguments = ["decode", "--json", "--camera", NAME, "--frames", "8", "--budget-ms", PATIENT_MS];
    let lines = run("usher", &arguments, "")?.success()?.stdout;
    let lines: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let read: Vec<&str> = lines.iter().filter_map(|line| line.get("texts")?.as_array()?.first()?.as_str()).collect();
    ensure!(read.iter().all(|text| *text == trial.guests.ada), "something else was read: {lines:?}");
    ensure!(read.len() == 8, "{} of 8 frames were read: {lines:?}", read.len());
    let ms: f64 = lines.iter().filter_map(|line| line.get("ms")?.as_f64()).sum();
    Ok(format!("8 of 8 frames read, {:.0} ms each", ms / 8.0))
}

/// The pictures end, as when a camera's cable is loose but its hub is not; and come again.
pub(crate) fn ended(trial: &Trial) -> anyhow::Result<String> {
    let feeder = Feeder::start(trial, AT_THE_DOOR, Picture::Ada)?;
    let mut command = Command::new(program("usher")?);
    let mut reading = Program::start(command.args(["decode", "--json", "--camera", NAME]))?;
    wait_for(&reading, |line| line.get("frame").is_some())?;

    drop(feeder);
    let began = Instant::now();
    wait_for(&reading, |line| line["camera"] == "stalled")?;
    let took = began.elapsed();
    ensure!(took <= SILENCE_TOLD_WITHIN, "it was told after {took:.1?}");
    let _feeder = Feeder::start(trial, AT_THE_DOOR, Picture::Bram)?;
    wait_for(&reading, |line| line.pointer("/texts/0").is_some_and(|text| text == &trial.guests.bram))?;

    reading.signal(libc::SIGINT);
    let status = reading.wait(PATIENCE)?;
    ensure!(status.success(), "it ended with {status}: {}", reading.log());
    Ok(format!("told after {took:.1?}"))
}

/// Waits for a line of which `is_it` holds.
fn wait_for(program: &Program, is_it: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let line = program.json(PATIENCE)?.with_context(|| format!("it ended: {}", program.last_words()))?;
        if is_it(&line) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "it never came; the log:\n{}", program.printed());
    }
}
