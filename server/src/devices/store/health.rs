//! SQL of how terminals are.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{DeviceId, EventId, FeedSeq};
use sync_protocol::sync::health::Health;
use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::list::{padded, padded_len, placeholders};
use crate::db::{StoreError, Tx};
use crate::devices::health::{Reported, Watched};

/// Puts what a terminal tells of itself in the place of what it told before.
pub(in crate::devices) async fn put_health(
    tx: &mut Tx,
    id: DeviceId,
    health: &Health,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO device_health (device_id, seen_at, report) VALUES ($1, $2, $3)
         ON CONFLICT (device_id) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report",
    )
    .bind(&id.0[..])
    .bind(int(now.0))
    .bind(health.encode())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns when a terminal last told of itself.
pub(in crate::devices) async fn health_seen_at(tx: &mut Tx, id: DeviceId) -> Result<Option<UnixMillis>, StoreError> {
    let row = sqlx::query("SELECT seen_at FROM device_health WHERE device_id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.millis("seen_at")).transpose()
}

/// Returns what a terminal last told of itself.
pub(in crate::devices) async fn health(tx: &mut Tx, id: DeviceId) -> Result<Option<Reported>, StoreError> {
    let row = sqlx::query("SELECT seen_at, report FROM device_health WHERE device_id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map_or(Ok(None), read)
}

/// Returns the terminals of some events that count. There is at least one event.
pub(in crate::devices) async fn watched(
    tx: &mut Tx,
    events: &[EventId],
    limit: u32,
) -> Result<Vec<Watched>, StoreError> {
    let text = format!(
        "SELECT d.id, d.event_id, d.cursor, d.enrolled_at, d.last_seen_at, h.seen_at, h.report
         FROM devices d LEFT JOIN device_health h ON h.device_id = d.id
         WHERE d.event_id IN ({}) AND d.status = 1 AND d.number > 0 ORDER BY d.event_id, d.number LIMIT ${}",
        placeholders(1, events.len()),
        padded_len(events.len()) + 1
    );
    let mut query = sqlx::query(AssertSqlSafe(text));
    for event in padded(events) {
        query = query.bind(event.0.to_vec());
    }
    let rows = query.bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    rows.iter()
        .map(|row| {
            Ok(Watched {
                id: DeviceId(row.array("id")?),
                event: EventId(row.array("event_id")?),
                cursor: row.uint_or_null("cursor")?.map(FeedSeq),
                enrolled_at: row.millis("enrolled_at")?,
                last_seen_at: row.millis_or_null("last_seen_at")?,
                reported: read(row)?,
            })
        })
        .collect()
}

/// A report that a newer program stored is none that this one knows.
fn read(row: &AnyRow) -> Result<Option<Reported>, StoreError> {
    let (Some(seen_at), Some(report)) = (row.millis_or_null("seen_at")?, row.bytes_or_null("report")?) else {
        return Ok(None);
    };
    Ok(Health::decode(&report).ok().map(|health| Reported { seen_at, health }))
}
