//! What the shell and [`super::SyncClient`] say to each other.

use alloc::vec::Vec;

use crate::hash::Hash;
use crate::id::{FeedSeq, Seq};
use crate::problem::ProblemCode;

/// One of the two directions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// Time, snapshot and feed.
    Down,
    /// The journal.
    Up,
}

/// Something to ask the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// The four timestamps.
    Time,
    /// The snapshot's manifest.
    Snapshot,
    /// One chunk of it.
    Chunk(Hash),
    /// What comes after a number, waiting so many seconds for news.
    Feed {
        /// The number held.
        after: FeedSeq,
        /// 0 answers at once.
        wait_s: u64,
    },
    /// What the server holds of this device's journal.
    JournalStatus,
    /// Entries to send.
    Push {
        /// The first.
        from: Seq,
        /// At most so many.
        count_max: usize,
        /// Ask for quarantine: this terminal no longer counts.
        is_evidence: bool,
    },
}

impl Request {
    /// Returns the lane the request runs in.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::JournalStatus | Self::Push { .. } => Lane::Up,
            _ => Lane::Down,
        }
    }
}

/// What came back, after the shell checked and stored it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// The time was measured.
    Time,
    /// The manifest was verified; these chunks are not here yet.
    Manifest {
        /// In the order to fetch them.
        missing: Vec<Hash>,
    },
    /// A chunk was checked and put aside.
    Chunk,
    /// A page was checked. `after` is the number that the next page follows; all is applied if
    /// `is_complete`.
    Page {
        /// Where the next page starts.
        after: FeedSeq,
        /// Whether the head was reached.
        is_complete: bool,
    },
    /// The server holds the journal up to here; `is_ours` says whether its hash is the one this
    /// terminal has under that number.
    Held {
        /// The last number.
        seq: Seq,
        /// Whether it is the same entry.
        is_ours: bool,
    },
    /// The server acknowledged up to here.
    Acknowledged(Seq),
    /// The server put the batch into quarantine, up to here.
    Quarantined(Seq),
}

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// No answer, or none that could be read.
    Unreachable,
    /// The server asks to come back later.
    Busy {
        /// When, in ms from now, if it said so.
        retry_after_ms: Option<u64>,
    },
    /// The server names a problem.
    Problem(ProblemCode),
    /// GAP: it holds entries only up to here.
    Gap(Seq),
    /// What came does not hold together, or is another history.
    Distrusted(Suspend),
}

/// Why the terminal must stop admitting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Suspend {
    /// Revoked by an organiser.
    Revoked,
    /// Two journals under its name exist.
    Forked,
    /// Its own disk went back to an earlier state.
    RolledBack,
    /// The server shows another history than before.
    ServerFork,
    /// The server started another feed; staff must confirm.
    OtherFeed,
    /// The feed does not hold together.
    FeedBroken,
}

/// Something for the shell to do or to show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// Every chunk is here: apply the snapshot, then call `SyncClient::handle_snapshot_applied`.
    ApplySnapshot,
    /// The server answers.
    LinkUp,
    /// It does not.
    LinkDown,
    /// Stop admitting.
    Suspend(Suspend),
    /// Tell staff: the server refuses for a reason that waiting alone doesn't change.
    Report(ProblemCode),
}

/// Where the conversation starts: what the store holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Start {
    /// The feed number held; nothing before the first snapshot.
    pub cursor: Option<FeedSeq>,
    /// The journal's last number.
    pub journal: Seq,
    /// The last number the server acknowledged.
    pub acknowledged: Seq,
    /// Why the terminal is suspended already.
    pub suspended: Option<Suspend>,
    /// Whether the list held says that the event is closed.
    pub is_closed: bool,
}

impl Suspend {
    /// Whether this terminal's further entries are evidence and no longer count by themselves.
    pub const fn makes_evidence(self) -> bool {
        matches!(self, Self::Revoked | Self::Forked | Self::RolledBack)
    }
}
