//! Registrations as their attendees see them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Mine, cancel_until};
use crate::http::time::rfc3339;
use crate::registrations::{Answers, State};
use crate::tickets::body::TicketBody;

/// A registration of one's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyRegistrationBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// The event.
    pub event: MyEventBody,
    /// Who comes.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Their e-mail address.
    #[schema(example = "ada@example.org")]
    pub email: Option<String>,
    /// Their phone number.
    #[schema(example = "+49 30 123456")]
    pub phone: Option<String>,
    /// The ticket type's name.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// How far it has come: `registered`, `pending`, `waiting`, `cancelled` or `rejected`.
    pub state: State,
    /// Why it was cancelled or rejected; may be empty.
    #[schema(example = "")]
    pub reason: String,
    /// For one who waits: 1 is next.
    #[schema(example = 3)]
    pub position: Option<u64>,
    /// The ticket; absent until there is a place.
    pub ticket: Option<TicketBody>,
    /// The reference of the order that it belongs to.
    #[schema(example = "G-7J2V90QK4N")]
    pub order: Option<String>,
    /// What was answered to the event's questions, by their keys.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({ "meal": "vegan" }))]
    pub answers: Answers,
    /// Whether the attendee was let in.
    pub checked_in: bool,
    /// Until when it can be cancelled.
    #[schema(example = "2026-11-21T08:00:00.000Z", format = "date-time")]
    pub cancel_until: String,
    /// When it was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub created_at: String,
}

/// The event that one is registered for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyEventBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// Its name.
    #[schema(example = "RustConf")]
    pub name: String,
    /// Where it takes place; may be empty.
    #[schema(example = "Kongresshalle, Berlin")]
    pub location: String,
    /// The IANA name of its time zone.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// When it begins.
    #[schema(example = "2026-11-21T08:00:00.000Z", format = "date-time")]
    pub starts: String,
    /// When it ends.
    #[schema(example = "2026-11-22T17:00:00.000Z", format = "date-time")]
    pub ends: String,
}

impl From<&Mine> for MyRegistrationBody {
    fn from(mine: &Mine) -> Self {
        let Mine { event, registration, ticket, position } = mine;
        let attendee = &registration.attendee;
        Self {
            id: registration.id.to_string(),
            event: MyEventBody {
                id: event.id.to_string(),
                name: event.policy.event.clone(),
                location: event.about.location.clone(),
                time_zone: event.policy.time_zone.clone(),
                starts: rfc3339(event.policy.starts),
                ends: rfc3339(event.policy.ends),
            },
            name: attendee.name.clone(),
            email: attendee.email.clone(),
            phone: attendee.phone.clone(),
            ticket_type: event.policy.class(registration.class).map(|class| class.name.clone()).unwrap_or_default(),
            state: registration.state,
            reason: registration.reason.clone(),
            position: *position,
            ticket: ticket.as_ref().map(|ticket| TicketBody::of(ticket, event)),
            order: attendee.order.clone(),
            answers: registration.answers.clone(),
            checked_in: registration.is_checked_in,
            cancel_until: rfc3339(cancel_until(event)),
            created_at: rfc3339(registration.created_at),
        }
    }
}
