//! Grey frames to the texts of the QR codes in them, in bounded time on any picture.
//!
//! A frame passes through a cascade of [stages](stage), each of which looks at it in one size. The picture
//! is told into [dark and light](ink); rows are searched for [finder patterns](finder), of which
//! [three](triple) make a code. Their [outlines](outline) and the timing pattern tell the code's
//! [pose], [alignment patterns](alignment) make it exact, and its modules are sampled from the grey
//! picture as [shades](soft), from which [blur is taken](equalise). Paper that bends is followed by a
//! [drape], paper with creases by a [mesh]. A text counts only if the code's own error correction
//! [vouches](vouch) for it. What a text means, a ticket or a shop's address, is not this module's business.
//!
//! Every list and every search has a limit, and the clock is looked at between tries, so that no picture
//! takes longer than its budget by more than a few milliseconds.

pub mod aim;
pub mod presentation;
pub mod thread;

mod alignment;
mod drape;
mod equalise;
mod finder;
mod geometry;
mod grey;
mod ink;
mod mesh;
mod outline;
mod pattern;
mod plane;
mod pose;
mod reader;
mod scene;
mod soft;
mod stage;
mod symbol;
mod text;
mod triple;
mod vouch;
mod watch;

use std::time::{Duration, Instant};

pub use self::{
    reader::Obstacle,
    stage::{Stage, Try},
};
use self::{
    stage::Due,
    watch::{Came, Watch},
};
use crate::camera::Frame;

/// A longer side than this, in pixels, is reduced before the first stage.
const SIDE_MAX: u32 = 2560;

/// How much a decoder may spend on one frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    time: Duration,
    effort: Effort,
}

/// When a decoder is content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Effort {
    /// With the first stage that reads something: another frame comes soon.
    Live,
    /// When nothing speaks for another code: this picture is the only one.
    Thorough,
}

impl Budget {
    /// Returns the budget for frames of a camera, of which the next comes soon.
    pub const fn live() -> Self {
        Self { time: Duration::from_millis(150), effort: Effort::Live }
    }

    /// Returns the budget for a picture that is the only one.
    pub const fn thorough() -> Self {
        Self { time: Duration::from_millis(1_000), effort: Effort::Thorough }
    }

    /// Returns this budget with another limit on the time spent on one frame.
    ///
    /// The limit is kept to within a few milliseconds, and is of wall-clock time: a machine busy with
    /// other things gets less done within it.
    #[must_use]
    pub const fn within(self, time: Duration) -> Self {
        Self { time, ..self }
    }
}

/// One code that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Code {
    /// What it says.
    pub text: String,
    /// Its corners in pixels of the frame, clockwise from the code's own top left, to within about a module.
    pub corners: [(i32, i32); 4],
    /// The stage that read it.
    pub stage: Stage,
}

/// What one frame says.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The codes with different texts, from the top of the picture to the bottom, then from the left.
    pub codes: Vec<Code>,
    /// The corners of what looked like codes and could not be read, as the first stage that saw any did.
    pub unread: Vec<[(i32, i32); 4]>,
    /// The middles of finder patterns, a few at most, as the stage that saw most of them did.
    pub finders: Vec<(i32, i32)>,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether the time ran out before the decoder was content.
    pub ran_out: bool,
    /// What each stage did, in order.
    pub trace: Vec<Tried>,
}

/// What one stage did.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The stage.
    pub stage: Stage,
    /// How many finder patterns it saw.
    pub finders: usize,
    /// How many codes it read.
    pub read: usize,
    /// What it took for codes and could not read.
    pub missed: Vec<Try>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Reading {
    /// Returns what a frame says in which nothing was looked for.
    const fn nothing(elapsed: Duration) -> Self {
        Self { codes: Vec::new(), unread: Vec::new(), finders: Vec::new(), elapsed, ran_out: false, trace: Vec::new() }
    }
}

/// Reads frames within a budget.
///
/// For frames of a camera it remembers what the last ones showed, so that they share the work.
#[derive(Clone, Debug)]
pub struct Decoder {
    budget: Budget,
    watch: Watch,
}

impl Decoder {
    /// Returns a decoder that keeps to `budget` on each frame.
    pub fn new(budget: Budget) -> Self {
        Self { budget, watch: Watch::default() }
    }

    /// Reads the codes in `frame`.
    pub fn decode(&mut self, frame: &Frame) -> Reading {
        let began = Instant::now();
        let scene = match self.budget.effort {
            Effort::Thorough => None,
            Effort::Live => match self.watch.look(frame) {
                Some(scene) => Some(scene),
                None => return Reading::nothing(began.elapsed()),
            },
        };
        let deadline = began + self.budget.time;
        let mut codes: Vec<Code> = Vec::new();
        let mut ran_out = false;
        let (mut unread, mut finders, mut trace) = (Vec::new(), Vec::new(), Vec::new());

        let (reduced, factor) = plane::reduce(frame, SIDE_MAX);
        let frame = reduced.as_ref().unwrap_or(frame);
        let stages: Vec<(Stage, Due)> = match self.budget.effort {
            Effort::Live => stage::LIVE.to_vec(),
            Effort::Thorough => stage::THOROUGH.iter().map(|stage| (*stage, Due::Always)).collect(),
        };
        let mut pyramid = stage::Pyramid::new(frame);
        for (done, (stage, due)) in stages.iter().enumerate() {
            let is_seen = !unread.is_empty() || finders.len() >= 3;
            if !stage.suits(frame) || !self.watch.is_due(*due, is_seen) {
                continue;
            }
            if Instant::now() >= deadline {
                ran_out = true;
                break;
            }
            let started = Instant::now();
            let known: Vec<_> = codes.iter().map(|code| code.corners).collect();
            let found = stage.run(&mut pyramid, &known, deadline);
            ran_out |= found.ran_out;
            trace.push(Tried {
                stage: *stage,
                finders: found.looked_at,
                read: found.codes.len(),
                missed: found.tries,
                elapsed: started.elapsed(),
            });
            let is_content = |read| self.budget.effort.is_content(done, read, found.unread.len());
            let up = |(x, y): (i32, i32)| (x.saturating_mul(factor as i32), y.saturating_mul(factor as i32));
            for mut code in found.codes {
                if codes.iter().all(|known| known.text != code.text) {
                    code.corners = code.corners.map(up);
                    codes.push(code);
                }
            }
            let is_enough = is_content(codes.len());
            if unread.is_empty() {
                unread = found.unread.into_iter().map(|corners| corners.map(up)).collect();
            }
            if finders.len() < found.finders.len() {
                finders = found.finders.into_iter().map(up).collect();
            }
            if is_enough {
                break;
            }
        }

        if let Some(scene) = scene {
            let is_seen = !unread.is_empty() || finders.len() >= 3;
            let came = if !codes.is_empty() {
                Came::Read
            } else if is_seen {
                Came::Seen
            } else {
                Came::Nothing
            };
            self.watch.remember(scene, came);
        }
        codes.sort_by_key(|code| code.corners.map(|(x, y)| (y, x)).into_iter().min());
        Reading { codes, unread, finders, elapsed: began.elapsed(), ran_out, trace }
    }
}

impl Effort {
    /// Says whether to stop after stage number `done`, with `read` texts so far, and `unread` codes
    /// that this stage saw and could not read.
    const fn is_content(self, done: usize, read: usize, unread: usize) -> bool {
        match self {
            Self::Live => read > 0 && (unread == 0 || done > 0),
            Self::Thorough => read > 0 && unread == 0 && done >= 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many stages each frame went through.
    fn stages(frames: impl Iterator<Item = Frame>) -> Vec<usize> {
        let mut decoder = Decoder::new(Budget::live());
        frames.map(|frame| decoder.decode(&frame).trace.len()).collect()
    }

    #[test]
    fn a_frame_that_has_changed_is_searched_in_full() {
        let lit = (0..4).map(|frame| Frame::new(320, 240, vec![60 * frame; 320 * 240]).unwrap());

        assert_eq!(stages(lit), [3, 3, 3, 3]);
    }
}
