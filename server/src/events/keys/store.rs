//! SQL of ticket keys, and of those whose tickets are issued anew.

use sqlx::any::AnyRow;
use sync_protocol::id::{EventId, FeedSeq, Kid};
use sync_protocol::key::PublicKey;
use sync_protocol::ticket::KeyState;
use sync_protocol::time::UnixMillis;

use super::reissue::Reissue;
use super::{Known, VerifyKey};
use crate::accounts::AccountId;
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    key: &VerifyKey,
    sealed: &[u8],
    seq: FeedSeq,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO event_keys (event_id, kid, state, public_key, secret_key, created_at, seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&key.event.0[..])
    .bind(i64::from(key.kid.0))
    .bind(key.state as i64)
    .bind(&key.key.to_bytes()[..])
    .bind(sealed)
    .bind(int(now.0))
    .bind(int(seq.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores what a key may still do, and the feed's number of the entry that tells so.
pub(super) async fn set_state(tx: &mut Tx, key: &VerifyKey, seq: FeedSeq, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE event_keys SET state = $1, changed_at = $2, seq = $3 WHERE event_id = $4 AND kid = $5")
        .bind(key.state as i64)
        .bind(int(now.0))
        .bind(int(seq.0))
        .bind(&key.event.0[..])
        .bind(i64::from(key.kid.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets the secret halves of all keys of all events.
pub(super) async fn forget_secrets(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("UPDATE event_keys SET secret_key = $1").bind(Vec::<u8>::new()).execute(tx.connection()).await?;
    Ok(())
}

/// Returns an event's keys, the newest first.
pub(super) async fn list(tx: &mut Tx, event: EventId) -> Result<Vec<Known>, StoreError> {
    let rows = sqlx::query(
        "SELECT k.event_id, k.kid, k.public_key, k.state, k.created_at, k.changed_at, k.seq,
         CASE WHEN r.kid IS NULL THEN 0 ELSE 1 END AS is_reissued
         FROM event_keys k LEFT JOIN key_reissues r ON r.event_id = k.event_id AND r.kid = k.kid
         WHERE k.event_id = $1 ORDER BY k.created_at DESC, k.state, k.kid",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Known {
                key: read(row)?,
                made_at: row.millis("created_at")?,
                changed_at: row.millis_or_null("changed_at")?,
                seq: FeedSeq(row.uint("seq")?),
                is_reissued: i64::from(row.small::<u8>("is_reissued")?) != 0,
            })
        })
        .collect()
}

pub(super) async fn active(tx: &mut Tx, event: EventId) -> Result<Kid, StoreError> {
    let row = sqlx::query(
        "SELECT kid FROM event_keys WHERE event_id = $1 AND state = $2 ORDER BY created_at DESC, kid LIMIT 1",
    )
    .bind(&event.0[..])
    .bind(KeyState::Active as i64)
    .fetch_one(tx.connection())
    .await?;
    row.small("kid").map(Kid)
}

pub(super) async fn sealed(tx: &mut Tx, event: EventId, kid: Kid) -> Result<Vec<u8>, StoreError> {
    sqlx::query("SELECT secret_key FROM event_keys WHERE event_id = $1 AND kid = $2")
        .bind(&event.0[..])
        .bind(i64::from(kid.0))
        .fetch_one(tx.connection())
        .await?
        .bytes("secret_key")
}

pub(super) async fn verify_keys(tx: &mut Tx, event: EventId) -> Result<Vec<VerifyKey>, StoreError> {
    let rows = sqlx::query("SELECT event_id, kid, public_key, state FROM event_keys WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(read).collect()
}

/// Returns the ticket keys of a number that other events of the same organisation have.
pub(super) async fn sister_keys(tx: &mut Tx, event: EventId, kid: Kid) -> Result<Vec<VerifyKey>, StoreError> {
    let rows = sqlx::query(
        "SELECT k.event_id, k.kid, k.public_key, k.state FROM event_keys k
         JOIN events e ON e.id = k.event_id JOIN events o ON o.organisation_id = e.organisation_id
         WHERE o.id = $1 AND e.id <> $1 AND k.kid = $2 LIMIT 16",
    )
    .bind(&event.0[..])
    .bind(i64::from(kid.0))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<VerifyKey, StoreError> {
    Ok(VerifyKey {
        event: EventId(row.array("event_id")?),
        kid: Kid(row.small("kid")?),
        key: PublicKey::import(&row.array("public_key")?).map_err(|_| StoreError::Corrupt("public_key"))?,
        state: KeyState::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
    })
}

/// Forgets an event's keys.
pub(in crate::events) async fn forget(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    for text in ["DELETE FROM key_reissues WHERE event_id = $1", "DELETE FROM event_keys WHERE event_id = $1"] {
        sqlx::query(text).bind(&event.0[..]).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Remembers that a key's tickets are to be issued anew; what was asked first stands.
pub(super) async fn begin_reissue(
    tx: &mut Tx,
    event: EventId,
    kid: Kid,
    account: AccountId,
    reason: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO key_reissues (event_id, kid, account_id, reason, asked_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (event_id, kid) DO NOTHING",
    )
    .bind(&event.0[..])
    .bind(i64::from(kid.0))
    .bind(&account.0[..])
    .bind(reason)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns up to `limit` keys whose tickets are being issued anew, in the order it was asked for.
pub(super) async fn reissues(tx: &mut Tx, limit: u32) -> Result<Vec<Reissue>, StoreError> {
    let rows = sqlx::query(
        "SELECT event_id, kid, account_id, reason FROM key_reissues ORDER BY asked_at, event_id, kid LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Reissue {
                event: EventId(row.array("event_id")?),
                kid: Kid(row.small("kid")?),
                account: AccountId(row.array("account_id")?),
                reason: row.text("reason")?,
            })
        })
        .collect()
}

/// Forgets that a key's tickets were to be issued anew.
pub(super) async fn end_reissue(tx: &mut Tx, event: EventId, kid: Kid) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM key_reissues WHERE event_id = $1 AND kid = $2")
        .bind(&event.0[..])
        .bind(i64::from(kid.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}
