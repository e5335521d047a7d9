//! What the gate, the camera and the sync thread tell whoever shows it: the screen, or a program
//! that reads JSON lines.
//!
//! Plain values, no words for people: those are in `tui/words.rs`.

mod ask;
mod decision;
mod doors;
mod guests;
mod session;

use std::sync::Arc;

use serde::Serialize;
use sync_protocol::id::{DeviceNo, GateId, Seq, TicketId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, Verdict};

pub use ask::{Answer, CameraOrder, NotUndone, Outlet, Request, Undoable};
pub use decision::{Decision, Grounds, NotDecided, Pin, PinRefused, Purpose, Supervisor};
pub use doors::{DoorSeen, Doors};
pub use guests::{Candidate, Known, Party, Presence, Search, Seek};
pub use session::{SessionAnswer, SessionRequest};

use crate::camera::Trouble;
use crate::camera::viewfinder::Viewfinder;
use crate::decoder::aim::Aim;

/// Something the door learns.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A credential was presented and decided. An admission is durable on this machine before this
    /// is sent.
    Decided(Box<Decided>),
    /// The machine can't decide. Never a denial: nobody is turned away because a disk is full.
    Fault(Fault),
    /// The state of the terminal changed, or a second went by.
    Status(Box<Status>),
    /// The camera's state changed.
    Camera(CameraStatus),
    /// The camera reads a code, whatever it says; told once a second at most.
    Seen,
    /// A picture for staff lies here; the newest when it is taken.
    View(Arc<Viewfinder>),
    /// How the ticket is held, as far as the camera can tell, has changed.
    Aim(Aim),
    /// The event's rules: sent once they are known and whenever they change. Names the gates, zones
    /// and ticket types that a verdict's facts hold as numbers.
    Rules(Arc<Policy>),
    /// What came of something that a screen asked for.
    Answer(Box<Answer>),
    /// An admission of this door turns out to be one too many.
    Double(Box<Double>),
}

/// One presentation and what came of it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// When, by the best estimate of the server's time.
    pub at: UnixMillis,
    /// Which way.
    pub direction: Direction,
    /// Whether it was decided, or only looked at: then nothing is written down and nobody is in.
    pub purpose: Purpose,
    /// What was decided, with the facts that led to it.
    pub verdict: Verdict,
    /// What could not be taken into account.
    pub unheard: Unheard,
    /// The ticket, where the code was one of this event's.
    pub ticket: Option<TicketId>,
    /// Whose it is, where the list knows.
    pub attendee: Option<Attendee>,
    /// The ticket type's name, where the rules know it.
    pub class: Option<String>,
    /// The number of the journal entry that records it.
    pub entry: Option<Seq>,
    /// From text to durable verdict, in microseconds.
    pub took_us: u64,
}

/// What a decision could not take into account, because it was not heard of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unheard {
    /// When the list was last known to be the server's, if that is long ago.
    pub list_at: Option<UnixMillis>,
    /// The zone's terminals that were not heard from for long, longest first.
    pub silent: Vec<Silent>,
}

/// A terminal that was not heard from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Silent {
    /// Its number in the event.
    pub device: DeviceNo,
    /// What the organiser calls it; may be empty.
    pub name: String,
    /// Where it stands, if that is known.
    pub gate: Option<GateId>,
    /// When it was last heard.
    pub since: UnixMillis,
}

/// An admission of this terminal that another one, learned of later, shows to be one too many.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Double {
    /// This terminal's journal entry.
    pub entry: Seq,
    /// When that was.
    pub at: UnixMillis,
    /// The ticket.
    pub ticket: TicketId,
    /// The attendee's name, where the list knows it; may be empty.
    pub name: String,
    /// The other admission.
    pub other: Admission,
}

/// Whom the list names for a ticket.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Attendee {
    /// The name; at most 128 bytes; may be empty.
    pub name: String,
    /// The organiser's note for the door; at most 128 bytes; may be empty.
    pub note: String,
}

/// Why the machine can't say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The store cannot be read or written. Holds the technical detail.
    Store(String),
    /// The disk is nearly full: bytes left.
    DiskFull(u64),
    /// The clock went back behind the last entry.
    ClockWentBack,
    /// Anything else, in technical words.
    Other(String),
}

/// The terminal at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The event's name.
    pub event: String,
    /// The IANA name of the event's time zone.
    pub time_zone: String,
    /// The gate's name.
    pub gate: String,
    /// The zone's name.
    pub zone: String,
    /// The best estimate of the server's time.
    pub now: UnixMillis,
    /// The link to the server.
    pub link: Link,
    /// When the list was last known to be the server's, by the server's time; `None` before the
    /// first download.
    pub list_at: Option<UnixMillis>,
    /// How many tickets the list holds.
    pub tickets: u64,
    /// The number of the last journal entry; 0 before the first.
    pub journal: Seq,
    /// Journal entries that the server has not acknowledged.
    pub unsent: u64,
    /// Known to be inside this gate's zone.
    pub inside: u64,
    /// There are no fewer inside it, whatever silent doors did.
    pub inside_least: u64,
    /// There are no more inside it, whatever silent doors did.
    pub inside_most: u64,
    /// The zone's other terminals that were not heard from, longest first.
    pub silent: Vec<Silent>,
    /// How many may be inside.
    pub capacity: Option<u32>,
    /// Admissions at this terminal in the last hour.
    pub admitted_last_hour: u32,
    /// Whether this terminal is trusted with what supervisors decide.
    pub is_supervisor: bool,
    /// Why the terminal may not admit, if so.
    pub suspended: Option<Suspension>,
    /// How much room the disk has besides the reserve, in MB, once that is little.
    pub disk_left_mb: Option<u64>,
    /// How far a running download is: done and total, in tickets.
    pub download: Option<(u64, u64)>,
    /// How much of it has arrived: so many bytes of so many.
    pub fetched: Option<(u64, u64)>,
}

/// The link to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Link {
    /// The last exchange succeeded.
    Online,
    /// No exchange has succeeded since then.
    Offline {
        /// The time of the last successful exchange; 1970 if there was none.
        since: UnixMillis,
    },
}

/// Why a terminal stopped admitting. It keeps uploading.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspension {
    /// An organiser revoked it.
    Revoked,
    /// Two different journals under its name exist.
    Forked,
    /// Its disk went back to an earlier state.
    RolledBack,
    /// The server showed two different histories.
    ServerFork,
    /// The server's data came back from a copy, and staff have not confirmed that yet.
    OtherFeed,
    /// The feed did not hold together.
    FeedBroken,
    /// The clock is behind the journal.
    Clock,
    /// The store is damaged.
    Store,
    /// The event was closed.
    Closed,
    /// Its certificate is not valid now.
    Certificate,
    /// It may not stand at the gate it stands at, or not any more.
    Gate,
    /// It erased everything, by an organiser's order.
    Wiped,
    /// It erased everything: the event is over, and the server has acknowledged all of the journal.
    Shredded,
}

impl Suspension {
    /// Whether there is nothing left to suspend.
    pub const fn is_erased(self) -> bool {
        matches!(self, Self::Wiped | Self::Shredded)
    }
}

/// What is known of another terminal of the event.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DoorHeard {
    /// Its number in the event.
    pub device_no: DeviceNo,
    /// What the organiser calls it; at most 128 bytes; may be empty.
    pub name: String,
    /// Where it stands, if that is known.
    pub gate: Option<GateId>,
    /// Until when what it did is known here, by the server's time; `None` if it never spoke.
    pub last_heard: Option<UnixMillis>,
    /// How many it let in, as far as that is known.
    pub admitted: u64,
    /// How many it let out, as far as that is known.
    pub exits: u64,
}

/// The camera's state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CameraStatus {
    /// Not in use: pictures come from files, or codes are typed.
    Off,
    /// Being opened.
    Opening {
        /// Its name.
        name: String,
    },
    /// Giving pictures.
    Streaming {
        /// Its name.
        name: String,
        /// Pictures a second, rounded.
        fps: u32,
    },
    /// The chosen one is not there.
    Absent {
        /// The names of those that are there.
        found: Vec<String>,
    },
    /// Gone, stuck or refused; it is tried again by itself.
    Lost {
        /// Its name.
        name: String,
        /// What is the matter with it.
        trouble: Trouble,
        /// In technical words.
        reason: String,
    },
}
