//! The keys that an event's tickets are signed with: made, taken out of use, and revoked. The doors hear of each change
//! through the feed; those that have not heard yet go on by what they know.

pub mod reissue;
pub mod routes;
mod store;

use ed25519_dalek::SigningKey;
use serde_json::json;
use sync_protocol::feed::entry::KeyPurpose;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::id::{EventId, FeedSeq, Kid, starts_with_space};
use sync_protocol::key::{PublicKey, public_key};
use sync_protocol::ticket::KeyState;
use sync_protocol::time::UnixMillis;
use zeroize::Zeroizing;

use self::reissue::Wish;
use super::{Event, Over};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::clock::random_bytes;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::seal::Sealer;
use crate::sync::feed;

pub(super) use self::store::forget;

/// Where an event's ticket signing key is sealed for; the row is the event's id and the key's number.
const SECRET_KEY_PLACE: &str = "event_keys.secret_key";
/// What holds those keys.
pub const SEALED: Sealed = Sealed {
    table: "event_keys",
    column: "secret_key",
    place: SECRET_KEY_PLACE,
    key: &[Part::Bytes("event_id"), Part::Short("kid")],
};
/// The most keys that an event ever has.
const KEYS_MAX: usize = 64;

/// A ticket signing key of an event.
pub struct TicketKey {
    /// Its number.
    pub kid: Kid,
    /// The secret half.
    pub secret: SigningKey,
}

/// A ticket key of an event, as those who verify need it.
#[derive(Clone, Copy, Debug)]
pub struct VerifyKey {
    /// Whose.
    pub event: EventId,
    /// Its number.
    pub kid: Kid,
    /// The public half.
    pub key: PublicKey,
    /// What it may still do.
    pub state: KeyState,
}

impl VerifyKey {
    /// Returns what the doors are told of it.
    pub(super) fn entry(&self) -> NewEntry {
        let Self { kid, key, state, .. } = *self;
        Body::Key { kid, purpose: KeyPurpose::Ticket, state, key: key.to_bytes() }.encode(Entity::ZERO)
    }
}

/// A ticket key as organisers see it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// What those who verify need.
    pub key: VerifyKey,
    /// When it was made.
    pub made_at: UnixMillis,
    /// When the doors were told last what it may do; nothing since it was made.
    pub changed_at: Option<UnixMillis>,
    /// The feed's number of what they were told then.
    pub seq: FeedSeq,
    /// Whether its tickets are being issued anew.
    pub is_reissued: bool,
}

/// What doors still take of a revoked key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// Nothing.
    #[default]
    Nothing,
    /// Tickets that stand in their list exactly so.
    Listed,
}

impl Accepted {
    const fn state(self) -> KeyState {
        match self {
            Self::Nothing => KeyState::Rejected,
            Self::Listed => KeyState::ListedOnly,
        }
    }
}

/// Why a key was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The event has no such key.
    #[error("there is no such key")]
    Unknown,
    /// The event has as many as it may have.
    #[error("the event has {KEYS_MAX} keys")]
    Full,
    /// A key that is refused stays so.
    #[error("the key is revoked")]
    Revoked,
    /// New tickets are signed by it, so that issuing its tickets anew changes nothing.
    #[error("the key signs new tickets")]
    Active,
    /// The event is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
    /// The database failed.
    #[error("could not change the event's keys")]
    Store(#[from] StoreError),
}

/// Makes a key and stores it, to be told to the doors as entry `seq` of the feed, which is locked. `held` are those that
/// the event has.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn make(
    tx: &mut Tx,
    sealer: &Sealer,
    event: EventId,
    held: &[Known],
    seq: FeedSeq,
    now: UnixMillis,
) -> Result<VerifyKey, StoreError> {
    let kid = loop {
        let kid = random_kid();
        if held.iter().all(|held| held.key.kid != kid) {
            break kid;
        }
    };
    let secret = SigningKey::from_bytes(&Zeroizing::new(random_bytes()));
    let sealed = sealer.seal(SECRET_KEY_PLACE, &key_row(event, kid), secret.as_bytes());
    let made = VerifyKey { event, kid, key: public_key(&secret), state: KeyState::Active };
    store::insert(tx, &made, &sealed, seq, now).await?;
    Ok(made)
}

/// Makes a new key for an event: tickets are signed by it from now on, and those that were signed before stay good.
///
/// # Errors
///
/// [`KeyError`].
pub async fn replace(app: &App, organiser: Organiser, event: &Event) -> Result<(), KeyError> {
    let mut tx = app.database().begin_write().await?;
    let head = feed::lock(&mut tx, app.sealer(), event.id).await?;
    super::takes_changes(&mut tx, event.id).await??;
    if store::list(&mut tx, event.id).await?.len() >= KEYS_MAX {
        return Err(KeyError::Full);
    }
    let now = app.clock().now();
    let (made, entries) = succeed(&mut tx, app.sealer(), event.id, head.next(), now).await?;
    feed::append_after(&mut tx, head, &entries).await?;
    note(&mut tx, organiser, "event.key.make", &made, "", now).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a key for an event, by which new tickets are signed in the place of those before, and returns it with what the
/// doors are told from the feed's number `seq` on.
///
/// # Errors
///
/// [`StoreError`].
async fn succeed(
    tx: &mut Tx,
    sealer: &Sealer,
    event: EventId,
    mut seq: FeedSeq,
    now: UnixMillis,
) -> Result<(VerifyKey, Vec<NewEntry>), StoreError> {
    let held = store::list(tx, event).await?;
    let mut entries = Vec::new();
    for known in held.iter().filter(|known| known.key.state == KeyState::Active) {
        let retired = VerifyKey { state: KeyState::VerifyOnly, ..known.key };
        store::set_state(tx, &retired, seq, now).await?;
        entries.push(retired.entry());
        seq = seq.next();
    }
    let made = make(tx, sealer, event, &held, seq, now).await?;
    entries.push(made.entry());
    Ok((made, entries))
}

/// Forgets the secret halves of all keys, which nobody can open any more: what they signed stays good.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_secrets(tx: &mut Tx) -> Result<(), StoreError> {
    store::forget_secrets(tx).await
}

/// Gives an event a new key after the secret halves of those before were lost, and returns what the doors are told from
/// the feed's number `seq` on.
///
/// # Errors
///
/// [`StoreError`].
pub async fn renew(
    tx: &mut Tx,
    sealer: &Sealer,
    event: EventId,
    seq: FeedSeq,
    now: UnixMillis,
) -> Result<Vec<NewEntry>, StoreError> {
    Ok(succeed(tx, sealer, event, seq, now).await?.1)
}

/// Revokes a key: every door that hears of it refuses what it signed, but for what `accepted` says. Where it signed new
/// tickets, another one does from now on.
///
/// A key that is refused stays so; revoking it again changes nothing.
///
/// # Errors
///
/// [`KeyError`].
pub async fn revoke(
    app: &App,
    organiser: Organiser,
    event: &Event,
    kid: Kid,
    accepted: Accepted,
    reissue: Option<Wish>,
    reason: &str,
) -> Result<(), KeyError> {
    let mut tx = app.database().begin_write().await?;
    let head = feed::lock(&mut tx, app.sealer(), event.id).await?;
    super::takes_changes(&mut tx, event.id).await??;
    let held = store::list(&mut tx, event.id).await?;
    let before = held.iter().find(|known| known.key.kid == kid).ok_or(KeyError::Unknown)?.key;
    let after = VerifyKey { state: accepted.state(), ..before };
    if before.state == KeyState::Rejected && after.state != KeyState::Rejected {
        return Err(KeyError::Revoked);
    }
    let now = app.clock().now();
    let mut entries = Vec::new();
    let mut seq = head.next();
    if before.state == KeyState::Active {
        if held.len() >= KEYS_MAX {
            return Err(KeyError::Full);
        }
        entries.push(make(&mut tx, app.sealer(), event.id, &held, seq, now).await?.entry());
        seq = seq.next();
    }
    if before.state != after.state {
        store::set_state(&mut tx, &after, seq, now).await?;
        entries.push(after.entry());
        note(&mut tx, organiser, "event.key.revoke", &after, reason, now).await?;
    }
    if let Some(wish) = &reissue {
        store::begin_reissue(&mut tx, event.id, kid, organiser.account, &wish.reason, now).await?;
    }
    if !entries.is_empty() {
        feed::append_after(&mut tx, head, &entries).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn note(
    tx: &mut Tx,
    organiser: Organiser,
    action: &'static str,
    key: &VerifyKey,
    reason: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let change = audit::Change {
        action,
        event: Some(key.event),
        subject: &key.kid.0.to_string(),
        before: serde_json::Value::Null,
        after: json!({ "state": key.state, "reason": reason }),
    };
    audit::note(tx, organiser, &change, now).await
}

/// Returns an event's keys, the newest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(tx: &mut Tx, event: EventId) -> Result<Vec<Known>, StoreError> {
    store::list(tx, event).await
}

/// Returns the key that an event's new tickets are signed with.
///
/// # Errors
///
/// [`StoreError`].
pub async fn active_kid(tx: &mut Tx, event: EventId) -> Result<Kid, StoreError> {
    store::active(tx, event).await
}

/// Returns an event's ticket keys.
///
/// # Errors
///
/// [`StoreError`].
pub async fn verify_keys(tx: &mut Tx, event: EventId) -> Result<Vec<VerifyKey>, StoreError> {
    store::verify_keys(tx, event).await
}

/// Returns the ticket keys of this number that other events of the same organisation have.
///
/// # Errors
///
/// [`StoreError`].
pub async fn sister_keys(tx: &mut Tx, event: EventId, kid: Kid) -> Result<Vec<VerifyKey>, StoreError> {
    store::sister_keys(tx, event, kid).await
}

/// Opens one of an event's ticket signing keys.
///
/// # Errors
///
/// [`StoreError`].
pub async fn ticket_key(tx: &mut Tx, sealer: &Sealer, event: EventId, kid: Kid) -> Result<TicketKey, StoreError> {
    let sealed = store::sealed(tx, event, kid).await?;
    let secret = sealer.open_key(SECRET_KEY_PLACE, &key_row(event, kid), &sealed)?;
    Ok(TicketKey { kid, secret: SigningKey::from_bytes(&secret) })
}

fn key_row(event: EventId, kid: Kid) -> Vec<u8> {
    [event.as_bytes().as_slice(), &kid.0.to_be_bytes()].concat()
}

/// Returns a random key number whose credentials begin with no space. Numbers of different events seldom
/// meet, so that a door that serves several events tries one key, not all.
fn random_kid() -> Kid {
    loop {
        let kid = u16::from_be_bytes(random_bytes());
        if kid != 0 && !starts_with_space(kid) {
            return Kid(kid);
        }
    }
}
