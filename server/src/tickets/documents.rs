//! A ticket as its holder carries it: on paper, on a screen, in a calendar.

pub mod body;
pub mod calendar;
pub mod page;
pub mod pdf;
pub mod routes;
mod words;

use chrono_tz::Tz;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use super::Ticket;
use super::qr::{DoesNotFit, Level, Modules};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::paper::PaperError;
use crate::registrations;

/// What a ticket's documents say.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The event.
    pub event: EventId,
    /// The event's name.
    pub title: String,
    /// Where it takes place; may be empty.
    pub place: String,
    /// What happens there; may be empty.
    pub description: String,
    /// When it begins.
    pub starts: UnixMillis,
    /// When it ends.
    pub ends: UnixMillis,
    /// Where its clocks are.
    pub zone: Tz,
    /// The attendee's name.
    pub name: String,
    /// The ticket type's name.
    pub ticket_type: String,
    /// The ticket's number, as it is typed.
    pub number: String,
    /// Whether it is still to be paid.
    pub is_unpaid: bool,
    /// The text of its code.
    pub credential: String,
}

/// Why a ticket has no documents.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A cancelled ticket is not shown as if it were one.
    #[error("the ticket is cancelled")]
    Cancelled,
    /// Only the device that sold a ticket can sign its credential.
    #[error("the ticket was sold at the door")]
    SoldAtDoor,
    /// The code does not fit.
    #[error("the ticket has no code")]
    Code(#[from] DoesNotFit),
    /// The page cannot be made.
    #[error("the page cannot be made")]
    Paper(#[from] PaperError),
    /// The picture cannot be made.
    #[error("the picture cannot be made")]
    Picture(#[from] image::ImageError),
    /// The web page cannot be made.
    #[error("the web page cannot be made")]
    Page(#[from] askama::Error),
    /// The database failed.
    #[error("could not read the ticket")]
    Store(#[from] StoreError),
}

impl Sheet {
    /// Gathers what a ticket's documents say.
    ///
    /// # Errors
    ///
    /// [`SheetError`].
    pub async fn of(tx: &mut Tx, app: &App, event: &Event, ticket: &Ticket) -> Result<Self, SheetError> {
        if ticket.row.status == TicketStatus::Cancelled {
            return Err(SheetError::Cancelled);
        }
        if ticket.is_sold_at_door() {
            return Err(SheetError::SoldAtDoor);
        }
        let credential = super::credential(tx, app, event.id, ticket).await?.to_text();
        let labels = registrations::labels(tx, ticket.registration).await?;
        let policy = &event.policy;
        Ok(Self {
            event: event.id,
            title: policy.event.clone(),
            place: event.about.location.clone(),
            description: event.about.description.clone(),
            starts: policy.starts,
            ends: policy.ends,
            zone: policy.time_zone.parse().unwrap_or(Tz::UTC),
            name: labels.name,
            ticket_type: policy.class(ticket.row.class).map(|class| class.name.clone()).unwrap_or_default(),
            number: spaced(&ticket.id.typed_code()),
            is_unpaid: ticket.row.status == TicketStatus::Unpaid,
            credential,
        })
    }

    /// Returns the ticket's code, at the level that survives the most wear.
    ///
    /// # Errors
    ///
    /// [`DoesNotFit`].
    pub fn modules(&self) -> Result<Modules, DoesNotFit> {
        Modules::of(&self.credential, Level::Q)
    }
}

/// Writes a typed code with a hyphen after five letters, as it is easiest to read out.
fn spaced(code: &str) -> String {
    match code.split_at_checked(5) {
        Some((first, rest)) if !rest.is_empty() => format!("{first}-{rest}"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::http::time::parse_rfc3339;

    /// A ticket whose code is as long as one can be.
    pub(crate) fn sheet(name: &str) -> Sheet {
        Sheet {
            event: EventId([7; 16]),
            title: "RustConf; \"the\\first\", 2026".to_owned(),
            place: "Große Halle, Köln".to_owned(),
            description: "Two days\nof Rust".to_owned(),
            starts: parse_rfc3339("2026-11-21T09:00:00+01:00").unwrap(),
            ends: parse_rfc3339("2026-11-22T18:00:00+01:00").unwrap(),
            zone: chrono_tz::Europe::Berlin,
            name: name.to_owned(),
            ticket_type: "Day pass".to_owned(),
            number: "7J2V9-0QK4NX".to_owned(),
            is_unpaid: false,
            credential: format!("USHER{}", "%/Z9".repeat(29)) + "A",
        }
    }
}
