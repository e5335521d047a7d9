//! Sales at the door, with or without a network: what may be sold, to whom, and what was.
//!
//! Rules and figures only. The gate writes a sale down (`gate/sale.rs`), the store remembers it
//! (`cache/sales.rs`), and everything here can be worked out again from the journal: a sale is its
//! WALKIN entry, and nothing else.

pub mod book;
pub mod form;
pub mod right;
pub mod till;

use sync_protocol::id::{ClassId, Issue, Seq, TicketId};
use sync_protocol::journal::walk_in::{Guest, Payment, Right};
use sync_protocol::policy::{Price, WalkIn};
use sync_protocol::time::UnixMillis;

pub use book::Book;
pub use right::Refusal;

use crate::catalogue::Language;
use crate::door::Supervisor;
use crate::print::Sheet;

/// What somebody at the door wants to buy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// Who it is for.
    pub guest: Guest,
    /// The ticket type.
    pub class: ClassId,
    /// How it is paid. What costs nothing is free whatever this says.
    pub payment: Payment,
    /// Who stands at the terminal.
    pub operator: Option<String>,
    /// A supervisor who stands by it, where no place is left.
    pub supervisor: Option<Supervisor>,
}

/// A ticket type that this terminal sells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ware {
    /// The ticket type.
    pub class: ClassId,
    /// Its name.
    pub name: String,
    /// What it costs; nothing if it is free.
    pub price: Option<Price>,
    /// How many this terminal may still sell by itself.
    pub left: u32,
    /// From when on it may sell no more of them, where it ever could.
    pub expires: Option<UnixMillis>,
    /// What happens once none is left.
    pub then: WalkIn,
}

/// One sale, read from its entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sold {
    /// The WALKIN entry's number.
    pub entry: Seq,
    /// When.
    pub at: UnixMillis,
    /// The ticket.
    pub ticket: TicketId,
    /// Its credential's issue.
    pub issue: Issue,
    /// Its type.
    pub class: ClassId,
    /// What was taken, in the currency's minor unit.
    pub minor: u32,
    /// ISO 4217.
    pub currency: [u8; 3],
    /// How it was paid.
    pub payment: Payment,
    /// What allowed it.
    pub right: Right,
    /// Who stood at the terminal.
    pub operator: Option<String>,
    /// Who it is for; nothing where the personal data were erased.
    pub guest: Option<Guest>,
    /// Whether it was taken back: then the ticket is cancelled.
    pub is_undone: bool,
}

/// A sale with what a screen or a sheet of paper needs of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The sale.
    pub sold: Sold,
    /// The event's name.
    pub event: String,
    /// The ticket type's name; empty where the rules do not know it any more.
    pub class: String,
    /// The credential's text, as the code on the ticket holds it.
    pub credential: String,
}

impl Receipt {
    /// Returns what is printed of it, amounts as in `language`.
    pub fn sheet(&self, language: Language) -> Sheet {
        let sold = &self.sold;
        Sheet {
            event: self.event.clone(),
            name: sold.name().to_owned(),
            class: self.class.clone(),
            price: match sold.minor {
                0 => String::new(),
                minor => till::amount(minor.into(), sold.currency, language.point()),
            },
            number: sold.ticket.typed_code(),
            credential: self.credential.clone(),
        }
    }
}

impl Sold {
    /// Returns the name that the ticket is for; empty where it is not known.
    pub fn name(&self) -> &str {
        self.guest.as_ref().map_or("", |guest| guest.name.as_str())
    }
}
