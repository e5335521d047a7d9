//! A terminal's store on real files: what it promises to the gate, to the sync thread, and to
//! people whose data lie on a laptop that is left on a train.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod certificates;
mod claims;
mod closing;
mod decisions;
mod door;
mod gate;
mod guests;
mod journal;
mod kill;
mod list;
mod presence;
mod privacy;
mod search;
mod session;
mod soak;
mod tampering;
mod walk_in;
