//! The gate over a real store: verify, look up, decide, write down, tell.

use std::sync::mpsc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use harness::feed_world::{FeedWorld, MORNING, ticket};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::hash::sha256;
use sync_protocol::id::{GateId, Issue, ZoneId};
use sync_protocol::journal::ledger::evidence_of;
use sync_protocol::journal::{EntryKind, Flags};
use sync_protocol::policy::{Manual, Unlisted};
use sync_protocol::ticket::Credential;
use sync_protocol::time::Hlc;
use sync_protocol::verdict::{Code, Direction, TicketStatus, Verdict};
use usher_terminal::door::{Fault, Link, Notice, Suspension};
use usher_terminal::gate::{Gate, Source, desk};

use crate::door::{Door, code};

#[test]
fn a_good_ticket_comes_in_once_and_the_journal_says_why() {
    let (mut door, issues) = Door::new();
    let text = door.world.credential(3, issues[3]);
    let decided = door.enter(&text);
    assert!(decided.verdict.is_admit());
    assert_eq!(decided.ticket, Some(ticket(3)));
    assert_eq!(decided.attendee.as_ref().map(|a| (a.name.as_str(), a.note.as_str())), Some(("Guest 3", "seat 3")));
    assert_eq!(decided.class.as_deref(), Some("Day pass"));
    let entry = door.entry(decided.entry);
    assert_eq!((entry.kind, entry.ticket, entry.issue, entry.reason), (EntryKind::Admit, ticket(3), issues[3], 0));
    assert_eq!(entry.credential, Some(sha256(&[&Credential::from_text(&text).unwrap().to_bytes()])));
    let evidence = entry.evidence.unwrap();
    assert_eq!((evidence.policy.0, evidence.row.0), (1, u64::from(issues[3].0)));
    assert_eq!((evidence.history_count, evidence.history_hash), evidence_of([]));

    assert_eq!(code(&door.enter(&text)), Some(Code::JustScanned));
    door.world.clock.advance(6_000);
    let again = door.enter(&text);
    assert_eq!(code(&again), Some(Code::AlreadyIn));
    let entry = door.entry(again.entry);
    assert_eq!((entry.kind, entry.reason), (EntryKind::Deny, Code::AlreadyIn as u16));
    assert_eq!(entry.evidence.unwrap().history_count, 1);

    let mut door = door.restart();
    assert_eq!(code(&door.enter(&text)), Some(Code::AlreadyIn), "it remembers");
    assert_eq!(door.gate.store().inside(ZoneId(0)), 1);
}

#[test]
fn forged_foreign_superseded_and_cancelled_tickets_are_denied() {
    let (mut door, issues) = Door::new();
    let forged = door.world.credential_by(&SigningKey::from_bytes(&[99; 32]), 1, issues[1]);
    let decided = door.enter(&forged);
    assert_eq!((code(&decided), decided.ticket, &decided.attendee), (Some(Code::BadSignature), None, &None));
    assert_eq!(door.entry(decided.entry).ticket.0, 0, "nobody vouches for the number on it");

    let old = door.world.credential(2, issues[2]);
    door.world.push_ticket(2, "Guest 2");
    door.world.push_row(4, "Guest 4", issues[4], TicketStatus::Cancelled);
    door.sync();
    assert_eq!(code(&door.enter(&old)), Some(Code::Superseded));
    let cancelled = door.world.credential(4, issues[4]);
    let decided = door.enter(&cancelled);
    assert_eq!(code(&decided), Some(Code::Cancelled));
    assert_eq!(decided.attendee.map(|attendee| attendee.name).as_deref(), Some("Guest 4"));
}

#[test]
fn what_is_no_ticket_is_told_and_forgotten() {
    let (mut door, _) = Door::new();
    let decided = door.enter("https://example.org/menu");
    assert_eq!((code(&decided), decided.entry), (Some(Code::NotATicket), None));
    assert_eq!(door.gate.store().unsent(), 0);
}

#[test]
fn a_ticket_sold_after_the_last_download_comes_in_flagged_up_to_the_cap() {
    let mut world = FeedWorld::new();
    let mut policy = harness::feed_world::policy();
    policy.limits.unlisted_cap = 1;
    world.push(&Body::Policy(policy.clone()));
    let mut door = Door::of(world);
    let later = Issue(u32::try_from(door.world.seq().0).unwrap() + 5);
    let (one, two) = (door.world.credential(101, later), door.world.credential(102, later));
    match door.enter(&one).verdict {
        Verdict::Admit { flags, .. } => assert!(flags.has(Flags::UNLISTED)),
        verdict => panic!("{verdict:?}"),
    }
    let mut door = door.restart();
    assert_eq!(code(&door.enter(&two)), Some(Code::Unlisted), "the cap holds across restarts");
    policy.switches.unlisted = Unlisted::Deny;
    let unknown = door.world.credential(103, Issue(1));
    assert_eq!(code(&door.enter(&unknown)), Some(Code::NotInList));
}

#[test]
fn a_typed_code_finds_its_ticket_and_a_scanned_one_is_no_ticket() {
    let (mut door, _) = Door::new();
    let typed = ticket(7).typed_code().to_lowercase();
    assert_eq!(code(&door.enter(&typed)), Some(Code::NotATicket));
    let decided = door.gate.present(&typed, Source::Typed, Direction::Entry).unwrap();
    match decided.verdict {
        Verdict::Admit { flags, .. } => assert!(flags.has(Flags::MANUAL)),
        ref verdict => panic!("{verdict:?}"),
    }
    assert_eq!(decided.ticket, Some(ticket(7)));
    let mut policy = harness::feed_world::policy();
    policy.switches.manual = Manual::Never;
    door.world.push(&Body::Policy(policy));
    door.sync();
    let other = ticket(8).typed_code();
    let decided = door.gate.present(&other, Source::Typed, Direction::Entry).unwrap();
    assert_eq!(code(&decided), Some(Code::ManualNotAllowed));
}

#[test]
fn who_goes_out_is_counted_out() {
    let (mut door, issues) = Door::new();
    let text = door.world.credential(1, issues[1]);
    door.enter(&text);
    assert_eq!(door.gate.status().inside, 1);
    door.world.clock.advance(10_000);
    let out = door.gate.present(&text, Source::Scanned, Direction::Exit).unwrap();
    assert!(out.verdict.is_admit());
    assert_eq!(door.entry(out.entry).kind, EntryKind::Exit);
    let status = door.gate.status();
    assert_eq!((status.inside, status.capacity, status.admitted_last_hour), (0, Some(1_000_000), 1));
    assert_eq!((status.gate.as_str(), status.zone.as_str(), status.unsent), ("Main", "Hall", 2));
}

#[test]
fn a_suspended_terminal_decides_nothing_and_writes_nothing() {
    let (mut door, issues) = Door::new();
    let text = door.world.credential(1, issues[1]);
    door.world.push_device(DeviceStatus::Revoked);
    door.sync();
    let decided = door.enter(&text);
    assert_eq!((code(&decided), decided.entry, decided.ticket), (Some(Code::TerminalNotReady), None, None));
    assert_eq!(door.gate.status().suspended, Some(Suspension::Revoked));
}

#[test]
fn before_the_first_download_and_after_its_certificate_a_terminal_is_not_ready() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    let mut gate = Gate::new(world.create_store(data.path()), world.clock.clone(), GateId(0));
    let text = world.credential(1, Issue(9));
    let decided = gate.present(&text, Source::Scanned, Direction::Entry).unwrap();
    assert_eq!(code(&decided), Some(Code::TerminalNotReady));

    let (mut door, issues) = Door::new();
    let text = door.world.credential(1, issues[1]);
    door.world.clock.advance(2 * 86_400_000);
    assert_eq!(code(&door.enter(&text)), Some(Code::TerminalNotReady));
    assert_eq!(door.gate.status().suspended, Some(Suspension::Certificate));
}

#[test]
fn a_clock_behind_the_journal_is_a_fault_and_no_denial() {
    let (mut door, issues) = Door::new();
    let text = door.world.credential(1, issues[1]);
    door.enter(&text);
    door.world.clock.reboot();
    door.world.clock.set_wall(MORNING.minus(3_600_000));
    let other = door.world.credential(2, issues[2]);
    assert_eq!(door.gate.present(&other, Source::Scanned, Direction::Entry).unwrap_err(), Fault::ClockWentBack);
    assert_eq!(door.gate.status().suspended, Some(Suspension::Clock));
    door.world.clock.set_wall(MORNING.plus(1_000));
    assert!(door.enter(&other).verdict.is_admit(), "a repaired clock goes on");
    assert!(door.gate.store().hlc() >= Hlc::at(MORNING));
}

#[test]
fn a_store_that_cannot_be_written_is_a_fault_and_no_denial() {
    let (mut door, issues) = Door::new();
    let text = door.world.credential(1, issues[1]);
    let folder = door.data.path().join(harness::feed_world::EVENT.to_string());
    let intruder = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let fault = door.gate.present(&text, Source::Scanned, Direction::Entry).unwrap_err();
    assert!(matches!(fault, Fault::Store(_)));
    intruder.execute_batch("ROLLBACK").unwrap();
    assert!(door.enter(&text).verdict.is_admit(), "nothing was counted");
}

#[test]
fn the_desk_tells_verdicts_status_and_rules_and_runs_jobs_between() {
    let (door, issues) = Door::new();
    let Door { world, gate, data: _data } = door;
    let (send, notices) = mpsc::channel();
    let (desk, thread) = desk::open(gate, send).unwrap();
    desk.present(world.credential(5, issues[5]), Source::Scanned);
    desk.call(|gate| gate.set_link(Link::Online)).unwrap();
    let mut seen = (false, false, false);
    while seen != (true, true, true) {
        match notices.recv_timeout(Duration::from_secs(20)).expect("the gate's thread tells") {
            Notice::Decided(decided) => seen.0 |= decided.verdict.is_admit(),
            Notice::Status(status) => seen.1 |= status.link == Link::Online && status.unsent == 1,
            Notice::Rules(policy) => seen.2 |= policy.event == "RustConf",
            _ => {}
        }
    }
    let unsent = desk.call(|gate| gate.store().unsent()).unwrap();
    assert_eq!(unsent, 1);
    desk.present(world.credential(6, issues[6]), Source::Scanned);
    desk.close();
    let mut gate = thread.join().unwrap();
    assert_eq!(gate.store().unsent(), 2, "what was presented is decided before the end");
    assert_eq!(desk.call(|_| ()), Err(desk::Closed));
}
