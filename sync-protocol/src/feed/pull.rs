//! The terminal's check of what a feed answer brings: pages up to one head, all or nothing.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::chain::ChainPoint;
use super::entry::{Entity, Kind};
use super::head::Head;
use super::record::{Form, Record};
use crate::bytes::{DecodeError, Reader};
use crate::hash::Hash;
use crate::id::{EventId, FeedId, FeedSeq};

/// The longest page before compression.
pub const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where a terminal stands in a feed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The event.
    pub event: EventId,
    /// Which life of its feed.
    pub feed: FeedId,
    /// How far, and what the chain was there.
    pub point: ChainPoint,
}

/// A feed that cannot be relied on. Nothing of it is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PullError {
    /// A gap, a body or chain that does not fit, or a body missing at the head: FEED_BROKEN.
    #[error("the feed does not hold together after entry {after}")]
    Broken {
        /// The last number that was good.
        after: FeedSeq,
    },
    /// Another feed: the server's data came back from a backup.
    #[error("the server has started another feed")]
    OtherFeed {
        /// Its name.
        feed: FeedId,
    },
    /// The same feed is shorter than before, or other at the same number: SERVER_FORK.
    #[error("the server shows another history than before")]
    ServerFork,
    /// A page that cannot be read.
    #[error("the page cannot be read")]
    Layout(#[from] DecodeError),
}

/// Checks a head against where the terminal stands.
///
/// # Errors
///
/// [`PullError::OtherFeed`] or [`PullError::ServerFork`].
pub fn check_head(position: &Position, head: &Head) -> Result<(), PullError> {
    if head.event != position.event {
        return Err(PullError::ServerFork);
    }
    if head.feed != position.feed {
        return Err(PullError::OtherFeed { feed: head.feed });
    }
    let is_behind = head.seq < position.point.seq;
    let is_other = head.seq == position.point.seq && head.chain != position.point.value;
    if is_behind || is_other { Err(PullError::ServerFork) } else { Ok(()) }
}

/// Reads the records of a page.
///
/// # Errors
///
/// [`DecodeError`] if they are not records to the last byte.
pub fn read_page(bytes: &[u8]) -> Result<Vec<Record>, DecodeError> {
    if bytes.len() > PAGE_BYTES_MAX {
        return Err(DecodeError::TooLong("page"));
    }
    let mut reader = Reader::new(bytes);
    let mut records = Vec::new();
    while !reader.is_empty() {
        records.push(Record::decode(&mut reader)?);
    }
    Ok(records)
}

/// Pages on their way to one head.
#[derive(Clone, Debug)]
pub struct Pull {
    position: Position,
    k_body: [u8; 32],
    end: ChainPoint,
    records: Vec<Record>,
}

/// All that came up to one head, ready to be applied in one transaction.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The records in order; those that came as tags are left out.
    pub records: Vec<Record>,
    /// Where the terminal stands after them.
    pub position: Position,
}

impl Pull {
    /// Returns an empty pull from where the terminal stands.
    pub const fn new(position: Position, k_body: [u8; 32]) -> Self {
        Self { position, k_body, end: position.point, records: Vec::new() }
    }

    /// Returns the number after which the next page must start.
    pub const fn after(&self) -> FeedSeq {
        self.end.seq
    }

    /// Takes a page and its verified head. Returns everything once the pages reach the head.
    ///
    /// # Errors
    ///
    /// [`PullError`]; then nothing of this pull may be kept.
    pub fn take(mut self, records: Vec<Record>, head: &Head) -> Result<Progress, PullError> {
        check_head(&self.position, head)?;
        for record in records {
            let header = record.header(&self.k_body);
            if header.seq != self.end.seq.next() || header.seq > head.seq {
                return Err(PullError::Broken { after: self.end.seq });
            }
            self.end = self.end.after(&header);
            self.records.push(record);
        }
        if self.end.seq < head.seq {
            return Ok(Progress::More(self));
        }
        if self.end != head.point() {
            return Err(PullError::Broken { after: self.position.point.seq });
        }
        self.check_bodies()?;
        let records = self.records.into_iter().filter(|record| matches!(record.form, Form::Body(_))).collect();
        Ok(Progress::Done(Pulled { records, position: Position { point: self.end, ..self.position } }))
    }

    /// The last entry of every (kind, entity) must have come with its body.
    fn check_bodies(&self) -> Result<(), PullError> {
        let mut last: BTreeMap<(Kind, Entity), bool> = BTreeMap::new();
        for record in &self.records {
            let has_body = matches!(record.form, Form::Body(_));
            // A movement is nobody's newer version, so it never comes as a tag.
            if record.kind == Kind::Move && !has_body {
                return Err(PullError::Broken { after: self.position.point.seq });
            }
            last.insert((record.kind, record.entity), has_body);
        }
        if last.values().all(|has_body| *has_body) {
            Ok(())
        } else {
            Err(PullError::Broken { after: self.position.point.seq })
        }
    }
}

/// Whether the pages have reached the head.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Not yet.
    More(Pull),
    /// They have.
    Done(Pulled),
}

/// Returns the chain over `headers` of a feed's first entries: for servers and tests.
pub fn chain_of<'a>(start: ChainPoint, headers: impl IntoIterator<Item = &'a super::Header>) -> (FeedSeq, Hash) {
    let end = headers.into_iter().fold(start, |point, header| point.after(header));
    (end.seq, end.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TicketId;
    use crate::time::UnixMillis;
    use alloc::vec;

    const EVENT: EventId = EventId([1; 16]);
    const FEED: FeedId = FeedId([2; 16]);
    const K_BODY: [u8; 32] = [3; 32];

    fn start() -> Position {
        Position { event: EVENT, feed: FEED, point: ChainPoint::start(EVENT, FEED) }
    }

    /// Tickets 1, 2, 1 again, 3: the first entry is replaced by the third.
    fn feed() -> Vec<Record> {
        [(1, 1), (2, 2), (3, 1), (4, 3)]
            .into_iter()
            .map(|(seq, ticket)| Record {
                seq: FeedSeq(seq),
                kind: Kind::Ticket,
                entity: Entity::ticket(TicketId(ticket)),
                form: Form::Body(vec![seq as u8]),
            })
            .collect()
    }

    fn elided(mut record: Record) -> Record {
        record.form = Form::Tag(record.header(&K_BODY).tag);
        record
    }

    fn head(records: &[Record]) -> Head {
        let headers: Vec<_> = records.iter().map(|record| record.header(&K_BODY)).collect();
        let (seq, chain) = chain_of(ChainPoint::start(EVENT, FEED), &headers);
        let (time, valid_until) = (UnixMillis(0), UnixMillis(1));
        Head { event: EVENT, feed: FEED, seq, chain, floor: FeedSeq(0), time, valid_until }
    }

    #[test]
    fn pages_are_kept_once_they_reach_the_head() {
        let mut records = feed();
        let head = head(&records);
        records[0] = elided(records[0].clone());
        let pull = Pull::new(start(), K_BODY);
        let Ok(Progress::More(pull)) = pull.take(records[..2].to_vec(), &head) else { panic!("not there yet") };
        assert_eq!(pull.after(), FeedSeq(2));
        let Ok(Progress::Done(pulled)) = pull.take(records[2..].to_vec(), &head) else { panic!("there") };
        assert_eq!(pulled.position.point, head.point());
        assert_eq!(pulled.records, records[1..]);
    }

    #[test]
    fn a_gap_a_swap_a_changed_body_and_a_missing_body_break_the_feed() {
        let good = feed();
        let head = head(&good);
        let take = |records: Vec<Record>| Pull::new(start(), K_BODY).take(records, &head).map(|_| ());
        assert_eq!(take(good.clone()), Ok(()));
        assert!(take(vec![good[0].clone(), good[2].clone()]).is_err());
        let mut swapped = good.clone();
        swapped.swap(1, 2);
        assert!(take(swapped).is_err());
        let mut changed = good.clone();
        changed[1].form = Form::Body(vec![99]);
        assert!(take(changed).is_err());
        let mut missing = good.clone();
        missing[3] = elided(missing[3].clone());
        assert!(take(missing).is_err());
    }

    #[test]
    fn another_feed_and_a_shorter_feed_are_told_apart() {
        let records = feed();
        let Ok(Progress::Done(pulled)) = Pull::new(start(), K_BODY).take(records.clone(), &head(&records)) else {
            panic!("good")
        };
        assert_eq!(check_head(&pulled.position, &head(&records[..2])), Err(PullError::ServerFork));
        let other = Head { feed: FeedId([9; 16]), ..head(&records) };
        assert_eq!(check_head(&pulled.position, &other), Err(PullError::OtherFeed { feed: FeedId([9; 16]) }));
        let forked = Head { chain: [0; 32], ..head(&records) };
        assert_eq!(check_head(&pulled.position, &forked), Err(PullError::ServerFork));
    }
}
