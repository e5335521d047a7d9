//! Time-based one-time passwords: RFC 6238 over RFC 4226, with what all apps take for granted: SHA-1, half minutes,
//! six digits. Checked against the vectors of both.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use sync_protocol::time::UnixMillis;

/// As RFC 4226, section 4, recommends.
pub(super) const SECRET_BYTES: usize = 20;
const STEP_MS: u64 = 30_000;
const DIGITS: usize = 6;
/// How many steps a phone's clock may be wrong by, either way.
const DRIFT_STEPS: u64 = 1;

/// Returns the step whose code this is, around `now`.
pub(super) fn step_of(secret: &[u8], code: &str, now: UnixMillis) -> Option<u64> {
    let step = now.0 / STEP_MS;
    let steps = step.saturating_sub(DRIFT_STEPS)..=step + DRIFT_STEPS;
    // All are computed, so that the time tells nothing.
    steps.fold(None, |found, step| {
        let is_it: bool = code_at(secret, step).as_bytes().ct_eq(code.as_bytes()).into();
        if is_it { Some(step) } else { found }
    })
}

/// RFC 4226, section 5.3.
fn code_at(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of any length is taken");
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let [.., last] = digest;
    let mut four = [0; 4];
    for (to, from) in four.iter_mut().zip(digest.iter().skip(usize::from(last & 0x0f))) {
        *to = *from;
    }
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32);
    format!("{number:0DIGITS$}")
}

/// Returns the link that apps read a secret from, for the account of `email`.
pub(super) fn uri(email: &str, secret: &[u8]) -> String {
    format!("otpauth://totp/Usher:{}?secret={}&issuer=Usher", escaped(email), base32(secret))
}

/// RFC 3986, section 2.1.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// RFC 4648, section 6, without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let bits = (0..5).fold(0_u64, |bits, at| bits << 8 | u64::from(chunk.get(at).copied().unwrap_or_default()));
        for digit in 0..(chunk.len() * 8).div_ceil(5) {
            let value = (bits >> (35 - 5 * digit)) & 31;
            text.extend(ALPHABET.get(value as usize).copied().map(char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 4226, appendix D, and of RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standards() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0_u64..).zip(codes) {
            assert_eq!(code_at(SECRET, step), code);
        }
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(SECRET, seconds / 30), code);
        }
    }

    #[test]
    fn a_code_is_taken_half_a_minute_early_and_late() {
        let now = UnixMillis(10 * STEP_MS);
        for step in 8..=12 {
            let expected = (9..=11).contains(&step).then_some(step);
            assert_eq!(step_of(SECRET, &code_at(SECRET, step), now), expected);
        }
        assert_eq!(step_of(SECRET, "", now), None);
    }

    #[test]
    fn base_32_is_that_of_the_standard() {
        let vectors =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_link_names_the_account() {
        assert_eq!(uri("a+b@c.d", b"foo"), "otpauth://totp/Usher:a%2Bb%40c.d?secret=MZXW6&issuer=Usher");
    }
}
