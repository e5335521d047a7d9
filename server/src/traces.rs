//! Traces: what became of each request and what its transactions took, sent to a collector of OpenTelemetry.
//!
//! Off unless an address is given. A request is told by its route's template and its status, a transaction by what it
//! was for: no path, no query, no header, nothing of what was sent or answered. What a collector does not take is
//! lost, and no request ever waits for it.

pub mod otlp;
pub mod sending;
mod spans;

use tracing::Span;
use tracing::field::Empty;

pub use self::spans::{Spans, begin};
use crate::db::Dialect;
use crate::metrics::method_name;

/// What spans of traces are told from those of the log by.
pub const TARGET: &str = "usher::traces";

/// Returns the span of a request of a route; nothing where there is no route.
pub fn request(method: &str, route: Option<&str>) -> Span {
    let (method, route) = (method_name(method), route.unwrap_or("(no route)"));
    tracing::info_span!(target: TARGET, "request", method, route, status = Empty)
}

/// Notes how a request was answered.
pub fn answered(span: &Span, status: u16) {
    span.record("status", status);
}

/// Returns the span of a transaction.
pub fn transaction(access: &'static str, dialect: Dialect) -> Span {
    let system = match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
    };
    tracing::info_span!(target: TARGET, "transaction", access, system, committed = Empty)
}

/// Notes that a transaction's changes count.
pub fn committed(span: &Span) {
    span.record("committed", true);
}
