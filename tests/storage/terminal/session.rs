//! A session in the journal: who was at the terminal, and when its screen was locked.

use harness::feed_world::FeedWorld;
use sync_protocol::id::{GateId, Seq};
use sync_protocol::journal::{EntryKind, IncidentKind, SessionEvent};
use sync_protocol::verdict::{Code, Direction, NotReady, Verdict};
use usher_terminal::door::{Answer, Notice, Request, SessionAnswer, SessionRequest};
use usher_terminal::gate::{Gate, Source};
use usher_terminal::session::{Digits, Session, TRIES, WhileLocked};

#[test]
fn every_entry_names_who_was_at_the_terminal_and_the_session_is_written_down() {
    let (mut gate, code, _data) = open(WhileLocked::Scan);

    ask(&mut gate, SessionRequest::Operator("Grace Hopper".into()));
    assert!(matches!(enter(&mut gate, &code), Verdict::Admit { .. }));
    ask(&mut gate, SessionRequest::Pin(digits("1234")));
    ask(&mut gate, SessionRequest::Lock);
    assert_eq!(ask(&mut gate, SessionRequest::Unlock(digits("9999"))), SessionAnswer::WrongPin { left: TRIES - 1 });
    assert_eq!(ask(&mut gate, SessionRequest::Unlock(digits("1234"))), SessionAnswer::Unlocked);
    gate.end_session();

    let entries = gate.store().entries_after(Seq(0), 100).unwrap().entries;
    let told: Vec<(EntryKind, u16, Option<&str>)> = entries
        .iter()
        .map(|entry| (entry.entry().kind, entry.entry().reason, entry.entry().operator.as_deref()))
        .collect();
    let session = |event: SessionEvent, who| (EntryKind::Session, event.reason(), Some(who));
    assert_eq!(
        told,
        [
            session(SessionEvent::Unlocked, "Ada Lovelace"),
            session(SessionEvent::OperatorChanged, "Grace Hopper"),
            (EntryKind::Admit, 0, Some("Grace Hopper")),
            session(SessionEvent::ScreenLocked, "Grace Hopper"),
            session(SessionEvent::ScreenUnlocked, "Grace Hopper"),
            session(SessionEvent::Locked, "Grace Hopper"),
        ]
    );
    assert_eq!(gate.store().unsent(), 1, "what the terminal notes about itself is no check-in");
    let recent = SessionAnswer::Recent(vec!["Grace Hopper".into(), "Ada Lovelace".into()]);
    assert_eq!(ask(&mut gate, SessionRequest::Recent), recent);
}

#[test]
fn a_locked_terminal_scans_on_and_answers_nothing_else() {
    let (mut gate, code, _data) = open(WhileLocked::Scan);
    lock(&mut gate);

    assert!(matches!(enter(&mut gate, &code), Verdict::Admit { .. }));
    let refused = gate.answer(Request::Undoable);
    assert!(matches!(refused, Notice::Answer(answer) if *answer == Answer::Session(SessionAnswer::Locked)));
    assert_eq!(ask(&mut gate, SessionRequest::Recent), SessionAnswer::Locked);
    assert_eq!(ask(&mut gate, SessionRequest::Pin(digits("0000"))), SessionAnswer::Locked);
    assert_eq!(ask(&mut gate, SessionRequest::Unlock(digits("1234"))), SessionAnswer::Unlocked);
}

#[test]
fn a_terminal_locked_to_rest_decides_nothing() {
    let (mut gate, code, _data) = open(WhileLocked::Rest);
    lock(&mut gate);

    let verdict = enter(&mut gate, &code);

    assert!(matches!(verdict, Verdict::Deny { primary: Code::TerminalNotReady, .. }), "{verdict:?}");
    assert!(format!("{verdict:?}").contains(&format!("{:?}", NotReady::Locked)), "{verdict:?}");
    ask(&mut gate, SessionRequest::Unlock(digits("1234")));
    assert!(matches!(enter(&mut gate, &code), Verdict::Admit { .. }));
}

#[test]
fn too_many_wrong_pins_end_the_session_and_the_organiser_learns_of_it() {
    let (mut gate, code, _data) = open(WhileLocked::Scan);
    lock(&mut gate);
    for _ in 1..TRIES {
        ask(&mut gate, SessionRequest::Unlock(digits("9999")));
    }

    assert_eq!(ask(&mut gate, SessionRequest::Unlock(digits("9999"))), SessionAnswer::Sealed);

    assert!(matches!(enter(&mut gate, &code), Verdict::Deny { primary: Code::TerminalNotReady, .. }));
    let entries = gate.store().entries_after(Seq(0), 100).unwrap().entries;
    let [.., wrong, locked] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(wrong.entry().reason, IncidentKind::WrongPins.reason());
    assert_eq!((locked.entry().kind, locked.entry().reason), (EntryKind::Session, SessionEvent::Locked.reason()));
}

/// A gate whose list holds one ticket, Ada Lovelace at it, and that ticket's code.
fn open(while_locked: WhileLocked) -> (Gate, String, tempfile::TempDir) {
    let mut world = FeedWorld::new();
    let issue = world.push_ticket(1, "Guest");
    let code = world.credential(1, issue);
    let data = tempfile::tempdir().unwrap();
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    let mut gate = Gate::new(store, world.clock.clone(), GateId(0));
    let mut session = Session::new(while_locked);
    session.set_operator("Ada Lovelace");
    gate.begin_session(session);
    (gate, code, data)
}

fn lock(gate: &mut Gate) {
    assert_eq!(ask(gate, SessionRequest::Pin(digits("1234"))), SessionAnswer::PinSet);
    assert_eq!(ask(gate, SessionRequest::Lock), SessionAnswer::Locked);
}

fn enter(gate: &mut Gate, code: &str) -> Verdict {
    gate.present(code, Source::Scanned, Direction::Entry).unwrap().verdict
}

fn ask(gate: &mut Gate, request: SessionRequest) -> SessionAnswer {
    match gate.answer(Request::Session(request)) {
        Notice::Answer(answer) => match *answer {
            Answer::Session(answer) => answer,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn digits(text: &str) -> Digits {
    Digits::new(text).unwrap()
}
