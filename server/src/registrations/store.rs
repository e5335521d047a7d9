//! SQL of registrations.

mod everybody;

use std::collections::HashSet;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{EventId, RegistrationId};

use super::{Attendee, Filter, Labels, Registration, fold};
use crate::db::column::{Columns as _, int};
use crate::db::insert::{insert_rows, push_placeholders};
use crate::db::{StoreError, Tx};
use crate::tickets::{self, Ticket};
use crate::walk_ins;

pub(super) use self::everybody::{addresses, has_any, living};

/// Values in one `IN (…)`.
const VALUES_PER_QUERY_MAX: usize = 5_000;

pub(super) async fn insert(tx: &mut Tx, event: EventId, registrations: &[Registration]) -> Result<(), StoreError> {
    const INSERTED: &[&str] =
        &["id", "event_id", "name", "email", "phone", "external_id", "order_ref", "note", "search", "created_at"];
    insert_rows(tx, "registrations", INSERTED, "", registrations, |registration, row| {
        let attendee = &registration.attendee;
        row.push(&registration.id.0[..])
            .push(&event.0[..])
            .push(attendee.name.as_str())
            .push(attendee.email.as_deref())
            .push(attendee.phone.as_deref())
            .push(attendee.external_id.as_deref())
            .push(attendee.order.as_deref())
            .push(attendee.note.as_str())
            .push(attendee.search_text())
            .push(int(registration.created_at.0));
    })
    .await?;
    Ok(())
}

/// Returns which of `external_ids` the event has.
pub(super) async fn which_external_ids_exist(
    tx: &mut Tx,
    event: EventId,
    external_ids: &[&str],
) -> Result<HashSet<String>, StoreError> {
    let mut held = HashSet::new();
    for chunk in external_ids.chunks(VALUES_PER_QUERY_MAX) {
        let mut text = "SELECT external_id FROM registrations WHERE event_id = ".to_owned();
        push_placeholders(tx.dialect(), &mut text, 1, 1);
        text.push_str(" AND external_id IN (");
        push_placeholders(tx.dialect(), &mut text, 2, chunk.len());
        text.push(')');
        let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(&event.0[..]);
        for id in chunk {
            query = query.bind(*id);
        }
        for row in query.fetch_all(tx.connection()).await? {
            held.insert(row.text("external_id")?);
        }
    }
    Ok(held)
}

/// Returns what the doors are told.
pub(super) async fn labels(tx: &mut Tx, id: RegistrationId) -> Result<Labels, StoreError> {
    let row = sqlx::query("SELECT name, note, email, order_ref FROM registrations WHERE id = $1")
        .bind(&id.0[..])
        .fetch_one(tx.connection())
        .await?;
    Ok(Labels {
        name: row.text("name")?,
        note: row.text("note")?,
        email: row.text_or_null("email")?.unwrap_or_default(),
        order: row.text_or_null("order_ref")?.unwrap_or_default(),
    })
}

/// Returns a registration of the event, with its ticket.
pub(super) async fn find(
    tx: &mut Tx,
    event: EventId,
    id: RegistrationId,
) -> Result<Option<(Registration, Ticket)>, StoreError> {
    let row = sqlx::query("SELECT * FROM registered WHERE id = $1 AND event_id = $2")
        .bind(&id.0[..])
        .bind(&event.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Returns up to `limit` registrations after `after`, in the order they were made.
pub(super) async fn list(
    tx: &mut Tx,
    event: EventId,
    filter: &Filter,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    let pattern = filter.text.as_deref().map_or_else(String::new, pattern);
    let rows = sqlx::query(
        "SELECT * FROM registered WHERE event_id = $1 AND id > $2
         AND ($3 = '' OR search LIKE $3 ESCAPE '!') AND ($4 = -1 OR class = $4) AND ($5 = -1 OR status = $5)
         ORDER BY id LIMIT $6",
    )
    .bind(&event.0[..])
    .bind(&after.unwrap_or(RegistrationId([0; 16])).0[..])
    .bind(pattern)
    .bind(filter.class.map_or(-1, |class| i64::from(class.0)))
    .bind(filter.status.map_or(-1, |status| status as i64))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(read).collect()
}

/// Returns up to `limit` registrations after `after` that were made for an e-mail address.
pub(super) async fn of_email(
    tx: &mut Tx,
    email: &str,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(EventId, Registration, Ticket)>, StoreError> {
    let rows = sqlx::query("SELECT * FROM registered WHERE email = $1 AND id > $2 ORDER BY id LIMIT $3")
        .bind(email)
        .bind(&after.unwrap_or(RegistrationId([0; 16])).0[..])
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    rows.iter()
        .map(|row| {
            let (registration, ticket) = read(row)?;
            Ok((EventId(row.array("event_id")?), registration, ticket))
        })
        .collect()
}

/// Returns the pattern of texts that contain `text`, folded, with every sign meaning itself.
fn pattern(text: &str) -> String {
    let folded = fold(text.trim());
    if folded.is_empty() {
        return folded;
    }
    let mut pattern = "%".to_owned();
    for c in folded.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read(row: &AnyRow) -> Result<(Registration, Ticket), StoreError> {
    let registration = Registration {
        id: RegistrationId(row.array("id")?),
        attendee: Attendee {
            name: row.text("name")?,
            email: row.text_or_null("email")?,
            phone: row.text_or_null("phone")?,
            external_id: row.text_or_null("external_id")?,
            order: row.text_or_null("order_ref")?,
            note: row.text("note")?,
        },
        created_at: row.millis("created_at")?,
        sale: walk_ins::store::read_origin(row)?,
    };
    Ok((registration, tickets::store::read(row)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_in_a_pattern_mean_themselves() {
        assert_eq!(pattern(" 50%_É! "), "%50!%!_e!!%");
        assert_eq!(pattern("  "), "");
    }
}
