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
    pattern::{self, Pattern},
    pose::{self, Corners, Map, Pose},
    soft::{self, Soft},
    triple::Triple,
    vouch,
};
use crate::camera::Frame;

/// The most sizes that are tried for one triple.
const SIZES_MAX: usize = 2;
/// The least part of the timing and alignment patterns that must be right for anything to be a code, bent as it may
/// be: of the codes that are read hardly one has less than three quarters, and of a hundred that clutter makes up
/// one has as much. (The finder patterns are no evidence: clutter is made up of real ones.)
const AGREEMENT_LEAST: f32 = 0.66;
/// What is a code beyond doubt has this part.
const AGREEMENT_SURE: f32 = 0.75;

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
    /// The part of the timing and alignment patterns that are right.
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
    /// Of the timing and alignment patterns too little is right for a code of any size: this part.
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
    for mut pose in corners.poses(ink, &grey).into_iter().take(SIZES_MAX) {
        if Instant::now() >= deadline {
            return seen;
        }
        alignment::align(&grey, &mut pose);
        let flat = pose::agreement(ink, polarity, &pose.map, pattern::between(pose.side));
        let draped = pose::agreement(ink, polarity, &pose.drape, pattern::between(pose.side));
        let agreement = flat.max(draped);
        let pattern = Pattern::of(pose.side);
        let is_likely = |agreement| agreement >= AGREEMENT_LEAST;
        let plane = is_likely(flat).then(|| sampled(&grey, &pose.map, &pattern, pose.side)).flatten();
        let drape = || is_likely(draped).then(|| sampled(&grey, &pose.drape, &pattern, pose.side)).flatten();
        if let Some(text) = plane.or_else(drape) {
            return Outcome::Read(Read { text, corners: pose.corners() });
        }
        if agreement > best {
            best = agreement;
            seen = if is_likely(agreement) {
                Outcome::Unread(Suspect { polarity, pose, is_draped: draped > flat, agreement })
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
        self.agreement >= AGREEMENT_SURE
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
        let text = sampled(&grey, &bent, &pattern, side)?;
        Some(Read { text, corners: self.corners() })
    }
}

/// Returns the text of the code that lies as `map` says.
fn sampled(grey: &Grey<'_>, map: &impl Map, pattern: &Pattern, side: usize) -> Option<String> {
    let soft = Soft::of(side, &soft::sample(grey, map, side));
    vouch::at_a_glance(&soft)
        .or_else(|| vouch::read(&soft))
        .or_else(|| equalise::ways(&soft, pattern).find_map(|soft| vouch::read(&soft)))
}
