//! The decoder on drawn frames and on hostile pictures, and `usher decode` on files.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod aim;
mod command;
mod door_frames;
mod hostile;
mod issued;

use harness::frames;
use image::GrayImage;
use usher_terminal::{
    camera::Frame,
    decoder::{Budget, Decoder, Reading},
};

/// Returns a ticket's text as long as a real one: 135 characters of the QR alphanumeric set.
fn ticket_text(seed: u64) -> String {
    const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..135)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(ALPHABET[(state % 45) as usize])
        })
        .collect()
}

fn frame(picture: GrayImage) -> Frame {
    Frame::new(picture.width(), picture.height(), picture.into_raw()).unwrap()
}

fn texts(reading: &Reading) -> Vec<&str> {
    reading.codes.iter().map(|code| code.text.as_str()).collect()
}

#[test]
fn a_clean_code_is_read_with_its_corners() {
    let reading = Decoder::new(Budget::live()).decode(&frame(frames::clean("USHER")));

    assert_eq!(texts(&reading), ["USHER"]);
    let corners = reading.codes[0].corners;
    assert!(corners[0].0 < corners[1].0 && corners[0].1 < corners[3].1, "{corners:?}");
    assert!(corners.iter().all(|&(x, y)| (0..1280).contains(&x) && (0..720).contains(&y)), "{corners:?}");
}
