//! Tickets as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::verdict::TicketStatus;
use utoipa::{IntoParams, ToSchema};

use super::qr::Level;
use super::{Change, Changed, Ticket};
use crate::events::Event;
use crate::http::time::rfc3339;

/// A ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketBody {
    /// Its number, as people read it out and type it.
    #[schema(example = "7J2V90QK4NX")]
    pub id: String,
    /// The registration it belongs to.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub registration: String,
    /// Its type's name.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// `valid`, `unpaid`, `blocked` or `cancelled`.
    #[schema(value_type = String, example = "valid")]
    pub status: TicketStatus,
    /// Which of its credentials counts: the number of the feed entry that issued it.
    #[schema(example = 17)]
    pub issue: u32,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// When it was issued first.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub changed_at: String,
}

impl TicketBody {
    /// Returns a ticket of `event` as it is shown.
    pub fn of(ticket: &Ticket, event: &Event) -> Self {
        Self {
            id: ticket.id.typed_code(),
            registration: ticket.registration.to_string(),
            ticket_type: event.policy.class(ticket.row.class).map(|class| class.name.clone()).unwrap_or_default(),
            status: ticket.row.status,
            issue: ticket.row.issue.0,
            attention: ticket.row.attention,
            id_check: ticket.row.id_check,
            created_at: rfc3339(ticket.created_at),
            changed_at: rfc3339(ticket.changed_at),
        }
    }
}

/// A ticket with what was done to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketWithChanges {
    /// The ticket.
    #[serde(flatten)]
    pub ticket: TicketBody,
    /// What was done to it, oldest first.
    pub changes: Vec<ChangedBody>,
}

/// Something that was done to a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedBody {
    /// What.
    change: Change,
    /// Why; may be empty.
    #[schema(example = "phone lost")]
    reason: String,
    /// The account of who did it; absent for an attendee with the link in their letter.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    by: Option<String>,
    /// When.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    at: String,
}

impl From<&Changed> for ChangedBody {
    fn from(changed: &Changed) -> Self {
        Self {
            change: changed.change,
            reason: changed.reason.clone(),
            by: changed.account.map(|account| account.to_string()),
            at: rfc3339(changed.at),
        }
    }
}

/// Why a ticket is changed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeBody {
    /// For those who look at the ticket later; at most 500 characters.
    #[schema(example = "phone lost")]
    pub reason: String,
}

/// How a QR code is drawn.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct QrQuery {
    /// How much of the code may be lost: `Q` (25 %), or `M` (15 %) where space is short.
    #[param(inline)]
    pub level: Level,
    /// Pixels to a module, 1 to 40; 8 if absent.
    pub module_px: u32,
}

impl Default for QrQuery {
    fn default() -> Self {
        Self { level: Level::Q, module_px: super::qr::MODULE_PX_DEFAULT }
    }
}
