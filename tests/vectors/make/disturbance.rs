//! What can stand against an admission, one thing at a time.

use sync_protocol::id::{ClassId, GateId, Issue, Seq, ZoneId};
use sync_protocol::policy::{Manual, ReEntry, Unlisted};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Row, TicketStatus};

use super::scene::{HOUR, MINUTE, NOON, Scan, Scene, TICKET, admit, exit, window};

/// One thing that is not as it should be, and all that it causes.
pub(crate) struct Disturbance {
    pub(crate) name: &'static str,
    /// Disturbances that share a letter cannot happen together.
    pub(crate) groups: &'static str,
    pub(crate) codes: &'static [&'static str],
    pub(crate) flags: &'static [&'static str],
    pub(crate) apply: fn(&mut Scene),
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
pub(crate) fn disturbances() -> Vec<Disturbance> {
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
                    |seq| {
                        if seq % 2 == 1 { admit(NOON - HOUR + seq, 4, seq) } else { exit(NOON - HOUR + seq, 4, seq) }
                    },
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

pub(crate) fn status(scene: &mut Scene, status: TicketStatus) {
    if let Some(row) = &mut scene.row {
        row.status = status;
    }
}

pub(crate) fn issue(scene: &mut Scene, number: u32) {
    if let Scan::Verified { issue, .. } = &mut scene.scan {
        *issue = number;
    }
}

pub(crate) fn uses(scene: &mut Scene, limit: Option<u32>, re_entry: ReEntry) {
    let class = &mut scene.policy.classes[0];
    (class.uses.limit, class.re_entry) = (limit, re_entry);
}

pub(crate) fn manual(scene: &mut Scene, manual: Manual) {
    let ticket = if let Scan::Verified { ticket, .. } = scene.scan { ticket } else { TICKET };
    (scene.scan, scene.policy.switches.manual) = (Scan::Manual(ticket), manual);
}
