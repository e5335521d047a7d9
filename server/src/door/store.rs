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
