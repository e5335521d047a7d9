//! What organisers say of devices, and enrolment codes, as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::certificate::Capabilities;
use sync_protocol::id::{EventId, GateId};
use sync_protocol::text;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use crate::devices::enrolment::{MadeCode, Role};
use crate::devices::{CERTIFICATE_DAYS, NAME_BYTES_MAX};
use crate::events::Event;
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;
use crate::walk_ins::plan::{self, PlanBody};

/// The most gates a certificate names.
const GATES_MAX: usize = 255;
const CERTIFICATE_DAYS_MAX: u16 = 400;
pub(super) const CAPABILITIES: [(&str, Capabilities); 5] = [
    ("scan", Capabilities::SCAN),
    ("search", Capabilities::SEARCH),
    ("walk_in", Capabilities::WALK_IN),
    ("supervisor", Capabilities::SUPERVISOR),
    ("courier", Capabilities::COURIER),
];

/// A code to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "name": "Main entrance, left", "gates": ["Main entrance"], "confirmed": false }))]
pub(super) struct NewCodeBody {
    /// What people call the terminal, at most 128 bytes; without, it says so itself.
    pub(super) name: String,
    /// The names of the gates it may stand at; any without.
    pub(super) gates: Vec<String>,
    /// What it may do, of `scan`, `search`, `walk_in`, `supervisor`, `courier`; the first two without.
    #[schema(example = json!(["scan", "search"]))]
    pub(super) capabilities: Option<Vec<String>>,
    /// Whether it needs no further confirmation.
    pub(super) confirmed: bool,
    /// What it should be able to sell at the door at any time, which also lets it sell at all.
    pub(super) walk_in: Vec<PlanBody>,
    /// For how many days its certificate counts each time, 1 to 400; 14 without. It is made anew whenever the
    /// terminal speaks to the server and less than half of that is left: a lost terminal runs out.
    #[schema(example = 14, minimum = 1, maximum = 400)]
    pub(super) certificate_days: Option<u16>,
}

/// What a device should be able to sell at the door.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "walk_in": [{ "ticket_type": "Regular", "places": 20 }] }))]
pub(super) struct LeasesBody {
    /// All of it: a type that is not named is not to be sold any more.
    pub(super) walk_in: Vec<PlanBody>,
}

/// What of a device is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "gates": ["Stage door"] }))]
pub(super) struct DeviceChangeBody {
    /// The names of the gates it may stand at from now on; any where the list is empty. Without, they stay.
    pub(super) gates: Option<Vec<String>>,
}

/// Returns the gates that are named, each once.
pub(super) fn named_gates(names: &[String], event: &Event) -> Result<Vec<GateId>, Vec<FieldError>> {
    let (mut gates, mut errors) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        let wanted = name.trim().to_lowercase();
        match event.policy.gates.iter().find(|gate| gate.name.to_lowercase() == wanted) {
            Some(gate) if gates.contains(&gate.id) => {}
            Some(gate) => gates.push(gate.id),
            None => errors.push(FieldError::new(&format!("body.gates.{at}"), "unknown", "is no gate of the event")),
        }
    }
    if gates.len() > GATES_MAX {
        errors.push(FieldError::new("body.gates", "too_long", format!("must be at most {GATES_MAX}")));
    }
    if errors.is_empty() { Ok(gates) } else { Err(errors) }
}

/// Checks a code to make.
pub(super) fn role(body: NewCodeBody, event: &Event, now: UnixMillis) -> Result<Role, Vec<FieldError>> {
    let mut errors = Vec::new();
    if body.name.len() > NAME_BYTES_MAX {
        errors.push(FieldError::new("body.name", "too_long", format!("must have at most {NAME_BYTES_MAX} bytes")));
    }
    let gates = named_gates(&body.gates, event).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    let mut capabilities = Capabilities::default();
    let names = body.capabilities.unwrap_or_else(|| vec!["scan".to_owned(), "search".to_owned()]);
    for (at, name) in names.iter().enumerate() {
        match CAPABILITIES.iter().find(|(known, _)| known == name) {
            Some((_, capability)) => capabilities = capabilities.and(*capability),
            None => errors.push(FieldError::new(
                &format!("body.capabilities.{at}"),
                "unknown",
                "must be scan, search, walk_in, supervisor or courier",
            )),
        }
    }
    let walk_in = plan::check(&body.walk_in, event, now).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    if !walk_in.is_empty() {
        capabilities = capabilities.and(Capabilities::WALK_IN);
    }
    let certificate_days = body.certificate_days.unwrap_or(CERTIFICATE_DAYS);
    if !(1..=CERTIFICATE_DAYS_MAX).contains(&certificate_days) {
        let msg = format!("must be between 1 and {CERTIFICATE_DAYS_MAX}");
        errors.push(FieldError::new("body.certificate_days", "out_of_range", msg));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let name = text::tidy(&body.name, NAME_BYTES_MAX);
    Ok(Role { name, gates, capabilities, is_confirmed: body.confirmed, walk_in, certificate_days })
}

/// A code that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeBody {
    /// Its id.
    #[schema(example = "4f0c9a0d1b2c3d4e5f60718293a4b5c6")]
    id: String,
    /// The code as it is typed.
    #[schema(example = "7H3KQ-0XVB2")]
    code: String,
    /// What its QR code says.
    #[schema(example = "usher://enrol?v=1&c=…&k=…&s=https://usher.example.org")]
    invitation: String,
    /// Where its QR code is drawn while it can be used.
    #[schema(example = "/api/v1/events/…/enrolment-codes/…/qr.svg")]
    qr_svg: String,
    /// The same as PNG.
    #[schema(example = "/api/v1/events/…/enrolment-codes/…/qr.png")]
    qr_png: String,
    /// Until when it can be used.
    #[schema(example = "2026-11-21T08:15:00.000Z", format = "date-time")]
    expires_at: String,
}

impl CodeBody {
    pub(super) fn of(code: &MadeCode, event: EventId) -> Self {
        let id = hex::encode(code.id.0);
        let address = format!("/api/v1/events/{event}/enrolment-codes/{id}");
        Self {
            code: code.typed.grouped(),
            invitation: code.invitation.to_text(),
            qr_svg: format!("{address}/qr.svg"),
            qr_png: format!("{address}/qr.png"),
            expires_at: rfc3339(code.expires_at),
            id,
        }
    }
}

/// How a device is revoked.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RevokeBody {
    /// Whether it is also ordered to erase itself.
    #[schema(example = true)]
    pub(super) wipe: bool,
}
