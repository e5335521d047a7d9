//! From server to door and back with the real programs: what organisers and doors rely on, end to end.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod certificates;
mod claims;
mod damaged;
mod exported;
mod garbage;
mod key_lost;
mod pinned;
mod power_cuts;
mod restored;
mod secrecy;
mod story;
mod ticket_keys;
mod two_servers;
mod venue;
mod walk_ins;
mod watched;
