//! `verdict.json`: scenes and what must be decided in them.
//!
//! Most expected verdicts are put together from what each disturbance of an open scene is known to
//! cause, or written beside the scene. Only the drawn scenes take them from the implementation;
//! those are worth something because the second implementation must come to the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_protocol::id::{DeviceNo, FeedSeq, GateId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, NotReady, Readiness};

use super::disturbance::{Disturbance, disturbances, issue};
use super::edges;
use super::scene::{NOON, Scan, Scene, TICKET, open, verdict_json};
use super::{Draw, with};

/// Stage B's codes in the order of their numbers, with who may decide against each.
const CODES: [(&str, &str); 21] = [
    ("CANCELLED", "supervisor"),
    ("SUPERSEDED", "supervisor"),
    ("BLOCKED", "supervisor"),
    ("NOT_IN_LIST", "nobody"),
    ("ISSUE_MISMATCH", "nobody"),
    ("JUST_SCANNED", "nobody"),
    ("ALREADY_IN", "supervisor"),
    ("ALREADY_USED", "supervisor"),
    ("USES_EXHAUSTED", "supervisor"),
    ("UNPAID", "door"),
    ("CLASS_UNKNOWN", "supervisor"),
    ("WRONG_GATE", "supervisor"),
    ("WRONG_ZONE", "supervisor"),
    ("TOO_LATE", "supervisor"),
    ("TOO_EARLY", "supervisor"),
    ("CLOCK_UNSURE", "door"),
    ("UNLISTED", "supervisor"),
    ("CACHE_TOO_OLD", "supervisor"),
    ("HOME_GATE_ONLY", "supervisor"),
    ("ZONE_FULL", "supervisor"),
    ("MANUAL_NOT_ALLOWED", "supervisor"),
];

/// What can only be known of a ticket type that the rules hold.
const NEEDS_CLASS: [&str; 8] = [
    "ALREADY_IN",
    "ALREADY_USED",
    "USES_EXHAUSTED",
    "WRONG_GATE",
    "WRONG_ZONE",
    "TOO_LATE",
    "TOO_EARLY",
    "CLOCK_UNSURE",
];

const FLAGS: [&str; 11] = [
    "STALE",
    "UNLISTED",
    "NEWER_ISSUE",
    "CLOCK_UNSURE",
    "OVERRIDE",
    "MANUAL",
    "TEST",
    "ATTENTION",
    "ID_CHECK",
    "WALKIN",
    "NO_CLAIM",
];

fn can_meet(a: &Disturbance, b: &Disturbance) -> bool {
    !a.groups.chars().any(|group| b.groups.contains(group))
}

/// Puts together what disturbances cause, from the rules of section 4.
fn caused(by: &[&Disturbance], direction: Direction) -> Value {
    let named = |name: &str| by.iter().any(|d| d.codes.contains(&name));
    // Whoever is inside already takes no place. Without a row a named ticket has no type.
    let is_inside = by.iter().any(|d| d.groups.contains('h') && !matches!(d.name, "used and gone" | "all uses spent"));
    let is_typeless = named("CLASS_UNKNOWN") || (named("NOT_IN_LIST") && by.iter().any(|d| d.groups == "m"));
    let codes: Vec<&str> = CODES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| named(name))
        .filter(|name| !(is_typeless && NEEDS_CLASS.contains(name)))
        .filter(|name| !(is_inside && *name == "ZONE_FULL"))
        .collect();
    let flags: Vec<&str> = by.iter().flat_map(|d| d.flags.iter().copied()).collect();
    if direction == Direction::Entry { entry(&codes, &flags) } else { leaving(&codes, &flags) }
}

fn in_order(flags: &[&str]) -> Vec<&'static str> {
    FLAGS.into_iter().filter(|flag| flags.contains(flag)).collect()
}

pub(crate) fn admitted(flags: &[&str]) -> Value {
    json!({"admit": true, "flags": in_order(flags)})
}

pub(crate) fn entry(codes: &[&str], flags: &[&str]) -> Value {
    if codes.is_empty() {
        return admitted(flags);
    }
    let strictness = |who: &str| ["door", "supervisor", "nobody"].iter().position(|w| *w == who);
    let whos = CODES.iter().filter(|(name, _)| codes.contains(name)).map(|(_, who)| *who);
    denied(codes, whos.max_by_key(|who| strictness(who)).unwrap(), flags)
}

pub(crate) fn denied(codes: &[&str], by: &str, flags: &[&str]) -> Value {
    json!({"admit": false, "primary": codes[0], "all": codes, "by": by, "flags": in_order(flags)})
}

/// At the exit every finding is a flag.
fn leaving(codes: &[&str], flags: &[&str]) -> Value {
    let as_flag = |code: &&str| match *code {
        "UNLISTED" | "NOT_IN_LIST" => "UNLISTED",
        "CACHE_TOO_OLD" => "STALE",
        "CLOCK_UNSURE" => "CLOCK_UNSURE",
        _ => "ATTENTION",
    };
    let flags: Vec<&str> = flags.iter().copied().chain(codes.iter().map(as_flag)).collect();
    admitted(&flags)
}

/// Cases on their way into the file, with each policy written once.
#[derive(Default)]
pub(crate) struct Cases {
    policies: Vec<Value>,
    at: BTreeMap<String, usize>,
    cases: Vec<Value>,
}

impl Cases {
    fn add(&mut self, name: impl Into<String>, scene: &Scene, expect: Value) {
        let mut case = scene.to_json();
        let policy = case["policy"].take();
        let at = *self.at.entry(policy.to_string()).or_insert_with(|| {
            self.policies.push(policy);
            self.policies.len() - 1
        });
        self.cases.push(with(case, json!({"name": name.into(), "policy": at, "expect": expect})));
    }

    /// Adds an open scene after some changes.
    pub(crate) fn edge(&mut self, name: impl Into<String>, change: impl FnOnce(&mut Scene), expect: Value) {
        let mut scene = open();
        change(&mut scene);
        self.add(name, &scene, expect);
    }
}

pub(crate) fn file() -> Value {
    let mut cases = Cases::default();
    cases.add("nothing stands against it", &open(), admitted(&[]));
    let all = disturbances();
    for (at, one) in all.iter().enumerate() {
        for direction in [Direction::Entry, Direction::Exit] {
            let mut scene = open();
            (one.apply)(&mut scene);
            scene.direction = direction;
            let way = if direction == Direction::Entry { "" } else { ", at the exit" };
            cases.add(format!("{}{way}", one.name), &scene, caused(&[one], direction));
        }
        for other in all.iter().skip(at + 1).filter(|other| can_meet(one, other)) {
            let mut scene = open();
            (one.apply)(&mut scene);
            (other.apply)(&mut scene);
            cases.add(format!("{} and {}", one.name, other.name), &scene, caused(&[one, other], Direction::Entry));
        }
    }
    stage_a(&mut cases, &all);
    edges::add_to(&mut cases);
    drawn(&mut cases, &all);
    json!({"policies": cases.policies, "cases": cases.cases})
}

/// Nothing about a ticket shows before stage A is passed.
fn stage_a(cases: &mut Cases, all: &[Disturbance]) {
    let not_ready =
        [NotReady::Locked, NotReady::Suspended, NotReady::Certificate, NotReady::Journal, NotReady::Unverified];
    let failures = [
        "NOT_A_TICKET",
        "UNSUPPORTED_FORMAT",
        "UNKNOWN_KEY",
        "OTHER_EVENT",
        "KEY_REJECTED",
        "DELEGATION_INVALID",
        "BAD_SIGNATURE",
    ];
    let refused = |code: &str| denied(&[code], "nobody", &[]);
    for direction in [Direction::Entry, Direction::Exit] {
        for why in not_ready {
            let change = |s: &mut Scene| (s.scope.readiness, s.direction) = (Readiness::NotReady(why), direction);
            cases.edge(format!("not ready: {why:?}, {direction:?}"), change, refused("TERMINAL_NOT_READY"));
        }
        for code in failures {
            let change = |s: &mut Scene| (s.scan, s.direction) = (Scan::Failure(code), direction);
            cases.edge(format!("{code}, {direction:?}"), change, refused(code));
        }
    }
    for (at, one) in all.iter().enumerate() {
        let mut scene = open();
        (one.apply)(&mut scene);
        let mut locked = scene.clone();
        locked.scope.readiness = Readiness::NotReady(not_ready[at % not_ready.len()]);
        cases.add(format!("not ready and {}", one.name), &locked, refused("TERMINAL_NOT_READY"));
        scene.scan = Scan::Failure(failures[at % failures.len()]);
        cases.add(format!("unread and {}", one.name), &scene, refused(failures[at % failures.len()]));
    }
    let both = |s: &mut Scene| {
        s.scan = Scan::Failure("BAD_SIGNATURE");
        s.scope.readiness = Readiness::NotReady(NotReady::Locked);
    };
    cases.edge("not ready comes before a forgery", both, refused("TERMINAL_NOT_READY"));
    let suspect = |s: &mut Scene| {
        s.scan = Scan::Verified { ticket: TICKET, issue: 42, class: 0, is_test: false, is_suspect: true };
    };
    cases.edge("a suspect key and an equal row", suspect, admitted(&[]));
    for number in [41, 43, 1_001] {
        let change = |s: &mut Scene| {
            suspect(s);
            issue(s, number);
        };
        cases.edge(format!("a suspect key and issue {number}"), change, refused("KEY_REJECTED"));
    }
    let no_row = |s: &mut Scene| {
        suspect(s);
        s.row = None;
    };
    cases.edge("a suspect key and no row", no_row, refused("KEY_REJECTED"));
}

/// Several disturbances at once, drawn without a look at whether they can meet.
fn drawn(cases: &mut Cases, all: &[Disturbance]) {
    let mut draw = Draw(4);
    for at in 0..240 {
        let mut scene = open();
        for _ in 0..2 + draw.below(6) {
            let one = &all[draw.below(all.len() as u64) as usize];
            // A walk-in's number is its serial, so nothing may change it any more.
            let is_sold = matches!(scene.scan, Scan::Verified { ticket, .. } if ticket != TICKET);
            if !(is_sold && one.groups.contains('i')) {
                (one.apply)(&mut scene);
            }
        }
        if draw.below(4) == 0 {
            scene.direction = Direction::Exit;
        }
        scene.scope.gate = GateId(draw.below(4) as u16);
        scene.scope.device = DeviceNo(3 + draw.below(2) as u16);
        scene.cache.is_complete = draw.below(4) != 0;
        scene.cache.cursor = FeedSeq(if draw.below(2) == 0 { 1_000 } else { 1_001 });
        scene.clock.now = UnixMillis(NOON + draw.below(3) * 2_500);
        let expect = verdict_json(&scene.decide());
        cases.add(format!("drawn {at}"), &scene, expect);
    }
}
