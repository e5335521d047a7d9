//! Snapshots: the signed list, and chunks by hash.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sync_protocol::hash::Hash;
use sync_protocol::problem::ProblemCode;

use super::feed::{BYTES, NO_STORE, names_tag};
use super::refusal::Refusal;
use super::signed::{Access, Signed};
use crate::app::App;
use crate::sync::snapshot;

/// A chunk never changes: its address is its hash. It holds names, so only the terminal may keep it.
const IMMUTABLE: &str = "private, max-age=31536000, immutable";

/// Sends the signed list of a snapshot's chunks.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/snapshot", tag = "sync", security(()),
    responses(
        (status = 200, description = "The manifest and its signature"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
    )
)]
pub(super) async fn show_snapshot(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    signed.note_seen(&app);
    let manifest = snapshot::manifest(&app, event).await?;
    Ok(([BYTES, NO_STORE], manifest.to_bytes()).into_response())
}

/// Sends a chunk, or the part of it that a `Range` asks for.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/chunks/{hash}", tag = "sync", security(()),
    responses(
        (status = 200, description = "The chunk: a zstd frame"),
        (status = 206, description = "A part of it"),
        (status = 304, description = "The caller holds it"),
        (status = 404, description = "UNKNOWN_EVENT, or NOT_FOUND: ask for the snapshot again"),
        (status = 416, description = "No such part"),
    )
)]
pub(super) async fn fetch_chunk(
    State(app): State<App>,
    Path((event, hash)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    let mut name: Hash = [0; 32];
    hex::decode_to_slice(&hash, &mut name).map_err(|_| ProblemCode::NotFound)?;
    let etag = format!("\"{}\"", hex::encode(name));
    let headers = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, IMMUTABLE.to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let packed = snapshot::chunk(&app, event, &name).await?.ok_or(ProblemCode::NotFound)?;
    if names_tag(&signed, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    match range(&signed.headers, &etag, packed.len()) {
        Part::Whole => Ok((headers, [BYTES], packed).into_response()),
        Part::Span { from, until } => {
            let part = packed.get(from..until).unwrap_or_default().to_vec();
            let place = format!("bytes {from}-{}/{}", until.saturating_sub(1), packed.len());
            Ok((StatusCode::PARTIAL_CONTENT, headers, [BYTES], [(header::CONTENT_RANGE, place)], part).into_response())
        }
        Part::Nowhere => {
            let size = [(header::CONTENT_RANGE, format!("bytes */{}", packed.len()))];
            Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response())
        }
    }
}

/// What of a chunk to send.
#[derive(Debug, Eq, PartialEq)]
enum Part {
    Whole,
    Span { from: usize, until: usize },
    Nowhere,
}

/// Reads a `Range` of one span (RFC 9110, section 14); whatever else it may say is passed over, as the
/// RFC allows.
fn range(headers: &HeaderMap, etag: &str, length: usize) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|tag| tag != etag) {
        return Part::Whole;
    }
    let span =
        text(header::RANGE).and_then(|range| range.trim().strip_prefix("bytes=")).and_then(|s| s.split_once('-'));
    let Some((first, last)) = span else { return Part::Whole };
    let number = |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    match (number(first), number(last)) {
        (Some(from), None) if last.is_empty() && from < length => Part::Span { from, until: length },
        (Some(from), Some(last)) if from <= last && from < length => {
            Part::Span { from, until: last.saturating_add(1).min(length) }
        }
        (Some(from), Some(last)) if from <= last => Part::Nowhere,
        (Some(_), None) if last.is_empty() => Part::Nowhere,
        (None, Some(0)) if first.is_empty() => Part::Nowhere,
        (None, Some(count)) if first.is_empty() => Part::Span { from: length.saturating_sub(count), until: length },
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_range_names_a_span_or_is_passed_over() {
        let part = |text: &str| {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(text).unwrap())]);
            range(&headers, "\"x\"", 10)
        };
        assert_eq!(part("bytes=0-3"), Part::Span { from: 0, until: 4 });
        assert_eq!(part("bytes=4-"), Part::Span { from: 4, until: 10 });
        assert_eq!(part("bytes=4-99999"), Part::Span { from: 4, until: 10 });
        assert_eq!(part("bytes=-3"), Part::Span { from: 7, until: 10 });
        assert_eq!(part("bytes=-30"), Part::Span { from: 0, until: 10 });
        for nowhere in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(part(nowhere), Part::Nowhere, "{nowhere}");
        }
        for passed_over in
            ["bytes=3-1", "bytes=0-1,3-4", "rows=0-1", "bytes=a-b", "bytes=-", "bytes=99999999999999999999-"]
        {
            assert_eq!(part(passed_over), Part::Whole, "{passed_over}");
        }
    }
}
