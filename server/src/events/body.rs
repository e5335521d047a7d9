//! Events as JSON: what organisers send and what they get back. Zones, gates and ticket types are
//! named, not numbered, wherever one speaks of another.

use std::fmt;

use serde::{Deserialize, Serialize};
use sync_protocol::policy::{Class, Limits, Manual, ReEntry, Switches, Unlisted, WalkIn};
use sync_protocol::time::Window;
use utoipa::ToSchema;

use super::{Event, Price};
use crate::http::time::rfc3339;

/// An event to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "RustConf",
    "time_zone": "Europe/Berlin",
    "starts": "2026-11-21T09:00:00+01:00",
    "ends": "2026-11-22T18:00:00+01:00",
    "zones": [{ "name": "Hall", "capacity": 800 }],
    "gates": [{ "name": "Main entrance", "zone": "Hall" }, { "name": "Side door", "zone": "Hall" }],
    "ticket_types": [
        { "name": "Regular", "price": { "amount": 4900, "currency": "EUR" }, "quota": 700, "re_entry": "after_exit",
          "uses": { "limit": null } },
        { "name": "Speaker", "gates": ["Side door"] }
    ]
}))]
pub struct NewEvent {
    /// 1 to 200 characters.
    pub name: String,
    /// The IANA name of the event's time zone.
    pub time_zone: String,
    /// When the event begins, RFC 3339 with an offset.
    pub starts: String,
    /// When the event ends.
    pub ends: String,
    /// What gates lead into. Without any there is one, called "Venue".
    #[serde(default)]
    pub zones: Vec<ZoneBody>,
    /// Entrances. Without any there is one into each zone, called as the zone is.
    #[serde(default)]
    pub gates: Vec<GateBody>,
    /// Ticket types; at least one.
    pub ticket_types: Vec<TicketTypeBody>,
    /// Times and numbers.
    #[serde(default)]
    pub limits: LimitsBody,
    /// Choices.
    #[serde(default)]
    pub switches: SwitchesBody,
    /// Who may decide against a finding where the rules ask for a supervisor, with a PIN each.
    #[serde(default)]
    pub supervisors: Vec<NewSupervisorBody>,
}

/// Those who may decide against a finding.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "supervisors": [{ "name": "Ada", "pin": "471100" }] }))]
pub struct NewSupervisorsBody {
    /// All of them: who is not named is none any more.
    pub supervisors: Vec<NewSupervisorBody>,
}

/// Somebody who may decide against a finding.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupervisorBody {
    /// What they are called at the door, unlike every other supervisor; at most 128 bytes.
    #[schema(example = "Ada")]
    pub name: String,
    /// Their PIN: 4 to 12 digits, unlike every other supervisor's. Left out, it stays what it was.
    #[serde(default)]
    #[schema(example = "471100", write_only)]
    pub pin: Option<String>,
}

impl fmt::Debug for NewSupervisorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSupervisorBody").field("name", &self.name).finish_non_exhaustive()
    }
}

impl NewSupervisorBody {
    /// Returns the name and the PIN.
    pub fn parts(self) -> (String, Option<String>) {
        (self.name, self.pin)
    }
}

/// Somebody who may decide against a finding. Their PIN is never told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupervisorBody {
    /// What they are called at the door.
    #[schema(example = "Ada")]
    pub name: String,
}

/// An event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// Its name.
    #[schema(example = "RustConf")]
    pub name: String,
    /// The IANA name of its time zone.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// When it begins.
    #[schema(example = "2026-11-21T08:00:00.000Z")]
    pub starts: String,
    /// When it ends.
    #[schema(example = "2026-11-22T17:00:00.000Z")]
    pub ends: String,
    /// What gates lead into.
    pub zones: Vec<ZoneBody>,
    /// Entrances.
    pub gates: Vec<GateBody>,
    /// Ticket types.
    pub ticket_types: Vec<TicketTypeBody>,
    /// Times and numbers.
    pub limits: LimitsBody,
    /// Choices.
    pub switches: SwitchesBody,
    /// Who may decide against a finding.
    pub supervisors: Vec<SupervisorBody>,
    /// When it was made.
    #[schema(example = "2026-08-01T10:00:00.000Z")]
    pub created_at: String,
}

/// What gates lead into.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneBody {
    /// Its number, given by the server.
    #[serde(default, skip_deserializing)]
    #[schema(read_only)]
    pub id: u16,
    /// Its name, unlike every other zone's.
    #[schema(example = "Hall")]
    pub name: String,
    /// How many people may be inside.
    #[serde(default)]
    #[schema(example = 800)]
    pub capacity: Option<u32>,
}

/// An entrance.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateBody {
    /// Its number, given by the server.
    #[serde(default, skip_deserializing)]
    #[schema(read_only)]
    pub id: u16,
    /// Its name, unlike every other gate's.
    #[schema(example = "Main entrance")]
    pub name: String,
    /// The zone it leads into; may be left out where there is only one.
    #[serde(default)]
    #[schema(example = "Hall")]
    pub zone: Option<String>,
}

/// A ticket type.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketTypeBody {
    /// Its number, given by the server.
    #[serde(default, skip_deserializing)]
    #[schema(read_only)]
    pub id: u16,
    /// Its name, unlike every other type's.
    #[schema(example = "Regular")]
    pub name: String,
    /// What it costs; free without.
    #[serde(default)]
    pub price: Option<Price>,
    /// How many there may be; any number without.
    #[serde(default)]
    pub quota: Option<u32>,
    /// When it may enter; at any time without.
    #[serde(default)]
    pub windows: Vec<WindowBody>,
    /// How often it may enter; once without.
    #[serde(default)]
    pub uses: UsesBody,
    /// Whether it may come back: `forbidden`, `after_exit` or `free`.
    #[serde(default)]
    #[schema(value_type = String, example = "after_exit")]
    pub re_entry: ReEntry,
    /// The zones it opens; every zone without.
    #[serde(default)]
    pub zones: Vec<String>,
    /// The gates it may use; every gate of its zones without.
    #[serde(default)]
    pub gates: Vec<String>,
    /// Whether an unsure clock keeps its holder out until staff decide.
    #[serde(default)]
    pub strict_clock: bool,
    /// The one gate that admits it while a terminal has no link.
    #[serde(default)]
    pub home_gate: Option<String>,
}

/// A span of time: from the first instant up to, not including, the last.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowBody {
    /// The first instant.
    #[schema(example = "2026-11-21T08:00:00Z")]
    pub from: String,
    /// The first instant after.
    #[schema(example = "2026-11-21T20:00:00Z")]
    pub until: String,
}

/// How often a ticket may enter.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UsesBody {
    /// The most admissions in one period; `null` for any number.
    #[schema(example = 1)]
    pub limit: Option<u32>,
    /// Spans that are counted apart (days, slots); without any, the whole event is one.
    pub periods: Vec<WindowBody>,
}

impl Default for UsesBody {
    fn default() -> Self {
        Self { limit: Some(1), periods: Vec::new() }
    }
}

/// Times and numbers.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsBody {
    /// The same ticket at the same device within this time is one presentation, in ms.
    #[schema(example = 5000)]
    pub repeat_ms: u64,
    /// How long a terminal waits for the server's word before it admits on its own, in ms.
    #[schema(example = 400)]
    pub claim_ms: u64,
    /// How long a list may still admit after it should have been renewed, in ms.
    #[schema(example = 43_200_000)]
    pub max_offline_ms: u64,
    /// The clock error above which a clock is unsure, in ms.
    #[schema(example = 120_000)]
    pub max_uncertainty_ms: u64,
    /// What windows are widened by at both ends, in ms.
    #[schema(example = 0)]
    pub grace_ms: u64,
    /// How many tickets that are not in its list one device may admit.
    #[schema(example = 200)]
    pub unlisted_cap: u32,
    /// How many tickets one device may sell without a right, where `walk_in` is `overflow`.
    #[schema(example = 20)]
    pub walk_in_overflow_cap: u32,
}

impl Default for LimitsBody {
    fn default() -> Self {
        Self::from(Limits::default())
    }
}

impl From<Limits> for LimitsBody {
    fn from(limits: Limits) -> Self {
        let Limits {
            repeat_ms,
            claim_ms,
            max_offline_ms,
            max_uncertainty_ms,
            grace_ms,
            unlisted_cap,
            walk_in_overflow_cap,
        } = limits;
        Self { repeat_ms, claim_ms, max_offline_ms, max_uncertainty_ms, grace_ms, unlisted_cap, walk_in_overflow_cap }
    }
}

impl From<LimitsBody> for Limits {
    fn from(body: LimitsBody) -> Self {
        let LimitsBody {
            repeat_ms,
            claim_ms,
            max_offline_ms,
            max_uncertainty_ms,
            grace_ms,
            unlisted_cap,
            walk_in_overflow_cap,
        } = body;
        Self { repeat_ms, claim_ms, max_offline_ms, max_uncertainty_ms, grace_ms, unlisted_cap, walk_in_overflow_cap }
    }
}

/// Choices.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SwitchesBody {
    /// Unpaid tickets are admitted.
    pub admit_unpaid: bool,
    /// What happens to genuine tickets that a terminal's list does not hold yet: `admit` or `deny`.
    #[schema(value_type = String, example = "admit")]
    pub unlisted: Unlisted,
    /// Who may check in by typed code or name: `door`, `supervisor` or `never`.
    #[schema(value_type = String, example = "door")]
    pub manual: Manual,
    /// While a terminal has no link, each ticket enters only at its home gate: these share the tickets.
    pub home_gates: Vec<String>,
    /// What happens to a walk-in when a terminal has no place left to sell: `deny`, `supervisor` or `overflow`.
    #[schema(value_type = String, example = "deny")]
    pub walk_in: WalkIn,
}

impl From<&Event> for EventBody {
    fn from(event: &Event) -> Self {
        let policy = &event.policy;
        let zone_name = |id| policy.zone(id).map(|zone| zone.name.clone());
        let gate_name = |id| policy.gate(id).map(|gate| gate.name.clone());
        let ticket_type = |class: &Class| {
            let offered = event.offer.ticket_types.iter().find(|offered| offered.class == class.id);
            TicketTypeBody {
                id: class.id.0,
                name: class.name.clone(),
                price: offered.and_then(|offered| offered.price.clone()),
                quota: offered.and_then(|offered| offered.quota),
                windows: class.windows.iter().map(WindowBody::from).collect(),
                uses: UsesBody {
                    limit: class.uses.limit,
                    periods: class.uses.periods.iter().map(WindowBody::from).collect(),
                },
                re_entry: class.re_entry,
                zones: class.zones.iter().copied().filter_map(zone_name).collect(),
                gates: class.gates.iter().copied().filter_map(gate_name).collect(),
                strict_clock: class.strict_clock,
                home_gate: class.home_gate.and_then(gate_name),
            }
        };
        let Switches { admit_unpaid, unlisted, manual, home_gates, walk_in } = &policy.switches;
        Self {
            id: event.id.to_string(),
            name: policy.event.clone(),
            time_zone: policy.time_zone.clone(),
            starts: rfc3339(policy.starts),
            ends: rfc3339(policy.ends),
            zones: policy
                .zones
                .iter()
                .map(|zone| ZoneBody { id: zone.id.0, name: zone.name.clone(), capacity: zone.capacity })
                .collect(),
            gates: policy
                .gates
                .iter()
                .map(|gate| GateBody { id: gate.id.0, name: gate.name.clone(), zone: zone_name(gate.zone) })
                .collect(),
            ticket_types: policy.classes.iter().map(ticket_type).collect(),
            limits: policy.limits.into(),
            switches: SwitchesBody {
                admit_unpaid: *admit_unpaid,
                unlisted: *unlisted,
                manual: *manual,
                home_gates: home_gates.iter().copied().filter_map(gate_name).collect(),
                walk_in: *walk_in,
            },
            supervisors: policy.supervisors.iter().map(|s| SupervisorBody { name: s.name.clone() }).collect(),
            created_at: rfc3339(event.created_at),
        }
    }
}

impl From<&Window> for WindowBody {
    fn from(window: &Window) -> Self {
        Self { from: rfc3339(window.from()), until: rfc3339(window.until()) }
    }
}
