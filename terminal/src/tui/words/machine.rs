//! What the screen says about the machine: its faults, its camera, its link and its list.

use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::{Clockface, Message, clean, count, span};
use crate::door::{CameraStatus, Fault, Link, Status, Suspension};

const WITHOUT_CAMERA: &str = "Use a hand scanner, or press c to type the code.";
const OTHER_DOOR: &str = "No guest is refused: send them to another entrance.";

fn say(headline: &str, lines: &[&str], step: &str) -> Message {
    Message {
        headline: headline.into(),
        lines: lines.iter().map(|line| (*line).into()).collect(),
        notes: Vec::new(),
        step: Some(step.into()),
    }
}

/// Returns what the panel says while the machine can't decide.
pub fn fault(fault: &Fault) -> Message {
    let (headline, detail, step) = match fault {
        Fault::Store(detail) => (
            "This terminal can't read or write its check-ins.",
            clean(detail),
            "Try the ticket once more. If this comes back, start Usher again.",
        ),
        Fault::DiskFull(left) => (
            "This terminal's disk is full.",
            format!("{} MB left", count(left / 1_000_000)),
            "Delete files that aren't Usher's, then try the ticket once more.",
        ),
        Fault::ClockWentBack => (
            "This terminal's clock went back.",
            "It is behind the last check-in.".into(),
            "Set the date and time of this computer, then try the ticket once more.",
        ),
        Fault::Other(detail) => (
            "This terminal can't decide.",
            clean(detail),
            "Try the ticket once more. If this comes back, start Usher again.",
        ),
    };
    say(headline, &[&detail, OTHER_DOOR], step)
}

/// Returns what the panel says when the threads behind the screen are gone.
pub fn stopped() -> Message {
    say(
        "Usher stopped inside: nothing is decided any more.",
        &["What was checked in before is safe on this machine.", OTHER_DOOR],
        "Quit (q) and start Usher again.",
    )
}

/// Returns what the panel says while the terminal may not admit.
pub fn suspension(suspension: Suspension) -> Message {
    let (headline, step) = match suspension {
        Suspension::Revoked => {
            ("The organiser took this terminal out of use.", "Ask the organiser; it can be enrolled again.")
        }
        Suspension::Forked => (
            "A second copy of this terminal's journal exists.",
            "Tell the organiser: this terminal must be enrolled again.",
        ),
        Suspension::RolledBack => (
            "This computer's disk went back to an earlier state.",
            "Tell the organiser: this terminal must be enrolled again.",
        ),
        Suspension::ServerFork => (
            "The server's list is not the one this terminal knows.",
            "Tell the organiser: this terminal must be enrolled again.",
        ),
        Suspension::FeedBroken => {
            ("The ticket list does not hold together.", "Tell the organiser: this terminal must be enrolled again.")
        }
        Suspension::Clock => {
            ("This computer's clock is behind its own check-ins.", "Set the date and time of this computer.")
        }
        Suspension::Store => (
            "The ticket store on this computer is damaged.",
            "Tell the organiser, and keep this computer: its check-ins may be saved.",
        ),
        Suspension::Closed => ("This event is closed.", "Nothing more to do here. Leave Usher on until all is sent."),
        Suspension::Certificate => (
            "This terminal's permission is not valid now.",
            "Check the date and time of this computer, and connect it to the network.",
        ),
    };
    let sending = "Check-ins made before are still sent to the server.";
    match suspension {
        Suspension::Closed => say(headline, &[sending], step),
        _ => say(headline, &[OTHER_DOOR, sending], step),
    }
}

/// Returns what the panel says before the first list.
pub fn no_list() -> Message {
    say(
        "There is no ticket list yet.",
        &["It is fetched as soon as the server answers."],
        "Connect this terminal to the network.",
    )
}

/// Returns what the panel says during the first download: done and total, in tickets.
pub fn progress(done: u64, total: u64) -> Message {
    let line = format!("{} of {} tickets", count(done), count(total));
    let rest = "It goes on where it was if the network fails.";
    Message { headline: "Getting the ticket list.".into(), lines: vec![line, rest.into()], ..Message::default() }
}

/// Returns what the panel says between guests.
pub fn ready(direction: Direction, camera: &CameraStatus) -> Message {
    let headline = match direction {
        Direction::Entry => "Ready for the next guest.",
        Direction::Exit => "Ready for guests who leave: this door is an EXIT now.",
    };
    let how = match camera {
        CameraStatus::Streaming { .. } => "Hold the ticket in front of the camera.",
        _ => WITHOUT_CAMERA,
    };
    Message { headline: headline.into(), lines: vec![how.into()], ..Message::default() }
}

/// Returns what the camera's place says.
pub fn camera(camera: &CameraStatus) -> Vec<String> {
    match camera {
        CameraStatus::Off => vec!["Camera not in use".into(), String::new(), WITHOUT_CAMERA.into()],
        CameraStatus::Opening { name } => vec!["Starting the camera …".into(), clean(name)],
        CameraStatus::Streaming { name, .. } => {
            vec!["● Camera on".into(), clean(name), String::new(), "Hold the code in front of it.".into()]
        }
        CameraStatus::Absent { detail } => {
            vec!["✖ No camera".into(), clean(detail), String::new(), WITHOUT_CAMERA.into()]
        }
        CameraStatus::Lost { name, reason } => vec![
            "✖ Camera lost".into(),
            clean(name),
            clean(reason),
            String::new(),
            "Check its cable: it is taken up again by itself.".into(),
            WITHOUT_CAMERA.into(),
        ],
    }
}

/// Returns the line below the camera's place.
pub fn camera_hint(camera: &CameraStatus) -> String {
    match camera {
        CameraStatus::Streaming { fps, .. } => format!("aim · hold 15–30 cm · {fps} fps"),
        CameraStatus::Opening { .. } => "camera starting".into(),
        CameraStatus::Off => "scanner or typed code".into(),
        CameraStatus::Absent { .. } | CameraStatus::Lost { .. } => "no camera: scanner or code".into(),
    }
}

/// Returns the link's state.
pub fn link(link: Link, clock: Clockface) -> String {
    match link {
        Link::Online => "● ONLINE".into(),
        Link::Offline { since: UnixMillis(0) } => "○ OFFLINE".into(),
        Link::Offline { since } => format!("○ OFFLINE since {}", clock.minutes(since)),
    }
}

/// Returns how old the list is, and how far a download.
pub fn list_age(status: &Status, now: UnixMillis) -> String {
    let age = match status.list_at {
        Some(at) => format!("list {} old", span(now.since(at))),
        None => "no list yet".into(),
    };
    match status.download {
        Some((done, total)) => format!("{age}, {} % of a new one", percent(done, total)),
        None => age,
    }
}

/// Returns what is said when the threads behind the screen tell nothing.
pub fn silence(ms: u64) -> String {
    format!("NOT RESPONDING for {}", span(ms))
}

fn percent(done: u64, total: u64) -> u64 {
    done.min(total).saturating_mul(100).checked_div(total).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn a_fault_says_that_nobody_is_refused() {
        for case in
            [Fault::Store("x".into()), Fault::DiskFull(5_000_000), Fault::ClockWentBack, Fault::Other("".into())]
        {
            assert!(fault(&case).lines.iter().any(|line| line == OTHER_DOOR), "{case:?}");
        }
    }

    #[test]
    fn offline_says_since_when_unless_it_never_was_online() {
        let clock = Clockface::new("Europe/Berlin", samples::NOW);

        assert_eq!(link(Link::Offline { since: samples::NOW.minus(60_000) }, clock), "○ OFFLINE since 14:01");
        assert_eq!(link(Link::Offline { since: UnixMillis(0) }, clock), "○ OFFLINE");
    }

    #[test]
    fn a_running_download_is_told_beside_the_lists_age() {
        let mut status = samples::status();
        status.download = Some((341, 1_000));
        assert_eq!(list_age(&status, samples::NOW), "list 11 s old, 34 % of a new one");

        status.download = Some((0, 0));
        assert_eq!(list_age(&status, samples::NOW), "list 11 s old, 100 % of a new one");
    }
}
