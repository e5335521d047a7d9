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
