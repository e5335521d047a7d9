//! From a code's text to a durable verdict, and from a passphrase to a checked store.

use std::sync::atomic::{AtomicU64, Ordering};

use divan::Bencher;
use harness::feed_world::{EVENT, FeedWorld, PASSPHRASE};
use sync_protocol::id::{GateId, Issue};
use sync_protocol::verdict::Direction;
use tempfile::TempDir;
use usher_terminal::cache::Store;
use usher_terminal::gate::{Gate, Source};

fn main() {
    divan::main();
}

struct Door {
    world: FeedWorld,
    issues: Vec<Issue>,
    data: TempDir,
}

impl Door {
    fn new(tickets: u64) -> (Self, Store) {
        let mut world = FeedWorld::new();
        let issues = (1..=tickets).map(|serial| world.push_ticket(serial, "Ada Lovelace")).collect();
        let data = TempDir::new().expect("a temporary folder");
        let mut store = world.create_store(data.path());
        world.load_snapshot(&mut store).expect("the snapshot is whole");
        while store.tend().expect("the store tidies up") {}
        (Self { world, issues, data }, store)
    }
}

/// Text to durable admission, another ticket each time.
#[divan::bench(args = [1_000, 100_000], max_time = 10)]
fn code_to_durable_verdict(bencher: Bencher<'_, '_>, tickets: u64) {
    let (door, store) = Door::new(tickets);
    let mut gate = Gate::new(store, door.world.clock.clone(), GateId(0));
    let next = AtomicU64::new(0);
    bencher
        .with_inputs(|| {
            // Spread over the list, as a queue is.
            let at = next.fetch_add(7_919, Ordering::Relaxed) % tickets;
            let issue = door.issues.get(usize::try_from(at).expect("small")).copied().expect("one for each");
            door.world.clock.advance(1_000);
            door.world.credential(at + 1, issue)
        })
        .bench_local_values(|text| gate.present(&text, Source::Scanned, Direction::Entry).expect("no fault"));
}

/// Opening and checking every row; the key derivation is made to cost nothing.
#[divan::bench(args = [1_000, 100_000], sample_count = 10)]
fn unlock(bencher: Bencher<'_, '_>, tickets: u64) {
    let (door, store) = Door::new(tickets);
    drop(store);
    bencher
        .bench_local(|| Store::open(door.data.path(), EVENT, PASSPHRASE, &mut |_, _| {}).expect("the store is whole"));
}

/// A whole list, downloaded already, into the store.
#[divan::bench(args = [100_000], sample_count = 3)]
fn load_snapshot(bencher: Bencher<'_, '_>, tickets: u64) {
    let (door, store) = Door::new(tickets);
    drop(store);
    bencher
        .with_inputs(|| {
            let data = TempDir::new().expect("a temporary folder");
            let store = door.world.create_store(data.path());
            (data, store)
        })
        .bench_local_values(|(data, mut store)| {
            door.world.load_snapshot(&mut store).expect("the snapshot is whole");
            (data, store)
        });
}
