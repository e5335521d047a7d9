//! Letters: written in the transaction that is their reason, sent afterwards.
//!
//! A letter is sent once, except that a server which ends after its mail server has taken the letter and before that
//! is noted leaves it to be sent again. Both copies then have the same Message-ID, by which most programs show one.

pub mod body;
pub mod erasing;
pub mod message;
pub mod routes;
pub mod sending;
pub mod store;
pub mod transport;
mod words;
pub mod writing;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sync_protocol::id::{EventId, RegistrationId, TicketId};
use sync_protocol::time::UnixMillis;

use crate::accounts::OrganisationId;
use crate::app::App;
use crate::clock::uuids_v7;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::registrations;
use crate::registrations::letters::News;
use crate::work::Backlog;

/// Where a letter's content is sealed for; the row is its id.
const CONTENT_PLACE: &str = "mails.content";
/// What holds letters that are not sent yet.
pub const SEALED: Sealed =
    Sealed { table: "mails", column: "content", place: CONTENT_PLACE, key: &[Part::Bytes("id")] };
/// How long letters that were sent stand in the list: their recipients are people.
const SENT_KEPT_MS: u64 = 30 * DAY_MS;
/// How long letters that were given up wait for somebody to send them again.
const GIVEN_UP_KEPT_MS: u64 = 90 * DAY_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A letter's id. UUIDv7.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MailId(pub [u8; 16]);

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for MailId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailState)]
pub enum State {
    /// To be sent, or tried again.
    Waiting = 0,
    /// The mail server has it.
    Sent = 1,
    /// Refused for good, or too often.
    GivenUp = 2,
}

impl State {
    const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::GivenUp];

    fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }
}

/// A letter as it stands in the list, without what it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// On whose behalf it is sent.
    pub organisation: Option<OrganisationId>,
    /// What it is, such as `ticket`.
    pub kind: String,
    /// Whom it goes to.
    pub recipient: String,
    /// What became of it.
    pub state: State,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, if it waits.
    pub next_try_at: UnixMillis,
    /// Why the last try failed; may be empty.
    pub last_error: String,
    /// When it was posted.
    pub created_at: UnixMillis,
    /// When it was sent or given up.
    pub done_at: Option<UnixMillis>,
}

/// Counts the letters that wait and those that were given up.
///
/// # Errors
///
/// [`StoreError`].
pub async fn backlog(tx: &mut Tx) -> Result<Backlog, StoreError> {
    store::backlog(tx).await
}

/// Forgets letters that were sent or given up long ago.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_old(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    for (state, kept_ms) in [(State::Sent, SENT_KEPT_MS), (State::GivenUp, GIVEN_UP_KEPT_MS)] {
        store::delete_done_before(tx, state, UnixMillis(now.0.saturating_sub(kept_ms))).await?;
    }
    Ok(())
}

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
    /// Tells an attendee how their registration stands.
    Registration {
        /// The event.
        #[serde(with = "crate::mails::event_id")]
        event: EventId,
        /// The registration.
        #[serde(with = "crate::mails::registration_id")]
        registration: RegistrationId,
        /// Who comes.
        name: String,
        /// What has happened.
        news: News,
        /// What became of it.
        state: registrations::State,
        /// Whether there is a ticket that is still to be paid.
        is_unpaid: bool,
        /// Why; may be empty.
        reason: String,
    },
    /// Tells an attendee that their ticket is somebody else's now.
    GivenAway {
        /// The event.
        #[serde(with = "crate::mails::event_id")]
        event: EventId,
        /// Whose.
        name: String,
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
            Self::Registration { .. } => "registration",
            Self::GivenAway { .. } => "given_away",
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
    post_each(tx, app, organisation, &[(recipient, letter)]).await
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
    let letters: Vec<(&str, &Letter)> = recipients.iter().map(|recipient| (recipient.as_str(), letter)).collect();
    post_each(tx, app, organisation, &letters).await
}

/// Posts letters, each to its recipient: they are sent once the transaction is committed.
///
/// # Errors
///
/// [`StoreError`].
pub async fn post_each(
    tx: &mut Tx,
    app: &App,
    organisation: Option<OrganisationId>,
    letters: &[(&str, impl Borrow<Letter>)],
) -> Result<(), StoreError> {
    let now = app.clock().now();
    let mut posted = Vec::with_capacity(letters.len());
    for (id, (recipient, letter)) in uuids_v7(now, letters.len()).zip(letters) {
        let letter = letter.borrow();
        let content = serde_json::to_vec(letter).map_err(|_| StoreError::Corrupt("content"))?;
        posted.push(Posted {
            id,
            kind: letter.kind(),
            recipient,
            sealed: app.sealer().seal(CONTENT_PLACE, &id, &content),
        });
    }
    store::insert(tx, organisation, &posted, now).await
}

/// Returns up to `limit` letters that were posted to an address, on behalf of one organisation if one is named, newest
/// first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn to(
    tx: &mut Tx,
    recipient: &str,
    organisation: Option<OrganisationId>,
    limit: u32,
) -> Result<Vec<Mail>, StoreError> {
    store::to(tx, recipient, organisation, limit).await
}

/// A letter as it is stored.
struct Posted<'a> {
    id: [u8; 16],
    kind: &'static str,
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

/// A registration's id in a letter, as it is written elsewhere.
mod registration_id {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use sync_protocol::id::RegistrationId;

    pub(super) fn serialize<S: Serializer>(id: &RegistrationId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RegistrationId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("not a registration's id"))
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
