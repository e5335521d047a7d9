//! Certificates that end: a terminal takes every newer one of its own from the list, and works by the last.

use ed25519_dalek::SigningKey;
use harness::feed_world::{EVENT, FeedWorld, MORNING};
use rusqlite::Connection;
use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose};
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, GateId, Kid};
use sync_protocol::journal::walk_in::{Guest, Payment};
use sync_protocol::key::public_key;
use sync_protocol::ticket::KeyState;
use sync_protocol::time::{UnixMillis, Window};
use sync_protocol::verdict::Code;
use usher_terminal::door::Suspension;
use usher_terminal::walk_in::{Order, Refusal};

use crate::door::{Door, code};

const HOUR_MS: u64 = 3_600_000;

fn window(from: UnixMillis, hours: u64) -> Window {
    Window::new(from, from.plus(hours * HOUR_MS)).unwrap()
}

/// The server makes the terminal a certificate for two weeks from `from` on.
fn renew(world: &mut FeedWorld, from: UnixMillis) {
    world.terminal.validity = window(from, 14 * 24);
    world.push_device(DeviceStatus::Active);
}

fn order(class: ClassId) -> Order {
    let guest = Guest { name: "Ada".into(), email: String::new() };
    Order { guest, class, payment: Payment::Cash, operator: None, supervisor: None }
}

#[test]
fn a_terminal_that_comes_by_works_on_past_the_end_of_its_first_certificate() {
    let (mut door, issues) = Door::new();
    door.world.clock.advance(12 * HOUR_MS);
    renew(&mut door.world, MORNING.plus(12 * HOUR_MS));
    door.sync();
    // The first one ended an hour ago.
    door.world.clock.advance(13 * HOUR_MS);
    door.sync();

    assert!(door.enter(&door.world.credential(1, issues[1])).verdict.is_admit());
    let mut door = door.restart();

    assert!(door.enter(&door.world.credential(2, issues[2])).verdict.is_admit());
    assert_eq!(door.gate.status().suspended, None);
    let identity = door.gate.store().identity().clone();
    assert_eq!(identity.certificate, door.world.certificate());
    assert_eq!(identity.signed.open(&public_key(&door.world.server)), Ok(identity.certificate));
}

#[test]
fn a_terminal_that_stays_away_stops_and_goes_on_once_it_was_there() {
    let (mut door, issues) = Door::new();
    door.world.clock.advance(25 * HOUR_MS);
    let credential = door.world.credential(1, issues[1]);

    assert_eq!(code(&door.enter(&credential)), Some(Code::TerminalNotReady));
    assert_eq!(door.gate.status().suspended, Some(Suspension::Certificate));
    assert_eq!(door.gate.sell(&order(ClassId(0))).unwrap().unwrap_err(), Refusal::NotReady);
    let mut door = door.restart();
    assert_eq!(door.gate.status().suspended, Some(Suspension::Certificate));

    renew(&mut door.world, MORNING.plus(25 * HOUR_MS));
    door.sync();

    assert_eq!(door.gate.status().suspended, None);
    assert!(door.enter(&credential).verdict.is_admit());
}

#[test]
fn a_snapshot_renews_a_certificate_too() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    renew(&mut world, MORNING);

    world.load_snapshot(&mut store).unwrap();

    assert_eq!(store.certificate(), &world.certificate());
}

#[test]
fn only_the_newest_of_its_own_is_adopted() {
    let (mut door, issues) = Door::new();
    renew(&mut door.world, MORNING);
    door.sync();
    let (held, server) = (door.world.certificate(), door.world.server.clone());
    let stranger = SigningKey::from_bytes(&[66; 32]);
    let longer = Certificate { validity: window(MORNING.plus(HOUR_MS), 9_999), ..held.clone() };
    let other_key = public_key(&stranger);
    for (what, key, certificate) in [
        ("signed by a stranger", &stranger, longer.clone()),
        ("another event's", &server, Certificate { event: EventId([7; 16]), ..longer.clone() }),
        ("another device's", &server, Certificate { device: DeviceId([7; 16]), ..longer.clone() }),
        ("under another number", &server, Certificate { number: DeviceNo(9), ..longer.clone() }),
        ("for another journal key", &server, Certificate { sign_key: other_key, ..longer.clone() }),
        ("for another TLS key", &server, Certificate { tls_key: [7; 32], ..longer.clone() }),
        ("made before", &server, Certificate { validity: window(MORNING.minus(1), 9_999), ..held.clone() }),
    ] {
        door.world.push_certificate(DeviceStatus::Active, certificate.sign(key));
        door.sync();
        assert_eq!(door.gate.store().certificate(), &held, "{what}");
    }
    door = door.restart();
    assert_eq!(door.gate.store().certificate(), &held);
    assert!(door.enter(&door.world.credential(1, issues[1])).verdict.is_admit());

    door.world.push_certificate(DeviceStatus::Active, longer.sign(&server));
    door.sync();

    assert_eq!(door.gate.store().certificate(), &longer);
}

#[test]
fn a_device_that_is_revoked_gets_nothing_new() {
    let (mut door, _) = Door::new();
    let first = door.world.certificate();
    door.world.terminal.validity = window(MORNING, 9_999);

    door.world.push_device(DeviceStatus::Revoked);
    door.sync();

    assert_eq!(door.gate.store().certificate(), &first);
    assert_eq!(door.gate.status().suspended, Some(Suspension::Revoked));
}

#[test]
fn new_ticket_types_gates_and_capabilities_count_at_once() {
    let mut world = FeedWorld::new();
    let issue = world.push_ticket(1, "Guest");
    world.push_lease(5, MORNING.plus(20 * HOUR_MS));
    let mut door = Door::of(world);
    assert!(door.gate.wares().is_empty());
    assert_eq!(door.gate.sell(&order(ClassId(0))).unwrap().unwrap_err(), Refusal::NotSoldHere);

    door.world.terminal.capabilities = Capabilities::SCAN.and(Capabilities::WALK_IN);
    door.world.terminal.walk_in_classes = vec![ClassId(0)];
    renew(&mut door.world, MORNING);
    door.sync();
    let mut door = door.restart();

    assert_eq!(door.gate.wares().iter().map(|ware| ware.left).collect::<Vec<_>>(), [5]);
    let receipt = door.gate.sell(&order(ClassId(0))).unwrap().unwrap();
    assert!(door.enter(&receipt.credential).verdict.is_admit());

    // It stands at gate 0, and should stand at gate 1 from now on.
    door.world.terminal.gates = vec![GateId(1)];
    door.world.push_device(DeviceStatus::Active);
    door.sync();
    let credential = door.world.credential(1, issue);
    assert_eq!(code(&door.enter(&credential)), Some(Code::TerminalNotReady));
    assert_eq!(door.gate.status().suspended, Some(Suspension::Gate), "not as if its certificate had ended");
    door.world.terminal.gates = vec![GateId(0), GateId(1)];
    door.world.push_device(DeviceStatus::Active);
    door.sync();
    assert!(door.enter(&credential).verdict.is_admit());
}

#[test]
fn a_renewed_certificate_outlives_the_list_it_came_with() {
    let (mut door, _) = Door::new();
    renew(&mut door.world, MORNING);
    door.sync();
    let renewed = door.world.certificate();

    door.gate.store().suspend(Suspension::OtherFeed).unwrap();
    assert!(door.gate.store().leave_feed().unwrap());

    assert_eq!(door.gate.store().certificate(), &renewed);
    let door = door.restart();
    assert_eq!(door.gate.into_store().certificate(), &renewed);
}

#[test]
fn a_certificate_that_came_with_the_list_and_was_not_kept_yet_is_found_at_the_next_opening() {
    let (mut door, _) = Door::new();
    let file = door.data.path().join(EVENT.to_string()).join("store.db");
    let enrolment = |file: &std::path::Path| -> Vec<u8> {
        let connection = Connection::open(file).unwrap();
        connection.query_row("SELECT sealed FROM enrolment WHERE id = 1", [], |row| row.get(0)).unwrap()
    };
    let Door { world, gate, data } = door;
    drop(gate);
    let before = enrolment(&file);
    door = Door { gate: reopened(&world, &data), world, data };
    renew(&mut door.world, MORNING);
    door.sync();
    let Door { world, gate, data } = door;
    drop(gate);
    let connection = Connection::open(&file).unwrap();
    connection.execute("UPDATE enrolment SET sealed = ?1 WHERE id = 1", [before]).unwrap();
    drop(connection);

    let store = world.open_store(data.path()).unwrap();

    assert_eq!(store.finding(), None);
    assert_eq!(store.certificate(), &world.certificate());
}

fn reopened(world: &FeedWorld, data: &tempfile::TempDir) -> usher_terminal::gate::Gate {
    let store = world.open_store(data.path()).unwrap();
    usher_terminal::gate::Gate::new(store, world.clock.clone(), GateId(0))
}

#[test]
fn a_certificate_of_the_next_server_key_is_adopted_once_the_earlier_one_vouched_for_that() {
    let (mut door, issues) = Door::new();
    let new = SigningKey::from_bytes(&[77; 32]);
    let key = public_key(&new).to_bytes();
    door.world.push(&Body::Key { kid: Kid(9), purpose: KeyPurpose::Server, state: KeyState::Active, key });
    door.sync();
    door.world.server = new;
    renew(&mut door.world, MORNING);
    door.sync();

    let mut door = door.restart();

    assert_eq!(door.gate.store().certificate(), &door.world.certificate());
    assert!(door.enter(&door.world.credential(1, issues[1])).verdict.is_admit());
}
