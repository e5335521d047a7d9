//! Tickets as a camera at a door sees them.

use std::time::Duration;

use harness::frames::{self, Kind, Scene, Severity};
use usher_terminal::decoder::{Budget, Decoder};

use super::{frame, texts, ticket_text};

/// Enough on a machine that is busy with other tests; the decoder mostly takes a fraction of it.
const PATIENT: Duration = Duration::from_secs(5);

fn decoder() -> Decoder {
    Decoder::new(Budget::live().within(PATIENT))
}

#[test]
fn most_moderate_frames_are_read_and_none_wrongly() {
    let mut decoder = decoder();
    let mut missed = Vec::new();
    for seed in 0..64 {
        let scene = Scene::moderate(seed);
        let text = ticket_text(seed);

        let reading = decoder.decode(&frame(frames::render(&text, &scene)));

        match texts(&reading).as_slice() {
            [] => missed.push(scene),
            [read] => assert_eq!(*read, text, "{scene:?}"),
            more => panic!("one ticket was read as {more:?} in {scene:?}"),
        }
    }
    assert!(missed.len() <= 8, "{} of 64 missed: {missed:?}", missed.len());
}

#[test]
fn a_frame_without_a_code_says_nothing() {
    let mut decoder = Decoder::new(Budget::thorough().within(PATIENT));
    for seed in 0..16 {
        let reading = decoder.decode(&frame(frames::without_code(seed)));

        assert!(reading.codes.is_empty(), "seed {seed} reads {:?}", texts(&reading));
    }
}

#[test]
fn a_phone_in_dark_mode_is_read() {
    let scene = Scene { seed: 1, kind: Kind::DarkMode, severity: Severity::Mild };

    let reading = decoder().decode(&frame(frames::render("IN THE DARK", &scene)));

    assert_eq!(texts(&reading), ["IN THE DARK"]);
}

#[test]
fn a_ticket_that_settles_is_read_while_it_does() {
    let mut decoder = decoder();
    for seed in 0..4 {
        let text = ticket_text(seed);
        let burst = frames::burst(&text, seed, 8);

        let first = burst.into_iter().position(|picture| texts(&decoder.decode(&frame(picture))) == [text.as_str()]);

        assert!(first.is_some_and(|first| first < 7), "seed {seed}: first read in frame {first:?}");
    }
}

#[test]
fn two_tickets_in_one_picture_are_both_read_from_left_to_right() {
    let (left, right) = (frames::clean("LEFT"), frames::clean("RIGHT"));
    let mut both = image::GrayImage::from_pixel(1280, 640, image::Luma([255]));
    for (at, picture) in [(640, right), (0, left)] {
        let half = image::imageops::resize(&picture, 640, 360, image::imageops::FilterType::Triangle);
        image::imageops::replace(&mut both, &half, at, 100);
    }

    let reading = Decoder::new(Budget::thorough().within(PATIENT)).decode(&frame(both));

    assert_eq!(texts(&reading), ["LEFT", "RIGHT"]);
}

#[test]
fn a_large_photo_is_read_and_its_corners_are_in_its_own_pixels() {
    let picture = frames::clean("LARGE");
    let large = image::imageops::resize(&picture, 5120, 2880, image::imageops::FilterType::Triangle);

    let reading = Decoder::new(Budget::thorough().within(PATIENT)).decode(&frame(large));

    assert_eq!(texts(&reading), ["LARGE"]);
    assert!(reading.codes[0].corners.iter().any(|&(x, _)| x > 2560));
}
