//! SQL of all who mean to come to an event.

use sync_protocol::id::{EventId, RegistrationId};
use sync_protocol::verdict::TicketStatus;

use super::read;
use crate::db::column::Columns as _;
use crate::db::{StoreError, Tx};
use crate::registrations::Registration;
use crate::tickets::Ticket;

/// Returns the e-mail addresses of those whose ticket is not cancelled, each once.
pub(in crate::registrations) async fn addresses(tx: &mut Tx, event: EventId) -> Result<Vec<String>, StoreError> {
    let rows =
        sqlx::query("SELECT DISTINCT email FROM registered WHERE event_id = $1 AND status <> $2 AND email IS NOT NULL")
            .bind(&event.0[..])
            .bind(TicketStatus::Cancelled as i64)
            .fetch_all(tx.connection())
            .await?;
    rows.iter().map(|row| row.text("email")).collect()
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
    rows.iter().map(read).collect()
}

/// Whether anybody was ever registered.
pub(in crate::registrations) async fn has_any(tx: &mut Tx, event: EventId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM registrations WHERE event_id = $1 LIMIT 1").bind(&event.0[..]);
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}
