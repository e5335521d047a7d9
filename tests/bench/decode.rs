//! How long a camera's frame takes to read.

use std::time::Duration;

use divan::{Bencher, black_box};
use harness::frames::{self, Kind, Scene, Severity};
use image::GrayImage;
use usher_terminal::{
    camera::Frame,
    decoder::{Budget, Decoder},
};

/// A ticket's length: 135 characters of the alphanumeric set.
const TEXT: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./: ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./: ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./: ";

/// Longer than any frame takes.
const PATIENT: Duration = Duration::from_secs(5);

fn main() {
    divan::main();
}

#[divan::bench(args = [Kind::Paper, Kind::Screen, Kind::DarkMode, Kind::Small])]
fn frame_with_a_code(bencher: Bencher<'_, '_>, kind: Kind) {
    let picture = frames::render(TEXT, &Scene { seed: 1, kind, severity: Severity::Mild });
    decode(bencher, picture, 1);
}

#[divan::bench]
fn frame_without_a_code(bencher: Bencher<'_, '_>) {
    decode(bencher, frames::without_code(4), 0);
}

fn decode(bencher: Bencher<'_, '_>, picture: GrayImage, codes: usize) {
    let frame = Frame::new(picture.width(), picture.height(), picture.into_raw()).expect("a frame of the usual size");
    // On a busy machine the live budget would cut what is to be measured.
    let fresh = || Decoder::new(Budget::live().within(PATIENT));
    assert_eq!(fresh().decode(&frame).codes.len(), codes, "the benchmark measures what it says");
    // One that has seen the frame before may pass over it.
    bencher.bench_local(|| fresh().decode(black_box(&frame)));
}
