//! SQL of accounts.

pub(super) mod api_tokens;
pub(super) mod devices;
pub(super) mod mail_tokens;
pub(super) mod second_factor;
pub(super) mod sessions;
pub(super) mod throttle;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::{Account, AccountId, Person};
use crate::db::column::{Columns as _, flag, int};
use crate::db::{StoreError, Tx};
use crate::language::Language;
use crate::organisations;
use crate::registrations::fold;

/// Inserts an account; false if its e-mail address is taken.
pub(super) async fn insert_account(
    tx: &mut Tx,
    account: &Account,
    password_hash: &str,
    verified_at: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO accounts (id, email, name, password_hash, is_admin, verified_at, version, created_at, search)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email) DO NOTHING",
    )
    .bind(&account.id.0[..])
    .bind(account.email.as_str())
    .bind(account.name.as_str())
    .bind(password_hash)
    .bind(flag(account.is_admin))
    .bind(verified_at.map(|at| int(at.0)))
    .bind(int(account.version))
    .bind(int(now.0))
    .bind(fold(&account.name))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there is no account.
pub(super) async fn is_without_accounts(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(sqlx::query("SELECT 1 AS one FROM accounts LIMIT 1").fetch_optional(tx.connection()).await?.is_none())
}

/// What proves that an account is one's own.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) account: AccountId,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password_hash: String,
    /// Whether its holder has proved to receive mail at its address.
    pub(super) is_verified: bool,
    /// Whether those who run the installation have locked it.
    pub(super) is_locked: bool,
}

const CREDENTIALS: &str = "SELECT id, email, name, password_hash, verified_at, locked_at FROM accounts WHERE";

/// Returns the credentials of an e-mail address.
pub(super) async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<Credentials>, StoreError> {
    let text = AssertSqlSafe(format!("{CREDENTIALS} email = $1"));
    let row = sqlx::query(text).bind(email).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_credentials).transpose()
}

/// Returns an account's credentials.
pub(super) async fn credentials_of(tx: &mut Tx, account: AccountId) -> Result<Option<Credentials>, StoreError> {
    let text = AssertSqlSafe(format!("{CREDENTIALS} id = $1"));
    let row = sqlx::query(text).bind(&account.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_credentials).transpose()
}

/// Returns an account's credentials, which stay as they are until the transaction ends.
pub(super) async fn lock_credentials(tx: &mut Tx, account: AccountId) -> Result<Option<Credentials>, StoreError> {
    let text = AssertSqlSafe(format!("{CREDENTIALS} id = $1{}", tx.dialect().for_update()));
    let row = sqlx::query(text).bind(&account.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_credentials).transpose()
}

fn read_credentials(row: &AnyRow) -> Result<Credentials, StoreError> {
    Ok(Credentials {
        account: AccountId(row.array("id")?),
        email: row.text("email")?,
        name: row.text("name")?,
        password_hash: row.text("password_hash")?,
        is_verified: row.millis_or_null("verified_at")?.is_some(),
        is_locked: row.millis_or_null("locked_at")?.is_some(),
    })
}

/// Sets the name and the password of an account whose address is not proved yet.
pub(super) async fn set_sign_up(
    tx: &mut Tx,
    account: AccountId,
    name: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET name = $2, password_hash = $3, search = $4, version = version + 1 WHERE id = $1")
        .bind(&account.0[..])
        .bind(name)
        .bind(password_hash)
        .bind(fold(name))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Sets an account's password.
pub(super) async fn set_password(tx: &mut Tx, account: AccountId, password_hash: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET password_hash = $2, version = version + 1 WHERE id = $1")
        .bind(&account.0[..])
        .bind(password_hash)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Keeps that the holder has proved to receive mail at the address, if they had not before.
pub(super) async fn set_verified(tx: &mut Tx, account: AccountId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET verified_at = $2, version = version + 1 WHERE id = $1 AND verified_at IS NULL")
        .bind(&account.0[..])
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Sets an account's name.
pub(super) async fn set_name(tx: &mut Tx, account: AccountId, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET name = $2, search = $3, version = version + 1 WHERE id = $1")
        .bind(&account.0[..])
        .bind(name)
        .bind(fold(name))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Sets what letters to an account's holder are written in.
pub(super) async fn set_language(
    tx: &mut Tx,
    account: AccountId,
    language: Option<Language>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET language = $2, version = version + 1 WHERE id = $1")
        .bind(&account.0[..])
        .bind(language.map(Language::tag))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns what the holder of an address wants to be written to in.
pub(super) async fn language_of(tx: &mut Tx, email: &str) -> Result<Option<Language>, StoreError> {
    let query = sqlx::query("SELECT language FROM accounts WHERE email = $1").bind(email);
    let Some(row) = query.fetch_optional(tx.connection()).await? else { return Ok(None) };
    Ok(row.text_or_null("language")?.as_deref().and_then(Language::of_tag))
}

/// Sets an account's e-mail address, which nobody else may have.
pub(super) async fn set_email(tx: &mut Tx, account: AccountId, email: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET email = $2, version = version + 1 WHERE id = $1")
        .bind(&account.0[..])
        .bind(email)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Deletes an account whose address was never proved, so that nobody ever logged in to it.
pub(super) async fn delete_unverified(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM accounts WHERE id = $1 AND verified_at IS NULL")
        .bind(&account.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Leaves nothing of an account's holder. No password opens it, and it is locked.
pub(super) async fn erase(
    tx: &mut Tx,
    account: AccountId,
    email: &str,
    name: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET email = $2, name = $3, password_hash = '', is_admin = 0, verified_at = NULL,
         locked_at = $4, language = NULL, search = '', version = version + 1 WHERE id = $1",
    )
    .bind(&account.0[..])
    .bind(email)
    .bind(name)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns an account.
pub(super) async fn account(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query("SELECT email, name, is_admin, language, version FROM accounts WHERE id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Account {
        id,
        email: row.text("email")?,
        name: row.text("name")?,
        is_admin: row.flag("is_admin")?,
        language: row.text_or_null("language")?.as_deref().and_then(Language::of_tag),
        version: row.uint("version")?,
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
