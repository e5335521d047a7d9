//! Reading the list over a connection of its own, so that the gate never waits for whoever goes
//! through all of it.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};
use sync_protocol::feed::entry::{Entity, TicketRow};
use sync_protocol::feed::{Body, Kind};
use sync_protocol::id::{DeviceNo, Seq, TicketId};
use sync_protocol::journal::walk_in::Guest;
use sync_protocol::journal::{Entry, EntryKind, PersonalData, SignedEntry};
use sync_protocol::policy::Policy;
use sync_protocol::verdict::{Row, TicketStatus};

use super::error::{Part, StoreError};
use super::file::Folder;
use super::journal::{READ_MAX, entries_after};
use super::rows;
use super::seal::Sealer;
use super::state::State;

/// What changed in the list, told once it is on the disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ListChange {
    /// What the list says about these tickets, or that there are such.
    Tickets(Vec<TicketId>),
    /// The event's rules.
    Rules,
    /// Perhaps everything.
    All,
}

/// Is told what changes. It must not take long: somebody may be waiting at the gate.
pub type ListWatcher = Box<dyn Fn(ListChange) + Send>;

/// Reads the list as it is on the disk.
pub struct ListReader {
    connection: Connection,
    sealer: Sealer,
    number: DeviceNo,
}

impl ListReader {
    pub(super) fn new(folder: &Folder, sealer: Sealer, number: DeviceNo) -> Result<Self, StoreError> {
        Ok(Self { connection: folder.connect_to_read()?, sealer, number })
    }

    /// Gives every ticket to `each`: those that this terminal sold, then those of the list. A ticket
    /// may be given twice; then the last counts.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if a row does not open, or what the disk says.
    pub fn each(&mut self, mut each: impl FnMut(TicketId, TicketRow)) -> Result<(), StoreError> {
        let at_once = self.connection.transaction()?;
        for_each_sold(&at_once, &self.sealer, Seq(0), &mut each)?;
        let generation = State::read(&at_once, &self.sealer)?.generation;
        rows::for_each_of(&at_once, &self.sealer, generation, Kind::Ticket, |row| {
            match Body::decode(row.kind, row.entity, &row.body) {
                Ok(Body::Ticket { ticket, ticket_row }) => each(ticket, ticket_row),
                _ => return Err(StoreError::Damaged(Part::List)),
            }
            Ok(())
        })
    }

    /// Returns what is known of a ticket.
    ///
    /// # Errors
    ///
    /// As [`ListReader::each`].
    pub fn ticket(&mut self, ticket: TicketId) -> Result<Option<TicketRow>, StoreError> {
        let at_once = self.connection.transaction()?;
        let key = self.sealer.ticket_key(ticket);
        if let Some(body) = read(&at_once, &self.sealer, Kind::Ticket, &key)? {
            return match body {
                Body::Ticket { ticket: found, ticket_row } if found == ticket => Ok(Some(ticket_row)),
                _ => Err(StoreError::Damaged(Part::List)),
            };
        }
        if ticket.issuer() != self.number {
            return Ok(None);
        }
        // A sale's ticket has the number of its entry; it may be taken back by any entry behind it.
        let mut known = None;
        for_each_sold(&at_once, &self.sealer, Seq(ticket.serial().saturating_sub(1)), &mut |found, row| {
            if found == ticket {
                known = Some(row);
            }
        })?;
        Ok(known)
    }

    /// Returns the event's rules.
    ///
    /// # Errors
    ///
    /// As [`ListReader::each`].
    pub fn policy(&mut self) -> Result<Option<Policy>, StoreError> {
        let at_once = self.connection.transaction()?;
        let key = self.sealer.row_key(Kind::Policy, &Entity::ZERO);
        match read(&at_once, &self.sealer, Kind::Policy, &key)? {
            Some(Body::Policy(policy)) => Ok(Some(policy)),
            Some(_) => Err(StoreError::Damaged(Part::List)),
            None => Ok(None),
        }
    }
}

fn read(
    at_once: &Transaction<'_>,
    sealer: &Sealer,
    kind: Kind,
    key: &super::seal::RowKey,
) -> Result<Option<Body>, StoreError> {
    let generation = State::read(at_once, sealer)?.generation;
    let Some(row) = rows::read(at_once, sealer, generation, kind, key)? else { return Ok(None) };
    Body::decode(row.kind, row.entity, &row.body).map(Some).map_err(|_| StoreError::Damaged(Part::List))
}

/// Gives the tickets that the journal sold after entry `after` to `each`, as the list will have
/// them. One that was taken back is given twice, the second time cancelled.
fn for_each_sold(
    at_once: &Transaction<'_>,
    sealer: &Sealer,
    mut after: Seq,
    each: &mut impl FnMut(TicketId, TicketRow),
) -> Result<(), StoreError> {
    let mut sales: BTreeMap<Seq, (TicketId, TicketRow)> = BTreeMap::new();
    loop {
        let run = entries_after(at_once, sealer, after, READ_MAX)?;
        let Some(last) = run.entries.last() else { return Ok(()) };
        after = last.entry().seq;
        for entry in run.entries.iter().map(SignedEntry::entry) {
            if entry.kind == EntryKind::WalkIn {
                let (ticket, row) = sold(entry, &run.personal_data);
                each(ticket, row.clone());
                sales.insert(entry.seq, (ticket, row));
            } else if let Some((ticket, mut row)) = entry.undo_target.and_then(|target| sales.remove(&target)) {
                row.row.status = TicketStatus::Cancelled;
                each(ticket, row);
            }
        }
    }
}

/// Returns the ticket that an entry sold.
fn sold(entry: &Entry, personal_data: &[PersonalData]) -> (TicketId, TicketRow) {
    // It may be sold without a name, or with one that was erased since.
    let personal = personal_data.iter().find(|personal| personal.seq == entry.seq);
    let guest = personal.and_then(|personal| Guest::decode(&personal.data).ok());
    let (name, email) = guest.map_or_else(Default::default, |guest| (guest.name, guest.email));
    let row =
        Row { issue: entry.issue, class: entry.class, status: TicketStatus::Valid, attention: false, id_check: false };
    (entry.ticket, TicketRow { row, name, note: String::new(), email, group: String::new() })
}
