//! What is known of one person, over HTTP.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{EraseMeBody, ErasePersonBody, ErasedBody, OwnDataBody, PersonDataBody, PersonQuery};
use super::erase::{self as erasing, EraseError, Upcoming};
use super::export::export;
use super::{Named, Person};
use crate::accounts::password::Password;
use crate::accounts::routes::{ApiTokenBody, Me, OwnSessionBody, forget};
use crate::accounts::{Caller, Organiser, api_tokens, erasing as own, profile, sessions};
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::http::page::LIMIT_MAX;
use crate::http::problem::Problem;

/// Nothing between the server and the caller keeps it.
const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
/// Browsers keep it as a file.
const AS_FILE: (HeaderName, &str) = (header::CONTENT_DISPOSITION, "attachment; filename=\"person.json\"");

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export_person))
        .routes(routes!(erase_person))
        .routes(routes!(export_me))
        .routes(routes!(erase_me))
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Upcoming { registrations } => {
                let registrations: Vec<String> = registrations.iter().map(ToString::to_string).collect();
                Self::conflict("upcoming-registrations", "There are registrations for events to come")
                    .detail("Cancel them first, or send `cancel: true` to have them cancelled.")
                    .with("registrations", registrations)
            }
            EraseError::LastOwner(of) => Self::conflict("last-owner", "An organisation has an owner").detail(format!(
                "The account is the last owner of \u{201c}{}\u{201d}. Make somebody else an owner first.",
                of.name
            )),
            EraseError::Proof(error) => error.into(),
            EraseError::Cancel(error) => error.into(),
            EraseError::Moving => Self::of_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(1),
            EraseError::Store(error) => error.into(),
        }
    }
}

const fn upcoming(cancel: bool) -> Upcoming {
    if cancel { Upcoming::Cancel } else { Upcoming::Keep }
}

async fn find(app: &App, organiser: Organiser, named: Named) -> Result<Person, Problem> {
    let mut tx = app.database().begin_read().await?;
    let person = Person::find(&mut tx, organiser.organisation, named).await?;
    person.ok_or_else(|| Problem::not_found("such registration"))
}

/// Shows everything that the organisation keeps of one person, who is named by their e-mail address or by one of their
/// registrations.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/people/export", tag = "people",
    params(PersonQuery),
    responses((status = 200, body = PersonDataBody))
)]
async fn export_person(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<PersonQuery>,
) -> Result<Response, Problem> {
    let person = find(&app, organiser, query.named().map_err(Problem::invalid)?).await?;
    let mut tx = app.database().begin_read().await?;
    let known = export(&mut tx, &person).await?;
    let body = PersonDataBody::new(&known, app.clock().now());
    Ok(([NO_STORE, AS_FILE], Json(body)).into_response())
}

/// Erases what the organisation keeps of one person: name, addresses, notes, answers and letters, and their name at the
/// doors once they are heard of again.
///
/// Their registrations stay as somebody's, so that what was counted stays right. It can't be taken back.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/people/erase", tag = "people", request_body = ErasePersonBody,
    responses(
        (status = 200, body = ErasedBody),
        (status = 409,
         description = "`upcoming-registrations`: there are some, and `cancel` does not say that they go"),
    )
)]
async fn erase_person(
    State(app): State<App>,
    organiser: Organiser,
    Json(body): Json<ErasePersonBody>,
) -> Result<Json<ErasedBody>, Problem> {
    let person = find(&app, organiser, body.named().map_err(Problem::invalid)?).await?;
    let erased = erasing::erase(&app, organiser, &person, upcoming(body.cancel)).await?;
    Ok(Json(ErasedBody { registrations: erased.registrations, cancelled: erased.cancelled }))
}

/// Shows everything that is known of the caller: account, sessions, registrations, tickets, check-ins, letters, and what
/// was recorded of them. There are no secrets in it.
#[utoipa::path(
    get, path = "/api/v1/me/export", tag = "people",
    responses((status = 200, body = OwnDataBody))
)]
async fn export_me(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let account = profile::show(&app, &caller).await?.ok_or_else(|| Problem::not_found("such account"))?;
    let sessions = sessions::list(&app, &caller, None, LIMIT_MAX).await?;
    let tokens = api_tokens::list(&app, &caller, None, LIMIT_MAX).await?;
    let person = Person::holder(account.id, account.email.clone());
    let mut tx = app.database().begin_read().await?;
    let known = export(&mut tx, &person).await?;
    let body = OwnDataBody {
        account: Me::from(account),
        sessions: sessions.into_iter().map(|session| OwnSessionBody::of(session, &caller)).collect(),
        api_tokens: tokens.into_iter().map(ApiTokenBody::from).collect(),
        known: PersonDataBody::new(&known, app.clock().now()),
    };
    Ok(([NO_STORE, AS_FILE], Json(body)).into_response())
}

/// Erases one's account, and one's name and addresses wherever they are kept.
///
/// One's registrations stay as somebody's, so that what was counted stays right. It can't be taken back.
#[utoipa::path(
    post, path = "/api/v1/me/erase", tag = "people", request_body = EraseMeBody,
    responses(
        (status = 204, description = "There is no such account any more"),
        (status = 409,
         description = "`last-owner`, or `upcoming-registrations`: there are some, and `cancel` does not say that they go"),
    )
)]
async fn erase_me(State(app): State<App>, caller: Caller, Json(body): Json<EraseMeBody>) -> Result<Response, Problem> {
    let holder = own::prove(&app, &caller, Password::new(body.password)).await?;
    erasing::erase_account(&app, &caller, &holder, upcoming(body.cancel)).await?;
    Ok((StatusCode::NO_CONTENT, forget(&app)).into_response())
}
