//! Compressed bodies, unpacked within bounds.

use std::io::Read as _;

use axum::http::{HeaderMap, header};
use sync_protocol::problem::ProblemCode;

use super::refusal::Refusal;

/// The largest window a body may ask for: 8 MiB, as a logarithm.
const WINDOW_LOG_MAX: u32 = 23;

/// Returns a body without its content coding. Memory never grows beyond `bytes_max` and the window.
pub(crate) fn unpack(headers: &HeaderMap, body: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let coding = headers.get(header::CONTENT_ENCODING).map_or(Ok("identity"), |value| value.to_str());
    let unpacked = match coding.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "identity" | "" => body.to_vec(),
        "zstd" => inflate(body, bytes_max)
            .map_err(|_| Refusal::from(ProblemCode::Malformed).detail("The body is not a zstd frame."))?,
        _ => return Err(Refusal::from(ProblemCode::Malformed).detail("Send the body plain or as zstd.")),
    };
    if unpacked.len() > bytes_max { Err(ProblemCode::TooLarge.into()) } else { Ok(unpacked) }
}

/// Returns at most one byte more than `bytes_max`.
fn inflate(body: &[u8], bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::new(body)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let mut unpacked = Vec::new();
    decoder.take(bytes_max as u64 + 1).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// Whether the caller takes zstd.
pub(super) fn accepts_zstd(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_zstd = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("zstd"));
            let is_refused = parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
            is_zstd && !is_refused
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, StatusCode};
    use axum::response::IntoResponse as _;

    fn headers(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_bomb_is_refused_before_it_grows() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
        let zstd = headers(header::CONTENT_ENCODING, "zstd");
        let refusal = unpack(&zstd, &bomb, 1_000).unwrap_err().into_response();
        assert_eq!(refusal.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(inflate(&bomb, 1_000).unwrap().len(), 1_001);

        let refusal = unpack(&zstd, b"no frame", 1_000).unwrap_err().into_response();
        assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
        let good = zstd::bulk::compress(b"hello", 3).unwrap();
        assert_eq!(unpack(&zstd, &good, 5).unwrap(), b"hello");
        assert_eq!(unpack(&HeaderMap::new(), b"hello", 5).unwrap(), b"hello");
    }

    #[test]
    fn zstd_is_sent_only_to_those_who_take_it() {
        assert!(accepts_zstd(&headers(header::ACCEPT_ENCODING, "gzip, zstd;q=0.5")));
        assert!(!accepts_zstd(&headers(header::ACCEPT_ENCODING, "gzip, zstd;q=0")));
        assert!(!accepts_zstd(&HeaderMap::new()));
    }
}
