//! What a screen asks of the gate's thread, and what comes back.
//!
//! Whatever is decided about a ticket comes back as [`super::Notice::Decided`], however it was
//! asked for; a fault of the machine as [`super::Notice::Fault`].

use sync_protocol::id::{Seq, TicketId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

/// A question or an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// What this terminal did last that may be taken back.
    Undoable,
    /// Take back an entry of this terminal's journal.
    Undo {
        /// Its number.
        entry: Seq,
        /// Why; not empty, at most [`sync_protocol::journal::entry::NOTE_BYTES_MAX`] bytes.
        reason: String,
    },
}

/// What came of a [`Request`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// What may be taken back, newest first.
    Undoable(Vec<Undoable>),
    /// It is taken back; on the disk before this is sent.
    Undone(Undoable),
    /// It could not be taken back, and why.
    NotUndone(NotUndone),
}

/// A movement of this terminal that may be taken back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Undoable {
    /// The journal entry's number.
    pub entry: Seq,
    /// When it was.
    pub at: UnixMillis,
    /// In or out.
    pub direction: Direction,
    /// Whose ticket.
    pub ticket: TicketId,
    /// The attendee's name, where the list knows it; may be empty.
    pub name: String,
}

/// Why nothing was taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotUndone {
    /// There is no such movement of this terminal, or it was taken back already.
    Gone,
    /// It is too long ago for this terminal.
    TooLate,
}
