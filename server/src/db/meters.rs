//! What whoever watches the server learns of its database: connections, waiting, size.

use std::time::Instant;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sqlx::AnyPool;

use super::{Database, Dialect, StoreError};

/// Bounds of what a transaction waits before it begins, in seconds; the last is just above how long it may.
const WAIT_BUCKETS: [f64; 12] = [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.5];

/// What a connection is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    Read,
    Write,
}

/// How long transactions wait. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Meters {
    waits: Waits,
    read: Histogram,
    write: Histogram,
}

type Waits = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

impl Default for Meters {
    fn default() -> Self {
        let waits = Waits::new_with_constructor(|| Histogram::new(WAIT_BUCKETS));
        let of = |access| waits.get_or_create_owned(&[("access", access)]);
        Self { read: of("read"), write: of("write"), waits }
    }
}

impl Meters {
    /// Waits until something has begun, and notes how long that took.
    pub(super) async fn timed<T>(
        &self,
        access: Access,
        beginning: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let asked = Instant::now();
        let begun = beginning.await;
        let waited = match access {
            Access::Read => &self.read,
            Access::Write => &self.write,
        };
        waited.observe(asked.elapsed().as_secs_f64());
        Ok(begun?)
    }

    /// Lets them be read with the rest.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "usher_database_wait_seconds",
            "Time until a transaction had its connection and had begun, by what it is for",
            self.waits.clone(),
        );
    }
}

/// The connections of one pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Connections {
    /// What they are for: `read` and `write` of SQLite, `any` of PostgreSQL.
    pub pool: &'static str,
    /// Those that somebody uses.
    pub in_use: u32,
    /// Those that are open and that nobody uses.
    pub idle: u32,
}

impl Connections {
    fn of(pool: &AnyPool, name: &'static str) -> Self {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Self { pool: name, in_use: pool.size().saturating_sub(idle), idle }
    }
}

impl Database {
    /// Returns how long transactions wait.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Returns the connections of this process.
    pub fn connections(&self) -> Vec<Connections> {
        match self.dialect {
            Dialect::Sqlite => {
                vec![Connections::of(&self.reader, "read"), Connections::of(&self.writer, "write")]
            }
            Dialect::Postgres => vec![Connections::of(&self.writer, "any")],
        }
    }

    /// Returns how large the database is, in bytes, without what SQLite's write-ahead log still holds.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        let bytes = match self.dialect {
            Dialect::Sqlite => {
                let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&self.reader).await?;
                let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&self.reader).await?;
                pages.saturating_mul(page)
            }
            Dialect::Postgres => {
                let size = sqlx::query_scalar("SELECT pg_database_size(current_database())");
                size.fetch_one(&self.reader).await?
            }
        };
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}
