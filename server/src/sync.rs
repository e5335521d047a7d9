//! What terminals speak with the server.

pub mod feed;
