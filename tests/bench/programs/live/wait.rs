//! How long a guest waits: from the first frame in which the code can be read to the verdict on the screen.
//!
//! A frame counts as readable if the reader reads it alone: with the passes that it makes on every frame of a camera, and
//! then, which is harsher, with all its passes and as much time as it wants. It counts from when the camera had it, and
//! the verdict from when the guest's name has come out of the program and stands on the screen; what is written to the
//! disk before lies between the two.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use harness::fake_camera::{FakeCamera, Film};
use harness::frames::film::{self, FILM_RATE};
use harness::process::PATIENCE;
use harness::pty::Screen;
use image::GrayImage;
use usher_terminal::camera::Frame;
use usher_terminal::decoder::{Budget, Decoder};

use super::Row;
use super::load::SCREEN;
use super::place::{Guest, Place};

/// Pictures of one presentation: a second and a half.
const PICTURES: usize = 45;
/// Pictures of nobody before the first one, while the program opens.
const LEAD: usize = 45;
/// Presentations in one film, which is kept in memory.
const IN_A_FILM: usize = 6;
/// As much time as the reader wants.
const UNHURRIED: Duration = Duration::from_secs(5);
/// How many frames a guest may wait.
const GOAL: f64 = 2.0;
/// What counts as readable.
const READERS: [(&str, Budget); 2] = [
    ("read by the passes of every frame", Budget::live().within(UNHURRIED)),
    ("read by any pass", Budget::thorough().within(UNHURRIED)),
];

/// How many frames a guest waited, from the first that is readable to each of [`READERS`].
type Wait = [Option<f64>; READERS.len()];

/// Presents each guest's ticket once.
pub(super) fn measure(place: &Place, seed: u64) -> anyhow::Result<Vec<Row>> {
    let mut waits = Vec::new();
    for (number, guests) in place.guests.chunks(IN_A_FILM).enumerate() {
        let first = number * IN_A_FILM;
        eprintln!("Presenting tickets {} to {}", first + 1, first + guests.len());
        waits.extend(present(place, guests, seed.wrapping_mul(1_000).wrapping_add(first as u64))?);
    }
    let all = waits.len();
    let seen: Vec<Wait> = waits.into_iter().flatten().collect();
    let mut rows = Vec::new();
    for (number, (name, _)) in READERS.into_iter().enumerate() {
        let waits = seen.iter().filter_map(|wait| *wait.get(number)?).collect();
        rows.extend(summary(name, waits));
    }
    rows.push(Row {
        what: "tickets that can be read and got no verdict".into(),
        value: (all - seen.len()) as f64,
        unit: "",
        goal: Some(0.0),
        detail: format!("of {all}"),
    });
    Ok(rows)
}

/// Returns the median wait and the longer ones.
fn summary(name: &str, mut waits: Vec<f64>) -> Vec<Row> {
    waits.sort_by(f64::total_cmp);
    let row = |which: &str, per_cent: usize| {
        // The least value that so many per cent do not exceed.
        let rank = (waits.len() * per_cent).div_ceil(100).max(1);
        let value = waits.get(rank - 1).copied()?;
        let detail = format!("{:.0} ms", value * 1_000.0 / f64::from(FILM_RATE));
        let what = format!("from the first frame that is {name} to the verdict on the screen, {which}");
        Some(Row { what, value, unit: "frames", goal: Some(GOAL), detail })
    };
    [row("median", 50), row("95 %", 95), row("slowest", 100)].into_iter().flatten().collect()
}

/// Plays a film of these guests, one after the other, and returns how long each waited; none for those whose verdict
/// never came. Guests whose ticket can't be read in any picture are left out.
fn present(place: &Place, guests: &[Guest], seed: u64) -> anyhow::Result<Vec<Option<Wait>>> {
    let mut pictures: Vec<GrayImage> = film::nobody(seed, LEAD / 9).into_iter().cycle().take(LEAD).collect();
    let mut readable = Vec::new();
    for (guest, seed) in guests.iter().zip(seed..) {
        let shown = film::presented(&guest.code, seed, PICTURES);
        readable.push(READERS.map(|(_, budget)| {
            let first = shown.iter().position(|picture| is_readable(picture, &guest.code, budget));
            first.map(|first| first + pictures.len())
        }));
        pictures.extend(shown);
    }
    let folder = tempfile::tempdir()?;
    let times = folder.path().join("times");
    let camera = FakeCamera::new(&pictures, Film::Yuyv)?.with("FAKE_V4L2_TIMES", &times.to_string_lossy());
    let seen = watch(place, &camera, guests, pictures.len())?;
    let times = due_times(&times)?;
    let wait = |guest: &Guest, readable: Option<usize>| {
        let (due, seen) = (times.get(&readable?)?, seen.get(guest.name.as_str())?);
        Some(seen.saturating_sub(*due) as f64 / 1e9 * f64::from(FILM_RATE))
    };
    let can_be_read = guests.iter().zip(readable).filter(|(_, readable)| readable.iter().any(Option::is_some));
    Ok(can_be_read
        .map(|(guest, readable)| {
            seen.contains_key(guest.name.as_str()).then(|| readable.map(|readable| wait(guest, readable)))
        })
        .collect())
}

fn is_readable(picture: &GrayImage, code: &str, budget: Budget) -> bool {
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw().clone());
    let reading = frame.map(|frame| Decoder::new(budget).decode(&frame));
    reading.is_ok_and(|reading| reading.codes.iter().any(|found| found.text == code))
}

/// Opens the door before the camera, and returns when each guest's name stood on the screen, in nanoseconds.
fn watch<'a>(
    place: &Place,
    camera: &FakeCamera,
    guests: &'a [Guest],
    pictures: usize,
) -> anyhow::Result<BTreeMap<&'a str, u64>> {
    let mut command = place.terminal.command()?;
    command.args(["--offline", "--camera", "any", "--picture", "blocks"]);
    camera.connect(&mut command);
    let door = Screen::start(&command, SCREEN.0, SCREEN.1)?;
    door.wait_for(" fps", PATIENCE)?;
    let seen = RefCell::new(BTreeMap::new());
    let look = |screen: &str| {
        let now = monotonic_ns();
        for guest in guests.iter().filter(|guest| screen.contains(&guest.name)) {
            seen.borrow_mut().entry(guest.name.as_str()).or_insert(now);
        }
        seen.borrow().len() == guests.len()
    };
    let film = Duration::from_secs(pictures as u64) / FILM_RATE;
    // A verdict that hasn't come when the film is over is missed.
    drop(door.wait_until("every guest", film + Duration::from_secs(1), look));
    Ok(seen.into_inner())
}

/// Reads when each frame was due, by its number in the film.
fn due_times(path: &Path) -> anyhow::Result<BTreeMap<usize, u64>> {
    let text = fs::read_to_string(path).context("the camera has handed over no frames")?;
    let time = |line: &str| {
        let (number, due) = line.split_once(' ')?;
        Some((number.parse().ok()?, due.parse().ok()?))
    };
    Ok(text.lines().filter_map(time).collect())
}

/// The time of the clock that the camera notes.
#[expect(unsafe_code, reason = "the standard library doesn't tell the monotonic clock's own value")]
fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is ours to be filled, and the call writes to nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap_or_default()
}
