//! What the server's word on a claim makes of an admission.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sync_protocol::id::{DeviceNo, GateId, Seq, ZoneId};
use sync_protocol::journal::{EntryKind, Flags};
use sync_protocol::sync::message::{ClaimRequest, HeldBy};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, Direction, Fact, Verdict};
use usher_terminal::door::{Decision, Grounds, Link, NotDecided, Notice, Request};
use usher_terminal::gate::Source;
use usher_terminal::gate::claims::{Claims, Word};

use crate::door::{Door, code};
use harness::feed_world::ticket;

/// Says the same to every claim, and keeps them.
#[derive(Clone)]
struct Server {
    word: Word,
    asked: Arc<Mutex<Vec<(ClaimRequest, Duration)>>>,
}

impl Claims for Server {
    fn ask(&mut self, claim: &ClaimRequest, _: UnixMillis, patience: Duration) -> Word {
        self.asked.lock().unwrap().push((*claim, patience));
        self.word
    }
}

fn online(word: Word) -> (Door, Vec<String>, Server) {
    let (mut door, issues) = Door::new();
    let server = Server { word, asked: Arc::default() };
    door.gate.set_claims(Box::new(server.clone()));
    door.gate.set_link(Link::Online);
    let texts = (1..=3).map(|serial| door.world.credential(serial, issues[serial as usize])).collect();
    (door, texts, server)
}

fn flags(verdict: &Verdict) -> Flags {
    match verdict {
        Verdict::Admit { flags, .. } => *flags,
        Verdict::Deny { .. } => panic!("{verdict:?}"),
    }
}

fn elsewhere(door: &Door, gate: Option<GateId>) -> Word {
    let at = UnixMillis(door.gate.moment().now.0 - 2_000);
    Word::Held(HeldBy { device_no: DeviceNo(7), jseq: Seq(41), gate, at })
}

#[test]
fn an_admission_is_claimed_under_the_number_that_it_gets() {
    let (mut door, texts, server) = online(Word::Granted);

    let first = door.enter(&texts[0]);
    let second = door.enter(&texts[1]);

    let asked = server.asked.lock().unwrap().clone();
    let numbers: Vec<_> = asked.iter().map(|(claim, _)| Some(claim.jseq)).collect();
    assert_eq!(numbers, [first.entry, second.entry]);
    assert_eq!((asked[0].0.ticket_id, asked[0].0.zone, asked[0].1), (ticket(1), ZoneId(0), Duration::from_millis(400)));
    assert!(!flags(&first.verdict).has(Flags::NO_CLAIM));
}

#[test]
fn a_ticket_that_another_door_has_is_denied_as_in_already() {
    let (mut door, texts, server) = online(Word::Granted);
    let word = elsewhere(&door, Some(GateId(1)));
    door.gate.set_claims(Box::new(Server { word, ..server }));

    let decided = door.enter(&texts[0]);

    assert_eq!(code(&decided), Some(Code::AlreadyIn));
    let last = decided.verdict.facts().iter().find_map(|fact| match fact {
        Fact::LastAdmission(last) => Some((last.device, last.seq, last.gate)),
        _ => None,
    });
    assert_eq!(last, Some((DeviceNo(7), Seq(41), GateId(1))), "staff are told where");
    let entry = door.entry(decided.entry);
    assert_eq!((entry.kind, entry.ticket), (EntryKind::Deny, ticket(1)));
    assert_eq!(door.gate.status().inside, 0);
}

#[test]
fn a_claim_that_another_door_was_granted_stands_as_well() {
    let (mut door, texts, server) = online(Word::Granted);
    let word = elsewhere(&door, None);
    door.gate.set_claims(Box::new(Server { word, ..server }));

    assert_eq!(code(&door.enter(&texts[0])), Some(Code::AlreadyIn));
}

#[test]
fn whoever_lets_in_against_a_refused_claim_must_be_allowed_to() {
    let (mut door, texts, server) = online(Word::Granted);
    let word = elsewhere(&door, None);
    door.gate.set_claims(Box::new(Server { word, ..server }));
    let denied = door.enter(&texts[0]);

    let grounds = Grounds::Reason("she says so".into());
    let decision = Decision { entry: denied.entry.unwrap(), grounds, supervisor: None };
    let refused = door.gate.decide_against(&decision).unwrap();

    assert_eq!(refused.unwrap_err(), NotDecided::NeedsSupervisor, "the list does not know yet, but the door was told");
}

#[test]
fn what_this_door_has_taken_back_stands_against_nobody_though_the_server_has_not_heard() {
    let (mut door, texts, server) = online(Word::Granted);
    let first = door.enter(&texts[0]);
    let undone = door.gate.answer(Request::Undo { entry: first.entry.unwrap(), reason: "wrong guest".into() });
    assert!(matches!(undone, Notice::Answer(_)), "{undone:?}");
    let own = door.gate.store().identity().number();
    let at = door.gate.moment().now;
    let word = Word::Held(HeldBy { device_no: own, jseq: first.entry.unwrap(), gate: Some(GateId(0)), at });
    door.gate.set_claims(Box::new(Server { word, ..server }));
    door.world.clock.advance(10_000);

    let again = door.enter(&texts[0]);

    assert!(flags(&again.verdict).has(Flags::NO_CLAIM));
}

#[test]
fn without_an_answer_the_door_goes_on_and_says_so() {
    let (mut door, texts, server) = online(Word::None);

    let decided = door.enter(&texts[0]);

    assert!(flags(&decided.verdict).has(Flags::NO_CLAIM));
    assert!(door.entry(decided.entry).flags.has(Flags::NO_CLAIM), "the journal says so too");
    assert_eq!(server.asked.lock().unwrap().len(), 1);
}

#[test]
fn nobody_is_asked_about_denials_ways_out_looks_and_without_a_link() {
    let (mut door, texts, server) = online(Word::None);
    door.gate.set_link(Link::Offline { since: UnixMillis(0) });
    assert_eq!(flags(&door.enter(&texts[0]).verdict), Flags::default());
    door.gate.set_link(Link::Online);

    door.world.clock.advance(10_000);
    assert!(code(&door.enter(&texts[0])).is_some());
    assert!(door.gate.present(&texts[0], Source::Scanned, Direction::Exit).unwrap().verdict.is_admit());
    assert!(door.gate.look(&texts[1], Source::Scanned, Direction::Entry).unwrap().verdict.is_admit());

    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn an_event_may_do_without_claims() {
    let (mut door, texts, server) = online(Word::None);
    let mut policy = harness::feed_world::policy();
    policy.limits.claim_ms = 0;
    door.world.push(&sync_protocol::feed::entry::Body::Policy(policy));
    door.sync();

    assert_eq!(flags(&door.enter(&texts[0]).verdict), Flags::default());
    assert!(server.asked.lock().unwrap().is_empty());
}
