//! Telling the server how this terminal is, beside a question for the feed: nothing waits for it.

use sync_protocol::sync::health::{Health, Percent, Power, ProgramVersion};

use super::{Driver, SyncError};
use crate::drill::Battery;

/// How often it is told at most, in ms.
const EVERY_MS: u64 = 10_000;

impl Driver {
    /// Returns how this terminal is, if that was not told lately.
    pub(super) fn health(&mut self) -> Result<Option<Health>, SyncError> {
        let now = self.now();
        let Some(version) = ProgramVersion::new(env!("CARGO_PKG_VERSION")).filter(|_| self.health_due <= now) else {
            return Ok(None);
        };
        self.health_due = now.plus(EVERY_MS);
        let (moment, list_at, camera) =
            self.desk.call(|gate| (gate.moment(), gate.store().list_at(), gate.camera_health()))?;
        Ok(Some(Health {
            list_at,
            unsent: u32::try_from(self.client.unsent()).unwrap_or(u32::MAX),
            offset_ms: moment.offset_ms(),
            uncertainty_ms: u32::try_from(moment.uncertainty_ms).unwrap_or(u32::MAX),
            power: power(Battery::read()),
            camera,
            version,
        }))
    }
}

const fn power(battery: Battery) -> Power {
    match battery {
        Battery::None => Power::Mains,
        Battery::Charging(percent) => Power::Charging(Percent::new(percent)),
        Battery::Draining(percent) => Power::Draining(Percent::new(percent)),
    }
}
