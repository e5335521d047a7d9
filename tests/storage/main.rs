//! What the server's stores promise, on both databases.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests are tests too")]

mod elsewhere;
mod feed;
mod transactions;
