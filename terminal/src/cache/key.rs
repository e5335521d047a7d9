//! From a passphrase to the keys that open a store (section 9).
//!
//! The passphrase makes a key-encrypting key with Argon2id; that unwraps the data key; and from the
//! data key come one key per use. The header is in the clear and bound to the wrapped key: whoever
//! changes a cost or the event's number in it makes the key unreadable, and gains nothing.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand::Rng as _;
use sha2::Sha256;
use sync_protocol::bytes::{DecodeError, Put as _, Reader};
use sync_protocol::id::EventId;
use zeroize::Zeroizing;

use super::StoreError;
use super::error::Part;
use crate::passphrase;

/// The least memory of a store made for an event, in KiB.
pub const MEMORY_KIB_MIN: u32 = 64 * 1024;
/// The fewest passes over it.
pub const PASSES_MIN: u32 = 3;
/// The most memory that opening a store may take, in KiB: a changed header must not exhaust the
/// machine before it is found out.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// The most passes.
const PASSES_MAX: u32 = 64;
/// How long deriving the key should take.
const TARGET: Duration = Duration::from_millis(700);

const HEADER_VERSION: u8 = 1;
const ARGON2ID: u8 = 1;
const LANES: u8 = 1;

/// A key of 256 bits, wiped when it goes.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// What guessing one passphrase costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KdfCost {
    /// Half a second to a second on this machine, and never less than 64 MiB and three passes. The
    /// only choice for a store that holds people's data.
    Calibrated,
    /// Exactly this: for tests, where the floor would only cost time. Programs don't offer it.
    Fixed {
        /// Memory in KiB; at least 8.
        memory_kib: u32,
        /// Passes; at least 1.
        passes: u32,
    },
}

impl KdfCost {
    fn resolve(self) -> Result<(u32, u32), StoreError> {
        match self {
            Self::Fixed { memory_kib, passes } => Ok((memory_kib, passes)),
            Self::Calibrated => {
                let started = Instant::now();
                derive(b"calibration", &[0; 16], MEMORY_KIB_MIN, PASSES_MIN)?;
                Ok(calibrated(started.elapsed()))
            }
        }
    }
}

/// Returns memory and passes for the target, given how long the floor took. Time is bought with
/// passes: the memory stays at its floor, so that unlocking fits into a small laptop beside the
/// list it opens.
fn calibrated(floor: Duration) -> (u32, u32) {
    let factor = TARGET.as_secs_f64() / floor.as_secs_f64().max(0.001);
    let passes = (PASSES_MIN..=PASSES_MAX).rev().find(|n| f64::from(*n) <= f64::from(PASSES_MIN) * factor);
    (MEMORY_KIB_MIN, passes.unwrap_or(PASSES_MIN))
}

/// What stands in the clear before the wrapped key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) event: EventId,
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) salt: [u8; 16],
    pub(super) key_version: u32,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(47);
        bytes
            .put_u8(HEADER_VERSION)
            .put(self.event.as_bytes())
            .put_u8(ARGON2ID)
            .put_u32(self.memory_kib)
            .put_u32(self.passes)
            .put_u8(LANES)
            .put(&self.salt)
            .put_u32(self.key_version);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != HEADER_VERSION {
            return Err(DecodeError::Invalid("header version"));
        }
        let event = EventId(reader.array()?);
        let function = reader.u8()?;
        let (memory_kib, passes) = (reader.u32()?, reader.u32()?);
        let lanes = reader.u8()?;
        let (salt, key_version) = (reader.array()?, reader.u32()?);
        reader.finish()?;
        let is_known = function == ARGON2ID && lanes == LANES;
        if !is_known || memory_kib > MEMORY_KIB_MAX || passes > PASSES_MAX {
            return Err(DecodeError::Invalid("key derivation"));
        }
        Ok(Self { event, memory_kib, passes, salt, key_version })
    }
}

/// The data key as it lies in the file: nonce and ciphertext, with the header beside it.
pub(super) struct Wrapped {
    pub(super) header: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// Makes a data key and wraps it.
pub(super) fn create(event: EventId, passphrase: &str, cost: KdfCost) -> Result<(Wrapped, Key), StoreError> {
    let (memory_kib, passes) = cost.resolve()?;
    let header = Header { event, memory_kib, passes, salt: random(), key_version: 1 };
    let data_key = Key::new(random());
    Ok((wrap(&header, passphrase, &data_key, &random())?, data_key))
}

/// Wraps a data key under `header`, with a nonce that must never be used twice.
pub(super) fn wrap(header: &Header, passphrase: &str, data_key: &Key, nonce: &[u8; 24]) -> Result<Wrapped, StoreError> {
    let header = header.encode();
    let wrapping = wrapping_key(&header, passphrase)?;
    let payload = Payload { msg: data_key.as_slice(), aad: &header };
    let sealed =
        cipher(&wrapping).encrypt(&XNonce::from(*nonce), payload).map_err(|_| StoreError::Damaged(Part::Header))?;
    let mut key = nonce.to_vec();
    key.extend_from_slice(&sealed);
    Ok(Wrapped { header, key })
}

/// Unwraps the data key.
pub(super) fn unwrap(wrapped: &Wrapped, passphrase: &str) -> Result<Key, StoreError> {
    let damaged = || StoreError::Damaged(Part::Header);
    let wrapping = wrapping_key(&wrapped.header, passphrase)?;
    let (nonce, sealed) = wrapped.key.split_first_chunk::<24>().ok_or_else(damaged)?;
    let payload = Payload { msg: sealed, aad: &wrapped.header };
    let data_key =
        cipher(&wrapping).decrypt(&XNonce::from(*nonce), payload).map_err(|_| StoreError::WrongPassphrase)?;
    let data_key = Zeroizing::new(data_key);
    Ok(Key::new(data_key.as_slice().try_into().map_err(|_| damaged())?))
}

/// Returns the key for one use.
pub(super) fn subkey(data_key: &Key, info: &[u8]) -> Key {
    let mut key = Key::default();
    Hkdf::<Sha256>::new(None, data_key.as_slice())
        .expand(info, key.as_mut_slice())
        .expect("32 bytes are within what one HKDF gives");
    key
}

pub(super) fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(**key).into())
}

/// Returns `N` bytes from the operating system's randomness.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// Returns the key that wraps the data key.
pub(super) fn wrapping_key(header: &[u8], passphrase: &str) -> Result<Key, StoreError> {
    let header = Header::decode(header).map_err(|_| StoreError::Damaged(Part::Header))?;
    derive(passphrase::normalise(passphrase).as_bytes(), &header.salt, header.memory_kib, header.passes)
}

fn derive(passphrase: &[u8], salt: &[u8; 16], memory_kib: u32, passes: u32) -> Result<Key, StoreError> {
    let damaged = |_| StoreError::Damaged(Part::Header);
    let params = Params::new(memory_kib, passes, u32::from(LANES), Some(32)).map_err(damaged)?;
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, key.as_mut_slice())
        .map_err(damaged)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: EventId = EventId([1; 16]);
    const QUICK: KdfCost = KdfCost::Fixed { memory_kib: 16, passes: 1 };

    #[test]
    fn the_passphrase_alone_opens_the_key() {
        let (wrapped, key) = create(EVENT, "four words make this", QUICK).unwrap();
        assert_eq!(*unwrap(&wrapped, " four words  make this").unwrap(), *key);
        assert!(matches!(unwrap(&wrapped, "four words make that"), Err(StoreError::WrongPassphrase)));
    }

    #[test]
    fn no_bit_of_header_or_wrapped_key_can_be_changed() {
        let (wrapped, _) = create(EVENT, "four words make this", QUICK).unwrap();
        for at in 0..wrapped.header.len() {
            let mut header = wrapped.header.clone();
            header[at] ^= 1;
            let changed = Wrapped { header, key: wrapped.key.clone() };
            assert!(unwrap(&changed, "four words make this").is_err(), "header byte {at}");
        }
        for at in 0..wrapped.key.len() {
            let mut key = wrapped.key.clone();
            key[at] ^= 1;
            let changed = Wrapped { header: wrapped.header.clone(), key };
            assert!(unwrap(&changed, "four words make this").is_err(), "key byte {at}");
        }
    }

    #[test]
    fn calibration_never_goes_below_the_floor_and_buys_time_with_passes() {
        assert_eq!(calibrated(Duration::from_secs(9)), (MEMORY_KIB_MIN, PASSES_MIN));
        assert_eq!(calibrated(Duration::from_millis(350)), (MEMORY_KIB_MIN, 2 * PASSES_MIN));
        assert_eq!(calibrated(Duration::from_millis(1)), (MEMORY_KIB_MIN, PASSES_MAX));
    }

    #[test]
    fn a_store_for_an_event_is_never_made_below_the_floor() {
        let (wrapped, _) = create(EVENT, "four words make this", KdfCost::Calibrated).unwrap();
        let header = Header::decode(&wrapped.header).unwrap();
        assert!(header.memory_kib >= MEMORY_KIB_MIN && header.passes >= PASSES_MIN);
    }

    #[test]
    fn subkeys_differ_by_their_use() {
        let key = Key::new([7; 32]);
        assert_ne!(*subkey(&key, b"row"), *subkey(&key, b"index"));
        assert_eq!(*subkey(&key, b"row"), *subkey(&key, b"row"));
    }
}
