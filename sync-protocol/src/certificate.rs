//! Device certificates: what the server says a terminal is and may do (section 11).

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::Dst;
use crate::id::{ClassId, DeviceId, DeviceNo, EventId, GateId};
use crate::key::{self, BadSignature, PublicKey, Signature};
use crate::time::{UnixMillis, Window};

const VERSION: u8 = 1;

/// What a device may do, as bits.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Scans and admits.
    pub const SCAN: Self = Self(1);
    /// Searches by name.
    pub const SEARCH: Self = Self(2);
    /// Sells at the door.
    pub const WALK_IN: Self = Self(4);
    /// Overrides and takes back what other devices recorded.
    pub const SUPERVISOR: Self = Self(8);
    /// Carries other devices' journals.
    pub const COURIER: Self = Self(16);
    const KNOWN: u32 = 31;

    /// Whether every bit of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the server certifies about one device in one event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The event.
    pub event: EventId,
    /// The device.
    pub device: DeviceId,
    /// Its number in the event.
    pub number: DeviceNo,
    /// D.sign: signs journal entries, requests and walk-in credentials.
    pub sign_key: PublicKey,
    /// D.tls: TLS between devices.
    pub tls_key: [u8; 32],
    /// What it may do.
    pub capabilities: Capabilities,
    /// When it may do it.
    pub validity: Window,
    /// The gates it may stand at; at most 255; none means any.
    pub gates: Vec<GateId>,
    /// The ticket types it may sell; at most 255.
    pub walk_in_classes: Vec<ClassId>,
}

/// A certificate with S's signature, in the bytes it travels in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCertificate {
    /// The certificate's bytes.
    pub bytes: Vec<u8>,
    /// S's signature over them.
    pub signature: Signature,
}

/// A certificate that cannot be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// The server's key did not sign these bytes.
    #[error("the certificate is not signed by this server")]
    Signature(#[from] BadSignature),
    /// The bytes are no certificate.
    #[error("the certificate cannot be read")]
    Layout(#[from] DecodeError),
}

impl Certificate {
    /// Returns the certificate's bytes; gates and classes after the 255th are not written.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes
            .put_u8(VERSION)
            .put(self.event.as_bytes())
            .put(self.device.as_bytes())
            .put_u16(self.number.0)
            .put(&self.sign_key.to_bytes())
            .put(&self.tls_key)
            .put_u32(self.capabilities.0)
            .put_u64(self.validity.from().0)
            .put_u64(self.validity.until().0);
        bytes.put_u8(self.gates.len().min(255) as u8);
        for gate in self.gates.iter().take(255) {
            bytes.put_u16(gate.0);
        }
        bytes.put_u8(self.walk_in_classes.len().min(255) as u8);
        for class in self.walk_in_classes.iter().take(255) {
            bytes.put_u16(class.0);
        }
        bytes
    }

    /// Reads a certificate's bytes, without a look at who signed them.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if they are not exactly one certificate.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(DecodeError::Invalid("certificate version"));
        }
        let event = EventId(reader.array()?);
        let device = DeviceId(reader.array()?);
        let number = DeviceNo(reader.u16()?);
        let sign_key = PublicKey::import(&reader.array()?).map_err(|_| DecodeError::Invalid("device key"))?;
        let tls_key = reader.array()?;
        let capabilities = Capabilities(reader.u32()?);
        if capabilities.0 & !Capabilities::KNOWN != 0 {
            return Err(DecodeError::Invalid("capabilities"));
        }
        let (from, until) = (UnixMillis(reader.u64()?), UnixMillis(reader.u64()?));
        let validity = Window::new(from, until).map_err(|_| DecodeError::Invalid("validity"))?;
        let numbers = |reader: &mut Reader<'_>| -> Result<Vec<u16>, DecodeError> {
            let count = reader.u8()?;
            (0..count).map(|_| reader.u16()).collect()
        };
        let gates = numbers(&mut reader)?.into_iter().map(GateId).collect();
        let walk_in_classes = numbers(&mut reader)?.into_iter().map(ClassId).collect();
        reader.finish()?;
        Ok(Self { event, device, number, sign_key, tls_key, capabilities, validity, gates, walk_in_classes })
    }

    /// Whether this certificate takes the place of `earlier`: it is another one for the same device with the same
    /// keys, and was not made before it.
    pub fn succeeds(&self, earlier: &Self) -> bool {
        let is_same_device = self.event == earlier.event
            && self.device == earlier.device
            && self.number == earlier.number
            && self.sign_key == earlier.sign_key
            && self.tls_key == earlier.tls_key;
        is_same_device && self.validity.from() >= earlier.validity.from() && self != earlier
    }

    /// Signs the certificate with S.
    pub fn sign(&self, server_key: &SigningKey) -> SignedCertificate {
        let bytes = self.encode();
        let signature = key::sign(server_key, Dst::CERTIFICATE, &[&bytes]);
        SignedCertificate { bytes, signature }
    }
}

impl SignedCertificate {
    /// Verifies S's signature, then reads the certificate.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] says which of the two failed.
    pub fn open(&self, server_key: &PublicKey) -> Result<Certificate, CertificateError> {
        server_key.verify(Dst::CERTIFICATE, &[&self.bytes], &self.signature)?;
        Ok(Certificate::decode(&self.bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;
    use proptest::prelude::*;

    fn certificate() -> Certificate {
        Certificate {
            event: EventId([1; 16]),
            device: DeviceId([2; 16]),
            number: DeviceNo(3),
            sign_key: public_key(&SigningKey::from_bytes(&[4; 32])),
            tls_key: [5; 32],
            capabilities: Capabilities::SCAN.and(Capabilities::SEARCH),
            validity: Window::new(UnixMillis(10), UnixMillis(20)).unwrap(),
            gates: alloc::vec![GateId(1), GateId(2)],
            walk_in_classes: alloc::vec![ClassId(9)],
        }
    }

    #[test]
    fn a_certificate_opens_under_the_key_that_signed_it_alone() {
        let server = SigningKey::from_bytes(&[6; 32]);
        let signed = certificate().sign(&server);
        assert_eq!(signed.open(&public_key(&server)), Ok(certificate()));
        let stranger = public_key(&SigningKey::from_bytes(&[7; 32]));
        assert_eq!(signed.open(&stranger), Err(CertificateError::Signature(BadSignature)));
    }

    #[test]
    fn every_shortened_or_lengthened_certificate_is_refused() {
        let mut bytes = certificate().encode();
        for length in 0..bytes.len() {
            assert!(Certificate::decode(&bytes[..length]).is_err());
        }
        bytes.push(0);
        assert_eq!(Certificate::decode(&bytes), Err(DecodeError::Trailing));
    }

    #[test]
    fn a_certificate_gives_way_to_a_newer_one_of_the_same_device_and_keys_alone() {
        let held = certificate();
        let changed = |change: fn(&mut Certificate)| {
            let mut other = certificate();
            change(&mut other);
            other.succeeds(&held)
        };
        let from = |from, until| Window::new(UnixMillis(from), UnixMillis(until)).unwrap();
        assert!(Certificate { validity: from(11, 21), ..certificate() }.succeeds(&held));
        assert!(changed(|other| other.walk_in_classes.clear()));
        assert!(changed(|other| other.gates.clear()));
        assert!(!held.succeeds(&held));
        assert!(!Certificate { validity: from(9, 99), ..certificate() }.succeeds(&held));
        assert!(!changed(|other| other.event = EventId([9; 16])));
        assert!(!changed(|other| other.device = DeviceId([9; 16])));
        assert!(!changed(|other| other.number = DeviceNo(9)));
        assert!(!changed(|other| other.sign_key = public_key(&SigningKey::from_bytes(&[9; 32]))));
        assert!(!changed(|other| other.tls_key = [9; 32]));
    }

    fn any_certificate() -> impl Strategy<Value = Certificate> {
        let ids = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<u16>(), 0..=Capabilities::KNOWN);
        let keys = (any::<[u8; 32]>(), any::<[u8; 32]>());
        let span = (0..u64::MAX).prop_flat_map(|from| (Just(from), from + 1..=u64::MAX));
        let lists = (proptest::collection::vec(any::<u16>(), 0..256), proptest::collection::vec(any::<u16>(), 0..256));
        (ids, keys, span, lists).prop_map(|(ids, keys, (from, until), (gates, classes))| Certificate {
            event: EventId(ids.0),
            device: DeviceId(ids.1),
            number: DeviceNo(ids.2),
            sign_key: public_key(&SigningKey::from_bytes(&keys.0)),
            tls_key: keys.1,
            capabilities: Capabilities(ids.3),
            validity: Window::new(UnixMillis(from), UnixMillis(until)).unwrap(),
            gates: gates.into_iter().map(GateId).collect(),
            walk_in_classes: classes.into_iter().map(ClassId).collect(),
        })
    }

    #[test]
    fn every_flipped_bit_of_a_certificate_is_refused() {
        let server = SigningKey::from_bytes(&[6; 32]);
        let signed = certificate().sign(&server);
        for bit in 0..(signed.bytes.len() + 64) * 8 {
            let mut changed = signed.clone();
            let at = bit / 8;
            match at.checked_sub(signed.bytes.len()) {
                None => changed.bytes[at] ^= 1 << (bit % 8),
                Some(at) => changed.signature[at] ^= 1 << (bit % 8),
            }
            let refused = Err(CertificateError::Signature(BadSignature));
            assert_eq!(changed.open(&public_key(&server)), refused, "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn every_certificate_reads_back_and_none_cut_or_grown_does(certificate in any_certificate(), cut in 1_usize..99) {
            let mut bytes = certificate.encode();
            prop_assert_eq!(Certificate::decode(&bytes), Ok(certificate));
            prop_assert!(Certificate::decode(&bytes[..bytes.len() - cut]).is_err());
            bytes.push(0);
            prop_assert_eq!(Certificate::decode(&bytes), Err(DecodeError::Trailing));
        }

        #[test]
        fn what_is_read_as_a_certificate_is_what_is_written(
            certificate in any_certificate(), at in any::<proptest::sample::Index>(), to: u8,
        ) {
            let mut bytes = certificate.encode();
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(read) = Certificate::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }
}
