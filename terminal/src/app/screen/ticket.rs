//! A sold ticket, large enough to be photographed, printed or put into a file.

use super::Outcome;
use crate::app::Key;
use crate::door::{Answer, Outlet, Request};
use crate::print::shop::Done;
use crate::walk_in::Receipt;

/// The ticket on the screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ticket {
    receipt: Receipt,
    done: Option<Done>,
}

impl Ticket {
    /// Shows a ticket.
    pub(super) const fn new(receipt: Receipt) -> Self {
        Self { receipt, done: None }
    }

    /// Returns the sale.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Returns what came of printing it or writing it to a file.
    pub const fn done(&self) -> Option<&Done> {
        self.done.as_ref()
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        let outlet = match key {
            Key::Char('p') => Outlet::Printer,
            Key::Char('f') => Outlet::Files,
            Key::Escape => return Outcome::Close,
            _ => return Outcome::Stay,
        };
        self.done = Some(Done::Begun);
        Outcome::Ask(Request::PutOut(self.receipt.sold.entry, outlet))
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match answer {
            // Known since the key was pressed; a quick printer's end may come before it.
            Answer::PutOut(Done::Begun) => {}
            Answer::PutOut(done) => self.done = Some(done.clone()),
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
    fn p_prints_and_f_writes_a_file() {
        let mut ticket = Ticket::new(samples::receipt());
        let entry = samples::receipt().sold.entry;

        assert_eq!(ticket.press(Key::Char('p')), Outcome::Ask(Request::PutOut(entry, Outlet::Printer)));
        assert_eq!(ticket.done(), Some(&Done::Begun));
        ticket.learn(&Answer::PutOut(Done::Printed));
        assert_eq!(ticket.done(), Some(&Done::Printed));
        ticket.learn(&Answer::PutOut(Done::Begun));
        assert_eq!(ticket.done(), Some(&Done::Printed), "a printer may be quicker than the word that it began");
        assert_eq!(ticket.press(Key::Char('f')), Outcome::Ask(Request::PutOut(entry, Outlet::Files)));
        assert_eq!(ticket.press(Key::Escape), Outcome::Close);
    }
}
