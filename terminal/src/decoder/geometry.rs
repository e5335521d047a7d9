//! Points, lines, and the map of a plane seen at an angle.

/// A point of a picture, in pixels from its top left corner; pixel (0, 0) has its centre at (0.5, 0.5).
/// Also a point of a code, in modules from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Point {
    pub(super) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }

    pub(super) fn times(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }

    pub(super) fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    pub(super) fn distance(self, other: Self) -> f32 {
        self.minus(other).length()
    }

    pub(super) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// Returns twice the area between the two vectors: positive if `other` lies clockwise of this one, as
    /// seen in a picture, whose second axis points down.
    pub(super) fn cross(self, other: Self) -> f32 {
        self.x * other.y - self.y * other.x
    }

    /// Returns the vector of length 1 in this direction; none for a vector without length.
    pub(super) fn unit(self) -> Option<Self> {
        let length = self.length();
        (length > f32::EPSILON).then(|| self.times(1.0 / length))
    }
}

/// A straight line: all points whose product with `normal` is `offset`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    normal: Point,
    offset: f32,
}

impl Line {
    /// Returns the line nearest to `points`, by the squares of the distances; none for fewer than two
    /// points or points that are all one.
    pub(super) fn through(points: &[Point]) -> Option<Self> {
        if points.len() < 2 {
            return None;
        }
        let count = points.len() as f32;
        let mean = points.iter().fold(Point::default(), |sum, &point| sum.plus(point)).times(1.0 / count);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for point in points {
            let from = point.minus(mean);
            xx += from.x * from.x;
            xy += from.x * from.y;
            yy += from.y * from.y;
        }
        if xx + yy <= f32::EPSILON {
            return None;
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let normal = Point::new(-angle.sin(), angle.cos());
        Some(Self { normal, offset: normal.dot(mean) })
    }

    pub(super) fn distance(&self, point: Point) -> f32 {
        (self.normal.dot(point) - self.offset).abs()
    }

    /// Returns where the lines cross; none if they are parallel.
    pub(super) fn crossing(&self, other: &Self) -> Option<Point> {
        let area = self.normal.cross(other.normal);
        (area.abs() > 1e-3).then(|| {
            Point::new(
                (self.offset * other.normal.y - other.offset * self.normal.y) / area,
                (other.offset * self.normal.x - self.offset * other.normal.x) / area,
            )
        })
    }
}

/// A pair of points that a map should bring together, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) weight: f32,
}

/// The map from a plane to a picture of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Homography {
    rows: [[f32; 3]; 3],
}

impl Homography {
    /// Returns the map that brings `pairs` together best; none for fewer than four, or if they don't
    /// tell one. `scale` is the size of the plane, for accuracy.
    pub(super) fn of(pairs: &[Pair], scale: f32) -> Option<Self> {
        if pairs.len() < 4 {
            return None;
        }
        let weights: f32 = pairs.iter().map(|pair| pair.weight).sum();
        let mean = pairs.iter().fold(Point::default(), |sum, pair| sum.plus(pair.to.times(pair.weight)));
        let mean = mean.times(1.0 / weights);
        let spread = pairs.iter().map(|pair| pair.to.distance(mean)).fold(1.0, f32::max);
        let mut equations = Equations::<8>::default();
        for pair in pairs {
            let from = pair.from.times(1.0 / scale);
            let to = pair.to.minus(mean).times(1.0 / spread);
            let (u, v, x, y) = (f64::from(from.x), f64::from(from.y), f64::from(to.x), f64::from(to.y));
            let weight = f64::from(pair.weight);
            equations.add([u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x], x, weight);
            equations.add([0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y], y, weight);
        }
        let [a, b, c, d, e, f, g, h] = equations.solve()?.map(|value| value as f32);
        // Undoes both scalings: the picture's (times spread, plus mean) and the plane's (over scale).
        let column = |x: f32, y: f32, w: f32, over: f32| {
            [(x * spread + mean.x * w) / over, (y * spread + mean.y * w) / over, w / over]
        };
        let (first, second, third) = (column(a, d, g, scale), column(b, e, h, scale), column(c, f, 1.0, 1.0));
        let [x0, y0, w0] = first;
        let [x1, y1, w1] = second;
        let [x2, y2, w2] = third;
        Some(Self { rows: [[x0, x1, x2], [y0, y1, y2], [w0, w1, w2]] })
    }

    /// Returns where `point` is in the picture.
    #[inline]
    pub(super) fn at(&self, point: Point) -> Point {
        let [x, y, w] = self.rows.map(|[a, b, c]| a * point.x + b * point.y + c);
        // Behind the camera there is nothing; a far point keeps the numbers finite.
        let w = if w.abs() < 1e-6 { 1e-6 } else { w };
        Point::new(x / w, y / w)
    }
}

/// Sums of squares for a least-squares fit of `N` unknowns.
#[derive(Clone, Debug)]
pub(super) struct Equations<const N: usize> {
    rows: Vec<([f64; N], f64)>,
}

impl<const N: usize> Default for Equations<N> {
    fn default() -> Self {
        Self { rows: vec![([0.0; N], 0.0); N] }
    }
}

impl<const N: usize> Equations<N> {
    /// Takes in one equation: the unknowns times `factors` should be `value`.
    pub(super) fn add(&mut self, factors: [f64; N], value: f64, weight: f64) {
        for (&factor, (row, right)) in factors.iter().zip(&mut self.rows) {
            let factor = factor * weight;
            for (sum, &other) in row.iter_mut().zip(&factors) {
                *sum += factor * other;
            }
            *right += factor * value;
        }
    }

    /// Returns the unknowns; none if the equations don't tell them.
    pub(super) fn solve(mut self) -> Option<[f64; N]> {
        for column in 0..N {
            let size = |row: &([f64; N], f64)| row.0.get(column).copied().unwrap_or(0.0).abs();
            let rest = self.rows.get(column..)?;
            let (best, _) = rest.iter().enumerate().max_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)))?;
            self.rows.swap(column, column + best);
            let (pivot, others) = self.rows.get_mut(column..)?.split_first_mut()?;
            let lead = *pivot.0.get(column)?;
            if lead.is_nan() || lead.abs() <= 1e-12 {
                return None;
            }
            for (row, right) in others {
                let factor = row.get(column)? / lead;
                for (value, &above) in row.iter_mut().zip(&pivot.0).skip(column) {
                    *value -= factor * above;
                }
                *right -= factor * pivot.1;
            }
        }
        let mut solved = [0.0; N];
        for (column, (row, right)) in self.rows.iter().enumerate().rev() {
            let known: f64 = row.iter().zip(&solved).skip(column + 1).map(|(factor, value)| factor * value).sum();
            *solved.get_mut(column)? = (right - known) / row.get(column)?;
        }
        solved.iter().all(|value| value.is_finite()).then_some(solved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_runs_through_its_points_and_crosses_another() {
        let steep = Line::through(&[Point::new(2.0, 0.0), Point::new(2.0, 4.0), Point::new(2.0, 9.0)]).unwrap();
        let slanted = Line::through(&[Point::new(0.0, 0.0), Point::new(4.0, 2.0)]).unwrap();

        let crossing = steep.crossing(&slanted).unwrap();

        assert!(crossing.distance(Point::new(2.0, 1.0)) < 1e-4);
        assert!(steep.distance(Point::new(5.0, 7.0)) - 3.0 < 1e-4);
        assert!(steep.crossing(&steep).is_none());
    }

    #[test]
    fn a_homography_is_found_again_from_what_it_maps() {
        let known = Homography { rows: [[9.0, 1.0, 100.0], [-2.0, 8.0, 50.0], [0.01, -0.005, 1.0]] };
        let pairs: Vec<Pair> = [(0.0, 0.0), (7.0, 0.0), (41.0, 7.0), (3.0, 41.0), (38.0, 38.0)]
            .map(|(x, y)| Pair { from: Point::new(x, y), to: known.at(Point::new(x, y)), weight: 1.0 })
            .to_vec();

        let found = Homography::of(&pairs, 41.0).unwrap();

        for (x, y) in [(20.0, 20.0), (41.0, 41.0), (0.0, 30.0)] {
            assert!(found.at(Point::new(x, y)).distance(known.at(Point::new(x, y))) < 0.05);
        }
    }

    #[test]
    fn points_on_one_line_tell_no_homography() {
        let pairs: Vec<Pair> = (0..6)
            .map(|i| Pair { from: Point::new(i as f32, 0.0), to: Point::new(i as f32, 5.0), weight: 1.0 })
            .collect();

        assert!(Homography::of(&pairs, 6.0).is_none());
    }
}
