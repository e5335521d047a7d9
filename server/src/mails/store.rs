//! SQL of letters.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::{Mail, MailId, Posted, State};
use crate::accounts::OrganisationId;
use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};
use crate::work::Backlog;

const COLUMNS: &str =
    "id, organisation_id, kind, recipient, state, tries, next_try_at, last_error, created_at, done_at";

pub(super) async fn insert(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    posted: &[Posted<'_>],
    now: UnixMillis,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &[
        "id",
        "organisation_id",
        "kind",
        "recipient",
        "content",
        "state",
        "tries",
        "next_try_at",
        "last_error",
        "created_at",
    ];
    insert_rows(tx, "mails", COLUMNS, "", posted, |letter, row| {
        row.push(&letter.id[..])
            .push(organisation.map(|id| id.0.to_vec()))
            .push(letter.kind)
            .push(letter.recipient)
            .push(letter.sealed.as_slice())
            .push(0_i64)
            .push(0_i64)
            .push(int(now.0))
            .push("")
            .push(int(now.0));
    })
    .await?;
    Ok(())
}

/// Whether a letter is due.
pub(super) async fn is_due(tx: &mut Tx, now: UnixMillis) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 AS one FROM mails WHERE state = 0 AND next_try_at <= $1 LIMIT 1")
        .bind(int(now.0))
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// A letter that this server is to send, with what it says, sealed.
pub(super) struct Claimed {
    pub(super) mail: Mail,
    pub(super) sealed: Vec<u8>,
}

/// Takes up to `limit` letters that are due, which nobody else takes before `until`, and counts the try.
pub(super) async fn claim(
    tx: &mut Tx,
    now: UnixMillis,
    until: UnixMillis,
    limit: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS}, content FROM mails WHERE state = 0 AND next_try_at <= $1
         ORDER BY next_try_at, id LIMIT $2{}",
        tx.dialect().for_update_of_free()
    );
    let rows =
        sqlx::query(AssertSqlSafe(text)).bind(int(now.0)).bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut mail = read(row)?;
        mail.tries += 1;
        sqlx::query("UPDATE mails SET tries = $1, next_try_at = $2 WHERE id = $3")
            .bind(i64::from(mail.tries))
            .bind(int(until.0))
            .bind(&mail.id.0[..])
            .execute(tx.connection())
            .await?;
        claimed.push(Claimed { mail, sealed: row.bytes_or_null("content")?.unwrap_or_default() });
    }
    Ok(claimed)
}

/// Notes that a letter was sent; what it said is forgotten.
pub(super) async fn sent(tx: &mut Tx, id: MailId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE mails SET state = 1, content = NULL, last_error = '', done_at = $1 WHERE id = $2 AND state = 0",
    )
    .bind(int(now.0))
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes why a letter was not sent, and when it is tried again.
pub(super) async fn failed(tx: &mut Tx, id: MailId, error: &str, next: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE mails SET next_try_at = $1, last_error = $2 WHERE id = $3 AND state = 0")
        .bind(int(next.0))
        .bind(error)
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes why a letter is not tried any more.
pub(super) async fn given_up(tx: &mut Tx, id: MailId, error: &str, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE mails SET state = 2, last_error = $1, done_at = $2 WHERE id = $3 AND state = 0")
        .bind(error)
        .bind(int(now.0))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Makes a letter due again, as if it had never been tried.
pub(super) async fn revive(tx: &mut Tx, id: MailId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE mails SET state = 0, tries = 0, next_try_at = $1, done_at = NULL WHERE id = $2 AND state <> 1")
        .bind(int(now.0))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: MailId) -> Result<Option<Mail>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM mails WHERE id = $1")))
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Returns up to `limit` letters posted before `before`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    state: Option<State>,
    before: Option<MailId>,
    limit: u32,
) -> Result<Vec<Mail>, StoreError> {
    let before = before.unwrap_or(MailId([0xff; 16]));
    let of_state = if state.is_some() { "AND state = $3" } else { "" };
    let text = format!("SELECT {COLUMNS} FROM mails WHERE id < $1 {of_state} ORDER BY id DESC LIMIT $2");
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(&before.0[..]).bind(i64::from(limit));
    if let Some(state) = state {
        query = query.bind(state as i64);
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns up to `limit` letters to an address, newest first.
pub(super) async fn to(
    tx: &mut Tx,
    recipient: &str,
    organisation: Option<OrganisationId>,
    limit: u32,
) -> Result<Vec<Mail>, StoreError> {
    let of = of_organisation(organisation, 3);
    let text = format!("SELECT {COLUMNS} FROM mails WHERE recipient = $1{of} ORDER BY id DESC LIMIT $2");
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(recipient).bind(i64::from(limit));
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

fn of_organisation(organisation: Option<OrganisationId>, number: usize) -> String {
    organisation.map(|_| format!(" AND organisation_id = ${number}")).unwrap_or_default()
}

/// Deletes all letters to an address.
pub(super) async fn delete_to(
    tx: &mut Tx,
    recipient: &str,
    organisation: Option<OrganisationId>,
) -> Result<(), StoreError> {
    let text = format!("DELETE FROM mails WHERE recipient = $1{}", of_organisation(organisation, 2));
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(recipient);
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

/// Returns up to `limit` letters after one that still say something, with that, sealed.
pub(super) async fn with_content(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    after: MailId,
    limit: u32,
) -> Result<Vec<(MailId, Vec<u8>)>, StoreError> {
    let of = of_organisation(organisation, 3);
    let text = format!(
        "SELECT id, content FROM mails WHERE content IS NOT NULL AND state <> 1 AND id > $1{of} ORDER BY id LIMIT $2"
    );
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(&after.0[..]).bind(i64::from(limit));
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok((MailId(row.array("id")?), row.bytes("content")?))).collect()
}

/// Puts what a letter says in the place of what it said.
pub(super) async fn set_content(tx: &mut Tx, id: MailId, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE mails SET content = $1 WHERE id = $2 AND content IS NOT NULL")
        .bind(sealed)
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns how many letters there are of each state.
pub(super) async fn counts(tx: &mut Tx) -> Result<Vec<(State, u64)>, StoreError> {
    let rows = sqlx::query("SELECT state, COUNT(*) AS number FROM mails GROUP BY state ORDER BY state")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((read_state(row)?, row.uint("number")?))).collect()
}

/// Counts what waits and what was given up.
pub(super) async fn backlog(tx: &mut Tx) -> Result<Backlog, StoreError> {
    let rows = sqlx::query(
        "SELECT state, CASE WHEN last_error = '' THEN 0 ELSE 1 END AS has_failed, COUNT(*) AS number FROM mails
         WHERE state IN (0, 2) GROUP BY 1, 2",
    )
    .fetch_all(tx.connection())
    .await?;
    let mut backlog = Backlog::default();
    for row in &rows {
        backlog.add(row.small("state")?, row.flag("has_failed")?, row.uint("number")?);
    }
    Ok(backlog)
}

pub(super) async fn delete_done_before(tx: &mut Tx, state: State, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mails WHERE state = $1 AND done_at < $2")
        .bind(state as i64)
        .bind(int(before.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Mail, StoreError> {
    Ok(Mail {
        id: MailId(row.array("id")?),
        organisation: row.array_or_null("organisation_id")?.map(OrganisationId),
        kind: row.text("kind")?,
        recipient: row.text("recipient")?,
        state: read_state(row)?,
        tries: row.small("tries")?,
        next_try_at: row.millis("next_try_at")?,
        last_error: row.text("last_error")?,
        created_at: row.millis("created_at")?,
        done_at: row.millis_or_null("done_at")?,
    })
}

fn read_state(row: &AnyRow) -> Result<State, StoreError> {
    State::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))
}
