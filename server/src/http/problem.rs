//! Answers that say what went wrong: RFC 9457 problem details.

use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{Array, ObjectBuilder, OneOfBuilder, Type};

use crate::db::{StoreError, Trouble};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Before the name of a problem's type.
const TYPE_PREFIX: &str = "urn:usher:problem:";
/// The name of the problem that goes away by itself.
const BUSY: &str = "retry";

/// One thing that is wrong with what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: the path to the value, from `body`, `query` or `path` on.
    #[schema(schema_with = location_schema, example = json!(["body", "gates", 0, "name"]))]
    pub loc: Vec<Value>,
    /// What is wrong, for people.
    #[schema(example = "must not be empty")]
    pub msg: String,
    /// What is wrong, for programs.
    #[serde(rename = "type")]
    #[schema(example = "too_short")]
    pub kind: String,
}

impl FieldError {
    /// Returns what is wrong at `path`, a dotted path such as `body.gates.0.name`.
    pub fn new(path: &str, kind: &str, msg: impl Into<String>) -> Self {
        Self { loc: location(path), msg: msg.into(), kind: kind.to_owned() }
    }
}

/// Names of fields and numbers of items.
fn location_schema() -> Array {
    let part = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)));
    Array::new(part)
}

/// Splits a dotted path; numbers become numbers.
fn location(path: &str) -> Vec<Value> {
    path.split('.')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse::<u64>().map_or_else(|_| Value::from(part), Value::from))
        .collect()
}

/// A problem as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Which kind of problem: `urn:usher:problem:` and a name.
    #[serde(rename = "type")]
    #[schema(example = "urn:usher:problem:not-found")]
    kind: String,
    /// The kind, for people.
    #[schema(example = "Not found")]
    title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What happened this time, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "There is no such event.")]
    detail: Option<String>,
    /// The request's id, as in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01jd7q2v8n4k4m6x")]
    request_id: Option<String>,
    /// What is wrong with what was sent (status 422).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Further members that the kind defines.
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
}

impl ProblemBody {
    /// Whether it tells the caller that the same may work a moment later.
    pub(super) fn is_busy(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() && self.kind.strip_prefix(TYPE_PREFIX) == Some(BUSY)
    }

    /// Returns the problem as the answer to the request `request_id`.
    pub(super) fn render(mut self, request_id: Option<&str>) -> Response {
        self.request_id = request_id.map(str::to_owned);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response
    }
}

/// What went wrong, on its way to the caller. What only the operator may know goes to the log.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    body: ProblemBody,
    retry_after_s: Option<u32>,
    log: Option<String>,
}

impl Problem {
    /// Returns a problem of the kind `name` (lower case, hyphens).
    pub fn new(status: StatusCode, name: &str, title: &str) -> Self {
        let body = ProblemBody {
            kind: format!("{TYPE_PREFIX}{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            request_id: None,
            errors: Vec::new(),
            more: Map::new(),
        };
        Self(Box::new(Inner { body, retry_after_s: None, log: None }))
    }

    /// Returns the problem of a status that says everything by itself.
    pub fn of_status(status: StatusCode) -> Self {
        let (name, title) = match status {
            StatusCode::BAD_REQUEST => ("bad-request", "The request cannot be read"),
            StatusCode::UNAUTHORIZED => ("unauthorized", "Log in first"),
            StatusCode::FORBIDDEN => ("forbidden", "Not allowed"),
            StatusCode::NOT_FOUND => ("not-found", "Not found"),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "This address does not take this method"),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "The request is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media-type", "The request's media type is not taken"),
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "The request has errors"),
            StatusCode::TOO_MANY_REQUESTS => ("too-many-requests", "Too many requests"),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not available at the moment"),
            _ if status.is_client_error() => ("bad-request", status.canonical_reason().unwrap_or("Bad request")),
            _ => ("internal", "The server failed"),
        };
        Self::new(status, name, title)
    }

    /// Returns 404 for `what` (with its article: "such event").
    pub fn not_found(what: &str) -> Self {
        Self::of_status(StatusCode::NOT_FOUND).detail(format!("There is no {what}."))
    }

    /// Returns 409.
    pub fn conflict(name: &str, title: &str) -> Self {
        Self::new(StatusCode::CONFLICT, name, title)
    }

    /// Returns 422 with what is wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::of_status(StatusCode::UNPROCESSABLE_ENTITY).errors(errors)
    }

    /// Returns 422 with the one thing that is wrong at `path`.
    pub fn invalid_field(path: &str, kind: &str, msg: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(path, kind, msg)])
    }

    /// Returns 500, and writes `error` with its sources to the log.
    pub fn internal(error: &dyn Error) -> Self {
        let mut problem = Self::of_status(StatusCode::INTERNAL_SERVER_ERROR);
        problem.0.log = Some(chain(error));
        problem
    }

    /// Returns 503: the same may work after `retry_after_s` seconds.
    pub fn busy(retry_after_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, BUSY, "Busy, try again").retry_after(retry_after_s)
    }

    /// Says what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.body.detail = Some(detail.into());
        self
    }

    /// Adds a member that the kind defines.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.body.more.insert(member.to_owned(), value.into());
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Says what is wrong with what was sent.
    #[must_use]
    pub(super) fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.body.errors = errors;
        self
    }

    /// Returns it as it is sent in answer to the request `request_id`.
    pub(super) fn to_json(&self, request_id: &str) -> Value {
        let body = ProblemBody { request_id: Some(request_id.to_owned()), ..self.0.body.clone() };
        serde_json::to_value(body).unwrap_or_default()
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let mut problem = match error {
            StoreError::Sealed(_) => Self::conflict("secret-lost", "What this needs is lost")
                .detail("It was sealed under a master key that is not there any more. A ticket can be issued anew."),
            _ => Self::from(error.trouble()),
        };
        problem.0.log = Some(chain(&error));
        problem
    }
}

/// The words are for whoever asks; how it came about is in the log.
impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let unavailable = Self::of_status(StatusCode::SERVICE_UNAVAILABLE);
        match trouble {
            Trouble::Busy => Self::busy(1),
            Trouble::Unreachable => unavailable.retry_after(2).detail(
                "The server's database cannot be reached at the moment. Try again; a request that changes something may \
                 have been carried out, so send it with the same Idempotency-Key, or look first.",
            ),
            Trouble::Unwritable => unavailable.retry_after(30).detail(
                "The server cannot write its database: its disk is full, read-only or failing. Tell whoever runs the \
                 server, and try again once that is mended.",
            ),
            Trouble::Damaged => unavailable.retry_after(300).detail(
                "The server's database is damaged. Tell whoever runs the server: it is restored from the newest backup.",
            ),
            Trouble::Other => Self::of_status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The body stays in the response's extensions, so that the outermost layer can write the request's
/// id into it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { body, retry_after_s, log } = *self.0;
        if let Some(log) = &log {
            tracing::error!(error = %log, status = body.status, "request failed");
        }
        let mut response = body.clone().render(None);
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if body.status == StatusCode::UNAUTHORIZED.as_u16() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(body);
        response
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
