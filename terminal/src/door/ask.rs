//! What a screen asks of the gate's thread, and what comes back.
//!
//! Whatever is decided about a ticket comes back as [`super::Notice::Decided`], however it was
//! asked for; a fault of the machine as [`super::Notice::Fault`].

use sync_protocol::id::{GateId, Seq, TicketId};
use sync_protocol::journal::drill::Drill;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::{Doors, Known, Party, Search, Seek, SessionAnswer, SessionRequest};
use crate::camera::offer::Offer;
use crate::drill::{Probe, Probed};
use crate::print::shop::Done;
use crate::walk_in::{Order, Receipt, Refusal, Sold, Ware};

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
    /// What may be sold here.
    Wares,
    /// Sell a ticket.
    Sell(Box<Order>),
    /// Let in whoever the sale of this entry was for; comes back as a decision.
    AdmitSold(Seq),
    /// What was sold here.
    Sales,
    /// Show the ticket of a sale again.
    SoldTicket(Seq),
    /// Let in against a verdict.
    Decide(super::Decision),
    /// Look for somebody; what is found comes later, and the newest question wins.
    Seek(Seek),
    /// Everything that is known of a ticket.
    Known(TicketId),
    /// Who else stands at the event's gates.
    Doors,
    /// Stand at another gate from now on.
    StandAt(GateId),
    /// Take a step of the ready check.
    Probe(Probe),
    /// Write the result of a ready check down.
    KeepDrill(Box<Drill>),
    /// Something about who is at the terminal, or its lock.
    Session(SessionRequest),
    /// Put the ticket of a sale out on paper or into files.
    PutOut(Seq, Outlet),
}

/// What a screen asks of the camera.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CameraOrder {
    /// Which there are.
    Look,
    /// Read this one from now on, and choose it again at the next start.
    Take {
        /// Which, as `--camera` takes it.
        camera: String,
        /// The size of its frames in pixels, if another is wanted.
        size: Option<(u32, u32)>,
    },
}

/// Where a ticket is put out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outlet {
    /// The receipt printer.
    Printer,
    /// PDF and PNG in a folder.
    Files,
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
    /// What may be sold here, in the order of the rules.
    Wares(Vec<Ware>),
    /// A ticket: just sold, and on the disk before this is sent, or shown again.
    Sold(Box<Receipt>),
    /// Nothing was sold.
    NotSold {
        /// Why.
        refusal: Refusal,
        /// What may be sold now.
        wares: Vec<Ware>,
        /// The supervisors whom the rules name.
        supervisors: Vec<String>,
    },
    /// What was sold here, newest first.
    Sales(Vec<Sold>),
    /// Nobody was let in against a verdict, and why.
    NotDecided(super::NotDecided),
    /// It is being looked for.
    Sought,
    /// Whom the text that was looked for last may mean.
    Found(Search),
    /// Who came in the order that was looked for last.
    Party(Party),
    /// Everything that is known of a ticket; nothing if no list has it.
    Known(Option<Box<Known>>),
    /// The event's terminals.
    Doors(Box<Doors>),
    /// The terminal stands at this gate now.
    StandsAt(GateId),
    /// The terminal may not stand there.
    NotStanding,
    /// What came of a step of the ready check.
    Probed(Probed),
    /// Whether the result of a ready check is written down.
    DrillKept(bool),
    /// What came of something about the session.
    Session(SessionAnswer),
    /// What came of putting a ticket out.
    PutOut(Done),
    /// The cameras that are connected.
    Cameras(Vec<Offer>),
    /// No camera is used at all: none was wanted when the door was opened.
    NoCamera,
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
    /// Whether it is no movement but a sale, which cancels the ticket when it is taken back.
    pub is_sale: bool,
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
