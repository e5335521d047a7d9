//! The checks, one after another, and how they are told.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use harness::camera_trial::{answers, courses};
use harness::process::{self, PATIENCE};

use crate::loopback::{AT_THE_DOOR, Feeder, Picture};
use crate::prepare::{FEEDER_NAME, GUESTS, Guests, PROBE_NAME, TERMINAL};
use crate::vivid::Vivid;
use crate::{door, loopback};

/// The most lines that are told of a failure.
const NOTES_MAX: usize = 30;

/// The most characters of a line that are told.
const NOTE_LENGTH_MAX: usize = 300;

/// What the checks work with.
pub(crate) struct Trial {
    /// The program that asks a driver.
    pub(crate) probe: PathBuf,
    /// The program that plays pictures.
    pub(crate) feeder: PathBuf,
    /// The enrolled terminal's data.
    pub(crate) terminal: PathBuf,
    /// Who comes.
    pub(crate) guests: Guests,
    /// The folder of the pictures.
    pub(crate) pictures: PathBuf,
}

/// Runs the checks whose names contain `only`, and returns whether all passed.
pub(crate) fn all(folder: &Path, only: &str) -> anyhow::Result<bool> {
    let guests = fs::read(folder.join(GUESTS)).context("the prepared folder has no guests")?;
    let trial = Trial {
        probe: folder.join(PROBE_NAME),
        feeder: folder.join(FEEDER_NAME),
        terminal: folder.join(TERMINAL),
        guests: serde_json::from_slice(&guests).context("the guests can't be read")?,
        pictures: folder.to_owned(),
    };
    let mut told = Told { only, passed: 0, failed: 0 };
    told.check("both cameras are listed with what they offer", || listed(&trial));
    for kind in loopback::KINDS {
        told.check(&format!("{kind} is read"), || loopback::read(&trial, kind));
    }
    told.check("the door gives the right verdicts, and outlives its camera", || door::verdicts(&trial));
    told.check("the driver answers each call as the fake one does", || {
        let differ = answers::disagreements(&Vivid::find()?, &trial.probe)?;
        ensure!(differ.is_empty(), "{}", differ.join("\n"));
        Ok("every answer is the fake driver's".to_owned())
    });
    for course in &courses::COURSES {
        told.check(&format!("{} is told and recovered from", course.fault.name()), || {
            let took = courses::run(&Vivid::find()?, course)?;
            ensure!(took <= course.within, "it was told after {took:.1?}, not within {:?}", course.within);
            Ok(format!("told after {took:.1?}: {}", course.states.join(", ")))
        });
    }
    told.check("a camera whose pictures end is told and read again", || loopback::ended(&trial));
    say(&format!("@end {} {}", told.passed, told.failed));
    Ok(told.failed == 0 && told.passed > 0)
}

/// Tells the checks and counts them.
struct Told<'a> {
    only: &'a str,
    passed: u32,
    failed: u32,
}

impl Told<'_> {
    /// Runs a check, which returns what is worth telling.
    fn check(&mut self, name: &str, check: impl FnOnce() -> anyhow::Result<String>) {
        if !name.contains(self.only) {
            return;
        }
        say(&format!("@begin {name}"));
        let began = Instant::now();
        match check() {
            Ok(note) => {
                note.lines().for_each(|line| say(&format!("@note {line}")));
                say(&format!("@note {:.1} s", began.elapsed().as_secs_f32()));
                say(&format!("@pass {name}"));
                self.passed += 1;
            }
            Err(error) => {
                let told = format!("{error:#}");
                // What a program printed all the while is told by its end.
                let lines: Vec<&str> = told.lines().collect();
                let (first, last) = lines.split_at(lines.len().min(NOTES_MAX / 2));
                let last = last.get(last.len().saturating_sub(NOTES_MAX / 2)..).unwrap_or_default();
                first.iter().chain(last).for_each(|line| say(&format!("@note {}", cut(line))));
                say(&format!("@fail {name}"));
                self.failed += 1;
            }
        }
    }
}

fn listed(trial: &Trial) -> anyhow::Result<String> {
    let _playing = Feeder::start(trial, AT_THE_DOOR, Picture::Nothing)?;
    let listed = process::run("usher", &["decode", "--cameras"], "")?.success()?.stdout;
    for (camera, offered) in [(loopback::NAME, "640x360 15 fps YUYV"), (Vivid::NAME, "640x360 30 fps YUYV")] {
        if !listed.lines().any(|line| line.contains(camera) && line.contains(offered)) {
            bail!("{camera} is not listed with {offered}:\n{listed}");
        }
    }
    Ok(listed)
}

fn cut(line: &str) -> &str {
    line.char_indices().nth(NOTE_LENGTH_MAX).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever reads the lines may be gone; the checks go on.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Waits until `is_so`, or says what never came about.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Ok(())
}

/// Returns the device file of the video device whose name contains `name`.
pub(crate) fn device_called(name: &str) -> anyhow::Result<PathBuf> {
    let devices = fs::read_dir("/sys/class/video4linux").context("the kernel has no video devices")?;
    for device in devices {
        let device = device.context("could not list the video devices")?;
        let called = fs::read_to_string(device.path().join("name")).unwrap_or_default();
        if called.contains(name) {
            return Ok(Path::new("/dev").join(device.file_name()));
        }
    }
    bail!("there is no video device called {name}")
}
