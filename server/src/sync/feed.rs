//! Numbering: entries, counter and chain change in the transaction of the business change.

mod store;

use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::record::tag;
use sync_protocol::feed::{Header, NewEntry};
use sync_protocol::hash::Hash;
use sync_protocol::id::{EventId, FeedId, FeedSeq};
use zeroize::Zeroizing;

use crate::clock::random_bytes;
use crate::db::{StoreError, Tx};
use crate::seal::Sealer;

/// Where K_body is sealed for; the row is the event's id.
pub const BODY_KEY_PLACE: &str = "feeds.body_key";

/// How far a feed goes, with its counter locked until the transaction ends.
#[derive(Debug)]
pub struct FeedHead {
    event: EventId,
    point: ChainPoint,
    body_key: Zeroizing<[u8; 32]>,
}

impl FeedHead {
    /// Returns the number that the next entry gets.
    pub const fn next(&self) -> FeedSeq {
        self.point.seq.next()
    }
}

/// An entry with its number, ready to be stored.
struct Numbered<'a> {
    seq: FeedSeq,
    tag: Hash,
    entry: &'a NewEntry,
}

/// Begins an event's feed: a new feed id and a new K_body.
///
/// # Errors
///
/// [`StoreError`].
pub async fn create(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<(), StoreError> {
    let feed = FeedId(random_bytes());
    let body_key = Zeroizing::new(random_bytes::<32>());
    let sealed = sealer.seal(BODY_KEY_PLACE, event.as_bytes(), body_key.as_slice());
    store::insert_feed(tx, event, feed, ChainPoint::start(event, feed), &sealed).await
}

/// Locks an event's counter until the transaction ends. Little but the rows that carry the entries'
/// numbers may follow: this is the lock that every change of the event waits for.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<FeedHead, StoreError> {
    let (point, sealed) = store::lock_feed(tx, event).await?;
    let body_key = sealer.open_key(BODY_KEY_PLACE, event.as_bytes(), &sealed)?;
    Ok(FeedHead { event, point, body_key })
}

/// Appends `entries` in order after a locked head, and returns the last number.
///
/// # Errors
///
/// [`StoreError`].
pub async fn append_after(tx: &mut Tx, head: FeedHead, entries: &[NewEntry]) -> Result<FeedSeq, StoreError> {
    let mut point = head.point;
    let mut numbered = Vec::with_capacity(entries.len());
    for entry in entries {
        let tag = tag(&head.body_key, &entry.body);
        let header = Header { seq: point.seq.next(), kind: entry.kind, entity: entry.entity, tag };
        point = point.after(&header);
        numbered.push(Numbered { seq: header.seq, tag, entry });
    }
    store::insert_entries(tx, head.event, &numbered).await?;
    store::move_head(tx, head.event, point).await?;
    Ok(point.seq)
}

/// Locks the counter, appends `entries`, and returns the last number. These must be the last statements
/// of the transaction.
///
/// # Errors
///
/// [`StoreError`].
pub async fn append(tx: &mut Tx, sealer: &Sealer, event: EventId, entries: &[NewEntry]) -> Result<FeedSeq, StoreError> {
    let head = lock(tx, sealer, event).await?;
    append_after(tx, head, entries).await
}
