//! When a terminal gives up everything it holds: by the organiser's signed order, or once its event is over.

use sync_protocol::time::Uptime;
use sync_protocol::wipe::WipeOrder;
use tracing::warn;

use super::{Driver, StepError, Until};
use crate::door::Suspension;
use crate::gate::desk::Closed;
use crate::sync::exchange::ExchangeError;

/// How long a terminal that is to erase itself goes on sending what it has, in ms.
const EVIDENCE_WITHIN_MS: u64 = 60_000;

impl Driver {
    /// Takes the order to erase this terminal, if the server's refusal holds one that it signed.
    pub(super) fn take_order(&mut self, error: &StepError) -> Result<(), Closed> {
        let StepError::Exchange(ExchangeError::Request(error)) = error else { return Ok(()) };
        let Some(signature) = error.wipe_order().filter(|_| self.wiping_since.is_none()) else { return Ok(()) };
        let order = WipeOrder { event: self.session.event, device: self.session.signer.device };
        if order.verify_hex(&self.session.server_key, signature).is_err() {
            warn!("an order to erase this terminal is not the server's; it is not followed");
            return Ok(());
        }
        warn!("the organiser ordered this terminal to erase itself; sending what it still has");
        self.wiping_since = Some(self.now());
        let end = self.desk.call(|gate| gate.note_wipe())?;
        self.client.handle_journaled(end);
        Ok(())
    }

    /// Whether everything is to be erased now: the server has what it may still get.
    pub(super) fn is_wipe_due(&self) -> bool {
        let Some(at) = self.wipe_at() else { return false };
        self.now() >= at || self.client.unsent() == 0 && self.client.suspended().is_some()
    }

    /// Returns when everything is to be erased at the latest, if that was ordered.
    pub(super) fn wipe_at(&self) -> Option<Uptime> {
        self.wiping_since.map(|since| since.plus(EVIDENCE_WITHIN_MS))
    }

    /// Shreds everything once the event is over and the server has the whole journal. Returns whether it came to that.
    pub(super) fn is_shredded(&mut self) -> Result<bool, Closed> {
        // Whoever waits for a first list is about to show it, and says that the event is closed.
        if self.until == Until::Listed || !self.client.is_done() {
            return Ok(false);
        }
        let end = self.desk.call(|gate| if gate.shred() { None } else { Some(gate.store().journal_end().seq) })?;
        // What was written down a moment ago is sent first.
        end.into_iter().for_each(|end| self.client.handle_journaled(end));
        Ok(end.is_none())
    }

    /// Has the conversation hear of it if the list that was taken in closes the event.
    pub(super) fn hear_of_closing(&mut self) -> Result<(), Closed> {
        if self.store(|store| store.suspension())? == Some(Suspension::Closed) {
            self.client.handle_closed();
        }
        Ok(())
    }
}
