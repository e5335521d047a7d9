//! What attendees are written about their registrations.

use serde::{Deserialize, Serialize};
use sync_protocol::id::EventId;
use sync_protocol::verdict::TicketStatus;

use super::Registration;
use crate::accounts::OrganisationId;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::mails::{self, Letter};
use crate::tickets::Ticket;

/// What has happened to a registration.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It was made.
    Made,
    /// A place became free.
    MovedUp,
    /// An organiser said yes or no.
    Decided,
    /// It was cancelled.
    Cancelled,
    /// It is somebody else's now, to whom this goes.
    Received,
}

/// Writes to the attendee, or to the contact of their group: the ticket where it is valid, else a few words.
/// Where there is no address nothing is written.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post(
    tx: &mut Tx,
    app: &App,
    organisation: OrganisationId,
    event: &Event,
    registration: &Registration,
    ticket: Option<&Ticket>,
    news: News,
) -> Result<(), StoreError> {
    post_all(tx, app, organisation, event, std::iter::once((registration, ticket)), news).await
}

/// Writes to many as [`post`] does.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post_all<'a>(
    tx: &mut Tx,
    app: &App,
    organisation: OrganisationId,
    event: &Event,
    registrations: impl Iterator<Item = (&'a Registration, Option<&'a Ticket>)>,
    news: News,
) -> Result<(), StoreError> {
    let letters: Vec<(&str, Letter)> = registrations
        .filter_map(|(registration, ticket)| {
            Some((registration.recipient()?, letter(event.id, registration, ticket, news)))
        })
        .collect();
    mails::post_each(tx, app, Some(organisation), &letters).await
}

fn letter(event: EventId, registration: &Registration, ticket: Option<&Ticket>, news: News) -> Letter {
    match ticket {
        Some(ticket) if ticket.row.status == TicketStatus::Valid => Letter::Ticket { event, ticket: ticket.id },
        _ => Letter::Registration {
            event,
            registration: registration.id,
            name: registration.attendee.name.clone(),
            news,
            state: registration.state,
            is_unpaid: ticket.is_some_and(|ticket| ticket.row.status == TicketStatus::Unpaid),
            reason: registration.reason.clone(),
        },
    }
}

/// Sends a ticket, if it is valid, the server can make its code, and there is an address.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post_ticket(
    tx: &mut Tx,
    app: &App,
    organisation: OrganisationId,
    event: &Event,
    registration: &Registration,
    ticket: &Ticket,
) -> Result<Sent, StoreError> {
    let Some(recipient) = registration.recipient() else { return Ok(Sent::NoAddress) };
    if ticket.row.status != TicketStatus::Valid || ticket.is_sold_at_door() {
        return Ok(Sent::NotValid);
    }
    let letter = Letter::Ticket { event: event.id, ticket: ticket.id };
    mails::post(tx, app, Some(organisation), recipient, &letter).await?;
    Ok(Sent::Posted)
}

/// Whether a ticket was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It was.
    Posted,
    /// Nobody knows where to.
    NoAddress,
    /// It does not count, or only the door that sold it can show it.
    NotValid,
}

/// Tells somebody at `recipient` that their ticket is another's now.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post_given_away(
    tx: &mut Tx,
    app: &App,
    organisation: OrganisationId,
    event: &Event,
    recipient: &str,
    new_name: &str,
) -> Result<(), StoreError> {
    let letter = Letter::GivenAway { event: event.id, name: new_name.to_owned() };
    mails::post(tx, app, Some(organisation), recipient, &letter).await
}
