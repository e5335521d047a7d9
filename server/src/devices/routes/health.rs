//! How devices are, as JSON.

use serde::Serialize;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::sync::health::{CameraHealth, Percent, Power};
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use crate::devices::Device;
use crate::devices::health::{Concern, Reported};
use crate::http::time::rfc3339;

/// How a terminal is, as it told with its last question for the feed, at most every few seconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceHealth)]
pub(super) struct HealthBody {
    /// When it told.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    seen_at: String,
    /// What asks for somebody to go and look, the most urgent first; none where all is well. `silent`: not heard for
    /// two minutes, and what it told before is old. `list_stale`: its list is older than two minutes. `many_unsent`:
    /// more than a hundred entries are only on its disk. `clock_off`: by more than five seconds, or nobody knows.
    /// `battery_low`: below 20 % and being emptied. `camera_dark`: it gives no pictures.
    #[schema(example = json!(["battery_low"]))]
    concerns: Vec<Concern>,
    /// When its list was last known to be the server's; absent before its first one.
    #[schema(example = "2026-11-21T08:59:37.902Z", format = "date-time")]
    list_at: Option<String>,
    /// How old its list was when it told, in ms.
    #[schema(example = 24_115)]
    list_age_ms: Option<u64>,
    /// Entries of its journal that the server had not acknowledged.
    #[schema(example = 2)]
    unsent: u32,
    /// How much it corrects its clock by, in ms: the server's time less its own.
    #[schema(example = -180)]
    clock_offset_ms: i32,
    /// How wrong its corrected time may be, in ms.
    #[schema(example = 40)]
    clock_uncertainty_ms: u32,
    /// How full its battery is; absent where there is none.
    #[schema(example = 14, minimum = 0, maximum = 100)]
    battery_percent: Option<u8>,
    /// Whether it empties no battery.
    #[schema(example = false)]
    is_on_mains: bool,
    /// `pictures`, `dark` (it gives none) or `unused`.
    #[schema(example = "pictures")]
    camera: &'static str,
    /// The version of its program.
    #[schema(example = "0.1.0")]
    version: String,
}

impl HealthBody {
    pub(super) fn of(reported: &Reported, device: &Device, now: UnixMillis) -> Self {
        let health = &reported.health;
        // One that is no door any more needs nobody.
        let is_door = device.status() == Some(DeviceStatus::Active);
        let concerns = if is_door { reported.concerns(device.last_seen_at, now) } else { Vec::new() };
        Self {
            seen_at: rfc3339(reported.seen_at),
            concerns,
            list_at: health.list_at.map(rfc3339),
            list_age_ms: health.list_at.map(|at| reported.seen_at.since(at)),
            unsent: health.unsent,
            clock_offset_ms: health.offset_ms,
            clock_uncertainty_ms: health.uncertainty_ms,
            battery_percent: health.power.battery().map(Percent::value),
            is_on_mains: !matches!(health.power, Power::Draining(_)),
            camera: match health.camera {
                CameraHealth::Pictures => "pictures",
                CameraHealth::Dark => "dark",
                CameraHealth::Unused => "unused",
            },
            version: health.version.to_string(),
        }
    }
}
