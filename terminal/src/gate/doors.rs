//! The event's other terminals, and at which gate this one stands.

use std::collections::{BTreeMap, HashSet};

use sync_protocol::id::{DeviceNo, GateId, Seq};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::sync::message;
use sync_protocol::time::UnixMillis;

use super::Gate;
use crate::door::{Answer, DoorHeard, DoorSeen, Doors};

/// What the movements that are known say of one terminal.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    admitted: u64,
    exits: u64,
    last: Option<(UnixMillis, GateId)>,
}

impl Gate {
    /// Takes what the server told of the event's terminals.
    pub fn learn_doors(&mut self, told: message::Doors) {
        let heard = told.doors.iter().map(|door| DoorHeard {
            device_no: door.device_no,
            name: door.name.clone(),
            gate: only(&door.gates),
            last_heard: door.last_seen_at,
            admitted: door.admitted,
            exits: door.exits,
        });
        self.set_doors(heard.collect());
        self.told = Some(told);
    }

    /// Returns every terminal that is known of: from the server, and from what each is known to have done.
    pub(super) fn doors_seen(&self) -> Doors {
        let this = self.store.identity().number();
        let mut doors: BTreeMap<DeviceNo, DoorSeen> = BTreeMap::new();
        for door in self.told.iter().flat_map(|told| &told.doors) {
            let seen = DoorSeen {
                name: door.name.clone(),
                gate: only(&door.gates),
                status: Some(door.status),
                last_heard: door.last_seen_at,
                admitted: door.admitted,
                exits: door.exits,
                ..unknown(door.device_no, this)
            };
            doors.insert(door.device_no, seen);
        }
        for (device, moved) in moved(|| self.store.movements()) {
            let seen = doors.entry(device).or_insert_with(|| unknown(device, this));
            (seen.admitted, seen.exits) = (moved.admitted.max(seen.admitted), moved.exits.max(seen.exits));
            if let Some((at, gate)) = moved.last {
                seen.gate = seen.gate.or(Some(gate));
                seen.last_heard = seen.last_heard.max(Some(at));
            }
        }
        let own = doors.entry(this).or_insert_with(|| unknown(this, this));
        own.gate = Some(self.gate);
        Doors {
            learned_at: self.told.as_ref().map(|told| told.at),
            doors: doors.into_values().collect(),
            gate: self.gate,
            gates: self.gates(),
        }
    }

    /// Moves to another gate, if this terminal may stand there.
    pub(super) fn stand_at(&mut self, gate: GateId) -> Answer {
        if !self.gates().contains(&gate) {
            return Answer::NotStanding;
        }
        self.set_gate(gate);
        Answer::StandsAt(gate)
    }

    /// Returns the gates this terminal may stand at, in the order of the rules.
    fn gates(&self) -> Vec<GateId> {
        let allowed = &self.store.identity().certificate.gates;
        let Some((_, policy)) = self.store.policy() else { return allowed.clone() };
        let all = policy.gates.iter().map(|gate| gate.id);
        all.filter(|gate| allowed.is_empty() || allowed.contains(gate)).collect()
    }
}

/// What a terminal is before anything is known of it but its number.
fn unknown(device: DeviceNo, this: DeviceNo) -> DoorSeen {
    DoorSeen {
        device,
        name: String::new(),
        gate: None,
        status: None,
        last_heard: None,
        admitted: 0,
        exits: 0,
        is_this: device == this,
    }
}

fn only(gates: &[GateId]) -> Option<GateId> {
    if let [only] = gates { Some(*only) } else { None }
}

/// Adds up what each terminal did, without what was taken back.
fn moved<'a, I: Iterator<Item = &'a Movement>>(movements: impl Fn() -> I) -> BTreeMap<DeviceNo, Moved> {
    let undone: HashSet<(DeviceNo, Seq)> = movements()
        .filter_map(|movement| match movement.kind {
            MovementKind::Undo { device, seq } => Some((device, seq)),
            MovementKind::Admit | MovementKind::Exit => None,
        })
        .collect();
    let mut all: BTreeMap<DeviceNo, Moved> = BTreeMap::new();
    for movement in movements() {
        let moved = all.entry(movement.device).or_default();
        moved.last = moved.last.max(Some((movement.hlc.millis(), movement.gate)));
        match movement.kind {
            MovementKind::Admit if !undone.contains(&movement.name()) => moved.admitted += 1,
            MovementKind::Exit if !undone.contains(&movement.name()) => moved.exits += 1,
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::id::TicketId;
    use sync_protocol::time::Hlc;

    #[test]
    fn what_was_taken_back_does_not_count_and_is_heard_all_the_same() {
        let movement = |seq: u64, kind| Movement {
            hlc: Hlc::at(UnixMillis(1_000 * seq)),
            device: DeviceNo(4),
            seq: Seq(seq),
            kind,
            is_override: false,
            ticket: TicketId(seq),
            gate: GateId(if seq > 2 { 2 } else { 1 }),
            entry_hash: [0; 32],
        };
        let movements = [
            movement(1, MovementKind::Admit),
            movement(2, MovementKind::Admit),
            movement(3, MovementKind::Undo { device: DeviceNo(4), seq: Seq(1) }),
        ];

        let all = moved(|| movements.iter());

        let moved = all[&DeviceNo(4)];
        assert_eq!((moved.admitted, moved.exits), (1, 0));
        assert_eq!(moved.last, Some((UnixMillis(3_000), GateId(2))));
    }
}
