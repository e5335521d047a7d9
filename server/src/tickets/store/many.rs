//! SQL of all of an event's tickets at once.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sync_protocol::id::{ClassId, EventId, FeedSeq, Kid, TicketId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use super::{NUMBERS_PER_QUERY_MAX, SERVER_TICKET_MAX, count};
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::{insert_rows, push_placeholders};
use crate::db::list::{among, bind_numbers};
use crate::db::{StoreError, Tx};
use crate::tickets::{Arrivals, Changed, Ticket};

/// Returns, for each ticket type and status, how many tickets there are and how many of them came.
pub(in crate::tickets) async fn arrivals(tx: &mut Tx, event: EventId) -> Result<Vec<Arrivals>, StoreError> {
    let rows = sqlx::query(
        "SELECT class, status, COUNT(*) AS total, CAST(SUM(has_come) AS BIGINT) AS came FROM tickets
         WHERE event_id = $1 GROUP BY class, status ORDER BY class, status",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let status = TicketStatus::from_u8(row.small("status")?).ok_or(StoreError::Corrupt("status"))?;
            let (tickets, came) = (row.uint("total")?, row.uint("came")?);
            Ok(Arrivals { class: ClassId(row.small("class")?), status, tickets, came })
        })
        .collect()
}

/// Returns how many tickets of each key are not cancelled.
pub(in crate::tickets) async fn count_by_key(tx: &mut Tx, event: EventId) -> Result<BTreeMap<Kid, u64>, StoreError> {
    let rows = sqlx::query(
        "SELECT kid, COUNT(*) AS total FROM tickets
         WHERE event_id = $1 AND status <> $2 AND ticket_id BETWEEN 0 AND $3 GROUP BY kid",
    )
    .bind(&event.0[..])
    .bind(TicketStatus::Cancelled as i64)
    .bind(SERVER_TICKET_MAX)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((Kid(row.small("kid")?), row.uint("total")?))).collect()
}

/// Notes of tickets that they ever came in, or did not.
pub(in crate::tickets) async fn set_arrived(
    tx: &mut Tx,
    event: EventId,
    tickets: &[TicketId],
    has_come: bool,
) -> Result<(), StoreError> {
    let tickets: Vec<i64> = tickets.iter().map(|ticket| int(ticket.0)).collect();
    for chunk in tickets.chunks(NUMBERS_PER_QUERY_MAX) {
        let dialect = tx.dialect();
        let among = among(dialect, 3, chunk.len());
        let text =
            format!("UPDATE tickets SET has_come = $1 WHERE event_id = $2 AND has_come <> $1 AND ticket_id {among}");
        let query = sqlx::query(AssertSqlSafe(text)).bind(flag(has_come)).bind(&event.0[..]);
        bind_numbers(query, dialect, chunk).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Cancels tickets that are not cancelled yet. The event's feed is locked.
pub(in crate::tickets) async fn cancel(
    tx: &mut Tx,
    event: EventId,
    tickets: &[Ticket],
    now: UnixMillis,
) -> Result<(), StoreError> {
    for chunk in tickets.chunks(NUMBERS_PER_QUERY_MAX) {
        let mut text = "UPDATE tickets SET status_before_block = NULL, status = ".to_owned();
        push_placeholders(tx.dialect(), &mut text, 1, 1);
        text.push_str(", changed_at = ");
        push_placeholders(tx.dialect(), &mut text, 2, 1);
        text.push_str(" WHERE event_id = ");
        push_placeholders(tx.dialect(), &mut text, 3, 1);
        text.push_str(" AND ticket_id IN (");
        push_placeholders(tx.dialect(), &mut text, 4, chunk.len());
        text.push(')');
        let mut query = sqlx::query(AssertSqlSafe(text))
            .persistent(false)
            .bind(TicketStatus::Cancelled as i64)
            .bind(int(now.0))
            .bind(&event.0[..]);
        for ticket in chunk {
            query = query.bind(int(ticket.id.0));
        }
        query.execute(tx.connection()).await?;
    }
    let mut fewer: BTreeMap<ClassId, i64> = BTreeMap::new();
    for ticket in tickets {
        *fewer.entry(ticket.row.class).or_default() -= 1;
    }
    for (class, number) in fewer {
        count(tx, event, class, 0, number).await?;
    }
    Ok(())
}

/// Remembers one change of many tickets, each with the feed's number of the entry that told the doors.
pub(in crate::tickets) async fn insert_changes(
    tx: &mut Tx,
    event: EventId,
    tickets: &[(TicketId, FeedSeq)],
    changed: &Changed,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["event_id", "ticket_id", "seq", "change", "reason", "account_id", "changed_at"];
    insert_rows(tx, "ticket_changes", COLUMNS, "", tickets, |(ticket, seq), row| {
        row.push(&event.0[..])
            .push(int(ticket.0))
            .push(int(seq.0))
            .push(changed.change.name())
            .push(changed.reason.as_str())
            .push(changed.account.map(|account| account.0.to_vec()))
            .push(int(changed.at.0));
    })
    .await?;
    Ok(())
}
