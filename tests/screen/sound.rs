//! Tones: on a sound device, and by the terminal's bell where there is none.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::process::PATIENCE;
use harness::pty::{Screen, key};
use tempfile::TempDir;

use crate::venue::Venue;

/// What the sound library's own file takes in a second.
const RATE: usize = 48_000;

#[tokio::test]
async fn a_verdict_is_played_by_the_sound_device_and_no_bell_rings() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let played = tempfile::tempdir().unwrap();
    let mut door = with_sound(&venue, &file_device(&played));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.send(&format!("{}\r", venue.tickets["Ada Lovelace"])).unwrap();
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();

    let heard = wait_for_sound(&played.path().join("played"), RATE / 10);

    let bells = door.bells();
    drop(door);
    let pitch = pitch(&heard);
    assert!((1_290.0..1_350.0).contains(&pitch), "{pitch} Hz");
    assert_eq!(bells, 0);
}

#[tokio::test]
async fn the_ready_check_says_that_the_sound_device_played() {
    let venue = Venue::open(&[]).await;
    let played = tempfile::tempdir().unwrap();
    let mut door = with_sound(&venue, &file_device(&played));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    door.send("r").unwrap();
    door.wait_for("A tone was played by the sound device", PATIENCE).unwrap();
    door.send("y").unwrap();
    door.wait_for("This door works.", PATIENCE).unwrap();
    door.send(&key::DOWN.repeat(30)).unwrap();

    door.wait_for("Heard, from the sound device.", PATIENCE).unwrap();
}

#[tokio::test]
async fn without_a_sound_device_the_bell_rings_and_nobody_sees_what_its_library_says() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = with_sound(&venue, "pcm.other { type null }\n");
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.send(&format!("{}\r", venue.tickets["Ada Lovelace"])).unwrap();
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();

    wait_for_bell(&door);
    door.send("r").unwrap();
    let screen = door.wait_for("The bell of this terminal window was rung", PATIENCE).unwrap();
    assert!(!screen.contains("ALSA"), "{screen}");
    door.send("n").unwrap();
    door.wait_for("This door works.", PATIENCE).unwrap();
    door.send(&key::DOWN.repeat(30)).unwrap();
    let screen = door.wait_for("Plug a loudspeaker in", PATIENCE).unwrap();
    assert!(!screen.contains("ALSA"), "{screen}");
}

#[tokio::test]
async fn a_door_without_tones_is_silent() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&["--offline", "--no-camera", "--sound", "off"], (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.send(&format!("{}\r", venue.tickets["Ada Lovelace"])).unwrap();
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    door.send("r").unwrap();
    door.wait_for("This door works.", PATIENCE).unwrap();
    door.send(&key::DOWN.repeat(30)).unwrap();

    door.wait_for("Off, as it is set here.", PATIENCE).unwrap();

    assert_eq!(door.bells(), 0);
}

/// Opens the door where the sound library is configured so.
fn with_sound(venue: &Venue, configuration: &str) -> Screen {
    let path = venue.terminal.folder().join("sound.conf");
    fs::write(&path, configuration).unwrap();
    venue.door_with(&["--offline", "--no-camera", "--sound", "auto"], (80, 24), |command| {
        command.env("ALSA_CONFIG_PATH", &path);
    })
}

/// A sound device that is a file. It takes samples faster than a loudspeaker, so its door isn't left open for long.
fn file_device(folder: &TempDir) -> String {
    let file = folder.path().join("played");
    format!(
        "pcm.nothing {{ type null }}\n\
         pcm.file {{ type file slave.pcm nothing file \"{}\" format raw }}\n\
         pcm.!default {{ type plug slave {{ pcm file format S16_LE rate {RATE} channels 1 }} }}\n",
        file.display()
    )
}

/// Returns what was played, once so many samples of it are not silent.
fn wait_for_sound(file: &Path, count: usize) -> Vec<i16> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let bytes = fs::read(file).unwrap_or_default();
        let (pairs, _) = bytes.as_chunks::<2>();
        let samples: Vec<i16> = pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
        let heard: Vec<i16> = samples.into_iter().skip_while(|sample| *sample == 0).collect();
        if heard.iter().filter(|sample| **sample != 0).count() >= count {
            return heard;
        }
        assert!(Instant::now() < deadline, "nothing was played");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for_bell(door: &Screen) {
    let deadline = Instant::now() + PATIENCE;
    while door.bells() == 0 {
        assert!(Instant::now() < deadline, "no bell rang");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns how often the wave of the first tenth of a second rises through zero, in a second.
fn pitch(samples: &[i16]) -> f64 {
    let first: Vec<i16> = samples.iter().copied().take(RATE / 10).collect();
    let rises: Vec<usize> = (1..first.len()).filter(|&at| first[at - 1] < 0 && first[at] >= 0).collect();
    (rises.len() - 1) as f64 * RATE as f64 / (rises[rises.len() - 1] - rises[0]) as f64
}
