//! SQL of organisations and memberships.

use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::Membership;
use crate::access::Role;
use crate::accounts::{AccountId, OrganisationId};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

/// Returns the first organisation called `name`.
pub(super) async fn named(tx: &mut Tx, name: &str) -> Result<Option<OrganisationId>, StoreError> {
    let row = sqlx::query("SELECT id FROM organisations WHERE name = $1 ORDER BY id LIMIT 1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.array("id").map(OrganisationId)).transpose()
}

pub(super) async fn insert(tx: &mut Tx, id: OrganisationId, name: &str, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(&id.0[..])
        .bind(name)
        .bind(int(now.0))
        .execute(tx.connection())
        .await?;
    Ok(())
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
