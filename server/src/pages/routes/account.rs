//! Pages about accounts: proving an address, choosing another password.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{FormBody, NothingBody, answer, ended, language, told};
use crate::accounts::api_tokens::ApiTokens;
use crate::accounts::letters::{self, Linked};
use crate::accounts::password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Password};
use crate::accounts::reset::{self, ResetError};
use crate::accounts::{Token, sign_up};
use crate::app::App;
use crate::http::peer::Peer;
use crate::http::problem::{Problem, ProblemBody};
use crate::language::{Language, fill};
use crate::pages::words::words;
use crate::pages::{Button, Field, Form, Page};

/// Asks whoever has the letter to say that an address is theirs.
#[utoipa::path(
    get, path = "/letters/verify/{token}", tag = "pages", security(()),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
    )
)]
pub(super) async fn show_verify_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((_, linked)) = to_verify(&app, &token).await? else { return ended(&app, &headers) };
    let language = language(&app, linked.language, &headers);
    let words = words(language);
    let page = Page {
        form: Some(Form { fields: Vec::new(), buttons: vec![Button::main(words.verify_button, "yes")] }),
        ..Page::saying(words.verify_title, &[&fill(words.verify, &[("email", &linked.email)])])
    };
    answer(&app, StatusCode::OK, &page, language)
}

/// Takes the proof that somebody reads the mail of an address.
#[utoipa::path(
    post, path = "/letters/verify/{token}", tag = "pages", security(()),
    request_body(content = NothingBody, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
    )
)]
pub(super) async fn send_verify_page(
    State(app): State<App>,
    Path(token): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
    _: FormBody<NothingBody>,
) -> Result<Response, Problem> {
    let Some((token, linked)) = to_verify(&app, &token).await? else { return ended(&app, &headers) };
    if !sign_up::verify(&app, &token, address).await? {
        return ended(&app, &headers);
    }
    let language = language(&app, linked.language, &headers);
    let words = words(language);
    answer(&app, StatusCode::OK, &Page::saying(words.verified_title, &[words.verified]), language)
}

async fn to_verify(app: &App, token: &str) -> Result<Option<(Token, Linked)>, Problem> {
    let Some(token) = Token::parse(token) else { return Ok(None) };
    let mut tx = app.database().begin_read().await?;
    let linked = letters::to_verify(&mut tx, &token, app.clock().now()).await?;
    Ok(linked.map(|linked| (token, linked)))
}

/// Asks for another password.
#[utoipa::path(
    get, path = "/letters/reset/{token}", tag = "pages", security(()),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
    )
)]
pub(super) async fn show_reset_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((_, linked)) = to_reset(&app, &token).await? else { return ended(&app, &headers) };
    let language = language(&app, linked.language, &headers);
    answer(&app, StatusCode::OK, &reset_page(language, &linked.email), language)
}

/// Another password, as a form sends it.
#[derive(Deserialize, ToSchema)]
pub(super) struct ResetForm {
    /// 10 to 1 000 characters, of whatever kind, and nothing that others try first.
    #[schema(example = "eight lampions over the canal", max_length = 1000)]
    #[serde(default)]
    password: String,
    /// Whether one's API tokens end as well: any text.
    #[serde(default)]
    #[schema(example = "yes", max_length = 20)]
    end_api_tokens: Option<String>,
}

/// Sets another password, and ends all sessions and, unless the form says otherwise, all API tokens of the account.
#[utoipa::path(
    post, path = "/letters/reset/{token}", tag = "pages", security(()),
    request_body(content = ResetForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
        (status = 422, content((String = "text/html"), (ProblemBody = "application/problem+json")),
         description = "The password will not do: the page says why"),
    )
)]
pub(super) async fn send_reset_page(
    State(app): State<App>,
    Path(token): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
    FormBody(form): FormBody<ResetForm>,
) -> Result<Response, Problem> {
    let Some((token, linked)) = to_reset(&app, &token).await? else { return ended(&app, &headers) };
    let language = language(&app, linked.language, &headers);
    let words = words(language);
    let api_tokens = if form.end_api_tokens.is_some() { ApiTokens::End } else { ApiTokens::Keep };
    match reset::finish(&app, &token, &Password::new(form.password), api_tokens, address).await {
        Ok(_) => answer(&app, StatusCode::OK, &Page::saying(words.changed_title, &[words.changed]), language),
        Err(ResetError::Unknown) => ended(&app, &headers),
        Err(ResetError::Password(error)) => {
            let page = Page { problem: told(words, error).to_owned(), ..reset_page(language, &linked.email) };
            answer(&app, StatusCode::UNPROCESSABLE_ENTITY, &page, language)
        }
        Err(ResetError::Store(error)) => Err(error.into()),
    }
}

async fn to_reset(app: &App, token: &str) -> Result<Option<(Token, Linked)>, Problem> {
    let Some(token) = Token::parse(token) else { return Ok(None) };
    let mut tx = app.database().begin_read().await?;
    let linked = letters::to_reset(&mut tx, &token, app.clock().now()).await?;
    Ok(linked.map(|linked| (token, linked)))
}

fn reset_page(language: Language, email: &str) -> Page {
    let words = words(language);
    let api_tokens = Field {
        name: "end_api_tokens",
        label: words.end_api_tokens,
        kind: "checkbox",
        is_checked: true,
        ..Field::default()
    };
    Page {
        form: Some(Form {
            fields: vec![password_field(language), api_tokens],
            buttons: vec![Button::main(words.reset_button, "yes")],
        }),
        ..Page::saying(words.reset_title, &[&fill(words.reset, &[("email", email)])])
    }
}

/// The field of a new password.
pub(super) fn password_field(language: Language) -> Field {
    let words = words(language);
    Field {
        name: "password",
        label: words.password,
        kind: "password",
        autocomplete: "new-password",
        hint: words.password_hint,
        chars_min: PASSWORD_CHARS_MIN,
        chars_max: PASSWORD_CHARS_MAX,
        ..Field::default()
    }
}
