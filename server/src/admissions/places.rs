//! Where somebody went in or out.

use std::collections::BTreeSet;

use sync_protocol::id::{EventId, GateId, ZoneId};

use super::store;
use crate::db::{StoreError, Tx};

/// Returns which of these gates and zones the event's check-ins name.
///
/// # Errors
///
/// [`StoreError`].
pub async fn used(
    tx: &mut Tx,
    event: EventId,
    gates: &BTreeSet<GateId>,
    zones: &BTreeSet<ZoneId>,
) -> Result<(BTreeSet<GateId>, BTreeSet<ZoneId>), StoreError> {
    let (mut gates_used, mut zones_used) = (BTreeSet::new(), BTreeSet::new());
    for gate in gates {
        if store::is_gate_used(tx, event, *gate).await? {
            gates_used.insert(*gate);
        }
    }
    for zone in zones {
        if store::is_zone_used(tx, event, *zone).await? {
            zones_used.insert(*zone);
        }
    }
    Ok((gates_used, zones_used))
}
