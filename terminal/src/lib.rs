//! The laptop at the door: reads tickets, decides offline, keeps a journal, syncs.

pub mod app;
pub mod cache;
pub mod camera;
pub mod catalogue;
mod causes;
pub mod cli;
pub mod clock;
mod config;
mod contained;
pub mod decode_command;
pub mod decoder;
pub mod door;
pub mod drill;
pub mod enrol;
pub mod feedback;
pub mod gate;
pub mod headless;
mod interrupt;
mod logs;
pub mod passphrase;
pub mod print;
pub mod search;
pub mod settings;
pub mod sync;
pub mod tui;
pub mod walk_in;
pub mod working;
