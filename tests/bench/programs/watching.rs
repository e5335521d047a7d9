//! What the door screen takes of the machine while a camera gives 30 pictures a second, and what its picture costs the
//! reading.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::fake_camera::{FakeCamera, Film};
use harness::frames;
use harness::process::{PATIENCE, Terminal};
use harness::pty::Screen;
use image::GrayImage;

use crate::Figure;
use crate::resting::Use;

/// How long the screen runs before it is measured.
const SETTLE: Duration = Duration::from_secs(5);
/// How long it is measured, and how often its pictures a second are read meanwhile.
const MEASURE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pictures in a film: a second of it.
const FILM: u64 = 30;

/// The screen of `terminal` before people who come and go, and before a ticket that is held still.
pub(crate) fn screen(terminal: &Terminal) -> anyhow::Result<Vec<Figure>> {
    let empty: Vec<GrayImage> = (0..FILM).map(frames::without_code).collect();
    let held = [frames::clean("A TICKET OF NOBODY")];
    let mut figures = Vec::new();
    for (what, film) in [("without a code", empty.as_slice()), ("with a code", held.as_slice())] {
        let camera = FakeCamera::new(film, Film::Yuyv)?;
        for picture in ["off", "blocks"] {
            eprintln!("Looking at 1280x720 {what}, picture {picture}");
            let (share, rate) = watch(terminal, &camera, picture)?;
            figures.push(Figure::new(
                format!("30 pictures a second of 1280x720 {what}, picture {picture}: of one core / read a second"),
                format!("{share:.0} % / {rate:.1}"),
                "",
            ));
        }
    }
    Ok(figures)
}

fn watch(terminal: &Terminal, camera: &FakeCamera, picture: &str) -> anyhow::Result<(f64, f64)> {
    let mut command = terminal.command()?;
    command.args(["--offline", "--camera", "any", "--picture", picture]);
    camera.connect(&mut command);
    let door = Screen::start(&command, 80, 24)?;
    door.wait_for(" fps", PATIENCE)?;
    sleep(SETTLE);
    let used = Use::begin(door.id().context("the screen is a process")?)?;
    let (began, mut rates) = (Instant::now(), Vec::new());
    while began.elapsed() < MEASURE {
        sleep(LOOK_EVERY);
        rates.extend(rate(&door.text()));
    }
    let share = used.share()?;
    anyhow::ensure!(!rates.is_empty(), "the screen shows no pictures a second:\n{}", door.text());
    Ok((share, rates.iter().sum::<f64>() / rates.len() as f64))
}

/// Reads the pictures a second off the screen.
pub(crate) fn rate(screen: &str) -> Option<f64> {
    screen.split(" fps").next()?.split_whitespace().next_back()?.parse().ok()
}
