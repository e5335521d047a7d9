//! Ed25519 with the strict reading of section 0: one byte string per key and per signature.

use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::{Signature as DalekSignature, Signer as _, SigningKey, VerifyingKey};

use crate::hash::Dst;

/// The 64 bytes of an Ed25519 signature.
pub type Signature = [u8; 64];

/// Bytes that are not an acceptable public key: of small order, or not the one encoding of a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an acceptable Ed25519 public key")]
pub struct BadKey;

/// A signature that does not vouch for the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// An Ed25519 public key that passed the import check.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Imports a public key.
    ///
    /// # Errors
    ///
    /// [`BadKey`] if the bytes are no point, a point of small order, or not its canonical encoding.
    pub fn import(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey)?;
        // Decompression reduces y silently, so a second encoding shows whether this was the one.
        let canonical = key.to_edwards().compress().to_bytes();
        if key.is_weak() || canonical != *bytes { Err(BadKey) } else { Ok(Self(key)) }
    }

    /// Returns the key's 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies `signature` over `dst ‖ parts`, strictly: s reduced, R not of small order and
    /// compared as bytes, no cofactor.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] whatever is wrong.
    pub fn verify(&self, dst: Dst, parts: &[&[u8]], signature: &Signature) -> Result<(), BadSignature> {
        let signature = DalekSignature::from_bytes(signature);
        self.0.verify_strict(&message(dst, parts), &signature).map_err(|_| BadSignature)
    }

    /// Verifies a signature over bytes that carry their own framing (HTTP message signatures).
    ///
    /// # Errors
    ///
    /// [`BadSignature`] whatever is wrong.
    pub fn verify_bare(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.0.verify_strict(message, &DalekSignature::from_bytes(signature)).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.to_bytes()))
    }
}

/// Signs `dst ‖ parts`. Deterministic.
pub fn sign(key: &SigningKey, dst: Dst, parts: &[&[u8]]) -> Signature {
    key.sign(&message(dst, parts)).to_bytes()
}

/// Returns the public half of `key`.
pub fn public_key(key: &SigningKey) -> PublicKey {
    PublicKey(key.verifying_key())
}

fn message(dst: Dst, parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(16 + parts.iter().map(|part| part.len()).sum::<usize>());
    message.extend_from_slice(dst.as_bytes());
    for part in parts {
        message.extend_from_slice(part);
    }
    message
}
