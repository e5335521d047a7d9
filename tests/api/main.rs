//! The organiser's interface over real HTTP, on both databases.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod accounts;
mod documented;
mod events;
mod garbage;
mod import;
mod program;
mod registrations;
mod served;
mod servers;
mod strangers;
mod tickets;
