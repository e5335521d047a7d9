//! What attendees are written about their registrations.

use sync_protocol::verdict::TicketStatus;

use super::{Registration, State};
use crate::accounts::OrganisationId;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::mails::{self, Letter};
use crate::tickets::Ticket;

/// What has happened to a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    let Some(recipient) = registration.recipient() else { return Ok(()) };
    let letter = match ticket {
        Some(ticket) if ticket.row.status == TicketStatus::Valid => {
            Letter::Ticket { event: event.id, ticket: ticket.id }
        }
        _ => notice(event, registration, ticket, news),
    };
    mails::post(tx, app, Some(organisation), recipient, &letter).await
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
    let name = &event.policy.event;
    let letter = Letter::Notice {
        subject: format!("{name}: your ticket has a new holder"),
        paragraphs: vec![
            format!("Your ticket for {name} was transferred to {new_name}."),
            "The code that you have lets nobody in any more.".to_owned(),
        ],
    };
    mails::post(tx, app, Some(organisation), recipient, &letter).await
}

fn notice(event: &Event, registration: &Registration, ticket: Option<&Ticket>, news: News) -> Letter {
    let name = &event.policy.event;
    let who = &registration.attendee.name;
    let class = event.policy.class(registration.class).map_or("", |class| class.name.as_str());
    let is_unpaid = ticket.is_some_and(|ticket| ticket.row.status == TicketStatus::Unpaid);
    let (subject, first) = match (registration.state, news) {
        (State::Registered, News::MovedUp) => {
            ("a place is free", format!("A place for {who} became free: {class}, {name}."))
        }
        (State::Registered, News::Received) => {
            ("you have a ticket", format!("A ticket was transferred to {who}: {class}, {name}."))
        }
        (State::Registered, _) => ("you are registered", format!("{who} is registered: {class}, {name}.")),
        (State::Pending, _) => (
            "your registration waits for an answer",
            format!("The organisers of {name} have the registration of {who} and will say yes or no."),
        ),
        (State::Waiting, _) => (
            "you are on the waiting list",
            format!("All places are taken. {who} waits for one ({class}) and moves up as soon as one is free."),
        ),
        (State::Cancelled, _) => {
            ("your registration is cancelled", format!("The registration of {who} for {name} is cancelled."))
        }
        (State::Rejected, _) => (
            "your registration was not accepted",
            format!("The organisers of {name} could not accept the registration of {who}."),
        ),
    };
    let mut paragraphs = vec![first];
    if registration.state == State::Registered && is_unpaid {
        let price = event.offered(registration.class).and_then(|offered| offered.price.as_ref());
        let price = price.map(|price| amount(price.amount, &price.currency)).unwrap_or_default();
        paragraphs.push(format!("It is still to be paid{price}. The ticket follows once it is."));
    }
    if !registration.reason.is_empty() && matches!(registration.state, State::Cancelled | State::Rejected) {
        paragraphs.push(registration.reason.clone());
    }
    Letter::Notice { subject: format!("{name}: {subject}"), paragraphs }
}

/// Returns an amount as it is read. Currencies whose smallest unit is the whole one have no decimals.
fn amount(amount: u32, currency: &str) -> String {
    // ISO 4217: minor unit 0.
    const WHOLE: [&str; 16] = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    ];
    if WHOLE.contains(&currency) || currency == "XPF" {
        return format!(": {amount} {currency}");
    }
    // Minor unit 3.
    if ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].contains(&currency) {
        return format!(": {}.{:03} {currency}", amount / 1_000, amount % 1_000);
    }
    format!(": {}.{:02} {currency}", amount / 100, amount % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(amount(4_905, "EUR"), ": 49.05 EUR");
        assert_eq!(amount(4_905, "JPY"), ": 4905 JPY");
        assert_eq!(amount(4_905, "KWD"), ": 4.905 KWD");
    }
}
