//! The four corners of a finder pattern, from its outer edge all around.

use std::cell::OnceCell;

use super::{
    finder::{self, FINDERS_MAX, Finder},
    geometry::{Line, Point},
    ink::Ink,
};

/// Rays to all sides.
const RAYS: u8 = 48;
/// The width of a finder pattern in modules.
pub(super) const FINDER: f32 = 7.0;

/// The outer edges of a picture's finder patterns, each followed when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Rims {
    rims: [OnceCell<Vec<Point>>; FINDERS_MAX],
}

impl Rims {
    /// Returns points all around the outer edge of `finder`.
    fn around(&self, ink: &Ink, finder: &Finder) -> &[Point] {
        self.rims.get(finder.number).map_or(&[], |rim| rim.get_or_init(|| follow(ink, finder)))
    }
}

fn follow(ink: &Ink, finder: &Finder) -> Vec<Point> {
    let reach = finder.module * 3.5 * 2.4 + 3.0;
    let step = (finder.module / 8.0).clamp(0.25, 1.0);
    (0..RAYS)
        .filter_map(|ray| {
            let angle = f32::from(ray) * std::f32::consts::TAU / f32::from(RAYS);
            let direction = Point::new(angle.cos(), angle.sin());
            let [_, _, end] = finder::edges(ink, finder.centre, direction, reach, step, finder.polarity)?;
            Some(finder.centre.plus(direction.times(end)))
        })
        .collect()
}

/// The outer edge of a finder pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    /// Clockwise from the top left, as the code lies.
    pub(super) corners: [Point; 4],
}

impl Outline {
    /// Returns the outline of `finder` in a code whose rows run along `across` and columns along `down`.
    pub(super) fn trace(ink: &Ink, rims: &Rims, finder: &Finder, across: Point, down: Point) -> Option<Self> {
        let edge = rims.around(ink, finder);
        // The triple's directions are the pattern's own only if the paper is flat and seen from the front,
        // so the first answer's directions give a second one.
        let first = Self::from_edge(edge, finder, across, down)?;
        let [a, b, c, d] = first.corners;
        let (across, down) = (b.plus(c).minus(a.plus(d)).unit()?, c.plus(d).minus(a.plus(b)).unit()?);
        Self::from_edge(edge, finder, across, down).or(Some(first))
    }

    fn from_edge(edge: &[Point], finder: &Finder, across: Point, down: Point) -> Option<Self> {
        let area = across.cross(down);
        if area.abs() < 0.2 {
            return None;
        }
        let inwards = |point: &Point| {
            let from = point.minus(finder.centre);
            (from.cross(down) / area, across.cross(from) / area)
        };
        let reach = |extent: fn((f32, f32)) -> f32| {
            let mut all: Vec<f32> = edge.iter().map(|point| extent(inwards(point)).abs()).collect();
            all.sort_by(f32::total_cmp);
            // About half of the points lie on the two sides that are this far away.
            all.get(all.len() * 4 / 5).copied()
        };
        let (half_across, half_down) = (reach(|(a, _)| a)?, reach(|(_, b)| b)?);
        let side = |is_on: fn(f32, f32) -> bool| {
            let points: Vec<Point> = edge
                .iter()
                .filter(|point| {
                    let (a, b) = inwards(point);
                    is_on(a / half_across, b / half_down)
                })
                .copied()
                .collect();
            let rough = Line::through(&points)?;
            let near = finder.module * 0.5 + 0.5;
            let kept: Vec<Point> = points.into_iter().filter(|point| rough.distance(*point) <= near).collect();
            if kept.len() < 3 { None } else { Line::through(&kept) }
        };
        let left = side(|a, b| a < -1.15 * b.abs())?;
        let right = side(|a, b| a > 1.15 * b.abs())?;
        let top = side(|a, b| b < -1.15 * a.abs())?;
        let bottom = side(|a, b| b > 1.15 * a.abs())?;
        let corners = [top.crossing(&left)?, top.crossing(&right)?, bottom.crossing(&right)?, bottom.crossing(&left)?];
        let far = finder.module * 3.5 * 3.0 + 4.0;
        corners.iter().all(|corner| corner.distance(finder.centre) < far).then_some(Self { corners })
    }

    /// Returns the point `x` modules from its left and `y` from its top edge.
    pub(super) fn at(&self, x: f32, y: f32) -> Point {
        let [a, b, c, d] = self.corners;
        let (x, y) = (x / FINDER, y / FINDER);
        let top = a.times(1.0 - x).plus(b.times(x));
        let bottom = d.times(1.0 - x).plus(c.times(x));
        top.times(1.0 - y).plus(bottom.times(y))
    }

    /// Returns the step from one module to the next along the code's rows.
    pub(super) fn step_across(&self) -> Point {
        let [a, b, c, d] = self.corners;
        b.plus(c).minus(a.plus(d)).times(0.5 / FINDER)
    }

    /// Returns the step from one module to the next along the code's columns.
    pub(super) fn step_down(&self) -> Point {
        let [a, b, c, d] = self.corners;
        d.plus(c).minus(a.plus(b)).times(0.5 / FINDER)
    }

    /// Returns the width of its modules along the code's rows, in pixels.
    pub(super) fn across(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        (a.distance(b) + d.distance(c)) / 2.0 / FINDER
    }

    /// Returns the height of its modules along the code's columns, in pixels.
    pub(super) fn down(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        (a.distance(d) + b.distance(c)) / 2.0 / FINDER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{camera::Frame, decoder::finder::find};

    #[test]
    fn the_corners_of_a_slanted_pattern_are_found() {
        let (right, down) = (Point::new(6.0, 1.5), Point::new(-1.0, 5.0));
        let area = right.cross(down);
        let luma = (0..100)
            .flat_map(|y| (0..100).map(move |x| Point::new(x as f32 - 49.5, y as f32 - 49.5)))
            .map(|at| {
                let ring = (at.cross(down) / area).abs().max((right.cross(at) / area).abs());
                if ring < 1.5 || (2.5..3.5).contains(&ring) { 20 } else { 220 }
            })
            .collect();
        let frame = Frame::new(100, 100, luma).unwrap();
        let ink = Ink::of(&frame);
        let finder = find(&frame, &ink, 1)[0];

        let outline =
            Outline::trace(&ink, &Rims::default(), &finder, Point::new(1.0, 0.0), Point::new(0.0, 1.0)).unwrap();

        let corner = |a: f32, b: f32| Point::new(50.0, 50.0).plus(right.times(a)).plus(down.times(b));
        let expected = [corner(-3.5, -3.5), corner(3.5, -3.5), corner(3.5, 3.5), corner(-3.5, 3.5)];
        for (found, expected) in outline.corners.iter().zip(expected) {
            assert!(found.distance(expected) < 1.5, "{found:?} is not {expected:?}");
        }
        assert!((outline.across() - right.length()).abs() < 0.3);
        assert!((outline.down() - down.length()).abs() < 0.3);
    }
}
