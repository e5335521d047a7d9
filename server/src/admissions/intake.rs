//! Taking in journals: each entry exactly once, in the order of its device.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::id::{FeedSeq, Seq};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::{Batch, EntryKind, Link, PersonalData};
use sync_protocol::sync::Ack;
use sync_protocol::sync::intake::{Held, Intake, intake, undo_is_valid};
use sync_protocol::sync::message::JournalStatus;

use super::quarantine::{self, Reason};
use super::{CheckIn, EntryName, attendance, doors, news, store};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device};
use crate::events;
use crate::metrics;
use crate::registrations;
use crate::sync::feed;
use crate::tickets;
use crate::walk_ins::leases::GivenBack;
use crate::walk_ins::{self, sales};

/// What became of a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// Its entries are held, now or since before.
    Stored(Ack),
    /// It counts once an organiser adopts it.
    Quarantined {
        /// The quarantine's number.
        number: u64,
        /// The batch's last entry.
        last_seq: Seq,
    },
    /// Entries are missing before it.
    Gap {
        /// The last number held.
        last: Seq,
    },
    /// It contradicts what is held. It is in quarantine, and the device no longer counts.
    Fork {
        /// The quarantine's number.
        number: u64,
    },
}

/// Why a batch was not taken, and not for what it says.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A device that does not count has sent too much.
    #[error("the device's quarantine is full")]
    Full,
    /// The database failed.
    #[error("could not store the batch")]
    Store(#[from] StoreError),
}

/// Takes a batch of `author`'s journal, whose chain and signature were checked. `bytes` is the batch as it
/// was read from.
///
/// # Errors
///
/// [`IntakeError`]; then nothing has changed.
pub async fn take(
    app: &App,
    author: &Device,
    batch: &Batch,
    bytes: &[u8],
    is_evidence: bool,
) -> Result<Taken, IntakeError> {
    let mut tx = app.database().begin_write().await?;
    let device = devices::store::lock_device(&mut tx, author.id).await?.ok_or(StoreError::Corrupt("device"))?;
    let status = device.status().ok_or(StoreError::Corrupt("status"))?;
    let held = Held { status, end: device.end };
    let known = known(&mut tx, &device, batch).await?;
    let mut counted = Vec::new();
    let (mut outcome, mut fresh_count) = (metrics::Batch::Known, 0);
    let taken = match intake(batch, &held, is_evidence, |seq| known.get(&seq).copied()) {
        Intake::Store { skip, end } => {
            let fresh = batch.entries.get(skip..).unwrap_or_default();
            let mut feed_seq = device.feed_seq;
            if !fresh.is_empty() {
                let appended = append(app, &mut tx, &device, batch, fresh, &BTreeSet::new()).await?;
                (feed_seq, counted) = (appended.feed_seq, appended.check_ins);
                (outcome, fresh_count) = (metrics::Batch::Stored, fresh.len());
                devices::store::move_end(&mut tx, device.id, end, feed_seq).await?;
            }
            Taken::Stored(ack(app, &device, end, feed_seq))
        }
        Intake::Quarantine => {
            let reason = if status == DeviceStatus::Active { Reason::Evidence } else { Reason::of(status) };
            let number = quarantine::put(app, &mut tx, &device, batch, bytes, reason).await?;
            outcome = metrics::Batch::Quarantined;
            Taken::Quarantined { number, last_seq: batch.end().map_or(Seq(0), |end| end.seq) }
        }
        Intake::Gap { last } => {
            app.metrics().batch(metrics::Batch::Gap);
            return Ok(Taken::Gap { last });
        }
        Intake::Fork { at } => {
            let number = quarantine::put(app, &mut tx, &device, batch, bytes, Reason::Forked).await?;
            tracing::warn!(device.id = %device.id, at = at.0, "a journal exists in two versions");
            devices::mark_forked(app, &mut tx, device, at).await?;
            outcome = metrics::Batch::Forked;
            Taken::Fork { number }
        }
    };
    tx.commit().await?;
    tell(app, batch, outcome, fresh_count, &counted);
    Ok(taken)
}

/// Counts what was committed, for whoever watches the server.
fn tell(app: &App, batch: &Batch, outcome: metrics::Batch, fresh: usize, check_ins: &[CheckIn]) {
    let metrics = app.metrics();
    metrics.batch(outcome);
    let known = batch.entries.len() - fresh;
    match outcome {
        metrics::Batch::Stored | metrics::Batch::Known => {
            metrics.entries(metrics::Batch::Stored, fresh);
            metrics.entries(metrics::Batch::Known, known);
        }
        _ => metrics.entries(metrics::Batch::Quarantined, batch.entries.len()),
    }
    metrics.checked_in(check_ins);
}

/// Returns the hashes of those of a batch's entries that may be held.
pub(super) async fn known(
    tx: &mut Tx,
    device: &Device,
    batch: &Batch,
) -> Result<BTreeMap<Seq, sync_protocol::hash::Hash>, StoreError> {
    let last = batch.end().map_or(Seq(0), |end| end.seq).min(device.end.seq);
    if batch.first_seq() > last {
        return Ok(BTreeMap::new());
    }
    store::hashes(tx, device.id, batch.first_seq(), last).await
}

fn ack(app: &App, device: &Device, end: Link, feed_seq: FeedSeq) -> Ack {
    let time = app.clock().now();
    Ack { event: device.event, device: device.id, seq: end.seq, hash: end.hash, feed_seq, time }
}

/// What became of entries that count.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The feed number under which the last of the journal stands.
    pub feed_seq: FeedSeq,
    /// The check-ins, with their numbers.
    pub check_ins: Vec<CheckIn>,
}

/// Appends entries that follow on a device's journal, and what the feed says about them. `taken` are numbers
/// whose check-ins are stored already. The device is locked, and its end is not moved yet.
///
/// # Errors
///
/// [`StoreError`].
pub async fn append(
    app: &App,
    tx: &mut Tx,
    device: &Device,
    batch: &Batch,
    fresh: &[BatchEntry],
    taken: &BTreeSet<Seq>,
) -> Result<Counted, StoreError> {
    store::insert_entries(tx, device.id, fresh, &batch.signature, app.clock().now()).await?;
    let first = fresh.first().map_or(Seq(0), |entry| entry.entry.seq);
    let data: Vec<_> = batch.personal_data.iter().filter(|data| data.seq >= first).cloned().collect();
    store::insert_personal_data(tx, device.id, &data).await?;
    doors::note(tx, device, fresh).await?;
    let untaken: Vec<&BatchEntry> = fresh.iter().filter(|entry| !taken.contains(&entry.entry.seq)).collect();
    count(app, tx, device, &untaken, &batch.personal_data, fresh.last()).await
}

/// Makes entries count: check-ins, sales, and what the feed says about them. `end` is the newest entry of the
/// journal, if it has grown.
pub(super) async fn count(
    app: &App,
    tx: &mut Tx,
    device: &Device,
    entries: &[&BatchEntry],
    personal_data: &[PersonalData],
    end: Option<&BatchEntry>,
) -> Result<Counted, StoreError> {
    let number = device.number.ok_or(StoreError::Corrupt("number"))?;
    let policy = feed::policy(tx, device.event).await?;
    let now = app.clock().now();
    let read = |entry: &&BatchEntry| CheckIn::read(entry, device, number, &policy, now);
    let mut check_ins: Vec<CheckIn> = entries.iter().filter_map(read).collect();
    let undone = check_undoings(tx, device, entries, &mut check_ins).await?;
    let is_taken_back = |check_in: &CheckIn| undone.taken_back.contains(&(number, check_in.seq));
    let moved: Vec<NewEntry> = check_ins
        .iter()
        .filter(|check_in| check_in.is_effective || is_taken_back(check_in))
        .filter_map(CheckIn::movement)
        .map(|movement| Body::Move(movement).encode(Entity::ZERO))
        .collect();
    // What the server sells needs no report.
    let reported = if device.is_server() {
        sales::Reported::default()
    } else {
        sales::read(tx, device, number, entries, personal_data).await?
    };
    let mut frees_places = reported.has_undoings();
    if let Some(BatchEntry { entry, .. }) = end.filter(|_| !device.is_server()) {
        // Sales are judged by the rights that their door knew of, so what its last entry knew comes after them.
        let (at, cursor) = (entry.hlc.millis(), entry.cursor);
        let given_back = walk_ins::leases::settle(tx, device.event, number, at, cursor).await?;
        frees_places |= given_back == GivenBack::Places;
    }
    for check_in in check_ins.iter_mut().filter(|check_in| reported.is_undoing(check_in.seq)) {
        check_in.is_effective = true;
    }
    if check_ins.is_empty() && reported.is_empty() {
        if frees_places {
            registrations::fill_up(tx, app, device.event).await?;
        }
        return Ok(Counted { feed_seq: device.feed_seq, check_ins });
    }
    // Check-ins are numbered under the feed's lock, so that whoever follows the numbers misses none.
    let head = feed::lock(tx, app.sealer(), device.event).await?;
    let last = store::last_number(tx, device.event).await?;
    for (check_in, place) in check_ins.iter_mut().zip(last + 1..) {
        check_in.number = place;
        // Its own undoing may stand in the same batch.
        check_in.is_effective &= !undone.taken_back.contains(&(number, check_in.seq));
    }
    store::insert_check_ins(tx, device.event, &check_ins).await?;
    store::take_back(tx, device.event, &undone.taken_back).await?;
    let mut arrived = attendance::note(tx, device.event, &check_ins, &undone.no_longer).await?;
    news::tell(tx, device.event, &policy, &check_ins, now).await?;
    let sold = sales::store(tx, app, device, number, &reported, now).await?;
    // Other doors may have let in what this one reports only now.
    arrived.extend(attendance::arrived(tx, device.event, &reported.tickets()).await?);
    tickets::note_arrivals(tx, device.event, &arrived).await?;
    // Tickets come first: a door that sees a later number of this journal expects those sold before in its list.
    let mut said = sold.tickets;
    said.extend(moved);
    said.extend(sold.notices);
    let mut feed_seq = if said.is_empty() { device.feed_seq } else { feed::append_after(tx, head, &said).await? };
    if frees_places {
        // Who waits comes before the doors.
        registrations::fill_up(tx, app, device.event).await?;
    }
    if reported.has_sales() && device.status() == Some(DeviceStatus::Active) {
        let head = feed::lock(tx, app.sealer(), device.event).await?;
        let event = events::get(tx, device.event).await?;
        let filled = walk_ins::leases::top_up(tx, &event, number, head.next(), now).await?;
        if !filled.is_empty() {
            feed_seq = feed::append_after(tx, head, &filled).await?;
        }
    }
    Ok(Counted { feed_seq, check_ins })
}

/// What undoings take back.
#[derive(Debug, Default)]
struct Undone {
    /// All of it.
    taken_back: BTreeSet<EntryName>,
    /// What of it was stored, and counted until now.
    no_longer: Vec<CheckIn>,
}

/// Marks the undoings that count, and returns what they take back.
async fn check_undoings(
    tx: &mut Tx,
    device: &Device,
    entries: &[&BatchEntry],
    check_ins: &mut [CheckIn],
) -> Result<Undone, StoreError> {
    let targets: BTreeSet<EntryName> = check_ins.iter().filter_map(CheckIn::undone).collect();
    let mut undone = Undone::default();
    if targets.is_empty() {
        return Ok(undone);
    }
    let mut named = store::by_name(tx, device.event, &targets).await?;
    let stored: BTreeSet<EntryName> = named.keys().copied().collect();
    let in_batch = check_ins.iter().map(|check_in| ((check_in.device_no, check_in.seq), check_in));
    named.extend(in_batch.filter(|(name, _)| targets.contains(name)).map(|(name, c)| (name, c.clone())));
    let is_supervisor = device.capabilities.has(Capabilities::SUPERVISOR);
    for entry in entries.iter().filter(|entry| entry.entry.kind == EntryKind::Undo) {
        let Some(undoing) = check_ins.iter_mut().find(|check_in| check_in.seq == entry.entry.seq) else { continue };
        let Some((target, found)) = undoing.undone().and_then(|name| Some((name, named.get(&name)?))) else { continue };
        if undo_is_valid(&entry.entry, found.movement().as_ref(), is_supervisor) {
            undoing.is_effective = true;
            if undone.taken_back.insert(target) && stored.contains(&target) && found.is_effective {
                undone.no_longer.push(found.clone());
            }
        }
    }
    Ok(undone)
}

/// Returns what is held of a device's journal.
///
/// # Errors
///
/// [`StoreError`].
pub async fn status(app: &App, device: &Device) -> Result<JournalStatus, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let device = devices::store::device(&mut tx, device.id).await?.ok_or(StoreError::Corrupt("device"))?;
    let spans = store::quarantined_spans(&mut tx, device.id).await?;
    let acknowledged = || hex::encode(ack(app, &device, device.end, device.feed_seq).sign(app.server_key()).to_bytes());
    Ok(JournalStatus {
        acknowledgement: (device.end.seq > Seq(0)).then(acknowledged),
        last_seq: device.end.seq,
        last_hash: hex::encode(device.end.hash),
        quarantined: quarantine::runs(spans),
    })
}
