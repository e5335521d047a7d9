//! The folder of one enrolled event: its files, their permissions, the lock, the connections.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use sync_protocol::id::EventId;

use super::StoreError;
use super::error::Part;
use super::key::Wrapped;

/// The steps from an empty file to today's tables; `PRAGMA user_version` counts those taken.
const MIGRATIONS: &[&str] = &[include_str!("../../../migrations/terminal/0001_cache.sql")];

/// How long a connection waits for another one, in ms.
const BUSY_MS: u64 = 250;

/// The folder of one enrolled event, locked as long as this or a clone of it lives.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: Arc<File>,
}

/// Returns the events that are enrolled under `data`, in the order of their ids. An absent folder
/// holds none.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn enrolled(data: &Path) -> std::io::Result<Vec<EventId>> {
    let entries = match std::fs::read_dir(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut events = Vec::new();
    for entry in entries {
        let entry = entry?;
        let event: Option<EventId> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        events.extend(event.filter(|_| entry.path().join("store.db").is_file()));
    }
    events.sort_unstable();
    Ok(events)
}

impl Folder {
    /// Makes the folder of `event` under `data`.
    pub(super) fn create(data: &Path, event: EventId) -> Result<Self, StoreError> {
        let path = data.join(event.to_string());
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Self::lock(path)
    }

    /// Takes the folder of `event` under `data`.
    pub(super) fn open(data: &Path, event: EventId) -> Result<Self, StoreError> {
        let path = data.join(event.to_string());
        if !path.join("store.db").is_file() {
            return Err(StoreError::NotEnrolled(data.to_path_buf()));
        }
        Self::lock(path)
    }

    fn lock(path: PathBuf) -> Result<Self, StoreError> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _lock: Arc::new(file) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn database(&self) -> PathBuf {
        self.path.join("store.db")
    }

    pub(super) fn write_ahead_log(&self) -> PathBuf {
        self.path.join("store.db-wal")
    }

    pub(super) fn journal_copy(&self) -> PathBuf {
        self.path.join("journal.copy")
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.path.join("trial")
    }

    pub(super) fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }

    /// Opens the connection that writes, and brings the tables up to date.
    pub(super) fn connect(&self) -> Result<Connection, StoreError> {
        // SQLite gives the files beside the database the permissions of the database.
        private(OpenOptions::new().write(true).create(true).truncate(false)).open(self.database())?;
        let mut connection = Connection::open(self.database())?;
        set_pragmas(&connection)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(StoreError::Damaged(Part::Header));
        }
        // Checkpoints are the writer's own, in quiet moments.
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA wal_autocheckpoint = 0; \
             PRAGMA journal_size_limit = 1048576;",
        )?;
        migrate(&mut connection)?;
        Ok(connection)
    }

    /// Opens a connection that only reads, and that the writer never waits for.
    pub(super) fn connect_to_read(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(self.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        set_pragmas(&connection)?;
        Ok(connection)
    }
}

/// Says whether a commit waits until the disk has it.
pub(super) fn set_durable(connection: &Connection, is_durable: bool) -> Result<(), StoreError> {
    let level = if is_durable { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", level)?;
    Ok(())
}

fn set_pragmas(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.execute_batch(
        "PRAGMA foreign_keys = 1; PRAGMA mmap_size = 0; PRAGMA trusted_schema = 0; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16000;",
    )?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (step, migration) in (1_u32..).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Reads the wrapped key: the last thing that the making of a store writes.
pub(super) fn read_header(connection: &Connection) -> Result<Wrapped, StoreError> {
    connection
        .query_row("SELECT header, wrapped_key FROM header WHERE id = 1", [], |row| {
            Ok(Wrapped { header: row.get(0)?, key: row.get(1)? })
        })
        .optional()?
        .ok_or(StoreError::Unfinished)
}

/// Whether there is a wrapped key.
pub(super) fn has_header(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("SELECT count(*) > 0 FROM header", [], |row| row.get(0))?)
}

/// Writes the wrapped key.
pub(super) fn write_header(connection: &Connection, wrapped: &Wrapped) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO header (id, header, wrapped_key) VALUES (1, ?1, ?2)",
        params![wrapped.header, wrapped.key],
    )?;
    Ok(())
}

/// Makes a file that is about to be created readable by its owner alone.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}
