//! SQL of accounts for those who run the installation.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::Overseen;
use crate::accounts::AccountId;
use crate::db::column::{Columns as _, flag, int, within};
use crate::db::{StoreError, Tx};
use crate::registrations::fold;

/// Returns up to `limit` accounts whose address or name holds `text`, whatever its accents and case, made after `after`,
/// oldest first.
pub(super) async fn search(
    tx: &mut Tx,
    text: &str,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<Overseen>, StoreError> {
    sqlx::query(
        "SELECT id, email, name, is_admin, verified_at, locked_at, created_at FROM accounts
         WHERE id > $1 AND (email LIKE $2 ESCAPE '!' OR search LIKE $3 ESCAPE '!' OR LOWER(name) LIKE $2 ESCAPE '!')
         ORDER BY id LIMIT $4",
    )
    .bind(&after.map_or([0; 16], |id| id.0)[..])
    .bind(within(&text.to_lowercase()))
    .bind(within(&fold(text)))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Returns who runs the installation and can log in, locked.
pub(super) async fn lock_admins(tx: &mut Tx) -> Result<Vec<AccountId>, StoreError> {
    let text = format!(
        "SELECT id FROM accounts WHERE is_admin = 1 AND locked_at IS NULL ORDER BY id{}",
        tx.dialect().for_update()
    );
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(tx.connection()).await?;
    rows.iter().map(|row| row.array("id").map(AccountId)).collect()
}

/// Returns an account, locked.
pub(super) async fn lock(tx: &mut Tx, id: AccountId) -> Result<Option<Overseen>, StoreError> {
    let text = format!(
        "SELECT id, email, name, is_admin, verified_at, locked_at, created_at FROM accounts WHERE id = $1{}",
        tx.dialect().for_update()
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn update(tx: &mut Tx, account: &Overseen) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET is_admin = $1, locked_at = $2 WHERE id = $3")
        .bind(flag(account.is_admin))
        .bind(account.locked_at.map(|at| int(at.0)))
        .bind(&account.id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Overseen, StoreError> {
    Ok(Overseen {
        id: AccountId(row.array("id")?),
        email: row.text("email")?,
        name: row.text("name")?,
        is_admin: row.flag("is_admin")?,
        is_verified: row.millis_or_null("verified_at")?.is_some(),
        locked_at: row.millis_or_null("locked_at")?,
        created_at: row.millis("created_at")?,
    })
}
