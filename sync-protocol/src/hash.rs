//! SHA-256 with domain separation: no two uses of a hash or signature share a prefix (section 0).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// 32 bytes of SHA-256 or HMAC-SHA-256.
pub type Hash = [u8; 32];

/// A domain-separation tag: `usher1:` and a word, padded with zero bytes to sixteen bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dst([u8; 16]);

impl Dst {
    /// The prefix of every tag. Frozen at 1.0.
    const PREFIX: &[u8; 7] = b"usher1:";

    /// A ticket credential's signature.
    pub const TICKET: Self = Self::new(b"ticket");
    /// The first value of a feed's chain.
    pub const FEED_START: Self = Self::new(b"feed0");
    /// A step of a feed's chain.
    pub const FEED: Self = Self::new(b"feed");
    /// A head's signature.
    pub const HEAD: Self = Self::new(b"head");
    /// A snapshot manifest's signature.
    pub const SNAPSHOT: Self = Self::new(b"snap");
    /// A journal entry's hash.
    pub const JOURNAL_ENTRY: Self = Self::new(b"jentry");
    /// The first value of a journal's chain.
    pub const JOURNAL_START: Self = Self::new(b"jrn0");
    /// A journal entry's signature.
    pub const JOURNAL_SIGN: Self = Self::new(b"jsign");
    /// An acknowledgement's signature.
    pub const ACK: Self = Self::new(b"ack");
    /// A device certificate's signature.
    pub const CERTIFICATE: Self = Self::new(b"devcert");
    /// An enrolment request's signature and the digits compared on both screens.
    pub const ENROL: Self = Self::new(b"enrol");
    /// An order to a device to erase itself.
    pub const WIPE: Self = Self::new(b"wipe");
    /// The additional data of a sealed row on a terminal.
    pub const ROW: Self = Self::new(b"row");

    const fn new(word: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let (prefix, rest) = bytes.split_at_mut(Self::PREFIX.len());
        prefix.copy_from_slice(Self::PREFIX);
        rest.split_at_mut(word.len()).0.copy_from_slice(word);
        Self(bytes)
    }

    /// Returns the tag's sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Returns `SHA-256(parts[0] ‖ parts[1] ‖ …)`, without a domain: for content addresses.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Returns `SHA-256(dst ‖ parts[0] ‖ parts[1] ‖ …)`.
pub fn hash(dst: Dst, parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(dst.as_bytes());
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Returns `HMAC-SHA-256(key, parts[0] ‖ parts[1] ‖ …)`.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
