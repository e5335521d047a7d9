//! Webhooks: calls to other programs when something happens.
//!
//! A call is written down in the transaction of what it tells of and made afterwards, at least once and in no
//! promised order; its id is the same at every try. The receiver answers with a status of 2xx within fifteen seconds.
//! Anything else, a redirect included, is tried again for about a day.
//!
//! Every call carries `Usher-Signature: t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY` under the secret's text. A
//! receiver computes it over the body as it came, compares in constant time, and refuses what is more than five
//! minutes old by its own clock, so that nobody can play a call again. For a day after the secret was changed there
//! are two `v1`, and either is enough.
//!
//! Calls tell what happened to which thing, by ids; names and addresses are not in them.

pub mod address;
pub mod body;
pub mod routes;
pub mod sending;
pub mod signature;
pub mod store;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use zeroize::Zeroizing;

use crate::accounts::OrganisationId;
use crate::clock::{random_bytes, uuids_v7};
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::http::time::rfc3339;
use crate::seal::Sealer;
use crate::work::Backlog;

/// Where a webhook's secret is sealed for; the row is its id.
const SECRET_PLACE: &str = "webhooks.secret";
/// What holds those secrets.
pub const SEALED: Sealed =
    Sealed { table: "webhooks", column: "secret", place: SECRET_PLACE, key: &[Part::Bytes("id")] };
/// What holds those that count for a while after they were changed.
pub const SEALED_BEFORE: Sealed =
    Sealed { table: "webhooks", column: "secret_before", place: SECRET_PLACE, key: &[Part::Bytes("id")] };
/// Webhooks of one organisation.
pub const WEBHOOKS_MAX: u64 = 20;
/// How long the secret before the last change counts.
const SECRET_BEFORE_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long calls stand in the list.
const DELIVERIES_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = hex::FromHexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; 16];
                hex::decode_to_slice(text, &mut bytes)?;
                Ok(Self(bytes))
            }
        }
    };
}

id!(
    /// A webhook. UUIDv7.
    WebhookId
);
id!(
    /// A call, made or to be made. UUIDv7.
    DeliveryId
);

/// What a webhook can be called for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub enum Kind {
    /// Somebody was registered.
    #[serde(rename = "registration.created")]
    RegistrationCreated,
    /// A registration was cancelled.
    #[serde(rename = "registration.cancelled")]
    RegistrationCancelled,
    /// A ticket has a new credential.
    #[serde(rename = "ticket.issued")]
    TicketIssued,
    /// A ticket no longer counts.
    #[serde(rename = "ticket.revoked")]
    TicketRevoked,
    /// Somebody came in or went out, or was turned away.
    #[serde(rename = "check_in")]
    CheckIn,
    /// Two doors have used what could be used once.
    #[serde(rename = "conflict")]
    Conflict,
    /// A device was enrolled.
    #[serde(rename = "device.enrolled")]
    DeviceEnrolled,
    /// A device no longer counts.
    #[serde(rename = "device.revoked")]
    DeviceRevoked,
}

/// What a trial call is called. Nothing else happens under it.
pub const TEST: &str = "test";

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::RegistrationCreated,
        Self::RegistrationCancelled,
        Self::TicketIssued,
        Self::TicketRevoked,
        Self::CheckIn,
        Self::Conflict,
        Self::DeviceEnrolled,
        Self::DeviceRevoked,
    ];

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegistrationCreated => "registration.created",
            Self::RegistrationCancelled => "registration.cancelled",
            Self::TicketIssued => "ticket.issued",
            Self::TicketRevoked => "ticket.revoked",
            Self::CheckIn => "check_in",
            Self::Conflict => "conflict",
            Self::DeviceEnrolled => "device.enrolled",
            Self::DeviceRevoked => "device.revoked",
        }
    }
}

/// Whether a webhook is called.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookState)]
pub enum State {
    /// It is.
    Active = 0,
    /// Somebody wants it to rest. What happens meanwhile is not told later.
    Paused = 1,
    /// It has failed for days.
    Stopped = 2,
}

impl State {
    const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::Stopped];

    fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }
}

/// A webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What is called.
    pub url: String,
    /// What it is called for.
    pub kinds: Vec<Kind>,
    /// Whether it is called.
    pub state: State,
    /// Since when every call has failed.
    pub failing_since: Option<UnixMillis>,
    /// Counts the changes that people make.
    pub version: u64,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub enum Progress {
    /// To be made, or tried again.
    Waiting = 0,
    /// Answered with 2xx.
    Delivered = 1,
    /// Failed too often.
    GivenUp = 2,
}

impl Progress {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }
}

/// A call, made or to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// Its id, which the receiver sees as well.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// What it tells of.
    pub kind: String,
    /// What is sent, JSON.
    pub body: String,
    /// What became of it.
    pub state: Progress,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, if it waits.
    pub next_try_at: UnixMillis,
    /// The last try's outcome.
    pub outcome: Outcome,
    /// When it happened.
    pub created_at: UnixMillis,
    /// When it was delivered or given up.
    pub done_at: Option<UnixMillis>,
}

/// What came of a try.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// The answer's status; nothing if there was no answer.
    pub status: Option<u16>,
    /// The answer's first KiB.
    pub answer: String,
    /// Why there was no answer; empty if there was one.
    pub error: String,
    /// How long it took.
    pub took_ms: u64,
}

impl Outcome {
    /// Whether the receiver has taken the call.
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Writes down the calls that tell an event's organisation of `things`, in the transaction in which they happen. `things`
/// hold ids and facts, no names.
///
/// # Errors
///
/// [`StoreError`].
pub async fn emit(
    tx: &mut Tx,
    event: EventId,
    kind: Kind,
    things: Vec<Value>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    if things.is_empty() {
        return Ok(());
    }
    let called = store::called_for(tx, event, kind).await?;
    if called.is_empty() {
        return Ok(());
    }
    let mut ids = uuids_v7(now, things.len() * called.len());
    let mut deliveries = Vec::with_capacity(things.len() * called.len());
    for thing in &things {
        for ((webhook, organisation), id) in called.iter().zip(&mut ids) {
            deliveries.push(delivery(DeliveryId(id), *webhook, *organisation, Some(event), kind.name(), thing, now));
        }
    }
    store::insert_deliveries(tx, &deliveries).await
}

/// Whether anybody is called for this: what costs something to find out need not be found out otherwise.
///
/// # Errors
///
/// [`StoreError`].
pub async fn is_wanted(tx: &mut Tx, event: EventId, kind: Kind) -> Result<bool, StoreError> {
    Ok(!store::called_for(tx, event, kind).await?.is_empty())
}

fn delivery(
    id: DeliveryId,
    webhook: WebhookId,
    organisation: OrganisationId,
    event: Option<EventId>,
    kind: &str,
    thing: &Value,
    now: UnixMillis,
) -> Delivery {
    let body = json!({
        "id": id.to_string(),
        "kind": kind,
        "at": rfc3339(now),
        "organisation": organisation.to_string(),
        "event": event.map(|event| event.to_string()),
        "data": thing,
    });
    Delivery {
        id,
        webhook,
        kind: kind.to_owned(),
        body: body.to_string(),
        state: Progress::Waiting,
        tries: 0,
        next_try_at: now,
        outcome: Outcome::default(),
        created_at: now,
        done_at: None,
    }
}

/// What a webhook's calls are signed with: shown once, kept sealed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Makes one of 256 random bits. Its beginning says what it is to those who find it where it should not be.
    fn make() -> Self {
        Self(Zeroizing::new(format!("usws_{}", hex::encode(random_bytes::<32>()))))
    }

    /// Returns its text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn seal(&self, sealer: &Sealer, id: WebhookId) -> Vec<u8> {
        sealer.seal(SECRET_PLACE, &id.0, self.0.as_bytes())
    }

    fn open(sealer: &Sealer, id: WebhookId, sealed: &[u8]) -> Result<Self, StoreError> {
        let bytes = sealer.open(SECRET_PLACE, &id.0, sealed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| StoreError::Corrupt("secret"))?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

/// Takes what other systems know somebody by out of the calls in which one of `signs` stands, and forgets what was
/// answered to them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(tx: &mut Tx, signs: &[String]) -> Result<(), StoreError> {
    for sign in signs {
        for (id, body) in store::deliveries_with(tx, sign).await? {
            let mut body: Value = serde_json::from_str(&body).map_err(|_| StoreError::Corrupt("body"))?;
            if let Some(external_id) = body.pointer_mut("/data/external_id") {
                *external_id = Value::Null;
            }
            store::erase_delivery(tx, id, &body.to_string()).await?;
        }
    }
    Ok(())
}

/// Counts the calls that wait and those that were given up.
///
/// # Errors
///
/// [`StoreError`].
pub async fn backlog(tx: &mut Tx) -> Result<Backlog, StoreError> {
    store::backlog(tx).await
}

/// Forgets calls of long ago.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_old(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    store::delete_deliveries_before(tx, UnixMillis(now.0.saturating_sub(DELIVERIES_KEPT_MS))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_everywhere_alike() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
