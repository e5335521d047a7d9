//! Copies of the database, and what must be done when one is put back.
//!
//! PostgreSQL has its own tools for the copy; what must be done afterwards is the same.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::app::{App, Settings};
use crate::db::{Database, OpenError, StoreError};
use crate::seal::MasterKey;
use crate::sync::feed;

/// Why there is no copy, or nothing was put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Only a database in a file can be copied by us.
    #[error("this is a PostgreSQL database: copy it with pg_dump, and after pg_restore run `usher-server restored`")]
    NotAFile,
    /// The file to write is there already.
    #[error("{0} is there already; name another file, or move it away")]
    Exists(PathBuf),
    /// The name cannot stand in a database URL.
    #[error("the file's name is not UTF-8: {0}")]
    Name(PathBuf),
    /// The copy does not hold together.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// What the database says of it.
        what: String,
    },
    /// Another program has the database open.
    #[error("{0} is in use: stop the server first")]
    InUse(PathBuf),
    /// A file could not be read or written.
    #[error("cannot write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The copy cannot be opened as a database of ours.
    #[error("cannot open {path}")]
    Open {
        /// The copy.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// The database failed; or the copy belongs to another master key.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
}

/// Copies the database into a new file `to`, as it is at one moment, while servers go on using it. Returns the
/// copy's size in bytes.
///
/// # Errors
///
/// [`BackupError`], after which there is no file.
pub async fn back_up(database: &Database, to: &Path) -> Result<u64, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = beside(to, "part");
    let copied = copy(database, &part).await;
    let kept = copied.and_then(|()| keep(&part, to));
    if kept.is_err() {
        let _ = fs::remove_file(&part);
    }
    kept
}

async fn copy(database: &Database, to: &Path) -> Result<(), BackupError> {
    let name = to.to_str().ok_or_else(|| BackupError::Name(to.to_owned()))?;
    // The copy holds people's names: nobody else may read it, not even while it is written.
    crate::seal::write_private(to, &[]).map_err(|source| BackupError::Io { path: to.to_owned(), source })?;
    if database.copy_to(name).await? { Ok(()) } else { Err(BackupError::NotAFile) }
}

/// Makes a written file durable under its name.
fn keep(part: &Path, to: &Path) -> Result<u64, BackupError> {
    let failed = |source| BackupError::Io { path: to.to_owned(), source };
    let file = File::open(part).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    fs::rename(part, to).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(bytes)
}

/// Returns a name beside `path`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// What was put back.
#[derive(Debug)]
pub struct Restored {
    /// How many events' feeds were begun anew.
    pub events: usize,
    /// Where the database lies that was there before.
    pub moved_to: Option<PathBuf>,
}

/// Puts the copy `from` in the place of the database file `to`, which is moved aside. The copy is checked, brought
/// up to date and its feeds are begun anew before anything is replaced.
///
/// # Errors
///
/// [`BackupError`], after which everything is as it was.
pub async fn restore(from: &Path, to: &Path, key: &MasterKey) -> Result<Restored, BackupError> {
    let part = beside(to, "restoring");
    clear(&part);
    let restored = prepare(from, &part, key).await;
    let events = restored.inspect_err(|_| clear(&part))?;
    let moved_to = if to.exists() { Some(move_aside(to).await.inspect_err(|_| clear(&part))?) } else { None };
    keep(&part, to)?;
    Ok(Restored { events, moved_to })
}

async fn prepare(from: &Path, part: &Path, key: &MasterKey) -> Result<usize, BackupError> {
    let failed = |source| BackupError::Io { path: part.to_owned(), source };
    let content = File::open(from).map_err(|source| BackupError::Io { path: from.to_owned(), source });
    crate::seal::write_private(part, &[]).map_err(failed)?;
    let mut file = fs::OpenOptions::new().write(true).open(part).map_err(failed)?;
    io::copy(&mut content?, &mut file).map_err(failed)?;
    drop(file);

    let open_failed = |source| BackupError::Open { path: from.to_owned(), source };
    let database = Database::open(&file_url(part)?).await.map_err(open_failed)?;
    let renewed = check_and_renew(&database, from, key).await;
    database.close().await;
    renewed
}

async fn check_and_renew(database: &Database, from: &Path, key: &MasterKey) -> Result<usize, BackupError> {
    if let Some(what) = database.what_is_damaged().await? {
        return Err(BackupError::Damaged { path: from.to_owned(), what });
    }
    database.migrate().await.map_err(|source| BackupError::Open { path: from.to_owned(), source })?;
    // Opens the installation's own key: a copy of another installation is noticed here.
    let app = App::open(database.clone(), key, Settings::default()).await?;
    renew_feeds(&app).await
}

/// Begins every event's feed anew, because the database came back from a backup: no terminal takes it for the feed
/// that it knew. Returns how many events there are.
///
/// # Errors
///
/// [`BackupError::Store`].
pub async fn renew_feeds(app: &App) -> Result<usize, BackupError> {
    let mut tx = app.database().begin_write().await?;
    let events = feed::events(&mut tx).await?;
    for event in &events {
        feed::renew(&mut tx, *event).await?;
    }
    tx.commit().await?;
    Ok(events.len())
}

/// Moves the database out of the way, if nobody uses it.
async fn move_aside(path: &Path) -> Result<PathBuf, BackupError> {
    let in_use = || BackupError::InUse(path.to_owned());
    let database = Database::open(&file_url(path)?).await.map_err(|_| in_use())?;
    let is_alone = database.fold_log().await;
    database.close().await;
    if !is_alone? {
        return Err(in_use());
    }
    let mut number = 1;
    let aside = loop {
        let aside = beside(path, &format!("before-restore-{number}"));
        if !aside.exists() {
            break aside;
        }
        number += 1;
    };
    fs::rename(path, &aside).map_err(|source| BackupError::Io { path: aside.clone(), source })?;
    Ok(aside)
}

/// Removes what an attempt left, with SQLite's own files beside it.
fn clear(path: &Path) {
    for path in [path.to_owned(), beside_log(path, "-wal"), beside_log(path, "-shm")] {
        let _ = fs::remove_file(path);
    }
}

fn beside_log(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn file_url(path: &Path) -> Result<String, BackupError> {
    crate::config::sqlite_url(path).ok_or_else(|| BackupError::Name(path.to_owned()))
}
