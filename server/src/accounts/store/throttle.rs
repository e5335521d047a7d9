//! SQL of the brake on guessing.

use sqlx::AssertSqlSafe;
use sync_protocol::time::UnixMillis;

use crate::accounts::throttle::Tries;
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Returns the tries counted for a guard, whose row is made if need be and held until the transaction ends.
pub(in crate::accounts) async fn tries(tx: &mut Tx, guard: [u8; 32]) -> Result<Tries, StoreError> {
    sqlx::query("INSERT INTO tries (guard, count, last_at) VALUES ($1, 0, 0) ON CONFLICT (guard) DO NOTHING")
        .bind(&guard[..])
        .execute(tx.connection())
        .await?;
    let lock = tx.dialect().for_update();
    let row = sqlx::query(AssertSqlSafe(format!("SELECT count, last_at FROM tries WHERE guard = $1{lock}")))
        .bind(&guard[..])
        .fetch_one(tx.connection())
        .await?;
    Ok(Tries { count: row.uint("count")?, last_at: row.millis("last_at")? })
}

/// Sets the tries of a guard.
pub(in crate::accounts) async fn put(tx: &mut Tx, guard: [u8; 32], tries: Tries) -> Result<(), StoreError> {
    sqlx::query("UPDATE tries SET count = $2, last_at = $3 WHERE guard = $1")
        .bind(&guard[..])
        .bind(int(tries.count))
        .bind(int(tries.last_at.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Counts one try less.
pub(in crate::accounts) async fn take_back(tx: &mut Tx, guard: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("UPDATE tries SET count = count - 1 WHERE guard = $1 AND count > 0")
        .bind(&guard[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets a guard's tries.
pub(in crate::accounts) async fn forget(tx: &mut Tx, guard: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM tries WHERE guard = $1").bind(&guard[..]).execute(tx.connection()).await?;
    Ok(())
}

/// Forgets all tries before `before`.
pub(in crate::accounts) async fn forget_before(tx: &mut Tx, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM tries WHERE last_at < $1").bind(int(before.0)).execute(tx.connection()).await?;
    Ok(())
}
