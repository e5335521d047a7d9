//! Whom the list names, and whether they are in.

use std::fmt;

use sync_protocol::id::{ClassId, TicketId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use crate::search::Found;

/// What is looked for on a thread of its own.
#[derive(Clone, Eq, PartialEq)]
pub enum Seek {
    /// Whom this text may mean.
    Text(String),
    /// Who came in the same order as this ticket.
    Party(TicketId),
}

/// Says nothing of what was typed: it may be a name.
impl fmt::Debug for Seek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Party(of) => f.debug_tuple("Party").field(of).finish(),
        }
    }
}

/// Whether a ticket's holder is inside the zone that this terminal's gate leads into, as far as the
/// terminal knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// Never came in.
    Away,
    /// Is inside.
    Inside {
        /// When they came in.
        since: UnixMillis,
    },
    /// Was inside, and may come in again.
    Out {
        /// When they last came in.
        last: UnixMillis,
    },
    /// Was inside, and may not come in again by the same ticket.
    Used {
        /// When they last came in.
        last: UnixMillis,
    },
}

/// Somebody on the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Who.
    pub found: Found,
    /// Whether they are in.
    pub presence: Presence,
}

impl Candidate {
    /// Whether they may still come in, by what the list and the doors say.
    pub const fn is_expected(&self) -> bool {
        let is_standing = matches!(self.found.status, TicketStatus::Valid | TicketStatus::Unpaid);
        is_standing && matches!(self.presence, Presence::Away | Presence::Out { .. })
    }

    /// Whether they are in.
    pub const fn is_inside(&self) -> bool {
        matches!(self.presence, Presence::Inside { .. })
    }
}

/// Whom a text may mean.
#[derive(Clone, Eq, PartialEq)]
pub struct Search {
    /// The text.
    pub typed: String,
    /// The best of them, the best first; nothing if the list cannot be read.
    pub candidates: Option<Vec<Candidate>>,
    /// How many are met by the text.
    pub matching: usize,
    /// How many more there are if slips of the finger are forgiven.
    pub similar: usize,
    /// How many tickets were looked through.
    pub known: usize,
}

/// Says nothing of what was typed: it may be a name.
impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("candidates", &self.candidates).finish_non_exhaustive()
    }
}

/// Who came in one order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// The ticket that was asked about.
    pub of: TicketId,
    /// The order's tickets, that one among them, in the order of their names; nothing for a ticket
    /// that belongs to no order or is not known.
    pub members: Vec<Candidate>,
}

impl Party {
    /// Whether `ticket` came in this order.
    pub fn has(&self, ticket: TicketId) -> bool {
        self.members.iter().any(|member| member.found.ticket == ticket)
    }

    /// Returns how many but `ticket` may still come in.
    pub fn expected_but(&self, ticket: TicketId) -> usize {
        self.members.iter().filter(|member| member.found.ticket != ticket && member.is_expected()).count()
    }
}

/// Everything that is known of a ticket.
#[derive(Clone, Eq, PartialEq)]
pub struct Known {
    /// The ticket.
    pub ticket: TicketId,
    /// Whose it is; may be empty.
    pub name: String,
    /// Their e-mail; may be empty.
    pub email: String,
    /// The reference of the order the ticket belongs to; may be empty.
    pub group: String,
    /// The organiser's note for the door; may be empty.
    pub note: String,
    /// The ticket type.
    pub class: ClassId,
    /// Whether the ticket counts.
    pub status: TicketStatus,
    /// Whether they are in.
    pub presence: Presence,
    /// Every admission that counts, at whichever gate, oldest first.
    pub admissions: Vec<Admission>,
}

/// Names nobody: what is written to a log stays there.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Known").field(&self.ticket).finish()
    }
}
