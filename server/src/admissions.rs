//! Admissions: what devices report, who is inside, who came in twice.

pub mod attendance;
pub mod claims;
pub mod conflicts;
pub mod doors;
pub mod guests;
pub mod intake;
mod news;
pub mod places;
pub mod quarantine;
pub mod routes;
mod store;

use std::collections::BTreeSet;

use sync_protocol::hash::Hash;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, GateId, Seq, TicketId, ZoneId};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::entry::undone;
use sync_protocol::journal::ledger::zone_of;
use sync_protocol::journal::{EntryKind, Flags, Movement, MovementKind};
use sync_protocol::policy::Policy;
use sync_protocol::time::{Hlc, UnixMillis};

use crate::db::{StoreError, Tx};
use crate::devices::Device;

/// A journal entry about a ticket, as it is listed and counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckIn {
    /// Its place in the order of arrival at this event, from 1 without gaps.
    pub number: u64,
    /// Whose journal it is from.
    pub device: DeviceId,
    /// That device's number.
    pub device_no: DeviceNo,
    /// The entry's number.
    pub seq: Seq,
    /// The entry's hash.
    pub entry_hash: Hash,
    /// Admission, exit, denial or undoing.
    pub kind: EntryKind,
    /// What was particular.
    pub flags: Flags,
    /// When.
    pub hlc: Hlc,
    /// How wrong the clock may have been, in ms.
    pub uncertainty_ms: u32,
    /// The ticket; 0 where none was read.
    pub ticket: TicketId,
    /// The ticket type that the entry names.
    pub class: ClassId,
    /// Where.
    pub gate: GateId,
    /// What the gate led into when the entry arrived.
    pub zone: Option<ZoneId>,
    /// The verdict's code for a denial; 0 otherwise.
    pub reason: u16,
    /// The code that a person decided against.
    pub overridden: Option<u16>,
    /// What an undoing takes back, as its entry says it; see [`CheckIn::undone`].
    pub undo_target: Option<Seq>,
    /// Whether it is an admission or exit that nobody took back, or an undoing that counts.
    pub is_effective: bool,
    /// When it arrived.
    pub received_at: UnixMillis,
}

impl CheckIn {
    /// Reads an entry of `device`'s journal, if it is about a ticket. Undoings do not count until they are
    /// checked.
    fn read(entry: &BatchEntry, device: &Device, number: DeviceNo, policy: &Policy, now: UnixMillis) -> Option<Self> {
        let BatchEntry { entry, hash, .. } = entry;
        let is_effective = match entry.kind {
            EntryKind::Admit | EntryKind::Exit => true,
            EntryKind::Deny | EntryKind::Undo => false,
            EntryKind::WalkIn | EntryKind::Session | EntryKind::Sync | EntryKind::Incident | EntryKind::ClaimLost => {
                return None;
            }
        };
        Some(Self {
            number: 0,
            device: device.id,
            device_no: number,
            seq: entry.seq,
            entry_hash: *hash,
            kind: entry.kind,
            flags: entry.flags,
            hlc: entry.hlc,
            uncertainty_ms: entry.uncertainty_ms,
            ticket: entry.ticket,
            class: entry.class,
            gate: entry.gate,
            zone: zone_of(policy, entry.gate),
            reason: entry.reason,
            overridden: entry.overridden,
            undo_target: entry.undo_target,
            is_effective,
            received_at: now,
        })
    }

    /// Returns the name of the entry that it takes back, if it takes one back.
    pub fn undone(&self) -> Option<EntryName> {
        self.undo_target.map(|target| undone(self.device_no, target))
    }

    /// Returns the movement that it is, if it is one.
    pub fn movement(&self) -> Option<Movement> {
        let kind = match self.kind {
            EntryKind::Admit => MovementKind::Admit,
            EntryKind::Exit => MovementKind::Exit,
            EntryKind::Undo => {
                let (device, seq) = self.undone()?;
                MovementKind::Undo { device, seq }
            }
            _ => return None,
        };
        Some(Movement {
            hlc: self.hlc,
            device: self.device_no,
            seq: self.seq,
            kind,
            is_override: self.flags.has(Flags::OVERRIDE),
            ticket: self.ticket,
            gate: self.gate,
            entry_hash: self.entry_hash,
        })
    }
}

/// What names an entry for ever: the device's number and the entry's.
pub type EntryName = (DeviceNo, Seq);

/// Which check-ins to list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Of one device.
    pub device: Option<DeviceNo>,
    /// At one gate.
    pub gate: Option<GateId>,
    /// Of one kind.
    pub kind: Option<EntryKind>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// As they arrived.
    #[default]
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

/// How often something happened, such as at a gate or a device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Admissions that nobody took back.
    pub admitted: u64,
    /// Exits that nobody took back.
    pub exits: u64,
    /// Denials.
    pub denied: u64,
}

impl Tally {
    /// Adds what happened `total` more times.
    pub fn add(&mut self, kind: EntryKind, total: u64) {
        match kind {
            EntryKind::Admit => self.admitted += total,
            EntryKind::Exit => self.exits += total,
            EntryKind::Deny => self.denied += total,
            _ => {}
        }
    }
}

/// Returns every movement of these tickets that terminals were told of, what was taken back and the undoings too.
///
/// # Errors
///
/// [`StoreError`].
pub async fn movements(tx: &mut Tx, event: EventId, tickets: &BTreeSet<TicketId>) -> Result<Vec<Movement>, StoreError> {
    let check_ins = store::of_tickets(tx, event, tickets).await?;
    let moved: BTreeSet<EntryName> = check_ins
        .iter()
        .filter(|check_in| check_in.kind != EntryKind::Undo)
        .map(|check_in| (check_in.device_no, check_in.seq))
        .collect();
    // An undoing that counts and takes back no movement takes back a sale.
    let is_told = |check_in: &&CheckIn| match check_in.undone() {
        Some(undone) => check_in.is_effective && moved.contains(&undone),
        None => true,
    };
    Ok(check_ins.iter().filter(is_told).filter_map(CheckIn::movement).collect())
}

/// Returns how many tickets that were not in its list a device has admitted.
///
/// # Errors
///
/// [`StoreError`].
pub async fn count_unlisted(tx: &mut Tx, event: EventId, device: DeviceNo) -> Result<u64, StoreError> {
    store::count_unlisted(tx, event, device).await
}

/// Returns the check-in of a number.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(tx: &mut Tx, event: EventId, number: u64) -> Result<Option<CheckIn>, StoreError> {
    store::find(tx, event, number).await
}

/// Returns up to `limit` of all that was recorded of a ticket after a number, denials too.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_ticket(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    after: u64,
    limit: u32,
) -> Result<Vec<CheckIn>, StoreError> {
    store::list_of_ticket(tx, event, ticket, after, limit).await
}
