//! SQL of all registrations of one person.

use sync_protocol::id::EventId;

use super::read_with_event;
use crate::db::{StoreError, Tx};
use crate::registrations::Registration;
use crate::registrations::person::Marks;
use crate::tickets::Ticket;

/// Returns all registrations that a person has to do with, in the order they were made.
pub(in crate::registrations) async fn of_person(
    tx: &mut Tx,
    marks: &Marks,
) -> Result<Vec<(EventId, Registration, Option<Ticket>)>, StoreError> {
    // What is absent is nothing that a column holds.
    let rows = sqlx::query(
        "SELECT * FROM registered WHERE id IN (
             SELECT id FROM registrations WHERE email = $1
             UNION SELECT id FROM registrations WHERE contact_email = $1
             UNION SELECT id FROM registrations WHERE account_id = $2
             UNION SELECT id FROM registrations WHERE id = $3
         ) ORDER BY id",
    )
    .bind(marks.email.as_deref().unwrap_or_default())
    .bind(marks.account.map_or_else(Vec::new, |account| account.0.to_vec()))
    .bind(marks.registration.map_or_else(Vec::new, |id| id.0.to_vec()))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(read_with_event).collect()
}
