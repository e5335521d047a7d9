//! What Usher's server and its door terminals must agree on.
//!
//! Ticket bytes, verdict rules, the journal, the feed, the two halves of the sync conversation and
//! the wire types. Pure: no clock, no randomness, no I/O, no iteration order that can vary. The
//! specification is this crate's `README.md`; section numbers in the comments are its sections.
#![no_std]
extern crate alloc;

pub mod bytes;
pub mod crockford;
pub mod hash;
pub mod id;
pub mod key;
pub mod text;
pub mod time;
