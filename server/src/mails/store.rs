//! SQL of letters.

use sync_protocol::time::UnixMillis;

use crate::accounts::OrganisationId;
use crate::db::column::int;
use crate::db::{StoreError, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: [u8; 16],
    organisation: Option<OrganisationId>,
    kind: &str,
    recipient: &str,
    sealed: &[u8],
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mails
         (id, organisation_id, kind, recipient, content, state, tries, next_try_at, last_error, created_at)
         VALUES ($1, $2, $3, $4, $5, 0, 0, $6, '', $6)",
    )
    .bind(&id[..])
    .bind(organisation.map(|id| id.0.to_vec()))
    .bind(kind)
    .bind(recipient)
    .bind(sealed)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}
