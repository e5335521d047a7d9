//! The door's screen as staff see it: the real program in a terminal, on a real server's list.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod beginnings;
mod camera;
mod decisions;
mod evening;
mod first_start;
mod german;
mod home_gate;
mod lost;
mod mouse;
mod moved;
mod network;
mod people;
mod pictures;
mod plain;
mod search;
mod seen;
mod sound;
mod trouble;
mod venue;
mod verdicts;
mod walk_in;
