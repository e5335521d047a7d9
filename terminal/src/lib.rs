//! The laptop at the door.

pub mod door;
