//! SQL of tokens sent by mail.

use sync_protocol::time::UnixMillis;

use crate::accounts::AccountId;
use crate::accounts::mail_tokens::{Letter, Purpose};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Keeps a token's hash and what it stands for.
pub(in crate::accounts) async fn insert(
    tx: &mut Tx,
    hash: [u8; 32],
    letter: &Letter,
    expires_at: UnixMillis,
) -> Result<(), StoreError> {
    let (name, password_hash) = letter.form.clone().unzip();
    sqlx::query(
        "INSERT INTO mail_tokens (hash, account_id, purpose, email, name, password_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&hash[..])
    .bind(&letter.account.0[..])
    .bind(letter.purpose as i64)
    .bind(letter.email.as_str())
    .bind(name)
    .bind(password_hash)
    .bind(int(expires_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns what a token stands for that has not expired.
pub(in crate::accounts) async fn find(
    tx: &mut Tx,
    hash: [u8; 32],
    now: UnixMillis,
) -> Result<Option<Letter>, StoreError> {
    let row = sqlx::query(
        "SELECT account_id, purpose, email, name, password_hash FROM mail_tokens WHERE hash = $1 AND expires_at > $2",
    )
    .bind(&hash[..])
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(Letter {
            account: AccountId(row.array("account_id")?),
            purpose: Purpose::from_u8(row.small("purpose")?).ok_or(StoreError::Corrupt("purpose"))?,
            email: row.text("email")?,
            form: row.text_or_null("name")?.zip(row.text_or_null("password_hash")?),
        })
    })
    .transpose()
}

/// Deletes a token; false if somebody else did.
pub(in crate::accounts) async fn delete(tx: &mut Tx, hash: [u8; 32]) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM mail_tokens WHERE hash = $1").bind(&hash[..]).execute(tx.connection()).await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes all tokens of an account.
pub(in crate::accounts) async fn delete_all(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mail_tokens WHERE account_id = $1").bind(&account.0[..]).execute(tx.connection()).await?;
    Ok(())
}

/// Deletes all tokens that were sent to an address.
pub(in crate::accounts) async fn delete_to(tx: &mut Tx, email: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mail_tokens WHERE email = $1").bind(email).execute(tx.connection()).await?;
    Ok(())
}

/// Deletes the tokens that have expired.
pub(in crate::accounts) async fn delete_expired(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mail_tokens WHERE expires_at <= $1").bind(int(now.0)).execute(tx.connection()).await?;
    Ok(())
}
