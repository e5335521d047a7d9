//! An event that is over: its terminal destroys what it holds, and nothing that the server has not.

use std::path::Path;

use harness::feed_world::{EVENT, FeedWorld, MORNING, ticket};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{FeedSeq, GateId, Seq};
use sync_protocol::journal::EntryKind;
use sync_protocol::sync::ack::Ack;
use usher_terminal::cache::{self, Store, StoreError};
use usher_terminal::door::Suspension;
use usher_terminal::gate::Gate;

#[test]
fn a_closed_event_is_erased_once_all_is_acknowledged_and_not_before() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut gate = open(&world, data.path());
    admit(&world, gate.store());
    acknowledge(gate.store());
    assert!(!gate.shred(), "the event goes on");

    world.push(&Body::Close);
    world.sync(gate.store()).unwrap();
    admit(&world, gate.store());

    assert!(!gate.shred(), "one check-in was not sent");
    assert_eq!(gate.status().suspended, Some(Suspension::Closed));
    assert_eq!(gate.store().entries_after(Seq(0), 10).unwrap().entries.len(), 2);
    assert!(cache::over(data.path()).unwrap().is_empty());
    acknowledge(gate.store());
    assert!(gate.shred());
    assert_eq!(gate.status().suspended, Some(Suspension::Shredded));
    assert!(!data.path().join(EVENT.to_string()).exists());
    assert_eq!(cache::over(data.path()).unwrap(), [EVENT], "the next start can say so");
    assert!(matches!(world.open_store(data.path()), Err(StoreError::NotEnrolled(_))));
}

#[test]
fn a_revoked_terminal_erases_nothing_when_the_event_closes() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut gate = open(&world, data.path());
    world.push_device(DeviceStatus::Revoked);
    world.push(&Body::Close);
    world.sync(gate.store()).unwrap();

    assert!(!gate.shred());

    assert!(data.path().join(EVENT.to_string()).join("store.db").is_file());
}

#[test]
fn erasing_that_was_interrupted_is_finished_by_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push(&Body::Close);
    let mut store = world.create_store(data.path());
    world.sync(&mut store).unwrap();

    // The power fails after the mark and before anything is destroyed.
    assert!(store.begin_shredding().unwrap());
    assert_eq!(cache::over(data.path()).unwrap(), [EVENT]);
    assert!(data.path().join(EVENT.to_string()).exists(), "another program has it open");
    drop(store);

    assert_eq!(cache::over(data.path()).unwrap(), [EVENT]);
    assert!(cache::enrolled(data.path()).unwrap().is_empty());
    assert!(!data.path().join(EVENT.to_string()).exists());
}

#[test]
fn a_terminal_that_is_enrolled_again_forgets_the_event_before() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push(&Body::Close);
    let mut gate = open(&world, data.path());
    assert!(gate.shred());

    let store = FeedWorld::new().create_store(data.path());

    assert!(cache::over(data.path()).unwrap().is_empty());
    drop(store);
    assert_eq!(cache::enrolled(data.path()).unwrap(), [EVENT]);
}

fn open(world: &FeedWorld, data: &Path) -> Gate {
    let mut store = world.create_store(data);
    world.sync(&mut store).unwrap();
    Gate::new(store, world.clock.clone(), GateId(0))
}

fn admit(world: &FeedWorld, store: &mut Store) {
    let moment = store.moment(world.clock.as_ref());
    let mut draft = Store::draft(EntryKind::Admit);
    draft.ticket = ticket(1);
    store.append(draft, &moment).unwrap();
}

/// Has the server hold the journal to its end.
fn acknowledge(store: &mut Store) {
    let (link, device) = (store.journal_end(), store.identity().device());
    let ack = Ack { event: EVENT, device, seq: link.seq, hash: link.hash, feed_seq: FeedSeq(1), time: MORNING };
    store.acknowledge(&ack).unwrap();
}
