//! What Usher's server and its door terminals must agree on.
//!
//! Ticket bytes, verdict rules, the journal, the feed, the two halves of the sync conversation and
//! the wire types. Pure: no clock, no randomness, no I/O, no iteration order that can vary. The
//! specification is this crate's `README.md`; section numbers in the comments are its sections.
#![no_std]
extern crate alloc;

pub mod bytes;
pub mod certificate;
pub mod crockford;
pub mod enrol;
pub mod feed;
pub mod hash;
pub mod http_signature;
pub mod id;
pub mod journal;
pub mod key;
pub mod occupancy;
pub mod policy;
pub mod problem;
pub mod sync;
pub mod text;
pub mod ticket;
pub mod time;
pub mod verdict;
pub mod wipe;
