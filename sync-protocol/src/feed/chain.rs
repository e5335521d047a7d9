//! The hash chain over headers: two feeds that agree at a number agree at all before it.

use super::record::Header;
use crate::hash::{Dst, Hash, hash};
use crate::id::{EventId, FeedId, FeedSeq};

/// A place in a feed's chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChainPoint {
    /// The number.
    pub seq: FeedSeq,
    /// The chain's value there.
    pub value: Hash,
}

impl ChainPoint {
    /// Returns the beginning of a feed.
    pub fn start(event: EventId, feed: FeedId) -> Self {
        Self { seq: FeedSeq(0), value: hash(Dst::FEED_START, &[event.as_bytes(), feed.as_bytes()]) }
    }

    /// Returns the chain after one more entry; the header's number is the caller's to check.
    #[must_use]
    pub fn after(&self, header: &Header) -> Self {
        Self { seq: header.seq, value: hash(Dst::FEED, &[&self.value, &header.encode()]) }
    }
}
