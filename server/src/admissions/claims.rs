//! Claims: who may admit a ticket at this moment.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{EventId, Seq, TicketId, ZoneId};
use sync_protocol::journal::Movement;
use sync_protocol::journal::ledger::{Standing, zone_of};
use sync_protocol::sync::message::{ClaimRequest, HeldBy};
use sync_protocol::time::UnixMillis;

use super::store::{self, Claim};
use super::{CheckIn, EntryName};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device};
use crate::sync::feed;

/// How long a claim holds unless the entry arrives.
pub const CLAIM_MS: u64 = 10_000;

/// The answer to a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claimed {
    /// The device may admit.
    Granted {
        /// Until when nobody else may.
        until: UnixMillis,
    },
    /// Something stands against it.
    Held(HeldBy),
}

/// Claims a ticket for a device that is about to admit it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn claim(app: &App, event: EventId, device: &Device, asked: &ClaimRequest) -> Result<Claimed, StoreError> {
    let now = app.clock().now();
    let own = Claim { device: device.id, seq: asked.jseq, claimed_at: now, until: now.plus(CLAIM_MS) };
    let mut tx = app.database().begin_write().await?;
    // The server decides about tickets as well, and does not while claims are granted.
    devices::own::hold(&mut tx, event).await?;
    let held = store::lock_claim(&mut tx, event, asked.ticket_id, asked.zone, &own).await?;
    if let Some(movement) = stands_against(&mut tx, event, asked, now).await? {
        return Ok(Claimed::Held(movement));
    }
    if held.device != device.id
        && held.until > now
        && let Some(other) = waiting(&mut tx, &held).await?
    {
        return Ok(Claimed::Held(other));
    }
    store::put_claim(&mut tx, event, asked.ticket_id, asked.zone, &own).await?;
    tx.commit().await?;
    Ok(Claimed::Granted { until: own.until })
}

/// Returns the last admission that forbids another one, unless it is the very one that is claimed for.
async fn stands_against(
    tx: &mut Tx,
    event: EventId,
    asked: &ClaimRequest,
    now: UnixMillis,
) -> Result<Option<HeldBy>, StoreError> {
    let check_ins = store::of_ticket(tx, event, asked.ticket_id).await?;
    let own: EntryName = (asked.device_no, asked.jseq);
    let movements: Vec<Movement> = check_ins.iter().filter_map(CheckIn::movement).filter(|m| m.name() != own).collect();
    if movements.is_empty() {
        return Ok(None);
    }
    let policy = feed::policy(tx, event).await?;
    let listed = feed::tickets(tx, event, [asked.ticket_id]).await?;
    let told = check_ins.first().map(|check_in| check_in.class);
    let class = listed.get(&asked.ticket_id).map(|row| row.row.class).or(told).and_then(|id| policy.class(id));
    let Some(class) = class else { return Ok(None) };
    if Standing::fold(&movements, &policy, asked.zone).allows(class, now) {
        return Ok(None);
    }
    let in_zone = movements.iter().filter(|movement| zone_of(&policy, movement.gate) == Some(asked.zone));
    let last = in_zone.max_by_key(|movement| (movement.hlc, movement.device, movement.seq));
    Ok(last.map(|movement| HeldBy {
        device_no: movement.device,
        jseq: movement.seq,
        gate: Some(movement.gate),
        at: movement.hlc.millis(),
    }))
}

/// Returns what stands against admitting these tickets because terminals are about to. The server is locked
/// against claims.
///
/// # Errors
///
/// [`StoreError`].
pub async fn held(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    now: UnixMillis,
) -> Result<BTreeMap<(TicketId, ZoneId), HeldBy>, StoreError> {
    let mut held = BTreeMap::new();
    for (ticket, zone, claim) in store::claims(tx, event, tickets, now).await? {
        if let Some(by) = waiting(tx, &claim).await? {
            held.insert((ticket, zone), by);
        }
    }
    Ok(held)
}

/// Returns the other device's claim, if its entry has not arrived and the device still counts.
async fn waiting(tx: &mut Tx, held: &Claim) -> Result<Option<HeldBy>, StoreError> {
    let other = devices::store::device(tx, held.device).await?.ok_or(StoreError::Corrupt("device"))?;
    let has_arrived = |seq: Seq| other.end.seq >= seq;
    if has_arrived(held.seq) || other.status() != Some(DeviceStatus::Active) {
        return Ok(None);
    }
    let device_no = other.number.ok_or(StoreError::Corrupt("number"))?;
    Ok(Some(HeldBy { device_no, jseq: held.seq, gate: None, at: held.claimed_at }))
}
