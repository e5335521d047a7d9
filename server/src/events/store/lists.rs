//! SQL of lists of events.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyArguments;
use sqlx::{Any, Arguments as _, Encode, Type};
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use super::{EVENT, read};
use crate::accounts::OrganisationId;
use crate::db::column::{Columns as _, int};
use crate::db::pattern;
use crate::db::{StoreError, Tx};
use crate::events::lists::{Filter, Order, Place, PublicFilter};
use crate::events::{Event, State};
use crate::registrations::fold;

/// Conditions, each with its values, so that a statement names only what was asked and the database chooses its
/// index for that.
#[derive(Default)]
struct Conditions {
    text: String,
    values: AnyArguments,
    count: usize,
}

impl Conditions {
    /// Adds a condition in which `?` stands for each of the values.
    fn add<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, text: &str, values: impl IntoIterator<Item = T>) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        let mut parts = text.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        for (value, part) in values.into_iter().zip(parts) {
            self.values.add(value).expect("integers, text and bytes always encode");
            self.count += 1;
            self.text.push('$');
            self.text.push_str(&self.count.to_string());
            self.text.push_str(part);
        }
    }
}

/// Returns up to `limit` events of an organisation that come after a place in their order.
pub(in crate::events) async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    filter: &Filter,
    order: Order,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let mut conditions = Conditions::default();
    conditions.add("organisation_id = ?", [organisation.0.to_vec()]);
    if let Some(state) = filter.state {
        conditions.add("state = ?", [state as i64]);
    }
    if let Some(pattern) = filter.text.as_deref().map(fold).and_then(|text| pattern::containing(&text)) {
        conditions.add("search LIKE ? ESCAPE '!'", [pattern]);
    }
    if let Some(from) = filter.from {
        conditions.add("ends_at > ?", [int(from.0)]);
    }
    let order = match order {
        Order::Newest => {
            if let Some(until) = filter.until {
                // A sum leads no database to the index by beginnings, from which all would have to be sorted.
                conditions.add("starts_at + 0 < ?", [int(until.0)]);
            }
            // Said also of the first page: a plan that PostgreSQL makes once for all organisations has to find that the
            // index by ids is in order, and not sort all events of a large one.
            let before = after.map_or([u8::MAX; 16], |place| place.id.0);
            conditions.add("id < ?", [before.to_vec()]);
            "id DESC"
        }
        Order::Begin => {
            if let Some(until) = filter.until {
                conditions.add("starts_at < ?", [int(until.0)]);
            }
            conditions.after(after);
            "starts_at, id"
        }
    };
    let text = format!("SELECT {EVENT} FROM events{} ORDER BY {order} LIMIT {limit}", conditions.text);
    let rows = sqlx::query_with(AssertSqlSafe(text), conditions.values).fetch_all(tx.connection()).await?;
    rows.iter().map(read).collect()
}

/// Returns up to `limit` published events that come after a place in the order of their beginning, each with its
/// organisation.
pub(in crate::events) async fn list_public(
    tx: &mut Tx,
    filter: &PublicFilter,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<(Event, OrganisationId)>, StoreError> {
    let mut conditions = Conditions::default();
    conditions.add("state = ?", [State::Published as i64]);
    if let Some(organisation) = filter.organisation {
        conditions.add("organisation_id = ?", [organisation.0.to_vec()]);
    }
    conditions.add("ends_at > ?", [int(filter.from.0)]);
    if let Some(until) = filter.until {
        conditions.add("starts_at < ?", [int(until.0)]);
    }
    if let Some(pattern) = filter.text.as_deref().map(fold).and_then(|text| pattern::containing(&text)) {
        conditions.add("search LIKE ? ESCAPE '!'", [pattern]);
    }
    conditions.after(after);
    // Which they are stands in an index, words and all: only those of the page are read.
    let text = format!(
        "SELECT {EVENT}, organisation_id FROM events WHERE id IN
         (SELECT id FROM events{} ORDER BY starts_at, id LIMIT {limit})",
        conditions.text
    );
    let rows = sqlx::query_with(AssertSqlSafe(text), conditions.values).fetch_all(tx.connection()).await?;
    let found = rows.iter().map(|row| Ok((read(row)?, OrganisationId(row.array("organisation_id")?))));
    let mut found: Vec<(Event, OrganisationId)> = found.collect::<Result<_, StoreError>>()?;
    found.sort_unstable_by_key(|(event, _)| (event.policy.starts, event.id));
    Ok(found)
}

impl Conditions {
    /// Passes by everything up to a place in the order of beginnings.
    fn after(&mut self, place: Option<Place>) {
        let Place { starts, id } = place.unwrap_or(Place { starts: UnixMillis(0), id: EventId([0; 16]) });
        let starts = int(starts.0);
        // Said twice, because the first alone leads a database to its place in the index.
        self.add("starts_at >= ?", [starts]);
        self.text.push_str(" AND (starts_at > ");
        self.push(starts);
        self.text.push_str(" OR id > ");
        self.push(id.0.to_vec());
        self.text.push(')');
    }

    fn push<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, value: T) {
        self.values.add(value).expect("integers, text and bytes always encode");
        self.count += 1;
        self.text.push('$');
        self.text.push_str(&self.count.to_string());
    }
}

/// Returns events that are neither rejected nor closed nor cancelled, which begin before one time and end after
/// another, with their begin and end, those that begin last first.
pub(in crate::events) async fn near(
    tx: &mut Tx,
    begin_before: UnixMillis,
    end_after: UnixMillis,
    limit: u32,
) -> Result<Vec<(EventId, UnixMillis, UnixMillis)>, StoreError> {
    sqlx::query(
        "SELECT id, starts_at, ends_at FROM events WHERE state IN (0, 1, 2, 3) AND starts_at <= $1 AND ends_at >= $2
         ORDER BY starts_at DESC, id LIMIT $3",
    )
    .bind(int(begin_before.0))
    .bind(int(end_after.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| Ok((EventId(row.array("id")?), row.millis("starts_at")?, row.millis("ends_at")?)))
    .collect()
}
