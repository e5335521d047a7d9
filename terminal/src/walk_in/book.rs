//! What this terminal sold, from its own journal: the same after every restart.

use std::collections::BTreeMap;

use sync_protocol::id::{ClassId, Seq, TicketId};
use sync_protocol::journal::walk_in::{Guest, NO_CURRENCY, Payment, Right};
use sync_protocol::journal::{Entry, EntryKind};

use super::Sold;

/// Every sale of this terminal, in the order of its journal.
#[derive(Clone, Debug, Default)]
pub struct Book {
    sales: BTreeMap<Seq, Sold>,
}

impl Book {
    /// Takes in an entry of this terminal's journal: sales, and what takes one back.
    pub fn note(&mut self, entry: &Entry, guest: Option<Guest>) {
        match entry.kind {
            EntryKind::WalkIn => {
                self.sales.insert(entry.seq, sold(entry, guest));
            }
            EntryKind::Undo => {
                let target = entry.undo_target.and_then(|target| self.sales.get_mut(&target));
                if let Some(sold) = target.filter(|sold| sold.ticket == entry.ticket) {
                    sold.is_undone = true;
                }
            }
            _ => {}
        }
    }

    /// Adds whom a sale was for, once that is read.
    pub fn name(&mut self, entry: Seq, guest: Guest) {
        if let Some(sold) = self.sales.get_mut(&entry) {
            sold.guest = Some(guest);
        }
    }

    /// Returns the sale that an entry made.
    pub fn sale(&self, entry: Seq) -> Option<&Sold> {
        self.sales.get(&entry)
    }

    /// Returns the sale of a ticket that this terminal sold.
    pub fn ticket(&self, ticket: TicketId) -> Option<&Sold> {
        self.sales.get(&Seq(ticket.serial())).filter(|sold| sold.ticket == ticket)
    }

    /// Returns every sale, oldest first, those taken back too.
    pub fn sales(&self) -> impl DoubleEndedIterator<Item = &Sold> {
        self.sales.values()
    }

    /// Returns how many rights of a ticket type are spent: by sales that were not taken back.
    pub fn spent(&self, class: ClassId) -> u32 {
        self.count(|sold| sold.right == Right::Lease && sold.class == class)
    }

    /// Returns how many tickets of any type were sold beyond the rights, by the policy alone.
    pub fn overflowed(&self) -> u32 {
        self.count(|sold| sold.right == Right::Overflow)
    }

    fn count(&self, counts: impl Fn(&Sold) -> bool) -> u32 {
        let count = self.sales.values().filter(|sold| !sold.is_undone && counts(sold)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Reads a WALKIN entry that this terminal wrote. What it does not say is read so that no right
/// seems unspent and no money seems taken.
fn sold(entry: &Entry, guest: Option<Guest>) -> Sold {
    let amount = entry.amount.as_ref();
    Sold {
        entry: entry.seq,
        at: entry.hlc.millis(),
        ticket: entry.ticket,
        issue: entry.issue,
        class: entry.class,
        minor: amount.map_or(0, |amount| amount.minor),
        currency: amount.map_or(NO_CURRENCY, |amount| amount.currency),
        payment: amount.and_then(|amount| Payment::from_u8(amount.method)).unwrap_or(Payment::Free),
        right: Right::from_reason(entry.reason).unwrap_or(Right::Lease),
        operator: entry.operator.clone(),
        guest,
        is_undone: false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sync_protocol::id::{DeviceId, DeviceNo};
    use sync_protocol::journal::entry::Amount;
    use sync_protocol::journal::walk_in::ticket;

    /// A sale of 12.00 € in cash.
    pub(crate) fn sale(seq: u64, class: u16, right: Right) -> Entry {
        let mut entry = Entry::new(EntryKind::WalkIn, DeviceId([1; 16]), Seq(seq), [0; 32]);
        (entry.ticket, entry.issue) = ticket(DeviceNo(3), Seq(seq)).unwrap();
        entry.class = ClassId(class);
        entry.reason = right.reason();
        entry.amount = Some(Amount { minor: 1_200, currency: *b"EUR", method: Payment::Cash as u8 });
        entry
    }

    fn undo(seq: u64, target: &Entry) -> Entry {
        let mut entry = Entry::new(EntryKind::Undo, DeviceId([1; 16]), Seq(seq), [0; 32]);
        entry.undo_target = Some(target.seq);
        entry.ticket = target.ticket;
        entry
    }

    #[test]
    fn rights_are_counted_by_type_and_what_is_taken_back_is_not_spent() {
        let mut book = Book::default();
        let sales = [sale(1, 0, Right::Lease), sale(2, 0, Right::Lease), sale(3, 1, Right::Lease)];
        sales.iter().for_each(|sale| book.note(sale, None));
        book.note(&sale(4, 0, Right::Overflow), None);
        book.note(&sale(5, 0, Right::Supervisor), None);
        assert_eq!((book.spent(ClassId(0)), book.spent(ClassId(1)), book.overflowed()), (2, 1, 1));

        book.note(&undo(6, &sales[1]), None);
        book.note(&undo(7, &sales[1]), None);

        assert_eq!(book.spent(ClassId(0)), 1);
        assert!(book.ticket(sales[1].ticket).unwrap().is_undone);
        assert_eq!(book.sales().count(), 5);
    }

    #[test]
    fn an_undoing_of_another_ticket_takes_no_sale_back() {
        let mut book = Book::default();
        let sale = sale(1, 0, Right::Lease);
        book.note(&sale, None);
        let mut stray = undo(2, &sale);
        stray.ticket = TicketId(9);

        book.note(&stray, None);

        assert_eq!(book.spent(ClassId(0)), 1);
        assert!(book.ticket(TicketId(1)).is_none(), "a server's ticket of the same serial is none of ours");
    }
}
