//! API tokens over HTTP.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::{NO_STORE, body};
use crate::accounts::api_tokens::{
    self as feature, ApiToken, LIFETIME_MS_MAX, MakeError, NAME_CHARS_MAX, NewApiToken, Scope, TOKENS_MAX,
};
use crate::accounts::{ApiTokenId, Caller};
use crate::app::App;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::{FieldError, Problem};
use crate::http::time::{parse_rfc3339, rfc3339};

/// More scopes than there are.
const SCOPES_MAX: usize = 50;

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiTokenBody {
    /// What it is for.
    #[schema(example = "Nightly export", min_length = 1, max_length = 100)]
    name: String,
    /// The id of the only organisation that it opens, one of one's own.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    organisation: String,
    /// What it opens there: `events:read`, `attendees:write` and so on. Whoever may write may read.
    #[schema(example = json!(["events:read", "attendees:read"]), min_items = 1, max_items = 50)]
    scopes: Vec<String>,
    /// When it ends: within a year.
    #[schema(example = "2027-03-01T00:00:00Z", format = "date-time")]
    expires_at: String,
}

/// A token for a program.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiTokenBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    #[schema(example = "Nightly export")]
    name: String,
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    organisation: String,
    #[schema(example = json!(["events:read", "attendees:read"]))]
    scopes: Vec<String>,
    #[schema(example = "2026-11-21T19:30:00.000Z", format = "date-time")]
    created_at: String,
    #[schema(example = "2027-03-01T00:00:00.000Z", format = "date-time")]
    expires_at: String,
    /// When it was last used, to the minute; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-22T02:00:00.000Z", format = "date-time")]
    used_at: Option<String>,
}

impl From<ApiToken> for ApiTokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            organisation: token.organisation.to_string(),
            scopes: token.scopes.iter().map(Scope::to_string).collect(),
            created_at: rfc3339(token.created_at),
            expires_at: rfc3339(token.expires_at),
            used_at: token.used_at.map(rfc3339),
        }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeApiTokenBody {
    /// Send it as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "ust_4f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617")]
    token: String,
    #[serde(flatten)]
    about: ApiTokenBody,
}

fn check(body: NewApiTokenBody, now: UnixMillis) -> Result<NewApiToken, Vec<FieldError>> {
    let mut errors = Vec::new();
    let name = body::short_text(&mut errors, "body.name", &body.name, NAME_CHARS_MAX);
    let organisation = body.organisation.parse().ok();
    if organisation.is_none() {
        errors.push(unknown_organisation());
    }
    if !(1..=SCOPES_MAX).contains(&body.scopes.len()) {
        let msg = format!("must be between 1 and {SCOPES_MAX}");
        errors.push(FieldError::new("body.scopes", "count", msg));
    }
    let mut scopes = Vec::new();
    for (at, text) in body.scopes.iter().enumerate().take(SCOPES_MAX) {
        match Scope::parse(text) {
            Some(scope) => scopes.push(scope),
            None => errors.push(FieldError::new(&format!("body.scopes.{at}"), "scope", "is no scope")),
        }
    }
    let expires_at = parse_rfc3339(&body.expires_at);
    match expires_at {
        None => errors.push(FieldError::new("body.expires_at", "time", "is not a time with an offset (RFC 3339)")),
        Some(at) if at <= now => errors.push(FieldError::new("body.expires_at", "past", "must be in the future")),
        Some(at) if at.since(now) > LIFETIME_MS_MAX => {
            errors.push(FieldError::new("body.expires_at", "out_of_range", "must be within a year"));
        }
        Some(_) => {}
    }
    match (organisation, expires_at) {
        (Some(organisation), Some(expires_at)) if errors.is_empty() => {
            Ok(NewApiToken { name, organisation, scopes, expires_at })
        }
        _ => Err(errors),
    }
}

fn unknown_organisation() -> FieldError {
    FieldError::new("body.organisation", "unknown", "is not an organisation of yours")
}

impl From<MakeError> for Problem {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Stranger => Self::invalid(vec![unknown_organisation()]),
            MakeError::Full => Self::conflict("too-many-api-tokens", "You have too many API tokens")
                .detail(format!("There may be {TOKENS_MAX}. Revoke those that nobody uses.")),
            MakeError::Store(error) => error.into(),
        }
    }
}

/// Makes an API token: lets a program act for oneself in one organisation, as far as its scopes go.
///
/// Its text is shown this once. It never opens more than one may do oneself, nor one's own account.
#[utoipa::path(
    post, path = "/api/v1/me/api-tokens", tag = "accounts", request_body = NewApiTokenBody,
    responses((status = 201, body = MadeApiTokenBody), (status = 409))
)]
pub(super) async fn make_api_token(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewApiTokenBody>,
) -> Result<Response, Problem> {
    let new = check(body, app.clock().now()).map_err(Problem::invalid)?;
    let (made, token) = feature::make(&app, &caller, new).await?;
    let body = MadeApiTokenBody { token: token.reveal_for_programs(), about: made.into() };
    Ok((StatusCode::CREATED, [NO_STORE], Json(body)).into_response())
}

/// Lists one's own API tokens, the newest first.
#[utoipa::path(
    get, path = "/api/v1/me/api-tokens", tag = "accounts", params(PageQuery),
    responses((status = 200, body = Page<ApiTokenBody>))
)]
pub(super) async fn list_api_tokens(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ApiTokenBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?.map(ApiTokenId);
    let held = feature::list(&app, &caller, cursor, limit + 1).await?;
    Ok(Json(Page::new(held, limit, |token| token.id.0.to_vec()).map(ApiTokenBody::from)))
}

/// Revokes one of one's own API tokens.
#[utoipa::path(
    delete, path = "/api/v1/me/api-tokens/{token}", tag = "accounts",
    responses((status = 204))
)]
pub(super) async fn end_api_token(
    State(app): State<App>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    const WHAT: &str = "such API token";
    if feature::end(&app, &caller, id(&token, WHAT)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(WHAT))
    }
}
