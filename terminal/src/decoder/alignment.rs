//! Finding alignment patterns: the small squares within a code.

use super::{
    geometry::{Pair, Point},
    grey::Grey,
    pattern,
    pose::{Map, Pose},
};

/// How far the last pattern may be from where the finder patterns put it, in half modules.
const FIRST_REACH: i32 = 7;
/// How far the others may be once the last is known, in half modules.
const REACH: i32 = 3;
/// The least correlation with a perfect pattern.
const LIKENESS_LEAST: f32 = 0.55;
/// What a half module's distance from the expected place costs in correlation.
const DISTANCE_COST: f32 = 0.012;
/// What a found middle counts beside a finder pattern's corner.
const WEIGHT: f32 = 3.0;

/// Brings `pose` in line with the code's alignment patterns as far as they are found, and returns them.
pub(super) fn align(grey: &Grey<'_>, pose: &mut Pose) -> Vec<Pair> {
    let mut found: Vec<Pair> = Vec::new();
    let all = pattern::alignments(pose.side);
    let Some(&last) = all.last() else { return found };
    if let Some(pair) = find(grey, &pose.drape, last, FIRST_REACH) {
        pose.drape.fit(&pair);
    }
    if let Some(pair) = find(grey, &pose.map, last, FIRST_REACH) {
        found.push(pair);
        pose.fit(&found);
    }
    // From the finder patterns outwards, each helps to find the next.
    let mut others: Vec<(usize, usize)> = all.iter().copied().filter(|&at| at != last).collect();
    others.sort_by_key(|&(x, y)| x + y);
    for at in others {
        if let Some(pair) = find(grey, &pose.map, at, REACH) {
            found.push(pair);
            pose.fit(&found);
        }
    }
    found
}

/// Returns where the alignment pattern around module `at` is, if it is within `reach` half modules.
pub(super) fn find(grey: &Grey<'_>, map: &impl Map, at: (usize, usize), reach: i32) -> Option<Pair> {
    let middle = Point::new(at.0 as f32 + 0.5, at.1 as f32 + 0.5);
    let here = map.at(middle);
    let right = map.at(Point::new(middle.x + 1.0, middle.y)).minus(map.at(Point::new(middle.x - 1.0, middle.y)));
    let down = map.at(Point::new(middle.x, middle.y + 1.0)).minus(map.at(Point::new(middle.x, middle.y - 1.0)));
    // Of a half module.
    let (right, down) = (right.times(0.25), down.times(0.25));
    let place = |x: f32, y: f32| here.plus(right.times(x)).plus(down.times(y));
    // Two modules beyond the reach on each side, sampled every half module.
    let border = reach + 4;
    let width = (2 * border + 1) as usize;
    let samples: Vec<f32> = (-border..=border)
        .flat_map(|y| (-border..=border).map(move |x| (x, y)))
        .map(|(x, y)| grey.at(place(x as f32, y as f32)))
        .collect();
    let likeness = |x: i32, y: i32| {
        let sample = |dx: i32, dy: i32| {
            let index = (y + 2 * dy + border) as usize * width + (x + 2 * dx + border) as usize;
            samples.get(index).copied().unwrap_or(0.0)
        };
        correlation(sample)
    };
    let mut best = (f32::MIN, f32::MIN, 0, 0);
    for y in -reach..=reach {
        for x in -reach..=reach {
            let likeness = likeness(x, y);
            let worth = likeness - DISTANCE_COST * ((x * x + y * y) as f32).sqrt();
            if worth > best.0 {
                best = (worth, likeness, x, y);
            }
        }
    }
    let (_, most, x, y) = best;
    if most < LIKENESS_LEAST {
        return None;
    }
    // A finer look around the best half step: the middle of what is about as good.
    let (mut weights, mut sum) = (0.0, Point::default());
    for fine_y in -2..=2i8 {
        for fine_x in -2..=2i8 {
            let (dx, dy) = (f32::from(fine_x) * 0.25, f32::from(fine_y) * 0.25);
            let sample = |mx: i32, my: i32| grey.at(place((x + 2 * mx) as f32 + dx, (y + 2 * my) as f32 + dy));
            let weight = (correlation(sample) - most + 0.1).max(0.0);
            weights += weight;
            sum = sum.plus(Point::new(dx, dy).times(weight));
        }
    }
    let fine = sum.times(1.0 / weights.max(f32::EPSILON));
    Some(Pair { from: middle, to: place(x as f32 + fine.x, y as f32 + fine.y), weight: WEIGHT * most })
}

/// Returns how much the 5 by 5 samples around the middle look like an alignment pattern, from -1 to 1.
fn correlation(sample: impl Fn(i32, i32) -> f32) -> f32 {
    let (mut sum, mut squares, mut light) = (0.0, 0.0, 0.0);
    for y in -2..=2i32 {
        for x in -2..=2i32 {
            let value = sample(x, y);
            sum += value;
            squares += value * value;
            if x.abs().max(y.abs()) == 1 {
                light += value;
            }
        }
    }
    // The pattern has 8 light modules and 17 dark ones.
    let spread = (squares - sum * sum / 25.0).max(25.0) * (8.0 * 17.0 / 25.0);
    (light - sum * 8.0 / 25.0) / spread.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        camera::Frame,
        decoder::{finder::Polarity, geometry::Homography, plane},
    };

    /// Modules of 4 pixels, the pattern's middle at (x, y).
    fn drawn(x: f32, y: f32) -> Frame {
        let luma = (0..120 * 120)
            .map(|i| ((i % 120) as f32 + 0.5, (i / 120) as f32 + 0.5))
            .map(|(px, py)| {
                let ring = ((px - x) / 4.0).abs().max(((py - y) / 4.0).abs());
                if ring < 0.5 || (1.5..2.5).contains(&ring) { 40 } else { 200 }
            })
            .collect();
        // A camera's edges are not as hard as drawn ones.
        plane::smooth(&plane::smooth(&Frame::new(120, 120, luma).unwrap()))
    }

    fn plain() -> Homography {
        let pairs = [(0.0, 0.0), (25.0, 0.0), (25.0, 25.0), (0.0, 25.0)].map(|(x, y)| Pair {
            from: Point::new(x, y),
            to: Point::new(x * 4.0, y * 4.0),
            weight: 1.0,
        });
        Homography::of(&pairs, 25.0).unwrap()
    }

    #[test]
    fn a_pattern_is_found_near_the_place_and_not_far_from_it() {
        let frame = drawn(77.0, 71.0);
        let grey = Grey::of(&frame, Polarity::DarkOnLight);

        let pair = find(&grey, &plain(), (18, 18), 3).unwrap();

        assert!(pair.to.distance(Point::new(77.0, 71.0)) < 1.0, "{pair:?}");
        assert!(find(&grey, &plain(), (8, 8), 3).is_none());
    }
}
