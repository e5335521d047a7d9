//! Letters: written in the transaction that is their reason, sent afterwards.

pub mod store;

use serde::{Deserialize, Serialize};
use sync_protocol::id::{EventId, TicketId};

use crate::accounts::OrganisationId;
use crate::app::App;
use crate::clock::{uuid_v7, uuids_v7};
use crate::db::{StoreError, Tx};

/// Where a letter's content is sealed for; the row is its id.
const CONTENT_PLACE: &str = "mails.content";

/// What a letter says.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Asks a new account's holder to prove that they read this.
    Verify {
        /// The holder's name; may be empty.
        name: String,
        /// What proves it; lets in once.
        token: String,
    },
    /// Lets the holder of an account choose another password.
    Reset {
        /// The holder's name; may be empty.
        name: String,
        /// What lets them; once.
        token: String,
    },
    /// Asks somebody to join an organisation.
    Invite {
        /// The organisation's name.
        organisation: String,
        /// Who asks.
        inviter: String,
        /// As what: a role's name.
        role: String,
        /// What lets them join; once.
        token: String,
    },
    /// Brings an attendee their ticket, as it is when the letter is sent.
    Ticket {
        /// The event.
        #[serde(with = "crate::mails::event_id")]
        event: EventId,
        /// The ticket.
        #[serde(with = "crate::mails::ticket_id")]
        ticket: TicketId,
    },
    /// Tells an attendee that their event has changed.
    EventChanged {
        /// The event.
        #[serde(with = "crate::mails::event_id")]
        event: EventId,
        /// What has changed, a sentence each.
        changes: Vec<String>,
    },
    /// Tells an attendee that their event will not take place.
    EventCancelled {
        /// The event.
        #[serde(with = "crate::mails::event_id")]
        event: EventId,
        /// Why; may be empty.
        reason: String,
    },
    /// Tells somebody something about their account or registration that needs no form of its own.
    Notice {
        /// What it is about.
        subject: String,
        /// A paragraph each.
        paragraphs: Vec<String>,
    },
}

impl Letter {
    /// Returns the kind's name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Verify { .. } => "verify",
            Self::Reset { .. } => "reset",
            Self::Invite { .. } => "invite",
            Self::Ticket { .. } => "ticket",
            Self::EventChanged { .. } => "event_changed",
            Self::EventCancelled { .. } => "event_cancelled",
            Self::Notice { .. } => "notice",
        }
    }
}

/// Posts a letter to `recipient`: it is sent once the transaction is committed.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post(
    tx: &mut Tx,
    app: &App,
    organisation: Option<OrganisationId>,
    recipient: &str,
    letter: &Letter,
) -> Result<(), StoreError> {
    let now = app.clock().now();
    let id = uuid_v7(now);
    let content = serde_json::to_vec(letter).map_err(|_| StoreError::Corrupt("content"))?;
    let sealed = app.sealer().seal(CONTENT_PLACE, &id, &content);
    store::insert(tx, id, organisation, letter.kind(), recipient, &sealed, now).await
}

/// Posts the same letter to each of many: it is sent once the transaction is committed.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post_all(
    tx: &mut Tx,
    app: &App,
    organisation: Option<OrganisationId>,
    recipients: &[String],
    letter: &Letter,
) -> Result<(), StoreError> {
    let now = app.clock().now();
    let content = serde_json::to_vec(letter).map_err(|_| StoreError::Corrupt("content"))?;
    let posted: Vec<Posted<'_>> = uuids_v7(now, recipients.len())
        .zip(recipients)
        .map(|(id, recipient)| Posted { id, recipient, sealed: app.sealer().seal(CONTENT_PLACE, &id, &content) })
        .collect();
    store::insert_all(tx, organisation, letter.kind(), &posted, now).await
}

/// One of many letters.
struct Posted<'a> {
    id: [u8; 16],
    recipient: &'a str,
    sealed: Vec<u8>,
}

/// An event's id in a letter, as it is written elsewhere.
mod event_id {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use sync_protocol::id::EventId;

    pub(super) fn serialize<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("not an event's id"))
    }
}

/// A ticket's number in a letter.
mod ticket_id {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use sync_protocol::id::TicketId;

    pub(super) fn serialize<S: Serializer>(id: &TicketId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(id.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TicketId, D::Error> {
        u64::deserialize(deserializer).map(TicketId)
    }
}
