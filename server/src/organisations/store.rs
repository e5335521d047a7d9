//! SQL of organisations and memberships.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::time::UnixMillis;

use super::members::Member;
use super::{Membership, Organisation, Settings};
use crate::access::Role;
use crate::accounts::{AccountId, OrganisationId};
use crate::db::column::{Columns as _, flag, int, within};
use crate::db::insert::push_placeholders;
use crate::db::{StoreError, Tx};
use crate::registrations::fold;

/// Returns the first organisation called `name`.
pub(super) async fn named(tx: &mut Tx, name: &str) -> Result<Option<OrganisationId>, StoreError> {
    let row = sqlx::query("SELECT id FROM organisations WHERE name = $1 ORDER BY id LIMIT 1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.array("id").map(OrganisationId)).transpose()
}

/// Whether there is any organisation.
pub(super) async fn is_any(tx: &mut Tx) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 AS one FROM organisations LIMIT 1");
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}

pub(super) async fn insert(tx: &mut Tx, organisation: &Organisation) -> Result<(), StoreError> {
    let Settings { name, needs_approval, time_zone, currency, contact_email } = &organisation.settings;
    sqlx::query(
        "INSERT INTO organisations
         (id, name, needs_approval, time_zone, currency, contact_email, version, created_at, search)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&organisation.id.0[..])
    .bind(name.as_str())
    .bind(flag(*needs_approval))
    .bind(time_zone.as_str())
    .bind(currency.as_str())
    .bind(contact_email.clone())
    .bind(int(organisation.version))
    .bind(int(organisation.created_at.0))
    .bind(fold(name))
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    let row = sqlx::query(
        "SELECT id, name, needs_approval, time_zone, currency, contact_email, version, created_at FROM organisations
         WHERE id = $1",
    )
    .bind(&id.0[..])
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: OrganisationId(row.array("id")?),
        settings: Settings {
            name: row.text("name")?,
            needs_approval: row.flag("needs_approval")?,
            time_zone: row.text("time_zone")?,
            currency: row.text("currency")?,
            contact_email: row.text_or_null("contact_email")?,
        },
        version: row.uint("version")?,
        created_at: row.millis("created_at")?,
    })
}

/// Returns up to `limit` of all organisations whose name holds `text`, whatever its accents and case, made after `after`,
/// oldest first.
pub(super) async fn search(
    tx: &mut Tx,
    text: &str,
    after: Option<OrganisationId>,
    limit: u32,
) -> Result<Vec<Organisation>, StoreError> {
    sqlx::query(
        "SELECT id, name, needs_approval, time_zone, currency, contact_email, version, created_at FROM organisations
         WHERE id > $1 AND (search LIKE $2 ESCAPE '!' OR LOWER(name) LIKE $3 ESCAPE '!') ORDER BY id LIMIT $4",
    )
    .bind(&after.map_or([0; 16], |id| id.0)[..])
    .bind(within(&fold(text)))
    .bind(within(&text.to_lowercase()))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Keeps everybody else from changing an organisation, its members or its task template until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: OrganisationId) -> Result<(), StoreError> {
    let text = format!("SELECT id FROM organisations WHERE id = $1{}", tx.dialect().for_update());
    sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_one(tx.connection()).await?;
    Ok(())
}

/// Says how an organisation works from now on, and counts its version up.
pub(super) async fn update(tx: &mut Tx, id: OrganisationId, settings: &Settings) -> Result<(), StoreError> {
    let Settings { name, needs_approval, time_zone, currency, contact_email } = settings;
    sqlx::query(
        "UPDATE organisations SET name = $1, needs_approval = $2, time_zone = $3, currency = $4, contact_email = $5,
         version = version + 1, search = $6 WHERE id = $7",
    )
    .bind(name.as_str())
    .bind(flag(*needs_approval))
    .bind(time_zone.as_str())
    .bind(currency.as_str())
    .bind(contact_email.clone())
    .bind(fold(name))
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Forgets an address where it is that of an organisation.
pub(super) async fn erase_contact(tx: &mut Tx, email: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE organisations SET contact_email = NULL, version = version + 1 WHERE contact_email = $1")
        .bind(email)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns what is to be done before each event, as JSON, and how often that was said.
pub(super) async fn task_template(tx: &mut Tx, id: OrganisationId) -> Result<(String, u64), StoreError> {
    let row = sqlx::query("SELECT task_template, task_template_version FROM organisations WHERE id = $1")
        .bind(&id.0[..])
        .fetch_one(tx.connection())
        .await?;
    Ok((row.text("task_template")?, row.uint("task_template_version")?))
}

pub(super) async fn set_task_template(tx: &mut Tx, id: OrganisationId, tasks: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE organisations SET task_template = $1, task_template_version = task_template_version + 1
         WHERE id = $2",
    )
    .bind(tasks)
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes somebody a member of an organisation, or changes what they are in it.
pub(super) async fn put_membership(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
    role: Role,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO memberships (organisation_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation_id, account_id)
         DO UPDATE SET role = excluded.role, version = memberships.version + 1",
    )
    .bind(&organisation.0[..])
    .bind(&account.0[..])
    .bind(role as i64)
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn delete_membership(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM memberships WHERE organisation_id = $1 AND account_id = $2")
        .bind(&organisation.0[..])
        .bind(&account.0[..])
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

/// Returns how many of a role there are in an organisation.
pub(super) async fn count_of_role(tx: &mut Tx, organisation: OrganisationId, role: Role) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS count FROM memberships WHERE organisation_id = $1 AND role = $2")
        .bind(&organisation.0[..])
        .bind(role as i64)
        .fetch_one(tx.connection())
        .await?
        .uint("count")
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

pub(super) async fn member(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Member>, StoreError> {
    let row = sqlx::query(
        "SELECT account_id, role, version, joined_at, email, name FROM members
         WHERE organisation_id = $1 AND account_id = $2",
    )
    .bind(&organisation.0[..])
    .bind(&account.0[..])
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read_member).transpose()
}

/// Whether somebody with this e-mail address belongs to an organisation.
pub(super) async fn has_member_with(
    tx: &mut Tx,
    organisation: OrganisationId,
    email: &str,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT account_id FROM members WHERE organisation_id = $1 AND email = $2")
        .bind(&organisation.0[..])
        .bind(email)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// Returns the e-mail addresses of those who are `least` or more in an organisation.
pub(super) async fn addresses(
    tx: &mut Tx,
    organisation: OrganisationId,
    least: Role,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT email FROM members WHERE organisation_id = $1 AND role >= $2")
        .bind(&organisation.0[..])
        .bind(least as i64)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| row.text("email")).collect()
}

/// Returns what organisations are called.
pub(super) async fn names(
    tx: &mut Tx,
    ids: &BTreeSet<OrganisationId>,
) -> Result<BTreeMap<OrganisationId, String>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut text = "SELECT id, name FROM organisations WHERE id IN (".to_owned();
    push_placeholders(tx.dialect(), &mut text, 1, ids.len());
    text.push(')');
    let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
    for id in ids {
        query = query.bind(&id.0[..]);
    }
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok((OrganisationId(row.array("id")?), row.text("name")?))).collect()
}

/// Returns up to `limit` members after `after`, by their accounts' age.
pub(super) async fn members(
    tx: &mut Tx,
    organisation: OrganisationId,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    sqlx::query(
        "SELECT account_id, role, version, joined_at, email, name FROM members
         WHERE organisation_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3",
    )
    .bind(&organisation.0[..])
    .bind(&after.map_or([0; 16], |id| id.0)[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(read_member)
    .collect()
}

/// Returns the e-mail addresses of up to `limit` owners.
pub(super) async fn owners(tx: &mut Tx, organisation: OrganisationId, limit: u32) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT email FROM members WHERE organisation_id = $1 AND role = $2 ORDER BY account_id LIMIT $3")
        .bind(&organisation.0[..])
        .bind(Role::Owner as i64)
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| row.text("email"))
        .collect()
}

fn read_member(row: &AnyRow) -> Result<Member, StoreError> {
    Ok(Member {
        account: AccountId(row.array("account_id")?),
        email: row.text("email")?,
        name: row.text("name")?,
        role: read_role(row)?,
        version: row.uint("version")?,
        joined_at: row.millis("joined_at")?,
    })
}

pub(super) fn read_role(row: &AnyRow) -> Result<Role, StoreError> {
    Role::from_u8(row.small("role")?).ok_or(StoreError::Corrupt("role"))
}
