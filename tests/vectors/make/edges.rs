//! Both sides of every border in the rules of admission.

use sync_protocol::id::{ClassId, GateId, Seq, TicketId, ZoneId};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::{Manual, ReEntry, Uses};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Clock, Row, TicketStatus};

use super::disturbance::{issue, manual, status, uses};
use super::scene::{HOUR, MINUTE, NOON, Scan, Scene, TICKET, admit, exit, moved, undo, window};
use super::verdict::{Cases, admitted, denied, entry};

pub(crate) fn add_to(cases: &mut Cases) {
    repeats(cases);
    windows(cases);
    clocks_and_lists(cases);
    periods(cases);
    histories(cases);
    places(cases);
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
