//! Why a device's request was not done: problems with the codes that both sides name.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sync_protocol::problem::ProblemCode;

use crate::db::{StoreError, Trouble};
use crate::http::problem::Problem;

/// A problem that carries a code.
#[derive(Debug)]
pub(crate) struct Refusal(Problem);

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let name = code.name().to_ascii_lowercase().replace('_', "-");
        Self(Problem::new(status, &name, code.title()).with("code", code.name()))
    }
}

/// For organisers' routes that share a device's.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

/// Whatever the database could not do may work later.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self(Problem::from(error).with("code", ProblemCode::Retry.name()))
    }
}

/// The same, told to each of several who asked together.
impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self(Problem::from(trouble).with("code", ProblemCode::Retry.name()))
    }
}

impl Refusal {
    /// Says what happened this time.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self(self.0.detail(detail))
    }

    /// Adds a member that the code defines.
    pub(crate) fn with(self, member: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with(member, value))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        // A device signs; it does not log in.
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
        response
    }
}
