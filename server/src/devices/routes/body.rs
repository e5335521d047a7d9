//! Enrolment codes and devices as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::certificate::Capabilities;
use sync_protocol::id::{EventId, FeedSeq};
use sync_protocol::text;
use utoipa::ToSchema;

use crate::devices::enrolment::{MadeCode, Role};
use crate::devices::{Device, NAME_BYTES_MAX};
use crate::events::Event;
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;

/// The most gates a certificate names.
const GATES_MAX: usize = 255;
const CAPABILITIES: [(&str, Capabilities); 4] = [
    ("scan", Capabilities::SCAN),
    ("search", Capabilities::SEARCH),
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
    /// What it may do, of `scan`, `search`, `supervisor`, `courier`; the first two without.
    #[schema(example = json!(["scan", "search"]))]
    pub(super) capabilities: Option<Vec<String>>,
    /// Whether it needs no further confirmation.
    pub(super) confirmed: bool,
}

/// Checks a code to make.
pub(super) fn role(body: NewCodeBody, event: &Event) -> Result<Role, Vec<FieldError>> {
    let mut errors = Vec::new();
    if body.name.len() > NAME_BYTES_MAX {
        errors.push(FieldError::new("body.name", "too_long", format!("must have at most {NAME_BYTES_MAX} bytes")));
    }
    let mut gates = Vec::new();
    for (at, name) in body.gates.iter().enumerate() {
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
    let mut capabilities = Capabilities::default();
    let names = body.capabilities.unwrap_or_else(|| vec!["scan".to_owned(), "search".to_owned()]);
    for (at, name) in names.iter().enumerate() {
        match CAPABILITIES.iter().find(|(known, _)| known == name) {
            Some((_, capability)) => capabilities = capabilities.and(*capability),
            None => errors.push(FieldError::new(
                &format!("body.capabilities.{at}"),
                "unknown",
                "must be scan, search, supervisor or courier",
            )),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Role { name: text::tidy(&body.name, NAME_BYTES_MAX), gates, capabilities, is_confirmed: body.confirmed })
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
    qr_png: String,
    /// Until when it can be used.
    #[schema(example = "2026-11-21T08:15:00.000Z")]
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
    /// `pending`, `active`, `revoked` or `forked` (its journal exists in two versions).
    #[schema(example = "active")]
    status: &'static str,
    /// The names of the gates it may stand at; none means any.
    gates: Vec<String>,
    /// What it may do.
    #[schema(value_type = Vec<String>, example = json!(["scan", "search"]))]
    capabilities: Vec<&'static str>,
    /// The six digits that its screen shows while it waits.
    #[schema(example = "048213")]
    digits: Option<String>,
    /// When it asked to be enrolled.
    enrolled_at: String,
    /// When it last spoke, to within a few seconds.
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
}

impl DeviceBody {
    pub(super) fn of(device: &Device, event: &Event, head: FeedSeq) -> Self {
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
        }
    }
}
