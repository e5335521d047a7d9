//! SQL of quarantine.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, EventId, Seq};
use sync_protocol::time::UnixMillis;

use crate::accounts::AccountId;
use crate::admissions::quarantine::{Quarantined, Reason};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

const READ: &str = "number, device_id, reason, first_seq, last_seq, received_at, adopted_at";

fn read(row: &AnyRow) -> Result<Quarantined, StoreError> {
    Ok(Quarantined {
        number: row.uint("number")?,
        device: DeviceId(row.array("device_id")?),
        reason: Reason::from_u64(row.uint("reason")?).ok_or(StoreError::Corrupt("reason"))?,
        first_seq: Seq(row.uint("first_seq")?),
        last_seq: Seq(row.uint("last_seq")?),
        received_at: row.millis("received_at")?,
        adopted_at: row.uint_or_null("adopted_at")?.map(UnixMillis),
    })
}

/// Returns the number of a batch that is in quarantine already.
pub(in crate::admissions) async fn quarantine_number(
    tx: &mut Tx,
    device: DeviceId,
    batch_hash: &Hash,
) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT number FROM quarantines WHERE device_id = $1 AND batch_hash = $2")
        .bind(&device.0[..])
        .bind(&batch_hash[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.uint("number")).transpose()
}

/// Returns how many batches of a device are in quarantine.
pub(in crate::admissions) async fn quarantine_count(tx: &mut Tx, device: DeviceId) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS total FROM quarantines WHERE device_id = $1")
        .bind(&device.0[..])
        .fetch_one(tx.connection())
        .await?;
    row.uint("total")
}

/// Puts a batch into quarantine and returns its number. The event's feed is locked.
pub(in crate::admissions) async fn insert_quarantine(
    tx: &mut Tx,
    event: EventId,
    quarantined: &Quarantined,
    batch_hash: &Hash,
    batch: &[u8],
) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT MAX(number) AS last FROM quarantines WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await?;
    let number = row.uint_or_null("last")?.unwrap_or(0) + 1;
    sqlx::query(
        "INSERT INTO quarantines (event_id, number, device_id, reason, batch_hash, batch, first_seq, last_seq, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&event.0[..])
    .bind(int(number))
    .bind(&quarantined.device.0[..])
    .bind(quarantined.reason as i64)
    .bind(&batch_hash[..])
    .bind(batch)
    .bind(int(quarantined.first_seq.0))
    .bind(int(quarantined.last_seq.0))
    .bind(int(quarantined.received_at.0))
    .execute(tx.connection())
    .await?;
    Ok(number)
}

/// Returns an event's quarantined batches after a number.
pub(in crate::admissions) async fn list_quarantines(
    tx: &mut Tx,
    event: EventId,
    after: u64,
    limit: u32,
) -> Result<Vec<Quarantined>, StoreError> {
    let text = format!("SELECT {READ} FROM quarantines WHERE event_id = $1 AND number > $2 ORDER BY number LIMIT $3");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(int(after)).bind(i64::from(limit));
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns a quarantined batch with its bytes.
pub(in crate::admissions) async fn quarantine(
    tx: &mut Tx,
    event: EventId,
    number: u64,
) -> Result<Option<(Quarantined, Vec<u8>)>, StoreError> {
    let text = format!("SELECT {READ}, batch FROM quarantines WHERE event_id = $1 AND number = $2");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(int(number));
    let row = query.fetch_optional(tx.connection()).await?;
    row.map(|row| Ok((read(&row)?, row.bytes("batch")?))).transpose()
}

/// Puts a batch in the place of the one that it was made of. What that one is known by stays, so that it is known when
/// it comes again.
pub(in crate::admissions) async fn set_batch(
    tx: &mut Tx,
    event: EventId,
    number: u64,
    batch: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("UPDATE quarantines SET batch = $1 WHERE event_id = $2 AND number = $3")
        .bind(batch)
        .bind(&event.0[..])
        .bind(int(number))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that an organiser adopted a batch.
pub(in crate::admissions) async fn note_adopted(
    tx: &mut Tx,
    event: EventId,
    number: u64,
    by: AccountId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE quarantines SET adopted_at = $1, adopted_by = $2 WHERE event_id = $3 AND number = $4")
        .bind(int(now.0))
        .bind(&by.0[..])
        .bind(&event.0[..])
        .bind(int(number))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns the numbers that a device's quarantined batches span.
pub(in crate::admissions) async fn quarantined_spans(
    tx: &mut Tx,
    device: DeviceId,
) -> Result<Vec<(Seq, Seq)>, StoreError> {
    sqlx::query("SELECT first_seq, last_seq FROM quarantines WHERE device_id = $1")
        .bind(&device.0[..])
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| Ok((Seq(row.uint("first_seq")?), Seq(row.uint("last_seq")?))))
        .collect()
}

/// Returns a device's adopted batches that hold a number.
pub(in crate::admissions) async fn adopted_with(
    tx: &mut Tx,
    device: DeviceId,
    seq: Seq,
) -> Result<Vec<Vec<u8>>, StoreError> {
    sqlx::query(
        "SELECT batch FROM quarantines
         WHERE device_id = $1 AND adopted_at IS NOT NULL AND first_seq <= $2 AND last_seq >= $2 ORDER BY number",
    )
    .bind(&device.0[..])
    .bind(int(seq.0))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| row.bytes("batch"))
    .collect()
}
