//! The event's terminals, as far as one of them knows the others.

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{DeviceNo, GateId};
use sync_protocol::time::UnixMillis;

/// Every terminal of the event, and where this one may stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doors {
    /// When the server told of them; `None` if it has not since the program began.
    pub learned_at: Option<UnixMillis>,
    /// Every terminal that is known of, by number.
    pub doors: Vec<DoorSeen>,
    /// Where this terminal stands.
    pub gate: GateId,
    /// Where it may stand, in the order of the rules.
    pub gates: Vec<GateId>,
}

/// One terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DoorSeen {
    /// Its number in the event.
    pub device: DeviceNo,
    /// What the organiser calls it; may be empty.
    pub name: String,
    /// Where it stands, if that is known.
    pub gate: Option<GateId>,
    /// Whether it counts, as far as that is known.
    pub status: Option<DeviceStatus>,
    /// When it last spoke to the server, or did what is known here; `None` if it never did.
    pub last_heard: Option<UnixMillis>,
    /// How many it let in, without those taken back.
    pub admitted: u64,
    /// How many it let out, without those taken back.
    pub exits: u64,
    /// Whether it is this one.
    pub is_this: bool,
}
