//! Bodies, queries and path parts, refused with a problem when they are not what they should be.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::problem::{FieldError, Problem};

/// A JSON body. As an answer it is JSON as well.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(not_as_json());
        }
        let bytes = body(request, state).await?;
        from_json(&bytes).map(Self)
    }
}

/// A JSON body that may be left out, which says what an empty object says.
#[derive(Clone, Copy, Debug)]
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(&request);
        let bytes = body(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(not_as_json());
        }
        Ok(Self(from_json::<Option<T>>(&bytes)?.unwrap_or_default()))
    }
}

fn not_as_json() -> Problem {
    Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail("Send the body as application/json.")
}

/// Reads a whole body, up to the route's limit.
///
/// # Errors
///
/// 413 if it is larger, 400 if it breaks off.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| Problem::of_status(rejection.status()))
}

/// Reads JSON.
///
/// # Errors
///
/// 400 if it is not JSON at all, 422 with the place if it is not what the address takes.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Every body is an object, which serde would also read from a list of its values.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid_field("body", "value", "must be an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string().replace('[', ".").replace(']', "");
        let path = if path == "." { String::new() } else { format!(".{path}") };
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => {
                Problem::invalid_field(&format!("body{path}"), "value", inner.to_string())
            }
            _ => not_json(&inner),
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "not-json", "The body is not JSON").detail(error.to_string())
}

fn is_json(request: &Request) -> bool {
    let Some(kind) = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The query string. Unknown parameters are refused if the type denies them.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        AxumQuery::try_from_uri(&parts.uri)
            .map(|AxumQuery(value)| Self(value))
            .map_err(|error| Problem::invalid(vec![FieldError::new("query", "value", error.body_text())]))
    }
}

/// Returns a text of the query that is no longer than what it looks for can be.
///
/// # Errors
///
/// 422 with its place if it is longer.
pub fn bounded<'a>(place: &str, text: Option<&'a str>, chars_max: usize) -> Result<Option<&'a str>, Problem> {
    if text.is_some_and(|text| text.chars().count() > chars_max) {
        return Err(Problem::invalid_field(place, "too_long", format!("must have at most {chars_max} characters")));
    }
    Ok(text)
}

/// Reads an id from a part of the path: one that cannot be an id names nothing, which is 404.
///
/// # Errors
///
/// 404.
pub fn id<T: FromStr>(part: &str, what: &str) -> Result<T, Problem> {
    part.parse().map_err(|_| Problem::not_found(what))
}
