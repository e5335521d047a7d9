//! What a camera's last frames showed, and which of the next ones are worth a search.
//!
//! Whoever waits with a ticket must not wait for frames that were passed over. So every frame is searched while anything
//! of a code is in sight, and for a while after something has changed: a ticket may be there and not sharp yet. Only
//! a scene that has been still for long, or in which nothing like a code has been for long, is looked at less often.

use super::{
    scene::Scene,
    stage::{Due, TURNS},
};
use crate::camera::Frame;

/// After so many frames alike, of which none was read, a scene is still: one and a half seconds.
const STILL_AFTER: u16 = 45;
/// After so many frames in which there was nothing to see, nobody is expected the next moment: a second.
const IDLE_AFTER: u32 = 30;
/// Frames in a row of a still scene that are passed over.
const PASSED_STILL: u8 = 4;
/// Frames in a row of a scene that moves, with nobody expected, that are passed over.
const PASSED_IDLE: u8 = 1;

/// The memory of what frames showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// The last frame that was searched, if nothing was read in it.
    unread: Option<Scene>,
    /// Frames in a row that are like it.
    still: u16,
    /// Frames since it that were passed over.
    passed: u8,
    /// Searched frames in which something was seen and nothing read, since something was read.
    seen: u8,
    /// Searched frames in a row in which there was nothing to see.
    idle: u32,
}

/// What a search of a frame came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Came {
    /// Something was read.
    Read,
    /// There is something that may be a code, and nothing was read.
    Seen,
    /// There is nothing that may be a code.
    Nothing,
}

impl Watch {
    /// Returns the scene of the next frame if it is to be searched, to be [remembered](Watch::remember) after that.
    pub(super) fn look(&mut self, frame: &Frame) -> Option<Scene> {
        let scene = Scene::of(frame);
        let is_still = self.unread.as_ref().is_some_and(|last| scene.is_like(last));
        self.still = if is_still { self.still.saturating_add(1) } else { 0 };
        let may_pass = if self.still >= STILL_AFTER {
            PASSED_STILL
        } else if self.idle >= IDLE_AFTER {
            PASSED_IDLE
        } else {
            0
        };
        if self.passed < may_pass {
            self.passed += 1;
            return None;
        }
        self.passed = 0;
        Some(scene)
    }

    /// Remembers what the search of a frame came to.
    pub(super) fn remember(&mut self, scene: Scene, came: Came) {
        self.unread = (came != Came::Read).then_some(scene);
        self.seen = match came {
            Came::Read => 0,
            Came::Seen => self.seen.wrapping_add(1),
            Came::Nothing => self.seen,
        };
        self.idle = if came == Came::Nothing { self.idle.wrapping_add(1) } else { 0 };
    }

    /// Says whether it is a stage's turn; `is_seen` if this frame has shown something that may be a code.
    pub(super) const fn is_due(&self, due: Due, is_seen: bool) -> bool {
        match due {
            Due::Always => true,
            Due::Restless => is_seen || self.idle < IDLE_AFTER || self.idle.is_multiple_of(2),
            Due::Seen(turn) => is_seen && self.seen % TURNS == turn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns which of so many frames are searched, as letters: `s` or `-`.
    fn searched(count: usize, frame: impl Fn(usize) -> Frame, came: Came) -> String {
        let mut watch = Watch::default();
        (0..count)
            .map(|number| match watch.look(&frame(number)) {
                Some(scene) => {
                    watch.remember(scene, came);
                    's'
                }
                None => '-',
            })
            .collect()
    }

    fn still(_: usize) -> Frame {
        Frame::new(320, 240, vec![128; 320 * 240]).unwrap()
    }

    fn moving(number: usize) -> Frame {
        Frame::new(320, 240, vec![(number % 10 * 20) as u8; 320 * 240]).unwrap()
    }

    #[test]
    fn a_scene_in_which_something_is_read_is_always_searched() {
        assert_eq!(searched(120, still, Came::Read), "s".repeat(120));
    }

    #[test]
    fn a_still_scene_is_searched_now_and_then_after_a_while() {
        assert_eq!(searched(61, still, Came::Seen)[40..], *"sssss----s----s----s-");
    }

    #[test]
    fn what_may_be_a_code_and_moves_is_searched_on_every_frame() {
        assert_eq!(searched(120, moving, Came::Seen), "s".repeat(120));
    }

    #[test]
    fn where_nobody_was_for_long_every_second_frame_is_searched() {
        assert_eq!(searched(38, moving, Came::Nothing)[26..], *"ssss-s-s-s-s");
    }

    #[test]
    fn whatever_changes_a_still_scene_is_searched_at_once() {
        let mut watch = Watch::default();
        for number in 0..60 {
            if let Some(scene) = watch.look(&still(number)) {
                watch.remember(scene, Came::Seen);
            }
        }

        assert!(watch.look(&moving(0)).is_some());
        assert!(watch.look(&moving(1)).is_some());
    }

    #[test]
    fn harder_stages_take_turns_while_a_code_is_seen_and_not_read() {
        let mut watch = Watch::default();
        let turns: Vec<bool> = (0..5)
            .map(|number| {
                let is_due = watch.is_due(Due::Seen(1), true);
                watch.remember(Scene::of(&moving(number)), Came::Seen);
                is_due
            })
            .collect();

        assert_eq!(turns, [false, true, false, false, false]);
        assert!(!watch.is_due(Due::Seen(1), false));
    }
}
