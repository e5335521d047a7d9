//! The sync conversation: what travels ([`message`], [`ack`], [`health`]), the server's half ([`intake`]) and
//! the terminal's half ([`client`]), with its waiting schedule ([`retry`]).

pub mod ack;
pub mod client;
pub mod health;
pub mod intake;
pub mod message;
pub mod retry;

pub use ack::{Ack, SignedAck};
pub use client::SyncClient;
