//! What organisers want a device to be able to sell.

use serde::{Deserialize, Serialize};
use sync_protocol::id::ClassId;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use crate::events::Event;
use crate::http::problem::FieldError;
use crate::http::time::parse_rfc3339;

/// The most ticket types that a certificate names.
pub const CLASSES_MAX: usize = 255;
/// The most places of one type.
const PLACES_MAX: u32 = 1_000_000;
/// A right to sell lasts at most so long.
const UNTIL_MS_MAX: u64 = 400 * 24 * 3_600_000;
/// How long it lasts at least where nothing is said and the event is over.
const UNTIL_MS_MIN: u64 = 12 * 3_600_000;

/// How many tickets of a type a device should be able to sell at any time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The type.
    pub class: ClassId,
    /// How many.
    pub places: u32,
    /// Until when; the event's end if it is not said.
    pub until: Option<UnixMillis>,
}

impl Plan {
    /// Returns from when on the device may sell no more.
    pub fn expires(&self, event_ends: UnixMillis, now: UnixMillis) -> UnixMillis {
        self.until.unwrap_or_else(|| event_ends.max(now.plus(UNTIL_MS_MIN)))
    }
}

/// How many tickets of a type a device should be able to sell at the door at any time.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// The ticket type's name.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// How many, at most a million. As many are taken from the quota as are left there.
    #[schema(example = 20, maximum = 1_000_000)]
    pub places: u32,
    /// Until when, RFC 3339 with an offset; until the event's end without.
    #[serde(default)]
    #[schema(example = "2026-11-21T23:00:00+01:00", format = "date-time")]
    pub until: Option<String>,
}

/// Checks what is wanted, at `body.walk_in`, and returns all that is wrong rather than the first.
///
/// # Errors
///
/// What is wrong.
pub fn check(bodies: &[PlanBody], event: &Event, now: UnixMillis) -> Result<Vec<Plan>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |path: String, kind: &str, msg: &str| errors.push(FieldError::new(&path, kind, msg));
    let mut plans: Vec<Plan> = Vec::with_capacity(bodies.len());
    if bodies.len() > CLASSES_MAX {
        wrong("body.walk_in".to_owned(), "too_long", "must be at most 255");
    }
    for (at, body) in bodies.iter().enumerate() {
        let path = |field: &str| format!("body.walk_in.{at}.{field}");
        let class = event.class_named(&body.ticket_type).map(|class| class.id);
        match class {
            None => wrong(path("ticket_type"), "unknown", "is not one of the event's ticket types"),
            Some(class) if plans.iter().any(|plan| plan.class == class) => {
                wrong(path("ticket_type"), "duplicate", "is there already");
            }
            Some(_) => {}
        }
        if body.places > PLACES_MAX {
            wrong(path("places"), "out_of_range", "must be at most a million");
        }
        let until = body.until.as_deref().map(parse_rfc3339);
        match until {
            Some(None) => {
                wrong(path("until"), "time", "must be a time with an offset, such as 2026-11-21T23:00:00+01:00")
            }
            Some(Some(until)) if until <= now || until.since(now) > UNTIL_MS_MAX => {
                wrong(path("until"), "out_of_range", "must be in the future, and at most 400 days from now");
            }
            _ => {}
        }
        if let Some(class) = class {
            plans.push(Plan { class, places: body.places, until: until.flatten() });
        }
    }
    if errors.is_empty() { Ok(plans) } else { Err(errors) }
}
