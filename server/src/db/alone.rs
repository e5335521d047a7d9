//! A transaction beside which no server works.

use std::time::Duration;

use super::{APPLICATION, Database, Dialect, StoreError, Tx};
use crate::installation;

/// How often it is looked whether a server is still at work, and the pause between.
const LISTED_TRIES: u32 = 20;
const LISTED_PAUSE: Duration = Duration::from_millis(100);

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
                // One that has just been stopped, or killed, is listed for a moment.
                for _ in 0..LISTED_TRIES {
                    if !has_others(&mut tx).await? {
                        return Ok(Some(tx));
                    }
                    tokio::time::sleep(LISTED_PAUSE).await;
                }
                Ok(None)
            }
        }
    }
}

/// Whether PostgreSQL lists other connections of servers to this database, as it is now.
async fn has_others(tx: &mut Tx) -> Result<bool, StoreError> {
    // What it listed before is kept for the whole transaction otherwise.
    sqlx::query("SELECT pg_stat_clear_snapshot()").execute(tx.connection()).await?;
    let others: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE $1
         AND application_name <> current_setting('application_name')",
    )
    .bind(format!("{APPLICATION}%"))
    .fetch_one(tx.connection())
    .await?;
    Ok(others > 0)
}
