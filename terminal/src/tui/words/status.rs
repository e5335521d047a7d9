//! What the frame's title and the status line say.

use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::{Names, clean};
use crate::catalogue::text;
use crate::door::{Link, Status};

/// Returns where this door is: the event and the gate.
pub fn title(status: Option<&Status>, names: &Names<'_>) -> String {
    match status {
        Some(status) => {
            let values = [("event", text(clean(&status.event))), ("gate", text(clean(&status.gate)))];
            names.say_with("status-where", &values)
        }
        None => names.say("status-usher"),
    }
}

/// Returns which way people go.
pub fn direction(direction: Direction, names: &Names<'_>) -> String {
    names.say(match direction {
        Direction::Entry => "status-entry",
        Direction::Exit => "status-exit",
    })
}

/// Returns the link's state.
pub fn link(link: Link, names: &Names<'_>) -> String {
    match link {
        Link::Online => names.say("status-online"),
        Link::Offline { since: UnixMillis(0) } => names.say("status-offline"),
        Link::Offline { since } => {
            names.say_with("status-offline-since", &[("time", text(names.clock().minutes(since)))])
        }
    }
}

/// Returns how many check-ins the server lacks.
pub fn to_send(status: &Status, names: &Names<'_>) -> String {
    names.say_with("status-to-send", &[("count", status.unsent.into())])
}

/// Returns how old the list is, and how far a download.
pub fn list_age(status: &Status, names: &Names<'_>) -> String {
    let age = match status.list_at {
        Some(at) => {
            let span = names.span(names.clock().now().since(at));
            names.say_with("status-list-age", &[("span", text(span))])
        }
        None => names.say("status-list-none"),
    };
    match status.download {
        Some((done, total)) => {
            let values = [("list", text(age)), ("percent", percent(done, total).into())];
            names.say_with("status-list-coming", &values)
        }
        None => age,
    }
}

/// Returns how much room the disk has, if that is little.
pub fn disk_low(status: &Status, names: &Names<'_>) -> Option<String> {
    let left = status.disk_left_mb?;
    Some(names.say_with("status-disk-low", &[("megabytes", left.into())]))
}

/// Returns how many this door let in during the last hour.
pub fn rate(status: &Status, names: &Names<'_>) -> String {
    names.say_with("status-rate", &[("count", status.admitted_last_hour.into())])
}

/// Returns that no tones are played.
pub fn sound_off(names: &Names<'_>) -> String {
    names.say("status-sound-off")
}

/// Returns what is said when the threads behind the screen tell nothing.
pub fn silence(ms: u64, names: &Names<'_>) -> String {
    names.say_with("status-silence", &[("span", text(names.span(ms)))])
}

fn percent(done: u64, total: u64) -> u64 {
    done.min(total).saturating_mul(100).checked_div(total).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;

    fn said(say: impl Fn(&Names<'_>) -> String) -> String {
        let catalogue = Catalogue::default();
        say(&Names::new(&catalogue, None, Clockface::new("Europe/Berlin", samples::NOW)))
    }

    #[test]
    fn offline_says_since_when_unless_it_never_was_online() {
        let since = samples::NOW.minus(60_000);

        assert_eq!(said(|names| link(Link::Offline { since }, names)), "○ OFFLINE since 14:01");
        assert_eq!(said(|names| link(Link::Offline { since: UnixMillis(0) }, names)), "○ OFFLINE");
    }

    #[test]
    fn a_running_download_is_told_beside_the_lists_age() {
        let mut status = samples::status();
        status.download = Some((341, 1_000));
        assert_eq!(said(|names| list_age(&status, names)), "list 11 s old, 34 % of a new one");

        status.download = Some((0, 0));
        assert_eq!(said(|names| list_age(&status, names)), "list 11 s old, 100 % of a new one");
    }
}
