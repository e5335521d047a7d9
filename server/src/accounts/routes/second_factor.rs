//! Second factors over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::NO_STORE;
use crate::accounts::Caller;
use crate::accounts::password::Password;
use crate::accounts::second_factor::{self as feature, SecondFactorError};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;

impl From<SecondFactorError> for Problem {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::On => Self::conflict("second-factor-on", "The second factor is on already")
                .detail("Turn it off first, with a code of the app that you have."),
            SecondFactorError::Off => Self::conflict("second-factor-off", "There is no second factor"),
            SecondFactorError::Proof(error) => error.into(),
        }
    }
}

/// How it stands with one's second factor.
#[derive(Serialize, ToSchema)]
pub(super) struct SecondFactorBody {
    /// Whether logging in takes a code.
    is_on: bool,
    /// Recovery codes that were not used.
    #[schema(example = 10)]
    recovery_codes: u64,
}

/// Shows how it stands with one's own second factor.
#[utoipa::path(
    get, path = "/api/v1/me/second-factor", tag = "accounts",
    responses((status = 200, body = SecondFactorBody))
)]
pub(super) async fn show_second_factor(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SecondFactorBody>, Problem> {
    let status = feature::status(&app, &caller).await?;
    Ok(Json(SecondFactorBody { is_on: status.is_on, recovery_codes: status.recovery_codes }))
}

/// Proof of being the account's holder.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginBody {
    #[schema(example = "seven lampions over the canal")]
    password: String,
}

/// A secret for an app, shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct SecretBody {
    /// To be typed into an app: base 32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// To be opened by an app, or drawn as a QR code.
    #[schema(example = "otpauth://totp/Usher:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Usher")]
    uri: String,
}

/// Begins a second factor: makes a secret for an app.
///
/// It is asked for at log-in once a code has shown that the app has it.
#[utoipa::path(
    post, path = "/api/v1/me/second-factor", tag = "accounts", request_body = BeginBody,
    responses((status = 201, body = SecretBody), (status = 409))
)]
pub(super) async fn begin_second_factor(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<BeginBody>,
) -> Result<Response, Problem> {
    let begun = feature::begin(&app, &caller, Password::new(body.password)).await?;
    let body = SecretBody { secret: begun.secret, uri: begun.uri };
    Ok((StatusCode::CREATED, [NO_STORE], Json(body)).into_response())
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmBody {
    #[schema(example = "287082")]
    code: String,
}

/// Recovery codes, shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodesBody {
    /// Each logs in once, instead of a code of the app. To be kept on paper.
    #[schema(example = json!(["ABCD-EFGH-2345-6723"]))]
    recovery_codes: Vec<String>,
}

fn recovery_codes(codes: Vec<String>) -> Response {
    ([NO_STORE], Json(RecoveryCodesBody { recovery_codes: codes })).into_response()
}

/// Turns one's second factor on with a code of the app.
#[utoipa::path(
    post, path = "/api/v1/me/second-factor/confirm", tag = "accounts", request_body = ConfirmBody,
    responses((status = 200, body = RecoveryCodesBody), (status = 409))
)]
pub(super) async fn confirm_second_factor(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ConfirmBody>,
) -> Result<Response, Problem> {
    Ok(recovery_codes(feature::confirm(&app, &caller, &body.code).await?))
}

/// Proof of being the account's holder, and of having the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BothBody {
    #[schema(example = "seven lampions over the canal")]
    password: String,
    /// A code of the app, or a recovery code.
    #[schema(example = "287082")]
    code: String,
}

/// Makes ten new recovery codes; the old ones end.
#[utoipa::path(
    post, path = "/api/v1/me/second-factor/recovery-codes", tag = "accounts", request_body = BothBody,
    responses((status = 200, body = RecoveryCodesBody), (status = 409))
)]
pub(super) async fn renew_recovery_codes(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<BothBody>,
) -> Result<Response, Problem> {
    let codes = feature::renew_recovery_codes(&app, &caller, Password::new(body.password), &body.code).await?;
    Ok(recovery_codes(codes))
}

/// Turns one's second factor off.
#[utoipa::path(
    post, path = "/api/v1/me/second-factor/turn-off", tag = "accounts", request_body = BothBody,
    responses((status = 204), (status = 409))
)]
pub(super) async fn turn_off_second_factor(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<BothBody>,
) -> Result<StatusCode, Problem> {
    feature::turn_off(&app, &caller, Password::new(body.password), &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}
