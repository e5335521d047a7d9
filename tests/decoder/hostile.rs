//! Pictures made to keep a decoder busy.

use std::time::Duration;

use proptest::prelude::*;
use usher_terminal::{
    camera::Frame,
    decoder::{Budget, Decoder},
};

/// The most time of the processor for a picture: a budget of 150 ms, and what lies between two looks at
/// the clock. Other tests on the same machine don't count.
const AT_MOST: Duration = Duration::from_secs(1);

fn picture(width: u32, height: u32, is_dark: impl Fn(u32, u32) -> bool) -> Frame {
    let mut luma = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        luma.extend((0..width).map(|x| if is_dark(x, y) { 20 } else { 235 }));
    }
    Frame::new(width, height, luma).unwrap()
}

/// A finder pattern of a code in each square of nine modules.
fn finders(module: u32) -> impl Fn(u32, u32) -> bool {
    move |x, y| {
        let ring = |at: u32| (at / module % 9).abs_diff(4);
        matches!(ring(x).max(ring(y)), 0 | 1 | 3)
    }
}

fn hostile() -> Vec<(&'static str, Frame)> {
    let moire = |scale: f64| {
        move |x: u32, y: u32| {
            let (x, y) = (f64::from(x), f64::from(y));
            ((x * x + y * y) / scale).sin() + ((x * 0.9 - y * 0.7) / 3.1).sin() > 0.0
        }
    };
    let noise = |x: u32, y: u32| {
        (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35) >> 31 == 1
    };
    vec![
        ("small finders", picture(1920, 1080, finders(2))),
        ("finders", picture(1920, 1080, finders(3))),
        ("some finders", picture(1280, 720, finders(7))),
        ("few finders", picture(1280, 720, finders(12))),
        ("moire", picture(1920, 1440, moire(300.0))),
        ("fine moire", picture(1920, 1440, moire(37.0))),
        ("noise", picture(1920, 1080, noise)),
        ("checkers", picture(1920, 1080, |x, y| (x / 3 + y / 3) % 2 == 0)),
        (
            "rings",
            picture(1280, 1280, |x, y| {
                let (dx, dy) = (f64::from(x) - 640.0, f64::from(y) - 640.0);
                ((dx.hypot(dy) / 4.0) as u32).is_multiple_of(2)
            }),
        ),
        ("finders on a large sheet", picture(5000, 4000, finders(4))),
    ]
}

#[test]
fn no_picture_takes_longer_than_the_budget_allows() {
    for (name, frame) in hostile() {
        let began = worked();

        let reading = Decoder::new(Budget::live()).decode(&frame);

        let took = worked().saturating_sub(began);
        assert!(took <= AT_MOST, "{name} took {took:?}");
        assert!(reading.codes.is_empty(), "{name} reads {:?}", reading.codes);
    }
}

#[test]
fn a_picture_that_was_given_up_says_so() {
    let frame = picture(1920, 1080, finders(7));

    let reading = Decoder::new(Budget::thorough().within(Duration::from_millis(20))).decode(&frame);

    assert!(reading.ran_out);
}

#[test]
fn every_small_size_of_picture_is_taken() {
    for width in 1..24 {
        for height in [1, 2, 7, 21, 43] {
            let reading = Decoder::new(Budget::thorough()).decode(&picture(width, height, finders(1)));

            assert!(reading.codes.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_a_picture_shows_it_is_taken_and_nothing_is_read_that_is_not_there(
        (width, height) in (1..260u32, 1..260u32),
        module in 1..9u32,
        turn in 0.0..1.6f32,
        noise in 0..256u32,
        seed in any::<u32>(),
    ) {
        let grains = |x: u32, y: u32| {
            let mixed = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed).wrapping_mul(0xc2b2_ae35);
            (mixed ^ mixed >> 15) % 256
        };
        let drawn = finders(module);
        let luma = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| {
                let (u, v) = (x as f32 * turn.cos() + y as f32 * turn.sin(), y as f32 * turn.cos() - x as f32 * turn.sin());
                let ink = if drawn((u + 999.0) as u32, (v + 999.0) as u32) { 40 } else { 210 };
                if grains(x, y) < noise { grains(y, x) as u8 } else { ink }
            })
            .collect();

        let reading = Decoder::new(Budget::thorough()).decode(&Frame::new(width, height, luma).unwrap());

        prop_assert!(reading.codes.is_empty(), "{:?}", reading.codes);
    }
}

/// Returns how long the processor has worked on this thread.
fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the standard library knows no clock of a thread's work")]
    // SAFETY: the call writes one timespec, which is there for it.
    unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time);
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
