//! The feed: everything the server tells terminals about one event, as numbered entries that chain
//! (section 3).
//!
//! [`entry`] is what an entry says, [`record`] its form on the wire, [`chain`] what holds the
//! numbers together, [`head`] the server's signature under all of it, [`snapshot`] the short way to
//! the same state, and [`pull`] the terminal's check of what arrives.

pub mod chain;
pub mod entry;
pub mod head;
pub mod pull;
pub mod record;
pub mod snapshot;

pub use entry::{Body, Entity, Kind, NewEntry};
pub use head::{Head, SignedHead};
pub use record::{Form, Header, Record};
