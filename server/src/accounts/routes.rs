//! Logging in and out, and who one is.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::password::Password;
use super::{Caller, store};
use crate::access::Role;
use crate::app::App;
use crate::http::auth::bearer;
use crate::http::extract::Json;
use crate::http::peer::Peer;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::time::rfc3339;
use crate::organisations::Membership;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(log_out))
        .routes(routes!(me))
        .merge(super::admin::routes::routes())
}

/// E-mail address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    /// Send it as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "4f0c…e1 (64 hexadecimal digits)")]
    token: String,
    /// When the session ends.
    #[schema(example = "2026-11-21T20:00:00.000Z")]
    expires_at: String,
}

/// Logs in.
///
/// An unknown address and a wrong password are answered alike. After several failures the answer is
/// 429 with `Retry-After`.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "accounts", request_body = LogIn, security(()),
    responses(
        (status = 201, body = SessionBody),
        (status = 401, body = ProblemBody, description = "Wrong address or password",
         content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn log_in(
    State(app): State<App>,
    Peer(address): Peer,
    Json(body): Json<LogIn>,
) -> Result<(StatusCode, Json<SessionBody>), Problem> {
    check_throttle(&app, &body.email, address)?;
    let session = super::log_in(&app, &body.email, Password::new(body.password)).await?;
    let Some(session) = session else {
        app.throttle().failed(&body.email, address, app.clock().now());
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong-credentials", "Wrong e-mail address or password"));
    };
    app.throttle().succeeded(&body.email);
    let body = SessionBody { token: session.token.reveal(), expires_at: rfc3339(session.expires_at) };
    Ok((StatusCode::CREATED, Json(body)))
}

fn check_throttle(app: &App, email: &str, address: IpAddr) -> Result<(), Problem> {
    match app.throttle().wait_ms(email, address, app.clock().now()) {
        0 => Ok(()),
        wait_ms => Err(Problem::of_status(StatusCode::TOO_MANY_REQUESTS)
            .detail("Too many failed log-ins. Wait a little.")
            .retry_after(u32::try_from(wait_ms.div_ceil(1000)).unwrap_or(u32::MAX))),
    }
}

/// Logs out: ends the session that the request is made with.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "accounts",
    responses(
        (status = 204),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn log_out(State(app): State<App>, _: Caller, headers: HeaderMap) -> Result<StatusCode, Problem> {
    if let Some(token) = bearer(&headers) {
        super::log_out(&app, &token).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's account.
#[derive(Serialize, ToSchema)]
struct Me {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Whether they run the whole installation.
    is_admin: bool,
    /// The organisations they belong to, by name.
    organisations: Vec<MembershipBody>,
}

/// An organisation that the caller belongs to.
#[derive(Serialize, ToSchema)]
struct MembershipBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "Analytical Engines")]
    name: String,
    /// What they are in it.
    role: Role,
}

/// Shows who is logged in.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "accounts",
    responses(
        (status = 200, body = Me),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let account = store::account(&mut tx, caller.account).await?.ok_or_else(|| Problem::not_found("such account"))?;
    let organisation =
        |held: Membership| MembershipBody { id: held.organisation.to_string(), name: held.name, role: held.role };
    Ok(Json(Me {
        id: account.id.to_string(),
        email: account.email,
        name: account.name,
        is_admin: account.is_admin,
        organisations: account.memberships.into_iter().map(organisation).collect(),
    }))
}
