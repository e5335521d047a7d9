//! What an open store answers: the list, the journal, the figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_protocol::feed::entry::TicketRow;
use sync_protocol::feed::head::Head;
use sync_protocol::feed::pull::Position;
use sync_protocol::feed::{Body, Kind};
use sync_protocol::id::{DeviceNo, FeedSeq, Seq, TicketId, ZoneId};
use sync_protocol::journal::{Link, Movement};
use sync_protocol::policy::Policy;
use sync_protocol::ticket::Keyring;
use sync_protocol::time::{Hlc, UnixMillis};
use sync_protocol::verdict::TicketStatus;

use super::{
    Counts, DeviceKeys, Finding, Heard, Identity, JournalReader, ListReader, Part, Run, Store, StoreError, journal,
    key, rows,
};
use crate::door::Suspension;

impl Store {
    /// Returns who this terminal is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the device's private keys.
    pub const fn device_keys(&self) -> &DeviceKeys {
        &self.keys
    }

    /// Returns K_body.
    pub const fn k_body(&self) -> &[u8; 32] {
        &self.state.k_body
    }

    /// Returns where the terminal stands in the feed; nothing before the first download.
    pub fn position(&self) -> Option<Position> {
        let event = self.identity.event();
        self.state.feed.as_ref().map(|feed| Position { event, feed: feed.id, point: feed.point })
    }

    /// Returns the newest head that the list reached.
    pub fn head(&self) -> Option<Head> {
        let head = self.state.feed.as_ref()?.head.as_ref()?;
        // It was signed by the S of its time, and verified when it was kept.
        head.open(&self.identity.server_key).ok().or_else(|| head.open(self.known.server_key()).ok())
    }

    /// Returns when the list was last known to be the server's, by the server's time.
    pub fn list_at(&self) -> Option<UnixMillis> {
        self.state.feed.as_ref().map(|feed| feed.checked_at)
    }

    /// Returns the event's rules and the number of the feed entry that brought them.
    pub fn policy(&self) -> Option<(FeedSeq, Arc<Policy>)> {
        self.known.policy().cloned()
    }

    /// Returns the keys that vouch for credentials.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(self.known.keyring())
    }

    /// Returns what the list says about a ticket, with the number of the feed entry that said it; 0
    /// for one that this terminal sold and the list does not hold yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if the row does not open, or what the disk says.
    pub fn ticket(&self, ticket: TicketId) -> Result<Option<(FeedSeq, TicketRow)>, StoreError> {
        let key = self.sealer.ticket_key(ticket);
        let row = rows::read(&self.connection, &self.sealer, self.state.generation, Kind::Ticket, &key)?;
        let sold = self.book.ticket(ticket);
        let Some(row) = row else { return Ok(sold.map(|sold| self.sold_row(sold))) };
        match Body::decode(row.kind, row.entity, &row.body) {
            Ok(Body::Ticket { ticket: found, mut ticket_row }) if found == ticket => {
                // Taken back at this door: cancelled here before the server knows.
                if sold.is_some_and(|sold| sold.is_undone) {
                    ticket_row.row.status = TicketStatus::Cancelled;
                }
                Ok(Some((row.seq, ticket_row)))
            }
            _ => Err(StoreError::Damaged(Part::List)),
        }
    }

    /// Returns up to `count` listed tickets, each time others.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if a row does not open, or what the disk says.
    pub fn some_tickets(&self, count: u32) -> Result<Vec<TicketId>, StoreError> {
        let (generation, kind) = (self.state.generation, Kind::Ticket);
        let rows = rows::some(&self.connection, &self.sealer, generation, kind, &key::random(), count)?;
        let ticket = |row: rows::OpenRow| match Body::decode(row.kind, row.entity, &row.body) {
            Ok(Body::Ticket { ticket, .. }) => Ok(ticket),
            _ => Err(StoreError::Damaged(Part::List)),
        };
        rows.into_iter().map(ticket).collect()
    }

    /// Returns every known movement of a ticket, this device's own included, in no order.
    pub fn history(&self, ticket: TicketId) -> &[Movement] {
        self.known.history(ticket)
    }

    /// Returns every known movement of every ticket, this device's own included, in no order.
    pub fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.known.movements()
    }

    /// Returns how many are known to be inside a zone.
    pub fn inside(&self, zone: ZoneId) -> u64 {
        self.known.inside(zone)
    }

    /// Returns what the movements that are known say of each device that made one, this one included.
    pub const fn heard(&self) -> &BTreeMap<DeviceNo, Heard> {
        self.known.heard()
    }

    /// Whether anybody was ever counted out of `zone`.
    pub fn counts_exits(&self, zone: ZoneId) -> bool {
        self.known.counts_exits(zone)
    }

    /// Whether the server stopped counting the device of that number.
    pub fn is_out_of_use(&self, number: DeviceNo) -> bool {
        self.known.is_out_of_use(number)
    }

    /// Returns the highest number of a device's journal that was seen in movements.
    pub fn seller_seen(&self, device: DeviceNo) -> Seq {
        self.known.seller_seen(device)
    }

    /// Returns how many tickets this device admitted that its list did not hold.
    pub const fn unlisted_admitted(&self) -> u32 {
        self.own.unlisted_admitted
    }

    /// Returns how many this device admitted in the hour before `now`.
    pub fn admitted_last_hour(&self, now: UnixMillis) -> u32 {
        self.own.admitted_last_hour(now)
    }

    /// Returns where this device's journal ends.
    pub const fn journal_end(&self) -> Link {
        self.state.journal
    }

    /// Returns the number up to which the server has acknowledged the journal.
    pub const fn acknowledged(&self) -> Seq {
        self.state.acknowledged
    }

    /// Returns how many entries the journal's copy lacks.
    pub const fn copy_lag(&self) -> u64 {
        self.state.journal.seq.0.saturating_sub(self.copy.last().0)
    }

    /// Returns how many entries about guests the server has not acknowledged. What the terminal
    /// notes about itself travels with them and is nobody's worry.
    pub fn unsent(&self) -> u64 {
        let unsent = self.state.journal.seq.0.saturating_sub(self.state.acknowledged.0);
        unsent.saturating_sub(self.own.notes_after(self.state.acknowledged))
    }

    /// Returns who was at this terminal, the last first.
    pub fn recent_operators(&self) -> Vec<String> {
        self.own.operators.iter().rev().cloned().collect()
    }

    /// Returns the highest time in the journal and in the movements.
    pub const fn hlc(&self) -> Hlc {
        self.state.hlc
    }

    /// Returns why the terminal may not admit, if so.
    pub const fn suspension(&self) -> Option<Suspension> {
        self.state.suspension
    }

    /// Returns what opening found wrong.
    pub const fn finding(&self) -> Option<Finding> {
        self.finding
    }

    /// Returns the store's figures.
    pub fn counts(&self) -> Counts {
        Counts {
            tickets: self.known.tickets(),
            rows: self.state.rows,
            entries: self.state.journal.seq.0,
            unsent: self.unsent(),
            openings: self.state.openings,
        }
    }

    /// Checks every journal entry's number, link and signature, and returns where the journal ends.
    ///
    /// # Errors
    ///
    /// [`StoreError::Chain`] naming the first entry that does not hold, [`StoreError::Damaged`] if
    /// one does not open or the journal ends elsewhere than the state says.
    pub fn verify_journal(&self) -> Result<Link, StoreError> {
        let key = sync_protocol::key::public_key(&self.keys.sign);
        let end = journal::verify_all(&self.connection, &self.sealer, &self.identity, &key)?;
        if end == self.state.journal { Ok(end) } else { Err(StoreError::Damaged(Part::Journal)) }
    }

    /// Returns a reader of the journal with a connection of its own.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn journal_reader(&self) -> Result<JournalReader, StoreError> {
        JournalReader::new(&self.folder, self.sealer.clone())
    }

    /// Returns a reader of the list with a connection of its own.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn list_reader(&self) -> Result<ListReader, StoreError> {
        ListReader::new(&self.folder, self.sealer.clone(), self.identity.number())
    }

    /// Returns the entries after `after`, at most `limit` of them and never more than [`super::READ_MAX`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if one of them does not open.
    pub fn entries_after(&self, after: Seq, limit: usize) -> Result<Run, StoreError> {
        journal::entries_after(&self.connection, &self.sealer, after, limit)
    }
}
