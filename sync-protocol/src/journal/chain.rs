//! How entries hold together: each names the hash of the one before, and is signed.

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;

use super::entry::Entry;
use crate::bytes::DecodeError;
use crate::hash::{Dst, Hash, hash};
use crate::id::{DeviceId, EventId, Seq};
use crate::key::{self, BadSignature, PublicKey, Signature};

/// Returns the `prev` of a journal's first entry.
pub fn start(event: EventId, device: DeviceId) -> Hash {
    hash(Dst::JOURNAL_START, &[event.as_bytes(), device.as_bytes()])
}

/// Returns the hash of an entry's bytes.
pub fn entry_hash(bytes: &[u8]) -> Hash {
    hash(Dst::JOURNAL_ENTRY, &[bytes])
}

/// The end of a journal: the number and hash of its last entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link {
    /// The last entry's number; 0 for an empty journal.
    pub seq: Seq,
    /// The last entry's hash; the journal's start for an empty one.
    pub hash: Hash,
}

impl Link {
    /// Returns the end of an empty journal.
    pub fn empty(event: EventId, device: DeviceId) -> Self {
        Self { seq: Seq(0), hash: start(event, device) }
    }
}

/// An entry with its bytes, its hash and its device's signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedEntry {
    entry: Entry,
    bytes: Vec<u8>,
    hash: Hash,
    signature: Signature,
}

impl SignedEntry {
    /// Signs `entry` with D.sign.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the entry holds what no entry may hold.
    pub fn sign(entry: Entry, key: &SigningKey) -> Result<Self, DecodeError> {
        let bytes = entry.encode()?;
        let hash = entry_hash(&bytes);
        let signature = key::sign(key, Dst::JOURNAL_SIGN, &[&hash]);
        Ok(Self { entry, bytes, hash, signature })
    }

    /// Takes an entry back from storage, where it was put after a check.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are no entry.
    pub fn from_parts(bytes: Vec<u8>, signature: Signature) -> Result<Self, DecodeError> {
        let entry = Entry::decode(&bytes)?;
        let hash = entry_hash(&bytes);
        Ok(Self { entry, bytes, hash, signature })
    }

    /// Checks the device's signature.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] if `key` did not sign this entry.
    pub fn verify(&self, key: &PublicKey) -> Result<(), BadSignature> {
        verify_hash(&self.hash, &self.signature, key)
    }

    /// Returns the entry.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Returns the entry's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the entry's hash.
    pub const fn hash(&self) -> &Hash {
        &self.hash
    }

    /// Returns the device's signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the end of the journal whose last entry this is.
    pub const fn link(&self) -> Link {
        Link { seq: self.entry.seq, hash: self.hash }
    }
}

/// Checks a device's signature over an entry's hash.
///
/// # Errors
///
/// [`BadSignature`] if `key` did not sign it.
pub fn verify_hash(hash: &Hash, signature: &Signature, key: &PublicKey) -> Result<(), BadSignature> {
    key.verify(Dst::JOURNAL_SIGN, &[hash], signature)
}

/// A place where a journal does not hold together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// An entry belongs to another device.
    #[error("entry {0} belongs to another device")]
    Device(Seq),
    /// An entry's number is not the next one.
    #[error("after entry {held} comes entry {got}")]
    Number {
        /// The last good number.
        held: Seq,
        /// The number found.
        got: Seq,
    },
    /// An entry does not name the hash of the one before.
    #[error("entry {0} does not continue the chain")]
    Link(Seq),
    /// An entry's signature is not the device's.
    #[error("entry {0} is not signed by its device")]
    Signature(Seq),
}

/// Checks that `entries` continue the journal that ends in `from`, each signed by `key`, and
/// returns the new end.
///
/// # Errors
///
/// [`ChainError`] naming the first entry that does not fit.
pub fn verify<'a>(
    from: Link,
    device: DeviceId,
    key: &PublicKey,
    entries: impl IntoIterator<Item = &'a SignedEntry>,
) -> Result<Link, ChainError> {
    entries.into_iter().try_fold(from, |end, signed| {
        let entry = signed.entry();
        if entry.device != device {
            Err(ChainError::Device(entry.seq))
        } else if entry.seq != end.seq.next() {
            Err(ChainError::Number { held: end.seq, got: entry.seq })
        } else if entry.prev != end.hash {
            Err(ChainError::Link(entry.seq))
        } else if signed.verify(key).is_err() {
            Err(ChainError::Signature(entry.seq))
        } else {
            Ok(signed.link())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::entry::EntryKind;
    use crate::key::public_key;

    const EVENT: EventId = EventId([1; 16]);
    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn journal(count: u64, key: &SigningKey) -> Vec<SignedEntry> {
        let mut end = Link::empty(EVENT, DEVICE);
        (0..count)
            .map(|_| {
                let entry = Entry::new(EntryKind::Admit, DEVICE, end.seq.next(), end.hash);
                let signed = SignedEntry::sign(entry, key).unwrap();
                end = signed.link();
                signed
            })
            .collect()
    }

    #[test]
    fn a_journal_holds_together_and_no_entry_can_be_left_out_or_swapped() {
        let key = SigningKey::from_bytes(&[3; 32]);
        let public = public_key(&key);
        let mut entries = journal(4, &key);
        let start = Link::empty(EVENT, DEVICE);
        assert_eq!(verify(start, DEVICE, &public, &entries), Ok(entries[3].link()));

        let left_out = [&entries[0], &entries[2]];
        let skipped = ChainError::Number { held: Seq(1), got: Seq(3) };
        assert_eq!(verify(start, DEVICE, &public, left_out), Err(skipped));

        let other = Entry::new(EntryKind::Exit, DEVICE, Seq(3), *entries[1].hash());
        entries[2] = SignedEntry::sign(other, &key).unwrap();
        assert_eq!(verify(start, DEVICE, &public, &entries), Err(ChainError::Link(Seq(4))));

        let stranger = SigningKey::from_bytes(&[4; 32]);
        assert_eq!(verify(start, DEVICE, &public_key(&stranger), &entries), Err(ChainError::Signature(Seq(1))));
    }
}
