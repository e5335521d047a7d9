//! A transaction beside which no server works.

use super::{APPLICATION, Database, Dialect, StoreError, Tx};
use crate::installation;

impl Database {
    /// Begins a transaction beside which no server works: those that start while it goes on wait for it. Nothing if one
    /// is at work. The database is of no other use to this program afterwards.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn begin_alone(&self) -> Result<Option<Tx>, StoreError> {
        match self.dialect {
            Dialect::Sqlite => {
                // Kept until the connection is closed.
                sqlx::query("PRAGMA locking_mode = EXCLUSIVE").fetch_one(&self.writer).await?;
                if !self.fold_log().await? {
                    return Ok(None);
                }
                self.begin_write().await.map(Some)
            }
            Dialect::Postgres => {
                let mut tx = self.begin_write().await?;
                // Whoever starts reads it, and waits here until it is known who else is at work.
                installation::lock(&mut tx).await?;
                let others: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()",
                )
                .bind(APPLICATION)
                .fetch_one(tx.connection())
                .await?;
                Ok((others == 0).then_some(tx))
            }
        }
    }
}
