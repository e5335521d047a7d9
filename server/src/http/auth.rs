//! Who is calling.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::problem::Problem;
use crate::accounts::{self, Organiser, Token};
use crate::app::App;

/// The caller is an organiser who has logged in. Everything they ask for is looked up within
/// their organisation.
impl FromRequestParts<App> for Organiser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| refuse("Send the token of a session as a bearer token."))?;
        let organiser = accounts::authenticate(app, &token).await?;
        organiser.ok_or_else(|| refuse("The session has ended or never was."))
    }
}

/// Reads the bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Token::parse(token.trim()) } else { None }
}

fn refuse(detail: &str) -> Problem {
    Problem::of_status(StatusCode::UNAUTHORIZED).detail(detail)
}
