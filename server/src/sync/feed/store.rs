//! SQL of the feeds.

use sqlx::AssertSqlSafe;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::id::{EventId, FeedId, FeedSeq};

use super::Numbered;
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};

pub(super) async fn insert_feed(
    tx: &mut Tx,
    event: EventId,
    feed: FeedId,
    start: ChainPoint,
    sealed_body_key: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO feeds (event_id, feed_id, seq, chain, floor, body_key) VALUES ($1, $2, $3, $4, 0, $5)")
        .bind(&event.0[..])
        .bind(&feed.0[..])
        .bind(int(start.seq.0))
        .bind(&start.value[..])
        .bind(sealed_body_key)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns where the chain is, and the sealed K_body; the row stays locked until the transaction ends.
pub(super) async fn lock_feed(tx: &mut Tx, event: EventId) -> Result<(ChainPoint, Vec<u8>), StoreError> {
    let text = format!("SELECT seq, chain, body_key FROM feeds WHERE event_id = $1{}", tx.dialect().for_update());
    let row = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).fetch_one(tx.connection()).await?;
    Ok((ChainPoint { seq: FeedSeq(row.uint("seq")?), value: row.array("chain")? }, row.bytes("body_key")?))
}

pub(super) async fn insert_entries(tx: &mut Tx, event: EventId, entries: &[Numbered<'_>]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["event_id", "seq", "kind", "entity", "tag", "body"];
    insert_rows(tx, "feed_entries", COLUMNS, "", entries, |numbered, row| {
        row.push(&event.0[..])
            .push(int(numbered.seq.0))
            .push(numbered.entry.kind as i64)
            .push(&numbered.entry.entity.0[..])
            .push(&numbered.tag[..])
            .push(numbered.entry.body.as_slice());
    })
    .await?;
    Ok(())
}

pub(super) async fn move_head(tx: &mut Tx, event: EventId, point: ChainPoint) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET seq = $1, chain = $2 WHERE event_id = $3")
        .bind(int(point.seq.0))
        .bind(&point.value[..])
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}
