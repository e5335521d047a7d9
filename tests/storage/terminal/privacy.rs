//! A laptop left on a train: the raw files tell nothing about anybody.

use std::path::Path;

use harness::feed_world::{FeedWorld, ticket};
use sync_protocol::id::GateId;
use sync_protocol::journal::EntryKind;
use sync_protocol::verdict::Direction;
use usher_terminal::cache::Store;
use usher_terminal::gate::{Gate, Source};

const PERSON: &str = r#"{"name":"Grace Hopper","email":"grace@example.org"}"#;

#[test]
fn no_name_address_ticket_or_key_lies_in_any_file() {
    let data = tempfile::tempdir().unwrap();
    let mut world = FeedWorld::new();
    let serial = 0x0012_3456_789a;
    let issue = world.push_ticket(serial, "Ada Lovelace");
    world.push_tickets(1..=50, "Alan Turing");
    let mut store = world.create_store(data.path());
    let (_, chunks) = world.snapshot(20);
    store.stage_chunk(&chunks[0].0, &chunks[0].1).unwrap();
    check(data.path(), &world, &store, "with a download under way");
    world.load_snapshot(&mut store).unwrap();
    world.push_ticket(51, "Barbara Liskov");
    world.sync(&mut store).unwrap();
    let moment = store.moment(world.clock.as_ref());
    store.append_with_personal_data(Store::draft(EntryKind::Incident), PERSON.into(), &moment).unwrap();
    let mut gate = Gate::new(store, world.clock.clone(), GateId(0));
    let text = world.credential(serial, issue);
    assert!(gate.present(&text, Source::Scanned, Direction::Entry).unwrap().verdict.is_admit());
    check(data.path(), &world, gate.store(), "in use");
    gate.tend().unwrap();
    check(data.path(), &world, gate.store(), "after a checkpoint");
}

fn check(data: &Path, world: &FeedWorld, store: &Store, when: &str) {
    let id = ticket(0x0012_3456_789a);
    let keys = store.device_keys();
    let mut secrets: Vec<Vec<u8>> =
        ["Ada", "Lovelace", "Turing", "Liskov", "Hopper", "grace@", "seat 5", "RustConf", "usher.example"]
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
    secrets.push(id.0.to_be_bytes().to_vec());
    secrets.push(id.0.to_le_bytes().to_vec());
    secrets.push(id.typed_code().into_bytes());
    secrets.push(id.0.to_string().into_bytes());
    secrets.push(format!("{:x}", id.0).into_bytes());
    secrets.push(keys.sign.to_bytes().to_vec());
    secrets.push(keys.tls.to_bytes().to_vec());
    secrets.push(store.k_body().to_vec());
    secrets.push(world.ticket_key.verifying_key().to_bytes().to_vec());
    secrets.push(world.server.verifying_key().to_bytes().to_vec());
    let mut files = Vec::new();
    walk(data, &mut files);
    assert!(files.len() >= 5);
    for (path, bytes) in files {
        if path.ends_with("reserve") {
            assert!(bytes.iter().all(|byte| *byte == 0), "{when}: the reserve holds nothing");
            continue;
        }
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{when}: {path} holds {:?}", String::from_utf8_lossy(secret));
        }
    }
}

fn walk(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_other_program_of_the_user_looks_into_the_memory_of_an_open_terminal() {
    use rustix::process::{DumpableBehavior, dumpable_behavior};
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable);
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();

    drop(world.create_store(data.path()));
    let _open = world.open_store(data.path()).unwrap();

    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
}
