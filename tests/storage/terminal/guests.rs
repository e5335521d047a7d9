//! Looking for guests at a terminal at work: who is found, who of them is in, and who came with them.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use harness::feed_world::{FeedWorld, MORNING, ticket};
use sync_protocol::id::GateId;
use sync_protocol::verdict::{Code, Direction};
use tempfile::TempDir;
use usher_terminal::door::{
    Answer, Candidate, Decided, Known, Notice, Party, Presence, Request, Search, Seek, SessionAnswer, SessionRequest,
};
use usher_terminal::gate::Source;
use usher_terminal::print::shop::Outlets;
use usher_terminal::session::{Digits, Session, WhileLocked};
use usher_terminal::working::{Network, Terminal};

use crate::door::{Door, code};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Post {
    world: FeedWorld,
    terminal: Terminal,
    notices: Receiver<Notice>,
    _data: TempDir,
}

#[test]
fn who_is_found_is_told_with_whether_they_are_in() {
    let post = Post::open();
    assert_eq!(post.search("ada").candidates.unwrap()[0].presence, Presence::Away);

    assert!(post.present(1).verdict.is_admit());
    assert_eq!(post.search("ada").candidates.unwrap()[0].presence, Presence::Inside { since: MORNING });

    post.terminal.desk().set_direction(Direction::Exit);
    assert!(post.present(1).verdict.is_admit());
    let found = post.search("ada");
    assert_eq!(found.candidates.unwrap()[0].presence, Presence::Used { last: MORNING }, "one use, no way back");
    assert_eq!((found.matching, found.known), (1, 5));
    post.terminal.close();
}

#[test]
fn whoever_comes_brings_the_others_of_the_order() {
    let post = Post::open();
    post.present(2);
    let party = post.party();
    assert_eq!((party.of, party.expected_but(ticket(2))), (ticket(2), 2));
    let inside: Vec<bool> = party.members.iter().map(Candidate::is_inside).collect();
    assert_eq!(inside, [false, false, true], "in the order of their names");

    // One of them is let in by number, and denied when they come again.
    assert!(post.present(4).verdict.is_admit());
    assert_eq!(post.party().expected_but(ticket(4)), 1);
    post.world.clock.advance(60_000);
    assert_eq!(code(&post.present(4)), Some(Code::AlreadyIn));
    assert_eq!(post.party().expected_but(ticket(4)), 1);
    post.terminal.close();
}

#[test]
fn everything_that_is_known_of_a_guest_is_told_when_it_is_asked_for() {
    let post = Post::open();
    post.present(3);
    let known = post.known(3);

    assert_eq!(
        (known.name.as_str(), known.email.as_str(), known.group.as_str()),
        ("Bo Diddley", "3@example.org", "A-1")
    );
    assert_eq!(known.presence, Presence::Inside { since: MORNING });
    assert_eq!(known.admissions.iter().map(|it| (it.at, it.gate)).collect::<Vec<_>>(), [(MORNING, GateId(0))]);
    post.terminal.close();
}

#[test]
fn a_locked_terminal_looks_for_nobody() {
    let post = Post::open();
    assert_eq!(post.search("ada").matching, 1);
    let digits = || Digits::new("2468").unwrap();
    post.session(SessionRequest::Pin(digits()), &SessionAnswer::PinSet);
    post.session(SessionRequest::Lock, &SessionAnswer::Locked);
    post.terminal.desk().ask(Request::Seek(Seek::Text("grace".into())));
    assert!(post.present(2).verdict.is_admit(), "scanning goes on");
    post.session(SessionRequest::Unlock(digits()), &SessionAnswer::Unlocked);

    post.terminal.desk().ask(Request::Seek(Seek::Text("ada".into())));
    let first = post.wait(|answer| match answer {
        Answer::Found(search) => Some(search.typed.clone()),
        Answer::Party(_) => Some(String::from("an order")),
        _ => None,
    });

    assert_eq!(first, "ada", "what was asked while it was locked is never answered");
    post.terminal.close();
}

#[test]
fn without_a_search_it_is_said_that_nothing_can_be_found() {
    let (mut door, _) = Door::new();

    door.gate.seek(Seek::Text("ada".into()));

    assert!(matches!(door.gate.found().as_slice(), [Answer::Found(Search { candidates: None, .. })]));
}

impl Post {
    /// Ada alone, and three who came in one order.
    fn open() -> Self {
        let mut world = FeedWorld::new();
        world.push_ticket(1, "Ada Lovelace");
        for (serial, name) in [(2, "Grace Hopper"), (3, "Bo Diddley"), (4, "Cy Young")] {
            world.push_of_order(serial, name, "A-1");
        }
        world.push_of_order(5, "Emmy Noether", "A-2");
        let data = tempfile::tempdir().unwrap();
        let mut store = world.create_store(data.path());
        world.load_snapshot(&mut store).unwrap();
        let session = Session::new(WhileLocked::Scan);
        let (clock, nowhere) = (world.clock.clone(), Outlets::default());
        let (mut terminal, notices) =
            Terminal::open(store, clock, GateId(0), session, None, Network::Unused, nowhere).unwrap();
        terminal.open_search().unwrap();
        Self { world, terminal, notices, _data: data }
    }

    fn present(&self, serial: u64) -> Decided {
        self.terminal.desk().present(ticket(serial).typed_code(), Source::Typed);
        loop {
            if let Notice::Decided(decided) = self.notices.recv_timeout(PATIENCE).unwrap() {
                return *decided;
            }
        }
    }

    fn search(&self, typed: &str) -> Search {
        self.terminal.desk().ask(Request::Seek(Seek::Text(typed.into())));
        self.wait(|answer| if let Answer::Found(search) = answer { Some(search.clone()) } else { None })
    }

    fn party(&self) -> Party {
        self.wait(|answer| if let Answer::Party(party) = answer { Some(party.clone()) } else { None })
    }

    fn known(&self, serial: u64) -> Known {
        self.terminal.desk().ask(Request::Known(ticket(serial)));
        self.wait(|answer| if let Answer::Known(known) = answer { known.as_deref().cloned() } else { None })
    }

    fn session(&self, request: SessionRequest, wanted: &SessionAnswer) {
        self.terminal.desk().ask(Request::Session(request));
        self.wait(|answer| matches!(answer, Answer::Session(said) if said == wanted).then_some(()));
    }

    fn wait<T>(&self, pick: impl Fn(&Answer) -> Option<T>) -> T {
        loop {
            if let Notice::Answer(answer) = self.notices.recv_timeout(PATIENCE).unwrap()
                && let Some(picked) = pick(&answer)
            {
                return picked;
            }
        }
    }
}
