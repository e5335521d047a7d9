//! SQL of letters.

use sync_protocol::time::UnixMillis;

use super::Posted;
use crate::accounts::OrganisationId;
use crate::db::column::int;
use crate::db::insert::insert_rows;
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

pub(super) async fn insert_all(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    kind: &str,
    posted: &[Posted<'_>],
    now: UnixMillis,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &[
        "id",
        "organisation_id",
        "kind",
        "recipient",
        "content",
        "state",
        "tries",
        "next_try_at",
        "last_error",
        "created_at",
    ];
    insert_rows(tx, "mails", COLUMNS, "", posted, |letter, row| {
        row.push(&letter.id[..])
            .push(organisation.map(|id| id.0.to_vec()))
            .push(kind)
            .push(letter.recipient)
            .push(letter.sealed.as_slice())
            .push(0_i64)
            .push(0_i64)
            .push(int(now.0))
            .push("")
            .push(int(now.0));
    })
    .await?;
    Ok(())
}
