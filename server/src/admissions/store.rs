//! SQL of journals, check-ins, quarantine and claims.

mod attendance;
mod check_ins;
mod journals;
mod places;
mod quarantine;

pub(super) use attendance::*;
pub(super) use check_ins::*;
pub(super) use journals::*;
pub(super) use places::*;
pub(super) use quarantine::*;

use std::collections::BTreeSet;

use sync_protocol::id::{DeviceId, EventId, Seq, TicketId, ZoneId};
use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::list::listing;
use crate::db::{StoreError, Tx};

/// A claim as it is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Claim {
    pub(super) device: DeviceId,
    pub(super) seq: Seq,
    pub(super) claimed_at: UnixMillis,
    pub(super) until: UnixMillis,
}

/// Returns the claim on a ticket, whose row stays locked until the transaction ends. Without any, `fresh`
/// is stored and returned.
pub(super) async fn lock_claim(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    zone: ZoneId,
    fresh: &Claim,
) -> Result<Claim, StoreError> {
    sqlx::query(
        "INSERT INTO claims (event_id, ticket_id, zone, device_id, seq, claimed_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(&event.0[..])
    .bind(int(ticket.0))
    .bind(i64::from(zone.0))
    .bind(&fresh.device.0[..])
    .bind(int(fresh.seq.0))
    .bind(int(fresh.claimed_at.0))
    .bind(int(fresh.until.0))
    .execute(tx.connection())
    .await?;
    let text = format!(
        "SELECT device_id, seq, claimed_at, until_at FROM claims WHERE event_id = $1 AND ticket_id = $2 AND zone = $3{}",
        tx.dialect().for_update()
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(&event.0[..])
        .bind(int(ticket.0))
        .bind(i64::from(zone.0))
        .fetch_one(tx.connection())
        .await?;
    read_claim(&row)
}

/// Returns the claims on tickets that hold after `now`.
pub(super) async fn claims(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    now: UnixMillis,
) -> Result<Vec<(TicketId, ZoneId, Claim)>, StoreError> {
    /// Values in one `IN (…)`.
    const LIST_MAX: usize = 500;
    let tickets: Vec<TicketId> = tickets.iter().copied().collect();
    let mut claims = Vec::new();
    for tickets in tickets.chunks(LIST_MAX) {
        let places: Vec<String> = (3..3 + tickets.len()).map(|number| format!("${number}")).collect();
        let text = format!(
            "SELECT ticket_id, zone, device_id, seq, claimed_at, until_at FROM claims
             WHERE event_id = $1 AND until_at > $2 AND ticket_id IN ({})",
            places.join(", ")
        );
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(int(now.0));
        for ticket in tickets {
            query = query.bind(int(ticket.0));
        }
        for row in query.fetch_all(tx.connection()).await? {
            claims.push((TicketId(row.uint("ticket_id")?), ZoneId(row.small("zone")?), read_claim(&row)?));
        }
    }
    Ok(claims)
}

fn read_claim(row: &sqlx::any::AnyRow) -> Result<Claim, StoreError> {
    Ok(Claim {
        device: DeviceId(row.array("device_id")?),
        seq: Seq(row.uint("seq")?),
        claimed_at: row.millis("claimed_at")?,
        until: row.millis("until_at")?,
    })
}

/// Puts a claim in the place of the one before.
pub(super) async fn put_claim(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    zone: ZoneId,
    claim: &Claim,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE claims SET device_id = $1, seq = $2, claimed_at = $3, until_at = $4
         WHERE event_id = $5 AND ticket_id = $6 AND zone = $7",
    )
    .bind(&claim.device.0[..])
    .bind(int(claim.seq.0))
    .bind(int(claim.claimed_at.0))
    .bind(int(claim.until.0))
    .bind(&event.0[..])
    .bind(int(ticket.0))
    .bind(i64::from(zone.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}
