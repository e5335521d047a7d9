//! What is known of each terminal of an event: where it stands, when it was last heard of, what it did.

use sync_protocol::id::{DeviceNo, EventId};
use sync_protocol::sync::message::{Door, Doors};

use super::store;
use crate::app::App;
use crate::db::StoreError;
use crate::devices;

/// Returns every terminal that was ever confirmed, by number.
///
/// # Errors
///
/// [`StoreError`].
pub async fn doors(app: &App, event: EventId) -> Result<Doors, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let devices = devices::store::numbered(&mut tx, event).await?;
    let counts = store::device_counts(&mut tx, event).await?;
    let mut doors = Vec::with_capacity(devices.len());
    for device in devices {
        let (Some(device_no), Some(status)) = (device.number, device.status()) else { continue };
        // The server's own journal is no door.
        if device_no == DeviceNo(0) {
            continue;
        }
        let last = store::entry(&mut tx, device.id, device.end.seq).await?;
        let count = counts.get(&device_no).copied().unwrap_or_default();
        doors.push(Door {
            device_no,
            name: device.name,
            gates: device.gates,
            status,
            last_seen_at: device.last_seen_at,
            last_entry_at: last.map(|entry| entry.hlc.millis()),
            last_seq: device.end.seq,
            admitted: count.admitted,
            exits: count.exits,
        });
    }
    Ok(Doors { at: app.clock().now(), doors })
}
