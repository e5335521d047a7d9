//! SQL of requests that are carried out once.

use sync_protocol::time::UnixMillis;

use super::Key;
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// How far a request has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Begun,
    Done,
    Answered,
}

impl State {
    fn from_u8(value: u8) -> Option<Self> {
        [Self::Begun, Self::Done, Self::Answered].into_iter().find(|state| *state as u8 == value)
    }
}

/// A request that is known.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) digest: [u8; 32],
    pub(super) state: State,
    pub(super) answer: Option<Vec<u8>>,
    pub(super) begun_at: UnixMillis,
}

/// Notes a request; false if its key is known.
pub(super) async fn insert(tx: &mut Tx, key: &Key, digest: [u8; 32], now: UnixMillis) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO requests (scope, idempotency_key, digest, state, begun_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, idempotency_key) DO NOTHING",
    )
    .bind(&key.scope[..])
    .bind(key.text.as_str())
    .bind(&digest[..])
    .bind(State::Begun as i64)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(tx: &mut Tx, key: &Key) -> Result<Held, StoreError> {
    let row =
        sqlx::query("SELECT digest, state, answer, begun_at FROM requests WHERE scope = $1 AND idempotency_key = $2")
            .bind(&key.scope[..])
            .bind(key.text.as_str())
            .fetch_one(tx.connection())
            .await?;
    Ok(Held {
        digest: row.array("digest")?,
        state: State::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
        answer: row.bytes_or_null("answer")?,
        begun_at: row.millis("begun_at")?,
    })
}

/// Notes that a request is done, in the transaction that does it.
pub(crate) async fn set_done(tx: &mut Tx, key: &Key) -> Result<(), StoreError> {
    sqlx::query("UPDATE requests SET state = $1 WHERE scope = $2 AND idempotency_key = $3 AND state = $4")
        .bind(State::Done as i64)
        .bind(&key.scope[..])
        .bind(key.text.as_str())
        .bind(State::Begun as i64)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn set_answer(tx: &mut Tx, key: &Key, status: u16, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE requests SET state = $1, status = $2, answer = $3 WHERE scope = $4 AND idempotency_key = $5")
        .bind(State::Answered as i64)
        .bind(i64::from(status))
        .bind(sealed)
        .bind(&key.scope[..])
        .bind(key.text.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets a request that was not done.
pub(super) async fn delete_undone(tx: &mut Tx, key: &Key) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM requests WHERE scope = $1 AND idempotency_key = $2 AND state = $3")
        .bind(&key.scope[..])
        .bind(key.text.as_str())
        .bind(State::Begun as i64)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets a request that began before `before` and came to nothing.
pub(super) async fn delete_dead(tx: &mut Tx, key: &Key, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM requests WHERE scope = $1 AND idempotency_key = $2 AND state = $3 AND begun_at < $4")
        .bind(&key.scope[..])
        .bind(key.text.as_str())
        .bind(State::Begun as i64)
        .bind(int(before.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets the requests that began before `before`.
pub(super) async fn delete_older(tx: &mut Tx, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM requests WHERE begun_at < $1").bind(int(before.0)).execute(tx.connection()).await?;
    Ok(())
}

/// Returns up to `limit` answers after a key, sealed.
pub(super) async fn answers(tx: &mut Tx, after: &Key, limit: u32) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
    sqlx::query(
        "SELECT scope, idempotency_key, answer FROM requests
         WHERE answer IS NOT NULL AND (scope, idempotency_key) > ($1, $2) ORDER BY scope, idempotency_key LIMIT $3",
    )
    .bind(&after.scope[..])
    .bind(after.text.as_str())
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        let key = Key { scope: row.array("scope")?, text: row.text("idempotency_key")? };
        Ok((key, row.bytes("answer")?))
    })
    .collect()
}

/// Forgets what was answered; that it was done stays.
pub(super) async fn forget_answer(tx: &mut Tx, key: &Key) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE requests SET state = $1, status = NULL, answer = NULL WHERE scope = $2 AND idempotency_key = $3",
    )
    .bind(State::Done as i64)
    .bind(&key.scope[..])
    .bind(key.text.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}
