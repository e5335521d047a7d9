//! Three finder patterns to a text: placing the grid, sampling it, and what is done when that fails.

use std::time::Instant;

use super::{
    alignment, equalise,
    finder::Polarity,
    geometry::Point,
    grey::Grey,
    ink::Ink,
    mesh,
    outline::Rims,
    pattern::Pattern,
    pose::{Corners, Map, Pose},
    soft::{self, Soft},
    triple::Triple,
    vouch,
};
use crate::camera::Frame;

/// The most sizes that are tried for one triple.
const SIZES_MAX: usize = 2;
/// The least part of the fixed modules that must be right before more is tried.
const AGREEMENT_LEAST: f32 = 0.72;

/// The least part that speaks for a code at all, bent as it may be: chance is a half.
const SEEN_LEAST: f32 = 0.61;

/// A code that was read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) text: String,
    pub(super) corners: [Point; 4],
}

/// A code that was seen and not read.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    polarity: Polarity,
    pose: Pose,
    /// Whether it looks more like bent paper than like a plane.
    is_draped: bool,
    /// The part of the fixed modules that are right as a plane: a curve through any three finder patterns has most of
    /// theirs right.
    agreement: f32,
}

/// What became of one triple.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Read(Read),
    /// It looks like a code and could not be read.
    Unread(Suspect),
    /// It is no code.
    Nothing(Obstacle),
}

/// What stood in the way of reading three finder patterns as a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Obstacle {
    /// The edges of the patterns can't be followed.
    NoOutline,
    /// There is no timing pattern between them.
    NoTiming,
    /// Of the modules that are the same in every code, too few are right for a code of any size: this part.
    NoPattern(f32),
    /// It is a code, and more of it is wrong than its error correction can mend.
    BeyondCorrection,
    /// The time ran out.
    NoTime,
}

/// Tries to read the code at `triple` as a plane.
pub(super) fn read(frame: &Frame, ink: &Ink, rims: &Rims, triple: &Triple, deadline: Instant) -> Outcome {
    let polarity = triple.corner.polarity;
    let grey = Grey::of(frame, polarity);
    let Some(corners) = Corners::trace(ink, rims, triple) else { return Outcome::Nothing(Obstacle::NoOutline) };
    let mut seen = Outcome::Nothing(Obstacle::NoTiming);
    let mut best = 0.0;
    for mut pose in corners.poses(&grey).into_iter().take(SIZES_MAX) {
        if Instant::now() >= deadline {
            return seen;
        }
        alignment::align(&grey, &mut pose);
        let pattern = Pattern::of(pose.side);
        let (flat, mut text) = sampled(&grey, &pose.map, &pattern, pose.side);
        let mut draped = 0.0;
        if text.is_none() {
            (draped, text) = sampled(&grey, &pose.drape, &pattern, pose.side);
        }
        if let Some(text) = text {
            return Outcome::Read(Read { text, corners: pose.corners() });
        }
        let agreement = flat.max(draped);
        if agreement > best {
            best = agreement;
            seen = if agreement >= SEEN_LEAST {
                Outcome::Unread(Suspect { polarity, pose, is_draped: draped > flat, agreement: flat })
            } else {
                Outcome::Nothing(Obstacle::NoPattern(agreement))
            };
        }
    }
    seen
}

impl Suspect {
    /// Says whether it is a code beyond doubt, and not clutter that is worth a try.
    pub(super) fn is_sure(&self) -> bool {
        self.agreement >= AGREEMENT_LEAST
    }

    /// Returns the code's corners, clockwise from its own top left.
    pub(super) fn corners(&self) -> [Point; 4] {
        self.pose.corners()
    }

    /// Tries to read it as bent paper.
    pub(super) fn read_bent(&self, frame: &Frame) -> Option<Read> {
        let grey = Grey::of(frame, self.polarity);
        let pattern = Pattern::of(self.pose.side);
        let side = self.pose.side;
        let bent = if self.is_draped {
            mesh::settle(&grey, &self.pose.drape, side, &pattern)
        } else {
            mesh::settle(&grey, &self.pose.map, side, &pattern)
        };
        let text = sampled(&grey, &bent, &pattern, side).1?;
        Some(Read { text, corners: self.corners() })
    }
}

/// Samples the code through `map`; returns how much of what is fixed is there, and the text.
fn sampled(grey: &Grey<'_>, map: &impl Map, pattern: &Pattern, side: usize) -> (f32, Option<String>) {
    let soft = Soft::of(side, &soft::sample(grey, map, side));
    let agreement = soft.agreement(pattern);
    if agreement < AGREEMENT_LEAST {
        return (agreement, None);
    }
    let text = vouch::at_a_glance(&soft)
        .or_else(|| vouch::read(&soft))
        .or_else(|| equalise::ways(&soft, pattern).find_map(|soft| vouch::read(&soft)));
    (agreement, text)
}
