//! SQL of second factors.

use sync_protocol::time::UnixMillis;

use crate::accounts::AccountId;
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};

/// A second factor.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Held {
    /// Sealed.
    pub(in crate::accounts) secret: Vec<u8>,
    pub(in crate::accounts) is_confirmed: bool,
}

/// Returns an account's second factor.
pub(in crate::accounts) async fn held(tx: &mut Tx, account: AccountId) -> Result<Option<Held>, StoreError> {
    let row = sqlx::query("SELECT secret, confirmed_at FROM second_factors WHERE account_id = $1")
        .bind(&account.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| {
        let is_confirmed = row.millis_or_null("confirmed_at")?.is_some();
        Ok(Held { secret: row.bytes("secret")?, is_confirmed })
    })
    .transpose()
}

/// Keeps a new secret, which no app has shown to have yet.
pub(in crate::accounts) async fn put(tx: &mut Tx, account: AccountId, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO second_factors (account_id, secret, confirmed_at, last_step) VALUES ($1, $2, NULL, 0)
         ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, confirmed_at = NULL, last_step = 0",
    )
    .bind(&account.0[..])
    .bind(sealed)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Keeps that an app has shown to have the secret.
pub(in crate::accounts) async fn set_confirmed(
    tx: &mut Tx,
    account: AccountId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE second_factors SET confirmed_at = $2 WHERE account_id = $1")
        .bind(&account.0[..])
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Keeps that the code of a step was used; false if it, or a later one, was used before.
pub(in crate::accounts) async fn use_step(tx: &mut Tx, account: AccountId, step: u64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE second_factors SET last_step = $2 WHERE account_id = $1 AND last_step < $2")
        .bind(&account.0[..])
        .bind(int(step))
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets an account's second factor and its recovery codes.
pub(in crate::accounts) async fn delete(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    delete_recovery_codes(tx, account).await?;
    sqlx::query("DELETE FROM second_factors WHERE account_id = $1")
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Keeps the hashes of recovery codes.
pub(in crate::accounts) async fn insert_recovery_codes(
    tx: &mut Tx,
    account: AccountId,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    insert_rows(tx, "recovery_codes", &["hash", "account_id"], "", hashes, |hash, row| {
        row.push(&hash[..]).push(&account.0[..]);
    })
    .await?;
    Ok(())
}

/// Counts an account's recovery codes.
pub(in crate::accounts) async fn recovery_codes(tx: &mut Tx, account: AccountId) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS count FROM recovery_codes WHERE account_id = $1")
        .bind(&account.0[..])
        .fetch_one(tx.connection())
        .await?
        .uint("count")
}

/// Uses a recovery code; false if the account has no such code.
pub(in crate::accounts) async fn use_recovery_code(
    tx: &mut Tx,
    account: AccountId,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM recovery_codes WHERE hash = $1 AND account_id = $2")
        .bind(&hash[..])
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets an account's recovery codes.
pub(in crate::accounts) async fn delete_recovery_codes(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}
