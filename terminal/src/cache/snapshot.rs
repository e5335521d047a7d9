//! Loading a snapshot: chunks wait on the disk until all are there, then their rows go into a new
//! generation in short transactions, and one last short transaction makes it the one that counts.
//!
//! [`Loading`] does the costly part, unpacking and sealing, on whichever thread owns it; the gate's
//! thread only writes one [`Bite`] at a time, between two attendees.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension as _, params};
use sync_protocol::feed::entry::Entity;
use sync_protocol::feed::snapshot::{CHUNK_UNPACKED_BYTES_MAX, ChunkName, Manifest, SignedManifest, SnapshotError};
use sync_protocol::feed::{Body, Form, Kind, SignedHead};
use sync_protocol::hash::Hash;
use sync_protocol::id::DeviceNo;
use sync_protocol::time::Hlc;

use super::error::{Part, StoreError};
use super::feed::{lift, suspend};
use super::known::Known;
use super::rows::{SealedRow, Tally};
use super::seal::{Sealer, Table};
use super::state::Feed;
use super::{ListChange, Store, feed, file};
use crate::clock::Moment;
use crate::door::Suspension;
use crate::sync::packing::unpack;

/// How many rows go to the disk in one transaction.
const BITE_ROWS: usize = 500;

/// Rows ready to be written in one short transaction.
#[derive(Debug)]
pub struct Bite {
    generation: u32,
    rows: Vec<SealedRow>,
}

/// A snapshot on its way into the store.
pub struct Loading {
    sealer: Sealer,
    number: DeviceNo,
    connection: Connection,
    manifest: Manifest,
    generation: u32,
    chunks: VecDeque<ChunkName>,
    waiting: VecDeque<SealedRow>,
    last: Option<(Kind, Entity)>,
    known: Known,
    /// Entries that may say something about this very terminal.
    telling: Vec<Body>,
    written: Tally,
    sealed: u64,
    /// Every row was handed out, and what follows from them is brought up to date.
    is_settled: bool,
}

impl Store {
    /// Keeps a downloaded chunk until the snapshot is complete, over any interruption.
    ///
    /// # Errors
    ///
    /// [`StoreError::Snapshot`] if it is not the chunk that was listed; else what the disk says.
    pub fn stage_chunk(&mut self, name: &ChunkName, packed: &[u8]) -> Result<(), StoreError> {
        name.check(packed)?;
        self.check_open()?;
        let key = self.sealer.chunk_key(&name.hash);
        let sealed = self.sealer.seal(Table::Chunk, &key, 0, packed);
        self.commit(|transaction, _, _| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO chunk (key, sealed) VALUES (?1, ?2)")?
                .execute(params![key, sealed])?;
            Ok(())
        })
    }

    /// Whether a chunk has been downloaded.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn is_staged(&self, hash: &Hash) -> Result<bool, StoreError> {
        let key = self.sealer.chunk_key(hash);
        let found: Option<i64> = self
            .connection
            .prepare_cached("SELECT 1 FROM chunk WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        Ok(found.is_some())
    }

    /// Begins to load a snapshot whose chunks are all staged.
    ///
    /// # Errors
    ///
    /// [`StoreError::Snapshot`] if the server did not sign the manifest, [`StoreError::Misfit`] if
    /// it is another event's, another feed's than the one held, or older than the list held, unless
    /// that is damaged.
    pub fn begin_loading(&mut self, manifest: &SignedManifest) -> Result<Loading, StoreError> {
        self.check_open()?;
        let manifest = manifest.open(self.known.server_key())?;
        let is_damaged = self.suspension() == Some(Suspension::Store);
        let is_same_feed = self
            .position()
            .is_none_or(|held| held.feed == manifest.feed && (held.point.seq <= manifest.seq || is_damaged));
        if manifest.event != self.identity.event() || !is_same_feed {
            return Err(StoreError::Misfit);
        }
        // What an interrupted loading left there would be counted.
        let generation = self.state.generation + 1;
        self.connection.execute("DELETE FROM feed_row WHERE generation = ?1", [generation])?;
        self.loading = Some(generation);
        Ok(Loading {
            sealer: self.sealer.clone(),
            number: self.identity.number(),
            connection: self.folder.connect_to_read()?,
            chunks: manifest.chunks.iter().copied().collect(),
            manifest,
            generation,
            waiting: VecDeque::new(),
            last: None,
            known: Known::new(self.identity.event(), *self.known.server_key()),
            telling: Vec::new(),
            written: Tally::default(),
            sealed: 0,
            is_settled: false,
        })
    }

    /// Writes one bite.
    ///
    /// # Errors
    ///
    /// [`StoreError::Misfit`] if another loading has begun since; else what the disk says.
    pub fn write_bite(&mut self, bite: &Bite) -> Result<(), StoreError> {
        self.check_open()?;
        if self.loading != Some(bite.generation) {
            return Err(StoreError::Misfit);
        }
        // These rows count for nothing yet, so they need not wait for the disk: the commit that makes
        // them count brings everything before it to the disk as well.
        file::set_durable(&self.connection, false)?;
        let written = write_rows(&mut self.connection, bite);
        if let Err(error) = file::set_durable(&self.connection, true) {
            self.must_reopen = true;
            return Err(error);
        }
        written?;
        self.checkpoint_above(super::LOG_BYTES_MAX)
    }

    /// Makes a loaded snapshot the list that counts. `head` is the newest head the server gave; the
    /// list counts as fresh if the snapshot reaches it.
    ///
    /// A list that was damaged or a feed that was broken is mended by this; by a snapshot that is older than
    /// the damaged list, as soon as the feed has come as far as that had.
    ///
    /// # Errors
    ///
    /// [`StoreError::Misfit`] if the snapshot is not loaded to its end or has been overtaken, or if
    /// the head belongs to another feed; [`StoreError::Head`] if the server did not sign it.
    pub fn finish_loading(&mut self, loading: Loading, head: &SignedHead, moment: &Moment) -> Result<(), StoreError> {
        self.check_open()?;
        let opened = self.open_head(head)?;
        let manifest = &loading.manifest;
        let mends_at = self.position().map(|held| held.point.seq).filter(|held| *held > manifest.seq);
        let is_damaged = self.suspension() == Some(Suspension::Store);
        let is_current =
            self.loading == Some(loading.generation) && mends_at.is_none_or(|held| is_damaged && held <= opened.seq);
        let is_behind = opened.seq < manifest.seq || (opened.seq == manifest.seq && opened.chain != manifest.chain);
        if !is_current || !loading.is_complete() || opened.feed != manifest.feed || is_behind {
            return Err(StoreError::Misfit);
        }
        let reaches_head = opened.seq == manifest.seq;
        let before = self.state.feed.as_ref();
        let feed = Feed {
            id: manifest.feed,
            point: manifest.point(),
            head: if reaches_head { Some(head.clone()) } else { before.and_then(|feed| feed.head.clone()) },
            checked_at: if reaches_head { moment.now } else { before.map_or(moment.now, |feed| feed.checked_at) },
        };
        let suspensions: Vec<Suspension> = loading.telling.iter().filter_map(|body| self.suspension_by(body)).collect();
        let mut identity = self.identity.clone();
        if let Some(key) = loading.telling.iter().rev().find_map(feed::new_server_key) {
            identity.server_key = key;
        }
        let has_new_key = identity.server_key != self.identity.server_key;
        let Loading { generation, mut known, written, .. } = loading;
        let seen: Hlc = known.hlc();
        self.commit(|transaction, sealer, state| {
            state.feed = Some(feed);
            state.generation = generation;
            (state.rows, state.digest) = (written.rows, written.digest);
            state.hlc = state.hlc.merged(seen, moment.now);
            if mends_at.is_none() {
                lift(state, &[Suspension::Store, Suspension::FeedBroken]);
            }
            for suspension in suspensions {
                suspend(state, suspension);
            }
            transaction.execute("DELETE FROM chunk", [])?;
            if has_new_key {
                identity.write(transaction, sealer)?;
            }
            Ok(())
        })?;
        self.identity = identity;
        self.mends_at = mends_at;
        self.loading = None;
        self.is_unswept = true;
        let number = self.identity.number();
        for movement in self.known.movements().filter(|movement| movement.device == number) {
            known.learn_movement(movement.clone());
        }
        known.set_server_key(self.identity.server_key);
        self.known = known;
        self.adopt_certificate()?;
        self.tell(ListChange::All);
        Ok(())
    }

    /// Loads a snapshot whose chunks are all staged, from beginning to end. `progress` is told how
    /// many of how many rows are written.
    ///
    /// # Errors
    ///
    /// As [`Store::begin_loading`], [`Loading::next_bite`] and [`Store::finish_loading`].
    pub fn apply_snapshot(
        &mut self,
        manifest: &SignedManifest,
        head: &SignedHead,
        moment: &Moment,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), StoreError> {
        let mut loading = self.begin_loading(manifest)?;
        while let Some(bite) = loading.next_bite()? {
            self.write_bite(&bite)?;
            let (done, total) = loading.progress();
            progress(done, total);
        }
        self.finish_loading(loading, head, moment)
    }
}

fn write_rows(connection: &mut Connection, bite: &Bite) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    for row in &bite.rows {
        row.insert(&transaction, bite.generation)?;
    }
    transaction.commit()?;
    Ok(())
}

impl Loading {
    /// Returns the next rows to be written, or nothing after the last.
    ///
    /// # Errors
    ///
    /// [`StoreError::MissingChunk`] if a chunk is not staged, [`StoreError::Damaged`] if it does not
    /// open, [`StoreError::Snapshot`] if it does not hold what the manifest says,
    /// [`StoreError::Misfit`] if a body cannot be read.
    pub fn next_bite(&mut self) -> Result<Option<Bite>, StoreError> {
        while self.waiting.is_empty() {
            let Some(chunk) = self.chunks.pop_front() else {
                self.known.settle();
                self.is_settled = true;
                return Ok(None);
            };
            self.unpack(&chunk)?;
        }
        let count = self.waiting.len().min(BITE_ROWS);
        self.sealed += count as u64;
        Ok(Some(Bite { generation: self.generation, rows: self.waiting.drain(..count).collect() }))
    }

    /// Returns how many rows have been handed out, and how many there are.
    pub const fn progress(&self) -> (u64, u64) {
        (self.sealed, self.manifest.rows)
    }

    fn is_complete(&self) -> bool {
        self.is_settled && self.written.rows == self.manifest.rows
    }

    fn unpack(&mut self, chunk: &ChunkName) -> Result<(), StoreError> {
        let key = self.sealer.chunk_key(&chunk.hash);
        let sealed: Option<Vec<u8>> =
            self.connection.query_row("SELECT sealed FROM chunk WHERE key = ?1", [key], |row| row.get(0)).optional()?;
        let sealed = sealed.ok_or(StoreError::MissingChunk)?;
        let damaged = |_| StoreError::Damaged(Part::Chunk);
        let packed = self.sealer.open(Table::Chunk, &key, 0, &sealed).map_err(damaged)?;
        chunk.check(&packed)?;
        let unpacked =
            unpack(&packed, CHUNK_UNPACKED_BYTES_MAX).map_err(|_| StoreError::Snapshot(SnapshotError::WrongRows))?;
        let mut rows = Vec::with_capacity(chunk.rows as usize);
        for record in chunk.records(&unpacked)? {
            let place = (record.kind, record.entity);
            if self.last.is_some_and(|last| last >= place) || record.seq > self.manifest.seq {
                return Err(StoreError::Snapshot(SnapshotError::WrongRows));
            }
            self.last = Some(place);
            let Form::Body(bytes) = &record.form else { return Err(StoreError::Misfit) };
            let body = Body::decode(record.kind, record.entity, bytes).map_err(|_| StoreError::Misfit)?;
            let row = SealedRow::seal(&self.sealer, &record).ok_or(StoreError::Misfit)?;
            self.written.add(row.share());
            rows.push(row);
            let is_telling = match &body {
                Body::Device { .. } | Body::Key { .. } | Body::Close => true,
                Body::Move(movement) => movement.device == self.number,
                _ => false,
            };
            if is_telling {
                self.telling.push(body.clone());
            }
            self.known.load(record.seq, body);
        }
        // In the order of the table, so that rows are appended to it and not strewn over it.
        rows.sort_unstable_by_key(SealedRow::place);
        self.waiting.extend(rows);
        Ok(())
    }
}
