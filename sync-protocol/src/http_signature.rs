//! Signed HTTP requests: RFC 9421 in one fixed profile (section 11).
//!
//! Components exactly `"@method" "@authority" "@path" "@query"` and, with a body,
//! `"content-digest"`; parameters `created`, `nonce`, `keyid`, `alg`, `tag`, in this order. Anything
//! else is refused.

use alloc::format;
use alloc::string::String;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};

use crate::hash::sha256;
use crate::id::DeviceId;
use crate::key::{PublicKey, Signature};
use crate::time::UnixMillis;

/// How far `created` may be from the receiver's clock, in seconds.
pub const WINDOW_S: u64 = 120;
/// The label that names the signature in both headers.
const LABEL: &str = "usher";
/// The longest nonce.
const NONCE_CHARS_MAX: usize = 64;

/// The parts of a request that are signed.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// In upper case.
    pub method: &'a str,
    /// Host, and port unless it is the scheme's own; compared in lower case.
    pub authority: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent, without its question mark; empty if there is none.
    pub query: &'a str,
    /// The body, if the request has one.
    pub body: Option<&'a [u8]>,
}

/// The headers that carry a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Headers {
    /// `Content-Digest`, if the request has a body.
    pub content_digest: Option<String>,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// What a `Signature-Input` header says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presented {
    /// Who signed.
    pub device: DeviceId,
    /// When, in seconds since 1970.
    pub created_s: u64,
    nonce: String,
    has_body: bool,
}

/// A request that is not properly signed: 401.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureError {
    /// The headers are missing or not of the profile.
    #[error("the request is not signed in the form that is asked for")]
    Form,
    /// `created` is too far from the receiver's clock: the CLOCK problem.
    #[error("the request was signed at another time")]
    Clock,
    /// The body is not the one that was signed.
    #[error("the body is not the one that was signed")]
    Digest,
    /// The key did not sign this request.
    #[error("the signature does not match the request")]
    Signature,
}

/// Signs a request.
///
/// `nonce` is random, of the characters of base64url, at most 64.
pub fn sign(parts: &Parts<'_>, device: DeviceId, created_s: u64, nonce: &str, key: &SigningKey) -> Headers {
    let presented = Presented { device, created_s, nonce: nonce.into(), has_body: parts.body.is_some() };
    let content_digest = parts.body.map(digest);
    let base = presented.base(parts, content_digest.as_deref());
    let signature = key.sign(base.as_bytes()).to_bytes();
    Headers {
        content_digest,
        signature_input: format!("{LABEL}={}", presented.parameters()),
        signature: format!("{LABEL}=:{}:", BASE64_STANDARD.encode(signature)),
    }
}

impl Presented {
    /// Reads a `Signature-Input` header, so that the signer's key can be looked up.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Form`] unless it is exactly of the profile.
    pub fn parse(signature_input: &str) -> Result<Self, SignatureError> {
        Self::read(signature_input).ok_or(SignatureError::Form)
    }

    fn read(signature_input: &str) -> Option<Self> {
        let rest = signature_input.strip_prefix(LABEL)?.strip_prefix('=')?;
        let (has_body, rest) = match rest.strip_prefix(COMPONENTS_WITH_BODY) {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix(COMPONENTS)?),
        };
        let (created, rest) = rest.strip_prefix(";created=")?.split_once(";nonce=\"")?;
        let (nonce, rest) = rest.split_once("\";keyid=\"")?;
        let (device, rest) = rest.split_once('"')?;
        let is_nonce = (1..=NONCE_CHARS_MAX).contains(&nonce.len())
            && nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let presented = Self {
            device: device.parse().ok()?,
            created_s: created.parse().ok()?,
            nonce: is_nonce.then(|| nonce.into())?,
            has_body,
        };
        // Writing it again settles leading zeros, hyphens in the id and what follows.
        (rest == TAIL && format!("{LABEL}={}", presented.parameters()) == signature_input).then_some(presented)
    }

    /// Checks that `key` signed `parts` at about `now`.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] says what is wrong; a clock problem is told only of a request that is
    /// signed rightly.
    pub fn verify(
        &self,
        parts: &Parts<'_>,
        content_digest: Option<&str>,
        signature: &str,
        key: &PublicKey,
        now: UnixMillis,
    ) -> Result<(), SignatureError> {
        if self.has_body != parts.body.is_some() || self.has_body != content_digest.is_some() {
            return Err(SignatureError::Form);
        }
        let signature = decode_signature(signature).ok_or(SignatureError::Form)?;
        let base = self.base(parts, content_digest);
        key.verify_bare(base.as_bytes(), &signature).map_err(|_| SignatureError::Signature)?;
        if parts.body.map(digest).as_deref() != content_digest {
            return Err(SignatureError::Digest);
        }
        if (now.0 / 1_000).abs_diff(self.created_s) > WINDOW_S { Err(SignatureError::Clock) } else { Ok(()) }
    }

    fn parameters(&self) -> String {
        let components = if self.has_body { COMPONENTS_WITH_BODY } else { COMPONENTS };
        let Self { created_s, nonce, device, .. } = self;
        format!("{components};created={created_s};nonce=\"{nonce}\";keyid=\"{device}\"{TAIL}")
    }

    /// Returns the signature base: what the key signs (RFC 9421, section 2.5).
    fn base(&self, parts: &Parts<'_>, content_digest: Option<&str>) -> String {
        let authority = parts.authority.to_ascii_lowercase();
        let mut base = format!(
            "\"@method\": {}\n\"@authority\": {authority}\n\"@path\": {}\n\"@query\": ?{}\n",
            parts.method, parts.path, parts.query
        );
        if let Some(digest) = content_digest {
            base.push_str(&format!("\"content-digest\": {digest}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {}", self.parameters()));
        base
    }
}

const COMPONENTS: &str = "(\"@method\" \"@authority\" \"@path\" \"@query\")";
const COMPONENTS_WITH_BODY: &str = "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")";
const TAIL: &str = ";alg=\"ed25519\";tag=\"usher1\"";

/// Returns the signature base of a request as it would be signed: for test vectors.
pub fn signature_base(parts: &Parts<'_>, device: DeviceId, created_s: u64, nonce: &str) -> String {
    let presented = Presented { device, created_s, nonce: nonce.into(), has_body: parts.body.is_some() };
    presented.base(parts, parts.body.map(digest).as_deref())
}

/// Returns the `Content-Digest` of a body (RFC 9530).
pub fn digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256(&[body])))
}

fn decode_signature(header: &str) -> Option<Signature> {
    let text = header.strip_prefix(LABEL)?.strip_prefix("=:")?.strip_suffix(':')?;
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;
    use alloc::string::ToString;
    use proptest::prelude::*;

    const DEVICE: DeviceId = DeviceId([7; 16]);
    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    fn parts<'a>(body: Option<&'a [u8]>) -> Parts<'a> {
        Parts { method: "POST", authority: "Door.example:8443", path: "/sync/v1/x", query: "a=b", body }
    }

    fn check(parts: &Parts<'_>, headers: &Headers, now: UnixMillis) -> Result<(), SignatureError> {
        let key = public_key(&SigningKey::from_bytes(&[1; 32]));
        let presented = Presented::parse(&headers.signature_input)?;
        presented.verify(parts, headers.content_digest.as_deref(), &headers.signature, &key, now)
    }

    fn signed(parts: &Parts<'_>) -> Headers {
        sign(parts, DEVICE, 1_000_000, "abc-123_", &SigningKey::from_bytes(&[1; 32]))
    }

    #[test]
    fn a_signed_request_is_accepted_with_and_without_a_body() {
        for parts in [parts(None), parts(Some(b"")), parts(Some(b"hello"))] {
            assert_eq!(check(&parts, &signed(&parts), NOW), Ok(()));
        }
    }

    #[test]
    fn each_part_is_bound() {
        let headers = signed(&parts(Some(b"hello")));
        let good = parts(Some(b"hello"));
        for other in [
            Parts { method: "PUT", ..good },
            Parts { authority: "evil.example", ..good },
            Parts { path: "/sync/v1/y", ..good },
            Parts { query: "a=c", ..good },
        ] {
            assert_eq!(check(&other, &headers, NOW), Err(SignatureError::Signature));
        }
        assert_eq!(check(&parts(Some(b"other")), &headers, NOW), Err(SignatureError::Digest));
        assert_eq!(check(&parts(None), &headers, NOW), Err(SignatureError::Form));
    }

    #[test]
    fn an_old_request_is_told_from_a_forged_one() {
        let headers = signed(&parts(None));
        assert_eq!(check(&parts(None), &headers, UnixMillis(NOW.0 + 120_000)), Ok(()));
        assert_eq!(check(&parts(None), &headers, UnixMillis(NOW.0 + 121_000)), Err(SignatureError::Clock));
        assert_eq!(check(&parts(None), &headers, UnixMillis(NOW.0 - 121_000)), Err(SignatureError::Clock));
    }

    #[test]
    fn nothing_but_the_profile_is_read() {
        let good = signed(&parts(None)).signature_input;
        assert!(Presented::parse(&good).is_ok());
        let bad = [
            good.replace("usher=", "sig1="),
            good.replace("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
            good.replace("\"@query\")", "\"@query\" \"date\")"),
            good.replace("created=1000000", "created=01000000"),
            good.replace("ed25519", "rsa-pss-sha512"),
            good.replace(";tag=\"usher1\"", ""),
            good.clone() + ";expires=5",
            good.replace("0707", "07-07"),
            good.replace("abc-123_", "a\\\"b"),
            "".to_string(),
        ];
        for input in bad {
            assert_eq!(Presented::parse(&input), Err(SignatureError::Form), "{input}");
        }
    }

    proptest! {
        #[test]
        fn every_request_is_accepted_and_none_with_a_changed_character(
            method in "[A-Z]{3,6}", authority in "[a-z.]{1,20}(:[0-9]{1,5})?", path in "/[!-~]{0,40}",
            query in "[!-~]{0,40}", body in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..80)),
            header in 0_usize..3, at in any::<proptest::sample::Index>(), to in 0x20_u8..0x7f,
        ) {
            let parts = Parts {
                method: &method, authority: &authority, path: &path, query: &query, body: body.as_deref(),
            };
            let good = signed(&parts);
            prop_assert_eq!(check(&parts, &good, NOW), Ok(()));
            let mut changed = good.clone();
            let text = match (header, &mut changed.content_digest) {
                (0, Some(digest)) => digest,
                (1, _) => &mut changed.signature,
                _ => &mut changed.signature_input,
            };
            let mut bytes = core::mem::take(text).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = to;
            *text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(check(&parts, &changed, NOW).is_ok(), changed == good);
        }

        #[test]
        fn no_header_panics(input in "\\PC{0,200}", signature in "\\PC{0,100}") {
            prop_assert!(Presented::parse(&input).is_err());
            let headers = Headers { signature, ..signed(&parts(None)) };
            prop_assert!(check(&parts(None), &headers, NOW).is_err());
        }
    }
}
