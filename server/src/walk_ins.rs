//! Sales at the door: rights to sell, which are taken from the quota when they are granted, and what was sold.

pub mod leases;
pub mod plan;
pub mod routes;
pub mod sales;
pub(crate) mod store;

use sync_protocol::hash::Hash;
use sync_protocol::id::{ClassId, DeviceNo, EventId, FeedSeq, GateId, Seq, TicketId};
use sync_protocol::journal::walk_in::{Payment, Right};
use sync_protocol::time::UnixMillis;

use crate::db::{StoreError, Tx};

/// A device's right to sell tickets of one type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lease {
    /// Whose.
    pub device_no: DeviceNo,
    /// Of what.
    pub class: ClassId,
    /// How many it should be able to sell at any time.
    pub places: u32,
    /// How many it may have sold in all, as the feed tells it.
    pub total: u32,
    /// From when on it may sell no more, as the feed tells it.
    pub expires: UnixMillis,
    /// The feed's number of that.
    pub told: FeedSeq,
    /// The most that it may have sold: more than `total` while it may not have heard of less, and 0 once
    /// nothing more can come.
    pub bound: u32,
    /// Until when it may have sold, likewise.
    pub bound_expires: UnixMillis,
}

impl Lease {
    /// Returns the lease after an entry of the device's journal has arrived that was written at `at`, when the
    /// device held the feed up to `cursor`. Everything before it has arrived as well.
    #[must_use]
    pub fn after_entry(mut self, at: UnixMillis, cursor: FeedSeq) -> Self {
        if cursor >= self.told {
            (self.bound, self.bound_expires) = (self.total, self.expires);
        }
        if at >= self.bound_expires {
            self.bound = 0;
        }
        self
    }
}

/// A ticket that was sold at the door.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sale {
    /// By which device.
    pub device_no: DeviceNo,
    /// The entry's number in its journal.
    pub seq: Seq,
    /// The entry's hash.
    pub entry_hash: Hash,
    /// The ticket.
    pub ticket: TicketId,
    /// Its type.
    pub class: ClassId,
    /// Where.
    pub gate: GateId,
    /// By whom; may be empty.
    pub operator: String,
    /// What was taken.
    pub takings: Takings,
    /// What allowed it.
    pub allowed_by: Right,
    /// Whether it went beyond the device's rights.
    pub is_over: bool,
    /// When.
    pub at: UnixMillis,
    /// Whether the door took it back.
    pub is_undone: bool,
}

/// What was taken for a ticket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Takings {
    /// In the currency's minor unit.
    pub amount: u32,
    /// ISO 4217; its code for no currency where nothing was taken and nothing was asked.
    pub currency: String,
    /// How.
    pub payment: Payment,
}

/// What a list of attendees shows of a sale.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// By which device.
    pub device_no: DeviceNo,
    /// By whom; may be empty.
    pub operator: String,
    /// What was taken.
    pub takings: Takings,
    /// What allowed it.
    pub allowed_by: Right,
    /// Whether it went beyond the device's rights.
    pub is_over: bool,
}

/// How often one operator at one device sold in one way, and what was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CashUpLine {
    /// The device.
    pub device_no: DeviceNo,
    /// The operator; may be empty.
    pub operator: String,
    /// How.
    pub payment: Payment,
    /// ISO 4217.
    pub currency: String,
    /// Sales that count.
    pub count: u64,
    /// What was taken for them, in the currency's minor unit.
    pub amount: u64,
    /// How many of them went beyond the device's rights.
    pub over: u64,
    /// How many of them an organiser cancelled since, or the event was: money to be given back.
    pub cancelled: u64,
    /// Sales that the door took back. They are not in the other figures.
    pub undone: u64,
}

/// Keeps a sale that the server made itself.
///
/// # Errors
///
/// [`StoreError`].
pub async fn keep(tx: &mut Tx, event: EventId, sale: &Sale, now: UnixMillis) -> Result<(), StoreError> {
    store::insert_sales(tx, event, std::slice::from_ref(sale), now).await
}

/// Returns what was sold at the doors, by device, operator, way of paying and currency.
///
/// # Errors
///
/// [`StoreError`].
pub async fn cash_up(tx: &mut Tx, event: EventId) -> Result<Vec<CashUpLine>, StoreError> {
    store::cash_up(tx, event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Lease {
        Lease {
            device_no: DeviceNo(1),
            class: ClassId(0),
            places: 2,
            total: 2,
            expires: UnixMillis(100),
            told: FeedSeq(50),
            bound: 10,
            bound_expires: UnixMillis(200),
        }
    }

    #[test]
    fn less_counts_only_once_the_device_has_shown_that_it_knows() {
        assert_eq!(lease().after_entry(UnixMillis(90), FeedSeq(49)).bound, 10);
        let knows = lease().after_entry(UnixMillis(90), FeedSeq(50));
        assert_eq!((knows.bound, knows.bound_expires), (2, UnixMillis(100)));
    }

    #[test]
    fn what_is_left_returns_only_once_the_journal_is_held_beyond_the_end() {
        assert_eq!(lease().after_entry(UnixMillis(199), FeedSeq(0)).bound, 10);
        assert_eq!(lease().after_entry(UnixMillis(200), FeedSeq(0)).bound, 0);
        assert_eq!(lease().after_entry(UnixMillis(100), FeedSeq(50)).bound, 0);
    }
}
