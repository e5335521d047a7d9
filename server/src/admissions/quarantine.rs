//! Quarantine: what devices that no longer count have sent. It counts once an organiser adopts it by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::hash::{Hash, sha256};
use sync_protocol::id::{DeviceId, EventId, Seq};
use sync_protocol::journal::Batch;
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::time::UnixMillis;

use super::intake::{self, IntakeError};
use super::store;
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device};
use crate::sync::feed;
use crate::walk_ins;

/// The most batches of one device: half a million entries.
pub const BATCHES_MAX: u64 = 1_000;

/// Why a batch is in quarantine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Reason {
    /// Its device was revoked.
    Revoked = 1,
    /// Its device's journal exists in two versions.
    Forked = 2,
    /// Its device asked for it.
    Evidence = 3,
}

impl Reason {
    /// Returns why a device that does not count does not.
    pub(super) const fn of(status: DeviceStatus) -> Self {
        match status {
            DeviceStatus::Revoked | DeviceStatus::Wiped => Self::Revoked,
            DeviceStatus::Forked => Self::Forked,
            DeviceStatus::Active => Self::Evidence,
        }
    }

    /// Returns the reason's name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Forked => "forked",
            Self::Evidence => "evidence",
        }
    }

    pub(super) fn from_u64(value: u64) -> Option<Self> {
        [Self::Revoked, Self::Forked, Self::Evidence].into_iter().find(|reason| *reason as u64 == value)
    }
}

/// A batch in quarantine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quarantined {
    /// Its number in the event.
    pub number: u64,
    /// Whose journal it is of.
    pub device: DeviceId,
    /// Why it is there.
    pub reason: Reason,
    /// Its first entry.
    pub first_seq: Seq,
    /// Its last entry.
    pub last_seq: Seq,
    /// When it arrived.
    pub received_at: UnixMillis,
    /// When an organiser adopted it.
    pub adopted_at: Option<UnixMillis>,
}

/// Puts a batch into quarantine, or finds it there, and returns its number. `device` is locked by `tx`.
pub(super) async fn put(
    app: &App,
    tx: &mut Tx,
    device: &Device,
    batch: &Batch,
    bytes: &[u8],
    reason: Reason,
) -> Result<u64, IntakeError> {
    let hash = sha256(&[bytes]);
    if let Some(number) = store::quarantine_number(tx, device.id, &hash).await? {
        return Ok(number);
    }
    if store::quarantine_count(tx, device.id).await? >= BATCHES_MAX {
        return Err(IntakeError::Full);
    }
    let quarantined = Quarantined {
        number: 0,
        device: device.id,
        reason,
        first_seq: batch.first_seq(),
        last_seq: batch.end().map_or(Seq(0), |end| end.seq),
        received_at: app.clock().now(),
        adopted_at: None,
    };
    // Batches are numbered under the feed's lock.
    feed::lock(tx, app.sealer(), device.event).await?;
    Ok(store::insert_quarantine(tx, device.event, &quarantined, &hash, bytes).await?)
}

/// What became of an adopted batch's entries.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Adopted {
    /// How many count from now on.
    pub counted: u64,
    /// How many were held already.
    pub known: u64,
    /// Numbers under which the device has recorded something else that counts: these stay out.
    pub left_out: Vec<Seq>,
}

/// Why a batch was not adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// There is none of this number.
    #[error("no such batch")]
    NotFound,
    /// Its device still counts and may go on writing under the same numbers.
    #[error("the device still counts")]
    StillActive,
    /// The database failed.
    #[error("could not adopt the batch")]
    Store(#[from] StoreError),
}

/// Adopts a quarantined batch: its entries count from now on. Adopting it again changes nothing.
///
/// Entries that follow on the device's journal extend it. Others (another version, or after a gap) count
/// beside it, as far as their numbers are free.
///
/// # Errors
///
/// [`AdoptError`].
pub async fn adopt(app: &App, event: EventId, number: u64, by: Organiser) -> Result<Adopted, AdoptError> {
    let mut tx = app.database().begin_write().await?;
    let (found, _) = store::quarantine(&mut tx, event, number).await?.ok_or(AdoptError::NotFound)?;
    let device = devices::store::lock_device(&mut tx, found.device).await?.ok_or(StoreError::Corrupt("device"))?;
    if device.status() == Some(DeviceStatus::Active) {
        return Err(AdoptError::StillActive);
    }
    // Read again now that the device is locked: another organiser may have been faster.
    let (found, bytes) = store::quarantine(&mut tx, event, number).await?.ok_or(AdoptError::NotFound)?;
    let batch = Batch::decode(&bytes, device.id, &device.sign_key).map_err(|_| StoreError::Corrupt("batch"))?;
    let device_no = device.number.ok_or(StoreError::Corrupt("number"))?;

    let known = intake::known(&mut tx, &device, &batch).await?;
    let seqs: BTreeSet<Seq> = batch.entries.iter().map(|entry| entry.entry.seq).collect();
    let check_ins = store::by_seq(&mut tx, event, device_no, &seqs).await?;
    let sales = walk_ins::store::by_seq(&mut tx, event, device_no, &seqs).await?;
    let mut counted: BTreeMap<Seq, Hash> =
        check_ins.into_iter().map(|(seq, check_in)| (seq, check_in.entry_hash)).collect();
    counted.extend(sales.into_iter().map(|(seq, sale)| (seq, sale.entry_hash)));
    let mut adopted = Adopted::default();
    let mut fresh: Vec<&BatchEntry> = Vec::new();
    for entry in &batch.entries {
        let seq = entry.entry.seq;
        let held = known.get(&seq).or_else(|| counted.get(&seq));
        match held {
            Some(hash) if *hash == entry.hash => adopted.known += 1,
            Some(_) => adopted.left_out.push(seq),
            None => fresh.push(entry),
        }
    }
    if found.adopted_at.is_some() {
        return Ok(adopted);
    }
    adopted.counted = fresh.len() as u64;
    let next = batch.entries.iter().position(|entry| entry.entry.seq == device.end.seq.next());
    let following = next.and_then(|at| batch.entries.get(at..)).unwrap_or_default();
    if following.first().is_some_and(|first| first.entry.prev == device.end.hash) && adopted.left_out.is_empty() {
        let end = batch.end().unwrap_or(device.end);
        let taken = counted.keys().copied().collect();
        let feed_seq = intake::append(app, &mut tx, &device, &batch, following, &taken).await?.feed_seq;
        devices::store::move_end(&mut tx, device.id, end, feed_seq).await?;
        devices::announce(app, &mut tx, device.id).await?;
    } else {
        intake::count(app, &mut tx, &device, &fresh, &batch.personal_data, None).await?;
    }
    let now = app.clock().now();
    store::note_adopted(&mut tx, event, number, by.account, now).await?;
    let noted = audit::Change {
        action: "quarantine.adopt",
        event: Some(event),
        subject: &number.to_string(),
        before: Value::Null,
        after: json!({ "device": device.id.to_string(), "counted": adopted.counted, "known": adopted.known }),
    };
    audit::note(&mut tx, by, &noted, now).await?;
    tx.commit().await?;
    Ok(adopted)
}

/// Joins spans of numbers into ascending runs.
pub(super) fn runs(mut spans: Vec<(Seq, Seq)>) -> Vec<(Seq, Seq)> {
    spans.sort_unstable();
    let mut runs: Vec<(Seq, Seq)> = Vec::new();
    for (first, last) in spans {
        match runs.last_mut() {
            Some(run) if first <= run.1.next() => run.1 = run.1.max(last),
            _ => runs.push((first, last)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_or_overlap_become_one_run() {
        let spans = [(7, 9), (1, 2), (3, 3), (8, 12), (20, 20)].map(|(a, b)| (Seq(a), Seq(b)));
        assert_eq!(runs(spans.to_vec()), [(Seq(1), Seq(3)), (Seq(7), Seq(12)), (Seq(20), Seq(20))]);
    }
}
