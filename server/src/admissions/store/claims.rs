//! SQL of claims.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{DeviceId, EventId, Seq, TicketId, ZoneId};
use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::insert::{RowValues, insert_missing, insert_rows};
use crate::db::list::{among, bind_numbers};
use crate::db::{StoreError, Tx};

/// Values in one `IN (…)`.
const LIST_MAX: usize = 500;

const COLUMNS: &[&str] = &["event_id", "ticket_id", "zone", "device_id", "seq", "claimed_at", "until_at"];

/// What is claimed: a ticket, where.
pub(in crate::admissions) type Place = (TicketId, ZoneId);

/// A claim as it is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::admissions) struct Claim {
    pub(in crate::admissions) device: DeviceId,
    pub(in crate::admissions) seq: Seq,
    pub(in crate::admissions) claimed_at: UnixMillis,
    pub(in crate::admissions) until: UnixMillis,
}

/// Returns the claims on the tickets of these places, whose rows stay locked until the transaction ends. Where there is
/// none, that of `fresh` is stored and returned.
///
/// The rows are made and locked in the order of their places, so that of two servers that do this at once neither waits
/// for the other's.
pub(in crate::admissions) async fn lock_claims(
    tx: &mut Tx,
    event: EventId,
    fresh: &BTreeMap<Place, Claim>,
) -> Result<BTreeMap<Place, Claim>, StoreError> {
    let rows: Vec<(Place, Claim)> = fresh.iter().map(|(place, claim)| (*place, *claim)).collect();
    insert_missing(tx, "claims", COLUMNS, &rows, |(place, claim), row| fill(event, *place, claim, row)).await?;
    let tickets: BTreeSet<TicketId> = fresh.keys().map(|(ticket, _)| *ticket).collect();
    let order = format!("ORDER BY ticket_id, zone{}", tx.dialect().for_update());
    // Those that have ended are locked, too.
    list(tx, event, &tickets, -1, &order).await
}

/// Returns the claims on tickets that hold after `now`.
pub(in crate::admissions) async fn claims(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    now: UnixMillis,
) -> Result<BTreeMap<Place, Claim>, StoreError> {
    list(tx, event, tickets, int(now.0), "").await
}

async fn list(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    until_after: i64,
    tail: &str,
) -> Result<BTreeMap<Place, Claim>, StoreError> {
    let tickets: Vec<i64> = tickets.iter().map(|ticket| int(ticket.0)).collect();
    let mut claims = BTreeMap::new();
    for tickets in tickets.chunks(LIST_MAX) {
        let dialect = tx.dialect();
        let among = among(dialect, 3, tickets.len());
        let text = format!(
            "SELECT ticket_id, zone, device_id, seq, claimed_at, until_at FROM claims
             WHERE event_id = $1 AND until_at > $2 AND ticket_id {among} {tail}"
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(until_after);
        let query = bind_numbers(query, dialect, tickets);
        for row in query.fetch_all(tx.connection()).await? {
            claims.insert((TicketId(row.uint("ticket_id")?), ZoneId(row.small("zone")?)), read(&row)?);
        }
    }
    Ok(claims)
}

fn read(row: &AnyRow) -> Result<Claim, StoreError> {
    Ok(Claim {
        device: DeviceId(row.array("device_id")?),
        seq: Seq(row.uint("seq")?),
        claimed_at: row.millis("claimed_at")?,
        until: row.millis("until_at")?,
    })
}

fn fill(event: EventId, (ticket, zone): Place, claim: &Claim, row: &mut RowValues) {
    row.push(&event.0[..])
        .push(int(ticket.0))
        .push(i64::from(zone.0))
        .push(&claim.device.0[..])
        .push(int(claim.seq.0))
        .push(int(claim.claimed_at.0))
        .push(int(claim.until.0));
}

/// Puts claims in the place of those before.
pub(in crate::admissions) async fn put_claims(
    tx: &mut Tx,
    event: EventId,
    claims: &[(Place, Claim)],
) -> Result<(), StoreError> {
    const REPLACE: &str = "ON CONFLICT (event_id, ticket_id, zone) DO UPDATE SET device_id = excluded.device_id,
        seq = excluded.seq, claimed_at = excluded.claimed_at, until_at = excluded.until_at";
    insert_rows(tx, "claims", COLUMNS, REPLACE, claims, |(place, claim), row| fill(event, *place, claim, row)).await?;
    Ok(())
}
