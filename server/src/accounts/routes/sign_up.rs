//! Signing up over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{body, refuse, unknown_token, wait};
use crate::accounts::Token;
use crate::accounts::password::Password;
use crate::accounts::sign_up::{self as feature, AskError};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::peer::Peer;
use crate::http::problem::Problem;

/// Somebody who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpBody {
    #[schema(example = "ada@example.org", min_length = 3, max_length = 254)]
    email: String,
    #[schema(example = "Ada Lovelace", min_length = 1, max_length = 200)]
    name: String,
    /// 10 to 1 000 characters, of whatever kind, and nothing that others try first.
    #[schema(example = "seven lampions over the canal", min_length = 10, max_length = 1000)]
    password: String,
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Wait { ms } => wait(ms),
            AskError::Store(error) => error.into(),
        }
    }
}

/// Signs up.
///
/// A letter goes to the address, and the account works once the link in it was used. The answer does not tell whether
/// there is an account of this address already: if there is, its holder gets another letter.
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "accounts", request_body = SignUpBody, security(()),
    responses((status = 202, description = "A letter is on its way"))
)]
pub(super) async fn sign_up(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<SignUpBody>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    let email = body::email(&mut errors, "body.email", &body.email);
    let name = body::name(&mut errors, "body.name", &body.name);
    let password = body::new_password(&mut errors, "body.password", body.password, &email, &name);
    refuse(errors)?;
    if let Some(password) = password {
        feature::sign_up(&app, &email, &name, password, address).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// Somebody who has lost the letter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendAgainBody {
    #[schema(example = "ada@example.org", min_length = 3, max_length = 254)]
    email: String,
    /// The password that was chosen when signing up.
    #[schema(example = "seven lampions over the canal")]
    password: String,
}

/// Sends the letter again that finishes signing up.
///
/// The answer is the same whether there is something to send or not.
#[utoipa::path(
    post, path = "/api/v1/accounts/verification", tag = "accounts", request_body = SendAgainBody, security(()),
    responses((status = 202, description = "If the account waits for it, a letter is on its way"))
)]
pub(super) async fn send_verification(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<SendAgainBody>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    let email = body::email(&mut errors, "body.email", &body.email);
    refuse(errors)?;
    feature::send_again(&app, &email, Password::new(body.password), address).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What was in the letter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressProof {
    #[schema(
        example = "4f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617",
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-fA-F]{64}$"
    )]
    token: String,
}

/// Proves to read the mail of an address: finishes signing up, or moves one's account to a new address.
///
/// The token of the letter lasts a day and works once.
#[utoipa::path(
    post, path = "/api/v1/accounts/verify", tag = "accounts", request_body = AddressProof, security(()),
    responses(
        (status = 204),
        (status = 422, description = "The token has ended, was used, or never was"),
    )
)]
pub(super) async fn prove_address(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<AddressProof>,
) -> Result<StatusCode, Problem> {
    let token = Token::parse(&body.token).ok_or_else(unknown_token)?;
    if feature::verify(&app, &token, address).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown_token()) }
}
