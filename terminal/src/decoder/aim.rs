//! What is wrong with how a ticket is held, from a picture in which no code was read.
//!
//! Only rules of thumb, and only help: nothing depends on them. Light comes first, because nothing else
//! can be told without it; then what is known of a code that was seen; then whether anything is sharp.

use super::Reading;
use crate::camera::{Frame, viewfinder::Corners};

/// How a ticket is held.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Aim {
    /// Nothing to say: there is no ticket, or nothing is known to be wrong.
    #[default]
    Open,
    /// A code was read.
    Read,
    /// There is hardly any light.
    TooDark,
    /// Most of the picture is washed out.
    TooBright,
    /// The code is too far away.
    TooFar,
    /// A part of the code is outside the picture.
    CutOff,
    /// Nothing is sharp: too near, or out of focus, or moved.
    Blurred,
    /// A code is there and large enough, and can't be read so far.
    HoldStill,
}

/// The brightest pixels of a picture without light, 0 to 255. A webcam's noise alone reaches 40.
const DARK: u8 = 52;
/// Three quarters of a washed-out picture are brighter than this.
const BRIGHT: u8 = 246;
/// A code whose sides are below this part of the picture's shorter side is far away: at 720 lines, a
/// ticket's modules are below two pixels then.
const FAR: f32 = 0.17;
/// A code's corner so near to the border, as a part of the shorter side, is at it.
const BORDER: f32 = 0.015;
/// A finder pattern so near to the border, as a part of the shorter side, may belong to a code that is
/// cut off.
const FINDER_BORDER: f32 = 0.26;
/// Below this contrast, in steps of 256, there is nothing whose sharpness could be told.
const CONTRAST_LEAST: u8 = 36;
/// The steepest edges of a sharp picture are at least this part of its contrast, from pixel to pixel.
const SHARP: f32 = 0.17;
/// The steepest of all steps from pixel to pixel: a picture with one sharp edge from top to bottom has
/// more that are as steep.
const EDGES: f32 = 0.9995;
/// One in so many pixels, along each side, is looked at for light.
const LIGHT_STEP: usize = 8;
/// One in so many rows or columns is looked at for sharpness.
const EDGE_STEP: usize = 4;

/// Says how the ticket is held in `frame`, which says `reading`.
pub fn aim(frame: &Frame, reading: &Reading) -> Aim {
    if !reading.codes.is_empty() {
        return Aim::Read;
    }
    let light = Light::of(frame);
    if light.brightest < DARK {
        return Aim::TooDark;
    }
    if light.dim > BRIGHT {
        return Aim::TooBright;
    }
    let short = frame.width().min(frame.height()) as f32;
    let seen = reading.unread.iter().filter(|corners| is_square_like(corners));
    if let Some(code) = seen.max_by_key(|corners| longest_side(corners) as u32) {
        if is_at_border(code, frame, short * BORDER) {
            return Aim::CutOff;
        }
        if longest_side(code) < short * FAR {
            return Aim::TooFar;
        }
        return if is_blurred(frame, light.contrast()) { Aim::Blurred } else { Aim::HoldStill };
    }
    if is_part_of_a_code(&reading.finders, frame, short * FINDER_BORDER) {
        return Aim::CutOff;
    }
    if light.contrast() >= CONTRAST_LEAST && is_blurred(frame, light.contrast()) { Aim::Blurred } else { Aim::Open }
}

/// How light a picture is.
struct Light {
    /// A twentieth of it is darker.
    darkest: u8,
    /// A quarter of it is darker.
    dim: u8,
    /// A fiftieth of it is brighter.
    brightest: u8,
}

impl Light {
    fn of(frame: &Frame) -> Self {
        let mut counts = [0u32; 256];
        for row in frame.luma().chunks_exact(frame.width() as usize).step_by(LIGHT_STEP) {
            for &pixel in row.iter().step_by(LIGHT_STEP) {
                if let Some(count) = counts.get_mut(usize::from(pixel)) {
                    *count += 1;
                }
            }
        }
        Self { darkest: quantile(&counts, 0.05), dim: quantile(&counts, 0.25), brightest: quantile(&counts, 0.98) }
    }

    const fn contrast(&self) -> u8 {
        self.brightest.saturating_sub(self.darkest)
    }
}

/// Returns the value that `part` of all are below.
fn quantile(counts: &[u32; 256], part: f32) -> u8 {
    let all: u32 = counts.iter().sum();
    let mut left = (all as f32 * part) as u32;
    for (value, &count) in counts.iter().enumerate() {
        if count > left {
            return value as u8;
        }
        left -= count;
    }
    u8::MAX
}

/// Whether even the steepest edges, across or down, are shallow for this contrast. The worse direction
/// counts: a hand that moves smears only one.
fn is_blurred(frame: &Frame, contrast: u8) -> bool {
    let width = frame.width() as usize;
    let (mut across, mut down) = ([0u32; 256], [0u32; 256]);
    let count = |counts: &mut [u32; 256], a: u8, b: u8| {
        if let Some(count) = counts.get_mut(usize::from(a.abs_diff(b))) {
            *count += 1;
        }
    };
    let mut above: Option<&[u8]> = None;
    for (y, row) in frame.luma().chunks_exact(width).enumerate() {
        if y % EDGE_STEP == 0 {
            for pair in row.windows(2) {
                if let &[left, right] = pair {
                    count(&mut across, left, right);
                }
            }
        }
        if let Some(above) = above {
            for (&upper, &lower) in above.iter().zip(row).step_by(EDGE_STEP) {
                count(&mut down, upper, lower);
            }
        }
        above = Some(row);
    }
    let steepest = quantile(&across, EDGES).min(quantile(&down, EDGES));
    f32::from(steepest) < f32::from(contrast) * SHARP
}

fn is_at_border(corners: &Corners, frame: &Frame, near: f32) -> bool {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    corners.iter().any(|&(x, y)| {
        let (x, y) = (x as f32, y as f32);
        x < near || y < near || x > width - near || y > height - near
    })
}

/// Whether one or two finder patterns, and no more, lie so near to the border that the rest may be
/// beyond it. More of them are clutter.
fn is_part_of_a_code(finders: &[(i32, i32)], frame: &Frame, near: f32) -> bool {
    matches!(finders.len(), 1..=2)
        && finders.iter().any(|&(x, y)| {
            let (x, y) = (x as f32, y as f32);
            x.min(frame.width() as f32 - x).min(y).min(frame.height() as f32 - y) < near
        })
}

fn sides(corners: &Corners) -> [f32; 4] {
    let [a, b, c, d] = *corners;
    [(a, b), (b, c), (c, d), (d, a)].map(|((x, y), (u, v))| ((x - u) as f32).hypot((y - v) as f32))
}

fn longest_side(corners: &Corners) -> f32 {
    sides(corners).into_iter().fold(0.0, f32::max)
}

/// Whether the corners could be a code's: patterns that don't belong together give stretched shapes.
fn is_square_like(corners: &Corners) -> bool {
    let sides = sides(corners);
    let shortest = sides.into_iter().fold(f32::INFINITY, f32::min);
    shortest > 8.0 && longest_side(corners) < 2.0 * shortest
}

/// For how long another aim must be seen before it is told, in ms: advice that flickers helps nobody.
const STEADY_MS: u64 = 300;
/// For how long a code that was read counts after the last time, in ms.
const READ_MS: u64 = 1_000;

/// What staff are told about aiming: the last aim that lasted.
#[derive(Clone, Copy, Debug, Default)]
pub struct SteadyAim {
    told: Aim,
    /// What is seen instead, and since when.
    other: Option<(Aim, u64)>,
    read_ms: Option<u64>,
}

impl SteadyAim {
    /// Takes in what one picture says, `now_ms` after some beginning, and returns what to tell if that
    /// has changed.
    pub fn see(&mut self, aim: Aim, now_ms: u64) -> Option<Aim> {
        if aim == Aim::Read {
            self.read_ms = Some(now_ms);
            self.other = None;
            return self.tell(Aim::Read);
        }
        if self.read_ms.is_some_and(|read| now_ms.saturating_sub(read) < READ_MS) || aim == self.told {
            self.other = None;
            return None;
        }
        match self.other {
            Some((other, since)) if other == aim => {
                (now_ms.saturating_sub(since) >= STEADY_MS).then(|| self.tell(aim)).flatten()
            }
            _ => {
                self.other = Some((aim, now_ms));
                None
            }
        }
    }

    fn tell(&mut self, aim: Aim) -> Option<Aim> {
        let is_news = self.told != aim;
        self.told = aim;
        self.other = None;
        is_news.then_some(aim)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn nothing() -> Reading {
        Reading {
            codes: Vec::new(),
            unread: Vec::new(),
            finders: Vec::new(),
            elapsed: Duration::ZERO,
            ran_out: false,
            trace: Vec::new(),
        }
    }

    fn frame(pixel: impl Fn(u32, u32) -> u8) -> Frame {
        let luma = (0..720).flat_map(|y| (0..1280).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        Frame::new(1280, 720, luma).unwrap()
    }

    fn squares(left: i32, top: i32, side: i32) -> Reading {
        let (right, bottom) = (left + side, top + side);
        Reading { unread: vec![[(left, top), (right, top), (right, bottom), (left, bottom)]], ..nothing() }
    }

    #[test]
    fn light_comes_first() {
        assert_eq!(aim(&frame(|x, y| ((x * y) % 40) as u8), &squares(400, 200, 300)), Aim::TooDark);
        assert_eq!(aim(&frame(|_, _| 255), &nothing()), Aim::TooBright);
    }

    #[test]
    fn a_code_that_was_seen_is_far_cut_off_or_moving() {
        let sharp = frame(|x, y| if (x / 8 + y / 8) % 2 == 0 { 20 } else { 220 });

        assert_eq!(aim(&sharp, &squares(600, 300, 90)), Aim::TooFar);
        assert_eq!(aim(&sharp, &squares(-10, 300, 300)), Aim::CutOff);
        assert_eq!(aim(&sharp, &squares(400, 200, 300)), Aim::HoldStill);
        assert_eq!(aim(&sharp, &nothing()), Aim::Open);
    }

    #[test]
    fn shallow_edges_are_a_blur_in_either_direction() {
        let across = frame(|x, _| if x / 64 % 2 == 0 { x % 64 * 3 } else { 192 - x % 64 * 3 } as u8 + 20);
        let down = frame(|_, y| if y / 64 % 2 == 0 { y % 64 * 3 } else { 192 - y % 64 * 3 } as u8 + 20);

        assert_eq!(aim(&across, &squares(400, 200, 300)), Aim::Blurred);
        assert_eq!(aim(&down, &nothing()), Aim::Blurred);
    }

    #[test]
    fn a_lonely_corner_at_the_border_is_a_code_cut_off_and_many_are_clutter() {
        let sharp = frame(|x, y| if (x / 8 + y / 8) % 2 == 0 { 20 } else { 220 });
        let finders = |places: &[(i32, i32)]| Reading { finders: places.to_vec(), ..nothing() };

        assert_eq!(aim(&sharp, &finders(&[(60, 300), (60, 500)])), Aim::CutOff);
        assert_eq!(aim(&sharp, &finders(&[(640, 360)])), Aim::Open);
        assert_eq!(aim(&sharp, &finders(&[(60, 300); 5])), Aim::Open);
    }

    #[test]
    fn advice_is_given_once_it_lasts_and_not_right_after_a_code_was_read() {
        let mut steady = SteadyAim::default();

        assert_eq!(steady.see(Aim::TooFar, 0), None);
        assert_eq!(steady.see(Aim::Open, 100), None);
        assert_eq!(steady.see(Aim::TooFar, 200), None);
        assert_eq!(steady.see(Aim::TooFar, 500), Some(Aim::TooFar));
        assert_eq!(steady.see(Aim::Read, 600), Some(Aim::Read));
        assert_eq!(steady.see(Aim::Blurred, 700), None);
        assert_eq!(steady.see(Aim::Blurred, 1_500), None);
        assert_eq!(steady.see(Aim::Blurred, 1_700), None);
        assert_eq!(steady.see(Aim::Blurred, 2_000), Some(Aim::Blurred));
    }
}
