//! Giving up everything by the organiser's order: first what is owed, then the data.

use sync_protocol::id::Seq;
use sync_protocol::journal::{EntryKind, IncidentKind};

use super::Gate;
use crate::cache::Store;
use crate::causes::chain;

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
        self.end_search();
        if let Err(error) = self.store.erase() {
            tracing::error!(error = chain(&error), "not everything could be erased");
        }
        self.is_erased = true;
    }

    /// Whether everything was erased.
    pub const fn is_erased(&self) -> bool {
        self.is_erased
    }
}
