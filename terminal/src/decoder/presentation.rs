//! When a code in front of the camera is a new presentation, and when it is still the last one.

use std::collections::VecDeque;

use sync_protocol::time::Uptime;

/// How long a code may be out of sight, in milliseconds, and still be the same presentation: a hand
/// moves, a phone dims, a frame is blurred.
pub const GAP_MS: u64 = 2_000;

/// The most codes kept in mind; more than fit in front of a camera.
const CODES_MAX: usize = 64;

/// Remembers which codes are in the picture.
#[derive(Clone, Debug)]
pub struct Presentation {
    gap_ms: u64,
    in_view: VecDeque<(String, Uptime)>,
}

impl Default for Presentation {
    fn default() -> Self {
        Self::new(GAP_MS)
    }
}

impl Presentation {
    /// Returns an empty memory in which a code is forgotten after `gap_ms` out of sight.
    pub const fn new(gap_ms: u64) -> Self {
        Self { gap_ms, in_view: VecDeque::new() }
    }

    /// Takes in a text read at `now` and says whether it is newly presented: never seen, or out of
    /// sight for longer than the gap. `now` never goes back.
    pub fn see(&mut self, text: &str, now: Uptime) -> bool {
        let gap_ms = self.gap_ms;
        self.in_view.retain(|(_, last)| now < last.plus(gap_ms));
        if let Some((_, last)) = self.in_view.iter_mut().find(|(known, _)| known == text) {
            *last = now;
            return false;
        }
        if self.in_view.len() >= CODES_MAX {
            self.in_view.pop_front();
        }
        self.in_view.push_back((text.to_owned(), now));
        true
    }

    /// Forgets `text`, so that it is newly presented when next seen: after a fault, when showing the
    /// ticket once more must try once more.
    pub fn forget(&mut self, text: &str) {
        self.in_view.retain(|(known, _)| known != text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_held_before_the_camera_is_one_presentation() {
        let mut presentation = Presentation::default();

        assert!(presentation.see("A", Uptime(0)));
        for at in (66..60_000).step_by(66) {
            assert!(!presentation.see("A", Uptime(at)));
        }
    }

    #[test]
    fn a_code_that_left_for_the_gap_is_presented_again() {
        let mut presentation = Presentation::new(2_000);

        assert!(presentation.see("A", Uptime(0)));
        assert!(!presentation.see("A", Uptime(1_999)));
        assert!(presentation.see("A", Uptime(3_999)));
    }

    #[test]
    fn another_code_is_new_at_once_and_the_first_stays_known() {
        let mut presentation = Presentation::default();

        assert!(presentation.see("A", Uptime(0)));
        assert!(presentation.see("B", Uptime(10)));
        assert!(!presentation.see("A", Uptime(20)));
    }

    #[test]
    fn a_forgotten_code_is_new() {
        let mut presentation = Presentation::default();
        presentation.see("A", Uptime(0));

        presentation.forget("A");

        assert!(presentation.see("A", Uptime(1)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut presentation = Presentation::default();
        for n in 0..1_000 {
            presentation.see(&n.to_string(), Uptime(n));
        }
        assert_eq!(presentation.in_view.len(), CODES_MAX);
    }
}
