//! SQL of the devices that have logged in before.

use sync_protocol::time::UnixMillis;

use crate::accounts::AccountId;
use crate::db::column::int;
use crate::db::{StoreError, Tx};

/// Whether a device has logged in to the account, at `since` or later.
pub(in crate::accounts) async fn is_known(
    tx: &mut Tx,
    account: AccountId,
    hash: [u8; 32],
    since: UnixMillis,
) -> Result<bool, StoreError> {
    let row =
        sqlx::query("SELECT 1 AS one FROM known_devices WHERE token_hash = $1 AND account_id = $2 AND used_at >= $3")
            .bind(&hash[..])
            .bind(&account.0[..])
            .bind(int(since.0))
            .fetch_optional(tx.connection())
            .await?;
    Ok(row.is_some())
}

/// Whether any device has logged in to the account.
pub(in crate::accounts) async fn are_known(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 AS one FROM known_devices WHERE account_id = $1 LIMIT 1")
        .bind(&account.0[..])
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// Remembers a device, or that it was used again.
pub(in crate::accounts) async fn put(
    tx: &mut Tx,
    account: AccountId,
    hash: [u8; 32],
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO known_devices (token_hash, account_id, used_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash) DO UPDATE SET used_at = excluded.used_at",
    )
    .bind(&hash[..])
    .bind(&account.0[..])
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Forgets all devices of an account but the `count` that were used last.
pub(in crate::accounts) async fn keep_newest(tx: &mut Tx, account: AccountId, count: u32) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM known_devices WHERE account_id = $1 AND token_hash NOT IN
           (SELECT token_hash FROM known_devices WHERE account_id = $1 ORDER BY used_at DESC, token_hash LIMIT $2)",
    )
    .bind(&account.0[..])
    .bind(i64::from(count))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Forgets all devices that have logged in to an account.
pub(in crate::accounts) async fn delete_all(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM known_devices WHERE account_id = $1")
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}
