//! SQL of organisations, accounts and sessions.

use std::net::IpAddr;

use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::{Account, AccountId, Caller, Membership, OrganisationId};
use crate::access::Role;
use crate::db::column::{Columns as _, flag, int};
use crate::db::{StoreError, Tx};

/// Returns the organisation called `name`, made as `id` if there is none.
pub(super) async fn ensure_organisation(
    tx: &mut Tx,
    id: OrganisationId,
    name: &str,
    now: UnixMillis,
) -> Result<OrganisationId, StoreError> {
    let held = sqlx::query("SELECT id FROM organisations WHERE name = $1 ORDER BY id LIMIT 1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    if let Some(row) = held {
        return row.array("id").map(OrganisationId);
    }
    sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(&id.0[..])
        .bind(name)
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(id)
}

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
    let row = sqlx::query("SELECT id, password_hash FROM accounts WHERE email = $1")
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
        memberships: memberships(tx, id).await?,
    }))
}

/// Makes somebody a member of an organisation, or changes what they are in it.
pub(super) async fn insert_membership(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
    role: Role,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO memberships (organisation_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation_id, account_id) DO UPDATE SET role = excluded.role",
    )
    .bind(&organisation.0[..])
    .bind(&account.0[..])
    .bind(role as i64)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns what somebody is in an organisation.
pub(super) async fn role(
    tx: &mut Tx,
    account: AccountId,
    organisation: OrganisationId,
) -> Result<Option<Role>, StoreError> {
    let row = sqlx::query("SELECT role FROM memberships WHERE organisation_id = $1 AND account_id = $2")
        .bind(&organisation.0[..])
        .bind(&account.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| read_role(&row)).transpose()
}

/// Returns the organisations that somebody belongs to, by name.
pub(super) async fn memberships(tx: &mut Tx, account: AccountId) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query(
        "SELECT m.organisation_id, m.role, o.name FROM memberships m JOIN organisations o ON o.id = m.organisation_id
         WHERE m.account_id = $1 ORDER BY o.name, o.id",
    )
    .bind(&account.0[..])
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Membership {
                organisation: OrganisationId(row.array("organisation_id")?),
                name: row.text("name")?,
                role: read_role(row)?,
            })
        })
        .collect()
}

fn read_role(row: &AnyRow) -> Result<Role, StoreError> {
    Role::from_u8(row.small("role")?).ok_or(StoreError::Corrupt("role"))
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
         WHERE s.token_hash = $1 AND s.expires_at > $2",
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
