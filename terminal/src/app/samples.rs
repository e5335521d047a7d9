//! Decisions and states for tests, close to what staff meet on a busy morning.

mod guests;

use std::sync::Arc;

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{ClassId, DeviceNo, FeedSeq, GateId, Issue, Seq, TicketId, ZoneId};
use sync_protocol::journal::Flags;
use sync_protocol::journal::ledger::Admission;
use sync_protocol::journal::walk_in::{self, Guest, Payment, Right};
use sync_protocol::policy::{Class, Gate, Limits, Policy, Price, ReEntry, Switches, Uses, WalkIn, Zone};
use sync_protocol::time::{UnixMillis, Window};
use sync_protocol::verdict::{Clock, Code, Direction, Fact, OverrideBy, Row, TicketStatus, Verdict};

use crate::camera::Trouble;
use crate::camera::luma::PixelFormat;
use crate::camera::offer::{Mode, Offer};
use crate::door::{Attendee, CameraStatus, Decided, DoorSeen, Doors, Link, Purpose, Status, Undoable, Unheard};
use crate::drill::{Battery, Camera, Found, Probe, Probed, Rehearsal, Sample};
use crate::print;
use crate::walk_in::{Receipt, Sold, Ware};

pub(crate) use guests::{candidates, known, party, search};

/// Tuesday, 1 September 2026, 14:02:31 in Berlin.
pub(crate) const NOW: UnixMillis = UnixMillis(1_788_264_151_000);
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

pub(crate) fn status() -> Status {
    Status {
        event: "RustConf 2026".into(),
        time_zone: "Europe/Berlin".into(),
        gate: "Main entrance".into(),
        zone: "Hall A".into(),
        now: NOW,
        link: Link::Online,
        list_at: Some(NOW.minus(11_000)),
        tickets: 1_500,
        journal: Seq(97),
        unsent: 0,
        inside: 412,
        inside_least: 412,
        inside_most: 412,
        silent: Vec::new(),
        capacity: Some(1_200),
        admitted_last_hour: 96,
        is_supervisor: false,
        suspended: None,
        disk_left_mb: None,
        download: None,
        fetched: None,
    }
}

pub(crate) fn rules() -> Arc<Policy> {
    let window = |from: UnixMillis, until: UnixMillis| Window::new(from, until).expect("it ends after it begins");
    Arc::new(Policy {
        event: "RustConf 2026".into(),
        time_zone: "Europe/Berlin".into(),
        starts: NOW.minus(6 * HOUR_MS),
        ends: NOW.plus(24 * HOUR_MS),
        zones: vec![
            Zone { id: ZoneId(1), name: "Hall A".into(), capacity: Some(1_200) },
            Zone { id: ZoneId(2), name: "Workshops".into(), capacity: None },
        ],
        gates: vec![
            Gate { id: GateId(1), name: "Main entrance".into(), zone: ZoneId(1) },
            Gate { id: GateId(2), name: "East door".into(), zone: ZoneId(1) },
            Gate { id: GateId(3), name: "Workshop stairs".into(), zone: ZoneId(2) },
        ],
        classes: vec![
            class(1, "Speaker", vec![], vec![]),
            class(2, "Afternoon pass", vec![], vec![window(NOW.plus(2 * HOUR_MS), NOW.plus(6 * HOUR_MS))]),
            Class { zones: vec![ZoneId(2)], ..class(3, "Workshop", vec![], vec![]) },
            class(4, "Staff", vec![GateId(2)], vec![]),
        ],
        limits: Limits::default(),
        switches: Switches::default(),
        supervisors: vec![],
    })
}

fn class(id: u16, name: &str, gates: Vec<GateId>, windows: Vec<Window>) -> Class {
    Class {
        id: ClassId(id),
        name: name.into(),
        zones: vec![],
        gates,
        windows,
        uses: Uses::default(),
        re_entry: ReEntry::Forbidden,
        strict_clock: false,
        home_gate: None,
        price: Some(Price { amount: 1_200, currency: "EUR".into() }),
    }
}

pub(crate) fn admit(flags: Flags) -> Decided {
    let facts = vec![
        Fact::Presented { ticket: ticket(), issue: Some(Issue(17)) },
        Fact::Listed(row(ClassId(1))),
        Fact::At { gate: GateId(1), zone: Some(ZoneId(1)) },
        Fact::Uses { used: 1, limit: Some(4) },
        Fact::Time(Clock { now: NOW, uncertainty_ms: 40 }),
        Fact::Occupancy { inside: 412, capacity: 1_200 },
    ];
    Decided {
        at: NOW.minus(2_000),
        direction: Direction::Entry,
        purpose: Purpose::Decide,
        unheard: Unheard::default(),
        verdict: Verdict::Admit { flags, facts },
        ticket: Some(ticket()),
        attendee: Some(Attendee { name: "Ada Lovelace".into(), note: "has a delivery at the desk".into() }),
        class: Some("Speaker".into()),
        entry: Some(Seq(97)),
        took_us: 1_420,
    }
}

pub(crate) fn exit() -> Decided {
    let mut decided = admit(Flags::default());
    decided.direction = Direction::Exit;
    if let Verdict::Admit { facts, .. } = &mut decided.verdict {
        facts.push(Fact::LastAdmission(earlier()));
    }
    decided
}

/// A denial with every fact that its sentence is made of.
pub(crate) fn deny(code: Code, by: OverrideBy) -> Decided {
    let class = match code {
        Code::TooEarly | Code::TooLate | Code::ClockUnsure => 2,
        Code::WrongZone => 3,
        Code::WrongGate => 4,
        _ => 1,
    };
    let (from, until) = match code {
        Code::TooLate => (NOW.minus(28 * HOUR_MS), NOW.minus(20 * HOUR_MS)),
        _ => (NOW.plus(2 * HOUR_MS), NOW.plus(6 * HOUR_MS)),
    };
    let facts = if code.is_stage_a() {
        vec![]
    } else {
        vec![
            Fact::Presented { ticket: ticket(), issue: Some(Issue(17)) },
            match code {
                Code::Unlisted | Code::NotInList => Fact::NotListed { cursor: FeedSeq(2_310) },
                _ => Fact::Listed(row(ClassId(class))),
            },
            Fact::At { gate: GateId(1), zone: Some(ZoneId(1)) },
            Fact::LastAdmission(earlier()),
            Fact::Uses { used: 4, limit: Some(4) },
            Fact::Window { from, until },
            Fact::HomeGate(GateId(2)),
            Fact::Time(Clock { now: NOW, uncertainty_ms: 180_000 }),
            Fact::Occupancy { inside: 1_200, capacity: 1_200 },
        ]
    };
    let has_ticket = !code.is_stage_a();
    Decided {
        at: NOW.minus(2_000),
        direction: Direction::Entry,
        purpose: Purpose::Decide,
        unheard: Unheard::default(),
        verdict: Verdict::Deny { primary: code, all: vec![code], by, flags: Flags::default(), facts },
        ticket: has_ticket.then(ticket),
        attendee: (has_ticket && !matches!(code, Code::Unlisted | Code::NotInList))
            .then(|| Attendee { name: "Grace Hopper".into(), note: String::new() }),
        class: has_ticket.then(|| rules().class(ClassId(class)).map(|class| class.name.clone())).flatten(),
        entry: Some(Seq(98)),
        took_us: 950,
    }
}

/// What a door did last, newest first.
pub(crate) fn undoable() -> Vec<Undoable> {
    let row = |entry: u64, name: &str, direction| Undoable {
        entry: Seq(entry),
        at: NOW.minus((100 - entry) * 20_000),
        direction,
        is_sale: false,
        ticket: ticket(),
        name: name.into(),
    };
    vec![
        row(99, "Ada Lovelace", Direction::Entry),
        row(97, "Grace Hopper", Direction::Exit),
        row(96, "", Direction::Entry),
    ]
}

pub(crate) fn camera_streaming() -> CameraStatus {
    CameraStatus::Streaming { name: "C920".into(), fps: 28 }
}

/// One in use, one that could be, one that another program has.
pub(crate) fn cameras() -> Vec<Offer> {
    let mode = |width, height, rate, format| Mode { width, height, rate, format };
    let modes = || {
        vec![
            mode(1920, 1080, 30, PixelFormat::Mjpeg),
            mode(1280, 720, 30, PixelFormat::Mjpeg),
            mode(640, 480, 30, PixelFormat::Yuyv),
        ]
    };
    let offer = |index, name: &str, modes, in_use| Offer { index, name: name.into(), modes, in_use };
    vec![
        offer(0, "C920", Ok(modes()), Some(mode(1280, 720, 30, PixelFormat::Mjpeg))),
        offer(2, "Integrated Camera", Ok(modes()), None),
        offer(4, "Capture box", Err(Trouble::Busy), None),
    ]
}

pub(crate) fn camera_lost() -> CameraStatus {
    CameraStatus::Lost { name: "C920".into(), trouble: Trouble::Unplugged, reason: "unplugged".into() }
}

/// What a ready check's steps come to: all well, but for a clock, a server and a battery.
pub(crate) fn probed(probe: Probe) -> Probed {
    let look = || {
        vec![
            Found::Ready(None),
            Found::List { tickets: 1_500, age_ms: Some(11_000) },
            Found::Keys(1),
            Found::Certificate { left_ms: Some(40 * HOUR_MS), lasts: true },
            Found::Clock { uncertainty_ms: 40, limit_ms: 120_000, off_ms: 3_600_000 },
            Found::Server { is_online: false, unsent: 12 },
            Found::Disk(213 << 30),
            Found::Copy(0),
            Found::Battery(Battery::Draining(14)),
        ]
    };
    match probe {
        Probe::Look => Probed::Found(look()),
        Probe::Append(count) => Probed::Appended(Some((0..count).map(|at| 900 + at * 70).collect())),
        Probe::Sample => Probed::Found(vec![Found::Sample(Sample::Told)]),
        Probe::Rehearse(count) => {
            let times_us = vec![420; count as usize];
            Probed::Rehearsed(Rehearsal { admitted: count - 1, refused: 1, failed: 0, times_us })
        }
        Probe::Picture { is_wanted } => {
            let camera = if is_wanted { Camera::Away } else { Camera::Unwanted };
            Probed::Found(vec![Found::Camera(camera)])
        }
    }
}

/// This door, one that was just heard, one that is silent, and one that does not count any more.
pub(crate) fn doors() -> Doors {
    let door = |device: u16, name: &str, gate: u16, admitted: u64, ago_ms: u64| DoorSeen {
        device: DeviceNo(device),
        name: name.into(),
        gate: Some(GateId(gate)),
        status: Some(DeviceStatus::Active),
        last_heard: Some(NOW.minus(ago_ms)),
        admitted,
        exits: admitted / 20,
        is_this: device == 2,
    };
    Doors {
        learned_at: Some(NOW.minus(3 * MINUTE_MS)),
        doors: vec![
            door(2, "Main 1", 1, 1_312, 4_000),
            door(3, "", 2, 96, 11_000),
            door(4, "Stairs, with a name far longer than its column", 3, 12, 52 * MINUTE_MS),
            DoorSeen { status: Some(DeviceStatus::Revoked), ..door(5, "Lost laptop", 2, 4, 20 * HOUR_MS) },
        ],
        gate: GateId(1),
        gates: vec![GateId(1), GateId(2), GateId(3)],
    }
}

pub(crate) fn ticket() -> TicketId {
    TicketId::new(DeviceNo(0), 0x1234_5678_9abc).expect("below 2^48")
}

fn earlier() -> Admission {
    Admission { at: NOW.minus(22 * MINUTE_MS + 31_000), gate: GateId(2), device: DeviceNo(3), seq: Seq(41) }
}

fn row(class: ClassId) -> Row {
    Row { issue: Issue(17), class, status: TicketStatus::Valid, attention: false, id_check: false }
}

/// What is sold at the door: for money, in another currency, for nothing.
pub(crate) fn wares() -> Vec<Ware> {
    let ware = |class: u16, name: &str, price: Option<(u32, &str)>, left| Ware {
        class: ClassId(class),
        name: name.into(),
        price: price.map(|(amount, currency)| Price { amount, currency: currency.into() }),
        left,
        expires: Some(NOW.plus(HOUR_MS)),
        then: WalkIn::Deny,
    };
    vec![
        ware(2, "Afternoon pass", Some((1_200, "EUR")), 12),
        ware(3, "Workshop", Some((4_500, "CHF")), 1),
        ware(1, "Speaker", None, 0),
    ]
}

/// What was sold here, newest first.
pub(crate) fn sales() -> Vec<Sold> {
    let sold = |seq: u64, name: &str, minor, payment, operator: Option<&str>| {
        let (ticket, issue) = walk_in::ticket(DeviceNo(3), Seq(seq)).expect("a short journal");
        Sold {
            entry: Seq(seq),
            at: NOW.minus((100 - seq) * 20_000),
            ticket,
            issue,
            class: ClassId(2),
            minor,
            currency: *b"EUR",
            payment,
            right: Right::Lease,
            operator: operator.map(str::to_owned),
            guest: (!name.is_empty()).then(|| Guest { name: name.into(), email: String::new() }),
            is_undone: seq == 90,
        }
    };
    vec![
        sold(98, "Mary Jackson", 1_200, Payment::Cash, Some("Joan")),
        sold(95, "山田太郎", 1_200, Payment::Card, Some("Joan")),
        sold(90, "Alan Turing", 1_200, Payment::Cash, None),
        sold(88, "", 0, Payment::Free, None),
    ]
}

/// The ticket of the newest sale.
pub(crate) fn receipt() -> Receipt {
    Receipt {
        sold: sales().remove(0),
        event: "RustConf 2026".into(),
        class: "Afternoon pass".into(),
        credential: print::samples::sheet("").credential,
    }
}
