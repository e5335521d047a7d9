//! SQL of invitations.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::{Invitation, State};
use crate::accounts::{AccountId, OrganisationId};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};
use crate::organisations::store::read_role;

pub(super) async fn insert(tx: &mut Tx, invitation: &Invitation, token_hash: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invitations
         (id, organisation_id, email, role, token_hash, state, invited_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&invitation.id[..])
    .bind(&invitation.organisation.0[..])
    .bind(invitation.email.as_str())
    .bind(invitation.role as i64)
    .bind(&token_hash[..])
    .bind(invitation.state as i64)
    .bind(&invitation.invited_by.0[..])
    .bind(int(invitation.created_at.0))
    .bind(int(invitation.expires_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives an invitation another token and time.
pub(super) async fn renew(
    tx: &mut Tx,
    id: [u8; 16],
    token_hash: [u8; 32],
    expires_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE invitations SET token_hash = $1, expires_at = $2 WHERE id = $3")
        .bind(&token_hash[..])
        .bind(int(expires_at.0))
        .bind(&id[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn set_state(tx: &mut Tx, id: [u8; 16], state: State) -> Result<(), StoreError> {
    sqlx::query("UPDATE invitations SET state = $1 WHERE id = $2")
        .bind(state as i64)
        .bind(&id[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn is_waiting_for(tx: &mut Tx, organisation: OrganisationId, email: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT id FROM invitations WHERE organisation_id = $1 AND email = $2 AND state = 0")
        .bind(&organisation.0[..])
        .bind(email)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

pub(super) async fn count_waiting(tx: &mut Tx, organisation: OrganisationId) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS count FROM invitations WHERE organisation_id = $1 AND state = 0")
        .bind(&organisation.0[..])
        .fetch_one(tx.connection())
        .await?
        .uint("count")
}

/// Returns an invitation, locked.
pub(super) async fn lock(tx: &mut Tx, id: [u8; 16]) -> Result<Option<Invitation>, StoreError> {
    let text = format!(
        "SELECT id, organisation_id, email, role, state, invited_by, created_at, expires_at FROM invitations
         WHERE id = $1{}",
        tx.dialect().for_update()
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(&id[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read).transpose()
}

/// Returns the invitation that a token lets in by.
pub(super) async fn find_by_token(tx: &mut Tx, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organisation_id, email, role, state, invited_by, created_at, expires_at FROM invitations
         WHERE token_hash = $1",
    )
    .bind(&token_hash[..])
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Returns the invitation that a token lets in by, locked.
pub(super) async fn lock_by_token(tx: &mut Tx, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
    let text = format!(
        "SELECT id, organisation_id, email, role, state, invited_by, created_at, expires_at FROM invitations
         WHERE token_hash = $1{}",
        tx.dialect().for_update()
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(&token_hash[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read).transpose()
}

/// Returns up to `limit` invitations that wait, made after `after`, oldest first.
pub(super) async fn list_waiting(
    tx: &mut Tx,
    organisation: OrganisationId,
    after: [u8; 16],
    limit: u32,
) -> Result<Vec<Invitation>, StoreError> {
    sqlx::query(
        "SELECT id, organisation_id, email, role, state, invited_by, created_at, expires_at FROM invitations
         WHERE organisation_id = $1 AND state = 0 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(&organisation.0[..])
    .bind(&after[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Forgets the address of invitations; those that wait are taken back.
pub(super) async fn erase(tx: &mut Tx, organisation: Option<OrganisationId>, email: &str) -> Result<(), StoreError> {
    let of = if organisation.is_some() { " AND organisation_id = $4" } else { "" };
    let text = format!(
        "UPDATE invitations SET email = '', state = CASE WHEN state = $1 THEN $2 ELSE state END WHERE email = $3{of}"
    );
    let mut query =
        sqlx::query(AssertSqlSafe(text)).bind(State::Waiting as i64).bind(State::Withdrawn as i64).bind(email);
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.array("id")?,
        organisation: OrganisationId(row.array("organisation_id")?),
        email: row.text("email")?,
        role: read_role(row)?,
        state: State::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
        invited_by: AccountId(row.array("invited_by")?),
        created_at: row.millis("created_at")?,
        expires_at: row.millis("expires_at")?,
    })
}
