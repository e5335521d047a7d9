//! The search for finder patterns: the squares at three corners of a code.
//!
//! A line through the middle of one, in whatever direction, crosses dark, light, dark, light, dark in the
//! widths 1:1:3:1:1 (ISO/IEC 18004, 6.3.3). Rows are searched for that, both ways round, so that light
//! codes on dark cost nothing extra; a hit is checked across and then by rays to all sides.

use super::{
    geometry::Point,
    grey::Grey,
    ink::{Axis, Ink},
};
use crate::camera::Frame;

/// The most patterns that are kept, best first. With the number of triples this bounds the time.
pub(super) const FINDERS_MAX: usize = 14;
/// The most places that are kept while rows are searched; noise has thousands.
const CANDIDATES_MAX: usize = 2000;
/// The most of them that are checked by rays.
const CHECKED_MAX: usize = 80;
/// Rays to all sides.
const RAYS: u8 = 16;
/// A pattern shows its rings along this many rays at least; the rest may be covered.
const RAYS_LEAST: u8 = 9;
/// A pattern beyond doubt shows them along as many.
const RAYS_CLEAR: u8 = 14;
/// And stands out by this part of the strongest one.
const STRENGTH_CLEAR: f32 = 0.5;
/// What stands out less than this part of the strongest one is clutter.
const STRENGTH_LEAST: f32 = 0.08;
/// The least width of a module in pixels that can be told apart.
const MODULE_LEAST: f32 = 1.4;
/// And of a pattern.
const WIDTH_LEAST: u32 = 9;

/// Which colour the dark modules of a code have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Polarity {
    /// As printed on paper.
    DarkOnLight,
    /// As phones in dark mode show it.
    LightOnDark,
}

/// A finder pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub(super) centre: Point,
    /// About the width of a module in pixels, the mean of all directions.
    pub(super) module: f32,
    pub(super) polarity: Polarity,
    /// Rays that show the rings.
    pub(super) rays: u8,
    /// How much it stands out: better than noise, text and blinds do.
    pub(super) strength: f32,
    /// Its number in the picture, from 0.
    pub(super) number: usize,
}

/// A place where a row and a column cross what may be a pattern.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    centre: Point,
    unit: f32,
    polarity: Polarity,
    /// Rows that crossed it there.
    hits: u16,
}

/// Returns the best finder patterns in `frame`, best first. Every `step`th row is searched.
pub(super) fn find(frame: &Frame, ink: &Ink, step: usize) -> Vec<Finder> {
    let step = step.max(1);
    let mut candidates = candidates(ink, step);
    // Noise is crossed once; a pattern by as many rows as its middle square has.
    let worth = |candidate: &Candidate| f32::from(candidate.hits) * step as f32 / candidate.unit.max(1.0).sqrt();
    candidates.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let mut found: Vec<Finder> = Vec::new();
    for candidate in candidates.iter().take(CHECKED_MAX) {
        let grey = Grey::of(frame, candidate.polarity);
        if let Some(finder) = by_rays(&grey, ink, candidate, step) {
            match found.iter_mut().find(|known| known.polarity == finder.polarity && known.covers(finder.centre)) {
                Some(known) if known.strength >= finder.strength => {}
                Some(known) => *known = finder,
                None => found.push(finder),
            }
        }
    }
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let weakest = found.first().map_or(0.0, |strongest| strongest.strength * STRENGTH_LEAST);
    found.retain(|finder| finder.strength >= weakest);
    found.truncate(FINDERS_MAX);
    for (number, finder) in found.iter_mut().enumerate() {
        finder.number = number;
    }
    found
}

/// Returns the places where rows and columns show the widths of a pattern.
fn candidates(ink: &Ink, step: usize) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut above = Above::default();
    let mut ends = Vec::new();
    for (y, row) in ink.rows().enumerate().step_by(step) {
        scan(row, &mut ends, |runs, end, is_dark| {
            let Some(unit) = unit(runs) else { return };
            let [.., middle, fourth, fifth] = runs.map(|run| run as f32);
            let at = Point::new(end as f32 - fifth - fourth - middle / 2.0, y as f32 + 0.5);
            let polarity = if is_dark { Polarity::DarkOnLight } else { Polarity::LightOnDark };
            let near = above.at(at, polarity).and_then(|number| candidates.get_mut(number));
            if let Some(near) = near.filter(|near| near.is_crossed(at)) {
                near.hits = near.hits.saturating_add(1);
            } else if candidates.len() < CANDIDATES_MAX
                && let Some((centre, unit)) = centred(ink, at, unit, polarity)
            {
                let candidate = Candidate { centre, unit, polarity, hits: 1 };
                above.put(&candidate, candidates.len());
                candidates.push(candidate);
            }
        });
    }
    candidates
}

impl Candidate {
    /// How far to the left and to the right of its centre rows may have theirs, in pixels.
    fn width(&self) -> f32 {
        1.2 * self.unit
    }

    /// Says whether a row that crosses a pattern at `at` crosses this one.
    fn is_crossed(&self, at: Point) -> bool {
        (at.x - self.centre.x).abs() < self.width() && (at.y - self.centre.y).abs() < 2.0 * self.unit
    }
}

/// The last candidate of each colour in each part of the picture's width: the one that the next rows cross.
#[derive(Default)]
struct Above {
    parts: Vec<[Option<usize>; 2]>,
}

impl Above {
    /// The width of a part in pixels, of the order of what the least pattern's rows differ by.
    const PART: f32 = 4.0;

    fn at(&self, at: Point, polarity: Polarity) -> Option<usize> {
        *self.parts.get((at.x / Self::PART) as usize)?.get(polarity as usize)?
    }

    fn put(&mut self, candidate: &Candidate, number: usize) {
        let part = |x: f32| (x / Self::PART) as usize;
        let (first, last) =
            (part(candidate.centre.x - candidate.width()), part(candidate.centre.x + candidate.width()));
        if self.parts.len() <= last {
            self.parts.resize(last + 1, [None; 2]);
        }
        for part in self.parts.iter_mut().take(last + 1).skip(first) {
            if let Some(place) = part.get_mut(candidate.polarity as usize) {
                *place = Some(number);
            }
        }
    }
}

impl Finder {
    /// Says whether it is a pattern beyond doubt, beside the strongest one of the picture.
    pub(super) fn is_clear(&self, strongest: f32) -> bool {
        self.rays >= RAYS_CLEAR && self.strength >= STRENGTH_CLEAR * strongest
    }

    /// Whether a row that crosses a pattern at `at` crosses this one.
    fn covers(&self, at: Point) -> bool {
        (at.x - self.centre.x).abs() < 1.5 * self.module && (at.y - self.centre.y).abs() < 2.0 * self.module
    }
}

/// Calls `hit` with each five runs in a row whose middle one is the longest, the end of the last, and
/// whether the middle one is dark. Runs at the border count: a code may have been cut out without its
/// quiet zone.
fn scan(row: &[u8], ends: &mut Vec<u32>, mut hit: impl FnMut([u32; 5], u32, bool)) {
    run_ends(row, ends);
    // The first end is the row's beginning, so the first run lies between the first two.
    let mut is_dark = row.first() == Some(&1);
    for six in ends.windows(6) {
        if let &[start, a, b, c, d, e] = six {
            let runs = [a - start, b - a, c - b, d - c, e - d];
            let [first, second, third, fourth, fifth] = runs;
            let is_longest = third >= second && third >= fourth && third >= first && third >= fifth;
            if is_longest && 4 * third >= e - start && e - start >= WIDTH_LEAST {
                hit(runs, e, is_dark);
            }
        }
        is_dark = !is_dark;
    }
}

/// Writes where the runs of a row end; before them 0, where the first begins.
fn run_ends(row: &[u8], ends: &mut Vec<u32>) {
    ends.clear();
    ends.push(0);
    let (words, rest) = row.as_chunks::<8>();
    let mut last = u64::from(row.first().copied().unwrap_or(0));
    let mut from = 0u32;
    for word in words {
        let pixels = u64::from_le_bytes(*word);
        // A one in each byte that differs from the one before it.
        let mut changes = pixels ^ ((pixels << 8) | last);
        while changes != 0 {
            ends.push(from + changes.trailing_zeros() / 8);
            changes &= changes - 1;
        }
        last = pixels >> 56;
        from += 8;
    }
    for &pixel in rest {
        if u64::from(pixel) != last {
            ends.push(from);
        }
        last = u64::from(pixel);
        from += 1;
    }
    ends.push(from);
}

/// Returns the width of a module if the runs are 1:1:3:1:1.
///
/// Distances between edges of the same kind are compared, which stay when ink bleeds or light does.
fn unit(runs: [u32; 5]) -> Option<f32> {
    let [a, b, c, d, e] = runs.map(|run| run as f32);
    let unit = (a + 2.0 * b + 2.0 * c + 2.0 * d + e) / 12.0;
    let (short, long) = (0.8 * unit + 0.5, 1.2 * unit + 0.5);
    let is_pattern = (a + b - 2.0 * unit).abs() <= short
        && (d + e - 2.0 * unit).abs() <= short
        && (b + c - 4.0 * unit).abs() <= long
        && (c + d - 4.0 * unit).abs() <= long
        && c > 1.25 * unit;
    (is_pattern && unit >= MODULE_LEAST).then_some(unit)
}

/// Returns the middle of the pattern around `at`, and its module's width, if there is one across and along
/// as well.
fn centred(ink: &Ink, at: Point, along: f32, polarity: Polarity) -> Option<(Point, f32)> {
    let (from, to, across) = crossing(ink, at, Axis::Column, along, polarity)?;
    let at = Point::new(at.x, at.y + (to - from) / 2.0);
    let (from, to, along) = crossing(ink, at, Axis::Row, across, polarity)?;
    // Tilted patterns are narrower one way, not a sliver.
    if !(0.33..3.0).contains(&(along / across)) {
        return None;
    }
    Some((Point::new(at.x + (to - from) / 2.0, at.y), (along + across) / 2.0))
}

/// Follows the line through `at` both ways: how far the middle square reaches back and forth, and the
/// module's width; none if the rings aren't there.
fn crossing(ink: &Ink, at: Point, axis: Axis, unit: f32, polarity: Polarity) -> Option<(f32, f32, f32)> {
    let reach = (unit * 3.5 * 3.0 + 3.0).ceil() as usize;
    let (on, back) = ink.both_ways(at, axis)?;
    let [f1, f2, f3] = turns(on, reach, polarity)?;
    let [b1, b2, b3] = turns(back, reach, polarity)?;
    let runs = [b3 - b2, b2 - b1, b1 + f1, f2 - f1, f3 - f2].map(|run| (run + 0.5).max(0.0) as u32);
    self::unit(runs).map(|unit| (b1, f1, unit))
}

/// The same as [`edges`] for the pixels of a row or a column.
fn turns(pixels: impl Iterator<Item = u8>, reach: usize, polarity: Polarity) -> Option<[f32; 3]> {
    let mut colour = u8::from(polarity == Polarity::DarkOnLight);
    let mut seen = [0.0; 3];
    let mut edges = seen.iter_mut();
    let mut length = 0u16;
    for pixel in pixels.take(reach + 1) {
        if pixel != colour {
            if length == 0 {
                return None;
            }
            *edges.next()? = f32::from(length) - 0.5;
            if edges.len() == 0 {
                return Some(seen);
            }
            colour = pixel;
        }
        length += 1;
    }
    // The picture's border counts as the last one.
    if edges.len() != 1 || usize::from(length) > reach {
        return None;
    }
    *edges.next()? = f32::from(length) - 0.5;
    Some(seen)
}

/// Returns how far from `at` the three edges are along `direction`: of the middle square, of the light
/// ring, and of the dark ring. The picture's border counts as the last one.
pub(super) fn edges(
    ink: &Ink,
    at: Point,
    direction: Point,
    reach: f32,
    step: f32,
    polarity: Polarity,
) -> Option<[f32; 3]> {
    let square = polarity == Polarity::DarkOnLight;
    let is_square = |along: f32| ink.is_dark(at.plus(direction.times(along))).map(|dark| dark == square);
    if is_square(0.0) != Some(true) {
        return None;
    }
    let mut seen = [0.0; 3];
    let mut edges = seen.iter_mut();
    let mut is_inside = true;
    let mut along = 0.0;
    while along < reach {
        along += step;
        let here = is_square(along);
        if here != Some(is_inside) {
            *edges.next()? = along - step / 2.0;
            is_inside = !is_inside;
            if edges.len() == 0 {
                return Some(seen);
            }
            here?;
        }
    }
    None
}

/// Looks to all sides of a candidate and returns the pattern there if enough rays show its rings.
fn by_rays(grey: &Grey<'_>, ink: &Ink, candidate: &Candidate, row_step: usize) -> Option<Finder> {
    let Candidate { centre, unit, polarity, hits } = *candidate;
    let reach = unit * 3.5 * 2.2 + 3.0;
    let step = (unit / 4.0).clamp(0.5, 1.5);
    let (mut rays, mut sum, mut contrast) = (0, 0.0, 0.0);
    let middle = grey.at(centre);
    for ray in 0..RAYS {
        let angle = f32::from(ray) * std::f32::consts::TAU / f32::from(RAYS);
        let direction = Point::new(angle.cos(), angle.sin());
        let Some([first, second, third]) = edges(ink, centre, direction, reach, step, polarity) else { continue };
        // From the middle: 1.5, 2.5 and 3.5 modules; sums of two don't change when ink bleeds.
        let part = (second + third) / (first + second);
        if (1.2..1.95).contains(&part) && third - second > 0.05 * (first + second) {
            rays += 1;
            sum += (first + second) / 4.0;
            let at = |along: f32| grey.at(centre.plus(direction.times(along)));
            contrast += at((first + second) / 2.0) - (middle + at((second + third) / 2.0)) / 2.0;
        }
    }
    if rays < RAYS_LEAST {
        return None;
    }
    let share = f32::from(rays) / f32::from(RAYS);
    let module = sum / f32::from(rays);
    // Of the rows that could have crossed the middle square.
    let crossed = (f32::from(hits) * row_step as f32 / (3.0 * unit)).min(1.0);
    let strength = contrast.max(1.0) / f32::from(rays) * share * share * (0.3 + crossed) * module.min(3.0);
    Some(Finder { centre, module, polarity, rays, strength, number: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(frame: &Frame) -> Vec<Finder> {
        find(frame, &Ink::of(frame), 1)
    }

    /// A pattern with modules of `module` pixels, turned by `turn`, in the middle of light paper.
    fn drawn(module: f32, turn: f32, is_light: bool) -> Frame {
        let luma = (0..120)
            .flat_map(|y| (0..160).map(move |x| (x, y)))
            .map(|(x, y)| {
                let (x, y) = (x as f32 + 0.5 - 80.0, y as f32 + 0.5 - 60.0);
                let (u, v) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
                let ring = u.abs().max(v.abs()) / module;
                let is_dark = ring < 1.5 || (2.5..3.5).contains(&ring);
                if is_dark == is_light { 230 } else { 30 }
            })
            .collect();
        Frame::new(160, 120, luma).unwrap()
    }

    #[test]
    fn a_pattern_is_found_at_any_angle_in_both_polarities() {
        for turn in [0.0, 0.3, 0.8, 1.3] {
            for (is_light, polarity) in [(false, Polarity::DarkOnLight), (true, Polarity::LightOnDark)] {
                let found = found(&drawn(5.0, turn, is_light));

                assert_eq!(found.len(), 1, "turned by {turn}");
                assert!(found[0].centre.distance(Point::new(80.0, 60.0)) < 1.5);
                assert_eq!(found[0].polarity, polarity);
                assert!((4.5..7.5).contains(&found[0].module), "{}", found[0].module);
            }
        }
    }

    #[test]
    fn modules_of_two_pixels_are_enough() {
        assert_eq!(found(&drawn(2.0, 0.0, false)).len(), 1);
    }

    #[test]
    fn stripes_and_empty_paper_have_none() {
        let stripes = (0..120 * 160).map(|i| if i % 160 / 6 % 2 == 0 { 20 } else { 220 }).collect();

        assert!(found(&Frame::new(160, 120, stripes).unwrap()).is_empty());
        assert!(found(&Frame::new(160, 120, vec![200; 160 * 120]).unwrap()).is_empty());
    }

    #[test]
    fn widths_of_a_pattern_may_bleed() {
        assert!(unit([4, 4, 12, 4, 4]).is_some());
        assert!(unit([5, 3, 13, 3, 5]).is_some());
        assert!(unit([3, 5, 11, 5, 3]).is_some());
        assert!(unit([4, 4, 4, 4, 4]).is_none());
        assert!(unit([4, 12, 12, 4, 4]).is_none());
    }

    #[test]
    fn the_rings_are_found_from_the_middle_on_and_the_border_counts_as_the_last_edge() {
        let of = |pixels: &[u8], reach| turns(pixels.iter().copied(), reach, Polarity::DarkOnLight);

        assert_eq!(of(&[1, 1, 0, 0, 1, 1, 0], 9), Some([1.5, 3.5, 5.5]));
        assert_eq!(of(&[1, 1, 0, 0, 1, 1], 9), Some([1.5, 3.5, 5.5]));
        assert_eq!(of(&[1, 1, 0, 0, 1, 1, 1, 1], 5), None);
        assert_eq!(of(&[1, 1, 0, 0], 9), None);
        assert_eq!(of(&[0, 1, 0, 1], 9), None);
    }

    #[test]
    fn the_runs_of_a_row_end_where_its_colour_changes() {
        let mut ends = Vec::new();
        for length in [1, 7, 8, 9, 64, 83] {
            let row: Vec<u8> = (0..length).map(|x| u8::from(x * x % 7 < 3)).collect();

            run_ends(&row, &mut ends);

            let changes = (1..length).filter(|&x| row[x] != row[x - 1]).map(|x| x as u32);
            assert_eq!(ends, std::iter::once(0).chain(changes).chain([length as u32]).collect::<Vec<u32>>());
        }
    }
}
