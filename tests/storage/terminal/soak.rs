//! Twelve hours at a door, shortened: what it holds in memory and on its disk must not grow with
//! the time that it stands there.

use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::feed_world::{EVENT, FeedWorld};
use sync_protocol::id::{GateId, Issue};
use sync_protocol::time::Uptime;
use sync_protocol::verdict::TicketStatus;
use tempfile::TempDir;
use usher_terminal::app::{Event, RECENT_MAX, State, update};
use usher_terminal::catalogue::{Catalogue, Language};
use usher_terminal::door::Notice;
use usher_terminal::gate::{Gate, Source, desk};
use usher_terminal::tui::words::{self, Clockface, Names};

/// One every three seconds for twelve hours.
const PRESENTATIONS: u64 = 14_400;
/// What is needed once is there after three hours.
const WARM_UP: u64 = 3_600;
const EVERY_MS: u64 = 3_000;
/// Everybody is in after two hours; the journal goes on with denials.
const TICKETS: u64 = 2_000;
/// How much more memory may be in use after the last nine hours than before: allocators keep some aside.
const GROWTH_KIB_MAX: u64 = 12 * 1_024;
/// How long the write-ahead log may be.
const LOG_BYTES_MAX: u64 = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn twelve_hours_at_a_door_leave_nothing_behind_that_grows() {
    let data = on_memory();
    let mut world = FeedWorld::new();
    let issues: Vec<Issue> =
        (1..=TICKETS).map(|serial| world.push_ticket(serial, &format!("Guest {serial}"))).collect();
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    let clock = world.clock.clone();
    let forged: Vec<String> = (1..=20).map(|serial| world.credential(serial, Issue(9_999))).collect();
    let good: Vec<String> =
        (1..=TICKETS).zip(&issues).map(|(serial, issue)| world.credential(serial, *issue)).collect();
    let world = Arc::new(Mutex::new(world));
    let (notices, told) = mpsc::channel();
    let (desk, thread) = desk::open(Gate::new(store, clock.clone(), GateId(0)), notices).unwrap();
    let mut door = Door { told, state: State::new(false), catalogue: Catalogue::new(Language::German), up_ms: 0 };

    let mut before = 0;
    for number in 0..PRESENTATIONS {
        clock.advance(EVERY_MS);
        door.up_ms += EVERY_MS;
        let at = usize::try_from(number).unwrap();
        let text = match number % 10 {
            7 => format!("https://example.org/{number}"),
            8 => forged[at % forged.len()].clone(),
            _ => good[at % good.len()].clone(),
        };
        desk.present_in_turn(text, Source::Scanned);
        door.wait_for_a_verdict();
        if number % 20 == 0 {
            let (world, issue) = (Arc::clone(&world), issues[at % issues.len()]);
            desk.call(move |gate| {
                let mut world = world.lock().unwrap();
                world.push_row(number % TICKETS + 1, "Guest, renamed", issue, TicketStatus::Valid);
                world.sync(gate.store()).unwrap();
                while gate.tend().unwrap() {}
            })
            .unwrap();
        }
        if number == WARM_UP {
            before = resident_kib();
        }
    }

    let after = resident_kib();
    assert!(after < before + GROWTH_KIB_MAX, "{before} KiB after three hours, {after} KiB after twelve");
    assert!(door.state.recent().len() <= RECENT_MAX);
    let log = fs::metadata(data.path().join(EVENT.to_string()).join("store.db-wal")).unwrap().len();
    assert!(log <= LOG_BYTES_MAX, "{log} bytes");
    desk.close();
    let mut store = thread.join().unwrap().into_store();
    assert!(store.counts().entries > PRESENTATIONS / 2);
    store.verify_journal().unwrap();
    assert!(!store.tend().unwrap());
}

/// What stands before the desk: the screen's state and its words.
struct Door {
    told: Receiver<Notice>,
    state: State,
    catalogue: Catalogue,
    up_ms: u64,
}

impl Door {
    fn wait_for_a_verdict(&mut self) {
        loop {
            let notice = self.told.recv_timeout(PATIENCE).unwrap();
            if let Notice::Fault(fault) = &notice {
                panic!("{fault:?}");
            }
            let is_verdict = matches!(notice, Notice::Decided(_));
            update(&mut self.state, Event::Tick(Uptime(self.up_ms)));
            update(&mut self.state, Event::Notice(notice));
            if !is_verdict {
                continue;
            }
            let clock = Clockface::new("Europe/Berlin", self.state.clock().unwrap_or_default());
            let names = Names::new(&self.catalogue, self.state.rules(), clock);
            let decided = self.state.last().unwrap();
            assert!(!words::message(decided, &names).headline.is_empty());
            assert!(!words::detail(decided, &names).is_empty());
            return;
        }
    }
}

/// A folder in memory where there is one: how long a disk takes is not what this is about.
fn on_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
