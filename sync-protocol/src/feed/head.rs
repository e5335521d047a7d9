//! The head: how far the feed goes, and what the chain is there, under the server's signature.

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;

use super::chain::ChainPoint;
use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::{Dst, Hash};
use crate::id::{EventId, FeedId, FeedSeq};
use crate::key::{self, BadSignature, PublicKey, Signature};
use crate::time::UnixMillis;

/// The length of a head with its signature.
pub const SIGNED_HEAD_BYTES: usize = 96 + 64;

/// How far a feed goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The event.
    pub event: EventId,
    /// Which life of its feed.
    pub feed: FeedId,
    /// The last number.
    pub seq: FeedSeq,
    /// The chain's value there.
    pub chain: Hash,
    /// The lowest number that the feed still answers from.
    pub floor: FeedSeq,
    /// When the head was signed.
    pub time: UnixMillis,
    /// Until when it promises to be fresh.
    pub valid_until: UnixMillis,
}

/// A head with S's signature, in the bytes it travels in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHead {
    /// The head's bytes.
    pub bytes: Vec<u8>,
    /// S's signature over them.
    pub signature: Signature,
}

/// A head that cannot be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeadError {
    /// The server's key did not sign these bytes.
    #[error("the head is not signed by this server")]
    Signature(#[from] BadSignature),
    /// The bytes are no head.
    #[error("the head cannot be read")]
    Layout(#[from] DecodeError),
}

impl Head {
    /// Returns where the chain is at this head.
    pub const fn point(&self) -> ChainPoint {
        ChainPoint { seq: self.seq, value: self.chain }
    }

    /// Signs the head with S.
    pub fn sign(&self, server_key: &SigningKey) -> SignedHead {
        let mut bytes = Vec::with_capacity(SIGNED_HEAD_BYTES);
        bytes
            .put(self.event.as_bytes())
            .put(self.feed.as_bytes())
            .put_u64(self.seq.0)
            .put(&self.chain)
            .put_u64(self.floor.0)
            .put_u64(self.time.0)
            .put_u64(self.valid_until.0);
        let signature = key::sign(server_key, Dst::HEAD, &[&bytes]);
        SignedHead { bytes, signature }
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let head = Self {
            event: EventId(reader.array()?),
            feed: FeedId(reader.array()?),
            seq: FeedSeq(reader.u64()?),
            chain: reader.array()?,
            floor: FeedSeq(reader.u64()?),
            time: UnixMillis(reader.u64()?),
            valid_until: UnixMillis(reader.u64()?),
        };
        reader.finish()?;
        Ok(head)
    }
}

impl SignedHead {
    /// Returns the head's bytes and then its signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.put(&self.signature);
        bytes
    }

    /// Reads what [`SignedHead::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let head = reader.take(SIGNED_HEAD_BYTES - 64)?.to_vec();
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Self { bytes: head, signature })
    }

    /// Verifies S's signature, then reads the head.
    ///
    /// # Errors
    ///
    /// [`HeadError`] says which of the two failed.
    pub fn open(&self, server_key: &PublicKey) -> Result<Head, HeadError> {
        server_key.verify(Dst::HEAD, &[&self.bytes], &self.signature)?;
        Ok(Head::decode(&self.bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;
    use proptest::prelude::*;

    #[test]
    fn a_head_reads_back_and_no_changed_byte_does() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let head = Head {
            event: EventId([2; 16]),
            feed: FeedId([3; 16]),
            seq: FeedSeq(4),
            chain: [5; 32],
            floor: FeedSeq(0),
            time: UnixMillis(6),
            valid_until: UnixMillis(7),
        };
        let bytes = head.sign(&key).to_bytes();
        assert_eq!(bytes.len(), SIGNED_HEAD_BYTES);
        assert_eq!(SignedHead::from_bytes(&bytes).unwrap().open(&public_key(&key)), Ok(head));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(SignedHead::from_bytes(&changed).unwrap().open(&public_key(&key)).is_err());
        }
        assert!(SignedHead::from_bytes(&bytes[1..]).is_err());
    }

    proptest! {
        #[test]
        fn every_head_reads_back(ids: [[u8; 16]; 2], chain: [u8; 32], numbers: [u64; 4], cut in 1_usize..160) {
            let key = SigningKey::from_bytes(&[1; 32]);
            let head = Head {
                event: EventId(ids[0]),
                feed: FeedId(ids[1]),
                seq: FeedSeq(numbers[0]),
                chain,
                floor: FeedSeq(numbers[1]),
                time: UnixMillis(numbers[2]),
                valid_until: UnixMillis(numbers[3]),
            };
            let mut bytes = head.sign(&key).to_bytes();
            prop_assert_eq!(SignedHead::from_bytes(&bytes).unwrap().open(&public_key(&key)), Ok(head));
            prop_assert_eq!(SignedHead::from_bytes(&bytes[..160 - cut]), Err(DecodeError::Truncated));
            bytes.push(0);
            prop_assert_eq!(SignedHead::from_bytes(&bytes), Err(DecodeError::Trailing));
        }
    }
}
