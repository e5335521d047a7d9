//! What can be wrong with a store.

use std::io::ErrorKind;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use sync_protocol::bytes::DecodeError;
use sync_protocol::feed::head::HeadError;
use sync_protocol::feed::snapshot::SnapshotError;
use sync_protocol::id::Seq;
use sync_protocol::journal::chain::ChainError;

/// A store that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No event is enrolled in this folder.
    #[error("no event is enrolled in {}", .0.display())]
    NotEnrolled(PathBuf),
    /// The event is enrolled already.
    #[error("this event is enrolled already, in {}", .0.display())]
    AlreadyEnrolled(PathBuf),
    /// The enrolment was broken off before it was kept.
    #[error("this laptop's enrolment was broken off before it was kept; enrol again with a new code: `usher enrol`")]
    Unfinished,
    /// The passphrase does not open the store.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// Another process has the store open.
    #[error("another usher is running on this data")]
    InUse,
    /// The file was written by a newer program.
    #[error("the store has format {found}, and this program knows formats up to {known}")]
    Newer {
        /// The format found.
        found: u32,
        /// The newest known format.
        known: u32,
    },
    /// Something in it is not what was written there.
    #[error("{0} is damaged, or somebody changed it")]
    Damaged(Part),
    /// The store is older than the journal's copy.
    #[error("the store went back in time: it ends with entry {store}, the journal's copy with entry {copy}")]
    RolledBack {
        /// Where the store's journal ends.
        store: Seq,
        /// Where the copy ends.
        copy: Seq,
    },
    /// The journal does not hold together.
    #[error("the journal does not hold together")]
    Chain(#[from] ChainError),
    /// The disk is nearly full: bytes left.
    #[error("only {0} bytes are left on the disk")]
    DiskFull(u64),
    /// What came from the server does not fit what the store holds.
    #[error("the server's answer does not fit the store")]
    Misfit,
    /// A head that the server did not sign.
    #[error("the head cannot be relied on")]
    Head(#[from] HeadError),
    /// A snapshot that does not hold together.
    #[error("the snapshot cannot be relied on")]
    Snapshot(#[from] SnapshotError),
    /// A chunk of the snapshot has not been downloaded.
    #[error("a part of the snapshot is missing")]
    MissingChunk,
    /// What should be written cannot be.
    #[error("an entry cannot be written this way")]
    Unwritable(#[source] DecodeError),
    /// The database cannot be read or written.
    #[error("the store's database failed")]
    Database(#[from] rusqlite::Error),
    /// A file cannot be read or written.
    #[error("a file of the store failed")]
    File(#[from] std::io::Error),
}

/// SQLite's code when the file that its connections share beside the database cannot be made as long as it must be,
/// which is for want of room (`SQLITE_IOERR_SHMSIZE`).
const NO_ROOM_TO_SHARE: std::ffi::c_int = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

impl StoreError {
    /// Whether the disk has no room for what must be written.
    pub fn has_no_room(&self) -> bool {
        match self {
            Self::DiskFull(_) => true,
            Self::Database(rusqlite::Error::SqliteFailure(failure, _)) => {
                failure.code == ErrorCode::DiskFull || failure.extended_code == NO_ROOM_TO_SHARE
            }
            Self::File(error) => matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
            _ => false,
        }
    }

    /// Whether the store itself is not what was written there, so that opening it again does not help.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Chain(_) => true,
            Self::Database(rusqlite::Error::SqliteFailure(failure, _)) => !matches!(
                failure.code,
                ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::DiskFull
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::CannotOpen
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::OutOfMemory
            ),
            Self::Database(_) => true,
            _ => false,
        }
    }
}

/// A part of a store that can be damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// The header with the wrapped key.
    Header,
    /// The state record.
    State,
    /// What the server certified at enrolment, or the device's keys.
    Enrolment,
    /// The list of tickets, rules, keys and movements.
    List,
    /// The journal.
    Journal,
    /// A downloaded part of a snapshot.
    Chunk,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "the store's header",
            Self::State => "the store's state",
            Self::Enrolment => "the enrolment",
            Self::List => "the list",
            Self::Journal => "the journal",
            Self::Chunk => "a downloaded part of the list",
        })
    }
}
