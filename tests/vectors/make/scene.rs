//! All that one decision rests on, as a value that can be written down.

use serde_json::{Value, json};
use sync_protocol::certificate::Capabilities;
use sync_protocol::hash::Hash;
use sync_protocol::id::{ClassId, DeviceNo, EventId, FeedSeq, GateId, Issue, Kid, Seq, TicketId, ZoneId};
use sync_protocol::journal::{Flags, Movement, MovementKind};
use sync_protocol::key::public_key;
use sync_protocol::policy::{Class, Gate, Limits, Policy, ReEntry, Switches, Uses, Zone};
use sync_protocol::ticket::credential::{Claims, Signer};
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{KeyState, Keyring, ReadFailure, Verified};
use sync_protocol::time::{Hlc, UnixMillis, Window};
use sync_protocol::verdict::{
    self, Cache, Clock, Direction, NotReady, OverrideBy, Readiness, Row, Scope, TicketStatus, Verdict,
};

/// The instant around which scenes play: 2026-06-01T10:00:00Z.
pub(crate) const NOON: u64 = 1_780_308_000_000;
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;

/// What was presented.
#[derive(Clone, Copy)]
pub(crate) enum Scan {
    Verified { ticket: u64, issue: u32, class: u16, is_test: bool, is_suspect: bool },
    Failure(&'static str),
    Manual(u64),
}

/// One decision's inputs.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) scan: Scan,
    pub(crate) direction: Direction,
    pub(crate) policy: Policy,
    pub(crate) row: Option<Row>,
    pub(crate) history: Vec<Movement>,
    pub(crate) clock: Clock,
    pub(crate) scope: Scope,
    pub(crate) cache: Cache,
}

/// The ticket of most scenes.
pub(crate) const TICKET: u64 = 0x1234_5678_9abc;

/// Returns a scene in which nothing stands against an admission.
pub(crate) fn open() -> Scene {
    Scene {
        scan: Scan::Verified { ticket: TICKET, issue: 42, class: 0, is_test: false, is_suspect: false },
        direction: Direction::Entry,
        policy: policy(),
        row: Some(Row {
            issue: Issue(42),
            class: ClassId(0),
            status: TicketStatus::Valid,
            attention: false,
            id_check: false,
        }),
        history: Vec::new(),
        clock: Clock { now: UnixMillis(NOON), uncertainty_ms: 50 },
        scope: Scope {
            readiness: Readiness::Ready,
            device: DeviceNo(3),
            gate: GateId(0),
            has_link: true,
            unlisted_admitted: 0,
            occupancy: 5,
        },
        cache: Cache {
            cursor: FeedSeq(1_000),
            is_complete: true,
            valid_until: UnixMillis(NOON + 10 * MINUTE),
            seller_seen: Seq(0),
        },
    }
}

/// Two zones, three gates, one ticket type that may do everything.
pub(crate) fn policy() -> Policy {
    let gate = |id, name: &str, zone| Gate { id: GateId(id), name: name.into(), zone: ZoneId(zone) };
    Policy {
        event: "Open Day".into(),
        time_zone: "Europe/Berlin".into(),
        starts: UnixMillis(NOON - 2 * HOUR),
        ends: UnixMillis(NOON + 60 * HOUR),
        zones: vec![
            Zone { id: ZoneId(0), name: "Hall".into(), capacity: None },
            Zone { id: ZoneId(1), name: "Backstage".into(), capacity: None },
        ],
        gates: vec![gate(0, "Main", 0), gate(1, "West", 0), gate(2, "Stage door", 1)],
        classes: vec![class(0)],
        limits: Limits::default(),
        switches: Switches::default(),
        supervisors: vec![],
    }
}

/// Returns a ticket type that may do everything.
pub(crate) fn class(id: u16) -> Class {
    Class {
        id: ClassId(id),
        name: format!("Type {id}"),
        zones: Vec::new(),
        gates: Vec::new(),
        windows: Vec::new(),
        uses: Uses { limit: None, periods: Vec::new() },
        re_entry: ReEntry::Free,
        strict_clock: false,
        home_gate: None,
        price: None,
    }
}

pub(crate) fn window(from: u64, until: u64) -> Window {
    Window::new(UnixMillis(from), UnixMillis(until)).unwrap()
}

pub(crate) fn moved(ms: u64, device: u16, seq: u64, kind: MovementKind, gate: u16) -> Movement {
    Movement {
        hlc: Hlc::at(UnixMillis(ms)),
        device: DeviceNo(device),
        seq: Seq(seq),
        kind,
        is_override: false,
        ticket: TicketId(TICKET),
        gate: GateId(gate),
        entry_hash: Hash::default(),
    }
}

pub(crate) fn admit(ms: u64, device: u16, seq: u64) -> Movement {
    moved(ms, device, seq, MovementKind::Admit, 0)
}

pub(crate) fn exit(ms: u64, device: u16, seq: u64) -> Movement {
    moved(ms, device, seq, MovementKind::Exit, 0)
}

pub(crate) fn undo(ms: u64, device: u16, seq: u64, of: (u16, u64)) -> Movement {
    moved(ms, device, seq, MovementKind::Undo { device: DeviceNo(of.0), seq: Seq(of.1) }, 0)
}

/// Returns a movement as the files have it.
pub(crate) fn movement_json(movement: &Movement) -> Value {
    let (kind, of) = match movement.kind {
        MovementKind::Admit => ("admit", None),
        MovementKind::Exit => ("exit", None),
        MovementKind::Undo { device, seq } => ("undo", Some([u64::from(device.0), seq.0])),
    };
    json!({
        "hlc": movement.hlc.0, "device": movement.device.0, "seq": movement.seq.0, "kind": kind, "of": of,
        "override": movement.is_override, "ticket": movement.ticket.0, "gate": movement.gate.0,
    })
}

impl Scene {
    /// Decides the scene with the implementation.
    pub(crate) fn decide(&self) -> Verdict {
        let scan =
            match self.scan {
                Scan::Verified { ticket, issue, class, is_test, is_suspect } => verdict::Scan::Credential(Ok(
                    verified(TicketId(ticket), Issue(issue), ClassId(class), is_test, is_suspect),
                )),
                Scan::Failure(code) => verdict::Scan::Credential(Err(failure(code))),
                Scan::Manual(ticket) => verdict::Scan::Manual(TicketId(ticket)),
            };
        verdict::decide(&verdict::Question {
            scan,
            direction: self.direction,
            policy: &self.policy,
            row: self.row.as_ref(),
            history: &self.history,
            clock: self.clock,
            scope: self.scope,
            cache: self.cache,
        })
    }

    /// Returns the scene as the file has it.
    pub(crate) fn to_json(&self) -> Value {
        let scan = match self.scan {
            Scan::Verified { ticket, issue, class, is_test, is_suspect } => json!({"verified": {
                "ticket": ticket, "issue": issue, "class": class, "test": is_test, "listed_only": is_suspect,
            }}),
            Scan::Failure(code) => json!({"failure": code}),
            Scan::Manual(ticket) => json!({"manual": ticket}),
        };
        let row = self.row.map(|row| {
            json!({
                "issue": row.issue.0, "class": row.class.0, "status": row.status as u8,
                "attention": row.attention, "id_check": row.id_check,
            })
        });
        json!({
            "scan": scan,
            "direction": if self.direction == Direction::Entry { "entry" } else { "exit" },
            "policy": serde_json::to_value(&self.policy).unwrap(),
            "row": row,
            "history": self.history.iter().map(movement_json).collect::<Vec<_>>(),
            "clock": {"now": self.clock.now.0, "uncertainty_ms": self.clock.uncertainty_ms},
            "scope": {
                "readiness": readiness(self.scope.readiness), "device": self.scope.device.0,
                "gate": self.scope.gate.0, "has_link": self.scope.has_link,
                "unlisted_admitted": self.scope.unlisted_admitted, "occupancy": self.scope.occupancy,
            },
            "cache": {
                "cursor": self.cache.cursor.0, "is_complete": self.cache.is_complete,
                "valid_until": self.cache.valid_until.0, "seller_seen": self.cache.seller_seen.0,
            },
        })
    }
}

/// Returns what the keyring says of a credential with these claims, having signed it first: there is
/// no other way to a verified ticket.
fn verified(ticket: TicketId, issue: Issue, class: ClassId, is_test: bool, is_suspect: bool) -> Verified {
    let (event, key, device) = (EventId(super::id("event")), super::key("scenes"), ticket.issuer());
    let signer = if device == DeviceNo(0) { Signer::Server(Kid(1)) } else { Signer::Device(device) };
    let mut keyring = Keyring::new(event);
    let state = if is_suspect { KeyState::ListedOnly } else { KeyState::Active };
    keyring.add_key(event, Kid(1), public_key(&key), state);
    let (capabilities, classes) = (Capabilities::WALK_IN, vec![class]);
    keyring.set_delegation(Delegation { device, key: public_key(&key), capabilities, classes, revoked_after: None });
    keyring.verify(&Claims { is_test, signer, ticket, issue, class }.sign(event, &key)).unwrap()
}

fn failure(code: &str) -> ReadFailure {
    match code {
        "NOT_A_TICKET" => ReadFailure::NotATicket,
        "UNSUPPORTED_FORMAT" => ReadFailure::UnsupportedFormat,
        "UNKNOWN_KEY" => ReadFailure::UnknownKey,
        "OTHER_EVENT" => ReadFailure::OtherEvent(EventId(super::id("another event"))),
        "KEY_REJECTED" => ReadFailure::KeyRejected,
        "DELEGATION_INVALID" => ReadFailure::DelegationInvalid,
        "BAD_SIGNATURE" => ReadFailure::BadSignature,
        other => panic!("{other} is no failure to read"),
    }
}

fn readiness(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Ready => "READY",
        Readiness::NotReady(NotReady::Locked) => "LOCKED",
        Readiness::NotReady(NotReady::Suspended) => "SUSPENDED",
        Readiness::NotReady(NotReady::Certificate) => "CERTIFICATE",
        Readiness::NotReady(NotReady::Journal) => "JOURNAL",
        Readiness::NotReady(NotReady::Unverified) => "UNVERIFIED",
    }
}

/// Returns a verdict as the file has it.
pub(crate) fn verdict_json(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Admit { flags, .. } => json!({"admit": true, "flags": flag_names(*flags)}),
        Verdict::Deny { primary, all, by, flags, .. } => json!({
            "admit": false, "primary": primary.name(), "all": all.iter().map(|c| c.name()).collect::<Vec<_>>(),
            "by": by_name(*by), "flags": flag_names(*flags),
        }),
    }
}

fn flag_names(flags: Flags) -> Vec<&'static str> {
    flags.names()
}

fn by_name(by: OverrideBy) -> &'static str {
    match by {
        OverrideBy::Door => "door",
        OverrideBy::Supervisor => "supervisor",
        OverrideBy::Nobody => "nobody",
    }
}
