//! Which other sites' pages may speak to the server.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::CorsLayer;

/// How long a browser remembers what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// Returns what lets the pages of `origins` in, cookies included, and no others.
pub fn layer(origins: &[String]) -> CorsLayer {
    let sent = [
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("usher-organisation"),
        HeaderName::from_static("x-csrf-token"),
        HeaderName::from_static("x-request-id"),
    ];
    let read = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        HeaderName::from_static("idempotency-replayed"),
        HeaderName::from_static("ratelimit-limit"),
        HeaderName::from_static("ratelimit-remaining"),
        HeaderName::from_static("ratelimit-reset"),
        HeaderName::from_static("x-request-id"),
    ];
    let allowed = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(allowed.collect::<Vec<_>>())
        .allow_credentials(!origins.is_empty())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(sent)
        .expose_headers(read)
        .max_age(REMEMBERED)
}
