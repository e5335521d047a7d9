//! The events that doors are open for, or soon will be.

use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use super::store;
use crate::db::{StoreError, Tx};

/// An event is near from so long before its begin until as long after its end, in ms.
const NEAR_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// Doors open so long before an event begins, in ms.
const DOORS_MS: u64 = 60 * 60 * 1_000;

/// An event that is near, and neither closed nor cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Near {
    /// Its id.
    pub id: EventId,
    /// Whether it is on: from an hour before its begin to its end.
    pub is_on: bool,
}

/// Returns the events that are near, at most `limit`, those that begin last first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn events(tx: &mut Tx, now: UnixMillis, limit: u32) -> Result<Vec<Near>, StoreError> {
    let found = store::near(tx, now.plus(NEAR_MS), now.minus(NEAR_MS), limit).await?;
    let near = |(id, starts, ends): (EventId, UnixMillis, UnixMillis)| Near {
        id,
        is_on: (starts.minus(DOORS_MS)..ends).contains(&now),
    };
    Ok(found.into_iter().map(near).collect())
}
