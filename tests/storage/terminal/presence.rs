//! What other doors did, and what is not known of them: occupancy, silence, double admissions, and
//! home gates while nobody can talk to anybody.

use harness::feed_world::{FeedWorld, policy, ticket};
use sync_protocol::feed::Body;
use sync_protocol::id::{DeviceNo, GateId, Issue, Seq};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::time::{Hlc, UnixMillis};
use sync_protocol::verdict::{Code, Direction};
use usher_terminal::clock::Clock as _;
use usher_terminal::door::{DoorHeard, Link};
use usher_terminal::gate::{Gate, Source};

use crate::door::{Door, code};

const WEST: DeviceNo = DeviceNo(7);

#[test]
fn a_silent_door_widens_the_count_of_who_is_inside() {
    let (mut door, issues) = Door::new();
    door.enter(&door.world.credential(1, issues[1]));
    door.elsewhere(GateId(1), 1, 2, MovementKind::Admit);
    door.sync();
    let status = door.gate.status();
    assert_eq!((status.inside_least, status.inside, status.inside_most), (2, 2, 2));
    assert!(status.silent.is_empty());

    door.world.clock.advance(6 * 60_000);

    let status = door.gate.status();
    assert_eq!((status.inside_least, status.inside, status.inside_most), (2, 2, 2 + 6 * 8), "nobody is counted out");
    assert_eq!(
        status.silent.iter().map(|silent| (silent.device, silent.gate)).collect::<Vec<_>>(),
        [(WEST, Some(GateId(1)))]
    );

    door.gate.set_doors(vec![heard(door.now())]);
    assert_eq!(door.gate.status().inside_most, 2, "the server heard of it just now");
    door.world.clock.advance(3 * 60_000);
    assert_eq!(door.gate.status().silent[0].name, "West lane");

    door.elsewhere(GateId(1), 2, 2, MovementKind::Exit);
    door.sync();
    door.world.clock.advance(2 * 60_000);
    let status = door.gate.status();
    assert_eq!((status.inside_least, status.inside, status.inside_most), (0, 1, 1 + 2 * 8), "people are counted out");
}

#[test]
fn a_door_into_another_zone_widens_nothing() {
    let (mut door, _) = Door::new();
    door.elsewhere(GateId(2), 1, 2, MovementKind::Admit);
    door.sync();
    door.world.clock.advance(60 * 60_000);

    let status = door.gate.status();

    assert_eq!((status.inside, status.inside_most, status.silent.len()), (0, 0, 0));
}

#[test]
fn a_verdict_says_what_could_not_be_known() {
    let (mut door, issues) = Door::new();
    door.elsewhere(GateId(1), 1, 2, MovementKind::Admit);
    door.sync();
    let known = door.now();
    assert_eq!(door.enter(&door.world.credential(1, issues[1])).unheard, Default::default());

    door.world.clock.advance(14 * 60_000);

    let unheard = door.enter(&door.world.credential(3, issues[3])).unheard;
    assert_eq!(unheard.list_at, Some(known));
    assert_eq!(unheard.silent.iter().map(|silent| (silent.device, silent.since)).collect::<Vec<_>>(), [(WEST, known)]);
    assert_eq!(door.enter("https://example.org").unheard, Default::default(), "it is about no ticket");
}

#[test]
fn an_admission_that_another_doors_shows_to_be_double_is_told_once() {
    let (mut door, issues) = Door::new();
    let decided = door.enter(&door.world.credential(1, issues[1]));
    door.enter(&door.world.credential(2, issues[2]));
    assert_eq!(door.gate.learned_doubles(), []);
    door.world.clock.advance(60_000);
    door.elsewhere(GateId(1), 1, 1, MovementKind::Admit);
    door.sync();

    let doubles = door.gate.learned_doubles();

    assert_eq!(doubles.len(), 1);
    assert_eq!(
        (Some(doubles[0].entry), doubles[0].ticket, doubles[0].name.as_str()),
        (decided.entry, ticket(1), "Guest 1")
    );
    assert_eq!((doubles[0].other.device, doubles[0].other.gate), (WEST, GateId(1)));
    assert_eq!(door.gate.learned_doubles(), []);
    door.elsewhere(GateId(1), 2, 3, MovementKind::Admit);
    door.sync();
    assert_eq!(door.gate.learned_doubles(), [], "that ticket never came here");
}

#[test]
fn two_doors_without_any_network_admit_each_ticket_at_its_home_gate_alone() {
    let mut world = FeedWorld::new();
    let mut rules = policy();
    rules.switches.home_gates = vec![GateId(0), GateId(1)];
    world.push(&Body::Policy(rules));
    let issues: Vec<Issue> = (1..=40).map(|serial| world.push_ticket(serial, "Guest")).collect();
    let other_data = tempfile::tempdir().unwrap();
    let mut other_store = world.create_store(other_data.path());
    world.load_snapshot(&mut other_store).unwrap();
    let mut west = Gate::new(other_store, world.clock.clone(), GateId(1));
    let mut main = Door::of(world);

    let mut admitted = (0, 0);
    for (serial, issue) in (1..=40).zip(&issues) {
        let text = main.world.credential(serial, *issue);
        let here = main.enter(&text);
        let there = west.present(&text, Source::Scanned, Direction::Entry).unwrap();
        assert_ne!(here.verdict.is_admit(), there.verdict.is_admit(), "ticket {serial} has one home");
        let sent_away = code(&here).or(code(&there));
        assert_eq!(sent_away, Some(Code::HomeGateOnly));
        admitted = (admitted.0 + u32::from(here.verdict.is_admit()), admitted.1 + u32::from(there.verdict.is_admit()));
    }
    assert!(admitted.0 > 5 && admitted.1 > 5, "they share the guests: {admitted:?}");

    main.gate.set_link(Link::Online);
    let foreign = (1..=40).find(|serial| main.gate.store().history(ticket(*serial)).is_empty()).unwrap();
    let index = usize::try_from(foreign).unwrap() - 1;
    let text = main.world.credential(foreign, issues[index]);
    assert!(main.enter(&text).verdict.is_admit(), "with a link every gate is open again");
}

impl Door {
    fn now(&self) -> UnixMillis {
        self.world.clock.read().wall
    }

    /// The western terminal's journal, as the feed tells it.
    fn elsewhere(&mut self, gate: GateId, seq: u64, serial: u64, kind: MovementKind) {
        let movement = Movement {
            hlc: Hlc::at(self.now()),
            device: WEST,
            seq: Seq(seq),
            kind,
            is_override: false,
            ticket: ticket(serial),
            gate,
            entry_hash: [7; 32],
        };
        self.world.push(&Body::Move(movement));
    }
}

fn heard(at: UnixMillis) -> DoorHeard {
    DoorHeard {
        device_no: WEST,
        name: "West lane".into(),
        gate: Some(GateId(1)),
        last_heard: Some(at),
        admitted: 1,
        exits: 0,
    }
}
