//! Accounts over HTTP.

mod api_tokens;
mod body;
mod passwords;
mod profile;
pub(super) mod refusals;
mod second_factor;
mod sessions;
mod sign_up;

use axum::http::{HeaderName, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::api_tokens::ApiTokenBody;
pub(crate) use self::profile::Me;
pub(crate) use self::sessions::{OwnSessionBody, forget};
use super::proof::ProofError;
use crate::app::App;
use crate::http::problem::{FieldError, Problem};

/// On whatever shows a secret.
const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(sign_up::send_verification))
        .routes(routes!(sign_up::prove_address))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(sessions::list_sessions, sessions::log_out_everywhere))
        .routes(routes!(sessions::end_session))
        .routes(routes!(refusals::list_failed_log_ins))
        .routes(routes!(passwords::ask_for_reset))
        .routes(routes!(passwords::finish_reset))
        .routes(routes!(passwords::change_password))
        .routes(routes!(profile::me, profile::change_me))
        .routes(routes!(profile::move_email))
        .routes(routes!(second_factor::show_second_factor, second_factor::begin_second_factor))
        .routes(routes!(second_factor::confirm_second_factor))
        .routes(routes!(second_factor::renew_recovery_codes))
        .routes(routes!(second_factor::turn_off_second_factor))
        .routes(routes!(api_tokens::list_api_tokens, api_tokens::make_api_token))
        .routes(routes!(api_tokens::end_api_token))
        .merge(super::admin::routes::routes())
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Wait { ms } => wait(ms),
            ProofError::WrongPassword => Self::invalid_field("body.password", "wrong", "is not your password"),
            ProofError::WrongCode => Self::invalid_field("body.code", "wrong", "is not a code that can be used now"),
            ProofError::Store(error) => error.into(),
        }
    }
}

/// Refuses a try that comes too soon after wrong ones.
fn wait(ms: u64) -> Problem {
    Problem::of_status(StatusCode::TOO_MANY_REQUESTS)
        .detail("Too many tries were wrong. Wait a little.")
        .retry_after(u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX))
}

/// Refuses a token from a letter.
fn unknown_token() -> Problem {
    Problem::invalid_field("body.token", "token", "has ended, was used, or never was")
}

/// Returns 422 if something is wrong.
fn refuse(errors: Vec<FieldError>) -> Result<(), Problem> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}
