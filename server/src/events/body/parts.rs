//! The parts of an event as JSON: zones, gates, ticket types, limits, switches.

use serde::{Deserialize, Serialize};
use sync_protocol::policy::{Limits, Manual, ReEntry, Unlisted, WalkIn};
use sync_protocol::time::Window;
use utoipa::ToSchema;

use crate::events::Price;
use crate::http::time::rfc3339;

/// What gates lead into.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneBody {
    /// Its number, given by the server. In a change it says which one is meant, so that its name may be another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub id: Option<u16>,
    /// Its name, unlike every other zone's: 1 to 200 characters.
    #[schema(example = "Hall", min_length = 1, max_length = 200)]
    pub name: String,
    /// How many people may be inside, at most 1 000 000.
    #[serde(default)]
    #[schema(example = 800, maximum = 1_000_000)]
    pub capacity: Option<u32>,
}

/// An entrance.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateBody {
    /// Its number, given by the server. In a change it says which one is meant, so that its name may be another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub id: Option<u16>,
    /// Its name, unlike every other gate's: 1 to 200 characters.
    #[schema(example = "Main entrance", min_length = 1, max_length = 200)]
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
    /// Its number, given by the server. In a change it says which one is meant, so that its name may be another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub id: Option<u16>,
    /// Its name, unlike every other type's: 1 to 200 characters.
    #[schema(example = "Regular", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it costs; free without.
    #[serde(default)]
    pub price: Option<Price>,
    /// How many there may be, at most 1 000 000; any number without.
    #[serde(default)]
    #[schema(example = 400, maximum = 1_000_000)]
    pub quota: Option<u32>,
    /// When the public may have it; at any time without.
    #[serde(default)]
    pub sale: Option<WindowBody>,
    /// How many one person may have, 1 to 100; one without, when registering again is refused.
    #[serde(default)]
    #[schema(example = 1, minimum = 1, maximum = 100)]
    pub per_person: Option<u32>,
    /// Shown and given by the public's side only to whoever knows this: 4 to 64 characters.
    #[serde(default)]
    #[schema(example = "friends-2026", min_length = 4, max_length = 64)]
    pub access_code: Option<String>,
    /// Whether staff should look at the note of everybody who comes with it.
    #[serde(default)]
    pub attention: bool,
    /// Whether an organiser says yes or no to each registration.
    #[serde(default)]
    pub needs_approval: bool,
    /// Whether people may wait for a place when there is none.
    #[serde(default)]
    pub has_waitlist: bool,
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
    #[schema(example = json!(["Hall"]))]
    pub zones: Vec<String>,
    /// The gates it may use; every gate of its zones without.
    #[serde(default)]
    #[schema(example = json!(["Main entrance"]))]
    pub gates: Vec<String>,
    /// Whether an unsure clock keeps its holder out until staff decide.
    #[serde(default)]
    pub strict_clock: bool,
    /// The one gate that admits it while a terminal has no link.
    #[serde(default)]
    #[schema(example = "Main entrance")]
    pub home_gate: Option<String>,
}

/// A span of time: from the first instant up to, not including, the last.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowBody {
    /// The first instant.
    #[schema(example = "2026-11-21T08:00:00Z", format = DateTime)]
    pub from: String,
    /// The first instant after.
    #[schema(example = "2026-11-21T20:00:00Z", format = DateTime)]
    pub until: String,
}

/// How often a ticket may enter.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UsesBody {
    /// The most admissions in one period, 1 to 1 000 000; `null` for any number.
    #[schema(example = 1, minimum = 1, maximum = 1_000_000)]
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
    #[schema(example = 5000, maximum = 31_622_400_000_i64)]
    pub repeat_ms: u64,
    /// How long a terminal waits for the server's word before it admits on its own, in ms.
    #[schema(example = 400, maximum = 31_622_400_000_i64)]
    pub claim_ms: u64,
    /// How long a list may still admit after it should have been renewed, in ms.
    #[schema(example = 43_200_000, maximum = 31_622_400_000_i64)]
    pub max_offline_ms: u64,
    /// The clock error above which a clock is unsure, in ms.
    #[schema(example = 120_000, maximum = 31_622_400_000_i64)]
    pub max_uncertainty_ms: u64,
    /// What windows are widened by at both ends, in ms.
    #[schema(example = 0, maximum = 31_622_400_000_i64)]
    pub grace_ms: u64,
    /// How many tickets that are not in its list one device may admit.
    #[schema(example = 200, maximum = 1_000_000)]
    pub unlisted_cap: u32,
    /// How many tickets one device may sell without a right, where `walk_in` is `overflow`.
    #[schema(example = 20, maximum = 1_000_000)]
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

impl From<&Window> for WindowBody {
    fn from(window: &Window) -> Self {
        Self { from: rfc3339(window.from()), until: rfc3339(window.until()) }
    }
}
