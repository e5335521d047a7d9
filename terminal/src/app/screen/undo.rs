//! Taking back what this door did last: choose, say why, done.

use super::{Choice, Outcome};
use crate::app::{Field, Key};
use crate::door::{Answer, Request, Undoable};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 80;

/// What may be taken back, and why it is.
#[derive(Clone, Debug)]
pub struct Undo {
    rows: Option<Vec<Undoable>>,
    choice: Choice,
    /// Why; asked for once a row is chosen.
    reason: Option<Field>,
    is_reason_missing: bool,
}

impl Undo {
    /// Opens the screen and asks what may be taken back.
    pub(super) const fn open() -> (Self, Outcome) {
        let screen = Self { rows: None, choice: Choice::new(), reason: None, is_reason_missing: false };
        (screen, Outcome::Ask(Request::Undoable))
    }

    /// Returns what may be taken back, newest first; nothing before the gate has said.
    pub fn rows(&self) -> Option<&[Undoable]> {
        self.rows.as_deref()
    }

    /// Returns the chosen row.
    pub fn chosen(&self) -> Option<(usize, &Undoable)> {
        let rows = self.rows.as_deref()?;
        let at = self.choice.of(rows.len())?;
        rows.get(at).map(|row| (at, row))
    }

    /// Returns the reason being written, once a row is chosen.
    pub const fn reason(&self) -> Option<&Field> {
        self.reason.as_ref()
    }

    /// Whether Enter was pressed without a reason.
    pub const fn is_reason_missing(&self) -> bool {
        self.is_reason_missing
    }

    pub(super) fn gives_way(&self) -> bool {
        self.reason.as_ref().is_none_or(Field::is_empty)
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        let count = self.rows.as_ref().map_or(0, Vec::len);
        let Some(reason) = &mut self.reason else {
            return match key {
                Key::Escape => Outcome::Close,
                Key::Enter if self.choice.of(count).is_some() => {
                    self.reason = Some(Field::new(REASON_CHARS_MAX));
                    Outcome::Stay
                }
                key => {
                    self.choice.press(key, count);
                    Outcome::Stay
                }
            };
        };
        self.is_reason_missing = false;
        match key {
            Key::Escape => self.reason = None,
            Key::Enter if reason.text().trim().is_empty() => self.is_reason_missing = true,
            Key::Enter => {
                let reason = reason.text().trim().to_owned();
                if let Some((_, row)) = self.chosen() {
                    return Outcome::CloseAnd(Request::Undo { entry: row.entry, reason });
                }
            }
            key => {
                reason.press(key);
            }
        }
        Outcome::Stay
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        if let Answer::Undoable(rows) = answer {
            self.rows = Some(rows.clone());
        }
        Outcome::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn a_row_is_taken_back_with_a_reason_only() {
        let mut screen = opened();
        screen.press(Key::Down);
        screen.press(Key::Enter);

        assert_eq!(screen.press(Key::Enter), Outcome::Stay);
        assert!(screen.is_reason_missing());
        "wrong guest".chars().for_each(|letter| _ = screen.press(Key::Char(letter)));
        let entry = samples::undoable()[1].entry;
        let asked = Request::Undo { entry, reason: "wrong guest".into() };
        assert_eq!(screen.press(Key::Enter), Outcome::CloseAnd(asked));
    }

    #[test]
    fn escape_goes_back_one_step_at_a_time() {
        let mut screen = opened();
        screen.press(Key::Enter);
        screen.press(Key::Char('x'));

        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert!(screen.reason().is_none());
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn a_verdict_closes_it_until_a_reason_is_being_written() {
        let mut screen = opened();
        assert!(screen.gives_way());
        screen.press(Key::Enter);
        screen.press(Key::Char('x'));

        assert!(!screen.gives_way());
    }

    #[test]
    fn with_nothing_to_take_back_enter_does_nothing() {
        let (mut screen, _) = Undo::open();
        screen.press(Key::Enter);
        screen.learn(&Answer::Undoable(Vec::new()));
        screen.press(Key::Enter);

        assert!(screen.reason().is_none() && screen.chosen().is_none());
    }

    fn opened() -> Undo {
        let (mut screen, _) = Undo::open();
        screen.learn(&Answer::Undoable(samples::undoable()));
        screen
    }
}
