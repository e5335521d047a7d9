//! The journal on disk, and what is kept of it in memory.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension as _, params};
use sync_protocol::bytes::{DecodeError, Reader};
use sync_protocol::hash::Hash;
use sync_protocol::id::Seq;
use sync_protocol::journal::chain::{ChainError, verify};
use sync_protocol::journal::{EntryKind, Flags, Link, PersonalData, SignedEntry};
use sync_protocol::key::PublicKey;
use sync_protocol::time::UnixMillis;

use super::StoreError;
use super::enrolment::Identity;
use super::error::Part;
use super::file::Folder;
use super::seal::{Sealer, Table, journal_key};

/// How far back admissions are counted for the status line, in ms.
const RATE_MS: u64 = 3_600_000;
/// How many of those who were at the terminal are remembered.
const OPERATORS_MAX: usize = 20;
/// The most entries that one read returns.
pub const READ_MAX: usize = 1_000;

/// What is kept in memory of this device's own journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    /// The hash of every entry; entry 1 first.
    hashes: Vec<Hash>,
    /// How many tickets were admitted that the list did not hold.
    pub(super) unlisted_admitted: u32,
    /// When the last admissions were.
    admissions: VecDeque<UnixMillis>,
    /// When the last entry was written.
    pub(super) last_at: UnixMillis,
    /// Which entries are about the terminal itself, ascending.
    notes: Vec<Seq>,
    /// Who was at the terminal, the last at the end.
    pub(super) operators: Vec<String>,
}

impl Own {
    pub(super) fn note(&mut self, signed: &SignedEntry) {
        let entry = signed.entry();
        self.hashes.push(*signed.hash());
        if matches!(entry.kind, EntryKind::Session | EntryKind::Sync | EntryKind::Incident) {
            self.notes.push(entry.seq);
        }
        if let Some(operator) = entry.operator.as_ref().filter(|operator| self.operators.last() != Some(*operator)) {
            self.operators.retain(|known| known != operator);
            self.operators.push(operator.clone());
            if self.operators.len() > OPERATORS_MAX {
                self.operators.remove(0);
            }
        }
        self.last_at = entry.hlc.millis();
        if entry.kind == EntryKind::Admit {
            self.unlisted_admitted += u32::from(entry.flags.has(Flags::UNLISTED));
            let at = entry.hlc.millis();
            self.admissions.push_back(at);
            while self.admissions.front().is_some_and(|first| at.since(*first) > RATE_MS) {
                self.admissions.pop_front();
            }
        }
    }

    /// Returns how many entries after `seq` are about the terminal itself.
    pub(super) fn notes_after(&self, seq: Seq) -> u64 {
        (self.notes.len() - self.notes.partition_point(|note| *note <= seq)) as u64
    }

    /// Whether this journal holds entry `seq` with that hash.
    pub(super) fn holds(&self, seq: Seq, hash: &Hash) -> bool {
        let at = seq.0.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.hashes.get(at)) == Some(hash)
    }

    pub(super) fn admitted_last_hour(&self, now: UnixMillis) -> u32 {
        let recent = self.admissions.iter().rev().take_while(|at| now.since(**at) <= RATE_MS).count();
        u32::try_from(recent).unwrap_or(u32::MAX)
    }
}

/// Returns the plain form of an entry's row: its signature, then its bytes.
fn plain(signed: &SignedEntry) -> Vec<u8> {
    let mut plain = Vec::with_capacity(64 + signed.bytes().len());
    plain.extend_from_slice(signed.signature());
    plain.extend_from_slice(signed.bytes());
    plain
}

/// Seals an entry for the database and for the copy.
pub(super) fn seal(sealer: &Sealer, signed: &SignedEntry) -> Vec<u8> {
    let seq = signed.entry().seq;
    sealer.seal(Table::Journal, &journal_key(seq), seq.0, &plain(signed))
}

/// Opens a sealed entry.
pub(super) fn open(sealer: &Sealer, seq: Seq, sealed: &[u8]) -> Option<SignedEntry> {
    let plain = sealer.open(Table::Journal, &journal_key(seq), seq.0, sealed).ok()?;
    let (signature, bytes) = plain.split_first_chunk::<64>()?;
    SignedEntry::from_parts(bytes.to_vec(), *signature).ok().filter(|signed| signed.entry().seq == seq)
}

/// Writes a sealed entry.
pub(super) fn write(connection: &Connection, seq: Seq, sealed: &[u8]) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO journal (seq, sealed) VALUES (?1, ?2)")?
        .execute(params![seq.0.cast_signed(), sealed])?;
    Ok(())
}

/// Reads the sealed entry `seq`.
pub(super) fn read_sealed(connection: &Connection, seq: Seq) -> Result<Option<Vec<u8>>, StoreError> {
    let sealed = connection
        .prepare_cached("SELECT sealed FROM journal WHERE seq = ?1")?
        .query_row([seq.0.cast_signed()], |row| row.get(0))
        .optional()?;
    Ok(sealed)
}

/// Writes the personal data that an entry commits to.
pub(super) fn write_personal(
    connection: &Connection,
    sealer: &Sealer,
    personal: &PersonalData,
) -> Result<(), StoreError> {
    let mut plain = personal.salt.to_vec();
    plain.extend_from_slice(&personal.data);
    let seq = personal.seq;
    let sealed = sealer.seal(Table::Personal, &journal_key(seq), seq.0, &plain);
    connection
        .prepare_cached("INSERT OR REPLACE INTO personal (seq, sealed) VALUES (?1, ?2)")?
        .execute(params![seq.0.cast_signed(), sealed])?;
    Ok(())
}

/// Entries in order, with the personal data that belong to them.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The entries.
    pub entries: Vec<SignedEntry>,
    /// Personal data, each belonging to one of the entries.
    pub personal_data: Vec<PersonalData>,
}

/// Reads the journal over a connection of its own, so that the gate never waits for an upload.
pub struct JournalReader {
    connection: Connection,
    sealer: Sealer,
}

impl JournalReader {
    pub(super) fn new(folder: &Folder, sealer: Sealer) -> Result<Self, StoreError> {
        Ok(Self { connection: folder.connect_to_read()?, sealer })
    }

    /// Returns the entries after `after`, at most `limit` of them and never more than
    /// [`READ_MAX`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if one of them does not open.
    pub fn entries_after(&self, after: Seq, limit: usize) -> Result<Run, StoreError> {
        entries_after(&self.connection, &self.sealer, after, limit)
    }
}

/// Reads entries after `after`.
pub(super) fn entries_after(
    connection: &Connection,
    sealer: &Sealer,
    after: Seq,
    limit: usize,
) -> Result<Run, StoreError> {
    let limit = i64::try_from(limit.min(READ_MAX)).unwrap_or(0);
    let mut run = Run::default();
    let mut statement = connection.prepare_cached(
        "SELECT journal.seq, journal.sealed, personal.sealed FROM journal LEFT JOIN personal \
         ON personal.seq = journal.seq WHERE journal.seq > ?1 ORDER BY journal.seq LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after.0.cast_signed(), limit])?;
    while let Some(row) = rows.next()? {
        let damaged = || StoreError::Damaged(Part::Journal);
        let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
        let sealed = row.get_ref(1)?.as_blob().map_err(|_| damaged())?;
        run.entries.push(open(sealer, seq, sealed).ok_or_else(damaged)?);
        if let Some(sealed) = row.get_ref(2)?.as_blob_or_null().map_err(|_| damaged())? {
            let plain = sealer.open(Table::Personal, &journal_key(seq), seq.0, sealed).map_err(|_| damaged())?;
            run.personal_data.push(personal(seq, &plain).map_err(|_| damaged())?);
        }
    }
    Ok(run)
}

fn personal(seq: Seq, plain: &[u8]) -> Result<PersonalData, DecodeError> {
    let mut reader = Reader::new(plain);
    Ok(PersonalData { seq, salt: reader.array()?, data: reader.rest().to_vec() })
}

/// Checks every entry's number, link and signature and returns where the journal ends.
pub(super) fn verify_all(
    connection: &Connection,
    sealer: &Sealer,
    identity: &Identity,
    key: &PublicKey,
) -> Result<Link, StoreError> {
    let mut end = Link::empty(identity.event(), identity.device());
    loop {
        let run = entries_after(connection, sealer, end.seq, READ_MAX)?;
        if run.entries.is_empty() {
            return Ok(end);
        }
        end = verify(end, identity.device(), key, &run.entries)?;
    }
}

/// Checks that `signed` comes right after `end`, without its signature.
pub(super) fn follows(end: &Link, signed: &SignedEntry) -> Result<(), ChainError> {
    let entry = signed.entry();
    if entry.seq != end.seq.next() {
        Err(ChainError::Number { held: end.seq, got: entry.seq })
    } else if entry.prev != end.hash {
        Err(ChainError::Link(entry.seq))
    } else {
        Ok(())
    }
}
