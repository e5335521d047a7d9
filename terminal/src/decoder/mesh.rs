//! Bent and creased paper: the code's grid as a mesh whose knots are pulled to where modules are clearest.
//!
//! A sample taken in the middle of a module is further from the mean than one on an edge. From the finder
//! patterns outwards, each knot starts where its settled neighbours make it expected, and moves to where
//! the modules around it are clearest and the fixed ones as they should be.

use super::{
    geometry::Point,
    grey::Grey,
    pattern::{Known, Pattern},
    pose::{Map, Pose},
};

/// Modules between knots, about.
const SPACING: f32 = 5.0;
/// The most spaces between knots to a side.
const SPACES_MAX: usize = 14;
/// Modules to each side of a knot that are looked at.
const REACH: i32 = 3;
/// Steps to each side that a knot may take at once.
const STEPS: i32 = 2;
/// What it costs to move away from the expected place, for the square of a module.
const STIFFNESS: f32 = 0.6;
/// How much a fixed module counts beside an open one.
const KNOWN_WEIGHT: f32 = 2.0;

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

/// Returns a mesh for the code at `pose`, grown from its finder patterns.
pub(super) fn grow(grey: &Grey<'_>, pose: &Pose, pattern: &Pattern) -> Mesh {
    let side = pose.side as f32;
    let spaces = ((side / SPACING).round() as usize).clamp(4, SPACES_MAX);
    let spacing = side / spaces as f32;
    let line = spaces + 1;
    let place = |index: usize| Point::new((index % line) as f32 * spacing, (index / line) as f32 * spacing);
    let mut shifts: Vec<Option<Point>> = vec![None; line * line];
    let mut order: Vec<usize> = (0..line * line).collect();
    let far = side - 3.5;
    let nearest = |index: &usize| {
        let at = place(*index);
        [(3.5, 3.5), (far, 3.5), (3.5, far)]
            .iter()
            .map(|&(x, y)| at.distance(Point::new(x, y)))
            .fold(f32::INFINITY, f32::min)
    };
    order.sort_by(|a, b| nearest(a).total_cmp(&nearest(b)));
    let view = View { grey, pose, pattern, usual: usual(grey, pose) };
    for &index in &order {
        let expected = expected(&shifts, line, index);
        let shift = view.pull(place(index), expected, 0.25);
        if let Some(knot) = shifts.get_mut(index) {
            *knot = Some(shift);
        }
    }
    for step in [0.2, 0.1] {
        let last = shifts.clone();
        for &index in &order {
            let expected = around(&last, line, index);
            if let Some(knot) = shifts.get_mut(index) {
                let here = knot.unwrap_or_default();
                let from = here.plus(expected).times(0.5);
                *knot = Some(view.pull(place(index), from, step));
            }
        }
    }
    let knots = shifts
        .iter()
        .enumerate()
        .map(|(index, shift)| pose.map.at(place(index).plus(shift.unwrap_or_default())))
        .collect();
    Mesh { spaces, spacing, knots }
}

/// Returns the shift to expect at a knot from those of settled neighbours, carried on as they change.
fn expected(shifts: &[Option<Point>], line: usize, index: usize) -> Point {
    let (x, y) = ((index % line) as i32, (index / line) as i32);
    let at = |x: i32, y: i32| {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        if x >= line { None } else { shifts.get(y * line + x).copied().flatten() }
    };
    let (mut sum, mut weights) = (Point::default(), 0.0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            if (dx, dy) == (0, 0) {
                continue;
            }
            if let Some(near) = at(x + dx, y + dy) {
                let slope = at(x + 2 * dx, y + 2 * dy).map_or(Point::default(), |next| near.minus(next));
                let weight = if dx == 0 || dy == 0 { 1.0 } else { 0.5 };
                sum = sum.plus(near.plus(slope.times(0.8)).times(weight));
                weights += weight;
            }
        }
    }
    if weights > 0.0 { sum.times(1.0 / weights) } else { sum }
}

/// Returns the mean shift of a knot's neighbours; its own at the border, where they would pull inwards.
fn around(shifts: &[Option<Point>], line: usize, index: usize) -> Point {
    let (x, y) = (index % line, index / line);
    let at = |index: usize| shifts.get(index).copied().flatten().unwrap_or_default();
    let mut pairs = Vec::with_capacity(2);
    if x > 0 && x + 1 < line {
        pairs.push(at(index - 1).plus(at(index + 1)).times(0.5));
    }
    if y > 0 && y + 1 < line {
        pairs.push(at(index - line).plus(at(index + line)).times(0.5));
    }
    if pairs.is_empty() {
        return at(index);
    }
    let count = pairs.len() as f32;
    pairs.into_iter().fold(Point::default(), Point::plus).times(1.0 / count)
}

/// Returns the deviation of the modules' grey values from their mean, as the plane has them.
fn usual(grey: &Grey<'_>, pose: &Pose) -> f32 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for y in 0..pose.side {
        for x in 0..pose.side {
            let value = grey.at(pose.map.at(Point::new(x as f32 + 0.5, y as f32 + 0.5)));
            sum += value;
            squares += value * value;
        }
    }
    let count = (pose.side * pose.side) as f32;
    (squares / count - sum / count * (sum / count)).max(1.0).sqrt()
}

/// What is looked at while knots move.
struct View<'a> {
    grey: &'a Grey<'a>,
    pose: &'a Pose,
    pattern: &'a Pattern,
    /// The deviation of all modules from their mean, in grey levels.
    usual: f32,
}

impl View<'_> {
    /// Returns the best shift near `expected` for the modules around `knot`, in modules.
    fn pull(&self, knot: Point, expected: Point, step: f32) -> Point {
        let mut best = (f32::MIN, expected);
        for y in -STEPS..=STEPS {
            for x in -STEPS..=STEPS {
                let offset = Point::new(x as f32 * step, y as f32 * step);
                let shift = expected.plus(offset);
                let worth = self.clearness(knot, shift) - STIFFNESS * offset.dot(offset);
                if worth > best.0 {
                    best = (worth, shift);
                }
            }
        }
        best.1
    }

    /// Returns how clear the modules around `knot` are if the grid is shifted there.
    fn clearness(&self, knot: Point, shift: Point) -> f32 {
        let side = self.pose.side as i32;
        let (column, row) = (knot.x.floor() as i32, knot.y.floor() as i32);
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        let (mut known, mut known_sum) = (0.0, 0.0);
        for y in (row - REACH).max(0)..(row + REACH).min(side) {
            for x in (column - REACH).max(0)..(column + REACH).min(side) {
                let middle = Point::new(x as f32 + 0.5, y as f32 + 0.5);
                let value = self.grey.at(self.pose.map.at(middle.plus(shift)));
                sum += value;
                squares += value * value;
                count += 1.0;
                let sign = match self.pattern.at(x as usize, y as usize) {
                    Known::Dark => -1.0,
                    Known::Light => 1.0,
                    Known::Open => continue,
                };
                known += sign * value;
                known_sum += sign;
            }
        }
        if count < 1.0 {
            return 0.0;
        }
        let mean = sum / count;
        let deviation = (squares / count - mean * mean).max(1.0).sqrt();
        let right = (known - known_sum * mean) / deviation;
        deviation / self.usual + KNOWN_WEIGHT * right / count
    }
}
