//! What the door takes of the processor while a camera gives thirty pictures a second, its screen being drawn.
//!
//! The kernel's count of the whole process, so that what else runs on the machine changes little. The camera's copying
//! of each picture, which a real one's hardware does, is in it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::fake_camera::{FakeCamera, Film};
use harness::frames::film;
use harness::process::PATIENCE;
use harness::pty::Screen;
use image::GrayImage;

use super::Row;
use super::place::Place;
use crate::resting::Use;
use crate::watching::rate;

/// Columns and rows of the screen.
pub(super) const SCREEN: (u16, u16) = (100, 30);
/// How long the screen runs before it is measured.
const SETTLE: Duration = Duration::from_secs(4);
/// How often its pictures a second are read meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pictures of a film in which nothing moves far: a second.
const STILL: usize = 30;
/// Pictures of a film in which people cross the picture once: four seconds.
const PASSING: usize = 120;
/// What the door may take of one core with a code before the camera, and while nobody is there, in per cent.
const GOAL_HELD: f64 = 60.0;
const GOAL_NOBODY: f64 = 15.0;

/// Measures for `seconds` before each film.
pub(super) fn measure(place: &Place, seed: u64, seconds: u64) -> anyhow::Result<Vec<Row>> {
    let code = place.guests.first().map(|guest| guest.code.as_str()).context("there is a guest")?;
    let films: [(&str, f64, &[Film], Vec<GrayImage>); 4] = [
        ("a ticket is held", GOAL_HELD, &[Film::Yuyv, Film::Nv12, Film::Mjpeg], film::held(code, seed, STILL)),
        ("nobody is there", GOAL_NOBODY, &[Film::Yuyv, Film::Nv12, Film::Mjpeg], film::nobody(seed, STILL)),
        ("nobody, and corners of codes on the wall", GOAL_NOBODY, &[Film::Yuyv], film::nobody_before_bait(seed, STILL)),
        ("people pass behind", GOAL_NOBODY, &[Film::Yuyv], film::passers_by(seed, PASSING)),
    ];
    let mut rows = Vec::new();
    for (what, goal, formats, pictures) in films {
        for format in formats {
            eprintln!("Looking while {what}, {format:?}");
            let camera = FakeCamera::new(&pictures, *format)?;
            let (share, fps) = watch(place, &camera, Duration::from_secs(seconds))?;
            rows.push(Row {
                what: format!("of one core while {what}, {}", format!("{format:?}").to_uppercase()),
                value: share,
                unit: "%",
                goal: Some(goal),
                detail: format!("{fps:.1} pictures a second read"),
            });
        }
    }
    Ok(rows)
}

fn watch(place: &Place, camera: &FakeCamera, span: Duration) -> anyhow::Result<(f64, f64)> {
    let mut command = place.terminal.command()?;
    command.args(["--offline", "--camera", "any", "--picture", "blocks"]);
    camera.connect(&mut command);
    let door = Screen::start(&command, SCREEN.0, SCREEN.1)?;
    door.wait_for(" fps", PATIENCE)?;
    sleep(SETTLE);
    let used = Use::begin(door.id().context("the screen is a process")?)?;
    let (began, mut rates) = (Instant::now(), Vec::new());
    while began.elapsed() < span {
        sleep(LOOK_EVERY);
        rates.extend(rate(&door.text()));
    }
    let share = used.share()?;
    anyhow::ensure!(!rates.is_empty(), "the screen shows no pictures a second:\n{}", door.text());
    Ok((share, rates.iter().sum::<f64>() / rates.len() as f64))
}
