//! SQL of API tokens.

use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use crate::accounts::api_tokens::{ApiToken, Scope};
use crate::accounts::{AccountId, ApiTokenId, OrganisationId};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Keeps a token and the hash of its text.
pub(in crate::accounts) async fn insert(
    tx: &mut Tx,
    account: AccountId,
    token: &ApiToken,
    hash: [u8; 32],
) -> Result<(), StoreError> {
    let scopes: Vec<String> = token.scopes.iter().map(Scope::to_string).collect();
    sqlx::query(
        "INSERT INTO api_tokens
           (id, account_id, organisation_id, name, token_hash, scopes, created_at, expires_at, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)",
    )
    .bind(&token.id.0[..])
    .bind(&account.0[..])
    .bind(&token.organisation.0[..])
    .bind(token.name.as_str())
    .bind(&hash[..])
    .bind(scopes.join(" "))
    .bind(int(token.created_at.0))
    .bind(int(token.expires_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns the token of a text's hash that has not expired, and whose it is.
pub(in crate::accounts) async fn by_hash(
    tx: &mut Tx,
    hash: [u8; 32],
    now: UnixMillis,
) -> Result<Option<(AccountId, ApiToken)>, StoreError> {
    let row = sqlx::query(
        "SELECT account_id, id, organisation_id, name, scopes, created_at, expires_at, used_at FROM api_tokens
         WHERE token_hash = $1 AND expires_at > $2
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = api_tokens.account_id AND a.locked_at IS NULL)",
    )
    .bind(&hash[..])
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| Ok((AccountId(row.array("account_id")?), read(&row)?))).transpose()
}

/// Returns a token of an account.
pub(in crate::accounts) async fn find(
    tx: &mut Tx,
    account: AccountId,
    id: ApiTokenId,
) -> Result<Option<ApiToken>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organisation_id, name, scopes, created_at, expires_at, used_at FROM api_tokens
         WHERE id = $1 AND account_id = $2",
    )
    .bind(&id.0[..])
    .bind(&account.0[..])
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Returns tokens of an account, the newest first, from before `cursor` on.
pub(in crate::accounts) async fn of_account(
    tx: &mut Tx,
    account: AccountId,
    cursor: Option<ApiTokenId>,
    limit: u32,
) -> Result<Vec<ApiToken>, StoreError> {
    let before = cursor.map_or([u8::MAX; 16], |cursor| cursor.0);
    let rows = sqlx::query(
        "SELECT id, organisation_id, name, scopes, created_at, expires_at, used_at FROM api_tokens
         WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(&account.0[..])
    .bind(&before[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<ApiToken, StoreError> {
    let scopes = row.text("scopes")?;
    Ok(ApiToken {
        id: ApiTokenId(row.array("id")?),
        name: row.text("name")?,
        organisation: OrganisationId(row.array("organisation_id")?),
        // An area that is no more opens nothing.
        scopes: scopes.split(' ').filter_map(Scope::parse).collect(),
        created_at: row.millis("created_at")?,
        expires_at: row.millis("expires_at")?,
        used_at: row.millis_or_null("used_at")?,
    })
}

/// Counts an account's tokens.
pub(in crate::accounts) async fn count(tx: &mut Tx, account: AccountId) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS count FROM api_tokens WHERE account_id = $1")
        .bind(&account.0[..])
        .fetch_one(tx.connection())
        .await?
        .uint("count")
}

/// Ends a token; false if somebody else did.
pub(in crate::accounts) async fn delete(tx: &mut Tx, id: ApiTokenId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM api_tokens WHERE id = $1").bind(&id.0[..]).execute(tx.connection()).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of an account's tokens.
pub(in crate::accounts) async fn delete_all(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM api_tokens WHERE account_id = $1").bind(&account.0[..]).execute(tx.connection()).await?;
    Ok(())
}

/// Forgets an account's tokens that have expired.
pub(in crate::accounts) async fn delete_expired(
    tx: &mut Tx,
    account: AccountId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM api_tokens WHERE account_id = $1 AND expires_at <= $2")
        .bind(&account.0[..])
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that a token was used.
pub(in crate::accounts) async fn set_used(tx: &mut Tx, id: ApiTokenId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE api_tokens SET used_at = $2 WHERE id = $1")
        .bind(&id.0[..])
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}
