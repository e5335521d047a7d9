//! SQL of snapshots.

use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::hash::Hash;
use sync_protocol::id::{EventId, FeedId, FeedSeq};
use sync_protocol::time::UnixMillis;

use super::snapshot::{Chunk, Snapshot};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Returns the newest snapshot of an event's feed.
pub(super) async fn snapshot(tx: &mut Tx, event: EventId) -> Result<Option<Snapshot>, StoreError> {
    let row = sqlx::query("SELECT feed_id, seq, chain, chunks FROM snapshots WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| {
        Ok(Snapshot {
            feed: FeedId(row.array("feed_id")?),
            point: ChainPoint { seq: FeedSeq(row.uint("seq")?), value: row.array("chain")? },
            chunks: Snapshot::decode_chunks(&row.bytes("chunks")?).ok_or(StoreError::Corrupt("chunks"))?,
        })
    })
    .transpose()
}

/// Puts a snapshot in the place of the one before; false if one of the same feed is there that is as new.
pub(super) async fn put_snapshot(tx: &mut Tx, event: EventId, snapshot: &Snapshot) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO snapshots (event_id, feed_id, seq, chain, chunks) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (event_id) DO UPDATE SET feed_id = excluded.feed_id, seq = excluded.seq, chain = excluded.chain,
         chunks = excluded.chunks WHERE snapshots.feed_id <> excluded.feed_id OR snapshots.seq < excluded.seq",
    )
    .bind(&event.0[..])
    .bind(&snapshot.feed.0[..])
    .bind(int(snapshot.point.seq.0))
    .bind(&snapshot.point.value[..])
    .bind(snapshot.encode_chunks())
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that an event's chunks are named by no snapshot, before those of a new one are put.
pub(super) async fn supersede_chunks(tx: &mut Tx, event: EventId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE snapshot_chunks SET superseded_at = $1 WHERE event_id = $2 AND superseded_at IS NULL")
        .bind(int(now.0))
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stores a chunk, or notes that it is named again.
pub(super) async fn put_chunk(tx: &mut Tx, event: EventId, chunk: &Chunk) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO snapshot_chunks (event_id, hash, packed) VALUES ($1, $2, $3)
         ON CONFLICT (event_id, hash) DO UPDATE SET superseded_at = NULL",
    )
    .bind(&event.0[..])
    .bind(&chunk.name.hash[..])
    .bind(chunk.packed.as_slice())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Deletes the chunks that no snapshot has named since `before`.
pub(super) async fn delete_chunks(tx: &mut Tx, event: EventId, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM snapshot_chunks WHERE event_id = $1 AND superseded_at < $2")
        .bind(&event.0[..])
        .bind(int(before.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets an event's snapshots.
pub(super) async fn delete(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    for text in ["DELETE FROM snapshot_chunks WHERE event_id = $1", "DELETE FROM snapshots WHERE event_id = $1"] {
        sqlx::query(text).bind(&event.0[..]).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Returns a chunk.
pub(super) async fn chunk(tx: &mut Tx, event: EventId, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("SELECT packed FROM snapshot_chunks WHERE event_id = $1 AND hash = $2")
        .bind(&event.0[..])
        .bind(&hash[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.bytes("packed")).transpose()
}
