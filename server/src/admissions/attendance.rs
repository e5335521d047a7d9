//! What check-ins add up to, kept beside them: figures are read from here, never from all that was ever recorded.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::id::{ClassId, EventId, GateId, TicketId, ZoneId};
use sync_protocol::journal::EntryKind;

use super::{CheckIn, Tally, store};
use crate::db::{StoreError, Tx};

/// The shortest time that figures tell apart, in ms: every time zone's hours begin with one of these.
pub const QUARTER_MS: u64 = 15 * 60_000;

/// What happened how, where and when, as it is counted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cell {
    /// Quarters of an hour since 1970.
    pub quarter: u64,
    /// Where.
    pub gate: GateId,
    /// With which ticket type.
    pub class: ClassId,
    /// What, by the number of its kind.
    pub kind: u8,
    /// Why somebody was denied, or what a person decided against; 0 is neither.
    pub code: u16,
}

impl Cell {
    fn of(check_in: &CheckIn) -> Self {
        Self {
            quarter: check_in.hlc.millis().0 / QUARTER_MS,
            gate: check_in.gate,
            class: check_in.class,
            kind: check_in.kind as u8,
            code: if check_in.kind == EntryKind::Deny { check_in.reason } else { check_in.overridden.unwrap_or(0) },
        }
    }
}

/// What the movements of a ticket in a zone add up to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attendance {
    /// The ticket.
    pub ticket: TicketId,
    /// The zone, if the gate led into one.
    pub zone: Option<ZoneId>,
    /// The ticket type that its last movement names.
    pub class: ClassId,
    /// How often it came in.
    pub admissions: u64,
    /// Whether its last movement was in.
    pub is_inside: bool,
}

/// By what tallies are added up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// By quarters of an hour.
    Quarter,
    /// By gates.
    Gate,
    /// By ticket types.
    Class,
    /// By codes.
    Code,
}

/// How often one kind of thing happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sum {
    /// Of what, as was asked.
    pub part: u64,
    /// Admissions, exits, denials or undoings.
    pub kind: EntryKind,
    /// How often.
    pub total: u64,
}

/// Counts what is new, and takes out what counts no longer. Returns, of each ticket that moved, whether it ever came in
/// by what counts now. The event's feed is locked.
pub(super) async fn note(
    tx: &mut Tx,
    event: EventId,
    fresh: &[CheckIn],
    no_longer: &[CheckIn],
) -> Result<BTreeMap<TicketId, bool>, StoreError> {
    let counts = |check_in: &&CheckIn| check_in.is_effective || check_in.kind == EntryKind::Deny;
    let mut differences: BTreeMap<Cell, i64> = BTreeMap::new();
    for check_in in fresh.iter().filter(counts) {
        *differences.entry(Cell::of(check_in)).or_default() += 1;
    }
    for check_in in no_longer {
        *differences.entry(Cell::of(check_in)).or_default() -= 1;
    }
    let differences: Vec<(Cell, i64)> = differences.into_iter().filter(|(_, difference)| *difference != 0).collect();
    store::add_to_tallies(tx, event, &differences).await?;

    let moved: Vec<&CheckIn> =
        fresh.iter().chain(no_longer).filter(|check_in| check_in.kind != EntryKind::Deny).collect();
    let tickets: BTreeSet<TicketId> = moved.iter().map(|check_in| check_in.ticket).collect();
    let held = store::of_tickets(tx, event, &tickets).await?;
    let attendances = add_up(&held);
    store::put_attendances(tx, event, &attendances).await?;
    let mut arrived = BTreeMap::new();
    for attendance in attendances {
        *arrived.entry(attendance.ticket).or_default() |= attendance.admissions > 0;
    }
    Ok(arrived)
}

/// Returns, of each of these tickets that ever came in, that it did.
pub(super) async fn arrived(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
) -> Result<BTreeMap<TicketId, bool>, StoreError> {
    Ok(store::arrived(tx, event, tickets).await?.into_iter().map(|ticket| (ticket, true)).collect())
}

/// Adds up movements, for each ticket and zone that they name: what was taken back leaves nobody there.
fn add_up(movements: &[CheckIn]) -> Vec<Attendance> {
    let mut moved: Vec<&CheckIn> =
        movements.iter().filter(|moved| matches!(moved.kind, EntryKind::Admit | EntryKind::Exit)).collect();
    moved.sort_unstable_by_key(|moved| (moved.hlc, moved.device_no, moved.seq));
    let mut attendances: BTreeMap<(TicketId, Option<ZoneId>), Attendance> = BTreeMap::new();
    for moved in moved {
        let CheckIn { ticket, zone, class, .. } = *moved;
        let empty = Attendance { ticket, zone, class, admissions: 0, is_inside: false };
        let attendance = attendances.entry((ticket, zone)).or_insert(empty);
        if moved.is_effective {
            attendance.class = class;
            attendance.is_inside = moved.kind == EntryKind::Admit;
            attendance.admissions += u64::from(attendance.is_inside);
        }
    }
    attendances.into_values().collect()
}

/// Returns how many tickets are inside each zone.
///
/// # Errors
///
/// [`StoreError`].
pub async fn inside(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ZoneId, u64>, StoreError> {
    store::inside(tx, event).await
}

/// Returns how often what happened, added up by one part.
///
/// # Errors
///
/// [`StoreError`].
pub async fn sums(tx: &mut Tx, event: EventId, by: By) -> Result<Vec<Sum>, StoreError> {
    store::sums(tx, event, by).await
}

/// Returns how often each gate admitted, let out and denied.
///
/// # Errors
///
/// [`StoreError`].
pub async fn gates(tx: &mut Tx, event: EventId) -> Result<BTreeMap<GateId, Tally>, StoreError> {
    let mut gates: BTreeMap<GateId, Tally> = BTreeMap::new();
    for sum in store::sums(tx, event, By::Gate).await? {
        let gate = u16::try_from(sum.part).map_err(|_| StoreError::Corrupt("gate"))?;
        gates.entry(GateId(gate)).or_default().add(sum.kind, sum.total);
    }
    Ok(gates)
}
