//! What the panel says about the machine: its faults, its permission, its list, and that it is ready.

use sync_protocol::verdict::Direction;

use super::{Message, Names, clean};
use crate::door::{CameraStatus, Fault, Suspension};

const OTHER_DOOR: &str = "machine-other-door";
const TRY_AGAIN: &str = "machine-try-again";
const ENROL_AGAIN: &str = "machine-enrol-again";
pub(super) const WITHOUT_CAMERA: &str = "machine-without-camera";

/// Returns what the panel says while the machine can't decide.
pub fn fault(fault: &Fault, names: &Names<'_>) -> Message {
    let (headline, detail, step) = match fault {
        Fault::Store(detail) => ("machine-store", clean(detail), TRY_AGAIN),
        Fault::DiskFull(left) => {
            let left = names.say_with("machine-disk-left", &[("megabytes", (left / 1_000_000).into())]);
            ("machine-disk-full", left, "machine-disk-step")
        }
        Fault::ClockWentBack => ("machine-clock-back", names.say("machine-clock-back-why"), "machine-clock-back-step"),
        Fault::Other(detail) => ("machine-other", clean(detail), TRY_AGAIN),
    };
    let lines = vec![detail, names.say(OTHER_DOOR)];
    Message { headline: names.say(headline), lines, notes: Vec::new(), step: Some(names.say(step)) }
}

/// Returns what the panel says when the threads behind the screen are gone.
pub fn stopped(names: &Names<'_>) -> Message {
    say("machine-stopped", &["machine-stopped-safe", OTHER_DOOR], "machine-stopped-step", names)
}

/// Returns what the panel says while the terminal may not admit.
pub fn suspension(suspension: Suspension, names: &Names<'_>) -> Message {
    let (headline, step) = match suspension {
        Suspension::Revoked => ("machine-revoked", "machine-revoked-step"),
        Suspension::Forked => ("machine-forked", ENROL_AGAIN),
        Suspension::RolledBack => ("machine-rolled-back", ENROL_AGAIN),
        Suspension::ServerFork => ("machine-server-fork", ENROL_AGAIN),
        Suspension::OtherFeed => ("machine-other-feed", "machine-other-feed-step"),
        Suspension::FeedBroken => ("machine-feed-broken", ENROL_AGAIN),
        Suspension::Clock => ("machine-clock-behind", "machine-clock-behind-step"),
        Suspension::Store => ("machine-damaged", "machine-damaged-step"),
        Suspension::Closed => ("machine-closed", "machine-closed-step"),
        Suspension::Certificate => ("machine-certificate", "machine-certificate-step"),
        Suspension::Gate => ("machine-gate", "machine-gate-step"),
        Suspension::Wiped => ("machine-wiped", "machine-wiped-step"),
        Suspension::Shredded => ("machine-shredded", "machine-shredded-step"),
    };
    match suspension {
        Suspension::Closed => say(headline, &["machine-still-sent"], step, names),
        Suspension::Shredded => say(headline, &["machine-shredded-sent"], step, names),
        Suspension::Wiped => say(headline, &["machine-wiped-sent", OTHER_DOOR], step, names),
        _ => say(headline, &[OTHER_DOOR, "machine-still-sent"], step, names),
    }
}

/// Returns what the panel says before anything is known.
pub fn starting(names: &Names<'_>) -> Message {
    Message { headline: names.say("machine-starting"), ..Message::default() }
}

/// Returns what the panel says before the first list.
pub fn no_list(names: &Names<'_>) -> Message {
    say("machine-no-list", &["machine-no-list-why"], "machine-no-list-step", names)
}

/// Returns what the panel says during the first download: done and total, in tickets.
pub fn progress(done: u64, total: u64, names: &Names<'_>) -> Message {
    let line = names.say_with("machine-download-of", &[("done", done.into()), ("total", total.into())]);
    let lines = vec![line, names.say("machine-download-goes-on")];
    Message { headline: names.say("machine-download"), lines, ..Message::default() }
}

/// Returns what the panel says between guests.
pub fn ready(direction: Direction, camera: &CameraStatus, names: &Names<'_>) -> Message {
    let headline = match direction {
        Direction::Entry => "machine-ready",
        Direction::Exit => "machine-ready-exit",
    };
    let how = match camera {
        CameraStatus::Streaming { .. } => "machine-hold",
        _ => WITHOUT_CAMERA,
    };
    Message { headline: names.say(headline), lines: vec![names.say(how)], ..Message::default() }
}

fn say(headline: &str, lines: &[&str], step: &str, names: &Names<'_>) -> Message {
    Message {
        headline: names.say(headline),
        lines: lines.iter().map(|line| names.say(line)).collect(),
        notes: Vec::new(),
        step: Some(names.say(step)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;

    #[test]
    fn a_fault_says_that_nobody_is_refused() {
        let catalogue = Catalogue::default();
        let names = Names::new(&catalogue, None, Clockface::default());
        for case in
            [Fault::Store("x".into()), Fault::DiskFull(5_000_000), Fault::ClockWentBack, Fault::Other("".into())]
        {
            assert!(fault(&case, &names).lines.iter().any(|line| *line == names.say(OTHER_DOOR)), "{case:?}");
        }
    }
}
