//! Giving up everything, by the organiser's order or once the event is over: first what is owed, then the data.

use sync_protocol::id::Seq;
use sync_protocol::journal::{EntryKind, IncidentKind};

use super::Gate;
use crate::cache::Store;
use crate::causes::chain;
use crate::door::Suspension;

impl Gate {
    /// Writes down that the terminal is about to erase itself, as far as that can be written, and
    /// returns where the journal ends: the server is to have that much first.
    pub fn note_wipe(&mut self) -> Seq {
        let mut draft = Store::draft(EntryKind::Incident);
        draft.reason = IncidentKind::Wiped.reason();
        draft.gate = self.gate;
        let moment = self.moment();
        if let Err(error) = self.store.append(draft, &moment) {
            tracing::error!(error = chain(&error), "the order to erase could not be written down");
        }
        self.store.journal_end().seq
    }

    /// Destroys everything this terminal holds of the event. The gate decides nothing any more.
    pub fn erase(&mut self) {
        tracing::warn!("erasing everything by the organiser's order");
        self.erase_for(Suspension::Wiped);
    }

    /// Destroys everything this terminal holds of an event that is closed, unless the journal holds something that the
    /// server has not acknowledged. Afterwards the gate decides nothing any more. Returns whether it came to that.
    pub fn shred(&mut self) -> bool {
        match self.store.begin_shredding() {
            Ok(true) => tracing::warn!("the event is closed and everything was sent: erasing its data"),
            Ok(false) => return false,
            Err(error) => {
                tracing::error!(error = chain(&error), "the event is closed, and its data cannot be erased now");
                return false;
            }
        }
        self.erase_for(Suspension::Shredded);
        true
    }

    fn erase_for(&mut self, reason: Suspension) {
        self.end_search();
        if let Err(error) = self.store.erase() {
            tracing::error!(error = chain(&error), "not everything could be erased");
        }
        self.erased = Some(reason);
    }

    /// Whether everything was erased.
    pub const fn is_erased(&self) -> bool {
        self.erased.is_some()
    }
}
