//! Spans as OpenTelemetry's protocol writes them in JSON (OTLP 1.0, `ExportTraceServiceRequest`).

use serde_json::{Value, json};

/// A span that has ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    /// The trace that it belongs to.
    pub trace: [u8; 16],
    /// Its id.
    pub id: [u8; 8],
    /// The span that it is a part of.
    pub parent: Option<[u8; 8]>,
    /// When it began, in nanoseconds since 1970.
    pub begun_ns: u64,
    /// When it ended.
    pub ended_ns: u64,
    /// What it was.
    pub kind: Kind,
}

/// What a span was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A request.
    Request {
        /// Its method.
        method: String,
        /// Its route's template.
        route: String,
        /// The answer's status; none if its caller went away first.
        status: Option<u16>,
    },
    /// A transaction of the database, with the wait for its connection.
    Transaction {
        /// `read` or `write`.
        access: String,
        /// `sqlite` or `postgresql`.
        system: String,
        /// Whether its changes count.
        is_committed: bool,
    },
}

/// `SPAN_KIND_SERVER` and `SPAN_KIND_CLIENT`.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
/// `STATUS_CODE_UNSET` and `STATUS_CODE_ERROR`.
const UNSET: u8 = 0;
const FAILED: u8 = 2;

/// Returns the request that exports `spans`.
pub fn export(spans: &[Span]) -> Value {
    let service = [text("service.name", "usher-server"), text("service.version", env!("CARGO_PKG_VERSION"))];
    let spans: Vec<Value> = spans.iter().map(Span::to_json).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": service },
        "scopeSpans": [{ "scope": { "name": "usher-server" }, "spans": spans }],
    }] })
}

impl Span {
    fn to_json(&self) -> Value {
        let (name, kind, attributes, status) = match &self.kind {
            Kind::Request { method, route, status } => {
                let mut attributes = vec![text("http.request.method", method), text("http.route", route)];
                attributes.extend(status.map(|status| number("http.response.status_code", status)));
                let failed = status.is_some_and(|status| status >= 500);
                (format!("{method} {route}"), SERVER, attributes, if failed { FAILED } else { UNSET })
            }
            Kind::Transaction { access, system, is_committed } => {
                let committed = json!({ "key": "usher.committed", "value": { "boolValue": is_committed } });
                let attributes = vec![text("db.system.name", system), text("usher.access", access), committed];
                (format!("transaction {access}"), CLIENT, attributes, UNSET)
            }
        };
        json!({
            "traceId": hex::encode(self.trace),
            "spanId": hex::encode(self.id),
            "parentSpanId": self.parent.map(hex::encode).unwrap_or_default(),
            "name": name,
            "kind": kind,
            // 64 bits are text in the protocol's JSON.
            "startTimeUnixNano": self.begun_ns.to_string(),
            "endTimeUnixNano": self.ended_ns.to_string(),
            "attributes": attributes,
            "status": { "code": status },
        })
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u16) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_failed_is_an_error_and_one_that_was_refused_is_none() {
        let span = |status| Span {
            trace: [0xab; 16],
            id: [1; 8],
            parent: None,
            begun_ns: 1_795_000_000_000_000_001,
            ended_ns: 1_795_000_000_003_000_001,
            kind: Kind::Request { method: "GET".to_owned(), route: "/api/v1/me".to_owned(), status },
        };

        let told = export(&[span(Some(500)), span(Some(404)), span(None)]);

        let spans = told["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
        let codes: Vec<_> = spans.iter().map(|span| span["status"]["code"].as_u64().unwrap()).collect();
        assert_eq!(codes, [2, 0, 0]);
        assert_eq!(spans[0]["name"], "GET /api/v1/me");
        assert_eq!(spans[0]["traceId"], "ab".repeat(16));
        assert_eq!(spans[0]["startTimeUnixNano"], "1795000000000000001");
        assert_eq!(spans[0]["attributes"][2]["value"]["intValue"], "500");
        assert_eq!(spans[2]["attributes"].as_array().unwrap().len(), 2);
    }
}
