//! Pages over HTTP.

mod account;
mod invitation;
mod registration;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form as AxumForm, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words::Words;
use super::{Page, policy};
use crate::accounts::password::PasswordError;
use crate::app::App;
use crate::http::problem::Problem;
use crate::language::Language;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(account::show_verify_page, account::send_verify_page))
        .routes(routes!(account::show_reset_page, account::send_reset_page))
        .routes(routes!(invitation::show_invitation_page, invitation::send_invitation_page))
        .routes(routes!(registration::show_registration_page, registration::send_registration_page))
        .routes(routes!(registration::registration_code))
        .routes(routes!(registration::registration_pdf))
        .routes(routes!(registration::registration_calendar))
}

/// What a form of one button sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NothingBody {
    /// The button.
    #[schema(max_length = 20, example = "yes")]
    answer: String,
}

/// A form as browsers send it.
struct FormBody<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<AxumForm<T>, FormRejection> = AxumForm::from_request(request, state).await;
        read.map(|AxumForm(form)| Self(form)).map_err(|rejection| Problem::of_status(rejection.status()))
    }
}

/// Returns the language of a page: the reader's own if they have chosen one, else what their browser likes best.
fn language(app: &App, own: Option<Language>, headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    own.or_else(|| Language::liked_best(accepted?)).unwrap_or(app.language())
}

/// Answers with a page that no cache may keep: its address is as good as what it shows.
fn answer(app: &App, status: StatusCode, page: &Page, language: Language) -> Result<Response, Problem> {
    let html = page.html(language, app.public_url()).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy()),
        (header::CONTENT_LANGUAGE, language.tag().to_owned()),
    ];
    Ok((status, headers, html).into_response())
}

/// Answers a link that has ended or never was.
fn ended(app: &App, headers: &HeaderMap) -> Result<Response, Problem> {
    let language = language(app, None, headers);
    answer(app, StatusCode::NOT_FOUND, &Page::ended(language), language)
}

/// Says what is wrong with a password.
const fn told(words: &Words, error: PasswordError) -> &'static str {
    match error {
        PasswordError::TooShort | PasswordError::TooLong => words.password_length,
        PasswordError::Common => words.password_common,
        PasswordError::Own => words.password_own,
    }
}
