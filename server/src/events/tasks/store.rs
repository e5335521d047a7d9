//! SQL of tasks.

use sqlx::any::AnyRow;
use sync_protocol::id::EventId;

use super::{Task, TaskId};
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};

pub(super) async fn insert(tx: &mut Tx, event: EventId, tasks: &[Task]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["id", "event_id", "title", "due_at", "done_at", "version", "created_at"];
    insert_rows(tx, "event_tasks", COLUMNS, "", tasks, |task, row| {
        row.push(&task.id.0[..])
            .push(&event.0[..])
            .push(task.title.as_str())
            .push(task.due_at.map(|time| int(time.0)))
            .push(task.done_at.map(|time| int(time.0)))
            .push(int(task.version))
            .push(int(task.created_at.0));
    })
    .await?;
    Ok(())
}

/// Returns how many tasks an event has.
pub(super) async fn count(tx: &mut Tx, event: EventId) -> Result<u64, StoreError> {
    let query = sqlx::query("SELECT COUNT(*) AS number FROM event_tasks WHERE event_id = $1").bind(&event.0[..]);
    query.fetch_one(tx.connection()).await?.uint("number")
}

/// Returns an event's tasks in the order they were written down.
pub(super) async fn list(tx: &mut Tx, event: EventId) -> Result<Vec<Task>, StoreError> {
    sqlx::query(
        "SELECT id, title, due_at, done_at, version, created_at FROM event_tasks WHERE event_id = $1 ORDER BY id",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Returns a task of an event, whose row stays locked until a transaction that writes ends.
pub(super) async fn lock(tx: &mut Tx, event: EventId, id: TaskId) -> Result<Option<Task>, StoreError> {
    let text = format!(
        "SELECT id, title, due_at, done_at, version, created_at FROM event_tasks WHERE id = $1 AND event_id = $2{}",
        tx.dialect().for_update()
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(&id.0[..]).bind(&event.0[..]);
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

pub(super) async fn update(tx: &mut Tx, task: &Task) -> Result<(), StoreError> {
    sqlx::query("UPDATE event_tasks SET title = $1, due_at = $2, done_at = $3, version = $4 WHERE id = $5")
        .bind(task.title.as_str())
        .bind(task.due_at.map(|time| int(time.0)))
        .bind(task.done_at.map(|time| int(time.0)))
        .bind(int(task.version))
        .bind(&task.id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: TaskId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM event_tasks WHERE id = $1").bind(&id.0[..]).execute(tx.connection()).await?;
    Ok(())
}

pub(super) async fn delete_all(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM event_tasks WHERE event_id = $1").bind(&event.0[..]).execute(tx.connection()).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Task, StoreError> {
    Ok(Task {
        id: TaskId(row.array("id")?),
        title: row.text("title")?,
        due_at: row.millis_or_null("due_at")?,
        done_at: row.millis_or_null("done_at")?,
        version: row.uint("version")?,
        created_at: row.millis("created_at")?,
    })
}
