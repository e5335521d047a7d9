//! Talks to the server: signed requests, and the thread that keeps list and journal in step.

mod claims;
pub mod driver;
mod exchange;
pub mod packing;
mod pinned;
pub mod transport;
