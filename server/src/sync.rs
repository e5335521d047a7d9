//! What terminals speak with the server: the feed, its snapshots, and the routes of every device request.

pub mod feed;
pub mod news;
pub mod routes;
pub mod snapshot;
mod store;
