//! Registrations as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::journal::walk_in::{Payment, Right};
use sync_protocol::verdict::TicketStatus;
use utoipa::{IntoParams, ToSchema};

use super::{Raw, Registration};
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::tickets::Ticket;
use crate::tickets::body::TicketBody;
use crate::walk_ins::Origin;

/// An attendee to register.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistrationBody {
    /// 1 to 200 characters.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// The e-mail address.
    #[serde(default)]
    #[schema(example = "ada@example.org")]
    pub email: Option<String>,
    /// The phone number; at most 40 characters.
    #[serde(default)]
    #[schema(example = "+49 30 123456")]
    pub phone: Option<String>,
    /// The ticket type's name; may be left out where there is only one.
    #[serde(default)]
    #[schema(example = "Regular")]
    pub ticket_type: Option<String>,
    /// What the door should know; at most 500 characters, of which terminals show the first 128 bytes.
    #[serde(default)]
    #[schema(example = "Wheelchair: use the ramp")]
    pub note: Option<String>,
    /// What another system knows the attendee by, unique in the event; at most 100 characters.
    #[serde(default)]
    #[schema(example = "order-4711-2")]
    pub external_id: Option<String>,
    /// The order that the attendee came with; at most 64 bytes. Those of one order can be admitted together.
    #[serde(default)]
    #[schema(example = "order-4711")]
    pub order: Option<String>,
    /// `valid` or `unpaid`; `valid` if absent.
    #[serde(default)]
    #[schema(example = "valid")]
    pub status: Option<String>,
    /// Staff should look at the note.
    #[serde(default)]
    pub attention: bool,
    /// Staff should check who it is.
    #[serde(default)]
    pub id_check: bool,
}

impl NewRegistrationBody {
    /// Returns the attendee, unchecked.
    pub fn raw(&self) -> Raw<'_> {
        Raw {
            name: &self.name,
            email: self.email.as_deref().unwrap_or_default(),
            phone: self.phone.as_deref().unwrap_or_default(),
            ticket_type: self.ticket_type.as_deref().unwrap_or_default(),
            note: self.note.as_deref().unwrap_or_default(),
            status: self.status.as_deref().unwrap_or_default(),
            external_id: self.external_id.as_deref().unwrap_or_default(),
            order: self.order.as_deref().unwrap_or_default(),
            attention: self.attention,
            id_check: self.id_check,
        }
    }
}

/// A registered attendee.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegistrationBody {
    /// The registration's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// The attendee's name.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// The e-mail address.
    #[schema(example = "ada@example.org")]
    pub email: Option<String>,
    /// The phone number.
    #[schema(example = "+49 30 123456")]
    pub phone: Option<String>,
    /// What another system knows the attendee by.
    #[schema(example = "order-4711-2")]
    pub external_id: Option<String>,
    /// The order that the attendee came with.
    #[schema(example = "order-4711")]
    pub order: Option<String>,
    /// What the door should know; may be empty.
    #[schema(example = "Wheelchair: use the ramp")]
    pub note: String,
    /// The attendee's ticket.
    pub ticket: TicketBody,
    /// How the ticket was sold at the door; absent if it was not.
    pub sold_at_door: Option<OriginBody>,
    /// When the registration was made.
    #[schema(example = "2026-08-01T10:00:00.000Z")]
    pub created_at: String,
}

impl RegistrationBody {
    /// Returns a registration for `event` as it is shown.
    pub fn of(registration: &Registration, ticket: &Ticket, event: &Event) -> Self {
        let attendee = &registration.attendee;
        Self {
            id: registration.id.to_string(),
            name: attendee.name.clone(),
            email: attendee.email.clone(),
            phone: attendee.phone.clone(),
            external_id: attendee.external_id.clone(),
            order: attendee.order.clone(),
            note: attendee.note.clone(),
            ticket: TicketBody::of(ticket, event),
            sold_at_door: registration.sale.as_ref().map(OriginBody::of),
            created_at: rfc3339(registration.created_at),
        }
    }
}

/// How a ticket was sold at the door.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OriginBody {
    /// The number of the device that sold it.
    #[schema(example = 3)]
    device: u16,
    /// Who was at the device; may be empty.
    #[schema(example = "Eve")]
    operator: String,
    /// What was taken, in the currency's minor unit.
    #[schema(example = 4900)]
    amount: u32,
    /// The currency; the code for none (ISO 4217) where nothing was taken and nothing was asked.
    #[schema(example = "EUR")]
    currency: String,
    /// `cash`, `card` or `free`.
    #[schema(value_type = String, example = "cash")]
    method: Payment,
    /// What allowed it: `lease` (the device's places), `supervisor` or `overflow` (the event's rules).
    #[schema(value_type = String, example = "lease")]
    allowed_by: Right,
    /// Whether it went beyond the device's places.
    beyond_places: bool,
}

impl OriginBody {
    fn of(origin: &Origin) -> Self {
        Self {
            device: origin.device_no.0,
            operator: origin.operator.clone(),
            amount: origin.takings.amount,
            currency: origin.takings.currency.clone(),
            method: origin.takings.payment,
            allowed_by: origin.allowed_by,
            beyond_places: origin.is_over,
        }
    }
}

/// Which registrations, and which page of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Part of the name, e-mail address, external id or order, whatever its accents and case.
    pub q: Option<String>,
    /// Only tickets of this type.
    pub ticket_type: Option<String>,
    /// Only tickets of this status: `valid`, `unpaid`, `blocked` or `cancelled`.
    #[param(value_type = Option<String>)]
    pub status: Option<TicketStatus>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Imported {
    /// How many attendees were registered.
    #[schema(example = 10_000)]
    pub imported: usize,
}
