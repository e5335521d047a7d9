//! What is said about the event's terminals.

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::GateId;
use sync_protocol::time::UnixMillis;

use super::{Names, clean};
use crate::catalogue::text;
use crate::door::{DoorSeen, Doors};

/// A terminal that was not heard from for this long is marked, in ms.
const SILENT_MS: u64 = 2 * 60_000;

/// How a terminal is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DoorState {
    /// It was heard of lately, or it is this one.
    Heard,
    /// It was not.
    Silent,
    /// It does not count any more.
    Out,
}

/// Returns what stands above the terminals.
pub fn doors_head(seen: &Doors, names: &Names<'_>) -> String {
    match seen.learned_at {
        None => names.say("doors-from-list"),
        Some(at) => names.say_with("doors-learned", &[("ago", text(ago(at, names)))]),
    }
}

/// Returns the titles of the columns.
pub fn doors_columns(names: &Names<'_>) -> [String; 5] {
    ["doors-terminal", "doors-gate", "doors-in", "doors-out", "doors-heard"].map(|id| names.say(id))
}

/// Returns what a terminal is called.
pub fn door_name(door: &DoorSeen, names: &Names<'_>) -> String {
    let name = match clean(&door.name) {
        name if name.is_empty() => names.device(door.device),
        name => name,
    };
    if door.is_this { names.say_with("doors-this", &[("name", text(name))]) } else { name }
}

/// Returns how a terminal is, and when it was last heard of, in words.
pub fn door_heard(door: &DoorSeen, names: &Names<'_>) -> (DoorState, String) {
    match (door.status, door.last_heard) {
        (Some(DeviceStatus::Revoked), _) => (DoorState::Out, names.say("doors-revoked")),
        (Some(DeviceStatus::Wiped), _) => (DoorState::Out, names.say("doors-wiped")),
        (Some(DeviceStatus::Forked), _) => (DoorState::Out, names.say("doors-forked")),
        _ if door.is_this => (DoorState::Heard, names.say("doors-here")),
        (_, None) => (DoorState::Silent, names.say("doors-never")),
        (_, Some(at)) if names.clock().now().since(at) > SILENT_MS => {
            (DoorState::Silent, names.say_with("doors-silent", &[("ago", text(ago(at, names)))]))
        }
        (_, Some(at)) => (DoorState::Heard, names.say_with("doors-ago", &[("ago", text(ago(at, names)))])),
    }
}

/// Returns what came of moving this terminal to another gate.
pub(super) fn stands_at(gate: GateId, names: &Names<'_>) -> String {
    names.say_with("doors-stands-at", &[("gate", text(names.gate(gate)))])
}

fn ago(at: UnixMillis, names: &Names<'_>) -> String {
    names.span(names.clock().now().since(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::catalogue::Catalogue;
    use crate::tui::words::Clockface;

    #[test]
    fn a_terminal_is_silent_two_minutes_after_its_last_word() {
        let catalogue = Catalogue::default();
        let names = Names::new(&catalogue, None, Clockface::new("UTC", samples::NOW));
        let mut door = samples::doors().doors.remove(1);

        door.last_heard = Some(samples::NOW.minus(SILENT_MS));
        assert_eq!(door_heard(&door, &names), (DoorState::Heard, "2 min ago".into()));
        door.last_heard = Some(samples::NOW.minus(SILENT_MS + 1));
        assert_eq!(door_heard(&door, &names).0, DoorState::Silent);
        door.status = Some(DeviceStatus::Revoked);
        assert_eq!(door_heard(&door, &names), (DoorState::Out, "revoked".into()));
    }
}
