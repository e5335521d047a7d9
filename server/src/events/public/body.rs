//! Published events as JSON.

use serde::Serialize;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::{Availability, Found, availability, is_shown};
use crate::accounts::OrganisationId;
use crate::events::body::WindowBody;
use crate::events::{Event, Price, Question};
use crate::http::time::rfc3339;

/// A published event, as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicEventBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// The organisation's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    organisation: String,
    /// What the organisation is called.
    #[schema(example = "Analytical Engines")]
    organisation_name: String,
    /// Its name.
    #[schema(example = "RustConf")]
    name: String,
    /// What happens there; may be empty.
    #[schema(example = "Two days of talks")]
    description: String,
    /// Where it takes place; may be empty.
    #[schema(example = "Kongresshalle, Berlin")]
    location: String,
    /// The IANA name of its time zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// When it begins.
    #[schema(example = "2026-11-21T08:00:00.000Z", format = "date-time")]
    starts: String,
    /// When it ends.
    #[schema(example = "2026-11-22T17:00:00.000Z", format = "date-time")]
    ends: String,
}

impl PublicEventBody {
    /// Returns how lists show an event of an organisation.
    pub(super) fn of(event: &Event, organisation: OrganisationId, name: &str) -> Self {
        Self {
            id: event.id.to_string(),
            organisation: organisation.to_string(),
            organisation_name: name.to_owned(),
            name: event.policy.event.clone(),
            description: event.about.description.clone(),
            location: event.about.location.clone(),
            time_zone: event.policy.time_zone.clone(),
            starts: rfc3339(event.policy.starts),
            ends: rfc3339(event.policy.ends),
        }
    }
}

/// A published event with what somebody who wants to come must know.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicEventDetail {
    /// The event.
    #[serde(flatten)]
    event: PublicEventBody,
    /// Until when attendees may cancel by themselves.
    #[schema(example = "2026-11-14T23:00:00.000Z", format = "date-time")]
    cancel_until: String,
    /// The ticket types that are for everybody, and those that the access code opens.
    ticket_types: Vec<PublicTicketTypeBody>,
    /// What attendees are asked when they register.
    questions: Vec<Question>,
}

/// A ticket type as the public sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicTicketTypeBody {
    /// Its number.
    #[schema(example = 1)]
    id: u16,
    /// Its name.
    #[schema(example = "Regular")]
    name: String,
    /// What it costs; free without.
    price: Option<Price>,
    /// When the public may have it; at any time without.
    sale: Option<WindowBody>,
    /// Whether it can be had now.
    availability: Availability,
    /// How many one person may have; one without.
    #[schema(example = 1)]
    per_person: Option<u32>,
    /// Whether an organiser says yes or no to each registration.
    needs_approval: bool,
    /// Whether people may wait for a place when there is none.
    has_waitlist: bool,
    /// When it may enter; at any time without.
    windows: Vec<WindowBody>,
}

impl PublicEventDetail {
    /// Returns how an event is shown `now` to somebody who knows `code`, if they know any.
    pub(super) fn of(found: &Found, code: Option<&str>, now: UnixMillis) -> Self {
        let Found { event, organisation, organisation_name, taken } = found;
        let shown = event.policy.classes.iter().filter_map(|class| {
            let offered = event.offered(class.id).filter(|offered| is_shown(offered, code))?;
            Some(PublicTicketTypeBody {
                id: class.id.0,
                name: class.name.clone(),
                price: offered.price.clone(),
                sale: offered.sale.as_ref().map(WindowBody::from),
                availability: availability(event, offered, taken, now),
                per_person: offered.per_person,
                needs_approval: offered.needs_approval,
                has_waitlist: offered.has_waitlist,
                windows: class.windows.iter().map(WindowBody::from).collect(),
            })
        });
        Self {
            event: PublicEventBody::of(event, *organisation, organisation_name),
            cancel_until: rfc3339(event.offer.cancel_until.unwrap_or(event.policy.starts)),
            ticket_types: shown.collect(),
            questions: event.offer.questions.clone(),
        }
    }
}
