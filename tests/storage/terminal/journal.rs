//! The journal: numbered, chained, signed, and there when it says so.

use std::os::unix::fs::PermissionsExt as _;

use harness::feed_world::{EVENT, FeedWorld, MORNING, PASSPHRASE, ticket};
use sync_protocol::id::{DeviceId, FeedSeq, Seq};
use sync_protocol::journal::{EntryKind, Link, batch};
use sync_protocol::key::public_key;
use sync_protocol::sync::ack::Ack;
use sync_protocol::time::Hlc;
use usher_terminal::cache::{Acknowledged, Store, StoreError};
use usher_terminal::door::Suspension;

fn admit(world: &FeedWorld, store: &mut Store, serial: u64) -> Result<Link, StoreError> {
    let moment = store.moment(world.clock.as_ref());
    let mut draft = Store::draft(EntryKind::Admit);
    draft.ticket = ticket(serial);
    store.append(draft, &moment).map(|signed| signed.link())
}

#[test]
fn entries_are_numbered_dated_chained_and_signed_across_restarts() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    for serial in 1..=3 {
        admit(&world, &mut store, serial).unwrap();
    }
    drop(store);
    world.clock.advance(1_000);
    let mut store = world.open_store(data.path()).unwrap();
    let end = admit(&world, &mut store, 4).unwrap();

    assert_eq!(end.seq, Seq(4));
    assert_eq!(store.verify_journal().unwrap(), end);
    assert_eq!(store.unsent(), 4);
    let run = store.entries_after(Seq(1), 2).unwrap();
    assert_eq!(run.entries.iter().map(|signed| signed.entry().seq).collect::<Vec<_>>(), [Seq(2), Seq(3)]);
    let last = store.entries_after(Seq(3), 10).unwrap().entries[0].entry().clone();
    assert_eq!(last.hlc, Hlc::at(MORNING.plus(1_000)));
    assert_eq!((last.offset_ms, last.uncertainty_ms, last.cursor), (0, 10, FeedSeq(0)));
    assert_eq!(store.history(ticket(2)).len(), 1);
}

#[test]
fn an_upload_reads_beside_the_writer_and_carries_personal_data() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    let reader = store.journal_reader().unwrap();
    let moment = store.moment(world.clock.as_ref());
    let person = br#"{"name":"Ada Lovelace"}"#.to_vec();
    let draft = Store::draft(EntryKind::Incident);
    store.append_with_personal_data(draft, person.clone(), &moment).unwrap();
    admit(&world, &mut store, 1).unwrap();

    let run = reader.entries_after(Seq(0), 100).unwrap();
    assert_eq!(run.personal_data.len(), 1);
    assert_eq!(run.personal_data[0].data, person);
    let (bytes, count) = batch::encode(&run.entries, &run.personal_data);
    assert_eq!(count, 2);
    let key = public_key(&store.device_keys().sign);
    assert!(batch::Batch::decode(&bytes, store.identity().device(), &key).is_ok());
}

#[test]
fn acknowledgements_are_kept_and_those_of_another_journal_show_a_disk_that_went_back() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    let one = admit(&world, &mut store, 1).unwrap();
    let two = admit(&world, &mut store, 2).unwrap();
    let device = store.identity().device();
    let ack =
        |link: Link| Ack { event: EVENT, device, seq: link.seq, hash: link.hash, feed_seq: FeedSeq(1), time: MORNING };
    assert_eq!(store.acknowledge(&ack(two)).unwrap(), Acknowledged::UpTo(Seq(2)));
    assert_eq!(store.unsent(), 0);
    assert_eq!(store.acknowledge(&ack(one)).unwrap(), Acknowledged::UpTo(Seq(1)), "the server lost one");
    drop(store);
    let mut store = world.open_store(data.path()).unwrap();
    assert_eq!(store.unsent(), 1);
    let foreign = Ack { device: DeviceId([1; 16]), ..ack(two) };
    assert!(matches!(store.acknowledge(&foreign), Err(StoreError::Misfit)));

    let more = Link { seq: Seq(3), hash: [1; 32] };
    assert_eq!(store.acknowledge(&ack(more)).unwrap(), Acknowledged::RolledBack);
    assert_eq!(store.suspension(), Some(Suspension::RolledBack));
    assert_eq!(store.entries_after(Seq(0), 10).unwrap().entries.len(), 2, "uploads go on");
}

#[test]
fn after_a_failed_commit_the_store_is_read_again_and_the_journal_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    admit(&world, &mut store, 1).unwrap();
    let intruder = rusqlite::Connection::open(data.path().join(EVENT.to_string()).join("store.db")).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(admit(&world, &mut store, 2), Err(StoreError::Database(_))));
    assert!(admit(&world, &mut store, 2).is_err(), "still closed");
    assert_eq!(store.journal_end().seq, Seq(1));
    intruder.execute_batch("ROLLBACK").unwrap();

    let end = admit(&world, &mut store, 2).unwrap();
    assert_eq!(end.seq, Seq(2));
    assert_eq!(store.verify_journal().unwrap(), end);
}

#[test]
fn one_process_and_the_right_passphrase_open_a_store() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    assert!(matches!(world.open_store(data.path()), Err(StoreError::NotEnrolled(_))));
    // What a crash in the middle of an enrolment leaves: a file, and no key in it.
    std::fs::create_dir(data.path().join(EVENT.to_string())).unwrap();
    std::fs::write(data.path().join(EVENT.to_string()).join("store.db"), b"").unwrap();
    assert!(matches!(world.open_store(data.path()), Err(StoreError::Unfinished)));
    let store = world.create_store(data.path());
    assert!(matches!(world.open_store(data.path()), Err(StoreError::InUse)));
    drop(store);
    let wrong = Store::open(data.path(), EVENT, "abacus abdomen abide absence", &mut |_, _| {});
    assert!(matches!(wrong, Err(StoreError::WrongPassphrase)));
    assert!(Store::open(data.path(), EVENT, &format!("  {PASSPHRASE}\n"), &mut |_, _| {}).is_ok());
}

#[test]
fn files_are_their_owners_alone() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut store = world.create_store(data.path());
    admit(&world, &mut store, 1).unwrap();
    let folder = data.path().join(EVENT.to_string());
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert!(files >= 5, "database, its log, the copy, the lock, the reserve");
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    drop(world.create_store(data.path()));
    let connection = rusqlite::Connection::open(data.path().join(EVENT.to_string()).join("store.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(world.open_store(data.path()), Err(StoreError::Newer { found: 99, .. })));
}
