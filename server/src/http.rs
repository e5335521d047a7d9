//! What every request goes through: its id, its span, its limits, and problems for all that fails.

pub mod auth;
pub mod cookies;
pub mod cors;
pub mod document;
pub mod extract;
pub mod once;
pub mod page;
pub mod peer;
pub mod problem;
pub mod rates;
pub mod serve;
pub mod time;
pub mod tls;
pub mod version;

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

use self::problem::{Problem, ProblemBody};
use crate::app::App;
use crate::clock::random_bytes;
use crate::metrics::Busy;
use crate::traces;

/// A request's body, where the route does not say otherwise.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// From a request's head to the answer's: long polls and the largest import stay well below.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// A request id that a caller or proxy gave.
const REQUEST_ID_CHARS_MAX: usize = 64;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps all routes in what every request goes through.
pub fn wrap(router: Router, app: &App) -> Router {
    router
        .layer(from_fn_with_state(app.clone(), once::once))
        .layer(from_fn_with_state(app.clone(), rates::limit))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, ANSWER_TIMEOUT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), finish))
        .layer(cors::layer(app.cors_origins()))
}

/// The id of a request, in the log and in every problem.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives the request an id and a span, logs and counts its end, and turns whatever failed without a problem
/// into one.
///
/// The query is not logged: people search by name. Nor are tickets' numbers: at some doors, typing one is enough.
async fn finish(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let method = request.method().clone();
    let path = path_to_log(route, request.uri().path());
    let trace = traces::request(method.as_str(), route);
    let span = tracing::info_span!(parent: &trace, "request", request_id = id, %method, path);
    request.extensions_mut().insert(RequestId(id.clone()));
    let is_https = app.public_url().starts_with("https://");
    let (begin, in_flight) = (Instant::now(), app.metrics().begin());

    let response = async {
        let mut response = with_problem(&app, next.run(request).await, &id);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID.clone(), value);
        }
        secure(response.headers_mut(), is_https);
        let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), ms, "answered");
        response
    }
    .instrument(span)
    .instrument(trace.clone())
    .await;
    drop(in_flight);
    traces::answered(&trace, response.status().as_u16());
    app.metrics().answered(method.as_str(), route, response.status().as_u16(), begin.elapsed());
    response
}

/// Tells browsers to do with an answer only what it is meant for. A page of ours that needs more says so itself.
fn secure(headers: &mut HeaderMap, is_https: bool) {
    let own = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let https = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    for (name, value) in own.into_iter().chain(is_https.then_some(https)) {
        headers.entry(name).or_insert_with(|| HeaderValue::from_static(value));
    }
}

/// The path without tickets' numbers and what letters' links carry; nothing of it where no route is.
fn path_to_log(route: Option<&str>, path: &str) -> String {
    let Some(route) = route else { return "(no route)".to_owned() };
    let parts = route.split('/').zip(path.split('/'));
    parts
        .map(|(name, part)| if matches!(name, "{ticket}" | "{token}") { name } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| {
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    });
    given.map_or_else(|| hex::encode(random_bytes::<12>()), str::to_owned)
}

fn with_problem(app: &App, mut response: Response, id: &str) -> Response {
    let status = response.status();
    let body = match response.extensions_mut().remove::<ProblemBody>() {
        Some(body) => body,
        None if is_bare_failure(&response) => {
            let mut bare = Problem::of_status(status).into_response();
            match bare.extensions_mut().remove::<ProblemBody>() {
                Some(body) => body,
                None => return response,
            }
        }
        None => return response,
    };
    if body.is_busy() {
        app.metrics().busy(Busy::Refused);
    }
    let rendered = body.render(Some(id));
    let (parts, _) = response.into_parts();
    let (rendered_parts, rendered_body) = rendered.into_parts();
    let mut headers = parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    headers.extend(rendered_parts.headers);
    let mut response = Response::new(rendered_body);
    *response.status_mut() = rendered_parts.status;
    *response.headers_mut() = headers;
    response
}

/// Whether the answer is a failure that no feature made: a plain text of the web framework.
fn is_bare_failure(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    (response.status().is_client_error() || response.status().is_server_error())
        && kind.is_none_or(|kind| kind.starts_with("text/plain"))
}

/// A panic is a mistake of the program; the caller is told no more than that, and the server goes on.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tickets_number_is_not_logged_but_an_events_is() {
        let route = "/api/v1/events/{event}/tickets/{ticket}/cancel";

        assert_eq!(
            path_to_log(Some(route), "/api/v1/events/0193f1c2/tickets/7J2V90QK4NX/cancel"),
            "/api/v1/events/0193f1c2/tickets/{ticket}/cancel"
        );
        assert_eq!(path_to_log(None, "/tickets/7J2V90QK4NX"), "(no route)");
    }
}
