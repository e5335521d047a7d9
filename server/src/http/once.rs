//! `Idempotency-Key`: a request that is sent again is answered as the first time, and done once.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::peer::Peer;
use super::problem::Problem;
use super::{BODY_BYTES_MAX, auth};
use crate::access::{self, Area, Route};
use crate::app::App;
use crate::db::run_once;
use crate::once::{self, Answer, Key, Standing};
use crate::registrations::import::{FILE_BYTES_MAX, PATH as IMPORT_PATH};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Headers that are kept with an answer.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];
/// The largest answer that is kept.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Carries out a POST that brings a key once. Whether its sender may ask for it is looked at before anything is read or
/// noted. What is about the caller's own account is left out: its answers hold secrets that are shown once.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_meant = request.method() == Method::POST && request.headers().contains_key(&IDEMPOTENCY_KEY);
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = access::route("POST", path).filter(|route| !matches!(route.area, Area::Account));
    match route.filter(|route| is_meant && route.path.starts_with("/api/")) {
        Some(route) => carry_out(&app, route, request, next).await.unwrap_or_else(|problem| problem.into_response()),
        None => next.run(request).await,
    }
}

async fn carry_out(app: &App, route: &Route, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let key = key(app, route, &mut parts).await?;
    let body = to_bytes(body, body_bytes_max(route)).await;
    let body = body.map_err(|_| Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
    match once::begin(app, &key, digest(&parts, &body)).await? {
        Standing::New => {}
        Standing::Answered(answer) => return Ok(replay(answer)),
        Standing::Done => {
            return Err(Problem::conflict("already-done", "Done already").detail(
                "The request was carried out, and its answer was lost. Look up what it made; do not send it again.",
            ));
        }
        Standing::Running => {
            return Err(Problem::conflict("in-progress", "Being carried out").retry_after(1));
        }
        Standing::Other => {
            let msg = "was given to another request: take a new one";
            return Err(Problem::invalid_field("header.idempotency-key", "reused", msg));
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    let response = run_once(key.clone(), next.run(request)).await;
    keep(app, &key, response).await
}

/// Keeps the answer, unless the server failed: then the request may be sent again if nothing was done.
async fn keep(app: &App, key: &Key, response: Response) -> Result<Response, Problem> {
    if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        once::forget(app, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| Problem::internal(&error))?;
    let header = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: KEPT.iter().filter_map(header).collect(),
        body: body.to_vec(),
    };
    if let Err(error) = once::keep(app, key, &answer).await {
        // It is done, and noted as done; whoever asks again is told so.
        tracing::warn!(%error, "an answer could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}

/// Returns how long a body the route takes, in bytes.
fn body_bytes_max(route: &Route) -> usize {
    if route.path == IMPORT_PATH { FILE_BYTES_MAX } else { BODY_BYTES_MAX }
}

/// Returns what the request is known by, its key within whatever else its sender sends, if they may send it.
async fn key(app: &App, route: &Route, parts: &mut Parts) -> Result<Key, Problem> {
    let account = auth::admit(app, route, parts).await?;
    let text = parts.headers.get(&IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let sender = match account {
        Some(account) => account.0.to_vec(),
        None => {
            let Ok(Peer(address)) = Peer::from_request_parts(parts, app).await;
            address.to_string().into_bytes()
        }
    };
    let scope = Sha256::digest(sender).into();
    let msg = "must have 1 to 255 visible ASCII characters";
    Key::parse(scope, &text).ok_or_else(|| Problem::invalid_field("header.idempotency-key", "key", msg))
}

/// Returns the hash of everything that is asked for.
fn digest(parts: &Parts, body: &Bytes) -> [u8; 32] {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let mut hash = Sha256::new();
    for part in [target.as_bytes(), kind, body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_import_brings_more_than_other_routes_take() {
        let large: Vec<&str> = access::ROUTES
            .iter()
            .filter(|route| body_bytes_max(route) > BODY_BYTES_MAX)
            .map(|route| route.path)
            .collect();

        assert_eq!(large, [IMPORT_PATH]);
    }
}
