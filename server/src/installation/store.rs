//! SQL of the installation's one row.

use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Returns the sealed key, which is `fresh` if there was none.
pub(super) async fn ensure(tx: &mut Tx, fresh: &[u8], now: UnixMillis) -> Result<Vec<u8>, StoreError> {
    sqlx::query("INSERT INTO installation (id, server_key, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(fresh)
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    sqlx::query("SELECT server_key FROM installation WHERE id = 1")
        .fetch_one(tx.connection())
        .await?
        .bytes("server_key")
}
