//! The server's word that it holds a device's journal up to a number.

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;

use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::{Dst, Hash};
use crate::id::{DeviceId, EventId, FeedSeq, Seq};
use crate::journal::Link;
use crate::key::{self, BadSignature, PublicKey, Signature};
use crate::time::UnixMillis;

/// The length of an acknowledgement with its signature.
pub const SIGNED_ACK_BYTES: usize = 88 + 64;

/// What the server holds of a device's journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ack {
    /// The event.
    pub event: EventId,
    /// The device.
    pub device: DeviceId,
    /// The last number held.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
    /// The feed number under which the last of it stands.
    pub feed_seq: FeedSeq,
    /// When.
    pub time: UnixMillis,
}

/// An acknowledgement with S's signature, in the bytes it travels in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedAck {
    bytes: Vec<u8>,
    signature: Signature,
}

/// An acknowledgement that cannot be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AckError {
    /// The server's key did not sign these bytes.
    #[error("the acknowledgement is not signed by this server")]
    Signature(#[from] BadSignature),
    /// The bytes are no acknowledgement.
    #[error("the acknowledgement cannot be read")]
    Layout(#[from] DecodeError),
}

impl Ack {
    /// Returns the journal's end that is acknowledged.
    pub const fn link(&self) -> Link {
        Link { seq: self.seq, hash: self.hash }
    }

    /// Signs the acknowledgement with S.
    pub fn sign(&self, server_key: &SigningKey) -> SignedAck {
        let mut bytes = Vec::with_capacity(SIGNED_ACK_BYTES);
        bytes
            .put(self.event.as_bytes())
            .put(self.device.as_bytes())
            .put_u64(self.seq.0)
            .put(&self.hash)
            .put_u64(self.feed_seq.0)
            .put_u64(self.time.0);
        let signature = key::sign(server_key, Dst::ACK, &[&bytes]);
        SignedAck { bytes, signature }
    }
}

impl SignedAck {
    /// Returns the acknowledgement's bytes and then its signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.put(&self.signature);
        bytes
    }

    /// Verifies S's signature over what arrived, then reads it.
    ///
    /// # Errors
    ///
    /// [`AckError`] says which of the two failed.
    pub fn open(bytes: &[u8], server_key: &PublicKey) -> Result<Ack, AckError> {
        let (signed, signature) = bytes.split_last_chunk().ok_or(DecodeError::Truncated)?;
        server_key.verify(Dst::ACK, &[signed], signature)?;
        let mut reader = Reader::new(signed);
        let ack = Ack {
            event: EventId(reader.array()?),
            device: DeviceId(reader.array()?),
            seq: Seq(reader.u64()?),
            hash: reader.array()?,
            feed_seq: FeedSeq(reader.u64()?),
            time: UnixMillis(reader.u64()?),
        };
        reader.finish()?;
        Ok(ack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;

    #[test]
    fn an_acknowledgement_opens_and_no_changed_byte_does() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let ack = Ack {
            event: EventId([2; 16]),
            device: DeviceId([3; 16]),
            seq: Seq(4),
            hash: [5; 32],
            feed_seq: FeedSeq(6),
            time: UnixMillis(7),
        };
        let bytes = ack.sign(&key).to_bytes();
        assert_eq!(bytes.len(), SIGNED_ACK_BYTES);
        assert_eq!(SignedAck::open(&bytes, &public_key(&key)), Ok(ack));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(SignedAck::open(&changed, &public_key(&key)).is_err());
        }
    }
}
