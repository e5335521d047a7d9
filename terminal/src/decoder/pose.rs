//! How a code lies in the picture: its size in modules, and the map of its plane.

use super::{
    drape::Drape,
    finder::Polarity,
    geometry::{Homography, Pair, Point},
    grey::Grey,
    ink::Ink,
    outline::{FINDER, Outline, Rims},
    pattern::{self, SIDE_MAX, SIDE_MIN, TIMING},
    triple::Triple,
};

/// Sizes that are tried around the measured one, in steps of four modules.
const SIZES_AROUND: usize = 3;
/// A code has as many modules along its top as along its left, by this factor at most where paper bends and outlines
/// are crude: of the codes that are read none is measured with more than 1.4.
const SIDES_MAX: f32 = 1.5;
/// The least part of the timing pattern that is right in black and white: codes that are read have more, bent ones
/// too, and of what clutter makes up one in twenty.
const ALTERNATING_LEAST: f32 = 0.6;
/// Of the timing pattern's two lines together, the least likeness (1 is a perfect match, 0 chance).
const TIMING_LEAST: f32 = 0.22;

/// Of the three finder patterns together, the least.
const SQUARES_LEAST: f32 = 0.4;

/// Maps a code's modules to the picture.
pub(super) trait Map {
    /// Returns where the point `module` of the code, in modules, is in the picture.
    fn at(&self, module: Point) -> Point;
}

impl Map for Homography {
    #[inline]
    fn at(&self, module: Point) -> Point {
        Self::at(self, module)
    }
}

/// The three patterns of a code with their outlines.
#[derive(Clone, Debug)]
pub(super) struct Corners {
    triple: Triple,
    outlines: [Outline; 3],
}

/// A code as a plane.
#[derive(Clone, Debug)]
pub(super) struct Pose {
    /// Modules to a side.
    pub(super) side: usize,
    pub(super) map: Homography,
    /// How much the timing pattern looks like one, at most 1, as a plane or bent.
    pub(super) timing: f32,
    /// The same bent one way.
    pub(super) drape: Drape,
    pairs: Vec<Pair>,
}

impl Corners {
    pub(super) fn trace(ink: &Ink, rims: &Rims, triple: &Triple) -> Option<Self> {
        let across = triple.right.centre.minus(triple.corner.centre).unit()?;
        let down = triple.below.centre.minus(triple.corner.centre).unit()?;
        let trace = |finder| Outline::trace(ink, rims, finder, across, down);
        let outlines = [trace(&triple.corner)?, trace(&triple.right)?, trace(&triple.below)?];
        Some(Self { triple: *triple, outlines })
    }

    /// Returns the modules to a side, as measured along the top and along the left.
    fn measured(&self) -> [f32; 2] {
        let [corner, right, below] = &self.outlines;
        // The geometric mean of the modules at both ends is exact for a tilted plane.
        let count = |distance: f32, one: f32, other: f32| distance / (one * other).sqrt().max(0.1) + FINDER;
        let top = self.triple.corner.centre.distance(self.triple.right.centre);
        let left = self.triple.corner.centre.distance(self.triple.below.centre);
        [count(top, corner.across(), right.across()), count(left, corner.down(), below.down())]
    }

    /// Returns the sizes the code may have, the most likely first; none if the patterns make no square.
    fn sizes(&self) -> Vec<usize> {
        let [top, left] = self.measured();
        if top.max(left) > SIDES_MAX * top.min(left) {
            return Vec::new();
        }
        let mean = (top + left) / 2.0;
        let mut sizes: Vec<usize> = Vec::new();
        for measured in [top, left, mean] {
            let nearest = pattern::nearest_side(measured);
            for side in (nearest.saturating_sub(4 * SIZES_AROUND)..=nearest + 4 * SIZES_AROUND).step_by(4) {
                if (SIDE_MIN..=SIDE_MAX).contains(&side) && !sizes.contains(&side) {
                    sizes.push(side);
                }
            }
        }
        sizes.sort_by(|&a, &b| (a as f32 - mean).abs().total_cmp(&(b as f32 - mean).abs()));
        sizes
    }

    /// Returns the pose for a code of `side` modules; none if it can't be one.
    fn pose(&self, side: usize, ink: &Ink, grey: &Grey<'_>) -> Option<Pose> {
        let far = side as f32 - FINDER;
        let origins = [(0.0, 0.0), (far, 0.0), (0.0, far)];
        let mut pairs = Vec::with_capacity(12);
        for (outline, (x, y)) in self.outlines.iter().zip(origins) {
            let square = [(0.0, 0.0), (FINDER, 0.0), (FINDER, FINDER), (0.0, FINDER)];
            pairs.extend(square.iter().zip(outline.corners).map(|(&(u, v), to)| Pair {
                from: Point::new(x + u, y + v),
                to,
                weight: 1.0,
            }));
        }
        let map = Homography::of(&pairs, side as f32)?;
        let drape = Drape::of(&self.outlines, map, side);
        let polarity = self.triple.corner.polarity;
        let alternates = |map: &dyn Map| agreement(ink, polarity, map, pattern::timing(side)) >= ALTERNATING_LEAST;
        if !alternates(&map) && !alternates(&drape) {
            return None;
        }
        let timing = timing(grey, &map, side).max(timing(grey, &drape, side));
        if timing < TIMING_LEAST || squares(grey, &drape, side) < SQUARES_LEAST {
            return None;
        }
        Some(Pose { side, map, timing, drape, pairs })
    }

    /// Returns the poses whose timing pattern is there, the best first.
    pub(super) fn poses(&self, ink: &Ink, grey: &Grey<'_>) -> Vec<Pose> {
        let mut poses: Vec<Pose> = self.sizes().into_iter().filter_map(|side| self.pose(side, ink, grey)).collect();
        poses.sort_by(|a, b| b.timing.total_cmp(&a.timing));
        poses
    }
}

impl Pose {
    /// Brings the map in line with more points of the code that were found in the picture.
    pub(super) fn fit(&mut self, more: &[Pair]) {
        let pairs: Vec<Pair> = self.pairs.iter().chain(more).copied().collect();
        if let Some(map) = Homography::of(&pairs, self.side as f32) {
            self.map = map;
        }
    }

    /// Returns the code's corners in the picture, clockwise from its own top left.
    pub(super) fn corners(&self) -> [Point; 4] {
        let side = self.side as f32;
        [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(x, y)| self.map.at(Point::new(x, y)))
    }
}

/// Returns the part of `modules`, each with its column, its row and whether it is dark, that are as they should be
/// in black and white if the code lies as `map` says.
pub(super) fn agreement(
    ink: &Ink,
    polarity: Polarity,
    map: &(impl Map + ?Sized),
    modules: impl Iterator<Item = (usize, usize, bool)>,
) -> f32 {
    let (mut all, mut right) = (0u16, 0u16);
    for (x, y, is_dark) in modules {
        let at = map.at(Point::new(x as f32 + 0.5, y as f32 + 0.5));
        let wanted = is_dark == (polarity == Polarity::DarkOnLight);
        all += 1;
        right += u16::from(ink.is_dark(at) == Some(wanted));
    }
    f32::from(right) / f32::from(all.max(1))
}

/// Returns how much the three corners look like finder patterns: the mean correlation, at most 1.
fn squares(grey: &Grey<'_>, map: &impl Map, side: usize) -> f32 {
    let far = side as f32 - FINDER;
    let one = |(left, top): (f32, f32)| {
        let (mut sum, mut squares, mut product) = (0.0, 0.0, 0.0);
        for y in 0..7u8 {
            for x in 0..7u8 {
                let value = grey.at(map.at(Point::new(left + f32::from(x) + 0.5, top + f32::from(y) + 0.5)));
                sum += value;
                squares += value * value;
                if x.abs_diff(3).max(y.abs_diff(3)) == 2 {
                    product += value;
                }
            }
        }
        // Of the 49 modules 16 are light.
        let spread = (squares - sum * sum / 49.0).max(49.0) * (16.0 * 33.0 / 49.0);
        (product - sum * 16.0 / 49.0) / spread.sqrt()
    };
    (one((0.0, 0.0)) + one((far, 0.0)) + one((0.0, far))) / 3.0
}

/// Returns how much the lines between the finder patterns alternate as a timing pattern does: 1 if every
/// module does, 0 for chance.
fn timing(grey: &Grey<'_>, map: &impl Map, side: usize) -> f32 {
    let line = |at: fn(f32) -> Point| {
        let values: Vec<f32> = (TIMING..side - TIMING).map(|along| grey.at(map.at(at(along as f32 + 0.5)))).collect();
        let (mut signed, mut whole) = (0.0, 1e-3);
        for (index, window) in values.windows(3).enumerate() {
            if let &[before, here, after] = window {
                let step = here - (before + after) / 2.0;
                // The first of them is module 7, which is light.
                signed += if index % 2 == 0 { step } else { -step };
                whole += step.abs();
            }
        }
        signed / whole
    };
    (line(|along| Point::new(along, 6.5)) + line(|along| Point::new(6.5, along))) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Frame;

    /// Four pixels a module, and eight light ones around.
    fn drawn(is_dark: impl Fn(usize, usize) -> bool) -> Ink {
        let module = |at: usize| (at / 4).wrapping_sub(2);
        let luma = (0..116 * 116).map(|at| if is_dark(module(at % 116), module(at / 116)) { 30 } else { 220 });
        Ink::of(&Frame::new(116, 116, luma.collect()).unwrap())
    }

    fn plain() -> Homography {
        let pairs = [(0.0, 0.0), (25.0, 0.0), (25.0, 25.0), (0.0, 25.0)].map(|(x, y)| Pair {
            from: Point::new(x, y),
            to: Point::new(x * 4.0 + 8.0, y * 4.0 + 8.0),
            weight: 1.0,
        });
        Homography::of(&pairs, 25.0).unwrap()
    }

    #[test]
    fn a_code_has_what_lies_between_its_corners_and_stripes_have_half_of_it() {
        let drawn_code = fast_qr::QRBuilder::new("A TICKET").version(fast_qr::Version::V02).build().unwrap();
        let code = drawn(|x, y| x < 25 && y < 25 && drawn_code[y][x].value());
        let stripes = drawn(|x, _| x % 6 < 3);
        let agreement = |ink, polarity| agreement(ink, polarity, &plain(), pattern::between(25));

        assert_eq!(agreement(&code, Polarity::DarkOnLight), 1.0);
        assert_eq!(agreement(&code, Polarity::LightOnDark), 0.0);
        assert!((0.3..0.66).contains(&agreement(&stripes, Polarity::DarkOnLight)));
    }
}
