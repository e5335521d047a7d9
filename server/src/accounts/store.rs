//! SQL of accounts and sessions.

use std::net::IpAddr;

use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::{Account, AccountId, Caller, Person};
use crate::db::column::{Columns as _, flag, int};
use crate::db::{StoreError, Tx};
use crate::organisations;

/// Inserts an account; false if its e-mail address is taken.
pub(super) async fn insert_account(
    tx: &mut Tx,
    account: &Account,
    password_hash: &str,
    verified_at: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO accounts (id, email, name, password_hash, is_admin, verified_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email) DO NOTHING",
    )
    .bind(&account.id.0[..])
    .bind(account.email.as_str())
    .bind(account.name.as_str())
    .bind(password_hash)
    .bind(flag(account.is_admin))
    .bind(verified_at.map(|at| int(at.0)))
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there is no account.
pub(super) async fn is_without_accounts(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(sqlx::query("SELECT 1 AS one FROM accounts LIMIT 1").fetch_optional(tx.connection()).await?.is_none())
}

/// Returns the account of an e-mail address and its password's hash.
pub(super) async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<(AccountId, String)>, StoreError> {
    let row = sqlx::query("SELECT id, password_hash FROM accounts WHERE email = $1 AND locked_at IS NULL")
        .bind(email)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Ok((AccountId(row.array("id")?), row.text("password_hash")?))).transpose()
}

/// Returns an account.
pub(super) async fn account(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query("SELECT email, name, is_admin FROM accounts WHERE id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Account {
        id,
        email: row.text("email")?,
        name: row.text("name")?,
        is_admin: row.flag("is_admin")?,
        memberships: organisations::memberships(tx, id).await?,
    }))
}

/// Returns the person who holds an account.
pub(super) async fn person(tx: &mut Tx, id: AccountId) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query("SELECT email, name, verified_at FROM accounts WHERE id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    let read = |row: AnyRow| {
        let is_verified = row.millis_or_null("verified_at")?.is_some();
        Ok(Person { email: row.text("email")?, name: row.text("name")?, is_verified })
    };
    row.map(read).transpose()
}

/// Begins a session.
pub(super) async fn insert_session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    account: AccountId,
    now: UnixMillis,
    expires_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO sessions (token_hash, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(&token_hash[..])
        .bind(&account.0[..])
        .bind(int(now.0))
        .bind(int(expires_at.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns who holds a session that has not expired.
pub(super) async fn session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    address: IpAddr,
    now: UnixMillis,
) -> Result<Option<Caller>, StoreError> {
    let row = sqlx::query(
        "SELECT a.id, a.is_admin FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.locked_at IS NULL",
    )
    .bind(&token_hash[..])
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        let account = AccountId(row.array("id")?);
        Ok(Caller { account, is_admin: row.flag("is_admin")?, limits: None, address })
    })
    .transpose()
}

/// Ends a session.
pub(super) async fn delete_session(tx: &mut Tx, token_hash: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(&token_hash[..]).execute(tx.connection()).await?;
    Ok(())
}

/// Forgets the sessions that have expired.
pub(super) async fn delete_expired_sessions(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(int(now.0)).execute(tx.connection()).await?;
    Ok(())
}
