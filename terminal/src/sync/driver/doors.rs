//! Asking about the event's other terminals, beside the two lanes: nothing waits for it, and
//! nothing is decided by it.

use sync_protocol::sync::message::Doors;
use tracing::debug;

use super::{Driver, SyncError, Until};
use crate::causes::chain;
use crate::sync::exchange::ExchangeError;

/// How often the other terminals are asked about at most, in ms.
const EVERY_MS: u64 = 15_000;

impl Driver {
    /// Asks about the other terminals if the server has just answered and was not asked lately.
    pub(super) fn look_at_doors(&mut self) -> Result<(), SyncError> {
        let is_due = self.doors_due <= self.now() && self.looking.is_empty();
        if !std::mem::take(&mut self.has_pulled) || !is_due || self.until != Until::Stopped {
            return Ok(());
        }
        self.doors_due = self.now().plus(EVERY_MS);
        let (session, now) = (self.session.clone(), self.server_time()?);
        self.looking.spawn(async move { session.doors(now).await });
        Ok(())
    }

    /// Keeps what the server told of the other terminals. Where it told nothing, what was known stays.
    pub(super) fn keep_doors(&self, told: Result<Doors, ExchangeError>) -> Result<(), SyncError> {
        match told {
            Ok(doors) => self.desk.call(move |gate| gate.learn_doors(doors))?,
            Err(error) => debug!("the other terminals are not known: {}", chain(&error)),
        }
        Ok(())
    }
}
