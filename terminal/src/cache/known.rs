//! What a terminal holds in memory of the list: rules, keys, devices and movements. Tickets stay on
//! disk; each is read when it is presented.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sync_protocol::certificate::{Certificate, SignedCertificate};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose};
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, FeedSeq, GateId, Kid, Seq, TicketId, ZoneId};
use sync_protocol::journal::ledger::{Standing, zone_of};
use sync_protocol::journal::walk_in::Lease;
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::key::PublicKey;
use sync_protocol::occupancy::Pace;
use sync_protocol::policy::Policy;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{KeyState, Keyring};
use sync_protocol::time::Hlc;

/// What is known besides the tickets' rows.
#[derive(Clone, Debug)]
pub(super) struct Known {
    event: EventId,
    server_key: PublicKey,
    policy: Option<(FeedSeq, Arc<Policy>)>,
    keys: BTreeMap<Kid, (PublicKey, KeyState)>,
    devices: BTreeMap<DeviceId, Device>,
    leases: BTreeMap<(DeviceNo, ClassId), Lease>,
    keyring: Arc<Keyring>,
    history: HashMap<TicketId, Vec<Movement>>,
    seller_seen: HashMap<DeviceNo, Seq>,
    inside: BTreeMap<ZoneId, u64>,
    heard: BTreeMap<DeviceNo, Heard>,
    exit_gates: BTreeSet<GateId>,
    tickets: u64,
    hlc: Hlc,
}

/// What a device's movements say of the device.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When its newest movement was.
    pub last: Hlc,
    /// Where that was.
    pub gate: GateId,
    /// How fast it goes.
    pub pace: Pace,
}

#[derive(Clone, Debug)]
struct Device {
    status: DeviceStatus,
    last_seq: Seq,
    certificate: Option<Certified>,
}

/// A certificate that S signed.
#[derive(Clone, Debug)]
pub(super) struct Certified {
    /// As it travels.
    pub(super) signed: SignedCertificate,
    /// What it says.
    pub(super) certificate: Certificate,
}

impl Known {
    pub(super) fn new(event: EventId, server_key: PublicKey) -> Self {
        Self {
            event,
            server_key,
            policy: None,
            keys: BTreeMap::new(),
            devices: BTreeMap::new(),
            leases: BTreeMap::new(),
            keyring: Arc::new(Keyring::new(event)),
            history: HashMap::new(),
            seller_seen: HashMap::new(),
            inside: BTreeMap::new(),
            heard: BTreeMap::new(),
            exit_gates: BTreeSet::new(),
            tickets: 0,
            hlc: Hlc::default(),
        }
    }

    /// Takes in many rows at once. Call [`Known::settle`] after the last.
    pub(super) fn load(&mut self, seq: FeedSeq, body: Body) {
        match body {
            Body::Move(movement) => {
                self.note_movement(&movement);
                self.history.entry(movement.ticket).or_default().push(movement);
            }
            body => {
                self.learn_other(seq, body, true);
            }
        }
    }

    /// Brings what follows from the rows up to date, after many of them.
    pub(super) fn settle(&mut self) {
        for movements in self.history.values_mut() {
            movements.sort_unstable_by_key(Movement::name);
            movements.dedup_by_key(|movement| movement.name());
        }
        self.heard.clear();
        self.exit_gates.clear();
        for movement in self.history.values().flatten() {
            hear(&mut self.heard, &mut self.exit_gates, movement);
        }
        self.rebuild_keyring();
        self.recount();
    }

    /// Takes in one row; `is_new` says that nothing was known of its entity before.
    pub(super) fn learn(&mut self, seq: FeedSeq, body: Body, is_new: bool) {
        match body {
            Body::Move(movement) => self.learn_movement(movement),
            body => match self.learn_other(seq, body, is_new) {
                Changed::Nothing => {}
                Changed::Keys => self.rebuild_keyring(),
                Changed::Zones => self.recount(),
            },
        }
    }

    /// Takes in a movement, unless it is known already, and counts who is inside.
    pub(super) fn learn_movement(&mut self, movement: Movement) {
        self.note_movement(&movement);
        let movements = self.history.entry(movement.ticket).or_default();
        if movements.iter().any(|held| held.name() == movement.name()) {
            return;
        }
        hear(&mut self.heard, &mut self.exit_gates, &movement);
        let Some((_, policy)) = &self.policy else {
            movements.push(movement);
            return;
        };
        for zone in zones_inside(movements, policy) {
            self.inside.entry(zone).and_modify(|count| *count = count.saturating_sub(1));
        }
        movements.push(movement);
        for zone in zones_inside(movements, policy) {
            *self.inside.entry(zone).or_default() += 1;
        }
    }

    fn note_movement(&mut self, movement: &Movement) {
        let seen = self.seller_seen.entry(movement.device).or_default();
        *seen = movement.seq.max(*seen);
        self.hlc = self.hlc.max(movement.hlc);
    }

    fn learn_other(&mut self, seq: FeedSeq, body: Body, is_new: bool) -> Changed {
        match body {
            Body::Policy(policy) => {
                self.policy = Some((seq, Arc::new(policy)));
                Changed::Zones
            }
            Body::Key { kid, purpose: KeyPurpose::Ticket, state, key } => {
                // A key that cannot be imported vouches for nothing.
                match PublicKey::import(&key) {
                    Ok(key) => self.keys.insert(kid, (key, state)),
                    Err(_) => self.keys.remove(&kid),
                };
                Changed::Keys
            }
            Body::Key { purpose: KeyPurpose::Server, state, key, .. } => {
                if let (KeyState::Active, Ok(key)) = (state, PublicKey::import(&key)) {
                    self.server_key = key;
                }
                Changed::Keys
            }
            Body::Device { device, status, last_seq, certificate } => {
                let held = self.devices.get(&device).and_then(|held| held.certificate.clone());
                // One that an earlier S signed, and that was read before S changed, still counts.
                let opened = certificate.open(&self.server_key).ok();
                let certificate = opened.map(|opened| Certified { signed: certificate, certificate: opened }).or(held);
                self.devices.insert(device, Device { status, last_seq, certificate });
                Changed::Keys
            }
            Body::Ticket { .. } => {
                self.tickets += u64::from(is_new);
                Changed::Nothing
            }
            Body::Lease { device, class, count, expires } => {
                self.leases.insert((device, class), Lease { count, expires });
                Changed::Nothing
            }
            Body::Move(_) | Body::Notice(_) | Body::Close => Changed::Nothing,
        }
    }

    fn rebuild_keyring(&mut self) {
        let mut keyring = Keyring::new(self.event);
        for (kid, (key, state)) in &self.keys {
            keyring.add_key(self.event, *kid, *key, *state);
        }
        for device in self.devices.values() {
            let Some(Certified { certificate, .. }) = &device.certificate else { continue };
            keyring.set_delegation(Delegation {
                device: certificate.number,
                key: certificate.sign_key,
                capabilities: certificate.capabilities,
                classes: certificate.walk_in_classes.clone(),
                revoked_after: (device.status != DeviceStatus::Active).then_some(device.last_seq),
            });
        }
        self.keyring = Arc::new(keyring);
    }

    fn recount(&mut self) {
        self.inside.clear();
        let Some((_, policy)) = &self.policy else { return };
        for movements in self.history.values() {
            for zone in zones_inside(movements, policy) {
                *self.inside.entry(zone).or_default() += 1;
            }
        }
    }

    pub(super) fn policy(&self) -> Option<&(FeedSeq, Arc<Policy>)> {
        self.policy.as_ref()
    }

    pub(super) fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Says which S signs from now on: entries of the list may be older than the last change.
    pub(super) const fn set_server_key(&mut self, key: PublicKey) {
        self.server_key = key;
    }

    pub(super) const fn server_key(&self) -> &PublicKey {
        &self.server_key
    }

    pub(super) fn history(&self, ticket: TicketId) -> &[Movement] {
        self.history.get(&ticket).map_or(&[], Vec::as_slice)
    }

    pub(super) fn seller_seen(&self, device: DeviceNo) -> Seq {
        self.seller_seen.get(&device).copied().unwrap_or_default()
    }

    pub(super) fn inside(&self, zone: ZoneId) -> u64 {
        self.inside.get(&zone).copied().unwrap_or(0)
    }

    pub(super) const fn heard(&self) -> &BTreeMap<DeviceNo, Heard> {
        &self.heard
    }

    /// Whether anybody was ever counted out of `zone`.
    pub(super) fn counts_exits(&self, zone: ZoneId) -> bool {
        let Some((_, policy)) = &self.policy else { return false };
        self.exit_gates.iter().any(|gate| zone_of(policy, *gate) == Some(zone))
    }

    /// Whether the server stopped counting the device of that number.
    pub(super) fn is_out_of_use(&self, number: DeviceNo) -> bool {
        let is_it =
            |device: &&Device| device.certificate.as_ref().is_some_and(|held| held.certificate.number == number);
        self.devices.values().find(is_it).is_some_and(|device| device.status != DeviceStatus::Active)
    }

    pub(super) const fn tickets(&self) -> u64 {
        self.tickets
    }

    /// Returns the highest time that any movement carries.
    pub(super) const fn hlc(&self) -> Hlc {
        self.hlc
    }

    /// Returns the right of a device to sell a ticket type, if there ever was one.
    pub(super) fn lease(&self, device: DeviceNo, class: ClassId) -> Option<Lease> {
        self.leases.get(&(device, class)).copied()
    }

    /// Returns every right to sell that a device ever had.
    pub(super) fn leases(&self, device: DeviceNo) -> impl Iterator<Item = (ClassId, Lease)> {
        let all = (device, ClassId(0))..=(device, ClassId(u16::MAX));
        self.leases.range(all).map(|((_, class), lease)| (*class, *lease))
    }

    /// Returns the certificate of a device that the server counts.
    pub(super) fn certified(&self, device: DeviceId) -> Option<&Certified> {
        let counted = self.devices.get(&device).filter(|device| device.status == DeviceStatus::Active);
        counted.and_then(|device| device.certificate.as_ref())
    }

    /// Returns every movement that is known.
    pub(super) fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.history.values().flatten()
    }
}

/// Takes a movement's word for its device, which is one of `heard` from now on.
fn hear(heard: &mut BTreeMap<DeviceNo, Heard>, exit_gates: &mut BTreeSet<GateId>, movement: &Movement) {
    let first = || Heard { last: movement.hlc, gate: movement.gate, pace: Pace::default() };
    let device = heard.entry(movement.device).or_insert_with(first);
    if movement.hlc >= device.last {
        (device.last, device.gate) = (movement.hlc, movement.gate);
    }
    device.pace.note(movement);
    if movement.kind == MovementKind::Exit {
        exit_gates.insert(movement.gate);
    }
}

/// What has to be brought up to date after a row.
enum Changed {
    Nothing,
    Keys,
    Zones,
}

/// Returns the zones that the ticket of these movements is inside of.
fn zones_inside(movements: &[Movement], policy: &Policy) -> Vec<ZoneId> {
    let mut zones: Vec<ZoneId> = movements.iter().filter_map(|movement| zone_of(policy, movement.gate)).collect();
    zones.sort_unstable();
    zones.dedup();
    zones.retain(|zone| Standing::fold(movements, policy, *zone).is_inside);
    zones
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sync_protocol::id::GateId;
    use sync_protocol::journal::ledger::occupancy;
    use sync_protocol::key::public_key;
    use sync_protocol::policy::{Gate, Limits, Switches, Zone};
    use sync_protocol::time::UnixMillis;

    fn policy() -> Policy {
        let name = String::from("x");
        Policy {
            event: name.clone(),
            time_zone: name.clone(),
            starts: UnixMillis(0),
            ends: UnixMillis(1),
            zones: (0..2).map(|id| Zone { id: ZoneId(id), name: name.clone(), capacity: None }).collect(),
            gates: (0..3).map(|id| Gate { id: GateId(id), name: name.clone(), zone: ZoneId(id % 2) }).collect(),
            classes: vec![],
            limits: Limits::default(),
            switches: Switches::default(),
            supervisors: vec![],
        }
    }

    fn known() -> Known {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
        Known::new(EventId([1; 16]), public_key(&key))
    }

    fn any_movement() -> impl Strategy<Value = Movement> {
        (0..40_u64, 1..3_u16, 1..12_u64, 0..3_u8, 0..3_u64, 0..3_u16, 1..12_u64).prop_map(
            |(hlc, device, seq, kind, ticket, gate, target)| Movement {
                hlc: Hlc(hlc),
                device: DeviceNo(device),
                seq: Seq(seq),
                kind: match kind {
                    0 => MovementKind::Admit,
                    1 => MovementKind::Exit,
                    _ => MovementKind::Undo { device: DeviceNo(device), seq: Seq(target) },
                },
                is_override: false,
                ticket: TicketId(ticket),
                gate: GateId(gate),
                entry_hash: [0; 32],
            },
        )
    }

    /// Gives each (device, number) one movement, and makes undoings name their target's ticket, as
    /// journals do.
    fn consistent(movements: Vec<Movement>) -> Vec<Movement> {
        let mut by_name: BTreeMap<_, Movement> = BTreeMap::new();
        for movement in movements {
            by_name.entry(movement.name()).or_insert(movement);
        }
        let tickets: BTreeMap<_, _> = by_name.iter().map(|(name, movement)| (*name, movement.ticket)).collect();
        for movement in by_name.values_mut() {
            if let MovementKind::Undo { device, seq } = movement.kind
                && let Some(ticket) = tickets.get(&(device, seq))
            {
                movement.ticket = *ticket;
            }
        }
        by_name.into_values().collect()
    }

    proptest! {
        #[test]
        fn counting_as_they_come_gives_what_counting_at_the_end_gives(
            movements in proptest::collection::vec(any_movement(), 0..30),
            order in any::<u64>(),
        ) {
            let mut movements = consistent(movements);
            let at = (order as usize) % movements.len().max(1);
            movements.rotate_left(at);
            let mut known = known();
            known.learn(FeedSeq(1), Body::Policy(policy()), true);
            for movement in &movements {
                known.learn_movement(movement.clone());
                known.learn_movement(movement.clone());
            }
            let mut loaded = self::known();
            movements.iter().for_each(|movement| loaded.load(FeedSeq(1), Body::Move(movement.clone())));
            loaded.load(FeedSeq(1), Body::Policy(policy()));
            loaded.settle();
            for (zone, count) in occupancy(&movements, &policy()) {
                prop_assert_eq!(known.inside(zone), count);
                prop_assert_eq!(loaded.inside(zone), count);
            }
            prop_assert_eq!(known.movements().count(), movements.len());
        }
    }
}
