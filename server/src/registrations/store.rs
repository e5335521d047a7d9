//! SQL of registrations.

mod everybody;
mod person;
mod search;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, query::Query};
use sync_protocol::id::{ClassId, EventId, RegistrationId};
use sync_protocol::time::UnixMillis;

pub(super) use self::everybody::{addresses, cancel, has_any, hoped_for, hopeful, living, of_key};
pub(super) use self::person::of_person;
pub(super) use self::search::*;
use super::joining::seating::Queue;
use super::{Attendee, Contact, Filter, Labels, Registration, State};
use crate::accounts::AccountId;
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::{insert_rows, push_placeholders};
use crate::db::list::{listing, padded, padded_len, placeholders};
use crate::db::{Dialect, StoreError, Tx};
use crate::tickets::{self, Ticket};
use crate::walk_ins;

/// Values in one `IN (…)`.
const VALUES_PER_QUERY_MAX: usize = 5_000;

pub(super) async fn insert(tx: &mut Tx, event: EventId, registrations: &[Registration]) -> Result<(), StoreError> {
    const INSERTED: &[&str] = &[
        "id",
        "event_id",
        "name",
        "email",
        "phone",
        "external_id",
        "order_ref",
        "note",
        "class",
        "state",
        "queue_no",
        "attention",
        "id_check",
        "answers",
        "contact_name",
        "contact_email",
        "person",
        "account_id",
        "reason",
        "version",
        "created_at",
        "changed_at",
    ];
    insert_rows(tx, "registrations", INSERTED, "", registrations, |registration, row| {
        let attendee = &registration.attendee;
        let contact = registration.contact.as_ref();
        row.push(&registration.id.0[..])
            .push(&event.0[..])
            .push(attendee.name.as_str())
            .push(attendee.email.as_deref())
            .push(attendee.phone.as_deref())
            .push(attendee.external_id.as_deref())
            .push(attendee.order.as_deref())
            .push(attendee.note.as_str())
            .push(i64::from(registration.class.0))
            .push(registration.state as i64)
            .push(registration.queue_no.map(int))
            .push(flag(registration.attention))
            .push(flag(registration.id_check))
            .push(answers_text(registration))
            .push(contact.map(|contact| contact.name.as_str()))
            .push(contact.map(|contact| contact.email.as_str()))
            .push(registration.person())
            .push(registration.account.map(|account| account.0.to_vec()))
            .push(registration.reason.as_str())
            .push(int(registration.version))
            .push(int(registration.created_at.0))
            .push(int(registration.changed_at.0));
    })
    .await?;
    search::index(tx, event, registrations).await
}

fn answers_text(registration: &Registration) -> String {
    serde_json::to_string(&registration.answers).unwrap_or_else(|_| "{}".to_owned())
}

/// Puts a registration in the place of the one `before`, and counts its version up.
pub(super) async fn update(
    tx: &mut Tx,
    event: EventId,
    before: &Registration,
    after: &mut Registration,
    now: UnixMillis,
) -> Result<(), StoreError> {
    after.version = before.version + 1;
    after.changed_at = now;
    let attendee = &after.attendee;
    let contact = after.contact.as_ref();
    sqlx::query(
        "UPDATE registrations SET name = $1, email = $2, phone = $3, external_id = $4, order_ref = $5, note = $6,
         state = $7, queue_no = $8, attention = $9, id_check = $10, answers = $11, contact_name = $12,
         contact_email = $13, person = $14, account_id = $15, reason = $16, version = $17, changed_at = $18
         WHERE id = $19",
    )
    .bind(attendee.name.as_str())
    .bind(attendee.email.as_deref())
    .bind(attendee.phone.as_deref())
    .bind(attendee.external_id.as_deref())
    .bind(attendee.order.as_deref())
    .bind(attendee.note.as_str())
    .bind(after.state as i64)
    .bind(after.queue_no.map(int))
    .bind(flag(after.attention))
    .bind(flag(after.id_check))
    .bind(answers_text(after))
    .bind(contact.map(|contact| contact.name.as_str()))
    .bind(contact.map(|contact| contact.email.as_str()))
    .bind(after.person())
    .bind(after.account.map(|account| account.0.to_vec()))
    .bind(after.reason.as_str())
    .bind(int(after.version))
    .bind(int(now.0))
    .bind(&after.id.0[..])
    .execute(tx.connection())
    .await?;
    search::reindex(tx, event, before, after).await
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
) -> Result<Option<(Registration, Option<Ticket>)>, StoreError> {
    let row = sqlx::query("SELECT * FROM registered WHERE id = $1 AND event_id = $2")
        .bind(&id.0[..])
        .bind(&event.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

type AnyQuery<'q> = Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

/// Returns the conditions of a filter, whose values are numbered from `first` on.
fn conditions(filter: &Filter, first: usize) -> String {
    let mut text = String::new();
    let mut number = first;
    let mut add = |condition: &str, is_wanted: bool| {
        if is_wanted {
            text.push_str(&condition.replace('?', &format!("${number}")));
            number += 1;
        }
    };
    add(" AND wanted_class = ?", filter.class.is_some());
    add(" AND status = ?", filter.status.is_some());
    add(" AND state = ?", filter.state.is_some());
    // Nobody waits at the door for those who have no ticket.
    add(" AND has_come = ?", filter.is_checked_in.is_some());
    add(" AND order_ref = ?", filter.order.is_some());
    text
}

/// Binds a filter's values in the order of its [`conditions`].
fn bind_filter<'q>(mut query: AnyQuery<'q>, filter: &'q Filter) -> AnyQuery<'q> {
    let numbers = [
        filter.class.map(|class| i64::from(class.0)),
        filter.status.map(|status| status as i64),
        filter.state.map(|state| state as i64),
        filter.is_checked_in.map(flag),
    ];
    for number in numbers.into_iter().flatten() {
        query = query.bind(number);
    }
    if let Some(order) = &filter.order {
        query = query.bind(order.as_str());
    }
    query
}

/// Returns up to `limit` registrations after `after`, in the order they were made.
pub(super) async fn list(
    tx: &mut Tx,
    event: EventId,
    filter: &Filter,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(Registration, Option<Ticket>)>, StoreError> {
    let after = after.unwrap_or(RegistrationId([0; 16]));
    let text = list_text(tx.dialect(), filter);
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(&after.0[..]).bind(i64::from(limit));
    bind_filter(query, filter).fetch_all(tx.connection()).await?.iter().map(read).collect()
}

fn list_text(dialect: Dialect, filter: &Filter) -> String {
    let conditions = conditions(filter, 4);
    // Few tickets are blocked or unpaid, early on few have come, and later few have not: beginning with a table of these,
    // nobody else is looked at. The order of the tables is what a cross join means in SQLite.
    let beginning = match (filter.status, filter.is_checked_in) {
        (Some(status), _) => format!("ticket_statuses CROSS JOIN registered WHERE has_status = {}", status as i64),
        // PostgreSQL would join all who have not come before it takes a page of them.
        (None, Some(has_come)) if has_come || dialect == Dialect::Sqlite => {
            format!("ticket_arrivals CROSS JOIN registered WHERE came = {}", flag(has_come))
        }
        (None, _) => {
            return format!(
                "SELECT * FROM registered WHERE event_id = $1 AND id > $2{conditions} ORDER BY id LIMIT $3"
            );
        }
    };
    format!(
        "SELECT registered.* FROM {beginning}
         AND at_event = $1 AND of_registration > $2 AND id = of_registration{conditions}
         ORDER BY of_registration LIMIT $3"
    )
}

/// Returns those of `ids` that a filter lets through, in no order.
pub(super) async fn find_all(
    tx: &mut Tx,
    event: EventId,
    ids: &[RegistrationId],
    filter: &Filter,
) -> Result<Vec<(Registration, Option<Ticket>)>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(VALUES_PER_QUERY_MAX) {
        let text = find_all_text(filter, chunk.len());
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]);
        for RegistrationId(id) in padded(chunk) {
            query = query.bind(id.to_vec());
        }
        for row in bind_filter(query, filter).fetch_all(tx.connection()).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

fn find_all_text(filter: &Filter, ids: usize) -> String {
    let conditions = conditions(filter, 2 + padded_len(ids));
    format!("SELECT * FROM registered WHERE event_id = $1 AND id IN ({}){conditions}", placeholders(2, ids))
}

/// Returns how many registrations that are not over people have at an event, by ticket type.
pub(super) async fn held_by(
    tx: &mut Tx,
    event: EventId,
    people: &[String],
) -> Result<BTreeMap<String, BTreeMap<ClassId, u64>>, StoreError> {
    let mut held: BTreeMap<String, BTreeMap<ClassId, u64>> = BTreeMap::new();
    for chunk in people.chunks(VALUES_PER_QUERY_MAX) {
        let text = held_by_text(chunk.len());
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(State::Waiting as i64);
        let people: Vec<&str> = chunk.iter().map(String::as_str).collect();
        for person in padded(&people) {
            query = query.bind(person);
        }
        for row in query.fetch_all(tx.connection()).await? {
            let of_person = held.entry(row.text("person")?).or_default();
            of_person.insert(row.small("class").map(ClassId)?, row.uint("number")?);
        }
    }
    Ok(held)
}

fn held_by_text(people: usize) -> String {
    format!(
        "SELECT person, class, COUNT(*) AS number FROM registrations
         WHERE event_id = $1 AND state <= $2 AND person IN ({}) GROUP BY person, class",
        placeholders(3, people)
    )
}

/// Returns the number that the next who waits gets. The event's feed is locked.
pub(super) async fn next_queue_no(tx: &mut Tx, event: EventId, class: ClassId) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT MAX(queue_no) AS number FROM registrations WHERE event_id = $1 AND class = $2 AND queue_no IS NOT NULL",
    )
    .bind(&event.0[..])
    .bind(i64::from(class.0))
    .fetch_one(tx.connection())
    .await?;
    Ok(row.uint_or_null("number")?.unwrap_or_default() + 1)
}

/// Returns who waits for each ticket type that somebody waits for. The event's feed is locked.
pub(super) async fn queues(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ClassId, Queue>, StoreError> {
    let rows = sqlx::query(
        "SELECT class, COUNT(*) AS number, MAX(queue_no) AS last_no FROM registrations
         WHERE event_id = $1 AND queue_no IS NOT NULL GROUP BY class",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    let queue = |row: &AnyRow| {
        let queue = Queue { waiting: row.uint("number")?, last_no: row.uint("last_no")? };
        Ok((row.small("class").map(ClassId)?, queue))
    };
    rows.iter().map(queue).collect()
}

/// Returns the ticket types that somebody waits for.
pub(super) async fn types_waited_for(tx: &mut Tx, event: EventId) -> Result<BTreeSet<ClassId>, StoreError> {
    sqlx::query("SELECT DISTINCT class FROM registrations WHERE event_id = $1 AND queue_no IS NOT NULL")
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| row.small("class").map(ClassId))
        .collect()
}

/// Returns up to `limit` of those who wait for a ticket type, the first first.
pub(super) async fn waiting(
    tx: &mut Tx,
    event: EventId,
    class: ClassId,
    limit: u64,
) -> Result<Vec<RegistrationId>, StoreError> {
    sqlx::query(
        "SELECT id FROM registrations WHERE event_id = $1 AND class = $2 AND queue_no IS NOT NULL
         ORDER BY queue_no LIMIT $3",
    )
    .bind(&event.0[..])
    .bind(i64::from(class.0))
    .bind(int(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| row.array("id").map(RegistrationId))
    .collect()
}

/// Returns the events that somebody waits for a place at.
pub(super) async fn waited_for(tx: &mut Tx) -> Result<Vec<EventId>, StoreError> {
    sqlx::query("SELECT DISTINCT event_id FROM registrations WHERE queue_no IS NOT NULL")
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| row.array("event_id").map(EventId))
        .collect()
}

/// Returns how many wait for a ticket type before the one with this number.
pub(super) async fn waiting_before(
    tx: &mut Tx,
    event: EventId,
    class: ClassId,
    queue_no: u64,
) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS number FROM registrations WHERE event_id = $1 AND class = $2 AND queue_no < $3")
        .bind(&event.0[..])
        .bind(i64::from(class.0))
        .bind(int(queue_no))
        .fetch_one(tx.connection())
        .await?
        .uint("number")
}

/// Returns up to `limit` registrations before `before`, newest first, that somebody made or that are theirs by
/// their proven e-mail address.
pub(super) async fn list_of(
    tx: &mut Tx,
    account: AccountId,
    email: Option<&str>,
    before: RegistrationId,
    limit: u32,
) -> Result<Vec<(EventId, Registration, Option<Ticket>)>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM registered WHERE id IN (
             SELECT id FROM registrations WHERE account_id = $1 AND id < $3
             UNION SELECT id FROM registrations WHERE email = $2 AND id < $3
             UNION SELECT id FROM registrations WHERE contact_email = $2 AND id < $3
             ORDER BY id DESC LIMIT $4
         ) ORDER BY id DESC",
    )
    .bind(&account.0[..])
    .bind(email.unwrap_or_default())
    .bind(&before.0[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(read_with_event).collect()
}

/// Returns a registration that somebody made or that is theirs by their proven e-mail address.
pub(super) async fn find_of(
    tx: &mut Tx,
    account: AccountId,
    email: Option<&str>,
    id: RegistrationId,
) -> Result<Option<(EventId, Registration, Option<Ticket>)>, StoreError> {
    let row =
        sqlx::query("SELECT * FROM registered WHERE id = $1 AND (account_id = $2 OR email = $3 OR contact_email = $3)")
            .bind(&id.0[..])
            .bind(&account.0[..])
            .bind(email.unwrap_or_default())
            .fetch_optional(tx.connection())
            .await?;
    row.as_ref().map(read_with_event).transpose()
}

/// Returns up to `limit` registrations with tickets after `after` that were made for an e-mail address.
pub(super) async fn of_email(
    tx: &mut Tx,
    email: &str,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(EventId, Registration, Ticket)>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM registered WHERE email = $1 AND id > $2 AND ticket_id IS NOT NULL ORDER BY id LIMIT $3",
    )
    .bind(email)
    .bind(&after.unwrap_or(RegistrationId([0; 16])).0[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    let ticketed = |row| {
        let (event, registration, ticket) = read_with_event(row)?;
        Ok((event, registration, ticket.ok_or(StoreError::Corrupt("ticket_id"))?))
    };
    rows.iter().map(ticketed).collect()
}

fn read_with_event(row: &AnyRow) -> Result<(EventId, Registration, Option<Ticket>), StoreError> {
    let (registration, ticket) = read(row)?;
    Ok((EventId(row.array("event_id")?), registration, ticket))
}

fn read(row: &AnyRow) -> Result<(Registration, Option<Ticket>), StoreError> {
    let contact = match (row.text_or_null("contact_name")?, row.text_or_null("contact_email")?) {
        (Some(name), Some(email)) => Some(Contact { name, email }),
        _ => None,
    };
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
        class: row.small("wanted_class").map(ClassId)?,
        state: State::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
        queue_no: row.uint_or_null("queue_no")?,
        attention: row.flag("attention")?,
        id_check: row.flag("id_check")?,
        answers: serde_json::from_str(&row.text("answers")?).map_err(|_| StoreError::Corrupt("answers"))?,
        contact,
        account: row.array_or_null("account_id")?.map(AccountId),
        reason: row.text("reason")?,
        version: row.uint("version")?,
        created_at: row.millis("created_at")?,
        changed_at: row.millis("changed_at")?,
        is_checked_in: row.flag("checked_in")?,
        sale: walk_ins::store::read_origin(row)?,
    };
    let has_ticket = row.uint_or_null("ticket_id")?.is_some();
    let ticket = if has_ticket { Some(tickets::store::read(row)?) } else { None };
    Ok((registration, ticket))
}
