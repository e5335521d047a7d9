//! Screens over the door: what is asked for with a key and has keys of its own.
//!
//! A screen is a state that takes keys, answers and time, and says what is to follow. It knows no
//! gate, no clock and no words. The camera goes on behind it: a verdict that comes while a screen
//! is open closes it if it only shows something, and stands above it if somebody is writing.

pub mod camera;
pub mod decide;
pub mod doors;
pub mod drill;
pub mod group;
pub mod operator;
pub mod sales;
pub mod scanner;
pub mod search;
pub mod ticket;
pub mod undo;
pub mod walk_in;

use std::sync::Arc;

use sync_protocol::id::TicketId;
use sync_protocol::time::Uptime;
use sync_protocol::verdict::Direction;

use super::Key;
use crate::door::{Answer, CameraOrder, CameraStatus, Decided, Request};
use crate::feedback::{Means, Tone};

/// What lies over the door, one variant for each screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// Which camera, and how large its pictures are.
    Camera(camera::Camera),
    /// Letting in against a verdict.
    Decide(decide::Decide),
    /// The event's terminals.
    Doors(doors::Doors),
    /// The ready check.
    Drill(Box<drill::Drill>),
    /// Letting in those who came in one order.
    Group(group::Group),
    /// Finding somebody.
    Search(Box<search::Search>),
    /// Taking back what this door did last.
    Undo(undo::Undo),
    /// Who is at the door, and the PIN.
    Operator(operator::Operator),
    /// The hand scanner's test.
    Scanner(scanner::ScannerTest),
    /// Selling a ticket.
    WalkIn(walk_in::WalkIn),
    /// What was sold here.
    Sales(sales::Sales),
}

/// What follows from a key, an answer or time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The screen stays.
    Stay,
    /// The screen stays, and something is asked of the gate.
    Ask(Request),
    /// The screen stays, and a tone sounds even where tones are off.
    Sound(Tone),
    /// The screen closes.
    Close,
    /// The screen stays, and something is asked of the camera.
    Camera(CameraOrder),
    /// The screen closes, and something is asked of the camera.
    CloseAndCamera(CameraOrder),
    /// The screen closes, and something is asked of the gate; what comes of it shows on the door.
    CloseAnd(Request),
    /// The screen stays, and a ticket is presented by its number.
    Present(TicketId),
    /// The screen closes, and a ticket is presented by its number; the verdict shows on the door.
    CloseAndPresent(TicketId),
    /// The order of this ticket takes the screen's place.
    OpenGroup(TicketId),
}

impl Screen {
    /// Returns the screen that `letter` opens and what is asked for it, if it opens one.
    pub(super) fn opened_by(letter: char) -> Option<(Self, Outcome)> {
        match letter {
            '/' => {
                let (screen, outcome) = search::Search::open();
                Some((Self::Search(Box::new(screen)), outcome))
            }
            'c' => {
                let (screen, outcome) = camera::Camera::open();
                Some((Self::Camera(screen), outcome))
            }
            'd' => {
                let (screen, outcome) = doors::Doors::open();
                Some((Self::Doors(screen), outcome))
            }
            'r' => {
                let (screen, outcome) = drill::Drill::open();
                Some((Self::Drill(Box::new(screen)), outcome))
            }
            'u' => {
                let (screen, outcome) = undo::Undo::open();
                Some((Self::Undo(screen), outcome))
            }
            'n' => {
                let (screen, outcome) = operator::Operator::open();
                Some((Self::Operator(screen), outcome))
            }
            'h' => Some((Self::Scanner(scanner::ScannerTest::default()), Outcome::Stay)),
            'w' => {
                let (screen, outcome) = walk_in::WalkIn::open();
                Some((Self::WalkIn(screen), outcome))
            }
            's' => {
                let (screen, outcome) = sales::Sales::open();
                Some((Self::Sales(screen), outcome))
            }
            _ => None,
        }
    }

    /// Returns the screen about the order of a ticket, with people going `direction`, and what is asked
    /// for it.
    pub(super) fn about_order_of(ticket: TicketId, direction: Direction) -> (Self, Outcome) {
        let (screen, outcome) = group::Group::open(ticket, direction);
        (Self::Group(screen), outcome)
    }

    /// Takes a key. `Interrupt` never comes here.
    pub(super) fn press(&mut self, key: Key) -> Outcome {
        match self {
            Self::Camera(screen) => screen.press(key),
            Self::Decide(screen) => screen.press(key),
            Self::Doors(screen) => screen.press(key),
            Self::Drill(screen) => screen.press(key),
            Self::Group(screen) => screen.press(key),
            Self::Search(screen) => screen.press(key),
            Self::Undo(screen) => screen.press(key),
            Self::Operator(screen) => screen.press(key),
            Self::Scanner(_) => scanner::ScannerTest::press(key),
            Self::WalkIn(screen) => screen.press(key),
            Self::Sales(screen) => screen.press(key),
        }
    }

    /// Takes an answer of the gate; those to another screen's questions mean nothing here.
    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match self {
            Self::Camera(screen) => screen.learn(answer),
            Self::Decide(screen) => screen.learn(answer),
            Self::Doors(screen) => screen.learn(answer),
            Self::Drill(screen) => screen.learn(answer),
            Self::Group(screen) => screen.learn(answer),
            Self::Search(screen) => screen.learn(answer),
            Self::Undo(screen) => screen.learn(answer),
            Self::Operator(screen) => screen.learn(answer),
            Self::Scanner(_) => Outcome::Stay,
            Self::WalkIn(screen) => screen.learn(answer),
            Self::Sales(screen) => screen.learn(answer),
        }
    }

    /// Takes in that the machine failed: what was asked of it may not have been done.
    pub(super) fn fail(&mut self) {
        match self {
            Self::WalkIn(screen) => screen.fail(),
            Self::Group(screen) => screen.fail(),
            _ => {}
        }
    }

    /// Takes a decision. Returns whether the screen is about it.
    pub(super) fn hear(&mut self, decided: &Arc<Decided>) -> bool {
        match self {
            Self::Group(screen) => screen.hear(decided),
            _ => false,
        }
    }

    /// Takes the camera's state.
    pub(super) fn see_camera(&mut self, camera: &CameraStatus) -> Outcome {
        match self {
            Self::Drill(screen) => screen.see_camera(camera),
            _ => Outcome::Stay,
        }
    }

    /// Takes what plays tones.
    pub(super) fn see_means(&mut self, means: Means) -> Outcome {
        match self {
            Self::Drill(screen) => screen.see_means(means),
            _ => Outcome::Stay,
        }
    }

    /// Takes that the camera read a code, whatever it says.
    pub(super) fn see_code(&mut self) -> Outcome {
        match self {
            Self::Drill(screen) => screen.see_code(),
            _ => Outcome::Stay,
        }
    }

    /// Lets time pass.
    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        match self {
            Self::Camera(screen) => screen.pass_time(now),
            Self::Doors(screen) => screen.pass_time(now),
            Self::Drill(screen) => screen.pass_time(now),
            Self::Group(screen) => screen.pass_time(now),
            Self::Search(screen) => screen.pass_time(now),
            Self::Decide(_)
            | Self::Undo(_)
            | Self::Operator(_)
            | Self::Scanner(_)
            | Self::WalkIn(_)
            | Self::Sales(_) => Outcome::Stay,
        }
    }

    /// Whether a verdict closes it: nothing was written that would be lost.
    pub(super) fn gives_way(&self) -> bool {
        match self {
            Self::Decide(screen) => screen.gives_way(),
            Self::Camera(_) | Self::Doors(_) => true,
            Self::Drill(screen) => screen.gives_way(),
            Self::Group(screen) => screen.gives_way(),
            Self::Search(screen) => screen.gives_way(),
            Self::Undo(screen) => screen.gives_way(),
            Self::Operator(screen) => screen.gives_way(),
            Self::Scanner(_) => true,
            Self::WalkIn(screen) => screen.gives_way(),
            Self::Sales(screen) => screen.gives_way(),
        }
    }
}

/// A row that is chosen in a list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Choice(usize);

impl Choice {
    /// How many rows Page Up and Page Down go.
    const PAGE: usize = 10;

    /// Returns the first row.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Returns which row of `count` is chosen; nothing of none.
    pub fn of(self, count: usize) -> Option<usize> {
        count.checked_sub(1).map(|last| self.0.min(last))
    }

    /// Moves with the arrow and page keys. Returns whether `key` is one of them.
    pub fn press(&mut self, key: Key, count: usize) -> bool {
        let last = count.saturating_sub(1);
        let at = self.0.min(last);
        self.0 = match key {
            Key::Up => at.saturating_sub(1),
            Key::Down => (at + 1).min(last),
            Key::PageUp => at.saturating_sub(Self::PAGE),
            Key::PageDown => (at + Self::PAGE).min(last),
            Key::Home => 0,
            Key::End => last,
            _ => return false,
        };
        true
    }

    /// Chooses a row.
    pub fn set(&mut self, row: usize) {
        self.0 = row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_stays_within_its_list() {
        let mut choice = Choice::default();
        assert_eq!(choice.of(0), None);
        choice.press(Key::Down, 0);
        assert_eq!(choice.of(3), Some(0));

        assert!(choice.press(Key::PageDown, 3));
        assert_eq!(choice.of(3), Some(2));
        assert_eq!(choice.of(2), Some(1), "rows may go while it stands");
        assert!(!choice.press(Key::Enter, 3));
    }
}
