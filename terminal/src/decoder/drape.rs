//! The map of a code on paper that bends one way, as around a finger or a bottle.
//!
//! The finder patterns show how large modules are at both ends of the code's top and left edge, and which
//! way they run there. A curve that agrees with both ends tells where the modules between are: narrow
//! ones at both ends mean that the middle comes nearer.

use super::{
    geometry::{Homography, Pair, Point},
    outline::{FINDER, Outline},
    pose::Map,
};

/// The line through a code's timing pattern, in modules from its border.
pub(super) const TIMING_LINE: f32 = 6.5;
/// How far beyond both ends the curves are carried on, as a part of their length.
const BEYOND: f32 = 0.2;

/// A curve between two finder patterns.
#[derive(Clone, Copy, Debug)]
struct Curve {
    ends: [Point; 2],
    /// Along the curve at both ends, for its whole length.
    tangents: [Point; 2],
    /// Modules along it.
    modules: f32,
}

impl Curve {
    /// Returns the point at `module` modules from the code's border.
    #[inline]
    fn at(&self, module: f32) -> Point {
        let t = ((module - FINDER / 2.0) / self.modules).clamp(-BEYOND, 1.0 + BEYOND);
        // Hermite's cubic polynomials.
        let (square, cube) = (t * t, t * t * t);
        let [from, to] = self.ends;
        let [start, end] = self.tangents;
        from.times(2.0 * cube - 3.0 * square + 1.0)
            .plus(start.times(cube - 2.0 * square + t))
            .plus(to.times(3.0 * square - 2.0 * cube))
            .plus(end.times(cube - square))
    }
}

/// A code's plane with its top and left edge bent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drape {
    plane: Homography,
    row: Curve,
    column: Curve,
    /// How far the point where both lines cross is from where the plane puts it, in pixels.
    crossing: Point,
    /// How far an alignment pattern is from where the rest puts it, in pixels, and its place in the code.
    corner: Option<(Point, Point)>,
}

impl Map for Drape {
    #[inline]
    fn at(&self, module: Point) -> Point {
        let across = self.row.at(module.x).minus(self.plane.at(Point::new(module.x, TIMING_LINE)));
        let down = self.column.at(module.y).minus(self.plane.at(Point::new(TIMING_LINE, module.y)));
        // Where both lines cross, both know the same shift.
        let at = self.plane.at(module).plus(across).plus(down).minus(self.crossing);
        let Some((place, shift)) = self.corner else { return at };
        let (u, v) = ((module.x - TIMING_LINE) / place.x, (module.y - TIMING_LINE) / place.y);
        at.plus(shift.times((u * v).clamp(0.0, 1.5)))
    }
}

impl Drape {
    /// Returns the drape for a code of `side` modules with these finder patterns: corner, right, below.
    pub(super) fn of(outlines: &[Outline; 3], plane: Homography, side: usize) -> Self {
        let [corner, right, below] = outlines;
        let modules = side as f32 - FINDER;
        let across = |outline: &Outline| outline.step_across().times(modules);
        let down = |outline: &Outline| outline.step_down().times(modules);
        let middle = FINDER / 2.0;
        let row = Curve {
            ends: [corner.at(middle, TIMING_LINE), right.at(middle, TIMING_LINE)],
            tangents: [across(corner), across(right)],
            modules,
        };
        let column = Curve {
            ends: [corner.at(TIMING_LINE, middle), below.at(TIMING_LINE, middle)],
            tangents: [down(corner), down(below)],
            modules,
        };
        let both = row.at(TIMING_LINE).plus(column.at(TIMING_LINE)).times(0.5);
        let crossing = both.minus(plane.at(Point::new(TIMING_LINE, TIMING_LINE)));
        Self { plane, row, column, crossing, corner: None }
    }

    /// Brings the drape in line with an alignment pattern in the far corner.
    pub(super) fn fit(&mut self, pair: &Pair) {
        let shift = pair.to.minus(self.at(pair.from));
        self.corner = Some((Point::new(pair.from.x - TIMING_LINE, pair.from.y - TIMING_LINE), shift));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a module is on a cylinder that is bent across, of radius 25 modules, 5 pixels a module.
    fn bent(module: Point) -> Point {
        let angle = (module.x - 20.5) / 25.0;
        Point::new(200.0 + 125.0 * angle.sin(), 20.0 + 5.0 * module.y)
    }

    fn outline(x: f32, y: f32) -> Outline {
        let corner = |dx: f32, dy: f32| bent(Point::new(x + dx, y + dy));
        Outline { corners: [corner(0.0, 0.0), corner(7.0, 0.0), corner(7.0, 7.0), corner(0.0, 7.0)] }
    }

    #[test]
    fn modules_between_the_patterns_of_a_bent_code_are_where_they_should_be() {
        let outlines = [outline(0.0, 0.0), outline(34.0, 0.0), outline(0.0, 34.0)];
        let pairs: Vec<Pair> = [(0.0, 0.0), (41.0, 0.0), (0.0, 41.0), (41.0, 41.0)]
            .map(|(x, y)| Pair { from: Point::new(x, y), to: bent(Point::new(x, y)), weight: 1.0 })
            .to_vec();
        let plane = Homography::of(&pairs, 41.0).unwrap();

        let drape = Drape::of(&outlines, plane, 41);

        let worst = |map: &dyn Fn(Point) -> Point| {
            let modules = (0..41).map(|x| Point::new(x as f32 + 0.5, 25.5));
            modules.map(|module| map(module).distance(bent(module))).fold(0.0, f32::max)
        };
        let (draped, flat) = (worst(&|module| drape.at(module)), worst(&|module| plane.at(module)));
        assert!(draped < 1.6 && flat > 2.0 * draped, "{draped} pixels off, {flat} as a plane");
    }

    #[test]
    fn an_alignment_pattern_moves_the_far_corner_and_not_the_patterns() {
        let outlines = [outline(0.0, 0.0), outline(34.0, 0.0), outline(0.0, 34.0)];
        let pairs: Vec<Pair> = [(0.0, 0.0), (41.0, 0.0), (0.0, 41.0), (41.0, 41.0)]
            .map(|(x, y)| Pair { from: Point::new(x, y), to: bent(Point::new(x, y)), weight: 1.0 })
            .to_vec();
        let mut drape = Drape::of(&outlines, Homography::of(&pairs, 41.0).unwrap(), 41);
        let (place, start) = (Point::new(34.5, 34.5), Point::new(6.5, 30.0));
        let (far, near) = (drape.at(place).plus(Point::new(8.0, -6.0)), drape.at(start));

        drape.fit(&Pair { from: place, to: far, weight: 1.0 });

        assert!(drape.at(place).distance(far) < 0.01);
        assert!(drape.at(start).distance(near) < 0.01);
    }
}
