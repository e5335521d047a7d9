//! Snapshots: the newest body of everything in a feed, packed into chunks that every server process can
//! hand out.
//!
//! One is made when a terminal asks and the one before is too far behind. It reads one state of the
//! database and holds no lock; only the finished chunks are written.

use sync_protocol::bytes::{Put as _, Reader};
use sync_protocol::feed::Entity;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::snapshot::{CHUNK_PACKED_BYTES_MAX, ChunkName, Manifest, SignedManifest};
use sync_protocol::hash::{Hash, sha256};
use sync_protocol::id::{EventId, FeedId, FeedSeq};
use tokio::sync::Mutex;

use super::feed::store::Kept;
use super::{feed, store};
use crate::app::App;
use crate::db::{StoreError, Tx};

/// A chunk's records before compression: packs to well below the limit, unless its bytes are random.
const CHUNK_TARGET_BYTES: usize = 2_000_000;
/// Records read in one query.
const READ_RECORDS: u32 = 10_000;
/// A snapshot serves while the feed has moved less than this …
const BEHIND_ENTRIES_MAX: u64 = 2_000;
/// … or less than this part of its rows.
const BEHIND_PART: u64 = 4;
/// Chunks of an older snapshot stay so long: a terminal may still be fetching them.
const CHUNK_KEEP_MS: u64 = 60 * 60_000;
const ZSTD_LEVEL: i32 = 3;

/// Sees to it that one process makes one snapshot at a time.
#[derive(Debug, Default)]
pub struct Maker(Mutex<()>);

/// A chunk and its name.
pub(super) struct Chunk {
    pub(super) name: ChunkName,
    pub(super) packed: Vec<u8>,
}

/// What a snapshot consists of, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Snapshot {
    pub(super) feed: FeedId,
    pub(super) point: ChainPoint,
    pub(super) chunks: Vec<ChunkName>,
}

impl Snapshot {
    fn rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.rows)).sum()
    }

    fn serves(&self, state: &feed::FeedState) -> bool {
        let behind = state.point.seq.0.saturating_sub(self.point.seq.0);
        self.feed == state.feed && behind <= BEHIND_ENTRIES_MAX.max(self.rows() / BEHIND_PART)
    }

    fn sign(self, app: &App, event: EventId) -> SignedManifest {
        let (rows, Self { feed, point, chunks }) = (self.rows(), self);
        Manifest { event, feed, seq: point.seq, chain: point.value, rows, chunks }.sign(app.server_key())
    }

    pub(super) fn encode_chunks(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.chunks.len() * 40);
        for chunk in &self.chunks {
            bytes.put_u32(chunk.packed_bytes).put_u32(chunk.rows).put(&chunk.hash);
        }
        bytes
    }

    pub(super) fn decode_chunks(bytes: &[u8]) -> Option<Vec<ChunkName>> {
        let mut reader = Reader::new(bytes);
        let mut chunks = Vec::new();
        while !reader.is_empty() {
            let (packed_bytes, rows) = (reader.u32().ok()?, reader.u32().ok()?);
            chunks.push(ChunkName { packed_bytes, rows, hash: reader.array().ok()? });
        }
        Some(chunks)
    }
}

/// Returns the manifest of a snapshot that is not too far behind the feed, made now if need be.
///
/// # Errors
///
/// [`StoreError`].
pub async fn manifest(app: &App, event: EventId) -> Result<SignedManifest, StoreError> {
    if let Some(snapshot) = serving(app, event).await? {
        return Ok(snapshot.sign(app, event));
    }
    let making = app.snapshot_maker().0.lock().await;
    // Another request may have made one while this one waited.
    let snapshot = loop {
        let held = match serving(app, event).await? {
            Some(snapshot) => Some(snapshot),
            None => make(app, event).await?,
        };
        if let Some(snapshot) = held {
            break snapshot;
        }
    };
    drop(making);
    Ok(snapshot.sign(app, event))
}

/// Returns a chunk by its hash.
///
/// # Errors
///
/// [`StoreError`].
pub async fn chunk(app: &App, event: EventId, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    store::chunk(&mut tx, event, hash).await
}

async fn serving(app: &App, event: EventId) -> Result<Option<Snapshot>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let state = feed::state(&mut tx, event).await?;
    Ok(store::snapshot(&mut tx, event).await?.filter(|snapshot| snapshot.serves(&state)))
}

/// Makes a snapshot; nothing if something of the feed was erased meanwhile, which the snapshot would still tell.
async fn make(app: &App, event: EventId) -> Result<Option<Snapshot>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let state = feed::state(&mut tx, event).await?;
    let mut chunks = Vec::new();
    let mut pending = Pending::default();
    let mut held: Option<Kept> = None;
    loop {
        let after = held.as_ref().map_or((0, Entity::ZERO, FeedSeq(0)), |(r, _)| (r.kind as u8, r.entity, r.seq));
        let records = feed::store::by_entity_after(&mut tx, event, after, READ_RECORDS).await?;
        if records.is_empty() {
            break;
        }
        for next in records {
            let is_replaced = |(record, _): &Kept| (record.kind, record.entity) == (next.0.kind, next.0.entity);
            if let Some(last) = held.take().filter(|held| !is_replaced(held)) {
                pending.push(&last)?;
            }
            held = Some(next);
            if pending.bytes.len() >= CHUNK_TARGET_BYTES {
                chunks.extend(pack(std::mem::take(&mut pending)).await?);
            }
        }
    }
    if let Some(last) = held {
        pending.push(&last)?;
    }
    drop(tx);
    if !pending.starts.is_empty() {
        chunks.extend(pack(pending).await?);
    }

    let names = chunks.iter().map(|chunk| chunk.name).collect();
    let snapshot = Snapshot { feed: state.feed, point: state.point, chunks: names };
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    if feed::store::lock_erasures(&mut tx, event).await? != state.erasures {
        return Ok(None);
    }
    if !store::put_snapshot(&mut tx, event, &snapshot).await? {
        // Another server was faster.
        return store::snapshot(&mut tx, event).await;
    }
    store::supersede_chunks(&mut tx, event, now).await?;
    for chunk in &chunks {
        store::put_chunk(&mut tx, event, chunk).await?;
    }
    store::delete_chunks(&mut tx, event, now.minus(CHUNK_KEEP_MS)).await?;
    tx.commit().await?;
    tracing::info!(%event, seq = snapshot.point.seq.0, chunks = snapshot.chunks.len(), "made a snapshot");
    Ok(Some(snapshot))
}

/// Records on their way into a chunk.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Pending {
    /// Adds the newest record of an entity, whose body is never erased.
    fn push(&mut self, (record, is_erased): &Kept) -> Result<(), StoreError> {
        if *is_erased {
            return Err(StoreError::Corrupt("body"));
        }
        self.starts.push(self.bytes.len());
        record.encode_into(&mut self.bytes);
        Ok(())
    }

    /// Parts the records into two halves.
    fn halves(mut self) -> [Self; 2] {
        let starts = self.starts.split_off(self.starts.len() / 2);
        let at = starts.first().copied().unwrap_or(self.bytes.len());
        let bytes = self.bytes.split_off(at);
        [self, Self { bytes, starts: starts.into_iter().map(|start| start - at).collect() }]
    }

    /// Packs the records into chunks: one, unless they compress so badly that it would be too long.
    fn pack(self) -> std::io::Result<Vec<Chunk>> {
        let packed = zstd::bulk::compress(&self.bytes, ZSTD_LEVEL)?;
        if packed.len() <= CHUNK_PACKED_BYTES_MAX || self.starts.len() < 2 {
            let packed_bytes = u32::try_from(packed.len()).unwrap_or(u32::MAX);
            let rows = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
            let name = ChunkName { packed_bytes, rows, hash: sha256(&[&packed]) };
            return Ok(vec![Chunk { name, packed }]);
        }
        let [first, second] = self.halves();
        let mut chunks = first.pack()?;
        chunks.extend(second.pack()?);
        Ok(chunks)
    }
}

async fn pack(pending: Pending) -> Result<Vec<Chunk>, StoreError> {
    let packed = tokio::task::spawn_blocking(|| pending.pack()).await;
    packed.ok().and_then(Result::ok).ok_or(StoreError::Corrupt("body"))
}

/// Forgets an event's snapshots. A terminal that is fetching one begins again with the next.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    store::delete(tx, event).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::feed::snapshot::CHUNK_UNPACKED_BYTES_MAX;
    use sync_protocol::feed::{Form, Kind, Record};
    use sync_protocol::id::TicketId;

    fn records(count: u64, body: impl Fn(u64) -> Vec<u8>) -> Vec<Record> {
        let record = |at| Record {
            seq: FeedSeq(at + 1),
            kind: Kind::Ticket,
            entity: Entity::ticket(TicketId(at)),
            form: Form::Body(body(at)),
        };
        (0..count).map(record).collect()
    }

    fn packed(records: &[Record]) -> Vec<Chunk> {
        let mut pending = Pending::default();
        records.iter().for_each(|record| pending.push(&(record.clone(), false)).unwrap());
        pending.pack().unwrap()
    }

    #[test]
    fn what_does_not_compress_is_parted_until_every_chunk_fits() {
        let records = records(3_000, |_| crate::clock::random_bytes::<1_000>().to_vec());
        let chunks = packed(&records);
        assert!(chunks.len() >= 3);
        let mut read = Vec::new();
        for chunk in &chunks {
            assert!(chunk.packed.len() <= CHUNK_PACKED_BYTES_MAX);
            chunk.name.check(&chunk.packed).unwrap();
            let unpacked = zstd::bulk::decompress(&chunk.packed, CHUNK_UNPACKED_BYTES_MAX).unwrap();
            read.extend(chunk.name.records(&unpacked).unwrap());
        }
        assert_eq!(read, records);
    }

    #[test]
    fn a_list_of_chunks_reads_back() {
        let chunks = packed(&records(3, |_| vec![1])).iter().map(|chunk| chunk.name).collect();
        let point = ChainPoint { seq: FeedSeq(3), value: [0; 32] };
        let snapshot = Snapshot { feed: FeedId([0; 16]), point, chunks };
        assert_eq!(Snapshot::decode_chunks(&snapshot.encode_chunks()), Some(snapshot.chunks.clone()));
        assert_eq!(Snapshot::decode_chunks(&[1, 2]), None);
    }
}
