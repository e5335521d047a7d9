//! The credential's 81 bytes and their text of 122 characters.

use alloc::string::String;

use ed25519_dalek::SigningKey;

use super::base45;
use crate::hash::Dst;
use crate::id::{ClassId, DeviceNo, EventId, Issue, Kid, TicketId};
use crate::key::{self, Signature};

/// The length of a credential.
pub const CREDENTIAL_BYTES: usize = 81;
/// The length of a credential's text.
pub const CREDENTIAL_CHARS: usize = 122;
/// The signed bytes: all but the signature.
const CLAIM_BYTES: usize = 17;

const FORMAT: u8 = 0x10;
const FORMAT_MASK: u8 = 0xf0;
const DELEGATED: u8 = 0x01;
const TEST: u8 = 0x02;

/// A text that is no credential of a format this program knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialError {
    /// Not 122 characters of Base45.
    #[error("this is not a ticket")]
    NotATicket,
    /// A credential of another format version, or with reserved bits set.
    #[error("this ticket has a format that this program does not know")]
    UnsupportedFormat,
}

/// What a credential says, before anybody vouches for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claims {
    /// A rehearsal ticket.
    pub is_test: bool,
    /// Who is said to have signed.
    pub signer: Signer,
    /// The ticket's number.
    pub ticket: TicketId,
    /// Which of the ticket's credentials this is.
    pub issue: Issue,
    /// What the ticket grants.
    pub class: ClassId,
}

/// Who is said to have signed a credential.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Signer {
    /// The server, with one of the event's ticket keys.
    Server(Kid),
    /// A terminal that sold the ticket at the door.
    Device(DeviceNo),
}

/// A credential whose layout is right and whose signature nobody has checked yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Credential {
    claims: Claims,
    /// As transmitted: verified as they came, never encoded again in order to verify.
    bytes: [u8; CREDENTIAL_BYTES],
}

impl Claims {
    /// Signs the claims for `event`. Deterministic.
    pub fn sign(self, event: EventId, key: &SigningKey) -> Credential {
        let signed = self.encode();
        let mut bytes = [0; CREDENTIAL_BYTES];
        let (claims, signature) = bytes.split_at_mut(CLAIM_BYTES);
        claims.copy_from_slice(&signed);
        signature.copy_from_slice(&key::sign(key, Dst::TICKET, &[event.as_bytes(), &signed]));
        Credential { claims: self, bytes }
    }

    fn encode(&self) -> [u8; CLAIM_BYTES] {
        let (delegated, number) = match self.signer {
            Signer::Server(kid) => (0, kid.0),
            Signer::Device(device) => (DELEGATED, device.0),
        };
        let fmt = FORMAT | delegated | if self.is_test { TEST } else { 0 };
        let [n0, n1] = number.to_be_bytes();
        let [t0, t1, t2, t3, t4, t5, t6, t7] = self.ticket.0.to_be_bytes();
        let [i0, i1, i2, i3] = self.issue.0.to_be_bytes();
        let [c0, c1] = self.class.0.to_be_bytes();
        [fmt, n0, n1, t0, t1, t2, t3, t4, t5, t6, t7, i0, i1, i2, i3, c0, c1]
    }
}

impl Credential {
    /// Reads a credential's text: strips CR, LF and TAB at both ends and nothing else.
    ///
    /// # Errors
    ///
    /// [`CredentialError`]; never a panic, whatever the text is.
    pub fn from_text(text: &str) -> Result<Self, CredentialError> {
        let text = text.trim_matches(['\r', '\n', '\t']);
        if text.len() != CREDENTIAL_CHARS {
            return Err(CredentialError::NotATicket);
        }
        let bytes = base45::decode(text).map_err(|_| CredentialError::NotATicket)?;
        Self::from_bytes(&bytes)
    }

    /// Reads a credential's bytes.
    ///
    /// # Errors
    ///
    /// [`CredentialError`]; never a panic, whatever the bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CredentialError> {
        let bytes: [u8; CREDENTIAL_BYTES] = bytes.try_into().map_err(|_| CredentialError::NotATicket)?;
        let [fmt, n0, n1, t0, t1, t2, t3, t4, t5, t6, t7, i0, i1, i2, i3, c0, c1, ..] = bytes;
        if fmt & FORMAT_MASK != FORMAT || fmt & !(FORMAT_MASK | DELEGATED | TEST) != 0 {
            return Err(CredentialError::UnsupportedFormat);
        }
        let number = u16::from_be_bytes([n0, n1]);
        let ticket = TicketId(u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]));
        let issue = Issue(u32::from_be_bytes([i0, i1, i2, i3]));
        let class = ClassId(u16::from_be_bytes([c0, c1]));
        let signer = if fmt & DELEGATED == 0 { Signer::Server(Kid(number)) } else { Signer::Device(DeviceNo(number)) };
        let claims = Claims { is_test: fmt & TEST != 0, signer, ticket, issue, class };
        Ok(Self { claims, bytes })
    }

    /// Returns the credential's bytes.
    pub const fn to_bytes(&self) -> [u8; CREDENTIAL_BYTES] {
        self.bytes
    }

    /// Returns the credential's text: 122 characters of Base45.
    pub fn to_text(&self) -> String {
        base45::encode(&self.bytes)
    }

    /// Returns what the credential says about who signed it: needed to choose a key.
    pub const fn signer(&self) -> Signer {
        self.claims.signer
    }

    /// Returns the claims without a check of who vouches for them.
    ///
    /// For [`super::Keyring`], and for words about a code that was refused; never for a decision.
    pub const fn unverified(&self) -> &Claims {
        &self.claims
    }

    /// Whether `key` signed this credential for `event`.
    pub fn is_signed_by(&self, key: &crate::key::PublicKey, event: EventId) -> bool {
        let Some((claims, signature)) = self.bytes.split_first_chunk::<CLAIM_BYTES>() else { return false };
        signature.try_into().is_ok_and(|s: &Signature| key.verify(Dst::TICKET, &[event.as_bytes(), claims], s).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENT: EventId = EventId([7; 16]);

    fn claims() -> Claims {
        Claims {
            is_test: false,
            signer: Signer::Server(Kid(1)),
            ticket: TicketId(0x1234_5678_9abc),
            issue: Issue(42),
            class: ClassId(3),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    #[test]
    fn a_credential_reads_back_from_its_text() {
        let credential = claims().sign(EVENT, &key());
        let text = credential.to_text();
        assert_eq!(text.len(), CREDENTIAL_CHARS);
        assert_eq!(Credential::from_text(&text), Ok(credential));
        assert_eq!(Credential::from_text(&alloc::format!("\t{text}\r\n")), Ok(credential));
        assert_eq!(Credential::from_text(&alloc::format!(" {text}")), Err(CredentialError::NotATicket));
        assert!(credential.is_signed_by(&key::public_key(&key()), EVENT));
        assert!(!credential.is_signed_by(&key::public_key(&key()), EventId([8; 16])));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let bytes = claims().sign(EVENT, &key()).to_bytes();
        let public = key::public_key(&key());
        for bit in 0..CREDENTIAL_BYTES * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let accepted = Credential::from_bytes(&bytes).is_ok_and(|c| c.is_signed_by(&public, EVENT));
            assert!(!accepted, "bit {bit}");
        }
    }

    #[test]
    fn other_formats_and_reserved_bits_are_named_as_such() {
        let mut bytes = claims().sign(EVENT, &key()).to_bytes();
        for fmt in [0x00, 0x20, 0x14, 0x18, 0xf0] {
            bytes[0] = fmt;
            assert_eq!(Credential::from_bytes(&bytes), Err(CredentialError::UnsupportedFormat));
        }
        assert_eq!(Credential::from_bytes(&bytes[..80]), Err(CredentialError::NotATicket));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_but_the_one_form_is_read(text in "\\PC{0,140}") {
            if let Ok(credential) = Credential::from_text(&text) {
                prop_assert_eq!(credential.to_text(), text.trim_matches(['\r', '\n', '\t']));
            }
        }
    }
}
