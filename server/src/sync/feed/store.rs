//! SQL of the feeds.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::{Entity, Form, Header, Kind, NewEntry, Record};
use sync_protocol::hash::Hash;
use sync_protocol::id::{EventId, FeedId, FeedSeq};

use super::{FeedState, Numbered};
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::list::{listing, padded, placeholders};
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

/// Returns the events whose feeds go on.
pub(super) async fn events(tx: &mut Tx) -> Result<Vec<EventId>, StoreError> {
    let rows = sqlx::query("SELECT event_id FROM feeds WHERE body_key IS NOT NULL ORDER BY event_id")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| row.array("event_id").map(EventId)).collect()
}

/// Returns how far the feeds of some events go. There is at least one event.
pub(super) async fn heads(tx: &mut Tx, events: &[EventId]) -> Result<BTreeMap<EventId, FeedSeq>, StoreError> {
    let text = format!("SELECT event_id, seq FROM feeds WHERE event_id IN ({})", placeholders(1, events.len()));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for event in padded(events) {
        query = query.bind(event.0.to_vec());
    }
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok((EventId(row.array("event_id")?), FeedSeq(row.uint("seq")?)))).collect()
}

/// Returns up to `limit` entries after a number, without their bodies.
pub(super) async fn headers(
    tx: &mut Tx,
    event: EventId,
    after: FeedSeq,
    limit: u32,
) -> Result<Vec<Header>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, kind, entity, tag FROM feed_entries WHERE event_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(&event.0[..])
    .bind(int(after.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Header {
                seq: FeedSeq(row.uint("seq")?),
                kind: Kind::from_u8(row.small("kind")?).ok_or(StoreError::Corrupt("kind"))?,
                entity: Entity(row.array("entity")?),
                tag: row.array("tag")?,
            })
        })
        .collect()
}

/// Gives a feed another id and chain.
pub(super) async fn set_feed(tx: &mut Tx, event: EventId, feed: FeedId, point: ChainPoint) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET feed_id = $1, seq = $2, chain = $3 WHERE event_id = $4")
        .bind(&feed.0[..])
        .bind(int(point.seq.0))
        .bind(&point.value[..])
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns where the chain is, and the sealed K_body if there still is one; the row stays locked until the transaction
/// ends.
pub(super) async fn lock_feed(tx: &mut Tx, event: EventId) -> Result<(ChainPoint, Option<Vec<u8>>), StoreError> {
    let text = format!("SELECT seq, chain, body_key FROM feeds WHERE event_id = $1{}", tx.dialect().for_update());
    let row = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).fetch_one(tx.connection()).await;
    let row = row.map_err(|error| match error {
        // The event was deleted just now: whoever asks once more is told that there is none.
        sqlx::Error::RowNotFound => StoreError::Busy(error),
        other => other.into(),
    })?;
    Ok((ChainPoint { seq: FeedSeq(row.uint("seq")?), value: row.array("chain")? }, row.bytes_or_null("body_key")?))
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

pub(super) async fn delete(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    for text in ["DELETE FROM feed_entries WHERE event_id = $1", "DELETE FROM feeds WHERE event_id = $1"] {
        sqlx::query(text).bind(&event.0[..]).execute(tx.connection()).await?;
    }
    Ok(())
}

pub(super) async fn state(tx: &mut Tx, event: EventId) -> Result<FeedState, StoreError> {
    let row = sqlx::query("SELECT feed_id, seq, chain, floor, erasures FROM feeds WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await?;
    Ok(FeedState {
        feed: FeedId(row.array("feed_id")?),
        point: ChainPoint { seq: FeedSeq(row.uint("seq")?), value: row.array("chain")? },
        floor: FeedSeq(row.uint("floor")?),
        erasures: row.uint("erasures")?,
    })
}

pub(super) async fn sealed_body_key(tx: &mut Tx, event: EventId) -> Result<Option<Vec<u8>>, StoreError> {
    sqlx::query("SELECT body_key FROM feeds WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await?
        .bytes_or_null("body_key")
}

pub(super) async fn set_body_key(tx: &mut Tx, event: EventId, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET body_key = $1 WHERE event_id = $2")
        .bind(sealed)
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns up to `limit` bodies after a number that are not erased.
pub(super) async fn bodies(
    tx: &mut Tx,
    event: EventId,
    after: FeedSeq,
    limit: u32,
) -> Result<Vec<(FeedSeq, Vec<u8>)>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, body FROM feed_entries WHERE event_id = $1 AND seq > $2 AND body IS NOT NULL ORDER BY seq LIMIT $3",
    )
    .bind(&event.0[..])
    .bind(int(after.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((FeedSeq(row.uint("seq")?), row.bytes("body")?))).collect()
}

pub(super) async fn set_tag(tx: &mut Tx, event: EventId, seq: FeedSeq, tag: Hash) -> Result<(), StoreError> {
    sqlx::query("UPDATE feed_entries SET tag = $1 WHERE event_id = $2 AND seq = $3")
        .bind(&tag[..])
        .bind(&event.0[..])
        .bind(int(seq.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn destroy_body_key(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET body_key = NULL WHERE event_id = $1")
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Erases the bodies of all entries about a thing but the newest.
pub(super) async fn erase_replaced(tx: &mut Tx, event: EventId, kind: Kind, entity: Entity) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE feed_entries SET body = NULL WHERE event_id = $1 AND kind = $2 AND entity = $3
         AND seq < (SELECT MAX(seq) FROM feed_entries WHERE event_id = $1 AND kind = $2 AND entity = $3)",
    )
    .bind(&event.0[..])
    .bind(kind as i64)
    .bind(&entity.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives the only entry about a thing that still has a body another one.
pub(super) async fn replace_newest(tx: &mut Tx, event: EventId, entry: &NewEntry) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE feed_entries SET body = $1 WHERE event_id = $2 AND kind = $3 AND entity = $4 AND body IS NOT NULL",
    )
    .bind(entry.body.as_slice())
    .bind(&event.0[..])
    .bind(entry.kind as i64)
    .bind(&entry.entity.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Sends whoever has not read up to a number to the snapshot.
pub(super) async fn raise_floor(tx: &mut Tx, event: EventId, floor: FeedSeq) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET floor = $1 WHERE event_id = $2 AND floor < $1")
        .bind(int(floor.0))
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Counts that something was erased.
pub(super) async fn count_erasure(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET erasures = erasures + 1 WHERE event_id = $1")
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns how often something was erased; nothing is until the transaction ends.
pub(in crate::sync) async fn lock_erasures(tx: &mut Tx, event: EventId) -> Result<u64, StoreError> {
    let text = format!("SELECT erasures FROM feeds WHERE event_id = $1{}", tx.dialect().for_share());
    sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).fetch_one(tx.connection()).await?.uint("erasures")
}

/// Returns up to `limit` records after a number. What a later entry replaces comes as its tag.
pub(super) async fn page(tx: &mut Tx, event: EventId, after: FeedSeq, limit: u32) -> Result<Vec<Record>, StoreError> {
    sqlx::query(
        "SELECT e.seq, e.kind, e.entity, e.tag,
         CASE WHEN EXISTS (SELECT 1 FROM feed_entries l WHERE l.event_id = e.event_id AND l.kind = e.kind
                           AND l.entity = e.entity AND l.seq > e.seq)
              THEN NULL ELSE e.body END AS body
         FROM feed_entries e WHERE e.event_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
    )
    .bind(&event.0[..])
    .bind(int(after.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        let form = match row.bytes_or_null("body")? {
            Some(body) => Form::Body(body),
            None => Form::Tag(row.array("tag")?),
        };
        read_record(row, form)
    })
    .collect()
}

fn read_record(row: &AnyRow, form: Form) -> Result<Record, StoreError> {
    Ok(Record {
        seq: FeedSeq(row.uint("seq")?),
        kind: Kind::from_u8(row.small("kind")?).ok_or(StoreError::Corrupt("kind"))?,
        entity: Entity(row.array("entity")?),
        form,
    })
}

/// Returns the newest body of each of these entities that the feed knows, with its number.
pub(super) async fn newest_bodies(
    tx: &mut Tx,
    event: EventId,
    kind: Kind,
    entities: &[Entity],
) -> Result<Vec<(Entity, FeedSeq, Vec<u8>)>, StoreError> {
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    let text = newest_bodies_text(entities.len());
    let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(kind as i64);
    for Entity(entity) in padded(entities) {
        query = query.bind(entity.to_vec());
    }
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok((Entity(row.array("entity")?), FeedSeq(row.uint("seq")?), row.bytes("body")?))).collect()
}

/// The numbers of the newest come from the index alone: asked for the entities' bodies at once, SQLite reads the whole
/// event, whose entries lie together.
fn newest_bodies_text(entities: usize) -> String {
    format!(
        "SELECT e.entity, e.seq, e.body FROM (
             SELECT MAX(seq) AS last FROM feed_entries
             WHERE event_id = $1 AND kind = $2 AND entity IN ({}) GROUP BY entity
         ) newest CROSS JOIN feed_entries e WHERE e.event_id = $1 AND e.seq = newest.last AND e.body IS NOT NULL",
        placeholders(3, entities)
    )
}

/// Returns up to `limit` tickets after an entity, each with its newest body up to a number, if that was not erased.
pub(super) async fn tickets_until(
    tx: &mut Tx,
    event: EventId,
    until: FeedSeq,
    after: Entity,
    limit: u32,
) -> Result<Vec<(Entity, Option<Vec<u8>>)>, StoreError> {
    sqlx::query(
        "SELECT e.entity, e.body FROM feed_entries e
         WHERE e.event_id = $1 AND e.kind = $2 AND e.seq <= $3 AND e.entity > $4
         AND NOT EXISTS (SELECT 1 FROM feed_entries l WHERE l.event_id = e.event_id AND l.kind = e.kind
                         AND l.entity = e.entity AND l.seq > e.seq AND l.seq <= $3)
         ORDER BY e.entity LIMIT $5",
    )
    .bind(&event.0[..])
    .bind(Kind::Ticket as i64)
    .bind(int(until.0))
    .bind(&after.0[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| Ok((Entity(row.array("entity")?), row.bytes_or_null("body")?)))
    .collect()
}

/// A record with its body, unless that was erased because a later one replaces it.
pub(in crate::sync) type Kept = (Record, bool);

/// Returns up to `limit` records after one, ordered by kind, then entity, then number: straight from the
/// index. Erased bodies come empty and are said to be so.
pub(in crate::sync) async fn by_entity_after(
    tx: &mut Tx,
    event: EventId,
    after: (u8, Entity, FeedSeq),
    limit: u32,
) -> Result<Vec<Kept>, StoreError> {
    sqlx::query(
        "SELECT seq, kind, entity, body FROM feed_entries
         WHERE event_id = $1 AND (kind, entity, seq) > ($2, $3, $4) ORDER BY kind, entity, seq LIMIT $5",
    )
    .bind(&event.0[..])
    .bind(i64::from(after.0))
    .bind(&after.1.0[..])
    .bind(int(after.2.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        let body = row.bytes_or_null("body")?;
        let is_erased = body.is_none();
        Ok((read_record(row, Form::Body(body.unwrap_or_default()))?, is_erased))
    })
    .collect()
}
