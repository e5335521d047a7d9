//! What is known of each terminal of an event: where it stands, when it was last heard of, what it did.

use sync_protocol::id::{DeviceNo, EventId, TicketId};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::drill::Drill;
use sync_protocol::journal::{Entry, EntryKind, IncidentKind, SessionEvent};
use sync_protocol::sync::message::{Door, Doors};
use sync_protocol::time::Hlc;

use super::store;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device};

/// The entries of a device's journal that say how it is doing.
#[derive(Clone, Debug, Default)]
pub struct LastEntries {
    /// The last one.
    pub last: Option<Entry>,
    /// The last one about its session.
    pub session: Option<Entry>,
    /// The last check of itself.
    pub drill: Option<(Entry, Drill)>,
}

/// Returns the entries of a device's journal that say how it is doing.
///
/// # Errors
///
/// [`StoreError`].
pub async fn last_entries(tx: &mut Tx, device: &Device) -> Result<LastEntries, StoreError> {
    let last = store::entry(tx, device.id, device.end.seq).await?;
    let session = match device.session {
        Some(seq) => store::entry(tx, device.id, seq).await?,
        None => None,
    };
    let drill = match device.drill {
        Some(seq) => store::entry(tx, device.id, seq).await?,
        None => None,
    };
    let drill = drill.and_then(|entry| {
        let drill = Drill::decode(entry.note.as_deref()?).ok()?;
        Some((entry, drill))
    });
    Ok(LastEntries { last, session, drill })
}

/// Notes which of a device's new entries say how it is doing.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn note(tx: &mut Tx, device: &Device, fresh: &[BatchEntry]) -> Result<(), StoreError> {
    let newest =
        |is: fn(&Entry) -> bool| fresh.iter().rev().find(|entry| is(&entry.entry)).map(|entry| entry.entry.seq);
    let session = newest(|entry| entry.kind == EntryKind::Session && SessionEvent::from_reason(entry.reason).is_some());
    let drill = newest(|entry| {
        entry.kind == EntryKind::Incident
            && IncidentKind::from_reason(entry.reason) == Some(IncidentKind::Drill)
            && entry.note.as_deref().is_some_and(|note| Drill::decode(note).is_ok())
    });
    if session.is_none() && drill.is_none() {
        return Ok(());
    }
    devices::store::note_entries(tx, device.id, session, drill).await
}

/// A ticket that was presented to a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Presented {
    /// The ticket.
    pub ticket: TicketId,
    /// When last.
    pub last: Hlc,
    /// How often.
    pub times: u64,
}

/// Returns how many tickets were presented to a device, and the newest of them, at most `limit`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn presented(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    limit: u32,
) -> Result<(u64, Vec<Presented>), StoreError> {
    let total = store::count_presented(tx, event, device).await?;
    Ok((total, store::presented(tx, event, device, limit).await?))
}

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
