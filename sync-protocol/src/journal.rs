//! The journal: one append-only, hash-chained, signed log per device and event (section 5).
//!
//! [`entry`] reads and writes one entry, [`chain`] links and signs them, [`batch`] is their form on
//! the wire, and [`ledger`] folds the movements of all journals into who is inside and who came in
//! twice.

pub mod batch;
pub mod chain;
pub mod courier;
pub mod entry;
pub mod ledger;

pub use batch::{Batch, BatchError, PersonalData};
pub use chain::{Link, SignedEntry};
pub use courier::Courier;
pub use entry::{Entry, EntryKind, Evidence, Flags};
pub use ledger::{Conflict, Movement, MovementKind};
