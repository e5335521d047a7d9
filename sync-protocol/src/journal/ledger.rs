//! What many journals say together: who is inside, how often each ticket came in, and which tickets
//! came in more often than they may.
//!
//! A fold over movements in the order (hlc, device, number), so that it is the same for every order
//! of arrival. An UNDO takes its target out, wherever it stands.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::Hash;
use crate::id::{ClassId, DeviceNo, GateId, Seq, TicketId, ZoneId};
use crate::policy::{Class, Policy, ReEntry};
use crate::time::{Hlc, UnixMillis};

/// One movement, as a MOVE entry of the feed tells it and as the device's own journal has it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Movement {
    /// When.
    pub hlc: Hlc,
    /// Which device recorded it.
    pub device: DeviceNo,
    /// Under which number.
    pub seq: Seq,
    /// What moved.
    pub kind: MovementKind,
    /// Whether a person decided against a finding.
    pub is_override: bool,
    /// The ticket.
    pub ticket: TicketId,
    /// Where.
    pub gate: GateId,
    /// The journal entry's hash.
    pub entry_hash: Hash,
}

/// What a movement does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MovementKind {
    /// In.
    Admit,
    /// Out.
    Exit,
    /// Takes back the same device's entry of that number.
    Undo {
        /// Whose entry is taken back.
        device: DeviceNo,
        /// Its number.
        seq: Seq,
    },
}

impl Movement {
    /// Returns the movement's name: the device and number that stand for it for ever.
    pub const fn name(&self) -> (DeviceNo, Seq) {
        (self.device, self.seq)
    }

    /// Returns the body of the MOVE entry.
    ///
    /// `target` holds the device that is undone in its upper 16 bits and the number below.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, target) = match self.kind {
            MovementKind::Admit => (1, 0),
            MovementKind::Exit => (2, 0),
            MovementKind::Undo { device, seq } => (5, (u64::from(device.0) << 48) | (seq.0 & TicketId::SERIAL_MAX)),
        };
        let mut bytes = Vec::with_capacity(60);
        bytes
            .put_u8(kind)
            .put_u8(u8::from(self.is_override))
            .put_u64(self.ticket.0)
            .put_u64(self.hlc.0)
            .put_u16(self.gate.0)
            .put_u64(target)
            .put(&self.entry_hash);
        bytes
    }

    /// Reads the body of the MOVE entry named `device` and `seq`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not exactly one such body.
    pub fn decode(device: DeviceNo, seq: Seq, body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let kind = reader.u8()?;
        let flags = reader.u8()?;
        if flags > 1 {
            return Err(DecodeError::Invalid("movement flags"));
        }
        let ticket = TicketId(reader.u64()?);
        let hlc = Hlc(reader.u64()?);
        let gate = GateId(reader.u16()?);
        let target = reader.u64()?;
        let entry_hash = reader.array()?;
        reader.finish()?;
        let kind = match (kind, target) {
            (1, 0) => MovementKind::Admit,
            (2, 0) => MovementKind::Exit,
            (5, _) => {
                MovementKind::Undo { device: DeviceNo((target >> 48) as u16), seq: Seq(target & TicketId::SERIAL_MAX) }
            }
            _ => return Err(DecodeError::Invalid("movement type")),
        };
        Ok(Self { hlc, device, seq, kind, is_override: flags == 1, ticket, gate, entry_hash })
    }
}

/// Returns the movements that count, in their order: without repetitions, undone ones and the
/// undoings themselves.
///
/// An undoing counts only where it names the ticket of its target, so that the movements of one
/// ticket fold to the same standing alone as among all others. Of two different movements under
/// one name the lesser stands, whichever came first.
pub fn effective<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Vec<&'a Movement> {
    let mut undone = BTreeSet::new();
    let mut standing: Vec<&Movement> = Vec::new();
    for movement in movements {
        match movement.kind {
            MovementKind::Undo { device, seq } => {
                undone.insert((device, seq, movement.ticket));
            }
            MovementKind::Admit | MovementKind::Exit => standing.push(movement),
        }
    }
    standing.retain(|movement| !undone.contains(&(movement.device, movement.seq, movement.ticket)));
    standing.sort_unstable();
    let mut names = BTreeSet::new();
    standing.retain(|movement| names.insert(movement.name()));
    standing
}

/// Returns what a decision's evidence says of the movements it rested on: how many they were, and
/// the first bytes of a hash over their devices, numbers and entries, for any order and with
/// repetitions left out.
pub fn evidence_of<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> (u16, [u8; 8]) {
    let mut names: Vec<_> = movements.into_iter().map(|m| (m.device, m.seq, m.entry_hash)).collect();
    names.sort_unstable();
    names.dedup_by_key(|(device, seq, _)| (*device, *seq));
    let mut bytes = Vec::with_capacity(names.len() * 42);
    for (device, seq, entry_hash) in &names {
        bytes.put_u16(device.0).put_u64(seq.0).put(entry_hash);
    }
    let [a, b, c, d, e, f, g, h, ..] = crate::hash::sha256(&[&bytes]);
    (u16::try_from(names.len()).unwrap_or(u16::MAX), [a, b, c, d, e, f, g, h])
}

/// What the movements of one ticket in one zone add up to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// Whether the ticket's holder is inside.
    pub is_inside: bool,
    /// When each admission was, in order.
    pub admissions: Vec<Admission>,
}

/// One admission in a [`Standing`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Admission {
    /// When.
    pub at: UnixMillis,
    /// Where.
    pub gate: GateId,
    /// By which device.
    pub device: DeviceNo,
    /// Under which number.
    pub seq: Seq,
}

impl Standing {
    /// Folds the movements of one ticket in one zone.
    ///
    /// `movements` may hold other zones' gates; `zone_of` tells them apart.
    pub fn fold<'a>(movements: impl IntoIterator<Item = &'a Movement>, policy: &Policy, zone: ZoneId) -> Self {
        let mut standing = Self::default();
        for movement in effective(movements) {
            if zone_of(policy, movement.gate) == Some(zone) {
                standing.apply(movement);
            }
        }
        standing
    }

    fn apply(&mut self, movement: &Movement) {
        match movement.kind {
            MovementKind::Admit => {
                self.is_inside = true;
                self.admissions.push(Admission {
                    at: movement.hlc.millis(),
                    gate: movement.gate,
                    device: movement.device,
                    seq: movement.seq,
                });
            }
            MovementKind::Exit => self.is_inside = false,
            MovementKind::Undo { .. } => {}
        }
    }

    /// Returns how many admissions fall into the period of `at`.
    pub fn uses_in_period(&self, class: &Class, at: UnixMillis) -> usize {
        self.admissions.iter().filter(|admission| class.same_period(admission.at, at)).count()
    }

    /// Whether a ticket of `class` may come in at `at` after all this: rules 21 to 23 of section 4.
    pub fn allows(&self, class: &Class, at: UnixMillis) -> bool {
        !self.is_already_in(class, at) && !self.is_already_used(class, at) && !self.is_exhausted(class, at)
    }

    /// Rule 21: inside, and re-entry is not free.
    ///
    /// Who came in yesterday and was not seen leaving is not inside today, where days are counted
    /// apart.
    pub fn is_already_in(&self, class: &Class, at: UnixMillis) -> bool {
        let came_in_this_period = self.admissions.last().is_some_and(|last| class.same_period(last.at, at));
        self.is_inside && came_in_this_period && class.re_entry != ReEntry::Free
    }

    /// Rule 22: re-entry forbidden, one use, and that is used.
    pub fn is_already_used(&self, class: &Class, at: UnixMillis) -> bool {
        class.re_entry == ReEntry::Forbidden && class.uses.limit == Some(1) && self.uses_in_period(class, at) > 0
    }

    /// Rule 23: the uses of the period of `at` are spent.
    pub fn is_exhausted(&self, class: &Class, at: UnixMillis) -> bool {
        class.uses.limit.is_some_and(|limit| self.uses_in_period(class, at) >= limit as usize)
    }
}

/// Returns the zone a gate leads into.
pub fn zone_of(policy: &Policy, gate: GateId) -> Option<ZoneId> {
    policy.gate(gate).map(|gate| gate.zone)
}

/// A ticket that came in more often than its class allows, in one zone (section 6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The ticket.
    pub ticket: TicketId,
    /// The zone.
    pub zone: ZoneId,
    /// The admission that stands: the last allowed one before the first excess.
    pub first: (DeviceNo, Seq),
    /// Those that should not have happened, in order. Never empty.
    pub excess: Vec<(DeviceNo, Seq)>,
}

/// Returns every conflict among `movements`, by ticket, zone and period, the same for every order
/// of arrival.
///
/// `class_of` says which ticket type a ticket has; tickets it does not know, and gates the policy
/// does not know, have no conflicts. An admission that a supervisor's override let in against a
/// finding is a conflict all the same: it shows what happened, not whose fault it is.
pub fn conflicts<'a>(
    movements: impl IntoIterator<Item = &'a Movement>,
    policy: &Policy,
    class_of: impl Fn(TicketId) -> Option<ClassId>,
) -> Vec<Conflict> {
    let mut standings: BTreeMap<(TicketId, ZoneId), Standing> = BTreeMap::new();
    let mut found: BTreeMap<(TicketId, ZoneId, Option<UnixMillis>), Conflict> = BTreeMap::new();
    for movement in effective(movements) {
        let class = class_of(movement.ticket).and_then(|id| policy.class(id));
        let (Some(class), Some(zone)) = (class, zone_of(policy, movement.gate)) else { continue };
        let standing = standings.entry((movement.ticket, zone)).or_default();
        let at = movement.hlc.millis();
        if movement.kind == MovementKind::Admit && !standing.allows(class, at) {
            let period = class.period(at).map(|period| period.from());
            let in_period = standing.admissions.iter().rev().find(|admission| class.same_period(admission.at, at));
            let before = in_period.or(standing.admissions.last());
            let first = before.map_or(movement.name(), |admission| (admission.device, admission.seq));
            found
                .entry((movement.ticket, zone, period))
                .or_insert_with(|| Conflict { ticket: movement.ticket, zone, first, excess: Vec::new() })
                .excess
                .push(movement.name());
        }
        standing.apply(movement);
    }
    found.into_values().collect()
}

/// Returns how many are inside each zone.
pub fn occupancy<'a>(movements: impl IntoIterator<Item = &'a Movement>, policy: &Policy) -> BTreeMap<ZoneId, u64> {
    let mut inside: BTreeSet<(ZoneId, TicketId)> = BTreeSet::new();
    for movement in effective(movements) {
        let Some(zone) = zone_of(policy, movement.gate) else { continue };
        match movement.kind {
            MovementKind::Admit => inside.insert((zone, movement.ticket)),
            MovementKind::Exit => inside.remove(&(zone, movement.ticket)),
            MovementKind::Undo { .. } => false,
        };
    }
    let mut counts: BTreeMap<ZoneId, u64> = policy.zones.iter().map(|zone| (zone.id, 0)).collect();
    for (zone, _) in inside {
        *counts.entry(zone).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    const TICKET: TicketId = TicketId(7);

    fn movement(ms: u64, device: u16, seq: u64, kind: MovementKind) -> Movement {
        Movement {
            hlc: Hlc::at(UnixMillis(ms)),
            device: DeviceNo(device),
            seq: Seq(seq),
            kind,
            is_override: false,
            ticket: TICKET,
            gate: GateId(0),
            entry_hash: [0; 32],
        }
    }

    fn undo(device: u16, seq: u64) -> MovementKind {
        MovementKind::Undo { device: DeviceNo(device), seq: Seq(seq) }
    }

    fn any_movement() -> impl Strategy<Value = Movement> {
        let kind = prop_oneof![
            Just(MovementKind::Admit),
            Just(MovementKind::Exit),
            (any::<u16>(), 0..=TicketId::SERIAL_MAX)
                .prop_map(|(device, seq)| MovementKind::Undo { device: DeviceNo(device), seq: Seq(seq) }),
        ];
        (any::<[u64; 3]>(), any::<[u16; 2]>(), any::<bool>(), any::<[u8; 32]>(), kind).prop_map(
            |([hlc, seq, ticket], [device, gate], is_override, entry_hash, kind)| Movement {
                hlc: Hlc(hlc),
                device: DeviceNo(device),
                seq: Seq(seq),
                kind,
                is_override,
                ticket: TicketId(ticket),
                gate: GateId(gate),
                entry_hash,
            },
        )
    }

    #[test]
    fn an_undoing_takes_its_target_out_wherever_it_stands_and_is_itself_final() {
        let admit = movement(1_000, 1, 1, MovementKind::Admit);
        let early = movement(500, 2, 1, undo(1, 1));
        let of_the_undoing = movement(2_000, 2, 2, undo(2, 1));
        assert!(effective([&admit, &early, &of_the_undoing]).is_empty());
        assert_eq!(effective([&admit, &of_the_undoing]), vec![&admit]);
    }

    #[test]
    fn an_undoing_that_names_another_ticket_takes_nothing_out() {
        let admit = movement(1_000, 1, 1, MovementKind::Admit);
        let stray = Movement { ticket: TicketId(8), ..movement(2_000, 1, 2, undo(1, 1)) };
        assert_eq!(effective([&admit, &stray]), vec![&admit]);
    }

    #[test]
    fn two_movements_under_one_name_give_one_order_whichever_came_first() {
        let one = movement(1_000, 1, 1, MovementKind::Admit);
        let other = movement(3_000, 1, 1, MovementKind::Exit);
        let between = movement(2_000, 2, 1, MovementKind::Admit);
        assert_eq!(effective([&one, &between, &other]), vec![&one, &between]);
        assert_eq!(effective([&other, &between, &one]), vec![&one, &between]);
    }

    #[test]
    fn evidence_is_the_same_for_every_order_and_differs_by_each_entry() {
        let one = movement(10, 1, 1, MovementKind::Admit);
        let other = movement(20, 2, 7, MovementKind::Exit);
        let both = evidence_of([&one, &other]);
        assert_eq!(both.0, 2);
        assert_eq!(evidence_of([&other, &one, &other]), both);
        assert_ne!(evidence_of([&one]), both);
        let changed = Movement { entry_hash: [9; 32], ..other };
        assert_ne!(evidence_of([&one, &changed]), both);
    }

    proptest! {
        #[test]
        fn every_movement_reads_back_and_none_cut_or_grown_does(movement in any_movement(), cut in 1_usize..=60) {
            let mut body = movement.encode();
            prop_assert_eq!(body.len(), 60);
            prop_assert_eq!(Movement::decode(movement.device, movement.seq, &body), Ok(movement.clone()));
            prop_assert!(Movement::decode(movement.device, movement.seq, &body[..60 - cut]).is_err());
            body.push(0);
            prop_assert_eq!(Movement::decode(movement.device, movement.seq, &body), Err(DecodeError::Trailing));
        }

        #[test]
        fn what_is_read_as_a_movement_is_what_is_written(
            kind in 0_u8..8,
            flags in 0_u8..4,
            target in prop_oneof![Just([0; 8]), any::<[u8; 8]>()],
            mut body in proptest::collection::vec(any::<u8>(), 60),
        ) {
            (body[0], body[1]) = (kind, flags);
            body[20..28].copy_from_slice(&target);
            if let Ok(movement) = Movement::decode(DeviceNo(1), Seq(1), &body) {
                prop_assert_eq!(movement.encode(), body);
            }
        }

        #[test]
        fn every_order_of_arrival_gives_one_fold(
            mut movements in proptest::collection::vec((0_u64..6, 1_u16..4, 1_u64..5, 0_u8..3, 1_u16..4, 1_u64..5), 0..12)
                .prop_map(|all| all.into_iter().map(|(ms, device, seq, kind, of, target)| movement(ms, device, seq, match kind {
                    0 => MovementKind::Admit,
                    1 => MovementKind::Exit,
                    _ => undo(of, target),
                })).collect::<Vec<_>>()),
            turn in any::<usize>(),
        ) {
            let expected: Vec<Movement> = effective(&movements).into_iter().cloned().collect();
            let half = turn % movements.len().max(1);
            movements.rotate_left(half);
            movements.reverse();
            let repeated: Vec<&Movement> = movements.iter().chain(&movements).collect();
            prop_assert_eq!(effective(repeated).into_iter().cloned().collect::<Vec<_>>(), expected);
        }
    }
}
