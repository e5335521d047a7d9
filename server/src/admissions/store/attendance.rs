//! SQL of what check-ins add up to.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sync_protocol::id::{EventId, TicketId, ZoneId};
use sync_protocol::journal::EntryKind;

use crate::admissions::attendance::{Attendance, By, Cell, Sum};
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::insert_rows;
use crate::db::list::{listing, padded, placeholders};
use crate::db::{StoreError, Tx};

/// Adds to the tallies; a difference may be below zero.
pub(in crate::admissions) async fn add_to_tallies(
    tx: &mut Tx,
    event: EventId,
    differences: &[(Cell, i64)],
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["event_id", "quarter", "gate", "class", "kind", "code", "total"];
    const ADD: &str = "ON CONFLICT (event_id, quarter, gate, class, kind, code)
        DO UPDATE SET total = check_in_tallies.total + excluded.total";
    insert_rows(tx, "check_in_tallies", COLUMNS, ADD, differences, |(cell, difference), row| {
        row.push(&event.0[..])
            .push(int(cell.quarter))
            .push(i64::from(cell.gate.0))
            .push(i64::from(cell.class.0))
            .push(cell.kind as i64)
            .push(i64::from(cell.code))
            .push(*difference);
    })
    .await?;
    Ok(())
}

/// Puts attendances in the place of those before.
pub(in crate::admissions) async fn put_attendances(
    tx: &mut Tx,
    event: EventId,
    attendances: &[Attendance],
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["event_id", "ticket_id", "zone", "class", "admissions", "is_inside"];
    const REPLACE: &str = "ON CONFLICT (event_id, ticket_id, zone) DO UPDATE SET class = excluded.class,
        admissions = excluded.admissions, is_inside = excluded.is_inside";
    insert_rows(tx, "attendances", COLUMNS, REPLACE, attendances, |attendance, row| {
        row.push(&event.0[..])
            .push(int(attendance.ticket.0))
            .push(attendance.zone.map_or(-1, |zone| i64::from(zone.0)))
            .push(i64::from(attendance.class.0))
            .push(int(attendance.admissions))
            .push(flag(attendance.is_inside));
    })
    .await?;
    Ok(())
}

/// Returns how many tickets are inside each zone: those whose last movement there was in.
pub(in crate::admissions) async fn inside(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ZoneId, u64>, StoreError> {
    let rows = sqlx::query(
        "SELECT zone, COUNT(*) AS total FROM attendances
         WHERE event_id = $1 AND is_inside = 1 AND zone >= 0 GROUP BY zone",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((ZoneId(row.small("zone")?), row.uint("total")?))).collect()
}

/// Returns the tallies added up by one of their parts.
pub(in crate::admissions) async fn sums(tx: &mut Tx, event: EventId, by: By) -> Result<Vec<Sum>, StoreError> {
    let column = match by {
        By::Quarter => "quarter",
        By::Gate => "gate",
        By::Class => "class",
        By::Code => "code",
    };
    let text = format!(
        "SELECT {column} AS part, kind, CAST(SUM(total) AS BIGINT) AS total FROM check_in_tallies
         WHERE event_id = $1 GROUP BY {column}, kind ORDER BY {column}, kind"
    );
    let rows = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).fetch_all(tx.connection()).await?;
    rows.iter()
        .map(|row| {
            let kind = EntryKind::from_u8(row.small("kind")?).ok_or(StoreError::Corrupt("kind"))?;
            Ok(Sum { part: row.uint("part")?, kind, total: row.uint("total")? })
        })
        .collect()
}

/// Returns which of these tickets ever came in.
pub(in crate::admissions) async fn arrived(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
) -> Result<BTreeSet<TicketId>, StoreError> {
    /// Values in one `IN (…)`.
    const LIST_MAX: usize = 500;
    let tickets: Vec<TicketId> = tickets.iter().copied().collect();
    let mut arrived = BTreeSet::new();
    for tickets in tickets.chunks(LIST_MAX) {
        let text = format!(
            "SELECT ticket_id FROM attendances WHERE event_id = $1 AND admissions > 0 AND ticket_id IN ({})",
            placeholders(2, tickets.len())
        );
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]);
        for ticket in padded(tickets) {
            query = query.bind(int(ticket.0));
        }
        for row in query.fetch_all(tx.connection()).await? {
            arrived.insert(TicketId(row.uint("ticket_id")?));
        }
    }
    Ok(arrived)
}
