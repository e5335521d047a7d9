//! What people decide against a verdict: who may, what is written down, and what changes nothing.

use harness::feed_world::{FeedWorld, policy, ticket};
use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{FeedSeq, Issue, Seq, ZoneId};
use sync_protocol::journal::entry::Amount;
use sync_protocol::journal::event::IncidentKind;
use sync_protocol::journal::walk_in::Payment;
use sync_protocol::journal::{EntryKind, Flags};
use sync_protocol::policy::{Policy, Price, Supervisor as Named};
use sync_protocol::verdict::{Code, Direction, TicketStatus, Verdict};
use usher_terminal::door::{
    Answer, Decided, Decision, Grounds, NotDecided, Notice, Pin, PinRefused, Purpose, Request, Supervisor,
};
use usher_terminal::gate::Source;

use crate::door::{Door, code};

/// Ada's PIN is 4711.
const PIN: &str = "$argon2id$v=19$m=64,t=1,p=1$L0eiG9oMQ0NBhfiif2h87w$cpEY3+Cn9e4m7hV4/Rj08wnfDYJCDI4olpsUSN6KcvQ";

#[test]
fn an_unpaid_ticket_is_let_in_once_its_price_was_collected() {
    let (mut door, issues) = Door::of_policy(&priced());
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Unpaid);
    door.sync();
    let text = door.world.credential(1, issues[1]);
    let denied = door.enter(&text);
    assert_eq!(code(&denied), Some(Code::Unpaid));

    let decided = door.decide(&denied, Grounds::Collected(Payment::Cash)).unwrap();

    assert!(flags(&decided).has(Flags::OVERRIDE));
    assert_eq!(decided.attendee.as_ref().map(|attendee| attendee.name.as_str()), Some("Ida"));
    let entry = door.entry(decided.entry);
    assert_eq!((entry.kind, entry.reason, entry.overridden), (EntryKind::Admit, 0, Some(Code::Unpaid as u16)));
    assert_eq!(entry.amount, Some(Amount { minor: 1_200, currency: *b"EUR", method: 1 }));
    assert_eq!(entry.note.as_deref(), Some("paid at the door"));
    assert_eq!((entry.ticket, entry.issue), (ticket(1), issues[1]));
    assert_eq!(door.gate.store().inside(ZoneId(0)), 1);
    assert_eq!(door.decide(&denied, Grounds::Collected(Payment::Cash)).unwrap_err(), NotDecided::Gone);
    assert_eq!(door.gate.store().journal_end().seq, entry.seq, "the second answer wrote nothing");
    assert_eq!(code(&door.enter(&text)), Some(Code::JustScanned));
}

#[test]
fn money_is_collected_only_for_what_has_a_price_and_is_unpaid_alone() {
    let (mut door, issues) = Door::of_policy(&policy());
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Unpaid);
    door.sync();
    let text = door.world.credential(1, issues[1]);
    let denied = door.enter(&text);
    let refused = door.decide(&denied, Grounds::Collected(Payment::Card)).unwrap_err();
    assert_eq!(refused, NotDecided::NothingToCollect);

    let mut strict = priced();
    strict.classes[0].windows =
        vec![sync_protocol::time::Window::new(strict.starts.plus(3_600_000), strict.ends).unwrap()];
    door.world.push(&Body::Policy(strict));
    door.sync();
    let early = door.enter(&text);
    assert_eq!(code(&early), Some(Code::Unpaid));
    let refused = door.decide(&early, Grounds::Collected(Payment::Card)).unwrap_err();
    assert_eq!(refused, NotDecided::NothingToCollect);
    assert_eq!(door.gate.store().inside(ZoneId(0)), 0);
}

#[test]
fn the_door_decides_what_is_a_question_and_says_why() {
    let (mut door, issues) = Door::of_policy(&policy());
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Unpaid);
    door.sync();
    let text = door.world.credential(1, issues[1]);
    let denied = door.enter(&text);
    assert_eq!(door.decide(&denied, reason(" ")).unwrap_err(), NotDecided::NoReason);

    let decided = door.decide(&denied, reason("pays\u{7} later")).unwrap();

    let entry = door.entry(decided.entry);
    assert_eq!((entry.note.as_deref(), entry.amount), (Some("pays  later"), None));
    assert_eq!(entry.overridden, Some(Code::Unpaid as u16));
}

#[test]
fn what_needs_a_supervisor_is_let_in_by_name_and_pin_and_the_entry_says_so() {
    let (mut door, issues) = Door::of_policy(&supervised());
    let (_, denied) = twice(&mut door, issues[1]);
    assert_eq!(door.decide(&denied, reason("lost her wristband")).unwrap_err(), NotDecided::NeedsSupervisor);
    let refused = |refused| NotDecided::Pin(refused);
    let stranger = door.decide_by(&denied, "Eve", "4711").unwrap_err();
    assert_eq!(stranger, refused(PinRefused::Unknown));
    assert_eq!(door.decide_by(&denied, "Ada", "4712").unwrap_err(), refused(PinRefused::Wrong { left: 4 }));

    let decided = door.decide_by(&denied, "Ada", "4711").unwrap();

    let entry = door.entry(decided.entry);
    assert_eq!(entry.note.as_deref(), Some("Supervisor Ada: lost her wristband"));
    assert_eq!((entry.kind, entry.overridden), (EntryKind::Admit, Some(Code::AlreadyIn as u16)));
    assert!(entry.flags.has(Flags::OVERRIDE));
}

#[test]
fn five_wrong_pins_are_written_down_and_make_a_pause_for_the_right_one_too() {
    let (mut door, issues) = Door::of_policy(&supervised());
    let (_, denied) = twice(&mut door, issues[1]);
    for left in [4, 3, 2, 1] {
        let wrong = NotDecided::Pin(PinRefused::Wrong { left });
        assert_eq!(door.decide_by(&denied, "Ada", "0000").unwrap_err(), wrong);
    }
    let paused = |left_ms| NotDecided::Pin(PinRefused::Paused { left_ms });
    assert_eq!(door.decide_by(&denied, "Ada", "0000").unwrap_err(), paused(60_000));
    let end = door.gate.store().journal_end().seq;
    let incident = door.entry(Some(end));
    assert_eq!((incident.kind, incident.reason), (EntryKind::Incident, IncidentKind::WrongPins.reason()));
    assert!(incident.note.as_deref().unwrap().ends_with("Ada"));

    door.world.clock.advance(59_000);
    assert_eq!(door.decide_by(&denied, "Ada", "4711").unwrap_err(), paused(1_000));
    door.world.clock.advance(1_000);
    assert!(door.decide_by(&denied, "Ada", "4711").is_ok());
}

#[test]
fn where_nobody_is_named_a_trusted_device_decides_and_another_does_not() {
    for (capabilities, may) in [(Capabilities::SCAN, false), (Capabilities::SCAN.and(Capabilities::SUPERVISOR), true)] {
        let mut world = FeedWorld::new();
        world.terminal.capabilities = capabilities;
        world.push_device(DeviceStatus::Active);
        let issue = world.push_ticket(1, "Guest 1");
        let mut door = Door::of(world);
        let (_, denied) = twice(&mut door, issue);

        let decided = door.decide(&denied, reason("known to me"));

        assert_eq!(decided.is_ok(), may);
        if let Ok(decided) = decided {
            assert_eq!(door.entry(decided.entry).note.as_deref(), Some("known to me"));
        }
    }
}

#[test]
fn what_nobody_may_decide_against_stays_denied() {
    let (mut door, _) = Door::of_policy(&supervised());
    let unknown = door.world.credential(999, Issue(1));
    let denied = door.enter(&unknown);
    assert_eq!(code(&denied), Some(Code::NotInList));

    assert_eq!(door.decide_by(&denied, "Ada", "4711").unwrap_err(), NotDecided::Gone);
}

#[test]
fn a_finding_that_came_after_the_question_is_shown_and_not_decided_against() {
    let (mut door, issues) = Door::of_policy(&priced());
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Unpaid);
    door.sync();
    let text = door.world.credential(1, issues[1]);
    let denied = door.enter(&text);
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Cancelled);
    door.sync();

    let decided = door.decide(&denied, Grounds::Collected(Payment::Cash)).unwrap();

    assert_eq!(code(&decided), Some(Code::Cancelled));
    assert_eq!(door.entry(decided.entry).kind, EntryKind::Deny);
    assert_eq!(door.gate.store().inside(ZoneId(0)), 0);
}

#[test]
fn a_ticket_that_was_paid_in_the_meantime_comes_in_as_any_other() {
    let (mut door, issues) = Door::of_policy(&priced());
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Unpaid);
    door.sync();
    let text = door.world.credential(1, issues[1]);
    let denied = door.enter(&text);
    door.world.push_row(1, "Ida", issues[1], TicketStatus::Valid);
    door.sync();

    let decided = door.decide(&denied, Grounds::Collected(Payment::Cash)).unwrap();

    let entry = door.entry(decided.entry);
    assert!(!entry.flags.has(Flags::OVERRIDE) && entry.overridden.is_none());
    assert_eq!(entry.amount.map(|amount| amount.minor), Some(1_200), "the money was taken all the same");
}

#[test]
fn a_decision_survives_a_restart_and_can_be_taken_back() {
    let (mut door, issues) = Door::of_policy(&supervised());
    let (_, denied) = twice(&mut door, issues[1]);
    let decided = door.decide_by(&denied, "Ada", "4711").unwrap();
    let entry = decided.entry.unwrap();
    let mut door = door.restart();

    let undo = Request::Undo { entry, reason: "wrong guest".into() };
    assert!(matches!(door.ask(undo.clone()), Answer::Undone(_)));

    assert_eq!(door.gate.store().inside(ZoneId(0)), 1, "the first admission stands");
    assert!(matches!(door.ask(undo), Answer::NotUndone(_)), "a second undoing changes nothing");
}

#[test]
fn looking_tells_the_verdict_and_writes_nothing() {
    let (mut door, issues) = Door::of_policy(&policy());
    let text = door.world.credential(1, issues[1]);

    let looked = door.gate.look(&text, Source::Scanned, Direction::Entry).unwrap();

    assert!(looked.verdict.is_admit());
    assert_eq!((looked.purpose, looked.entry), (Purpose::Look, None));
    assert_eq!(door.gate.store().journal_end().seq, Seq(0));
    assert!(door.enter(&text).verdict.is_admit(), "it can still come in");
    door.world.clock.advance(10_000);
    let looked = door.gate.look(&text, Source::Scanned, Direction::Entry).unwrap();
    assert_eq!(code(&looked), Some(Code::AlreadyIn));
    assert_eq!(door.gate.store().journal_end().seq, Seq(1));
}

fn priced() -> Policy {
    let mut policy = policy();
    policy.classes[0].price = Some(Price { amount: 1_200, currency: "EUR".into() });
    policy
}

fn supervised() -> Policy {
    let mut policy = policy();
    policy.supervisors = vec![Named { name: "Ada".into(), pin: PIN.into() }];
    policy
}

fn reason(words: &str) -> Grounds {
    Grounds::Reason(words.into())
}

fn flags(decided: &Decided) -> Flags {
    match decided.verdict {
        Verdict::Admit { flags, .. } | Verdict::Deny { flags, .. } => flags,
    }
}

/// Ticket 1 is let in, and denied when it comes again.
fn twice(door: &mut Door, issue: Issue) -> (Decided, Decided) {
    let text = door.world.credential(1, issue);
    let first = door.enter(&text);
    door.world.clock.advance(10_000);
    let second = door.enter(&text);
    assert_eq!(code(&second), Some(Code::AlreadyIn));
    (first, second)
}

impl Door {
    /// A gate under these rules, whose list holds tickets 1 to 3.
    fn of_policy(policy: &Policy) -> (Self, Vec<Issue>) {
        let mut world = FeedWorld::new();
        world.push(&Body::Policy(policy.clone()));
        let issues = std::iter::once(Issue(0))
            .chain((1..=3).map(|serial| world.push_ticket(serial, &format!("Guest {serial}"))))
            .collect();
        let door = Self::of(world);
        assert!(door.world.seq() > FeedSeq(0));
        (door, issues)
    }

    fn decide(&mut self, denied: &Decided, grounds: Grounds) -> Result<Decided, NotDecided> {
        self.send(denied, grounds, None)
    }

    fn decide_by(&mut self, denied: &Decided, name: &str, pin: &str) -> Result<Decided, NotDecided> {
        let supervisor = Supervisor { name: name.into(), pin: Pin::new(pin.into()) };
        self.send(denied, reason("lost her wristband"), Some(supervisor))
    }

    fn send(
        &mut self,
        denied: &Decided,
        grounds: Grounds,
        supervisor: Option<Supervisor>,
    ) -> Result<Decided, NotDecided> {
        let decision = Decision { entry: denied.entry.unwrap(), grounds, supervisor };
        match self.gate.answer(Request::Decide(decision)) {
            Notice::Decided(decided) => Ok(*decided),
            Notice::Answer(answer) => match *answer {
                Answer::NotDecided(refused) => Err(refused),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, request: Request) -> Answer {
        match self.gate.answer(request) {
            Notice::Answer(answer) => *answer,
            other => panic!("{other:?}"),
        }
    }
}
