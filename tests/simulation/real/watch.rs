//! What the server's database holds, read from its file beside the server.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use rusqlite::{Connection, OpenFlags};
use sync_protocol::feed::{Body, Entity, Kind};
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, EventId, Seq};
use sync_protocol::journal::{Batch, Entry, Link};
use sync_protocol::key::PublicKey;
use sync_protocol::policy::Policy;
use sync_protocol::verdict::TicketStatus;

use crate::reference::Reference;

/// A device as the server has it.
pub(super) struct Watched {
    pub(super) device: DeviceId,
    pub(super) no: u16,
    pub(super) key: PublicKey,
}

/// Reads the database of one server.
pub(super) struct Watch {
    event: EventId,
    connection: Connection,
    /// The newest rules.
    pub(super) policy: Option<Policy>,
}

impl Watch {
    /// Opens a database to read.
    pub(super) fn open(file: &Path, event: EventId) -> anyhow::Result<Self> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { event, connection, policy: None })
    }

    /// Notes in the reference what was committed since the last look. Returns what breaks a rule by itself.
    pub(super) fn look(
        &mut self,
        reference: &mut Reference,
        devices: &[Watched],
    ) -> anyhow::Result<Result<(), String>> {
        let feed = self.look_at_feed(reference)?;
        let journals = self.look_at_journals(reference, devices)?;
        Ok(feed.and(journals))
    }

    fn look_at_feed(&mut self, reference: &mut Reference) -> anyhow::Result<Result<(), String>> {
        let mut checked = Ok(());
        let mut query = self.connection.prepare_cached(
            "SELECT seq, kind, entity, body FROM feed_entries WHERE event_id = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let seen = i64::try_from(reference.fed.len())?;
        let mut rows = query.query((&self.event.0[..], seen))?;
        while let Some(row) = rows.next()? {
            let (seq, kind): (u64, u8) = (row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?);
            let (entity, body): ([u8; 16], Vec<u8>) = (row.get(2)?, row.get(3)?);
            let fed = Kind::from_u8(kind).and_then(|kind| Body::decode(kind, Entity(entity), &body).ok());
            match fed.with_context(|| format!("entry {seq} of the feed cannot be read"))? {
                Body::Policy(policy) => self.policy = Some(policy),
                Body::Ticket { ticket, ticket_row } => {
                    let row = ticket_row.row;
                    let counts = !matches!(row.status, TicketStatus::Cancelled | TicketStatus::Blocked);
                    reference.change_ticket(seq, ticket.0, row.issue.0, row.class.0, counts);
                }
                _ => {}
            }
            checked = checked.and(reference.feed(seq, (kind, entity), body));
        }
        Ok(checked)
    }

    fn look_at_journals(&self, reference: &mut Reference, devices: &[Watched]) -> anyhow::Result<Result<(), String>> {
        let mut checked = Ok(());
        let mut query = self
            .connection
            .prepare_cached("SELECT entry, hash FROM journal_entries WHERE device_id = ?1 AND seq > ?2 ORDER BY seq")?;
        for Watched { device, no, .. } in devices {
            let seen = reference.copies.get(no).map_or(0, Vec::len);
            let mut rows = query.query((&device.0[..], i64::try_from(seen)?))?;
            while let Some(row) = rows.next()? {
                let (bytes, hash): (Vec<u8>, Hash) = (row.get(0)?, row.get(1)?);
                let entry = Entry::decode(&bytes).map_err(|error| anyhow!("a stored entry of {no}: {error}"))?;
                let start = Link::empty(self.event, *device).hash;
                checked = checked.and(reference.copy(*no, entry.seq.0, entry.prev, hash, start));
            }
        }
        Ok(checked)
    }

    /// Returns the hashes of what was put aside.
    pub(super) fn quarantine(&self, devices: &[Watched]) -> anyhow::Result<BTreeSet<Hash>> {
        let mut query =
            self.connection.prepare_cached("SELECT device_id, batch FROM quarantines WHERE event_id = ?1")?;
        let mut rows = query.query([&self.event.0[..]])?;
        let mut hashes = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let (device, bytes): ([u8; 16], Vec<u8>) = (row.get(0)?, row.get(1)?);
            let Some(author) = devices.iter().find(|known| known.device.0 == device) else { bail!("whose batch?") };
            let batch = Batch::decode(&bytes, author.device, &author.key)?;
            hashes.extend(batch.entries.iter().map(|entry| entry.hash));
        }
        Ok(hashes)
    }

    /// Returns the admissions and exits of the server's list of check-ins: device, number, and hash.
    pub(super) fn check_ins(&self) -> anyhow::Result<Vec<(u16, Seq, Hash)>> {
        let mut query = self.connection.prepare_cached(
            "SELECT device_no, seq, entry_hash FROM check_ins WHERE event_id = ?1 AND kind IN (1, 2) ORDER BY 1, 2",
        )?;
        let rows = query.query_map([&self.event.0[..]], |row| {
            Ok((row.get(0)?, Seq(row.get::<_, i64>(1)?.cast_unsigned()), row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether an event's device counts: its status as the server has it.
    pub(super) fn is_active(&self, device: DeviceId) -> anyhow::Result<bool> {
        let mut query = self.connection.prepare_cached("SELECT status = 1 FROM devices WHERE id = ?1")?;
        Ok(query.query_row([&device.0[..]], |row| row.get(0))?)
    }
}
