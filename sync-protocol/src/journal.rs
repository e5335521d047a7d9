//! The journal: one append-only, hash-chained, signed log per device and event (section 5).
//!
//! [`entry`] reads and writes one entry, [`chain`] links and signs them, [`batch`] is their form on
//! the wire, and [`ledger`] folds the movements of all journals into who is inside and who came in
//! twice. [`event`] names what SESSION and INCIDENT entries tell, [`drill`] is a
//! terminal's word that it is ready, and [`walk_in`] what is sold at the door.

pub mod batch;
pub mod chain;
pub mod courier;
pub mod drill;
pub mod entry;
pub mod event;
pub mod ledger;
pub mod walk_in;

pub use batch::{Batch, BatchError, PersonalData};
pub use chain::{Link, SignedEntry};
pub use courier::Courier;
pub use drill::Drill;
pub use entry::{Entry, EntryKind, Evidence, Flags};
pub use event::{IncidentKind, SessionEvent};
pub use ledger::{Conflict, Movement, MovementKind};
