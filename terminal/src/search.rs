//! Finding somebody by what their neighbour in the queue can spell: a part of a name, an order, an
//! e-mail, some of a ticket's number.
//!
//! [`Index`] is pure and holds what the terminal knows of the list, in memory only. A [`Searcher`]
//! is a thread that keeps one in step with the list and answers the newest question, so that
//! neither the gate nor the screen ever waits for a search.

mod arena;
mod code;
mod fold;
mod index;
mod query;
mod searcher;
mod seek;
#[cfg(test)]
mod tests;
mod typo;
mod vocabulary;

use std::fmt;

use sync_protocol::id::{ClassId, TicketId};
use sync_protocol::verdict::TicketStatus;

pub use index::Index;
pub use searcher::{FOUND_MAX, PARTY_MAX, Searcher};

/// A guest as the list has them.
#[derive(Clone, Copy)]
pub struct Guest<'a> {
    /// Their ticket.
    pub ticket: TicketId,
    /// Their name; may be empty.
    pub name: &'a str,
    /// Their e-mail; may be empty.
    pub email: &'a str,
    /// The reference of the order the ticket belongs to; may be empty.
    pub group: &'a str,
    /// The ticket type.
    pub class: ClassId,
    /// Whether the ticket counts.
    pub status: TicketStatus,
}

/// Somebody who may be meant.
#[derive(Clone, Eq, PartialEq)]
pub struct Found {
    /// Their ticket.
    pub ticket: TicketId,
    /// Their name; may be empty.
    pub name: String,
    /// Their e-mail; may be empty.
    pub email: String,
    /// The reference of the order the ticket belongs to; may be empty.
    pub group: String,
    /// The ticket type.
    pub class: ClassId,
    /// Whether the ticket counts.
    pub status: TicketStatus,
    /// Found only by forgiving a slip of the finger.
    pub is_similar_only: bool,
}

/// Names nobody: what is written to a log stays there.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Found").field(&self.ticket).finish()
    }
}

/// Everybody who may be meant.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Results {
    /// The best of them, the best first.
    pub found: Vec<Found>,
    /// How many are met by what was typed.
    pub matching: usize,
    /// How many more there are if slips are forgiven.
    pub similar: usize,
}

impl Results {
    /// Whether nobody is found.
    pub const fn is_empty(&self) -> bool {
        self.matching == 0 && self.similar == 0
    }
}

/// Those whose tickets came in one order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// The ticket that was asked about.
    pub of: TicketId,
    /// The order's tickets, that one among them, in the order of their names; nothing for a ticket
    /// that belongs to no order or is not known.
    pub members: Vec<Found>,
}

/// What the search's thread finds out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Told {
    /// Whom the text that was asked for last may mean.
    Reply(Reply),
    /// Who came in the order that was asked for last.
    Party(Party),
}

/// The answer to what was typed.
#[derive(Clone, Eq, PartialEq)]
pub struct Reply {
    /// What was looked for.
    pub typed: String,
    /// Who may be meant; nothing if the list cannot be read.
    pub results: Option<Results>,
    /// How many tickets were looked through.
    pub known: usize,
}

/// Says nothing of what was typed: it may be a name.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("results", &self.results).field("known", &self.known).finish_non_exhaustive()
    }
}
