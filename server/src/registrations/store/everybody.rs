//! SQL of all who mean to come to an event.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{ClassId, EventId, Kid, RegistrationId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use super::{VALUES_PER_QUERY_MAX, read};
use crate::db::column::{Columns as _, int};
use crate::db::insert::push_placeholders;
use crate::db::{StoreError, Tx};
use crate::registrations::{Registration, State};
use crate::tickets::{self, Ticket};

/// Returns the e-mail addresses of those whose registration is not over, or of their contacts, each once.
pub(in crate::registrations) async fn addresses(tx: &mut Tx, event: EventId) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT COALESCE(email, contact_email) AS address FROM registrations
         WHERE event_id = $1 AND state <= $2 AND COALESCE(email, contact_email) IS NOT NULL",
    )
    .bind(&event.0[..])
    .bind(State::Waiting as i64)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| row.text("address")).collect()
}

/// Returns up to `limit` registrations after `after` whose ticket is not cancelled, in the order they were made.
pub(in crate::registrations) async fn living(
    tx: &mut Tx,
    event: EventId,
    after: RegistrationId,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM registered WHERE event_id = $1 AND id > $2 AND status <> $3 ORDER BY id LIMIT $4")
            .bind(&event.0[..])
            .bind(&after.0[..])
            .bind(TicketStatus::Cancelled as i64)
            .bind(i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
    rows.iter().map(ticketed).collect()
}

/// Returns up to `limit` registrations whose ticket is of a key of the server and not cancelled, by their tickets'
/// numbers.
pub(in crate::registrations) async fn of_key(
    tx: &mut Tx,
    event: EventId,
    kid: Kid,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM registered WHERE event_id = $1 AND kid = $2 AND status <> $3 AND ticket_id BETWEEN 0 AND $4
         ORDER BY ticket_id LIMIT $5",
    )
    .bind(&event.0[..])
    .bind(i64::from(kid.0))
    .bind(TicketStatus::Cancelled as i64)
    .bind(tickets::store::SERVER_TICKET_MAX)
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(ticketed).collect()
}

fn ticketed(row: &AnyRow) -> Result<(Registration, Ticket), StoreError> {
    let (registration, ticket) = read(row)?;
    Ok((registration, ticket.ok_or(StoreError::Corrupt("ticket_id"))?))
}

/// Whether anybody was ever registered.
pub(in crate::registrations) async fn has_any(tx: &mut Tx, event: EventId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM registrations WHERE event_id = $1 LIMIT 1").bind(&event.0[..]);
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}

/// Returns up to `limit` registrations without a ticket that are pending or wait.
pub(in crate::registrations) async fn hopeful(
    tx: &mut Tx,
    event: EventId,
    limit: u32,
) -> Result<Vec<Registration>, StoreError> {
    let mut hopeful = Vec::new();
    for state in [State::Pending, State::Waiting] {
        let rows = sqlx::query("SELECT * FROM registered WHERE event_id = $1 AND state = $2 ORDER BY id LIMIT $3")
            .bind(&event.0[..])
            .bind(state as i64)
            .bind(i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        for row in &rows {
            hopeful.push(read(row)?.0);
        }
    }
    Ok(hopeful)
}

/// Returns the ticket types of those who are pending or wait.
pub(in crate::registrations) async fn hoped_for(tx: &mut Tx, event: EventId) -> Result<BTreeSet<ClassId>, StoreError> {
    let rows = sqlx::query("SELECT DISTINCT class FROM registrations WHERE event_id = $1 AND state IN ($2, $3)")
        .bind(&event.0[..])
        .bind(State::Pending as i64)
        .bind(State::Waiting as i64)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| row.small("class").map(ClassId)).collect()
}

/// Notes that registrations are cancelled.
pub(in crate::registrations) async fn cancel(
    tx: &mut Tx,
    ids: &[RegistrationId],
    reason: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    for chunk in ids.chunks(VALUES_PER_QUERY_MAX) {
        let dialect = tx.dialect();
        let mut text = "UPDATE registrations SET queue_no = NULL, version = version + 1, state = ".to_owned();
        push_placeholders(dialect, &mut text, 1, 1);
        text.push_str(", reason = ");
        push_placeholders(dialect, &mut text, 2, 1);
        text.push_str(", changed_at = ");
        push_placeholders(dialect, &mut text, 3, 1);
        text.push_str(" WHERE id IN (");
        push_placeholders(dialect, &mut text, 4, chunk.len());
        text.push(')');
        let mut query = sqlx::query(AssertSqlSafe(text))
            .persistent(false)
            .bind(State::Cancelled as i64)
            .bind(reason)
            .bind(int(now.0));
        for id in chunk {
            query = query.bind(&id.0[..]);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}
