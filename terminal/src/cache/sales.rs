//! Sales at the door in the store: the rights to sell, and what was sold.
//!
//! A sale is its WALKIN entry and the personal data beside it. Nothing else is written, so that
//! there is no moment in which a power cut leaves half a sale; the ticket's row, its credential and
//! the rights left are worked out from the journal.

use rusqlite::Connection;
use sync_protocol::bytes::DecodeError;
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::{ClassId, FeedSeq, Seq};
use sync_protocol::journal::walk_in::{Guest, Lease};
use sync_protocol::journal::{Entry, SignedEntry, walk_in};
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, Credential};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Row, TicketStatus};

use super::seal::{Sealer, Table, journal_key};
use super::{Store, StoreError};
use crate::clock::Moment;
use crate::walk_in::{Book, Sold};

impl Store {
    /// Returns what this terminal sold.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Returns this terminal's right to sell a ticket type, as the list has it.
    pub fn lease(&self, class: ClassId) -> Option<Lease> {
        self.known.lease(self.identity.number(), class)
    }

    /// Returns every right to sell that this terminal ever had, by ticket type.
    pub fn leases(&self) -> impl Iterator<Item = (ClassId, Lease)> {
        self.known.leases(self.identity.number())
    }

    /// Returns the time that an entry written at `moment` will carry.
    pub fn time_of_next_entry(&self, moment: &Moment) -> UnixMillis {
        self.state.hlc.tick(moment.now).millis()
    }

    /// Returns the time of the last entry of the journal; 1970 for an empty one.
    pub const fn last_entry_at(&self) -> UnixMillis {
        self.own.last_at
    }

    /// Writes a sale with the ticket that its own number gives. `draft` says what it was sold for;
    /// when this returns, the sale is on the disk.
    ///
    /// # Errors
    ///
    /// As [`Store::append`]; [`StoreError::Unwritable`] too if the guest cannot be written down, or
    /// the journal is so long that no ticket's number fits.
    pub fn sell(&mut self, draft: Entry, guest: &Guest, moment: &Moment) -> Result<SignedEntry, StoreError> {
        // Opened again, if it must be, before the number is read: the ticket is named after it.
        self.check_open()?;
        let data = guest.encode().map_err(StoreError::Unwritable)?;
        let next = self.state.journal.seq.next();
        let (ticket, issue) = walk_in::ticket(self.identity.number(), next)
            .ok_or(StoreError::Unwritable(DecodeError::TooLong("entry number")))?;
        let signed = self.append_with_personal_data(Entry { ticket, issue, ..draft }, data, moment)?;
        self.book.name(signed.entry().seq, guest.clone());
        Ok(signed)
    }

    /// Returns the credential of a ticket that this terminal sold. The same every time.
    pub fn sold_credential(&self, sold: &Sold) -> Credential {
        let signer = Signer::Device(self.identity.number());
        let claims = Claims { is_test: false, signer, ticket: sold.ticket, issue: sold.issue, class: sold.class };
        claims.sign(self.identity.event(), &self.keys.sign)
    }

    /// Returns what the list would say of a ticket that this terminal sold, until it does.
    pub(super) fn sold_row(&self, sold: &Sold) -> (FeedSeq, TicketRow) {
        let status = if sold.is_undone { TicketStatus::Cancelled } else { TicketStatus::Valid };
        let row = Row { issue: sold.issue, class: sold.class, status, attention: false, id_check: false };
        let guest = sold.guest.clone();
        let (name, email) = guest.map_or_else(Default::default, |guest| (guest.name, guest.email));
        (FeedSeq(0), TicketRow { row, name, note: String::new(), email, group: String::new() })
    }
}

/// Reads whom each sale was for. What does not open names nobody: the sale stands without it.
pub(super) fn name_guests(connection: &Connection, sealer: &Sealer, book: &mut Book) -> Result<(), StoreError> {
    let sales: Vec<Seq> = book.sales().map(|sold| sold.entry).collect();
    if sales.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached("SELECT seq, sealed FROM personal")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
        let sealed: Vec<u8> = row.get(1)?;
        let plain = sealer.open(Table::Personal, &journal_key(seq), seq.0, &sealed).ok();
        // A salt of 16 bytes stands before the data.
        let guest = plain.as_deref().and_then(|plain| plain.get(16..)).and_then(|data| Guest::decode(data).ok());
        if let Some(guest) = guest {
            book.name(seq, guest);
        }
    }
    Ok(())
}
