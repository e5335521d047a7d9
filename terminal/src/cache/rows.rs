//! The list on disk: the newest body of every feed entry, sealed.

use rusqlite::{Connection, OptionalExtension as _, params};
use sync_protocol::feed::{Entity, Form, Kind, Record};
use sync_protocol::hash::Hash;
use sync_protocol::id::FeedSeq;

use super::StoreError;
use super::error::Part;
use super::seal::{RowKey, Sealer, Table, toggle};

/// A row ready to be written.
#[derive(Debug)]
pub(super) struct SealedRow {
    kind: Kind,
    key: RowKey,
    seq: FeedSeq,
    share: Hash,
    sealed: Vec<u8>,
}

/// A row as it was read.
#[derive(Debug)]
pub(super) struct OpenRow {
    pub(super) kind: Kind,
    pub(super) entity: Entity,
    pub(super) seq: FeedSeq,
    pub(super) body: Vec<u8>,
}

/// How many rows there are, and what their shares add up to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) digest: Hash,
}

impl Tally {
    pub(super) fn add(&mut self, share: &Hash) {
        self.rows += 1;
        toggle(&mut self.digest, share);
    }

    fn take_away(&mut self, share: &Hash) {
        self.rows = self.rows.saturating_sub(1);
        toggle(&mut self.digest, share);
    }
}

impl SealedRow {
    /// Seals a record; nothing for one without its body.
    pub(super) fn seal(sealer: &Sealer, record: &Record) -> Option<Self> {
        let Form::Body(body) = &record.form else { return None };
        let key = sealer.row_key(record.kind, &record.entity);
        let table = Table::Feed(record.kind);
        // The entity goes inside, because a ticket's key does not tell it.
        let mut plain = Vec::with_capacity(16 + body.len());
        plain.extend_from_slice(&record.entity.0);
        plain.extend_from_slice(body);
        let sealed = sealer.seal(table, &key, record.seq.0, &plain);
        let share = sealer.share(table, &key, record.seq.0);
        Some(Self { kind: record.kind, key, seq: record.seq, share, sealed })
    }

    pub(super) const fn share(&self) -> &Hash {
        &self.share
    }

    /// Returns the row's place in its table's order.
    pub(super) const fn place(&self) -> (u8, RowKey) {
        (self.kind as u8, self.key)
    }

    /// Writes the row, whether or not an older one is there.
    pub(super) fn insert(&self, connection: &Connection, generation: u32) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO feed_row (generation, kind, key, seq, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![generation, self.kind as u8, self.key, self.seq.0.cast_signed(), self.sealed])?;
        Ok(())
    }

    /// Writes the row in place of an older one, keeps `tally`, and returns whether there was none.
    pub(super) fn write(
        &self,
        connection: &Connection,
        sealer: &Sealer,
        generation: u32,
        tally: &mut Tally,
    ) -> Result<bool, StoreError> {
        let old: Option<i64> = connection
            .prepare_cached("SELECT seq FROM feed_row WHERE generation = ?1 AND kind = ?2 AND key = ?3")?
            .query_row(params![generation, self.kind as u8, self.key], |row| row.get(0))
            .optional()?;
        if let Some(old) = old {
            tally.take_away(&sealer.share(Table::Feed(self.kind), &self.key, old.cast_unsigned()));
        }
        self.insert(connection, generation)?;
        tally.add(&self.share);
        Ok(old.is_none())
    }
}

/// Opens one row.
fn open(sealer: &Sealer, kind: Kind, key: &RowKey, seq: FeedSeq, sealed: &[u8]) -> Result<OpenRow, StoreError> {
    let damaged = || StoreError::Damaged(Part::List);
    let plain = sealer.open(Table::Feed(kind), key, seq.0, sealed).map_err(|_| damaged())?;
    let (entity, body) = plain.split_first_chunk::<16>().ok_or_else(damaged)?;
    Ok(OpenRow { kind, entity: Entity(*entity), seq, body: body.to_vec() })
}

/// Reads the row of one entity.
pub(super) fn read(
    connection: &Connection,
    sealer: &Sealer,
    generation: u32,
    kind: Kind,
    key: &RowKey,
) -> Result<Option<OpenRow>, StoreError> {
    let row: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT seq, sealed FROM feed_row WHERE generation = ?1 AND kind = ?2 AND key = ?3")?
        .query_row(params![generation, kind as u8, key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(seq, sealed)| open(sealer, kind, key, FeedSeq(seq.cast_unsigned()), &sealed)).transpose()
}

/// Reads up to `count` rows of a kind, from the key `from` on and around.
pub(super) fn some(
    connection: &Connection,
    sealer: &Sealer,
    generation: u32,
    kind: Kind,
    from: &RowKey,
    count: u32,
) -> Result<Vec<OpenRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT key, seq, sealed FROM feed_row WHERE generation = ?1 AND kind = ?2 AND key >= ?3 ORDER BY key LIMIT ?4",
    )?;
    let mut found = Vec::new();
    for from in [from, &[0; 16]] {
        let left = (count as usize).saturating_sub(found.len());
        let mut rows = statement.query(params![generation, kind as u8, from, left as u64 as i64])?;
        while let Some(row) = rows.next()? {
            let key: RowKey = row.get(0)?;
            let seq = FeedSeq(row.get::<_, i64>(1)?.cast_unsigned());
            let sealed = row.get_ref(2)?.as_blob().map_err(|_| StoreError::Damaged(Part::List))?;
            found.push(open(sealer, kind, &key, seq, sealed)?);
        }
    }
    Ok(found)
}

/// Opens every row, gives each to `each`, and returns what they add up to.
pub(super) fn for_each(
    connection: &Connection,
    sealer: &Sealer,
    generation: u32,
    mut each: impl FnMut(OpenRow) -> Result<(), StoreError>,
) -> Result<Tally, StoreError> {
    let damaged = || StoreError::Damaged(Part::List);
    let mut tally = Tally::default();
    let mut statement =
        connection.prepare("SELECT kind, key, seq, sealed FROM feed_row WHERE generation = ?1 ORDER BY kind, key")?;
    let mut rows = statement.query([generation])?;
    while let Some(row) = rows.next()? {
        let kind = u8::try_from(row.get::<_, i64>(0)?).ok().and_then(Kind::from_u8).ok_or_else(damaged)?;
        let key: RowKey = row.get_ref(1)?.as_blob().ok().and_then(|key| key.try_into().ok()).ok_or_else(damaged)?;
        let seq = FeedSeq(row.get::<_, i64>(2)?.cast_unsigned());
        let sealed = row.get_ref(3)?.as_blob().map_err(|_| damaged())?;
        let opened = open(sealer, kind, &key, seq, sealed)?;
        tally.add(&sealer.share(Table::Feed(kind), &key, seq.0));
        each(opened)?;
    }
    Ok(tally)
}

/// Opens every row of one kind and gives each to `each`.
pub(super) fn for_each_of(
    connection: &Connection,
    sealer: &Sealer,
    generation: u32,
    kind: Kind,
    mut each: impl FnMut(OpenRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let damaged = || StoreError::Damaged(Part::List);
    let mut statement =
        connection.prepare("SELECT key, seq, sealed FROM feed_row WHERE generation = ?1 AND kind = ?2 ORDER BY key")?;
    let mut rows = statement.query(params![generation, kind as u8])?;
    while let Some(row) = rows.next()? {
        let key: RowKey = row.get_ref(0)?.as_blob().ok().and_then(|key| key.try_into().ok()).ok_or_else(damaged)?;
        let seq = FeedSeq(row.get::<_, i64>(1)?.cast_unsigned());
        let sealed = row.get_ref(2)?.as_blob().map_err(|_| damaged())?;
        each(open(sealer, kind, &key, seq, sealed)?)?;
    }
    Ok(())
}

/// Deletes up to `count` rows that belong neither to `generation` nor to `loading`, and returns how
/// many they were.
pub(super) fn sweep(
    connection: &Connection,
    generation: u32,
    loading: Option<u32>,
    count: u32,
) -> Result<usize, StoreError> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM feed_row WHERE (generation, kind, key) IN (SELECT generation, kind, key FROM feed_row \
             WHERE (generation < ?1 OR generation > ?1) AND generation <> ?2 LIMIT ?3)",
        )?
        .execute(params![generation, loading.unwrap_or(generation), count])?;
    Ok(deleted)
}
