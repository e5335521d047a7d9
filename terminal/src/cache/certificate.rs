//! This terminal's certificate: what it was enrolled with, until the list brings a newer one.

use sync_protocol::certificate::Certificate;
use sync_protocol::time::Window;

use super::{Store, StoreError};
use crate::clock::Moment;

impl Store {
    /// Returns what the server certified about this terminal last.
    pub const fn certificate(&self) -> &Certificate {
        &self.identity.certificate
    }

    /// Whether the certificate holds at `moment`, by its own dates.
    pub fn is_certified(&self, moment: &Moment) -> bool {
        self.certified().contains(moment.now)
    }

    /// Returns from when until when the certificate holds.
    pub const fn certified(&self) -> Window {
        self.identity.certificate.validity
    }

    /// Takes in the certificate that the list has for this terminal, if that succeeds the one held.
    ///
    /// It is kept beside the device's keys and not only in the list, so that a terminal whose list must be
    /// downloaded anew does not fall back to an earlier one. Called whenever the list was read or has changed.
    ///
    /// # Errors
    ///
    /// What the disk says; the next opening tries again.
    pub(super) fn adopt_certificate(&mut self) -> Result<(), StoreError> {
        let Some(listed) = self.known.certified(self.identity.device()) else { return Ok(()) };
        if !listed.certificate.succeeds(&self.identity.certificate) {
            return Ok(());
        }
        let mut identity = self.identity.clone();
        identity.signed.clone_from(&listed.signed);
        identity.certificate.clone_from(&listed.certificate);
        self.commit(|transaction, sealer, _| identity.write(transaction, sealer))?;
        tracing::info!(until = identity.certificate.validity.until().0, "the server renewed the certificate");
        self.identity = identity;
        Ok(())
    }
}
