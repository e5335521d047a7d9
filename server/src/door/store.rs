//! SQL of the server's own journals.

use sync_protocol::id::{DeviceId, EventId};

use crate::db::column::Columns as _;
use crate::db::{StoreError, Tx};

/// Returns the device that stands for the server at an event, and its sealed signing key.
pub(super) async fn author(tx: &mut Tx, event: EventId) -> Result<Option<(DeviceId, Vec<u8>)>, StoreError> {
    let row = sqlx::query("SELECT device_id, sign_key FROM own_journals WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Ok((DeviceId(row.array("device_id")?), row.bytes("sign_key")?))).transpose()
}

/// Returns the events at which a device stands for the server, with that device.
pub(super) async fn authors(tx: &mut Tx) -> Result<Vec<(EventId, DeviceId)>, StoreError> {
    let rows = sqlx::query("SELECT event_id, device_id FROM own_journals ORDER BY event_id")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((EventId(row.array("event_id")?), DeviceId(row.array("device_id")?)))).collect()
}

pub(super) async fn insert_author(
    tx: &mut Tx,
    event: EventId,
    device: DeviceId,
    sealed_key: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO own_journals (event_id, device_id, sign_key) VALUES ($1, $2, $3)")
        .bind(&event.0[..])
        .bind(&device.0[..])
        .bind(sealed_key)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Puts another sealed signing key in the place of the one that is there.
pub(super) async fn set_key(tx: &mut Tx, event: EventId, sealed_key: &[u8]) -> Result<(), StoreError> {
    sqlx::query("UPDATE own_journals SET sign_key = $1 WHERE event_id = $2")
        .bind(sealed_key)
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}
