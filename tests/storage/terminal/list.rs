//! Taking in the server's list: snapshots, changes, and what the feed says about this terminal.

use std::collections::BTreeMap;

use harness::feed_world::{DEVICE_NO, EVENT, FeedWorld, MORNING, ticket};
use proptest::prelude::*;
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose};
use sync_protocol::feed::head::HeadError;
use sync_protocol::feed::snapshot::SnapshotError;
use sync_protocol::id::{FeedId, GateId, Kid, Seq};
use sync_protocol::journal::{EntryKind, Movement, MovementKind};
use sync_protocol::key::public_key;
use sync_protocol::ticket::KeyState;
use sync_protocol::time::Hlc;
use sync_protocol::verdict::TicketStatus;
use usher_terminal::cache::{Noted, Store, StoreError};
use usher_terminal::door::Suspension;

fn name_of(store: &Store, serial: u64) -> Option<String> {
    store.ticket(ticket(serial)).unwrap().map(|(_, row)| row.name)
}

#[test]
fn a_snapshot_and_the_changes_after_it_are_the_servers_list() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push_tickets(1..=20, "Guest");
    let mut store = world.create_store(data.path());
    assert_eq!(store.position(), None);
    world.load_snapshot(&mut store).unwrap();
    world.push_ticket(3, "Guest 3 renamed");
    world.push_ticket(21, "Guest 21");
    world.sync(&mut store).unwrap();

    let check = |store: &Store| {
        assert_eq!(store.counts().tickets, 21);
        assert_eq!(name_of(store, 3).as_deref(), Some("Guest 3 renamed"));
        assert_eq!(name_of(store, 21).as_deref(), Some("Guest 21"));
        assert_eq!(name_of(store, 22), None);
        assert_eq!(store.position().unwrap().point.seq, world.seq());
        assert_eq!(store.policy().unwrap().1.event, "RustConf");
    };
    check(&store);
    drop(store);
    let store = world.open_store(data.path()).unwrap();
    assert_eq!(store.finding(), None);
    check(&store);
    assert_eq!(store.counts().openings, 2);
}

#[test]
fn an_interrupted_download_goes_on_where_it_was() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push_tickets(1..=20, "Guest");
    let (manifest, chunks) = world.snapshot(8);
    let mut store = world.create_store(data.path());
    for (name, packed) in &chunks[..2] {
        store.stage_chunk(name, packed).unwrap();
    }
    drop(store);

    let mut store = world.open_store(data.path()).unwrap();
    let staged: Vec<bool> = chunks.iter().map(|(name, _)| store.is_staged(&name.hash).unwrap()).collect();
    assert_eq!(staged, [true, true, false]);
    let moment = store.moment(world.clock.as_ref());
    let early = store.apply_snapshot(&manifest, &world.head(), &moment, &mut |_, _| {});
    assert!(matches!(early, Err(StoreError::MissingChunk)));
    assert_eq!(store.position(), None);

    store.stage_chunk(&chunks[2].0, &chunks[2].1).unwrap();
    let mut told = Vec::new();
    store.apply_snapshot(&manifest, &world.head(), &moment, &mut |done, total| told.push((done, total))).unwrap();
    assert_eq!(told.last(), Some(&(23, 23)));
    assert_eq!(store.counts().tickets, 20);
    assert!(!store.is_staged(&chunks[0].0.hash).unwrap(), "chunks go once their rows are in the list");
}

#[test]
fn an_interrupted_loading_leaves_the_list_that_was_there() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push_ticket(1, "before");
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    world.push_ticket(1, "after");
    world.push_tickets(2..=900, "after");
    let (manifest, chunks) = world.snapshot(400);
    for (name, packed) in &chunks {
        store.stage_chunk(name, packed).unwrap();
    }
    let mut loading = store.begin_loading(&manifest).unwrap();
    let bite = loading.next_bite().unwrap().unwrap();
    store.write_bite(&bite).unwrap();
    assert_eq!(name_of(&store, 1).as_deref(), Some("before"), "half a snapshot is not the list");
    while store.tend().unwrap() {}
    drop(store);

    let mut store = world.open_store(data.path()).unwrap();
    assert_eq!(store.finding(), None);
    assert_eq!(name_of(&store, 1).as_deref(), Some("before"));
    assert_eq!(store.counts().tickets, 1);
    while store.tend().unwrap() {}
    world.load_snapshot(&mut store).unwrap();
    assert_eq!(name_of(&store, 1).as_deref(), Some("after"));
    assert_eq!(store.counts().tickets, 900);
}

#[test]
fn what_the_server_did_not_sign_or_list_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push_ticket(1, "Ada");
    let mut store = world.create_store(data.path());
    let (manifest, chunks) = world.snapshot(100);
    let (name, packed) = &chunks[0];
    let other = [&packed[..], &[0]].concat();
    let refused = store.stage_chunk(name, &other);
    assert!(matches!(refused, Err(StoreError::Snapshot(SnapshotError::WrongChunk))));

    let mut forged = manifest.clone();
    forged.signature[0] ^= 1;
    assert!(matches!(store.begin_loading(&forged), Err(StoreError::Snapshot(SnapshotError::Signature(_)))));
    let mut head = world.head();
    head.signature[0] ^= 1;
    let moment = store.moment(world.clock.as_ref());
    let pulled = world.pull(&store);
    let refused = store.apply(pulled, &head, &moment);
    assert!(matches!(refused, Err(StoreError::Head(HeadError::Signature(_)))));
    assert_eq!(store.position(), None);

    world.sync(&mut store).unwrap();
    let old = manifest;
    world.push_ticket(2, "Grace");
    world.sync(&mut store).unwrap();
    assert!(matches!(store.begin_loading(&old), Err(StoreError::Misfit)), "a snapshot older than the list");
}

#[test]
fn a_head_that_tells_nothing_new_keeps_the_list_fresh() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    world.sync(&mut store).unwrap();
    assert_eq!(store.freshness(), Some((MORNING, MORNING.plus(3_600_000))));
    let early = world.head();
    world.clock.advance(600_000);
    let moment = store.moment(world.clock.as_ref());
    assert_eq!(store.note_head(&world.head(), &moment).unwrap(), Noted::Current);
    assert_eq!(store.freshness(), Some((MORNING.plus(600_000), MORNING.plus(4_200_000))));
    assert_eq!(store.note_head(&early, &moment).unwrap(), Noted::Current);
    assert_eq!(store.freshness(), Some((MORNING.plus(600_000), MORNING.plus(4_200_000))), "a late answer");
    world.push_ticket(1, "Ada");
    assert_eq!(store.note_head(&world.head(), &moment).unwrap(), Noted::Behind);
    let other = FeedWorld::with_feed(FeedId([1; 16]));
    assert!(matches!(store.note_head(&other.head(), &moment), Err(StoreError::Misfit)));
}

#[test]
fn a_revoked_terminal_and_a_closed_event_stop_admitting_for_good() {
    for (status, reason) in [(DeviceStatus::Revoked, Suspension::Revoked), (DeviceStatus::Forked, Suspension::Forked)] {
        let data = tempfile::tempdir().unwrap();
        let mut world = FeedWorld::new();
        let mut store = world.create_store(data.path());
        world.push_device(status);
        world.sync(&mut store).unwrap();
        assert_eq!(store.suspension(), Some(reason));
        store.suspend(Suspension::FeedBroken).unwrap();
        world.load_snapshot(&mut store).unwrap();
        drop(store);
        assert_eq!(world.open_store(data.path()).unwrap().suspension(), Some(reason));
    }
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push(&Body::Close);
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::Closed));
}

fn movement(seq: Seq, entry_hash: [u8; 32]) -> Body {
    Body::Move(Movement {
        hlc: Hlc::at(MORNING),
        device: DEVICE_NO,
        seq,
        kind: MovementKind::Admit,
        is_override: false,
        ticket: ticket(1),
        gate: GateId(0),
        entry_hash,
    })
}

#[test]
fn movements_of_this_terminal_that_its_journal_lacks_show_that_its_disk_went_back() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    let moment = store.moment(world.clock.as_ref());
    let mut draft = Store::draft(EntryKind::Admit);
    draft.ticket = ticket(1);
    let signed = store.append(draft, &moment).unwrap();
    world.push(&movement(Seq(1), *signed.hash()));
    world.sync(&mut store).unwrap();
    assert_eq!(store.suspension(), None, "its own entry, come back");
    assert_eq!(store.history(ticket(1)).len(), 1);

    world.push(&movement(Seq(2), [7; 32]));
    world.sync(&mut store).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::RolledBack));

    let data = tempfile::tempdir().unwrap();
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::RolledBack), "the same by a snapshot");
}

#[test]
fn a_new_server_key_that_the_old_one_vouches_for_takes_over() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    let new = ed25519_dalek::SigningKey::from_bytes(&[77; 32]);
    let key = public_key(&new).to_bytes();
    world.push(&Body::Key { kid: Kid(9), purpose: KeyPurpose::Server, state: KeyState::Active, key });
    world.sync(&mut store).unwrap();
    drop(store);
    world.server = new;
    world.push_ticket(1, "Ada");
    let mut store = world.open_store(data.path()).unwrap();
    world.sync(&mut store).unwrap();
    assert_eq!(name_of(&store, 1).as_deref(), Some("Ada"));
    assert!(store.head().is_some());
}

#[test]
fn another_feed_is_taken_up_only_when_staff_say_so_and_the_journal_is_sent_again() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    world.push_ticket(1, "Ada");
    let mut store = world.create_store(data.path());
    world.sync(&mut store).unwrap();
    let moment = store.moment(world.clock.as_ref());
    store.append(Store::draft(EntryKind::Admit), &moment).unwrap();
    let restored = FeedWorld::with_feed(FeedId([1; 16]));
    assert!(matches!(restored.load_snapshot(&mut store), Err(StoreError::Misfit)));
    store.suspend(Suspension::ServerFork).unwrap();
    assert!(!store.leave_feed().unwrap(), "two histories of one feed are no restored server");
    store.suspend(Suspension::OtherFeed).unwrap();
    assert!(store.leave_feed().unwrap());
    assert_eq!((store.suspension(), store.position(), store.unsent()), (None, None, 1));
    restored.load_snapshot(&mut store).unwrap();
    assert_eq!(store.counts().tickets, 0);
    drop(store);
    assert_eq!(world.open_store(data.path()).unwrap().finding(), None);
}

#[test]
fn events_that_are_enrolled_are_found() {
    let data = tempfile::tempdir().unwrap();
    assert!(usher_terminal::cache::enrolled(&data.path().join("nothing")).unwrap().is_empty());
    drop(FeedWorld::new().create_store(data.path()));
    assert_eq!(usher_terminal::cache::enrolled(data.path()).unwrap(), [EVENT]);
}

#[derive(Clone, Debug)]
enum Step {
    Issue(u64, u8),
    Pull,
    Snapshot,
    Reopen,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..30_u64, any::<u8>()).prop_map(|(serial, name)| Step::Issue(serial, name)),
        3 => Just(Step::Pull),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_list_is_a_plain_map_of_what_arrived(steps in proptest::collection::vec(any_step(), 1..40)) {
        let data = tempfile::tempdir().unwrap();
        let mut world = FeedWorld::new();
        let mut store = Some(world.create_store(data.path()));
        let mut server: BTreeMap<u64, String> = BTreeMap::new();
        let mut expected = server.clone();
        for step in steps {
            let held = store.as_mut().unwrap();
            match step {
                Step::Issue(serial, name) => {
                    let name = format!("Guest {name}");
                    world.push_row(serial, &name, sync_protocol::id::Issue(1), TicketStatus::Valid);
                    server.insert(serial, name);
                    continue;
                }
                Step::Pull => world.sync(held).unwrap(),
                Step::Snapshot => world.load_snapshot(held).unwrap(),
                Step::Reopen => {
                    drop(store.take());
                    store = Some(world.open_store(data.path()).unwrap());
                    prop_assert_eq!(store.as_ref().unwrap().finding(), None);
                    continue;
                }
            }
            expected.clone_from(&server);
            let _ = held.tend().unwrap();
        }
        let store = store.unwrap();
        prop_assert_eq!(store.counts().tickets, expected.len() as u64);
        for serial in 1..30 {
            prop_assert_eq!(name_of(&store, serial), expected.get(&serial).cloned());
        }
    }
}
