//! One's own registrations over HTTP.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use sync_protocol::id::RegistrationId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MineError;
use super::body::MyRegistrationBody;
use crate::accounts::Caller;
use crate::app::App;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::registrations::actions::body::TransferBody;
use crate::registrations::joining::routes::already_registered;
use crate::registrations::routes::invalid;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_mine))
        .routes(routes!(show_mine))
        .routes(routes!(cancel_mine))
        .routes(routes!(transfer_mine))
}

impl From<MineError> for Problem {
    fn from(error: MineError) -> Self {
        match error {
            MineError::Unknown => Self::not_found("such registration"),
            MineError::TooLate { until } => {
                Self::conflict("too-late", "It is too late for this").with("until", rfc3339(until))
            }
            MineError::CheckedIn => Self::conflict("checked-in", "The attendee was let in already"),
            MineError::Blocked => Self::conflict("ticket-blocked", "The ticket is blocked")
                .detail("Only the event's organisers can do something with it."),
            MineError::AlreadyRegistered { limit } => already_registered(limit),
            MineError::Action(error) => error.into(),
        }
    }
}

/// Lists one's registrations, newest first: those made while logged in, and those of one's e-mail address once it is
/// proven.
#[utoipa::path(
    get, path = "/api/v1/me/registrations", tag = "registrations", params(PageQuery),
    responses((status = 200, body = Page<MyRegistrationBody>))
)]
async fn list_mine(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MyRegistrationBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let before = page::cursor(query.cursor.as_deref())?.map(RegistrationId);
    let mut tx = app.database().begin_read().await?;
    let mine = super::list(&mut tx, &caller, before, limit + 1).await?;
    let page = Page::new(mine, limit, |mine| mine.registration.id.0.to_vec());
    Ok(Json(page.map(|mine| MyRegistrationBody::from(&mine))))
}

/// Shows one of one's registrations.
#[utoipa::path(
    get, path = "/api/v1/me/registrations/{registration}", tag = "registrations",
    responses((status = 200, body = MyRegistrationBody))
)]
async fn show_mine(
    State(app): State<App>,
    caller: Caller,
    Path(registration): Path<String>,
) -> Result<Json<MyRegistrationBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let mine = super::find(&mut tx, &caller, id(&registration, "such registration")?).await?;
    Ok(Json(MyRegistrationBody::from(&mine)))
}

/// Cancels one of one's registrations, until the event's deadline. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/me/registrations/{registration}/cancel", tag = "registrations",
    responses(
        (status = 200, body = MyRegistrationBody),
        (status = 409, description = "`too-late`, `checked-in` or `wrong-state`"),
    )
)]
async fn cancel_mine(
    State(app): State<App>,
    caller: Caller,
    Path(registration): Path<String>,
) -> Result<Json<MyRegistrationBody>, Problem> {
    let mine = super::cancel(&app, &caller, id(&registration, "such registration")?).await?;
    Ok(Json(MyRegistrationBody::from(&mine)))
}

/// Gives one's place to somebody else, who gets a new code by mail; one's own lets nobody in any more.
#[utoipa::path(
    post, path = "/api/v1/me/registrations/{registration}/transfer", tag = "registrations",
    request_body = TransferBody,
    responses(
        (status = 204, description = "It is theirs"),
        (status = 409,
         description = "`too-late`, `checked-in`, `ticket-blocked`, `already-registered`, `wrong-state` or `sold-at-door`"),
    )
)]
async fn transfer_mine(
    State(app): State<App>,
    caller: Caller,
    Path(registration): Path<String>,
    Json(body): Json<TransferBody>,
) -> Result<StatusCode, Problem> {
    let to = body.check().map_err(invalid)?;
    super::transfer(&app, &caller, id(&registration, "such registration")?, to).await?;
    Ok(StatusCode::NO_CONTENT)
}
