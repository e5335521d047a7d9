//! Who somebody is: accounts, what proves that they are one's own, and sessions.

pub(crate) mod api_tokens;
mod browsers;
mod guessing;
mod passwords;
mod profile;
mod programs;
mod second_factor;
mod sessions;
mod sign_up;
mod told;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use crate::letters;
use crate::served::{PASSWORD, Served, answer};

pub(crate) const OLGA: &str = "olga@example.org";
pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const MINUTE_MS: u64 = 60_000;
pub(crate) const HOUR_MS: u64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;

/// A request of somebody who is not logged in.
pub(crate) fn ask(served: &Served, path: &str, body: &Value) -> RequestBuilder {
    reqwest::Client::new().post(format!("{}/api/v1{path}", served.url)).json(body)
}

/// A log-in.
pub(crate) fn log_in(served: &Served, email: &str, password: &str) -> RequestBuilder {
    ask(served, "/sessions", &json!({ "email": email, "password": password }))
}

/// The answer to a request that must succeed.
pub(crate) async fn done(request: RequestBuilder) -> Value {
    let (status, _, body) = answer(request).await;
    assert!(status.is_success(), "{status}: {body}");
    body
}

/// The session of somebody who logs in with the usual password.
pub(crate) async fn session(served: &Served, email: &str) -> Value {
    done(log_in(served, email, PASSWORD)).await
}

/// A request with a token, for what an organiser of the harness would do by itself.
pub(crate) fn with_token(served: &Served, method: reqwest::Method, path: &str, token: &Value) -> RequestBuilder {
    let http = reqwest::Client::new();
    http.request(method, format!("{}/api/v1{path}", served.url)).bearer_auth(token.as_str().unwrap())
}

/// Whether a token shows who somebody is.
pub(crate) async fn is_known(served: &Served, token: &Value) -> bool {
    match answer(with_token(served, reqwest::Method::GET, "/me", token)).await.0 {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("{other}"),
    }
}

/// What the letters to an address say, of one kind.
pub(crate) async fn letters(served: &Served, recipient: &str, kind: &str) -> Vec<Value> {
    let mut letters = letters::to(served, recipient).await;
    letters.retain(|letter| letter["kind"] == kind);
    letters
}

/// What the holder of an address was told of their account: the subjects of the letters, oldest first.
pub(crate) async fn told(served: &Served, recipient: &str) -> Vec<String> {
    let letters = letters(served, recipient, "notice").await;
    letters.iter().map(|letter| letter["subject"].as_str().unwrap().to_owned()).collect()
}

/// The token of the only letter of a kind to an address.
pub(crate) async fn token(served: &Served, recipient: &str, kind: &str) -> Value {
    let letters = letters(served, recipient, kind).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters[0]["token"].clone()
}

/// A problem without what differs from request to request.
pub(crate) fn without_id(mut problem: Value) -> Value {
    problem["request_id"].take();
    problem
}
