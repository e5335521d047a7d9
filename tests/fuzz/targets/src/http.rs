//! Signed requests.

use sync_protocol::http_signature::{Parts, Presented, SignatureError, WINDOW_S, sign};
use sync_protocol::time::UnixMillis;

use crate::keys;

/// When the request comes: when the vectors' do.
const NOW: UnixMillis = UnixMillis(1_780_308_000_000);

/// A request, each part on a line: method, authority, path, query, the signature's input, the signature, the body's
/// digest or `-`. If anything follows, it is the body.
pub fn signature(input: &[u8]) {
    let mut lines = input.splitn(8, |byte| *byte == b'\n');
    let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(method), Some(authority), Some(path), Some(query)) = (line(), line(), line(), line()) else { return };
    let (Some(signature_input), Some(signature), Some(digest)) = (line(), line(), line()) else { return };
    let digest = Some(digest).filter(|digest| *digest != "-");
    let parts = Parts { method, authority, path, query, body: lines.next() };
    let Ok(presented) = Presented::parse(signature_input) else { return };

    // Signing is deterministic, so the headers of whoever holds the key are these and no others.
    let nonce = signature_input.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let signed = sign(&parts, presented.device, presented.created_s, nonce, keys::device());
    let is_same = signed.signature_input == signature_input
        && signed.signature == signature
        && signed.content_digest.as_deref() == digest;
    let is_in_time = (NOW.0 / 1_000).abs_diff(presented.created_s) <= WINDOW_S;
    match presented.verify(&parts, digest, signature, keys::device_public(), NOW) {
        Ok(()) => assert!(is_same && is_in_time, "only what was signed, and lately, verifies"),
        Err(SignatureError::Clock) => assert!(is_same && !is_in_time, "a clock is blamed only for what was signed"),
        Err(_) => assert!(!is_same, "what was signed verifies"),
    }
    let headers = (signed.content_digest.as_deref(), signed.signature.as_str());
    let again = presented.verify(&parts, headers.0, headers.1, keys::device_public(), NOW);
    let is_known = signed.signature_input == signature_input;
    assert_eq!(matches!(again, Ok(()) | Err(SignatureError::Clock)), is_known, "what is signed verifies");
}
