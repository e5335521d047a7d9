//! The short way to a feed's state: a signed list of chunks, each fetched by its hash.
//!
//! A chunk on the wire is a zstd frame; packing and unpacking within the limits is the programs'.

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;

use super::chain::ChainPoint;
use super::record::{Form, Record};
use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::{Dst, Hash, sha256};
use crate::id::{EventId, FeedId, FeedSeq};
use crate::key::{self, BadSignature, PublicKey, Signature};

/// The longest chunk as packed.
pub const CHUNK_PACKED_BYTES_MAX: usize = 1024 * 1024;
/// The longest chunk once unpacked.
pub const CHUNK_UNPACKED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most chunks in a snapshot: 16 GiB packed.
pub const CHUNKS_MAX: usize = 16_384;

/// One chunk of a snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChunkName {
    /// Its length as packed.
    pub packed_bytes: u32,
    /// How many records it holds.
    pub rows: u32,
    /// SHA-256 of it as packed.
    pub hash: Hash,
}

/// What a snapshot consists of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    /// The event.
    pub event: EventId,
    /// Which life of its feed.
    pub feed: FeedId,
    /// The number up to which it holds everything.
    pub seq: FeedSeq,
    /// The chain's value there.
    pub chain: Hash,
    /// How many records all chunks hold together.
    pub rows: u64,
    /// The chunks, in the order of their records.
    pub chunks: Vec<ChunkName>,
}

/// A manifest with S's signature, in the bytes it travels in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedManifest {
    /// The manifest's bytes.
    pub bytes: Vec<u8>,
    /// S's signature over them.
    pub signature: Signature,
}

/// A snapshot that cannot be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SnapshotError {
    /// The server's key did not sign the manifest.
    #[error("the snapshot's list is not signed by this server")]
    Signature(#[from] BadSignature),
    /// The bytes are no manifest or no chunk.
    #[error("the snapshot cannot be read")]
    Layout(#[from] DecodeError),
    /// A chunk is not the one that the manifest names.
    #[error("a chunk is not the one that was listed")]
    WrongChunk,
    /// The records are not as many, or not ordered, as the manifest says.
    #[error("the snapshot does not hold what its list says")]
    WrongRows,
}

impl Manifest {
    /// Returns where the chain is at this snapshot.
    pub const fn point(&self) -> ChainPoint {
        ChainPoint { seq: self.seq, value: self.chain }
    }

    /// Signs the manifest with S.
    pub fn sign(&self, server_key: &SigningKey) -> SignedManifest {
        let mut bytes = Vec::with_capacity(84 + self.chunks.len() * 40);
        bytes
            .put(self.event.as_bytes())
            .put(self.feed.as_bytes())
            .put_u64(self.seq.0)
            .put(&self.chain)
            .put_u64(self.rows)
            .put_u32(self.chunks.len() as u32);
        for chunk in &self.chunks {
            bytes.put_u32(chunk.packed_bytes).put_u32(chunk.rows).put(&chunk.hash);
        }
        let signature = key::sign(server_key, Dst::SNAPSHOT, &[&bytes]);
        SignedManifest { bytes, signature }
    }

    fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::new(bytes);
        let event = EventId(reader.array()?);
        let feed = FeedId(reader.array()?);
        let seq = FeedSeq(reader.u64()?);
        let chain = reader.array()?;
        let rows = reader.u64()?;
        let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong("manifest"))?;
        if count > CHUNKS_MAX {
            return Err(DecodeError::TooLong("manifest").into());
        }
        let mut chunks = Vec::with_capacity(count);
        for _ in 0..count {
            let chunk = ChunkName { packed_bytes: reader.u32()?, rows: reader.u32()?, hash: reader.array()? };
            if chunk.packed_bytes as usize > CHUNK_PACKED_BYTES_MAX {
                return Err(DecodeError::TooLong("chunk").into());
            }
            chunks.push(chunk);
        }
        reader.finish()?;
        if chunks.iter().map(|chunk| u64::from(chunk.rows)).sum::<u64>() != rows {
            return Err(SnapshotError::WrongRows);
        }
        Ok(Self { event, feed, seq, chain, rows, chunks })
    }
}

impl SignedManifest {
    /// Returns the manifest's bytes and then its signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.put(&self.signature);
        bytes
    }

    /// Reads what [`SignedManifest::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is shorter than a signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (bytes, signature) = bytes.split_last_chunk().ok_or(DecodeError::Truncated)?;
        Ok(Self { bytes: bytes.to_vec(), signature: *signature })
    }

    /// Verifies S's signature, then reads the manifest.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says what failed.
    pub fn open(&self, server_key: &PublicKey) -> Result<Manifest, SnapshotError> {
        server_key.verify(Dst::SNAPSHOT, &[&self.bytes], &self.signature)?;
        Manifest::decode(&self.bytes)
    }
}

impl ChunkName {
    /// Checks that `packed` is this chunk, before anybody unpacks it.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::WrongChunk`].
    pub fn check(&self, packed: &[u8]) -> Result<(), SnapshotError> {
        let is_same = packed.len() == self.packed_bytes as usize && sha256(&[packed]) == self.hash;
        if is_same { Ok(()) } else { Err(SnapshotError::WrongChunk) }
    }

    /// Reads the unpacked chunk's records: bodies only, ordered by kind, then entity, none twice.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if they are not what the manifest says.
    pub fn records(&self, unpacked: &[u8]) -> Result<Vec<Record>, SnapshotError> {
        if unpacked.len() > CHUNK_UNPACKED_BYTES_MAX {
            return Err(DecodeError::TooLong("chunk").into());
        }
        let mut reader = Reader::new(unpacked);
        let mut records: Vec<Record> = Vec::new();
        while !reader.is_empty() {
            let record = Record::decode(&mut reader)?;
            let follows = records.last().is_none_or(|last| (last.kind, last.entity) < (record.kind, record.entity));
            if !follows || matches!(record.form, Form::Tag(_)) {
                return Err(SnapshotError::WrongRows);
            }
            records.push(record);
        }
        if records.len() == self.rows as usize { Ok(records) } else { Err(SnapshotError::WrongRows) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Entity, Kind};
    use crate::id::TicketId;
    use crate::key::public_key;
    use alloc::vec;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[1; 32])
    }

    fn any_manifest() -> impl Strategy<Value = Manifest> {
        let chunk = (0..=CHUNK_PACKED_BYTES_MAX as u32, any::<u32>(), any::<[u8; 32]>())
            .prop_map(|(packed_bytes, rows, hash)| ChunkName { packed_bytes, rows, hash });
        let chunks = proptest::collection::vec(chunk, 0..9);
        (any::<[[u8; 16]; 2]>(), any::<u64>(), any::<[u8; 32]>(), chunks).prop_map(|(ids, seq, chain, chunks)| {
            Manifest {
                event: EventId(ids[0]),
                feed: FeedId(ids[1]),
                seq: FeedSeq(seq),
                chain,
                rows: chunks.iter().map(|chunk| u64::from(chunk.rows)).sum(),
                chunks,
            }
        })
    }

    fn row(ticket: u64) -> Record {
        let entity = Entity::ticket(TicketId(ticket));
        Record { seq: FeedSeq(ticket), kind: Kind::Ticket, entity, form: Form::Body(vec![1]) }
    }

    fn chunk(records: &[Record]) -> (ChunkName, Vec<u8>) {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| record.encode_into(&mut bytes));
        let rows = records.len() as u32;
        (ChunkName { packed_bytes: bytes.len() as u32, rows, hash: sha256(&[&bytes]) }, bytes)
    }

    #[test]
    fn a_chunk_holds_so_many_rows_in_order_none_twice_none_as_a_tag() {
        let (name, bytes) = chunk(&[row(1), row(2)]);
        assert_eq!(name.records(&bytes), Ok(vec![row(1), row(2)]));
        let more = ChunkName { rows: 3, ..name };
        assert_eq!(more.records(&bytes), Err(SnapshotError::WrongRows));
        let tag = Record { form: Form::Tag([0; 32]), ..row(3) };
        for wrong in [vec![row(2), row(1)], vec![row(1), row(1)], vec![row(1), tag]] {
            let (name, bytes) = chunk(&wrong);
            assert_eq!(name.records(&bytes), Err(SnapshotError::WrongRows));
        }
        for length in 1..bytes.len() {
            assert!(name.records(&bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_chunk_is_known_by_its_length_and_hash() {
        let (name, mut bytes) = chunk(&[row(1)]);
        assert_eq!(name.check(&bytes), Ok(()));
        bytes[0] ^= 1;
        assert_eq!(name.check(&bytes), Err(SnapshotError::WrongChunk));
        bytes[0] ^= 1;
        bytes.push(0);
        assert_eq!(name.check(&bytes), Err(SnapshotError::WrongChunk));
    }

    #[test]
    fn a_manifest_whose_rows_do_not_add_up_is_refused_even_when_signed() {
        let (name, _) = chunk(&[row(1)]);
        let (event, feed) = (EventId([1; 16]), FeedId([2; 16]));
        let manifest = Manifest { event, feed, seq: FeedSeq(1), chain: [0; 32], rows: 2, chunks: vec![name] };
        assert_eq!(manifest.sign(&key()).open(&public_key(&key())), Err(SnapshotError::WrongRows));
        let chunks = vec![ChunkName { packed_bytes: CHUNK_PACKED_BYTES_MAX as u32 + 1, ..name }];
        let large = Manifest { rows: 1, chunks, ..manifest };
        assert_eq!(large.sign(&key()).open(&public_key(&key())), Err(DecodeError::TooLong("chunk").into()));
    }

    proptest! {
        #[test]
        fn every_manifest_reads_back_and_none_changed_or_cut_does(
            manifest in any_manifest(), at in any::<proptest::sample::Index>(), bit in 0_u8..8,
        ) {
            let signed = manifest.sign(&key());
            let bytes = signed.to_bytes();
            prop_assert_eq!(SignedManifest::from_bytes(&bytes).unwrap(), signed.clone());
            prop_assert_eq!(signed.open(&public_key(&key())), Ok(manifest));
            let at = at.index(bytes.len());
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            prop_assert!(SignedManifest::from_bytes(&changed).unwrap().open(&public_key(&key())).is_err());
            let cut = SignedManifest::from_bytes(&bytes[..at]);
            prop_assert!(cut.is_err() || cut.is_ok_and(|cut| cut.open(&public_key(&key())).is_err()));
        }
    }
}
