//! SQL of venues.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{About, Venue};
use crate::accounts::OrganisationId;
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

pub(super) async fn insert(tx: &mut Tx, organisation: OrganisationId, venue: &Venue) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO venues (id, organisation_id, name, address, time_zone, layout, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&venue.id[..])
    .bind(&organisation.0[..])
    .bind(venue.about.name.as_str())
    .bind(venue.about.address.as_str())
    .bind(venue.about.time_zone.as_str())
    .bind(layout(venue)?)
    .bind(int(venue.version))
    .bind(int(venue.created_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, venue: &Venue) -> Result<(), StoreError> {
    sqlx::query("UPDATE venues SET name = $1, address = $2, time_zone = $3, layout = $4, version = $5 WHERE id = $6")
        .bind(venue.about.name.as_str())
        .bind(venue.about.address.as_str())
        .bind(venue.about.time_zone.as_str())
        .bind(layout(venue)?)
        .bind(int(venue.version))
        .bind(&venue.id[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn layout(venue: &Venue) -> Result<String, StoreError> {
    serde_json::to_string(&venue.about.layout).map_err(|_| StoreError::Corrupt("layout"))
}

pub(super) async fn delete(tx: &mut Tx, id: [u8; 16]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM venues WHERE id = $1").bind(&id[..]).execute(tx.connection()).await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, organisation: OrganisationId) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS count FROM venues WHERE organisation_id = $1")
        .bind(&organisation.0[..])
        .fetch_one(tx.connection())
        .await?
        .uint("count")
}

pub(super) async fn find(tx: &mut Tx, organisation: OrganisationId, id: [u8; 16]) -> Result<Option<Venue>, StoreError> {
    select(tx, organisation, id, "").await
}

/// Returns a venue, locked.
pub(super) async fn lock(tx: &mut Tx, organisation: OrganisationId, id: [u8; 16]) -> Result<Option<Venue>, StoreError> {
    let for_update = tx.dialect().for_update();
    select(tx, organisation, id, for_update).await
}

async fn select(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: [u8; 16],
    tail: &'static str,
) -> Result<Option<Venue>, StoreError> {
    let text = format!(
        "SELECT id, name, address, time_zone, layout, version, created_at FROM venues
         WHERE organisation_id = $1 AND id = $2{tail}"
    );
    let query = sqlx::query(AssertSqlSafe(text)).bind(&organisation.0[..]).bind(&id[..]);
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

/// Returns up to `limit` venues made after `after`, oldest first.
pub(super) async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    after: [u8; 16],
    limit: u32,
) -> Result<Vec<Venue>, StoreError> {
    sqlx::query(
        "SELECT id, name, address, time_zone, layout, version, created_at FROM venues
         WHERE organisation_id = $1 AND id > $2 ORDER BY id LIMIT $3",
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

fn read(row: &AnyRow) -> Result<Venue, StoreError> {
    Ok(Venue {
        id: row.array("id")?,
        about: About {
            name: row.text("name")?,
            address: row.text("address")?,
            time_zone: row.text("time_zone")?,
            layout: serde_json::from_str(&row.text("layout")?).map_err(|_| StoreError::Corrupt("layout"))?,
        },
        version: row.uint("version")?,
        created_at: row.millis("created_at")?,
    })
}
