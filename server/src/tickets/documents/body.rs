//! A member's tickets as JSON.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::events::{Event, State};
use crate::http::time::rfc3339;
use crate::language::Language;
use crate::tickets::Ticket;
use crate::tickets::body::TicketBody;

/// A ticket of the caller's own, with what it is for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyTicketBody {
    /// The event's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    event: String,
    /// The event's name.
    #[schema(example = "RustConf")]
    event_name: String,
    /// How far the event has come.
    event_state: State,
    /// Where it takes place; may be empty.
    #[schema(example = "Große Halle, Köln")]
    location: String,
    /// When it begins.
    #[schema(example = "2026-11-21T08:00:00.000Z", format = "date-time")]
    starts: String,
    /// When it ends.
    #[schema(example = "2026-11-22T17:00:00.000Z", format = "date-time")]
    ends: String,
    /// Where its clocks are: an IANA name.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// Whose name stands on the ticket.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// The ticket.
    ticket: TicketBody,
}

impl MyTicketBody {
    pub(super) fn of(event: &Event, name: String, ticket: &Ticket) -> Self {
        Self {
            event: event.id.to_string(),
            event_name: event.policy.event.clone(),
            event_state: event.state,
            location: event.about.location.clone(),
            starts: rfc3339(event.policy.starts),
            ends: rfc3339(event.policy.ends),
            time_zone: event.policy.time_zone.clone(),
            name,
            ticket: TicketBody::of(ticket, event),
        }
    }
}

/// How a ticket's document is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DocumentQuery {
    /// Its language, `en` or `de`; the installation's if absent.
    #[param(inline)]
    pub language: Option<Language>,
}
