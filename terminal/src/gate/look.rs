//! Looking at a ticket without deciding: the verdict as it would be, and nothing written down.

use std::time::Instant;

use sync_protocol::verdict::Direction;

use super::{Gate, Source};
use crate::door::{Decided, Fault, Purpose};

impl Gate {
    /// Says what would be decided about a presented text. Nothing is written down, nobody is let in,
    /// and a full disk is no hindrance.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the machine cannot decide.
    pub fn look(&mut self, text: &str, source: Source, direction: Direction) -> Result<Decided, Fault> {
        let started = Instant::now();
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        let weighed = self.weigh(text, source, direction, &moment, started)?;
        Ok(Decided { purpose: Purpose::Look, ..self.tell(weighed, None) })
    }
}
