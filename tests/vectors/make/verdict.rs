//! `verdict.json`: scenes and what must be decided in them.
//!
//! Most expected verdicts are put together from what each disturbance of an open scene is known to
//! cause, or written beside the scene. Only the drawn scenes take them from the implementation;
//! those are worth something because the second implementation must come to the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_protocol::id::{ClassId, DeviceNo, FeedSeq, GateId, Issue, Seq, TicketId, ZoneId};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::{Manual, ReEntry, Unlisted, Uses};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Clock, Direction, NotReady, Readiness, Row, TicketStatus};

use super::scene::{HOUR, MINUTE, NOON, Scan, Scene, TICKET, admit, exit, moved, open, undo, verdict_json, window};
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

/// One thing that is not as it should be, and all that it causes.
struct Disturbance {
    name: &'static str,
    /// Disturbances that share a letter cannot happen together.
    groups: &'static str,
    codes: &'static [&'static str],
    flags: &'static [&'static str],
    apply: fn(&mut Scene),
}

const fn cause(
    name: &'static str,
    groups: &'static str,
    codes: &'static [&'static str],
    flags: &'static [&'static str],
    apply: fn(&mut Scene),
) -> Disturbance {
    Disturbance { name, groups, codes, flags, apply }
}

/// Groups: `r` the row, `i` the issue, `h` history, `c` the class, `t` windows, `o` the age of the
/// list, `u` the clock, `m` no signature, `w` a walk-in.
fn disturbances() -> Vec<Disturbance> {
    vec![
        cause("cancelled", "r", &["CANCELLED"], &[], |s| status(s, TicketStatus::Cancelled)),
        cause("blocked", "r", &["BLOCKED"], &[], |s| status(s, TicketStatus::Blocked)),
        cause("unpaid", "r", &["UNPAID"], &[], |s| status(s, TicketStatus::Unpaid)),
        cause("an older credential", "imw", &["SUPERSEDED"], &[], |s| issue(s, 41)),
        cause("a newer credential that the list should know", "imw", &["ISSUE_MISMATCH"], &[], |s| issue(s, 43)),
        cause("no row", "riw", &["NOT_IN_LIST"], &["UNLISTED"], |s| s.row = None),
        cause("sold since, and the rules deny", "rimw", &["UNLISTED"], &["UNLISTED"], |s| {
            (s.row, s.policy.switches.unlisted) = (None, Unlisted::Deny);
            issue(s, 1_001);
        }),
        cause("sold since, and the cap is reached", "rimw", &["UNLISTED"], &["UNLISTED"], |s| {
            (s.row, s.scope.unlisted_admitted) = (None, 200);
            issue(s, 1_001);
        }),
        cause("just scanned", "hw", &["JUST_SCANNED"], &[], |s| s.history = vec![admit(NOON - 4_999, 3, 1)]),
        cause("inside", "hw", &["ALREADY_IN"], &[], |s| {
            uses(s, None, ReEntry::AfterExit);
            s.history = vec![admit(NOON - HOUR, 4, 1)];
        }),
        cause("used and gone", "hw", &["ALREADY_USED", "USES_EXHAUSTED"], &[], |s| {
            uses(s, Some(1), ReEntry::Forbidden);
            s.history = vec![admit(NOON - HOUR, 4, 1), exit(NOON - MINUTE, 4, 2)];
        }),
        cause("all uses spent", "hw", &["USES_EXHAUSTED"], &[], |s| {
            uses(s, Some(2), ReEntry::AfterExit);
            s.history = (1..5_u64)
                .map(
                    |seq| if seq % 2 == 1 { admit(NOON - HOUR + seq, 4, seq) } else { exit(NOON - HOUR + seq, 4, seq) },
                )
                .collect();
        }),
        cause("inside on its one use", "hw", &["ALREADY_IN", "ALREADY_USED", "USES_EXHAUSTED"], &[], |s| {
            uses(s, Some(1), ReEntry::Forbidden);
            s.history = vec![admit(NOON - HOUR, 4, 1)];
        }),
        cause("inside on its one of many comings", "hw", &["ALREADY_IN", "USES_EXHAUSTED"], &[], |s| {
            uses(s, Some(1), ReEntry::AfterExit);
            s.history = vec![admit(NOON - HOUR, 4, 1)];
        }),
        cause(
            "just scanned on its one use",
            "hw",
            &["JUST_SCANNED", "ALREADY_IN", "ALREADY_USED", "USES_EXHAUSTED"],
            &[],
            |s| {
                uses(s, Some(1), ReEntry::Forbidden);
                s.history = vec![admit(NOON - 1_000, 3, 1)];
            },
        ),
        cause("a type that the rules do not have", "c", &["CLASS_UNKNOWN"], &[], |s| {
            s.row = s.row.map(|row| Row { class: ClassId(77), ..row });
            if let Scan::Verified { class, .. } = &mut s.scan {
                *class = 77;
            }
        }),
        cause("another gate", "", &["WRONG_GATE"], &[], |s| s.policy.classes[0].gates = vec![GateId(1), GateId(2)]),
        cause("another zone", "", &["WRONG_ZONE"], &[], |s| s.policy.classes[0].zones = vec![ZoneId(1)]),
        cause("after its window", "t", &["TOO_LATE"], &[], |s| {
            s.policy.classes[0].windows = vec![window(NOON - 2 * HOUR, NOON - HOUR)];
        }),
        cause("before its window", "t", &["TOO_EARLY"], &[], |s| {
            s.policy.classes[0].windows = vec![window(NOON + HOUR, NOON + 2 * HOUR)];
        }),
        cause("an unsure clock and a strict type", "u", &["CLOCK_UNSURE"], &["CLOCK_UNSURE"], |s| {
            (s.clock.uncertainty_ms, s.policy.classes[0].strict_clock) = (120_001, true);
        }),
        cause("a list much too old", "o", &["CACHE_TOO_OLD"], &["STALE"], |s| {
            s.cache.valid_until = UnixMillis(NOON - 12 * HOUR - 1);
        }),
        cause("another home gate", "", &["HOME_GATE_ONLY"], &[], |s| {
            (s.scope.has_link, s.policy.switches.home_gates) = (false, vec![GateId(1)]);
        }),
        cause("a full zone", "", &["ZONE_FULL"], &[], |s| s.policy.zones[0].capacity = Some(5)),
        cause("a walk-in", "w", &[], &["WALKIN"], |s| {
            s.scan = Scan::Verified { ticket: 4 << 48 | 7, issue: 7, class: 0, is_test: false, is_suspect: false };
            s.row = s.row.map(|row| Row { issue: Issue(7), ..row });
            s.cache.seller_seen = Seq(9);
        }),
        // After the walk-in, whose ticket it takes.
        cause("named without a code, for supervisors", "m", &["MANUAL_NOT_ALLOWED"], &["MANUAL"], |s| {
            manual(s, Manual::Supervisor);
        }),
        cause("named without a code", "m", &[], &["MANUAL"], |s| manual(s, Manual::Door)),
        cause("a rehearsal", "mw", &[], &["TEST"], |s| {
            if let Scan::Verified { is_test, .. } = &mut s.scan {
                *is_test = true;
            }
        }),
        cause("a list a little old", "o", &[], &["STALE"], |s| s.cache.valid_until = UnixMillis(NOON - 1)),
        cause("sold since", "rimw", &[], &["UNLISTED"], |s| {
            s.row = None;
            issue(s, 1_001);
        }),
        cause("issued again since", "imwr", &[], &["NEWER_ISSUE"], |s| issue(s, 1_001)),
        cause("an unsure clock", "u", &[], &["CLOCK_UNSURE"], |s| s.clock.uncertainty_ms = 120_001),
        cause("a note", "r", &[], &["ATTENTION"], |s| {
            s.row = s.row.map(|row| Row { attention: true, ..row });
        }),
        cause("an identity check", "r", &[], &["ID_CHECK"], |s| {
            s.row = s.row.map(|row| Row { id_check: true, ..row });
        }),
    ]
}

fn status(scene: &mut Scene, status: TicketStatus) {
    if let Some(row) = &mut scene.row {
        row.status = status;
    }
}

fn issue(scene: &mut Scene, number: u32) {
    if let Scan::Verified { issue, .. } = &mut scene.scan {
        *issue = number;
    }
}

fn uses(scene: &mut Scene, limit: Option<u32>, re_entry: ReEntry) {
    let class = &mut scene.policy.classes[0];
    (class.uses.limit, class.re_entry) = (limit, re_entry);
}

fn manual(scene: &mut Scene, manual: Manual) {
    let ticket = if let Scan::Verified { ticket, .. } = scene.scan { ticket } else { TICKET };
    (scene.scan, scene.policy.switches.manual) = (Scan::Manual(ticket), manual);
}

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

fn admitted(flags: &[&str]) -> Value {
    json!({"admit": true, "flags": in_order(flags)})
}

fn entry(codes: &[&str], flags: &[&str]) -> Value {
    if codes.is_empty() {
        return admitted(flags);
    }
    let strictness = |who: &str| ["door", "supervisor", "nobody"].iter().position(|w| *w == who);
    let whos = CODES.iter().filter(|(name, _)| codes.contains(name)).map(|(_, who)| *who);
    denied(codes, whos.max_by_key(|who| strictness(who)).unwrap(), flags)
}

fn denied(codes: &[&str], by: &str, flags: &[&str]) -> Value {
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
    let flags: Vec<&str> = flags.iter().copied().chain(codes.iter().map(|code| as_flag(code))).collect();
    admitted(&flags)
}

/// Cases on their way into the file, with each policy written once.
#[derive(Default)]
struct Cases {
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
    fn edge(&mut self, name: impl Into<String>, change: impl FnOnce(&mut Scene), expect: Value) {
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
    repeats(&mut cases);
    windows(&mut cases);
    clocks_and_lists(&mut cases);
    periods(&mut cases);
    histories(&mut cases);
    places(&mut cases);
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

fn repeats(cases: &mut Cases) {
    let just = entry(&["JUST_SCANNED"], &[]);
    for (ago, expect) in [(0, just.clone()), (1, just.clone()), (4_999, just.clone()), (5_000, admitted(&[]))] {
        cases.edge(format!("the same device {ago} ms ago"), |s| s.history = vec![admit(NOON - ago, 3, 1)], expect);
    }
    cases.edge("another device 1 ms ago", |s| s.history = vec![admit(NOON - 1, 4, 1)], admitted(&[]));
    cases.edge("the same device in the future", |s| s.history = vec![admit(NOON + 30_000, 3, 1)], just.clone());
    let left = |s: &mut Scene| s.history = vec![admit(NOON - 2_000, 3, 1), exit(NOON - 1_000, 4, 1)];
    cases.edge("the same device, and gone since", left, admitted(&[]));
    let both = |s: &mut Scene| s.history = vec![admit(NOON - 2_000, 3, 1), admit(NOON - 1_000, 4, 1)];
    cases.edge("the same device, then another", both, just.clone());
    let older = |s: &mut Scene| s.history = vec![admit(NOON - 6_000, 3, 1), admit(NOON - 1_000, 4, 1)];
    cases.edge("the same device long ago, then another", older, admitted(&[]));
    let zone = |s: &mut Scene| {
        s.history = vec![moved(NOON - 1_000, 3, 1, MovementKind::Admit, 2)];
    };
    cases.edge("the same device at another zone's gate", zone, admitted(&[]));
    let sibling = |s: &mut Scene| {
        s.history = vec![moved(NOON - 1_000, 3, 1, MovementKind::Admit, 1)];
    };
    cases.edge("the same device at the zone's other gate", sibling, just.clone());
    let undone = |s: &mut Scene| s.history = vec![admit(NOON - 1_000, 3, 1), undo(NOON - 500, 3, 2, (3, 1))];
    cases.edge("the same device, taken back", undone, admitted(&[]));
    let longer = |s: &mut Scene| {
        s.policy.limits.repeat_ms = 9_000;
        s.history = vec![admit(NOON - 8_999, 3, 1)];
    };
    cases.edge("a longer repeat time", longer, just);
}

fn windows(cases: &mut Cases) {
    for uncertainty in [0, 59_999, 60_000, 60_001] {
        for grace in [0, 30_000] {
            let wide = uncertainty.min(60_000) + grace;
            let (from, until) = (NOON, NOON + HOUR);
            for (word, now, codes) in [
                ("first", from - wide, &[][..]),
                ("just before the first", from - wide - 1, &["TOO_EARLY"][..]),
                ("last", until + wide - 1, &[][..]),
                ("just after the last", until + wide, &["TOO_LATE"][..]),
            ] {
                let change = |s: &mut Scene| {
                    s.policy.classes[0].windows = vec![window(from, until)];
                    s.policy.limits.grace_ms = grace;
                    s.clock.now = UnixMillis(now);
                    s.clock.uncertainty_ms = uncertainty;
                    s.cache.valid_until = UnixMillis(NOON + 2 * HOUR);
                };
                let name = format!("the {word} instant, uncertainty {uncertainty}, grace {grace}");
                cases.edge(name, change, entry(codes, &[]));
            }
        }
    }
    let (morning, evening) = (window(NOON - 2 * HOUR, NOON - HOUR), window(NOON + HOUR, NOON + 2 * HOUR));
    let three = [
        ("between two windows", vec![morning, evening], 0, &["TOO_EARLY"][..]),
        ("between two windows, the later named first", vec![evening, morning], 0, &["TOO_EARLY"][..]),
        ("in the second window", vec![morning, evening], HOUR, &[][..]),
        ("in the second window, named first", vec![evening, morning], HOUR, &[][..]),
        ("after both windows", vec![evening, morning], 3 * HOUR, &["TOO_LATE"][..]),
        ("no windows at all", vec![], 40 * HOUR, &[][..]),
        ("in two windows at once", vec![window(NOON - 1, NOON + 9), window(NOON - 9, NOON + 1)], 0, &[][..]),
    ];
    for (name, windows, later, codes) in three {
        let change = |s: &mut Scene| {
            s.policy.classes[0].windows = windows;
            s.clock = Clock { now: UnixMillis(NOON + later), uncertainty_ms: 0 };
            s.cache.valid_until = UnixMillis(NOON + 99 * HOUR);
        };
        cases.edge(name, change, entry(codes, &[]));
    }
}

fn clocks_and_lists(cases: &mut Cases) {
    for (uncertainty, is_strict, expect) in [
        (120_000, true, admitted(&[])),
        (120_001, true, entry(&["CLOCK_UNSURE"], &["CLOCK_UNSURE"])),
        (120_000, false, admitted(&[])),
        (120_001, false, admitted(&["CLOCK_UNSURE"])),
        (u64::MAX, true, entry(&["CLOCK_UNSURE"], &["CLOCK_UNSURE"])),
    ] {
        let change = |s: &mut Scene| {
            (s.clock.uncertainty_ms, s.policy.classes[0].strict_clock) = (uncertainty, is_strict);
        };
        cases.edge(format!("uncertainty {uncertainty}, strict {is_strict}"), change, expect);
    }
    let offline = 12 * HOUR;
    for (age, expect) in [
        (0, admitted(&[])),
        (1, admitted(&["STALE"])),
        (offline, admitted(&["STALE"])),
        (offline + 1, entry(&["CACHE_TOO_OLD"], &["STALE"])),
    ] {
        let change = |s: &mut Scene| s.cache.valid_until = UnixMillis(NOON - age);
        cases.edge(format!("a list {age} ms past its promise"), change, expect);
    }
    let unlisted = admitted(&["UNLISTED"]);
    let missing = entry(&["NOT_IN_LIST"], &["UNLISTED"]);
    for (number, is_complete, expect) in [
        (1_000, true, missing.clone()),
        (1_001, true, unlisted.clone()),
        (1, false, unlisted.clone()),
        (1_000, false, unlisted.clone()),
        (u32::MAX, true, unlisted.clone()),
    ] {
        let change = |s: &mut Scene| {
            (s.row, s.cache.is_complete) = (None, is_complete);
            issue(s, number);
        };
        cases.edge(format!("no row, issue {number}, complete {is_complete}"), change, expect);
    }
    for (admitted_before, cap, expect) in [
        (199, 200, unlisted.clone()),
        (200, 200, entry(&["UNLISTED"], &["UNLISTED"])),
        (0, 0, entry(&["UNLISTED"], &["UNLISTED"])),
    ] {
        let change = |s: &mut Scene| {
            (s.row, s.scope.unlisted_admitted, s.policy.limits.unlisted_cap) = (None, admitted_before, cap);
            issue(s, 1_001);
        };
        cases.edge(format!("{admitted_before} of {cap} unlisted admitted"), change, expect);
    }
    for (number, is_complete, expect) in [
        (1_000, true, entry(&["ISSUE_MISMATCH"], &[])),
        (1_001, true, admitted(&["NEWER_ISSUE"])),
        (1_000, false, admitted(&[])),
        (1_001, false, admitted(&["NEWER_ISSUE"])),
        (42, true, admitted(&[])),
        (41, false, entry(&["SUPERSEDED"], &[])),
    ] {
        let change = |s: &mut Scene| {
            s.cache.is_complete = is_complete;
            issue(s, number);
        };
        cases.edge(format!("row of issue 42, issue {number}, complete {is_complete}"), change, expect);
    }
    for (seq, seen, is_complete, expect) in [
        (7, 6, true, admitted(&["UNLISTED", "WALKIN"])),
        (7, 7, true, entry(&["NOT_IN_LIST"], &["UNLISTED", "WALKIN"])),
        (7, 8, false, admitted(&["UNLISTED", "WALKIN"])),
    ] {
        let change = |s: &mut Scene| {
            s.scan = Scan::Verified {
                ticket: 4 << 48 | seq,
                issue: seq as u32,
                class: 0,
                is_test: false,
                is_suspect: false,
            };
            (s.row, s.cache.seller_seen, s.cache.is_complete) = (None, Seq(seen), is_complete);
        };
        cases.edge(format!("walk-in {seq}, its seller seen up to {seen}, complete {is_complete}"), change, expect);
    }
    for (rule, by) in [(Manual::Door, ""), (Manual::Supervisor, "supervisor"), (Manual::Never, "nobody")] {
        let named = |s: &mut Scene| manual(s, rule);
        let listed =
            if by.is_empty() { admitted(&["MANUAL"]) } else { denied(&["MANUAL_NOT_ALLOWED"], by, &["MANUAL"]) };
        cases.edge(format!("named, {rule:?}, listed"), named, listed);
        let unlisted = |s: &mut Scene| {
            manual(s, rule);
            (s.row, s.cache.is_complete) = (None, false);
        };
        let codes: &[&str] = if by.is_empty() { &["NOT_IN_LIST"] } else { &["NOT_IN_LIST", "MANUAL_NOT_ALLOWED"] };
        cases.edge(format!("named, {rule:?}, not listed"), unlisted, denied(codes, "nobody", &["UNLISTED", "MANUAL"]));
    }
    let pay = |s: &mut Scene| {
        status(s, TicketStatus::Unpaid);
        s.policy.switches.admit_unpaid = true;
    };
    cases.edge("unpaid, and the rules admit it", pay, admitted(&[]));
}

/// Days are counted apart, and who came in yesterday is not inside today.
fn periods(cases: &mut Cases) {
    let days = vec![window(NOON - 24 * HOUR, NOON), window(NOON, NOON + 24 * HOUR)];
    let spent = &["ALREADY_IN", "ALREADY_USED", "USES_EXHAUSTED"][..];
    let inside = &["ALREADY_IN", "USES_EXHAUSTED"][..];
    let used = &["USES_EXHAUSTED"][..];
    for (re_entry, of_day) in [(ReEntry::Forbidden, spent), (ReEntry::AfterExit, inside), (ReEntry::Free, used)] {
        for (word, came, now, codes) in [
            ("the first day's last instant", NOON - HOUR, NOON - 1, of_day),
            ("the second day's first instant", NOON - HOUR, NOON, &[][..]),
            ("the second day, in since its first instant", NOON, NOON + HOUR, of_day),
            ("the second day's first instant, in since the instant before", NOON - 1, NOON, &[][..]),
            ("after all days", NOON + HOUR, NOON + 24 * HOUR, &[][..]),
            ("outside all days, in since before the first", NOON - 25 * HOUR, NOON + 24 * HOUR, of_day),
        ] {
            let change = |s: &mut Scene| {
                s.policy.classes[0].uses = Uses { limit: Some(1), periods: days.clone() };
                s.policy.classes[0].re_entry = re_entry;
                s.history = vec![admit(came, 4, 1)];
                s.clock.now = UnixMillis(now);
                s.cache.valid_until = UnixMillis(NOON + 99 * HOUR);
            };
            cases.edge(format!("{re_entry:?}: {word}"), change, entry(codes, &[]));
        }
    }
    let two_days = |s: &mut Scene| {
        s.policy.classes[0].uses = Uses { limit: Some(1), periods: days.clone() };
        s.policy.classes[0].re_entry = ReEntry::AfterExit;
        s.history = vec![admit(NOON + HOUR, 4, 2), admit(NOON - HOUR, 4, 1), exit(NOON + 2 * HOUR, 4, 3)];
        s.clock.now = UnixMillis(NOON + 3 * HOUR);
        s.cache.valid_until = UnixMillis(NOON + 99 * HOUR);
    };
    cases.edge("each day used once", two_days, entry(used, &[]));
}

fn histories(cases: &mut Cases) {
    let once = |s: &mut Scene| uses(s, Some(1), ReEntry::Forbidden);
    let spent = entry(&["ALREADY_IN", "ALREADY_USED", "USES_EXHAUSTED"], &[]);
    let at = |seq| admit(NOON - HOUR, 4, seq);
    let other = Movement { ticket: TicketId(TICKET + 1), ..at(1) };
    let overridden = Movement { is_override: true, ..at(1) };
    let stray = Movement { ticket: TicketId(TICKET + 1), ..undo(NOON - MINUTE, 4, 2, (4, 1)) };
    for (name, history, expect) in [
        ("another ticket's movement", vec![other], admitted(&[])),
        ("an admission against a finding", vec![overridden], spent.clone()),
        ("the same movement twice", vec![at(1), at(1)], spent.clone()),
        ("taken back", vec![at(1), undo(NOON - MINUTE, 4, 2, (4, 1))], admitted(&[])),
        ("taken back by another device", vec![at(1), undo(NOON - MINUTE, 5, 1, (4, 1))], admitted(&[])),
        ("taken back before it happened", vec![undo(NOON - 2 * HOUR, 5, 1, (4, 1)), at(1)], admitted(&[])),
        ("another number taken back", vec![at(1), undo(NOON - MINUTE, 4, 2, (4, 3))], spent.clone()),
        ("another ticket's number taken back", vec![at(1), stray], spent.clone()),
        (
            "the taking back taken back",
            vec![at(1), undo(NOON - 2 * MINUTE, 4, 2, (4, 1)), undo(NOON - MINUTE, 4, 3, (4, 2))],
            admitted(&[]),
        ),
        ("gone", vec![at(1), exit(NOON - MINUTE, 4, 2)], entry(&["ALREADY_USED", "USES_EXHAUSTED"], &[])),
        (
            "gone, and that taken back",
            vec![at(1), exit(NOON - 2 * MINUTE, 4, 2), undo(NOON - MINUTE, 4, 3, (4, 2))],
            spent.clone(),
        ),
        ("gone before it came", vec![exit(NOON - 2 * HOUR, 5, 9), at(1)], spent.clone()),
        ("gone and never came", vec![exit(NOON - HOUR, 5, 9)], admitted(&[])),
        ("out of order", vec![exit(NOON - MINUTE, 4, 2), at(1)], entry(&["ALREADY_USED", "USES_EXHAUSTED"], &[])),
    ] {
        let change = |s: &mut Scene| {
            once(s);
            s.history = history;
        };
        cases.edge(name, change, expect);
    }
    let came = |times: u64, is_gone: bool| {
        (1..=times)
            .flat_map(|n| [admit(NOON - HOUR + 2 * n, 4, 2 * n), exit(NOON - HOUR + 2 * n + 1, 4, 2 * n + 1)])
            .take((2 * times) as usize - usize::from(!is_gone))
            .collect::<Vec<_>>()
    };
    for (limit, re_entry, times, is_gone, codes) in [
        (Some(0), ReEntry::Forbidden, 0, true, &["USES_EXHAUSTED"][..]),
        (Some(0), ReEntry::Free, 0, true, &["USES_EXHAUSTED"][..]),
        (Some(2), ReEntry::AfterExit, 1, false, &["ALREADY_IN"][..]),
        (Some(2), ReEntry::AfterExit, 1, true, &[][..]),
        (Some(2), ReEntry::AfterExit, 2, false, &["ALREADY_IN", "USES_EXHAUSTED"][..]),
        (Some(2), ReEntry::Free, 1, false, &[][..]),
        (Some(2), ReEntry::Free, 2, false, &["USES_EXHAUSTED"][..]),
        (Some(2), ReEntry::Forbidden, 1, true, &[][..]),
        (Some(2), ReEntry::Forbidden, 1, false, &["ALREADY_IN"][..]),
        (None, ReEntry::Forbidden, 3, true, &[][..]),
        (None, ReEntry::Forbidden, 3, false, &["ALREADY_IN"][..]),
        (None, ReEntry::Free, 9, false, &[][..]),
    ] {
        if times == 0 {
            let change = |s: &mut Scene| uses(s, limit, re_entry);
            cases.edge(format!("{re_entry:?}, {limit:?}, never came"), change, entry(codes, &[]));
            continue;
        }
        let change = |s: &mut Scene| {
            uses(s, limit, re_entry);
            s.history = came(times, is_gone);
        };
        let name = format!("{re_entry:?}, {limit:?}, came {times} times, gone {is_gone}");
        cases.edge(name, change, entry(codes, &[]));
    }
}

fn places(cases: &mut Cases) {
    for (inside, capacity, codes) in
        [(4, 5, &[][..]), (5, 5, &["ZONE_FULL"][..]), (6, 5, &["ZONE_FULL"][..]), (0, 0, &["ZONE_FULL"][..])]
    {
        let change = |s: &mut Scene| (s.scope.occupancy, s.policy.zones[0].capacity) = (inside, Some(capacity));
        cases.edge(format!("{inside} inside of {capacity}"), change, entry(codes, &[]));
    }
    let back = |s: &mut Scene| {
        s.policy.zones[0].capacity = Some(5);
        s.history = vec![admit(NOON - HOUR, 4, 1)];
    };
    cases.edge("full, and inside already", back, admitted(&[]));
    cases.edge("the other zone is full", |s| s.policy.zones[1].capacity = Some(0), admitted(&[]));
    let nowhere = |s: &mut Scene| {
        uses(s, Some(1), ReEntry::Forbidden);
        (s.scope.gate, s.policy.zones[0].capacity) = (GateId(9), Some(0));
        s.history = vec![admit(NOON - 1, 3, 1)];
    };
    cases.edge("a gate that the rules do not have", nowhere, entry(&["WRONG_GATE"], &[]));
    let nothing = |s: &mut Scene| {
        s.scope.gate = GateId(9);
        s.row = s.row.map(|row| Row { class: ClassId(77), ..row });
    };
    cases.edge("neither gate nor type", nothing, entry(&["CLASS_UNKNOWN"], &[]));
    for (row, claimed, number, expect) in [
        (0, 77, 42, admitted(&[])),
        (77, 0, 42, entry(&["CLASS_UNKNOWN"], &[])),
        (0, 77, 1_001, entry(&["CLASS_UNKNOWN"], &["NEWER_ISSUE"])),
        (77, 0, 1_001, admitted(&["NEWER_ISSUE"])),
        (0, 77, 41, entry(&["SUPERSEDED"], &[])),
    ] {
        let change = |s: &mut Scene| {
            s.scan =
                Scan::Verified { ticket: TICKET, issue: number, class: claimed, is_test: false, is_suspect: false };
            s.row = s.row.map(|r| Row { class: ClassId(row), ..r });
        };
        cases.edge(format!("type {row} listed, {claimed} claimed by issue {number}"), change, expect);
    }
    let away = entry(&["HOME_GATE_ONLY"], &[]);
    for (name, has_link, gate, of_class, homes, expect) in [
        ("another home, with a link", true, 0, None, vec![1], admitted(&[])),
        ("another home, without", false, 0, None, vec![1], away.clone()),
        ("at home, without a link", false, 1, None, vec![1], admitted(&[])),
        ("no homes", false, 0, None, vec![], admitted(&[])),
        ("the type's home", false, 0, Some(1), vec![0], away.clone()),
        ("the type's home, and there", false, 1, Some(1), vec![0], admitted(&[])),
        // SHA-256 of 0000123456789abc begins with 095b573889779942, an even number.
        ("the first of two homes", false, 0, None, vec![0, 1], admitted(&[])),
        ("not the second of two homes", false, 1, None, vec![0, 1], away.clone()),
    ] {
        let change = |s: &mut Scene| {
            (s.scope.has_link, s.scope.gate) = (has_link, GateId(gate));
            s.policy.classes[0].home_gate = of_class.map(GateId);
            s.policy.switches.home_gates = homes.into_iter().map(GateId).collect();
        };
        cases.edge(name, change, expect);
    }
    for (name, gates, zones, codes) in [
        ("its gates", vec![0], vec![], &[][..]),
        ("its zones", vec![], vec![0], &[][..]),
        ("its gate but not its zone", vec![0], vec![1], &["WRONG_ZONE"][..]),
        ("its zone but not its gate", vec![1], vec![0], &["WRONG_GATE"][..]),
        ("neither", vec![1], vec![1], &["WRONG_GATE", "WRONG_ZONE"][..]),
    ] {
        let change = |s: &mut Scene| {
            s.policy.classes[0].gates = gates.into_iter().map(GateId).collect();
            s.policy.classes[0].zones = zones.into_iter().map(ZoneId).collect();
        };
        cases.edge(name, change, entry(codes, &[]));
    }
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
