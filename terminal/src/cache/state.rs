//! The state record: where the terminal stands, in one sealed row that changes in the transaction
//! of whatever it describes.

use rusqlite::{Connection, OptionalExtension as _, params};
use sync_protocol::bytes::{DecodeError, Put as _, Reader};
use sync_protocol::feed::SignedHead;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::hash::Hash;
use sync_protocol::id::{FeedId, FeedSeq, Seq};
use sync_protocol::journal::Link;
use sync_protocol::time::{Hlc, UnixMillis};

use super::StoreError;
use super::error::Part;
use super::seal::{RowKey, Sealer, Table};
use crate::clock::TimeAnchor;
use crate::door::Suspension;

const VERSION: u8 = 1;
const KEY: RowKey = [0; 16];

/// Where the terminal stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct State {
    /// How often the record was written.
    pub(super) revision: u64,
    pub(super) k_body: [u8; 32],
    pub(super) feed: Option<Feed>,
    /// Which rows of the list count.
    pub(super) generation: u32,
    /// How many they are.
    pub(super) rows: u64,
    /// What their shares add up to.
    pub(super) digest: Hash,
    pub(super) journal: Link,
    pub(super) hlc: Hlc,
    pub(super) acknowledged: Seq,
    pub(super) anchor: Option<TimeAnchor>,
    /// How often the store was opened.
    pub(super) openings: u64,
    pub(super) suspension: Option<Suspension>,
}

/// Where the terminal stands in the server's feed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Feed {
    pub(super) id: FeedId,
    pub(super) point: ChainPoint,
    /// The newest head that the list reached.
    pub(super) head: Option<SignedHead>,
    /// When a head was last heard of that told nothing newer, by the server's time.
    pub(super) checked_at: UnixMillis,
}

impl State {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        bytes.put_u8(VERSION).put(&self.k_body);
        match &self.feed {
            None => {
                bytes.put_u8(0);
            }
            Some(feed) => {
                bytes.put_u8(1).put(feed.id.as_bytes()).put_u64(feed.point.seq.0).put(&feed.point.value);
                let head = feed.head.as_ref().map(SignedHead::to_bytes).unwrap_or_default();
                bytes.put_u16(head.len() as u16).put(&head).put_u64(feed.checked_at.0);
            }
        }
        bytes
            .put_u32(self.generation)
            .put_u64(self.rows)
            .put(&self.digest)
            .put_u64(self.journal.seq.0)
            .put(&self.journal.hash)
            .put_u64(self.hlc.0)
            .put_u64(self.acknowledged.0)
            .put_u64(self.openings)
            .put_u8(self.suspension.map_or(0, suspension_number))
            .put_u8(u8::from(self.anchor.is_some()));
        if let Some(anchor) = &self.anchor {
            anchor.encode_into(&mut bytes);
        }
        bytes
    }

    pub(super) fn decode(revision: u64, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(DecodeError::Invalid("state version"));
        }
        let k_body = reader.array()?;
        let feed = match reader.u8()? {
            0 => None,
            1 => Some(Feed::decode(&mut reader)?),
            _ => return Err(DecodeError::Invalid("feed")),
        };
        let (generation, rows, digest) = (reader.u32()?, reader.u64()?, reader.array()?);
        let journal = Link { seq: Seq(reader.u64()?), hash: reader.array()? };
        let (hlc, acknowledged, openings) = (Hlc(reader.u64()?), Seq(reader.u64()?), reader.u64()?);
        let suspension = match reader.u8()? {
            0 => None,
            number => Some(suspension_of(number).ok_or(DecodeError::Invalid("suspension"))?),
        };
        let anchor = match reader.u8()? {
            0 => None,
            1 => Some(TimeAnchor::decode(&mut reader)?),
            _ => return Err(DecodeError::Invalid("anchor")),
        };
        reader.finish()?;
        Ok(Self {
            revision,
            k_body,
            feed,
            generation,
            rows,
            digest,
            journal,
            hlc,
            acknowledged,
            anchor,
            openings,
            suspension,
        })
    }

    /// Reads the record.
    pub(super) fn read(connection: &Connection, sealer: &Sealer) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged(Part::State);
        let row = connection
            .query_row("SELECT revision, sealed FROM state WHERE id = 1", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        let (revision, sealed) = row.ok_or_else(damaged)?;
        let revision = u64::try_from(revision).map_err(|_| damaged())?;
        let bytes = sealer.open(Table::State, &KEY, revision, &sealed).map_err(|_| damaged())?;
        Self::decode(revision, &bytes).map_err(|_| damaged())
    }

    /// Writes the record.
    pub(super) fn write(&self, connection: &Connection, sealer: &Sealer) -> Result<(), StoreError> {
        let sealed = sealer.seal(Table::State, &KEY, self.revision, &self.encode());
        connection
            .prepare_cached("INSERT OR REPLACE INTO state (id, revision, sealed) VALUES (1, ?1, ?2)")?
            .execute(params![self.revision.cast_signed(), sealed])?;
        Ok(())
    }
}

impl Feed {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = FeedId(reader.array()?);
        let point = ChainPoint { seq: FeedSeq(reader.u64()?), value: reader.array()? };
        let length = usize::from(reader.u16()?);
        let head = reader.take(length)?;
        let head = if head.is_empty() { None } else { Some(SignedHead::from_bytes(head)?) };
        Ok(Self { id, point, head, checked_at: UnixMillis(reader.u64()?) })
    }
}

const SUSPENSIONS: [Suspension; 13] = [
    Suspension::Revoked,
    Suspension::Forked,
    Suspension::RolledBack,
    Suspension::ServerFork,
    Suspension::FeedBroken,
    Suspension::Clock,
    Suspension::Store,
    Suspension::Closed,
    Suspension::Certificate,
    Suspension::Wiped,
    Suspension::Gate,
    Suspension::OtherFeed,
    Suspension::Shredded,
];

pub(super) const fn suspension_number(suspension: Suspension) -> u8 {
    match suspension {
        Suspension::Revoked => 1,
        Suspension::Forked => 2,
        Suspension::RolledBack => 3,
        Suspension::ServerFork => 4,
        Suspension::FeedBroken => 5,
        Suspension::Clock => 6,
        Suspension::Store => 7,
        Suspension::Closed => 8,
        Suspension::Certificate => 9,
        Suspension::Wiped => 10,
        Suspension::Gate => 11,
        Suspension::OtherFeed => 12,
        Suspension::Shredded => 13,
    }
}

fn suspension_of(number: u8) -> Option<Suspension> {
    SUSPENSIONS.into_iter().find(|suspension| suspension_number(*suspension) == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{BootId, Reading};
    use sync_protocol::time::Uptime;

    fn state() -> State {
        let here = Reading { wall: UnixMillis(4), up: Uptime(5), boot: BootId([6; 16]) };
        State {
            revision: 9,
            k_body: [1; 32],
            feed: Some(Feed {
                id: FeedId([2; 16]),
                point: ChainPoint { seq: FeedSeq(3), value: [4; 32] },
                head: Some(SignedHead { bytes: vec![5; 96], signature: [6; 64] }),
                checked_at: UnixMillis(7),
            }),
            generation: 2,
            rows: 11,
            digest: [8; 32],
            journal: Link { seq: Seq(12), hash: [9; 32] },
            hlc: Hlc(13),
            acknowledged: Seq(10),
            anchor: Some(TimeAnchor { server: UnixMillis(3), here, uncertainty_ms: 7 }),
            openings: 14,
            suspension: Some(Suspension::Store),
        }
    }

    #[test]
    fn the_state_reads_back_and_none_cut_or_grown_does() {
        let mut bytes = state().encode();
        assert_eq!(State::decode(9, &bytes), Ok(state()));
        for length in 0..bytes.len() {
            assert!(State::decode(9, &bytes[..length]).is_err(), "{length}");
        }
        bytes.push(0);
        assert!(State::decode(9, &bytes).is_err());
        let empty = State { feed: None, anchor: None, suspension: None, ..state() };
        assert_eq!(State::decode(9, &empty.encode()), Ok(empty));
    }

    #[test]
    fn an_anchor_that_neither_is_nor_is_not_is_refused() {
        let mut bytes = state().encode();
        let at = bytes.len() - TimeAnchor::BYTES - 1;
        assert_eq!(bytes[at], 1);
        bytes[at] = 2;

        assert_eq!(State::decode(9, &bytes), Err(DecodeError::Invalid("anchor")));
    }

    #[test]
    fn every_suspension_has_its_number() {
        for suspension in SUSPENSIONS {
            assert_eq!(suspension_of(suspension_number(suspension)), Some(suspension));
        }
        assert_eq!(suspension_of(0), None);
    }
}
