//! The ways a picture is prepared, in the order in which they are tried.
//!
//! The half-size picture comes first: it is the cheapest, and averaging takes off most of what a webcam
//! adds. Which way reads what was measured on real photos and on drawn door frames.

use std::time::Instant;

use super::{
    Code, fence, plane, text,
    threshold::{self, Threshold},
};
use crate::camera::Frame;

/// One way of preparing a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stage {
    name: &'static str,
    scale: Scale,
    polarity: Polarity,
    threshold: Threshold,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scale {
    /// For codes that fill the picture, and for pictures of screens.
    Quarter,
    Half,
    HalfSmooth,
    Smooth,
    Full,
    /// For small pictures, whose modules are about two pixels wide.
    Double,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Polarity {
    DarkOnLight,
    LightOnDark,
}

/// The longest side of pictures that are worth doubling, in pixels.
const DOUBLED_SIDE_MAX: u32 = 1024;

/// A shorter side than this, in pixels, has no code left in it.
const SIDE_MIN: u32 = 21;

const HALF: Stage = dark("half", Scale::Half, Threshold::Running);
const SMOOTH: Stage = dark("smooth", Scale::Smooth, Threshold::Running);
const FULL: Stage = dark("full", Scale::Full, Threshold::Running);
const LOCAL: Stage = dark("local", Scale::Smooth, Threshold::Local(40));
const HALF_LOCAL: Stage = dark("half-local", Scale::Half, Threshold::Local(16));
const FULL_LOCAL: Stage = dark("full-local", Scale::Full, Threshold::Local(16));
const HALF_SMOOTH: Stage = dark("half-smooth", Scale::HalfSmooth, Threshold::Running);
const QUARTER: Stage = dark("quarter", Scale::Quarter, Threshold::Running);
const DOUBLE: Stage = dark("double", Scale::Double, Threshold::Running);
const DOUBLE_LOCAL: Stage = dark("double-local", Scale::Double, Threshold::Local(16));
const INVERSE_HALF: Stage = light("inverse-half", Scale::Half, Threshold::Running);
const INVERSE: Stage = light("inverse", Scale::Smooth, Threshold::Local(40));

/// For frames of a camera.
pub(super) const LIVE: &[Stage] = &[HALF, SMOOTH, LOCAL, INVERSE_HALF, FULL, INVERSE];

/// For a picture that is the only one.
pub(super) const THOROUGH: &[Stage] = &[
    HALF,
    SMOOTH,
    FULL,
    LOCAL,
    INVERSE_HALF,
    INVERSE,
    HALF_LOCAL,
    FULL_LOCAL,
    QUARTER,
    HALF_SMOOTH,
    DOUBLE,
    DOUBLE_LOCAL,
];

const fn dark(name: &'static str, scale: Scale, threshold: Threshold) -> Stage {
    Stage { name, scale, polarity: Polarity::DarkOnLight, threshold }
}

const fn light(name: &'static str, scale: Scale, threshold: Threshold) -> Stage {
    Stage { name, scale, polarity: Polarity::LightOnDark, threshold }
}

/// A frame in the sizes that were asked for so far.
pub(super) struct Pyramid<'a> {
    frame: &'a Frame,
    quarter: Option<Frame>,
    half: Option<Frame>,
    half_smooth: Option<Frame>,
    smooth: Option<Frame>,
    double: Option<Frame>,
}

impl<'a> Pyramid<'a> {
    pub(super) const fn new(frame: &'a Frame) -> Self {
        Self { frame, quarter: None, half: None, half_smooth: None, smooth: None, double: None }
    }

    fn at(&mut self, scale: Scale) -> &Frame {
        let frame = self.frame;
        match scale {
            Scale::Full => frame,
            Scale::Smooth => self.smooth.get_or_insert_with(|| plane::smooth(frame)),
            Scale::Half => self.half.get_or_insert_with(|| plane::shrink(frame, 2)),
            Scale::HalfSmooth => self.half_smooth.get_or_insert_with(|| plane::smooth(&plane::shrink(frame, 2))),
            Scale::Quarter => self.quarter.get_or_insert_with(|| plane::shrink(frame, 4)),
            Scale::Double => self.double.get_or_insert_with(|| plane::double(frame)),
        }
    }
}

/// What one stage found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) codes: Vec<Code>,
    /// Codes that were seen and could not be read.
    pub(super) unread: usize,
    pub(super) ran_out: bool,
}

impl Stage {
    /// Returns its name in measurements and logs.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Says whether the stage can find anything in `frame` that the others can't.
    pub(super) fn suits(&self, frame: &Frame) -> bool {
        let (short, long) = (frame.width().min(frame.height()), frame.width().max(frame.height()));
        match self.scale {
            Scale::Quarter => short / 4 >= SIDE_MIN,
            Scale::Half | Scale::HalfSmooth => short / 2 >= SIDE_MIN,
            Scale::Smooth | Scale::Full => short >= SIDE_MIN,
            Scale::Double => short * 2 >= SIDE_MIN && long <= DOUBLED_SIDE_MAX,
        }
    }

    /// Prepares the picture and reads what is in it, until `deadline`. Corners are in pixels of the
    /// pyramid's frame.
    pub(super) fn run(&self, pyramid: &mut Pyramid<'_>, deadline: Instant) -> Found {
        let inverse;
        let mut picture = pyramid.at(self.scale);
        if self.polarity == Polarity::LightOnDark {
            inverse = plane::invert(picture);
            picture = &inverse;
        }
        let black = threshold::binarise(picture, self.threshold);
        let search = fence::search(picture.width(), picture.height(), black, deadline);

        let mut found = Found { codes: Vec::new(), unread: search.unread, ran_out: search.ran_out };
        for read in search.read {
            match text::of(read.bytes) {
                Some(text) => found.codes.push(Code {
                    text,
                    corners: read.corners.map(|(x, y)| (self.scale.up(x), self.scale.up(y))),
                    stage: *self,
                }),
                None => found.unread += 1,
            }
        }
        found
    }
}

impl Scale {
    /// Returns a coordinate of this size in the frame.
    const fn up(self, x: i32) -> i32 {
        match self {
            Self::Quarter => x.saturating_mul(4),
            Self::Half | Self::HalfSmooth => x.saturating_mul(2),
            Self::Smooth | Self::Full => x,
            Self::Double => x / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_doubled_and_large_ones_are_not() {
        let small = Frame::new(100, 100, vec![0; 10_000]).unwrap();
        let large = Frame::new(1280, 720, vec![0; 1280 * 720]).unwrap();

        assert!(DOUBLE.suits(&small) && !DOUBLE.suits(&large));
        assert!(HALF.suits(&large) && !QUARTER.suits(&Frame::new(80, 80, vec![0; 6400]).unwrap()));
    }
}
