//! How terminals are, as they tell it themselves with each question for the feed, and what of it asks for somebody.

use serde::Serialize;
use sync_protocol::id::{DeviceId, EventId, FeedSeq};
use sync_protocol::sync::health::{CameraHealth, Health, Percent, Power};
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::store;
use crate::db::{StoreError, Tx};

/// A terminal asks for news every 25 seconds: one that was not heard for so long is cut off, in ms.
pub const SILENT_AFTER_MS: u64 = 120_000;
/// A list that is older than this may lack what was sold or cancelled since, in ms.
pub const LIST_STALE_AFTER_MS: u64 = 120_000;
/// So many entries are more than a door writes between two uploads.
pub const UNSENT_MANY: u32 = 100;
/// A clock that is wrong by more than this opens and closes doors at the wrong time, in ms.
pub const CLOCK_OFF_MS: u64 = 5_000;
/// A battery that is emptier than this does not last the hour.
pub const BATTERY_LOW: Percent = Percent::new(20);

/// What a terminal told of itself, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reported {
    /// When.
    pub seen_at: UnixMillis,
    /// What.
    pub health: Health,
}

/// A terminal as those see it who watch all of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watched {
    /// Its id.
    pub id: DeviceId,
    /// Its event.
    pub event: EventId,
    /// The feed number it was last seen to hold.
    pub cursor: Option<FeedSeq>,
    /// When it asked to be enrolled.
    pub enrolled_at: UnixMillis,
    /// When it last spoke.
    pub last_seen_at: Option<UnixMillis>,
    /// What it last told of itself, if it ever did.
    pub reported: Option<Reported>,
}

/// What about a terminal asks for somebody to go and look.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// It was not heard for two minutes.
    Silent,
    /// Its list is older than two minutes, or it has none.
    ListStale,
    /// More than a hundred entries of its journal are only on its disk.
    ManyUnsent,
    /// Its clock is off by more than five seconds, or nobody knows by how much.
    ClockOff,
    /// Its battery is below 20 % and being emptied.
    BatteryLow,
    /// Its camera gives no pictures.
    CameraDark,
}

impl Reported {
    /// Returns what about it asks for somebody, the most urgent first. A terminal that is silent told the rest long
    /// ago, so it is only silent.
    pub fn concerns(&self, last_seen_at: Option<UnixMillis>, now: UnixMillis) -> Vec<Concern> {
        let Health { list_at, unsent, offset_ms, uncertainty_ms, power, camera, .. } = &self.health;
        if now.since(last_seen_at.unwrap_or(self.seen_at)) > SILENT_AFTER_MS {
            return vec![Concern::Silent];
        }
        let is_off = u64::from(offset_ms.unsigned_abs()) > CLOCK_OFF_MS || u64::from(*uncertainty_ms) > CLOCK_OFF_MS;
        let found = [
            // The list's age is that of the moment when it told.
            (list_at.is_none_or(|at| self.seen_at.since(at) > LIST_STALE_AFTER_MS), Concern::ListStale),
            (*unsent > UNSENT_MANY, Concern::ManyUnsent),
            (is_off, Concern::ClockOff),
            (matches!(power, Power::Draining(percent) if *percent < BATTERY_LOW), Concern::BatteryLow),
            (*camera == CameraHealth::Dark, Concern::CameraDark),
        ];
        found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, concern)| concern).collect()
    }
}

/// Returns the terminals of some events that count, at most `limit`, those of the events that are named first first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn watched(tx: &mut Tx, events: &[EventId], limit: u32) -> Result<Vec<Watched>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut watched = store::watched(tx, events, limit).await?;
    let place = |event: EventId| events.iter().position(|named| *named == event);
    watched.sort_by_key(|device| place(device.event));
    Ok(watched)
}

#[cfg(test)]
mod tests {
    use sync_protocol::sync::health::ProgramVersion;

    use super::*;

    const NOON: UnixMillis = UnixMillis(1_795_000_000_000);

    fn well() -> Health {
        Health {
            list_at: Some(NOON.minus(25_000)),
            unsent: 2,
            offset_ms: -180,
            uncertainty_ms: 40,
            power: Power::Charging(Percent::new(3)),
            camera: CameraHealth::Pictures,
            version: ProgramVersion::new("0.1.0").unwrap(),
        }
    }

    fn concerns(health: Health) -> Vec<Concern> {
        Reported { seen_at: NOON, health }.concerns(Some(NOON), NOON.plus(30_000))
    }

    #[test]
    fn a_terminal_that_is_well_asks_for_nobody() {
        assert_eq!(concerns(well()), []);
        assert_eq!(concerns(Health { camera: CameraHealth::Unused, power: Power::Mains, ..well() }), []);
    }

    #[test]
    fn each_thing_that_asks_for_somebody_is_told_apart() {
        let told = |health| concerns(health);

        assert_eq!(told(Health { list_at: Some(NOON.minus(LIST_STALE_AFTER_MS + 1)), ..well() }), [Concern::ListStale]);
        assert_eq!(told(Health { list_at: Some(NOON.minus(LIST_STALE_AFTER_MS)), ..well() }), []);
        assert_eq!(told(Health { list_at: None, ..well() }), [Concern::ListStale]);
        assert_eq!(told(Health { unsent: UNSENT_MANY + 1, ..well() }), [Concern::ManyUnsent]);
        assert_eq!(told(Health { offset_ms: -5_001, ..well() }), [Concern::ClockOff]);
        assert_eq!(told(Health { offset_ms: i32::MIN, ..well() }), [Concern::ClockOff]);
        assert_eq!(told(Health { uncertainty_ms: 60_000, ..well() }), [Concern::ClockOff]);
        assert_eq!(told(Health { power: Power::Draining(Percent::new(19)), ..well() }), [Concern::BatteryLow]);
        assert_eq!(told(Health { power: Power::Draining(Percent::new(20)), ..well() }), []);
        assert_eq!(told(Health { camera: CameraHealth::Dark, ..well() }), [Concern::CameraDark]);
    }

    #[test]
    fn of_a_terminal_that_is_silent_nothing_else_is_known() {
        let reported = Reported { seen_at: NOON, health: Health { unsent: 500, ..well() } };

        assert_eq!(reported.concerns(Some(NOON), NOON.plus(SILENT_AFTER_MS + 1)), [Concern::Silent]);
        let heard = Some(NOON.plus(SILENT_AFTER_MS));
        assert_eq!(reported.concerns(heard, NOON.plus(SILENT_AFTER_MS + 1)), [Concern::ManyUnsent]);
    }
}
