//! How a device becomes one of an event's terminals (section 11).

use alloc::format;
use alloc::string::{String, ToString};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;

use crate::crockford::{self, CodeError};
use crate::hash::{Dst, Hash, hash, sha256};
use crate::key::{self, BadSignature, PublicKey, Signature};

/// How long a code is valid, in ms.
pub const CODE_VALID_MS: u64 = 15 * 60_000;
/// How many wrong tries a code survives.
pub const CODE_TRIES: u32 = 5;
/// The length of a typed code: 50 bits.
pub const TYPED_CODE_CHARS: usize = 10;
/// The length of a scanned code: 128 bits.
pub const SCANNED_CODE_CHARS: usize = 26;
/// The first characters of a code find it; the rest prove it. So wrong tries count against the
/// code they were aimed at.
pub const LOCATOR_CHARS: usize = 4;

/// An enrolment code in its canonical form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnrolCode(String);

impl EnrolCode {
    /// Reads a typed or scanned code, forgiving what people confuse.
    ///
    /// # Errors
    ///
    /// [`CodeError`] if it has foreign characters or another length.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let code = crockford::normalise(text)?;
        match code.len() {
            TYPED_CODE_CHARS | SCANNED_CODE_CHARS => Ok(Self(code)),
            0..TYPED_CODE_CHARS => Err(CodeError::Empty),
            _ => Err(CodeError::TooLong),
        }
    }

    /// Makes a typed code of 50 random bits, from the front of `random`.
    pub fn typed(random: [u8; 7]) -> Self {
        let mut code = crockford::encode_bytes(&random);
        code.truncate(TYPED_CODE_CHARS);
        Self(code)
    }

    /// Makes a scanned code of 128 random bits.
    pub fn scanned(random: [u8; 16]) -> Self {
        Self(crockford::encode_bytes(&random))
    }

    /// Returns the code's characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the characters that find the code on the server.
    pub fn locator(&self) -> &str {
        self.0.get(..LOCATOR_CHARS).unwrap_or(&self.0)
    }

    /// Returns what the server stores, and what the device signs: `H(code)`.
    pub fn hash(&self) -> Hash {
        sha256(&[self.0.as_bytes()])
    }

    /// Returns the code in groups of five, for people.
    pub fn grouped(&self) -> String {
        let mut grouped = String::new();
        for (at, symbol) in self.0.chars().enumerate() {
            if at > 0 && at % 5 == 0 {
                grouped.push('-');
            }
            grouped.push(symbol);
        }
        grouped
    }
}

/// The device's half of an enrolment: what both sides sign and compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Handshake {
    /// `H(code)`.
    pub code: Hash,
    /// S.
    pub server_key: [u8; 32],
    /// D.sign.
    pub sign_key: [u8; 32],
    /// D.tls.
    pub tls_key: [u8; 32],
}

impl Handshake {
    /// Signs the handshake with D.sign.
    pub fn sign(&self, key: &SigningKey) -> Signature {
        key::sign(key, Dst::ENROL, &[&self.code, &self.server_key, &self.sign_key, &self.tls_key])
    }

    /// Checks the device's signature.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] if D.sign is no acceptable key or did not sign this.
    pub fn verify(&self, signature: &Signature) -> Result<(), BadSignature> {
        let key = PublicKey::import(&self.sign_key).map_err(|_| BadSignature)?;
        key.verify(Dst::ENROL, &[&self.code, &self.server_key, &self.sign_key, &self.tls_key], signature)
    }

    /// Returns the six digits that both screens show.
    pub fn digits(&self) -> String {
        let parts: [&[u8]; 4] = [&self.code, &self.server_key, &self.sign_key, &self.tls_key];
        let [a, b, c, d, e, f, g, h, ..] = hash(Dst::ENROL, &parts);
        format!("{:06}", u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000)
    }
}

/// What an enrolment QR code says: where the server is, how to know it, and the code.
///
/// Written as `usher://enrol?…`, so that other readers show what it is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invitation {
    /// The server's base address, as in `https://10.0.0.5:8443`.
    pub server: String,
    /// `H(S)`.
    pub server_key_hash: Hash,
    /// SHA-256 of the server's TLS certificate, where it signed its own.
    pub tls_fingerprint: Option<Hash>,
    /// The code.
    pub code: EnrolCode,
}

/// A text that is no enrolment QR code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is not an enrolment code of an Usher server")]
pub struct NotAnInvitation;

const SCHEME: &str = "usher://enrol?";
/// The longest server address in an invitation.
const SERVER_BYTES_MAX: usize = 200;

impl Invitation {
    /// Returns the QR code's text.
    pub fn to_text(&self) -> String {
        let key = BASE64_URL_SAFE_NO_PAD.encode(self.server_key_hash);
        let mut text = format!("{SCHEME}v=1&c={}&k={key}", self.code.as_str());
        if let Some(fingerprint) = &self.tls_fingerprint {
            text.push_str("&t=");
            text.push_str(&BASE64_URL_SAFE_NO_PAD.encode(fingerprint));
        }
        // Last, so that the address may hold any character.
        text.push_str("&s=");
        text.push_str(&self.server);
        text
    }

    /// Reads a QR code's text.
    ///
    /// # Errors
    ///
    /// [`NotAnInvitation`] for anything that [`Invitation::to_text`] does not write.
    pub fn parse(text: &str) -> Result<Self, NotAnInvitation> {
        let text = text.trim();
        // Writing it again settles what a code forgives those who type it, and nobody types this.
        Self::read(text).filter(|invitation| invitation.to_text() == text).ok_or(NotAnInvitation)
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(SCHEME)?.strip_prefix("v=1&c=")?;
        let (fields, server) = rest.split_once("&s=")?;
        let (code, keys) = fields.split_once("&k=")?;
        let (key, fingerprint) = match keys.split_once("&t=") {
            Some((key, fingerprint)) => (key, Some(fingerprint)),
            None => (keys, None),
        };
        let is_address = (server.starts_with("https://") || server.starts_with("http://"))
            && server.len() <= SERVER_BYTES_MAX
            && server.bytes().all(|byte| byte.is_ascii_graphic());
        let invitation = Self {
            server: is_address.then(|| server.to_string())?,
            server_key_hash: decode_hash(key)?,
            tls_fingerprint: match fingerprint {
                Some(text) => Some(decode_hash(text)?),
                None => None,
            },
            code: EnrolCode::parse(code).ok()?,
        };
        Some(invitation)
    }
}

fn decode_hash(text: &str) -> Option<Hash> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn invitation(tls_fingerprint: Option<Hash>) -> Invitation {
        Invitation {
            server: "https://10.0.0.5:8443".to_string(),
            server_key_hash: [1; 32],
            tls_fingerprint,
            code: EnrolCode::scanned([0xff; 16]),
        }
    }

    #[test]
    fn an_invitation_reads_back() {
        for fingerprint in [None, Some([2; 32])] {
            let text = invitation(fingerprint).to_text();
            assert_eq!(Invitation::parse(&text), Ok(invitation(fingerprint)));
        }
        assert_eq!(Invitation::parse("https://example.org"), Err(NotAnInvitation));
        assert_eq!(Invitation::parse("usher://enrol?v=1&c=0000000000&k=AA&s=ftp://x"), Err(NotAnInvitation));
    }

    #[test]
    fn an_invitation_has_one_text_and_forgives_no_code() {
        let text = invitation(None).to_text();
        let code = EnrolCode::scanned([0xff; 16]).as_str().to_string();
        assert_eq!(Invitation::parse(&format!(" {text}\n")), Ok(invitation(None)));
        for spelling in [code.to_lowercase(), code.replacen('Z', "Z-", 1), code + "\n"] {
            let other = text.replace(EnrolCode::scanned([0xff; 16]).as_str(), &spelling);
            assert_eq!(Invitation::parse(&other), Err(NotAnInvitation), "{other}");
        }
    }

    #[test]
    fn codes_have_their_lengths_and_forgive_what_people_confuse() {
        let typed = EnrolCode::typed([0; 7]);
        assert_eq!(typed.as_str(), "0000000000");
        assert_eq!(EnrolCode::parse("ooooo-OOOOO"), Ok(typed.clone()));
        assert_eq!(typed.grouped(), "00000-00000");
        assert_eq!(EnrolCode::scanned([1; 16]).as_str().len(), SCANNED_CODE_CHARS);
        assert!(EnrolCode::parse("123").is_err());
    }

    #[test]
    fn the_handshake_binds_every_part() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let handshake = Handshake {
            code: [1; 32],
            server_key: [2; 32],
            sign_key: key.verifying_key().to_bytes(),
            tls_key: [4; 32],
        };
        let signature = handshake.sign(&key);
        assert!(handshake.verify(&signature).is_ok());
        assert_eq!(handshake.digits().len(), 6);
        for changed in [
            Handshake { code: [9; 32], ..handshake },
            Handshake { server_key: [9; 32], ..handshake },
            Handshake { tls_key: [9; 32], ..handshake },
        ] {
            assert!(changed.verify(&signature).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_of_a_handshake_is_refused() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let sign_key = key.verifying_key().to_bytes();
        let good = Handshake { code: [1; 32], server_key: [2; 32], sign_key, tls_key: [4; 32] };
        let signature = good.sign(&key);
        for bit in 0..4 * 256 {
            let mut changed = good;
            let Handshake { code, server_key, sign_key, tls_key } = &mut changed;
            [code, server_key, sign_key, tls_key][bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
            assert!(changed.verify(&signature).is_err(), "bit {bit}");
        }
        for bit in 0..512 {
            let mut changed = signature;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(good.verify(&changed).is_err(), "bit {bit} of the signature");
        }
    }

    proptest! {
        #[test]
        fn every_code_reads_back_however_it_is_written(random: [u8; 16]) {
            let typed = EnrolCode::typed(*random.first_chunk().unwrap());
            for code in [typed, EnrolCode::scanned(random)] {
                prop_assert_eq!(EnrolCode::parse(&code.grouped()), Ok(code.clone()));
                prop_assert_eq!(EnrolCode::parse(&code.as_str().to_lowercase()), Ok(code));
            }
        }

        #[test]
        fn every_invitation_reads_back_and_no_text_panics(
            host in "[a-z0-9.]{1,30}(:[0-9]{1,5})?(/[!-~]{0,40})?", server_key_hash: [u8; 32],
            tls_fingerprint: Option<[u8; 32]>, random: [u8; 16], text in "\\PC{0,120}",
        ) {
            let server = format!("https://{host}");
            let code = EnrolCode::scanned(random);
            let invitation = Invitation { server, server_key_hash, tls_fingerprint, code };
            prop_assert_eq!(Invitation::parse(&invitation.to_text()), Ok(invitation));
            let _ = Invitation::parse(&text);
            let _ = Invitation::parse(&format!("usher://enrol?v=1&c={text}"));
        }
    }
}
