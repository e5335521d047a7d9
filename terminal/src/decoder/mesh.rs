//! Bent and creased paper: the code's grid as a mesh whose knots are pulled to where modules are clearest.
//!
//! A sample taken in the middle of a module is further from the mean than one on an edge. For each knot, all
//! shifts are rated by how clear they make the modules around it and how many of the fixed ones come out as
//! they should be. A shift by a whole module is as clear as none, so no knot can be settled alone:
//! [all are settled together](settle()), so that neighbours agree.

mod settle;

use super::{
    geometry::Point,
    grey::Grey,
    pattern::{Known, Pattern},
    pose::Map,
};

/// Modules between knots, about.
const SPACING: f32 = 2.0;
/// The most spaces between knots to a side.
const SPACES_MAX: usize = 30;
/// Modules to each side of a knot that are looked at.
const REACH: usize = 2;
/// Samples to a module when shifts are rated.
const FINE: usize = 4;
/// The furthest shift in samples, each way.
const SHIFT: usize = 6;
/// Modules around the code that are sampled with it.
const MARGIN: usize = SHIFT / FINE + 1;
/// How much a fixed module counts beside an open one.
const KNOWN_WEIGHT: f32 = 2.0;
/// What it costs to be shifted at all, for each sample: the base is a good guess.
const SHIFT_COST: f32 = 0.002;
/// Last, knots are moved by so much of a module each way.
const NUDGE: f32 = 0.125;

/// A code's grid that is not plane.
#[derive(Clone, Debug)]
pub(super) struct Mesh {
    /// Spaces between knots to a side.
    spaces: usize,
    /// Modules between knots.
    spacing: f32,
    /// Where the knots are in the picture, row by row.
    knots: Vec<Point>,
}

impl Map for Mesh {
    #[inline]
    fn at(&self, module: Point) -> Point {
        let most = self.spaces as f32 - 1.0;
        let (u, v) = (module.x / self.spacing, module.y / self.spacing);
        let (column, row) = (u.floor().clamp(0.0, most), v.floor().clamp(0.0, most));
        let (dx, dy) = (u - column, v - row);
        let first = row as usize * (self.spaces + 1) + column as usize;
        let knot = |at: usize| self.knots.get(at).copied().unwrap_or_default();
        let top = knot(first).times(1.0 - dx).plus(knot(first + 1).times(dx));
        let below = first + self.spaces + 1;
        let bottom = knot(below).times(1.0 - dx).plus(knot(below + 1).times(dx));
        top.times(1.0 - dy).plus(bottom.times(dy))
    }
}

/// Returns a mesh for a code of `side` modules that lies about as `base` says.
pub(super) fn settle<M: Map>(grey: &Grey<'_>, base: &M, side: usize, pattern: &Pattern) -> Mesh {
    let spaces = ((side as f32 / SPACING).round() as usize).clamp(4, SPACES_MAX);
    let spacing = side as f32 / spaces as f32;
    let line = spaces + 1;
    let place = |index: usize| Point::new((index % line) as f32 * spacing, (index / line) as f32 * spacing);
    let lattice = Lattice::of(grey, base, side);
    let costs: Vec<Vec<f32>> =
        (0..line * line).map(|index| lattice.costs(&Window::around(place(index), side, pattern))).collect();
    let shifts = settle::together(line, 2 * SHIFT + 1, costs);
    let knots = shifts
        .iter()
        .enumerate()
        .map(|(index, &(column, row))| {
            let shift =
                Point::new((column as f32 - SHIFT as f32) / FINE as f32, (row as f32 - SHIFT as f32) / FINE as f32);
            let window = Window::around(place(index), side, pattern);
            base.at(place(index).plus(nudged(grey, base, &window, shift, lattice.deviation)))
        })
        .collect();
    Mesh { spaces, spacing, knots }
}

/// The modules around a knot.
struct Window {
    /// Column, row, and 1 for a module that is always light, -1 for always dark, 0 for open.
    modules: Vec<(usize, usize, f32)>,
}

impl Window {
    fn around(knot: Point, side: usize, pattern: &Pattern) -> Self {
        let span = |at: f32| {
            let at = at.round() as usize;
            at.saturating_sub(REACH)..(at + REACH).min(side)
        };
        let mut modules = Vec::with_capacity(4 * REACH * REACH);
        for y in span(knot.y) {
            for x in span(knot.x) {
                let sign = match pattern.at(x, y) {
                    Known::Dark => -1.0,
                    Known::Light => 1.0,
                    Known::Open => 0.0,
                };
                modules.push((x, y, sign));
            }
        }
        Self { modules }
    }

    /// Returns how clear the modules are, whose grey values `sample` gives, beside what is usual.
    fn clearness(&self, deviation: f32, sample: impl Fn(usize, usize) -> f32) -> f32 {
        let (mut sum, mut squares, mut known, mut signs) = (0.0, 0.0, 0.0, 0.0);
        for &(x, y, sign) in &self.modules {
            let value = sample(x, y);
            sum += value;
            squares += value * value;
            known += sign * value;
            signs += sign;
        }
        let count = self.modules.len().max(1) as f32;
        let mean = sum / count;
        let own = (squares / count - mean * mean).max(1.0).sqrt();
        own / deviation + KNOWN_WEIGHT * (known - signs * mean) / (own * count)
    }
}

/// The code's surroundings, sampled several times a module.
struct Lattice {
    width: usize,
    values: Vec<f32>,
    /// Of the modules from their mean, where the base puts them.
    deviation: f32,
}

impl Lattice {
    fn of(grey: &Grey<'_>, base: &impl Map, side: usize) -> Self {
        let width = (side + 2 * MARGIN) * FINE + 1;
        let place = |at: usize| at as f32 / FINE as f32 - MARGIN as f32;
        let values: Vec<f32> = (0..width)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| grey.at(base.at(Point::new(place(x), place(y)))))
            .collect();
        let lattice = Self { width, values, deviation: 1.0 };
        let (mut sum, mut squares) = (0.0, 0.0);
        for y in 0..side {
            for x in 0..side {
                let value = lattice.values.get(lattice.middle(x, y)).copied().unwrap_or(0.0);
                sum += value;
                squares += value * value;
            }
        }
        let count = (side * side) as f32;
        let deviation = (squares / count - sum / count * (sum / count)).max(1.0).sqrt();
        Self { deviation, ..lattice }
    }

    /// Returns the number of the sample in the middle of a module.
    const fn middle(&self, x: usize, y: usize) -> usize {
        ((y + MARGIN) * FINE + FINE / 2) * self.width + (x + MARGIN) * FINE + FINE / 2
    }

    /// Returns what each shift costs the modules of a window, row by row.
    fn costs(&self, window: &Window) -> Vec<f32> {
        let shifts = 2 * SHIFT + 1;
        (0..shifts * shifts)
            .map(|index| {
                let (column, row) = (index % shifts, index / shifts);
                let back = SHIFT * self.width + SHIFT;
                let offset = row * self.width + column;
                let clearness = window.clearness(self.deviation, |x, y| {
                    self.values.get(self.middle(x, y) + offset - back).copied().unwrap_or(0.0)
                });
                SHIFT_COST * (column.abs_diff(SHIFT) + row.abs_diff(SHIFT)) as f32 - clearness
            })
            .collect()
    }
}

/// Returns the best of the shifts next to `shift`, in modules.
fn nudged<M: Map>(grey: &Grey<'_>, base: &M, window: &Window, shift: Point, deviation: f32) -> Point {
    let mut best = (f32::MIN, shift);
    for y in -1..=1i8 {
        for x in -1..=1i8 {
            let shift = shift.plus(Point::new(f32::from(x), f32::from(y)).times(NUDGE));
            let clearness = window
                .clearness(deviation, |x, y| grey.at(base.at(Point::new(x as f32 + 0.5, y as f32 + 0.5).plus(shift))));
            if clearness > best.0 {
                best = (clearness, shift);
            }
        }
    }
    best.1
}
