//! How many tickets there are, and how many of them came.

use std::collections::BTreeMap;

use sync_protocol::id::{ClassId, EventId, Kid, TicketId};
use sync_protocol::verdict::TicketStatus;

use super::store;
use crate::db::{StoreError, Tx};

/// How many tickets there are of a type.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counted {
    /// That ever were issued.
    pub issued: u64,
    /// That are not cancelled.
    pub living: u64,
}

/// Returns how many tickets there are of each type that has any.
///
/// # Errors
///
/// [`StoreError`].
pub async fn counts(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ClassId, Counted>, StoreError> {
    store::counts(tx, event).await
}

/// Returns how many tickets of each key of the server are not cancelled.
///
/// # Errors
///
/// [`StoreError`].
pub async fn count_by_key(tx: &mut Tx, event: EventId) -> Result<BTreeMap<Kid, u64>, StoreError> {
    store::count_by_key(tx, event).await
}

/// How many tickets of a type and status there are, and how many of them came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arrivals {
    /// The type.
    pub class: ClassId,
    /// The status.
    pub status: TicketStatus,
    /// Tickets.
    pub tickets: u64,
    /// Those that came in at least once.
    pub came: u64,
}

/// Returns how many tickets there are and came, by type and status.
///
/// # Errors
///
/// [`StoreError`].
pub async fn arrivals(tx: &mut Tx, event: EventId) -> Result<Vec<Arrivals>, StoreError> {
    store::arrivals(tx, event).await
}

/// Notes of tickets whether they ever came in. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_arrivals(tx: &mut Tx, event: EventId, arrived: &BTreeMap<TicketId, bool>) -> Result<(), StoreError> {
    for has_come in [true, false] {
        let tickets: Vec<TicketId> =
            arrived.iter().filter(|(_, arrived)| **arrived == has_come).map(|(ticket, _)| *ticket).collect();
        store::set_arrived(tx, event, &tickets, has_come).await?;
    }
    Ok(())
}
