//! SQL of the installation's one row.

use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::{Dialect, StoreError, Tx};

/// Returns the sealed key, which is `fresh` if there was none.
pub(super) async fn ensure(tx: &mut Tx, fresh: &[u8], now: UnixMillis) -> Result<Vec<u8>, StoreError> {
    sqlx::query("INSERT INTO installation (id, server_key, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(fresh)
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    find(tx).await?.ok_or(StoreError::Corrupt("installation.id"))
}

/// Returns the sealed key, if there is one.
pub(super) async fn find(tx: &mut Tx) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("SELECT server_key FROM installation WHERE id = 1").fetch_optional(tx.connection()).await?;
    row.map(|row| row.bytes("server_key")).transpose()
}

/// Puts another sealed key in the place of the one that is there.
pub(super) async fn replace(tx: &mut Tx, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE installation SET server_key = $1 WHERE id = 1").bind(sealed).execute(tx.connection()).await?;
    Ok(())
}

/// Has everybody else wait who reads the key, until the transaction ends. SQLite's one writer needs no such word.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        sqlx::query("LOCK TABLE installation IN ACCESS EXCLUSIVE MODE").execute(tx.connection()).await?;
    }
    Ok(())
}
