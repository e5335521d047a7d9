//! SQL of organisations, accounts and sessions.

use sync_protocol::time::UnixMillis;

use super::{Account, AccountId, OrganisationId, Organiser};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Returns the organisation called `name`, made as `id` if there is none.
pub(super) async fn ensure_organisation(
    tx: &mut Tx,
    id: OrganisationId,
    name: &str,
    now: UnixMillis,
) -> Result<OrganisationId, StoreError> {
    sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
        .bind(&id.0[..])
        .bind(name)
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    let row = sqlx::query("SELECT id FROM organisations WHERE name = $1").bind(name).fetch_one(tx.connection()).await?;
    row.array("id").map(OrganisationId)
}

/// Inserts an account; false if its e-mail address is taken.
pub(super) async fn insert_account(
    tx: &mut Tx,
    account: &Account,
    password_hash: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO accounts (id, organisation_id, email, name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING",
    )
    .bind(&account.id.0[..])
    .bind(&account.organisation.0[..])
    .bind(account.email.as_str())
    .bind(account.name.as_str())
    .bind(password_hash)
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
    let row = sqlx::query("SELECT id, password_hash FROM accounts WHERE email = $1")
        .bind(email)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Ok((AccountId(row.array("id")?), row.text("password_hash")?))).transpose()
}

/// Returns an account of an organisation.
pub(super) async fn account(tx: &mut Tx, organiser: Organiser) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(
        "SELECT a.email, a.name, o.name AS organisation_name
         FROM accounts a JOIN organisations o ON o.id = a.organisation_id WHERE a.id = $1",
    )
    .bind(&organiser.account.0[..])
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(Account {
            id: organiser.account,
            email: row.text("email")?,
            name: row.text("name")?,
            organisation: organiser.organisation,
            organisation_name: row.text("organisation_name")?,
        })
    })
    .transpose()
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
    now: UnixMillis,
) -> Result<Option<Organiser>, StoreError> {
    let row = sqlx::query(
        "SELECT a.id, a.organisation_id FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.token_hash = $1 AND s.expires_at > $2",
    )
    .bind(&token_hash[..])
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(Organiser {
            account: AccountId(row.array("id")?),
            organisation: OrganisationId(row.array("organisation_id")?),
        })
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
