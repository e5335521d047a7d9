//! Registrations as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_protocol::journal::walk_in::{Payment, Right};
use sync_protocol::verdict::TicketStatus;
use utoipa::{IntoParams, ToSchema};

use super::check::Raw;
use super::joining::body::ContactBody;
use super::{Answers, PerPerson, Registration, State};
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
    /// Answers to the event's questions, by their keys; at most 500 characters each.
    #[serde(default)]
    #[schema(example = json!({ "meal": "vegan" }))]
    pub answers: BTreeMap<String, String>,
    /// Whether the ticket is sent to the attendee.
    #[serde(default)]
    pub send: bool,
    /// Whether the attendee is registered although this e-mail address has as many as one person may have. The record
    /// of changes tells it.
    #[serde(default)]
    #[schema(rename = "override")]
    #[serde(rename = "override")]
    pub is_override: bool,
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
            per_person: if self.is_override { PerPerson::Overridden } else { PerPerson::Kept },
            answers: Some(&self.answers),
        }
    }
}

/// An attendee.
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
    /// How far the registration has come: `registered`, `pending`, `waiting`, `cancelled` or `rejected`.
    pub state: State,
    /// Why it was cancelled or rejected; may be empty.
    #[schema(example = "")]
    pub reason: String,
    /// The ticket type that is wanted, or was given.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// The attendee's ticket; absent until there is a place for them.
    pub ticket: Option<TicketBody>,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// What was answered to the event's questions, by their keys.
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "meal": "vegan" }))]
    pub answers: Answers,
    /// Who registered the group that the attendee belongs to.
    pub contact: Option<ContactBody>,
    /// Whether the attendee was let in.
    pub checked_in: bool,
    /// How the ticket was sold at the door; absent if it was not.
    pub sold_at_door: Option<OriginBody>,
    /// When the registration was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub changed_at: String,
}

impl RegistrationBody {
    /// Returns a registration for `event` as it is shown.
    pub fn of(registration: &Registration, ticket: Option<&Ticket>, event: &Event) -> Self {
        let attendee = &registration.attendee;
        Self {
            id: registration.id.to_string(),
            name: attendee.name.clone(),
            email: attendee.email.clone(),
            phone: attendee.phone.clone(),
            external_id: attendee.external_id.clone(),
            order: attendee.order.clone(),
            note: attendee.note.clone(),
            state: registration.state,
            reason: registration.reason.clone(),
            ticket_type: event.policy.class(registration.class).map(|class| class.name.clone()).unwrap_or_default(),
            ticket: ticket.map(|ticket| TicketBody::of(ticket, event)),
            attention: registration.attention,
            id_check: registration.id_check,
            answers: registration.answers.clone(),
            contact: registration.contact.as_ref().map(ContactBody::from),
            checked_in: registration.is_checked_in,
            sold_at_door: registration.sale.as_ref().map(OriginBody::of),
            created_at: rfc3339(registration.created_at),
            changed_at: rfc3339(registration.changed_at),
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
    /// What is remembered of the name, e-mail address, phone number, external id or order: words or parts of them,
    /// in any order, whatever their accents and case, with a letter or two typed wrongly. The best come first, at
    /// most 2 000; without, all come in the order in which they were registered. At most 200 characters.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only this ticket type.
    pub ticket_type: Option<String>,
    /// Only tickets of this status: `valid`, `unpaid`, `blocked` or `cancelled`.
    #[param(value_type = Option<String>)]
    pub status: Option<TicketStatus>,
    /// Only registrations in this state.
    #[param(inline)]
    pub state: Option<State>,
    /// Only those who were let in, or only those who have a ticket and were not.
    pub checked_in: Option<bool>,
    /// Only this order.
    #[param(max_length = 64)]
    pub order: Option<String>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

/// Which registrations are written to a file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// Only this ticket type.
    pub ticket_type: Option<String>,
    /// Only tickets of this status: `valid`, `unpaid`, `blocked` or `cancelled`.
    #[param(value_type = Option<String>)]
    pub status: Option<TicketStatus>,
    /// Only registrations in this state.
    #[param(inline)]
    pub state: Option<State>,
}

/// How a file is imported.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct ImportQuery {
    /// Whether the answer only says what would happen.
    pub dry_run: bool,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    /// How many attendees were registered.
    #[schema(example = 10_000)]
    pub imported: usize,
    /// Whether this only says what would happen.
    pub dry_run: bool,
    /// How many attendees would be registered: none if there is an error or too few places.
    #[schema(example = 0)]
    pub would_import: usize,
    /// What the file wants of each ticket type.
    pub ticket_types: Vec<WantedType>,
    /// The first 100 errors.
    pub errors: Vec<ImportError>,
    /// How many errors there are.
    #[schema(example = 0)]
    pub total_errors: usize,
}

/// What a file wants of a ticket type.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WantedType {
    /// The type's name.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// How many the file holds.
    #[schema(example = 120)]
    pub wanted: u64,
    /// How many are left; absent where there may be any number.
    #[schema(example = 80)]
    pub left: Option<u64>,
}

/// What is wrong at one place of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportError {
    /// The line, the header's being 1.
    #[schema(example = 17)]
    pub line: u64,
    /// The column's name; empty where the whole line is meant.
    #[schema(example = "email")]
    pub column: String,
    /// What is wrong, for programs.
    #[serde(rename = "type")]
    #[schema(example = "email")]
    pub kind: &'static str,
    /// What is wrong, for people.
    #[schema(example = "is not an e-mail address")]
    pub msg: String,
}
