//! The event's terminals: who let in how many, and who has not been heard from. Here this terminal
//! is moved to another gate as well.

use sync_protocol::id::GateId;
use sync_protocol::time::Uptime;

use super::{Choice, Outcome};
use crate::app::Key;
use crate::door::{Answer, Doors as Seen, Request};

/// How often the list is asked for anew, in ms.
pub const REFRESH_MS: u64 = 5_000;
/// The key that chooses this terminal's gate.
pub const GATE_KEY: char = 'g';

/// What is known of the event's terminals.
#[derive(Clone, Debug)]
pub struct Doors {
    seen: Option<Seen>,
    row: Choice,
    /// The gate being chosen for this terminal.
    gate: Option<Choice>,
    /// Since when the list is as it is; nothing before time first passed.
    asked: Option<Uptime>,
}

impl Doors {
    /// Opens the screen and asks who there is.
    pub(super) const fn open() -> (Self, Outcome) {
        let screen = Self { seen: None, row: Choice::new(), gate: None, asked: None };
        (screen, Outcome::Ask(Request::Doors))
    }

    /// Returns what is known; nothing before the gate has said.
    pub const fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// Returns which terminal is chosen.
    pub fn row(&self) -> Option<usize> {
        self.row.of(self.seen.as_ref()?.doors.len())
    }

    /// Returns which of the gates is chosen, while one is being chosen.
    pub fn gate(&self) -> Option<usize> {
        self.gate?.of(self.seen.as_ref()?.gates.len())
    }

    /// Whether there is another gate to choose.
    pub fn has_choice(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.gates.iter().any(|gate| *gate != seen.gate))
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        let has_choice = self.has_choice();
        let Some(seen) = &self.seen else {
            return if key == Key::Escape { Outcome::Close } else { Outcome::Stay };
        };
        let Some(choice) = &mut self.gate else {
            match key {
                Key::Escape => return Outcome::Close,
                Key::Char(GATE_KEY) if has_choice => {
                    let mut choice = Choice::new();
                    choice.set(position(&seen.gates, seen.gate));
                    self.gate = Some(choice);
                }
                key => _ = self.row.press(key, seen.doors.len()),
            }
            return Outcome::Stay;
        };
        match key {
            Key::Escape => self.gate = None,
            Key::Enter => {
                let gate = choice.of(seen.gates.len()).and_then(|at| seen.gates.get(at)).copied();
                self.gate = None;
                if let Some(gate) = gate {
                    return Outcome::CloseAnd(Request::StandAt(gate));
                }
            }
            key => _ = choice.press(key, seen.gates.len()),
        }
        Outcome::Stay
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        if let Answer::Doors(seen) = answer {
            self.seen = Some((**seen).clone());
        }
        Outcome::Stay
    }

    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        let asked = *self.asked.get_or_insert(now);
        if now.0.saturating_sub(asked.0) < REFRESH_MS {
            return Outcome::Stay;
        }
        self.asked = Some(now);
        Outcome::Ask(Request::Doors)
    }
}

fn position(gates: &[GateId], gate: GateId) -> usize {
    gates.iter().position(|one| *one == gate).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn the_list_is_asked_for_again_while_it_is_read() {
        let (mut screen, outcome) = Doors::open();
        assert_eq!(outcome, Outcome::Ask(Request::Doors));

        assert_eq!(screen.pass_time(Uptime(50)), Outcome::Stay);
        assert_eq!(screen.pass_time(Uptime(50 + REFRESH_MS - 1)), Outcome::Stay);
        assert_eq!(screen.pass_time(Uptime(50 + REFRESH_MS)), Outcome::Ask(Request::Doors));
        assert_eq!(screen.pass_time(Uptime(60 + REFRESH_MS)), Outcome::Stay);
    }

    #[test]
    fn another_gate_is_chosen_from_those_that_are_allowed() {
        let (mut screen, _) = Doors::open();
        screen.learn(&Answer::Doors(Box::new(samples::doors())));

        screen.press(Key::Char(GATE_KEY));
        assert_eq!(screen.gate(), Some(0), "the gate it stands at is chosen first");
        screen.press(Key::Down);

        assert_eq!(screen.press(Key::Enter), Outcome::CloseAnd(Request::StandAt(GateId(2))));
    }

    #[test]
    fn escape_leaves_the_gates_and_then_the_screen() {
        let (mut screen, _) = Doors::open();
        screen.learn(&Answer::Doors(Box::new(samples::doors())));
        screen.press(Key::Char(GATE_KEY));

        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn where_only_one_gate_is_allowed_none_is_chosen() {
        let (mut screen, _) = Doors::open();
        let mut seen = samples::doors();
        seen.gates.truncate(1);
        screen.learn(&Answer::Doors(Box::new(seen)));

        screen.press(Key::Char(GATE_KEY));

        assert_eq!((screen.gate(), screen.has_choice()), (None, false));
    }

    #[test]
    fn a_terminal_whose_gate_was_taken_away_can_be_moved_to_the_only_one_left() {
        let (mut screen, _) = Doors::open();
        let seen = Seen { gates: vec![GateId(3)], ..samples::doors() };
        screen.learn(&Answer::Doors(Box::new(seen)));

        screen.press(Key::Char(GATE_KEY));

        assert_eq!(screen.press(Key::Enter), Outcome::CloseAnd(Request::StandAt(GateId(3))));
    }
}
