//! One database, SQLite or PostgreSQL, reached through one SQL text per query.

mod alone;
pub mod column;
pub mod insert;
pub mod list;
pub mod meters;
mod migrations;
mod options;
pub mod pattern;
pub mod sealed;
mod trouble;

use std::num::NonZero;
use std::str::FromStr as _;
use std::thread;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Transaction};
use tokio::sync::watch;
use tracing::{Instrument as _, Span};

pub use self::trouble::Trouble;

use self::meters::{Access, Meters};
use crate::clock::random_bytes;
use crate::{once, traces};

/// Connections to PostgreSQL in one process.
const CONNECTIONS_MAX: u32 = 12;
/// Connections that read a file: each keeps a processor busy, and has pages of its own in memory.
const READERS_MIN: u32 = 4;
const READERS_MAX: u32 = 8;
/// How long a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection to PostgreSQL that was used within this time is taken to be alive: asking it costs as much as a query.
const ALIVE: Duration = Duration::from_secs(1);
/// How often what another transaction was in the way of is tried.
const TRIES_MAX: usize = 3;

/// What PostgreSQL lists our connections under, with what tells this program's from others' behind it.
const APPLICATION: &str = "usher-server ";

/// The few words that differ between the databases.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// An embedded file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Dialect {
    /// Returns the words that end a `SELECT` whose rows are then changed. SQLite needs none: its one
    /// writer holds the whole database.
    pub const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// Returns the words that end a `SELECT` whose rows are then changed, but for their keys: whoever stores rows that
    /// name them need not wait. SQLite needs none.
    pub const fn for_change(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE",
        }
    }

    /// Returns the words that end a `SELECT` whose rows must not change until the transaction ends, though others
    /// may read them likewise. SQLite needs none.
    pub const fn for_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR SHARE",
        }
    }

    /// Returns the words that end a `SELECT` whose rows are then changed, and which passes over those that another
    /// transaction holds.
    pub const fn for_update_of_free(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another transaction was in the way, or no connection was free: the same may work a moment later.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The database refused or was not reachable.
    #[error("the database failed")]
    Failed(#[source] sqlx::Error),
    /// A column does not hold what the program put there.
    #[error("column {0} does not hold what it should")]
    Corrupt(&'static str),
    /// A sealed secret does not open.
    #[error("a sealed secret does not open")]
    Sealed(#[from] crate::seal::SealBroken),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if Trouble::of(&error) == Trouble::Busy { Self::Busy(error) } else { Self::Failed(error) }
    }
}

impl StoreError {
    /// Returns what ails the database.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Busy(_) => Trouble::Busy,
            Self::Failed(error) => Trouble::of(error),
            Self::Corrupt(_) | Self::Sealed(_) => Trouble::Other,
        }
    }

    /// Whether a `UNIQUE` or primary key rule refused the rows.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Failed(sqlx::Error::Database(inner)) if inner.is_unique_violation())
    }
}

/// Why a database could not be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("a database URL begins with sqlite: or postgres:")]
    UnknownScheme,
    /// No connection.
    #[error("cannot open the database")]
    Connect(#[source] sqlx::Error),
    /// The database cannot show that it is the one meant.
    #[error(
        "the database's certificate cannot be relied on; if its authority is your own, name the authority's \
         certificate in the database's URL: sslrootcert=FILE"
    )]
    Untrusted(#[source] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database's schema up to date")]
    Migrate(#[from] MigrateError),
}

impl OpenError {
    /// Returns what ails the database.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Connect(error)
            | Self::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                Trouble::of(error)
            }
            Self::UnknownScheme | Self::Untrusted(_) | Self::Migrate(_) => Trouble::Other,
        }
    }
}

/// The database. Cheap to clone.
///
/// SQLite has one writing connection and a pool of readers; PostgreSQL has one pool.
#[derive(Clone, Debug)]
pub struct Database {
    dialect: Dialect,
    writer: AnyPool,
    reader: AnyPool,
    commits: watch::Sender<u64>,
    meters: Meters,
}

impl Database {
    /// Opens the database at `url`: `postgres://…`, or `sqlite:PATH`, made if it is not there.
    ///
    /// # Errors
    ///
    /// [`OpenError::UnknownScheme`], [`OpenError::Connect`] or [`OpenError::Untrusted`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let scheme = url.split(':').next().unwrap_or_default();
        let dialect = match scheme {
            "sqlite" => Dialect::Sqlite,
            "postgres" | "postgresql" => Dialect::Postgres,
            _ => return Err(OpenError::UnknownScheme),
        };
        let (commits, meters) = (watch::Sender::new(0), Meters::default());
        match dialect {
            Dialect::Sqlite => {
                let separator = if url.contains('?') { '&' } else { '?' };
                let url = format!("{url}{separator}mode=rwc");
                make_private(&url);
                // The writer opens first: it makes the file and turns on its write-ahead log.
                let writer = sqlite_pool(&url, 1, SQLITE_WRITER).await?;
                let reader = sqlite_pool(&url, readers(), SQLITE_READER).await?;
                Ok(Self { dialect, writer, reader, commits, meters })
            }
            Dialect::Postgres => {
                let options::Connecting { options, risk } = options::postgres(url)?;
                if let Some(risk) = risk {
                    tracing::warn!("the database's URL weakens its protection: {risk}; sslmode=verify-full does not");
                }
                let name = format!("{APPLICATION}{}", hex::encode(random_bytes::<8>()));
                let settings = format!("{POSTGRES}; SET application_name = '{name}'");
                let pool = AnyPoolOptions::new()
                    .max_connections(CONNECTIONS_MAX)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .before_acquire(|connection, known| {
                        Box::pin(async move { Ok(known.idle_for < ALIVE || connection.ping().await.is_ok()) })
                    })
                    .after_connect(move |connection, _| {
                        let settings = AssertSqlSafe(settings.clone());
                        Box::pin(async move { sqlx::raw_sql(settings).execute(connection).await.map(|_| ()) })
                    })
                    .connect_with(options)
                    .await
                    .map_err(|error| {
                        if is_distrust(&error) { OpenError::Untrusted(error) } else { OpenError::Connect(error) }
                    })?;
                Ok(Self { dialect, writer: pool.clone(), reader: pool, commits, meters })
            }
        }
    }

    /// Returns which of the two databases this is.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Brings the schema up to date. Several programs may do this at once: one does it, the others wait.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: a migration failed, or the database holds one that this program does not know.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let migrator = migrations::migrator(self.dialect);
        match self.dialect {
            // The writer's lock is the only one there is, so all of them are one transaction.
            Dialect::Sqlite => {
                let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(OpenError::Connect)?;
                migrator.run_direct(None, &mut *tx, false).await?;
                tx.commit().await.map_err(OpenError::Connect)
            }
            Dialect::Postgres => {
                let mut connection = self.writer.acquire().await.map_err(OpenError::Connect)?;
                if let Err(error) = migrator.run_direct(None, &mut *connection, false).await {
                    // The connection may still hold the migration lock: it must not go back to the pool.
                    let _ = connection.close().await;
                    return Err(error.into());
                }
                Ok(())
            }
        }
    }

    /// Whether the database answers and its schema is up to date.
    pub async fn is_ready(&self) -> bool {
        let newest = migrations::migrator(self.dialect).iter().map(|migration| migration.version).max();
        let applied = sqlx::query_scalar::<_, i64>("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&self.reader)
            .await;
        matches!((newest, applied), (Some(newest), Ok(applied)) if applied >= newest)
    }

    /// Begins a transaction that may change rows.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the database is busy or gone.
    pub async fn begin_write(&self) -> Result<Tx, StoreError> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        let span = traces::transaction("write", self.dialect);
        let beginning = self.meters.timed(Access::Write, self.begin_on_writer(begin));
        let inner = Inner::Transaction(beginning.instrument(span.clone()).await?);
        Ok(Tx { inner, dialect: self.dialect, commits: Some(self.commits.clone()), span })
    }

    async fn begin_on_writer(&self, begin: &'static str) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.writer.begin_with(begin).await {
            // A connection that was opened while the disk was read-only never writes: the next one may.
            Err(error) if self.dialect == Dialect::Sqlite && Trouble::of(&error) == Trouble::Unwritable => {
                self.writer.acquire().await?.close().await?;
                self.writer.begin_with(begin).await
            }
            begun => begun,
        }
    }

    /// Begins a transaction that only reads, and sees one state of the database throughout.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the database is busy or gone.
    pub async fn begin_read(&self) -> Result<Tx, StoreError> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN DEFERRED",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let span = traces::transaction("read", self.dialect);
        let beginning = self.meters.timed(Access::Read, self.reader.begin_with(begin));
        let inner = Inner::Transaction(beginning.instrument(span.clone()).await?);
        Ok(Tx { inner, dialect: self.dialect, commits: None, span })
    }

    /// Returns what only reads, and whose statements each see the database as it then is: for where one statement is
    /// all there is to ask, and a transaction around it would cost more than itself.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the database is busy or gone.
    pub async fn glance(&self) -> Result<Tx, StoreError> {
        let span = traces::transaction("read", self.dialect);
        let beginning = self.meters.timed(Access::Read, self.reader.acquire());
        let inner = Inner::Connection(beginning.instrument(span.clone()).await?);
        Ok(Tx { inner, dialect: self.dialect, commits: None, span })
    }

    /// Returns what changes whenever this process has committed a change, so that whoever waits for news
    /// looks at once. What other processes commit is not seen here.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Copies a database in a file into another, empty one, as it is at one moment; false if it is in no file.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn copy_to(&self, file: &str) -> Result<bool, StoreError> {
        if self.dialect != Dialect::Sqlite {
            return Ok(false);
        }
        // The readers may not write, and this writes another file: it is the writer's to do.
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.writer).await?;
        Ok(true)
    }

    /// Reads a database in a file whole, and says what is damaged.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn what_is_damaged(&self) -> Result<Option<String>, StoreError> {
        if self.dialect != Dialect::Sqlite {
            return Ok(None);
        }
        let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&self.reader).await?;
        Ok((found != "ok").then_some(found))
    }

    /// Brings a database in a file into that file alone; false if another program uses it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn fold_log(&self) -> Result<bool, StoreError> {
        self.reader.close().await;
        let mode = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE").fetch_one(&self.writer).await;
        match mode.map_err(StoreError::from) {
            Ok(mode) => Ok(mode == "delete"),
            Err(StoreError::Busy(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has PostgreSQL look at once at what its tables hold, after much was stored, so that it finds its ways through
    /// them. SQLite's ways follow from the indexes alone.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn look_again(&self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Postgres {
            sqlx::raw_sql("ANALYZE").execute(&self.writer).await?;
        }
        Ok(())
    }

    /// Closes every connection, after those in use are done.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

tokio::task_local! {
    /// The request that this task carries out, if it must be done once.
    static CARRIED_OUT: once::Key;
}

/// Does `work`, and notes the request `key` as done in every transaction that it commits.
pub async fn run_once<F: Future>(key: once::Key, work: F) -> F::Output {
    CARRIED_OUT.scope(key, work).await
}

/// Returns the request that this task carries out, if it must be done once: for when another task does its work.
pub fn carried_out() -> Option<once::Key> {
    CARRIED_OUT.try_with(Clone::clone).ok()
}

/// Does `work` again, a few times at most, if another transaction was in its way, and says so each time.
///
/// # Errors
///
/// That of the last time.
pub async fn again_if_busy<T, F>(work: impl Fn() -> F, say: impl Fn()) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 1..TRIES_MAX {
        match work().await {
            Err(StoreError::Busy(_)) => say(),
            done => return done,
        }
    }
    work().await
}

/// What statements run on.
#[derive(Debug)]
enum Inner {
    Transaction(Transaction<'static, Any>),
    /// Each statement by itself.
    Connection(PoolConnection<Any>),
}

/// A transaction. Rolls back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    dialect: Dialect,
    commits: Option<watch::Sender<u64>>,
    /// Ends with it.
    span: Span,
}

impl Tx {
    /// Returns which of the two databases this is.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the connection, to run a query on.
    pub fn connection(&mut self) -> &mut AnyConnection {
        match &mut self.inner {
            Inner::Transaction(transaction) => transaction,
            Inner::Connection(connection) => connection,
        }
    }

    /// Notes a request as done that another task carries out.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn note_done(&mut self, request: &once::Key) -> Result<(), StoreError> {
        once::store::set_done(self, request).await
    }

    /// Makes the changes durable and visible.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: nothing has changed, unless the connection was lost, in which case nobody knows.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.commits.is_some()
            && let Some(key) = carried_out()
        {
            once::store::set_done(&mut self, &key).await?;
        }
        if let Inner::Transaction(transaction) = self.inner {
            transaction.commit().await?;
            traces::committed(&self.span);
        }
        if let Some(commits) = self.commits {
            commits.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }
}

/// Full durability: what was acknowledged survives a power cut. The indexes are those that there are: one made for a
/// single statement reads the whole table first.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 4000; \
     PRAGMA temp_store = MEMORY; PRAGMA automatic_index = OFF";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA foreign_keys = ON; \
     PRAGMA trusted_schema = OFF; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; \
     PRAGMA automatic_index = OFF";
/// No statement is worth a compiler's time.
const POSTGRES: &str = "SET jit = off";

/// Returns how many connections read a file on this machine.
fn readers() -> u32 {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from(processors).unwrap_or(READERS_MAX).clamp(READERS_MIN, READERS_MAX)
}

async fn sqlite_pool(url: &str, connections_max: u32, settings: &'static str) -> Result<AnyPool, OpenError> {
    let opened = AnyPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection to a file does not go stale.
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        // After a full disk SQLite has ended a transaction by itself, which the connection then never hears of: every
        // later one would fail on it.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(settings).execute(connection).await.map(|_| ()) })
        })
        .connect_with(options(url)?)
        .await;
    match opened {
        Ok(pool) => Ok(pool),
        // The pool tried again and again, and says only that it took too long.
        Err(sqlx::Error::PoolTimedOut) => {
            Err(OpenError::Connect(refusal(url, settings).await?.unwrap_or(sqlx::Error::PoolTimedOut)))
        }
        Err(error) => Err(OpenError::Connect(error)),
    }
}

/// Returns why a file is not opened.
async fn refusal(url: &str, settings: &'static str) -> Result<Option<sqlx::Error>, OpenError> {
    let mut connection = match AnyConnection::connect_with(&options(url)?).await {
        Ok(connection) => connection,
        Err(error) => return Ok(Some(error)),
    };
    Ok(sqlx::raw_sql(settings).execute(&mut connection).await.err())
}

/// Whether the other side could not show that it is the database meant, or speaks no TLS.
fn is_distrust(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

/// Makes a new database file that only its owner may read: it holds people's names. SQLite gives the files
/// beside it the same rights. What can go wrong here goes wrong again, and is told, when SQLite opens it.
fn make_private(url: &str) {
    let path = url.trim_start_matches("sqlite:").split('?').next().unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') || path.contains('%') {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

fn options(url: &str) -> Result<AnyConnectOptions, OpenError> {
    AnyConnectOptions::from_str(url).map_err(OpenError::Connect)
}
