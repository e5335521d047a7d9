//! Passwords over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NO_STORE, body, refuse, unknown_token};
use crate::accounts::api_tokens::ApiTokens;
use crate::accounts::password::Password;
use crate::accounts::profile::{self, ChangePasswordError};
use crate::accounts::reset::{self, ResetError};
use crate::accounts::{Caller, Token};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::peer::Peer;
use crate::http::problem::Problem;

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePasswordBody {
    /// The password as it is.
    #[schema(example = "seven lampions over the canal")]
    password: String,
    /// 10 to 1 000 characters, of whatever kind, and nothing that others try first.
    #[schema(example = "eight lampions over the canal", min_length = 10, max_length = 1000)]
    new_password: String,
    /// Whether one's API tokens end as well, as they do if this is absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    end_api_tokens: bool,
}

const fn yes() -> bool {
    true
}

const fn api_tokens(are_ended: bool) -> ApiTokens {
    if are_ended { ApiTokens::End } else { ApiTokens::Keep }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Proof(error) => error.into(),
            ChangePasswordError::Password(error) => {
                Self::invalid(vec![body::password_error("body.new_password", error)])
            }
        }
    }
}

/// Changes one's own password, and ends one's other sessions, and one's API tokens unless they are to stay.
#[utoipa::path(
    put, path = "/api/v1/me/password", tag = "accounts", request_body = ChangePasswordBody,
    responses((status = 204))
)]
pub(super) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ChangePasswordBody>,
) -> Result<StatusCode, Problem> {
    let (old, new) = (Password::new(body.password), Password::new(body.new_password));
    profile::change_password(&app, &caller, old, &new, api_tokens(body.end_api_tokens)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who has lost their password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskForResetBody {
    #[schema(example = "ada@example.org", min_length = 3, max_length = 254)]
    email: String,
}

/// Asks for a letter that lets one choose another password.
///
/// The answer does not tell whether there is an account of this address.
#[utoipa::path(
    post, path = "/api/v1/password-resets", tag = "accounts", request_body = AskForResetBody, security(()),
    responses((status = 202, description = "If there is such an account, a letter is on its way"))
)]
pub(super) async fn ask_for_reset(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<AskForResetBody>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    let email = body::email(&mut errors, "body.email", &body.email);
    refuse(errors)?;
    reset::ask(&app, &email, address).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What was in the letter, and another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FinishResetBody {
    #[schema(
        example = "4f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617",
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-fA-F]{64}$"
    )]
    token: String,
    /// 10 to 1 000 characters, of whatever kind, and nothing that others try first.
    #[schema(example = "eight lampions over the canal", min_length = 10, max_length = 1000)]
    password: String,
    /// Whether one's API tokens end as well, as they do if this is absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    end_api_tokens: bool,
}

/// What makes the device a known one.
#[derive(Serialize, ToSchema)]
pub(super) struct KnownDeviceBody {
    /// Send it with the next log-in: strangers who guess at the account do not slow it down.
    #[schema(example = "8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f506174f0c6c2a")]
    device_token: String,
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Unknown => unknown_token(),
            ResetError::Password(error) => Self::invalid(vec![body::password_error("body.password", error)]),
            ResetError::Store(error) => error.into(),
        }
    }
}

/// Chooses another password with the token of a letter, and ends all of one's sessions, and one's API tokens unless they
/// are to stay.
///
/// The token lasts an hour and works once. A second factor is still asked for at the next log-in.
#[utoipa::path(
    post, path = "/api/v1/password-resets/finish", tag = "accounts", request_body = FinishResetBody, security(()),
    responses((status = 200, body = KnownDeviceBody))
)]
pub(super) async fn finish_reset(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<FinishResetBody>,
) -> Result<Response, Problem> {
    let token = Token::parse(&body.token).ok_or_else(unknown_token)?;
    let device =
        reset::finish(&app, &token, &Password::new(body.password), api_tokens(body.end_api_tokens), address).await?;
    Ok(([NO_STORE], Json(KnownDeviceBody { device_token: device.reveal() })).into_response())
}
