//! Cash-up: what was taken at this terminal, and each sale, whose ticket can be shown again.

use super::ticket::Ticket;
use super::{Choice, Outcome};
use crate::app::Key;
use crate::door::{Answer, Request};
use crate::walk_in::Sold;
use crate::walk_in::till::{Taking, takings, totals};

/// What was sold here.
#[derive(Clone, Debug)]
pub struct Sales {
    rows: Option<Vec<Sold>>,
    takings: Vec<Taking>,
    totals: Vec<Taking>,
    choice: Choice,
    ticket: Option<Box<Ticket>>,
}

impl Sales {
    /// Opens the screen and asks what was sold.
    pub(super) const fn open() -> (Self, Outcome) {
        let screen = Self { rows: None, takings: Vec::new(), totals: Vec::new(), choice: Choice::new(), ticket: None };
        (screen, Outcome::Ask(Request::Sales))
    }

    /// Returns every sale, newest first; nothing before the gate has said.
    pub fn rows(&self) -> Option<&[Sold]> {
        self.rows.as_deref()
    }

    /// Returns what each person took.
    pub fn takings(&self) -> &[Taking] {
        &self.takings
    }

    /// Returns what all took together.
    pub fn totals(&self) -> &[Taking] {
        &self.totals
    }

    /// Returns the chosen row.
    pub fn chosen(&self) -> Option<(usize, &Sold)> {
        let rows = self.rows.as_deref()?;
        let at = self.choice.of(rows.len())?;
        rows.get(at).map(|row| (at, row))
    }

    /// Returns the ticket that is shown again.
    pub fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_deref()
    }

    pub(super) const fn gives_way(&self) -> bool {
        self.ticket.is_none()
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        if let Some(ticket) = &mut self.ticket {
            let outcome = if key == Key::Enter { Outcome::Close } else { ticket.press(key) };
            if outcome == Outcome::Close {
                self.ticket = None;
                return Outcome::Stay;
            }
            return outcome;
        }
        match (key, self.chosen()) {
            (Key::Escape, _) => Outcome::Close,
            (Key::Enter, Some((_, sold))) => Outcome::Ask(Request::SoldTicket(sold.entry)),
            (key, _) => {
                self.choice.press(key, self.rows.as_ref().map_or(0, Vec::len));
                Outcome::Stay
            }
        }
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match (answer, &mut self.ticket) {
            (Answer::Sales(rows), _) => {
                self.takings = takings(rows);
                self.totals = totals(rows);
                self.rows = Some(rows.clone());
            }
            (Answer::Sold(receipt), None) => self.ticket = Some(Box::new(Ticket::new((**receipt).clone()))),
            (answer, Some(ticket)) => return ticket.learn(answer),
            _ => {}
        }
        Outcome::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn the_till_is_added_up_and_a_ticket_can_be_shown_again() {
        let (mut screen, outcome) = Sales::open();
        assert_eq!(outcome, Outcome::Ask(Request::Sales));
        assert_eq!(screen.press(Key::Enter), Outcome::Stay);
        screen.learn(&Answer::Sales(samples::sales()));
        assert!(!screen.takings().is_empty() && !screen.totals().is_empty());
        screen.press(Key::Down);
        let entry = samples::sales()[1].entry;

        assert_eq!(screen.press(Key::Enter), Outcome::Ask(Request::SoldTicket(entry)));
        screen.learn(&Answer::Sold(Box::new(samples::receipt())));

        assert!(screen.ticket().is_some() && !screen.gives_way());
        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert!(screen.ticket().is_none());
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }
}
