//! How a call shows that it comes from here: HMAC-SHA256 (RFC 2104) over its time and its body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sync_protocol::time::UnixMillis;

use super::Secret;

/// Returns the value of `Usher-Signature`: the time in seconds since 1970, and a signature under each secret.
pub fn header(secrets: &[Secret], now: UnixMillis, body: &str) -> String {
    let seconds = now.0 / 1_000;
    let mut header = format!("t={seconds}");
    for secret in secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("HMAC takes any key");
        mac.update(format!("{seconds}.{body}").as_bytes());
        header.push_str(",v1=");
        header.push_str(&hex::encode(mac.finalize().into_bytes()));
    }
    header
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    /// As computed by `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac usws_secret`.
    #[test]
    fn the_signature_is_what_other_programs_compute() {
        let secret = |text: &str| Secret(Zeroizing::new(text.to_owned()));
        let now = UnixMillis(1_700_000_000_999);

        let signed = header(&[secret("usws_secret")], now, "{\"a\":1}");

        assert_eq!(signed, "t=1700000000,v1=d5fc99fa53ad5b015bcc4be4f6a19ccd0e2de08fbde324e9dcf9b5e0dfbb8b42");
        let both = header(&[secret("usws_new"), secret("usws_secret")], now, "{\"a\":1}");
        assert!(both.starts_with("t=1700000000,v1=") && both.ends_with(signed.split_once(',').unwrap().1), "{both}");
    }
}
