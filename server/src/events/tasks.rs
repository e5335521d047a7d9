//! What has to be done for an event.

pub mod routes;
mod store;

use std::str::FromStr;

use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// The most tasks that an event has.
pub const TASKS_MAX: u64 = 500;

/// A task's id. UUIDv7.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TaskId(pub [u8; 16]);

impl FromStr for TaskId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes))
    }
}

/// Something that has to be done for an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What.
    pub title: String,
    /// Until when; nothing if that does not matter.
    pub due_at: Option<UnixMillis>,
    /// When it was done; nothing while it is not.
    pub done_at: Option<UnixMillis>,
    /// Counts its changes.
    pub version: u64,
    /// When it was written down.
    pub created_at: UnixMillis,
}

/// Writes down tasks for an event, in this order: what, and until when.
///
/// # Errors
///
/// [`StoreError`].
pub async fn add(
    tx: &mut Tx,
    event: EventId,
    tasks: Vec<(String, Option<UnixMillis>)>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let tasks: Vec<Task> = uuids_v7(now, tasks.len())
        .zip(tasks)
        .map(|(id, (title, due_at))| Task { id: TaskId(id), title, due_at, done_at: None, version: 1, created_at: now })
        .collect();
    store::insert(tx, event, &tasks).await
}

/// Writes down one event's tasks for another, to be done again, with due times that `moved` along.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn copy(
    tx: &mut Tx,
    from: EventId,
    to: EventId,
    moved: impl Fn(UnixMillis) -> UnixMillis,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let tasks = store::list(tx, from).await?.into_iter().map(|task| (task.title, task.due_at.map(&moved))).collect();
    add(tx, to, tasks, now).await
}

/// Forgets an event's tasks.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn forget(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    store::delete_all(tx, event).await
}
