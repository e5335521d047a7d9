//! SQL of sessions.

use std::net::IpAddr;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use crate::access::Role;
use crate::accounts::sessions::{About, Known, Origin, Session, Tokens};
use crate::accounts::{AccountId, OrganisationId, SessionId};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

const OF_NOTHING: &str = "SELECT s.id, s.account_id, s.csrf_hash, s.seen_at, a.is_admin
     FROM sessions s JOIN accounts a ON a.id = s.account_id
     WHERE s.access_hash = $1 AND s.access_expires_at > $2 AND a.locked_at IS NULL";
const OF_ORGANISATION: &str = "SELECT s.id, s.account_id, s.csrf_hash, s.seen_at, a.is_admin, r.role
     FROM sessions s JOIN accounts a ON a.id = s.account_id
     LEFT JOIN roles r ON r.organisation_id = $3 AND r.account_id = s.account_id
     WHERE s.access_hash = $1 AND s.access_expires_at > $2 AND a.locked_at IS NULL";
const OF_EVENT: &str = "SELECT s.id, s.account_id, s.csrf_hash, s.seen_at, a.is_admin, e.organisation_id, r.role
     FROM sessions s JOIN accounts a ON a.id = s.account_id
     LEFT JOIN event_organisations e ON e.event_id = $3
     LEFT JOIN roles r ON r.organisation_id = e.organisation_id AND r.account_id = s.account_id
     WHERE s.access_hash = $1 AND s.access_expires_at > $2 AND a.locked_at IS NULL";

/// Begins a session.
pub(in crate::accounts) async fn insert(
    tx: &mut Tx,
    id: SessionId,
    account: AccountId,
    tokens: &Tokens,
    csrf_hash: Option<[u8; 32]>,
    from: &Origin,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, account_id, access_hash, access_expires_at, refresh_hash, expires_at, csrf_hash,
           address, user_agent, created_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(&id.0[..])
    .bind(&account.0[..])
    .bind(&tokens.access.hash()[..])
    .bind(int(tokens.access_expires_at.0))
    .bind(&tokens.refresh.hash()[..])
    .bind(int(tokens.refresh_expires_at.0))
    .bind(csrf_hash.map(|hash| hash.to_vec()))
    .bind(from.address.to_string())
    .bind(from.user_agent.as_str())
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns the session of an access token that has not expired, and what its holder is where they ask about.
pub(in crate::accounts) async fn by_access(
    tx: &mut Tx,
    hash: [u8; 32],
    about: About,
    now: UnixMillis,
) -> Result<Option<Known>, StoreError> {
    let (text, id) = match about {
        About::Event(event) => (OF_EVENT, Some(event.0)),
        About::Organisation(organisation) => (OF_ORGANISATION, Some(organisation.0)),
        About::Nothing => (OF_NOTHING, None),
    };
    let mut query = sqlx::query(text).bind(&hash[..]).bind(int(now.0));
    if let Some(id) = &id {
        query = query.bind(&id[..]);
    }
    let row = query.fetch_optional(tx.connection()).await?;
    row.map(|row| {
        let organisation = match about {
            About::Organisation(organisation) => Some(organisation),
            About::Event(_) => row.array_or_null("organisation_id")?.map(OrganisationId),
            About::Nothing => None,
        };
        let role = if organisation.is_some() { row.uint_or_null("role")? } else { None };
        let role = role.map(|role| u8::try_from(role).ok().and_then(Role::from_u8).ok_or(StoreError::Corrupt("role")));
        let role = role.transpose()?;
        Ok(Known {
            standing: organisation.map(|organisation| (organisation, role)),
            session: SessionId(row.array("id")?),
            account: AccountId(row.array("account_id")?),
            is_admin: row.flag("is_admin")?,
            csrf_hash: row.array_or_null("csrf_hash")?,
            seen_at: row.millis("seen_at")?,
        })
    })
    .transpose()
}

/// A session whose refresh token was shown.
pub(in crate::accounts) struct Refreshable {
    pub(in crate::accounts) session: SessionId,
    pub(in crate::accounts) account: AccountId,
    pub(in crate::accounts) csrf_hash: Option<[u8; 32]>,
    /// When it ends.
    pub(in crate::accounts) expires_at: UnixMillis,
}

/// Returns the session of a refresh token that has not expired; nobody else exchanges it until the transaction ends.
pub(in crate::accounts) async fn lock_by_refresh(
    tx: &mut Tx,
    hash: [u8; 32],
    now: UnixMillis,
) -> Result<Option<Refreshable>, StoreError> {
    let lock = tx.dialect().for_update();
    let text = format!(
        "SELECT id, account_id, csrf_hash, expires_at FROM sessions WHERE refresh_hash = $1 AND expires_at > $2
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = sessions.account_id AND a.locked_at IS NULL){lock}"
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(&hash[..]).bind(int(now.0)).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_refreshable).transpose()
}

/// A refresh token that was exchanged before.
pub(in crate::accounts) struct Spent {
    pub(in crate::accounts) of: Refreshable,
    /// What the session's refresh token is by now.
    pub(in crate::accounts) refresh_hash: [u8; 32],
    /// When it was exchanged.
    pub(in crate::accounts) at: UnixMillis,
    /// What for, sealed; nothing once the session was refreshed again.
    pub(in crate::accounts) successor: Option<Vec<u8>>,
}

/// Returns the session whose refresh token this once was; nobody else refreshes it until the transaction ends.
pub(in crate::accounts) async fn lock_by_spent(
    tx: &mut Tx,
    hash: [u8; 32],
    now: UnixMillis,
) -> Result<Option<Spent>, StoreError> {
    let lock = tx.dialect().for_update();
    let text = format!(
        "SELECT s.id, s.account_id, s.csrf_hash, s.expires_at, s.refresh_hash, t.spent_at, t.successor
         FROM spent_refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN accounts a ON a.id = s.account_id
         WHERE t.hash = $1 AND s.expires_at > $2 AND a.locked_at IS NULL{lock}"
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(&hash[..]).bind(int(now.0)).fetch_optional(tx.connection()).await?;
    row.map(|row| {
        Ok(Spent {
            of: read_refreshable(&row)?,
            refresh_hash: row.array("refresh_hash")?,
            at: row.millis("spent_at")?,
            successor: row.bytes_or_null("successor")?,
        })
    })
    .transpose()
}

fn read_refreshable(row: &AnyRow) -> Result<Refreshable, StoreError> {
    Ok(Refreshable {
        session: SessionId(row.array("id")?),
        account: AccountId(row.array("account_id")?),
        csrf_hash: row.array_or_null("csrf_hash")?,
        expires_at: row.millis("expires_at")?,
    })
}

/// Gives a session new tokens; the refresh token of `spent` is remembered as used, with what it was exchanged for.
pub(in crate::accounts) async fn rotate(
    tx: &mut Tx,
    session: SessionId,
    (spent, successor): ([u8; 32], &[u8]),
    tokens: &Tokens,
    from: &Origin,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE spent_refresh_tokens SET successor = NULL WHERE session_id = $1 AND successor IS NOT NULL")
        .bind(&session.0[..])
        .execute(tx.connection())
        .await?;
    sqlx::query("INSERT INTO spent_refresh_tokens (hash, session_id, spent_at, successor) VALUES ($1, $2, $3, $4)")
        .bind(&spent[..])
        .bind(&session.0[..])
        .bind(int(now.0))
        .bind(successor)
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "UPDATE sessions SET access_hash = $2, access_expires_at = $3, refresh_hash = $4, expires_at = $5,
           address = $6, user_agent = $7, seen_at = $8
         WHERE id = $1",
    )
    .bind(&session.0[..])
    .bind(&tokens.access.hash()[..])
    .bind(int(tokens.access_expires_at.0))
    .bind(&tokens.refresh.hash()[..])
    .bind(int(tokens.refresh_expires_at.0))
    .bind(from.address.to_string())
    .bind(from.user_agent.as_str())
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that a session was used, from where.
pub(in crate::accounts) async fn set_seen(
    tx: &mut Tx,
    session: SessionId,
    address: IpAddr,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET seen_at = $2, address = $3 WHERE id = $1 AND seen_at < $2")
        .bind(&session.0[..])
        .bind(int(now.0))
        .bind(address.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns sessions of an account that last, the newest first, from before `cursor` on.
pub(in crate::accounts) async fn of_account(
    tx: &mut Tx,
    account: AccountId,
    now: UnixMillis,
    cursor: Option<SessionId>,
    limit: u32,
) -> Result<Vec<Session>, StoreError> {
    let before = cursor.map_or([u8::MAX; 16], |cursor| cursor.0);
    let rows = sqlx::query(
        "SELECT id, address, user_agent, created_at, seen_at, expires_at FROM sessions
         WHERE account_id = $1 AND id < $2 AND expires_at > $3 ORDER BY id DESC LIMIT $4",
    )
    .bind(&account.0[..])
    .bind(&before[..])
    .bind(int(now.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Session {
                id: SessionId(row.array("id")?),
                address: row.text("address")?,
                user_agent: row.text("user_agent")?,
                begun_at: row.millis("created_at")?,
                seen_at: row.millis("seen_at")?,
                expires_at: row.millis("expires_at")?,
            })
        })
        .collect()
}

/// Ends a session of an account; false if it has no such session.
pub(in crate::accounts) async fn delete(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE id = $1 AND account_id = $2")
        .bind(&session.0[..])
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of an account except one, if one is named.
pub(in crate::accounts) async fn delete_all(
    tx: &mut Tx,
    account: AccountId,
    except: Option<SessionId>,
) -> Result<(), StoreError> {
    // No session has this id.
    let except = except.map_or([0; 16], |session| session.0);
    sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
        .bind(&account.0[..])
        .bind(&except[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets the sessions that have expired.
pub(in crate::accounts) async fn delete_expired(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(int(now.0)).execute(tx.connection()).await?;
    Ok(())
}
