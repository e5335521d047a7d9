//! SQL of the record of changes.

use std::borrow::Borrow;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use super::{By, Change, Filter, Record};
use crate::accounts::{AccountId, OrganisationId};
use crate::clock::uuids_v7;
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};

pub(super) async fn insert<'a>(
    tx: &mut Tx,
    changes: &[(By, impl Borrow<Change<'a>>)],
    now: UnixMillis,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] =
        &["id", "organisation_id", "event_id", "account_id", "address", "action", "subject", "before", "after", "at"];
    let rows: Vec<([u8; 16], &By, &Change<'a>)> =
        uuids_v7(now, changes.len()).zip(changes).map(|(id, (by, change))| (id, by, change.borrow())).collect();
    insert_rows(tx, "audit", COLUMNS, "", &rows, |(id, by, change), row| {
        row.push(&id[..])
            .push(by.organisation.map(|id| id.0.to_vec()))
            .push(change.event.map(|id| id.0.to_vec()))
            .push(by.account.map(|id| id.0.to_vec()))
            .push(by.address.map(|address| address.to_string()).unwrap_or_default())
            .push(change.action)
            .push(change.subject)
            .push(change.before.to_string())
            .push(change.after.to_string())
            .push(int(now.0));
    })
    .await?;
    Ok(())
}

/// Returns up to `limit` records of an organisation from before `cursor`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    filter: &Filter,
    cursor: Option<[u8; 16]>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    // Only what is asked for stands in the text, so that each database takes the index that fits.
    let asked =
        [filter.event.map(|id| ("event_id", id.0.to_vec())), filter.account.map(|id| ("account_id", id.0.to_vec()))];
    let asked: Vec<(&str, Vec<u8>)> = asked.into_iter().flatten().collect();
    let mut text = "SELECT id, event_id, account_id, address, action, subject, before, after, at FROM audit
         WHERE organisation_id = $1 AND id >= $2 AND id < $3"
        .to_owned();
    for (number, (column, _)) in (5..).zip(&asked) {
        text.push_str(&format!(" AND {column} = ${number}"));
    }
    if filter.action.is_some() {
        text.push_str(&format!(" AND action = ${}", 5 + asked.len()));
    }
    text.push_str(" ORDER BY id DESC LIMIT $4");
    let mut query = sqlx::query(AssertSqlSafe(text))
        .bind(organisation.0.to_vec())
        .bind(filter.lowest().to_vec())
        .bind(filter.end(cursor).to_vec())
        .bind(i64::from(limit));
    for (_, value) in asked {
        query = query.bind(value);
    }
    if let Some(action) = &filter.action {
        query = query.bind(action.clone());
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

const RECORD: &str = "SELECT id, event_id, account_id, address, action, subject, before, after, at FROM audit WHERE";
/// Subjects in one statement.
const SUBJECTS_MAX: usize = 500;

/// Returns up to `limit` records of what one person did, newest first.
pub(super) async fn by(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    account: AccountId,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let of = if organisation.is_some() { " AND organisation_id = $3" } else { "" };
    let text = format!("{RECORD} account_id = $1{of} ORDER BY id DESC LIMIT $2");
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(account.0.to_vec()).bind(int(limit as u64));
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns up to `limit` records of one action done to one thing, from before `cursor`, newest first.
pub(super) async fn of_action(
    tx: &mut Tx,
    subject: &str,
    action: &str,
    cursor: Option<[u8; 16]>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let text = format!("{RECORD} subject = $1 AND action = $2 AND id < $3 ORDER BY id DESC LIMIT $4");
    let before = cursor.unwrap_or([u8::MAX; 16]);
    let query = sqlx::query(AssertSqlSafe(text)).bind(subject).bind(action).bind(&before[..]).bind(i64::from(limit));
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns up to `limit` records, or some more, of what was done to some things.
pub(super) async fn of_subjects(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    subjects: &[String],
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let mut records = Vec::new();
    for subjects in subjects.chunks(SUBJECTS_MAX) {
        let places: Vec<String> = (2..subjects.len() + 2).map(|number| format!("${number}")).collect();
        let of = organisation.map(|_| format!(" AND organisation_id = ${}", subjects.len() + 2)).unwrap_or_default();
        let text = format!("{RECORD} subject IN ({}){of} ORDER BY id DESC LIMIT $1", places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(int(limit as u64));
        for subject in subjects {
            query = query.bind(subject.as_str());
        }
        if let Some(organisation) = organisation {
            query = query.bind(organisation.0.to_vec());
        }
        for row in query.fetch_all(tx.connection()).await? {
            records.push(read(&row)?);
        }
    }
    Ok(records)
}

fn read(row: &AnyRow) -> Result<Record, StoreError> {
    let json = |column: &'static str| serde_json::from_str(&row.text(column)?).map_err(|_| StoreError::Corrupt(column));
    Ok(Record {
        id: row.array("id")?,
        event: row.array_or_null("event_id")?.map(EventId),
        account: row.array_or_null("account_id")?.map(AccountId),
        address: row.text("address")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        before: json("before")?,
        after: json("after")?,
        at: row.millis("at")?,
    })
}
