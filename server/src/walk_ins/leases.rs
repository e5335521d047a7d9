//! Granting rights to sell: as many as the quota has left, taken from everybody else at once.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::id::{ClassId, DeviceNo, EventId, FeedSeq};
use sync_protocol::time::UnixMillis;

use super::Lease;
use super::plan::Plan;
use super::store::{self, Spent};
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::tickets::places::Places;

/// Returns how many places of each ticket type are kept for sale at the doors: granted, not sold yet, and perhaps
/// still to be sold by terminals that nobody has heard of since.
///
/// # Errors
///
/// [`StoreError`].
pub async fn held_by_class(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ClassId, u64>, StoreError> {
    let leases = store::all_leases(tx, event).await?;
    let classes: BTreeSet<ClassId> = leases.iter().map(|lease| lease.class).collect();
    let mut held = BTreeMap::new();
    for class in classes {
        let spent = store::spent(tx, event, class).await?;
        held.insert(class, sum(&leases, class, &spent));
    }
    Ok(held)
}

/// Takes all rights to sell back, notes that no sale counts any more, and returns what the feed says about it, to be
/// numbered from `next` on. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end_all(tx: &mut Tx, event: &Event, next: FeedSeq, now: UnixMillis) -> Result<Vec<NewEntry>, StoreError> {
    let leases = store::all_leases(tx, event.id).await?;
    let mut entries = Vec::new();
    for device_no in leases.iter().map(|lease| lease.device_no).collect::<BTreeSet<_>>() {
        let next = FeedSeq(next.0 + entries.len() as u64);
        entries.extend(set(tx, event, device_no, &[], next, now).await?);
    }
    store::note_all_cancelled(tx, event.id, now).await?;
    Ok(entries)
}

fn sum(leases: &[Lease], class: ClassId, spent: &BTreeMap<DeviceNo, Spent>) -> u64 {
    let of_class = leases.iter().filter(|lease| lease.class == class);
    let held = |lease: &Lease| {
        let living = spent.get(&lease.device_no).map_or(0, |spent| spent.living);
        u64::from(lease.bound.saturating_sub(living))
    };
    of_class.map(held).sum()
}

/// Returns a right as it can be granted now: so many that the device can sell as many as it should, as far as
/// there is room. `may_shrink` says whether it may become less than what the device was told.
async fn granted(tx: &mut Tx, event: &Event, mut lease: Lease, may_shrink: bool) -> Result<Lease, StoreError> {
    let spent = store::spent(tx, event.id, lease.class).await?;
    let own = spent.get(&lease.device_no).copied().unwrap_or_default();
    let wanted = u64::from(own.by_device) + u64::from(lease.places);
    let possible = match Places::count(tx, event).await?.left(lease.class) {
        Some(room) => u64::from(lease.bound.max(own.living)) + room,
        None => u64::MAX,
    };
    let total = u32::try_from(wanted.min(possible)).unwrap_or(u32::MAX);
    lease.total = if may_shrink { total } else { total.max(lease.total) };
    lease.bound = lease.bound.max(lease.total);
    lease.bound_expires = lease.bound_expires.max(lease.expires);
    Ok(lease)
}

/// Sets what a device should be able to sell, in place of what it was before, and returns what the feed says
/// about it, to be numbered from `next` on. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn set(
    tx: &mut Tx,
    event: &Event,
    device_no: DeviceNo,
    plans: &[Plan],
    next: FeedSeq,
    now: UnixMillis,
) -> Result<Vec<NewEntry>, StoreError> {
    let held: BTreeMap<ClassId, Lease> =
        store::leases(tx, event.id, device_no).await?.into_iter().map(|lease| (lease.class, lease)).collect();
    let dropped = held.values().filter(|lease| !plans.iter().any(|plan| plan.class == lease.class));
    let dropped: Vec<Lease> = dropped.map(|lease| Lease { places: 0, ..*lease }).collect();
    let mut wanted = dropped;
    for plan in plans {
        let expires = plan.expires(event.policy.ends, now);
        let fresh = Lease {
            device_no,
            class: plan.class,
            places: plan.places,
            total: 0,
            expires,
            told: FeedSeq(0),
            bound: 0,
            bound_expires: expires,
        };
        wanted.push(held.get(&plan.class).map_or(fresh, |lease| Lease { places: plan.places, expires, ..*lease }));
    }
    let mut entries = Vec::new();
    for lease in wanted {
        let after = granted(tx, event, lease, true).await?;
        let before = held.get(&after.class);
        let is_news = before.is_none_or(|before| (before.total, before.expires) != (after.total, after.expires));
        store(tx, event.id, after, is_news, next, &mut entries).await?;
    }
    Ok(entries)
}

/// Fills a device's rights up again as far as there is room, and returns what the feed says about it, to be
/// numbered from `next` on: nothing once the event is closed or cancelled. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn top_up(
    tx: &mut Tx,
    event: &Event,
    device_no: DeviceNo,
    next: FeedSeq,
    now: UnixMillis,
) -> Result<Vec<NewEntry>, StoreError> {
    let mut entries = Vec::new();
    if !event.state.takes_changes() {
        return Ok(entries);
    }
    for lease in store::leases(tx, event.id, device_no).await? {
        if now >= lease.expires || lease.places == 0 {
            continue;
        }
        let after = granted(tx, event, lease, false).await?;
        if after.total > lease.total {
            store(tx, event.id, after, true, next, &mut entries).await?;
        }
    }
    Ok(entries)
}

/// Stores a right, and adds what the feed says about it.
async fn store(
    tx: &mut Tx,
    event: EventId,
    mut lease: Lease,
    is_news: bool,
    next: FeedSeq,
    entries: &mut Vec<NewEntry>,
) -> Result<(), StoreError> {
    if is_news {
        lease.told = FeedSeq(next.0 + entries.len() as u64);
        let Lease { device_no: device, class, total: count, expires, .. } = lease;
        entries.push(Body::Lease { device, class, count, expires }.encode(Entity::ZERO));
    }
    store::put_lease(tx, event, &lease).await
}

/// Whether a device has given places back that others may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GivenBack {
    /// It has not.
    Nothing,
    /// It has: who waits for them may move up.
    Places,
}

/// Notes how far a device's journal has arrived: its last entry was written at `at`, when it held the feed up
/// to `cursor`. The device is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn settle(
    tx: &mut Tx,
    event: EventId,
    device_no: DeviceNo,
    at: UnixMillis,
    cursor: FeedSeq,
) -> Result<GivenBack, StoreError> {
    let mut given_back = GivenBack::Nothing;
    for lease in store::leases(tx, event, device_no).await? {
        let after = lease.after_entry(at, cursor);
        if after != lease {
            store::put_lease(tx, event, &after).await?;
        }
        if after.bound < lease.bound {
            given_back = GivenBack::Places;
        }
    }
    Ok(given_back)
}

/// Gives back what a device that no longer counts has not sold: what it sells from now on is no ticket.
///
/// # Errors
///
/// [`StoreError`].
pub async fn release(tx: &mut Tx, event: EventId, device_no: DeviceNo) -> Result<(), StoreError> {
    store::release(tx, event, device_no).await
}

/// A right with what was sold under it, as the device counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// The right.
    pub lease: Lease,
    /// Sales that are known and were not taken back.
    pub sold: u32,
}

impl Standing {
    /// Returns how many the device may still sell, as far as is known.
    pub fn left(&self, now: UnixMillis) -> u32 {
        if now < self.lease.expires { self.lease.total.saturating_sub(self.sold) } else { 0 }
    }
}

/// Returns a device's rights and what was sold under them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn standings(tx: &mut Tx, event: EventId, device_no: DeviceNo) -> Result<Vec<Standing>, StoreError> {
    let mut standings = Vec::new();
    for lease in store::leases(tx, event, device_no).await? {
        let spent = store::spent(tx, event, lease.class).await?;
        let sold = spent.get(&device_no).map_or(0, |spent| spent.by_device);
        standings.push(Standing { lease, sold });
    }
    Ok(standings)
}
