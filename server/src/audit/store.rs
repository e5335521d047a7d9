//! SQL of the record of changes.

use sync_protocol::time::UnixMillis;

use super::{By, Change};
use crate::db::column::int;
use crate::db::{StoreError, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: [u8; 16],
    by: &By,
    change: &Change<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (id, organisation_id, event_id, account_id, address, action, subject, before, after, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&id[..])
    .bind(by.organisation.map(|id| id.0.to_vec()))
    .bind(change.event.map(|id| id.0.to_vec()))
    .bind(by.account.map(|id| id.0.to_vec()))
    .bind(by.address.map(|address| address.to_string()).unwrap_or_default())
    .bind(change.action)
    .bind(change.subject)
    .bind(change.before.to_string())
    .bind(change.after.to_string())
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}
