//! SQL of where somebody went in or out.

use sync_protocol::id::{EventId, GateId, ZoneId};

use crate::db::{StoreError, Tx};

/// Whether a check-in names this gate.
pub(in crate::admissions) async fn is_gate_used(tx: &mut Tx, event: EventId, gate: GateId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM check_ins WHERE event_id = $1 AND gate = $2 LIMIT 1");
    let query = query.bind(&event.0[..]).bind(i64::from(gate.0));
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}

/// Whether a check-in names this zone. Looks through the event's check-ins: zones are seldom taken away.
pub(in crate::admissions) async fn is_zone_used(tx: &mut Tx, event: EventId, zone: ZoneId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM check_ins WHERE event_id = $1 AND zone = $2 LIMIT 1");
    let query = query.bind(&event.0[..]).bind(i64::from(zone.0));
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}
