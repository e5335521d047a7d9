//! Devices as JSON.

use serde::Serialize;
use sync_protocol::id::FeedSeq;
use sync_protocol::journal::Entry;
use sync_protocol::journal::drill::{Checked, Drill, Light};
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::body::CAPABILITIES;
use super::health::HealthBody;
use crate::admissions::doors::LastEntries;
use crate::devices::Device;
use crate::devices::health::Reported;
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::walk_ins::leases::Standing;

/// What is shown beside a device.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) head: FeedSeq,
    pub(super) journal: LastEntries,
    pub(super) leases: Vec<Standing>,
    pub(super) health: Option<Reported>,
    pub(super) now: UnixMillis,
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeviceBody {
    /// Its id.
    #[schema(example = "9a0d4f0c1b2c3d4e5f60718293a4b5c6")]
    id: String,
    /// Its number in the event; absent while it waits.
    #[schema(example = 3)]
    number: Option<u16>,
    /// What people call it.
    #[schema(example = "Main entrance, left")]
    name: String,
    /// `pending`, `active`, `revoked`, `forked` (its journal exists in two versions) or `wiped` (revoked, and told
    /// to erase itself).
    #[schema(example = "active")]
    status: &'static str,
    /// The names of the gates it may stand at; none means any.
    #[schema(example = json!(["Main entrance"]))]
    gates: Vec<String>,
    /// What it may do.
    #[schema(value_type = Vec<String>, example = json!(["scan", "search"]))]
    capabilities: Vec<&'static str>,
    /// The six digits that its screen shows while it waits.
    #[schema(example = "048213")]
    digits: Option<String>,
    /// When it asked to be enrolled.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    enrolled_at: String,
    /// When it last spoke, to within a few seconds.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    last_seen_at: Option<String>,
    /// The number up to which its journal is held.
    #[schema(example = 217)]
    acknowledged_seq: u64,
    /// The number of the newest change to the event's list.
    #[schema(example = 1_204)]
    head: u64,
    /// The number of the newest change that it was last seen to hold.
    #[schema(example = 1_200)]
    cursor: Option<u64>,
    /// Until when its certificate counts. It is renewed while the terminal speaks to the server.
    #[schema(example = "2026-12-05T08:00:00.000Z", format = "date-time")]
    certificate_until: Option<String>,
    /// Who was at the device when it wrote its last entry.
    #[schema(example = "Eve")]
    operator: Option<String>,
    /// Its clock when it wrote its last entry.
    clock: Option<ClockBody>,
    /// How it is, as it last told; nothing before it first did.
    health: Option<HealthBody>,
    /// The last time that it checked itself.
    last_drill: Option<DrillBody>,
    /// What it may sell at the door.
    leases: Vec<LeaseBody>,
}

/// A device's clock.
#[derive(Debug, Serialize, ToSchema)]
struct ClockBody {
    /// The time that it had, corrected.
    #[schema(example = "2026-11-21T08:59:31.204Z", format = "date-time")]
    at: String,
    /// How much it was corrected by, in ms: the server's time less its own.
    #[schema(example = -180)]
    offset_ms: i32,
    /// How wrong it may still be, in ms.
    #[schema(example = 40)]
    uncertainty_ms: u32,
}

/// A device's check of itself.
#[derive(Debug, Serialize, ToSchema)]
struct DrillBody {
    /// When.
    #[schema(example = "2026-11-21T08:15:00.000Z", format = "date-time")]
    at: String,
    /// Who was at the device.
    #[schema(example = "Eve")]
    operator: Option<String>,
    /// The worst of its lights: `green`, `amber` or `red`.
    #[schema(value_type = Option<String>, example = "green")]
    light: Option<Light>,
    /// What was checked.
    checks: Vec<CheckBody>,
}

/// One thing that a device checked.
#[derive(Debug, Serialize, ToSchema)]
struct CheckBody {
    /// What.
    #[schema(example = "camera")]
    check: String,
    /// How it came out: `green`, `amber` or `red`.
    #[schema(value_type = String, example = "green")]
    light: Light,
    /// A figure or a few words; may be empty.
    #[schema(example = "1280×720")]
    remark: String,
}

/// What a device may sell of one ticket type.
#[derive(Debug, Serialize, ToSchema)]
struct LeaseBody {
    /// The ticket type's name.
    #[schema(example = "Regular")]
    ticket_type: String,
    /// How many it should be able to sell at any time.
    #[schema(example = 20)]
    places: u32,
    /// How many it may sell now, as far as is known: fewer than `places` where the quota has no more.
    #[schema(example = 17)]
    left: u32,
    /// How many it has sold, as far as is known.
    #[schema(example = 3)]
    sold: u32,
    /// Until when.
    #[schema(example = "2026-11-22T17:00:00.000Z", format = "date-time")]
    until: String,
}

impl DeviceBody {
    pub(super) fn of(device: &Device, event: &Event, around: &Around) -> Self {
        let Around { head, journal, leases, health, now } = around;
        let last = journal.last.as_ref();
        let gate_name = |id| event.policy.gate(id).map(|gate| gate.name.clone());
        Self {
            id: device.id.to_string(),
            number: device.number.map(|number| number.0),
            name: device.name.clone(),
            status: device.standing.name(),
            gates: device.gates.iter().copied().filter_map(gate_name).collect(),
            capabilities: CAPABILITIES
                .iter()
                .filter(|(_, capability)| device.capabilities.has(*capability))
                .map(|(name, _)| *name)
                .collect(),
            digits: device.is_pending().then(|| device.digits.clone()),
            enrolled_at: rfc3339(device.enrolled_at),
            last_seen_at: device.last_seen_at.map(rfc3339),
            acknowledged_seq: device.end.seq.0,
            head: head.0,
            cursor: device.cursor.map(|cursor| cursor.0),
            certificate_until: device.certified_until().map(rfc3339),
            operator: last.and_then(|entry| entry.operator.clone()),
            clock: last.map(|entry| ClockBody {
                at: rfc3339(entry.hlc.millis()),
                offset_ms: entry.offset_ms,
                uncertainty_ms: entry.uncertainty_ms,
            }),
            health: health.as_ref().map(|reported| HealthBody::of(reported, device, *now)),
            last_drill: journal.drill.as_ref().map(DrillBody::of),
            leases: leases.iter().map(|standing| LeaseBody::of(standing, event, *now)).collect(),
        }
    }
}

impl DrillBody {
    fn of((entry, drill): &(Entry, Drill)) -> Self {
        let check = |checked: &Checked| CheckBody {
            check: checked.check.clone(),
            light: checked.light,
            remark: checked.remark.clone(),
        };
        Self {
            at: rfc3339(entry.hlc.millis()),
            operator: entry.operator.clone(),
            light: drill.light(),
            checks: drill.checks.iter().map(check).collect(),
        }
    }
}

impl LeaseBody {
    fn of(standing: &Standing, event: &Event, now: UnixMillis) -> Self {
        Self {
            ticket_type: event.policy.class(standing.lease.class).map(|class| class.name.clone()).unwrap_or_default(),
            places: standing.lease.places,
            left: standing.left(now),
            sold: standing.sold,
            until: rfc3339(standing.lease.expires),
        }
    }
}
