//! Which three finder patterns make a code.

use super::{finder::Finder, geometry::Point};

/// The most triples of one picture that are tried: this bounds the time.
const TRIPLES_MAX: usize = 24;
/// Patterns of one code differ in size by no more than this factor, at the steepest angle.
const SIZES_MAX: f32 = 2.3;
/// The sides between patterns differ by no more than this factor.
const SIDES_MAX: f32 = 2.6;
/// The cosine of the angle at the corner: between 45 and 135 degrees.
const COSINE_MAX: f32 = 0.72;
/// Between two middles there are 14 modules in the smallest code and 170 in the largest; a tilt and a
/// crude measure of the modules widen that.
const MODULES: std::ops::Range<f32> = 7.5..230.0;

/// Three patterns as the corners of a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple {
    /// The pattern in the code's top left corner.
    pub(super) corner: Finder,
    /// The one in its top right corner.
    pub(super) right: Finder,
    /// The one in its bottom left corner.
    pub(super) below: Finder,
    /// How unlike a square it is.
    strain: f32,
}

/// Returns the triples that look most like a code, best first.
pub(super) fn ranked(finders: &[Finder]) -> Vec<Triple> {
    let mut triples: Vec<Triple> = Vec::new();
    for (first, a) in finders.iter().enumerate() {
        for (second, b) in finders.iter().enumerate().skip(first + 1) {
            for c in finders.iter().skip(second + 1) {
                if a.polarity == b.polarity && b.polarity == c.polarity {
                    triples
                        .extend([(a, b, c), (b, c, a), (c, a, b)].iter().filter_map(|(a, b, c)| Triple::of(a, b, c)));
                }
            }
        }
    }
    triples.sort_by(|a, b| a.strain.total_cmp(&b.strain));
    triples.truncate(TRIPLES_MAX);
    triples
}

impl Triple {
    fn of(corner: &Finder, one: &Finder, other: &Finder) -> Option<Self> {
        let (to_one, to_other) = (one.centre.minus(corner.centre), other.centre.minus(corner.centre));
        let (a, b) = (to_one.length(), to_other.length());
        let sizes = [corner.module, one.module, other.module];
        let largest = sizes.into_iter().fold(0.0, f32::max);
        let smallest = sizes.into_iter().fold(f32::INFINITY, f32::min);
        let cosine = to_one.dot(to_other) / (a * b).max(f32::EPSILON);
        let modules = a.max(b) / ((largest * smallest).sqrt());
        if largest > SIZES_MAX * smallest
            || a.max(b) > SIDES_MAX * a.min(b)
            || cosine.abs() > COSINE_MAX
            || !MODULES.contains(&modules)
        {
            return None;
        }
        let rays = [corner, one, other].iter().map(|finder| f32::from(finder.rays)).sum::<f32>();
        let strain = (a / b).ln().abs()
            + 1.5 * cosine.abs()
            + 1.2 * (largest / smallest).ln()
            + 0.15 * modules.ln()
            + (48.0 - rays) * 0.03;
        let (right, below) = if to_one.cross(to_other) > 0.0 { (one, other) } else { (other, one) };
        Some(Self { corner: *corner, right: *right, below: *below, strain })
    }

    /// Returns how much the weakest of its patterns stands out.
    pub(super) fn strength(&self) -> f32 {
        self.corner.strength.min(self.right.strength).min(self.below.strength)
    }

    /// Returns about where the middle of the code is.
    pub(super) fn middle(&self) -> Point {
        self.right.centre.plus(self.below.centre).times(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::finder::Polarity;

    fn finder(x: f32, y: f32, module: f32) -> Finder {
        Finder {
            centre: Point::new(x, y),
            module,
            polarity: Polarity::DarkOnLight,
            rays: 16,
            strength: 100.0,
            number: 0,
        }
    }

    #[test]
    fn the_corner_is_at_the_right_angle_and_the_others_clockwise() {
        let finders = [finder(100.0, 300.0, 5.0), finder(300.0, 100.0, 5.0), finder(100.0, 100.0, 5.0)];

        let best = ranked(&finders)[0];

        assert_eq!(best.corner.centre, Point::new(100.0, 100.0));
        assert_eq!(best.right.centre, Point::new(300.0, 100.0));
        assert_eq!(best.middle(), Point::new(200.0, 200.0));
    }

    #[test]
    fn a_pattern_of_another_size_or_far_away_makes_no_code() {
        assert!(ranked(&[finder(100.0, 300.0, 5.0), finder(300.0, 100.0, 5.0), finder(100.0, 100.0, 15.0)]).is_empty());
        assert!(ranked(&[finder(100.0, 30.0, 5.0), finder(300.0, 100.0, 5.0), finder(110.0, 100.0, 5.0)]).is_empty());
    }

    #[test]
    fn however_many_patterns_there_are_the_triples_are_few() {
        let many: Vec<Finder> = (0..14).map(|i| finder((i % 4 * 90) as f32, (i / 4 * 90) as f32, 4.0)).collect();

        assert_eq!(ranked(&many).len(), TRIPLES_MAX);
    }
}
