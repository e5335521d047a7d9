//! Events over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use sync_protocol::id::EventId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{EventBody, NewEvent, NewSupervisorBody, NewSupervisorsBody};
use super::{About, Event, check, store, supervisors};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::Tx;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::{Problem, ProblemBody};

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_event, list_events))
        .routes(routes!(show_event))
        .routes(routes!(put_supervisors))
}

/// Returns the caller's event whose id stands in the path.
///
/// # Errors
///
/// 404 if there is none, or it is another organisation's.
pub async fn event_of(tx: &mut Tx, organiser: Organiser, part: &str) -> Result<Event, Problem> {
    let id: EventId = id(part, "such event")?;
    super::find(tx, organiser.organisation, id).await?.ok_or_else(|| Problem::not_found("such event"))
}

/// Makes an event, with its feed and the key that signs its tickets.
#[utoipa::path(
    post, path = "/api/v1/events", tag = "events", request_body = NewEvent,
    responses(
        (status = 201, body = EventBody),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create_event(
    State(app): State<App>,
    organiser: Organiser,
    Json(body): Json<NewEvent>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<EventBody>), Problem> {
    let (policy, offer, supervisors) = check::check(body).map_err(Problem::invalid)?;
    let event = super::create(&app, organiser, policy, offer, About::default(), supervisors).await?;
    let location = format!("/api/v1/events/{}", event.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(EventBody::from(&event))))
}

/// Lists the organisation's events, oldest first.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", params(PageQuery),
    responses(
        (status = 200, body = Page<EventBody>),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_events(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<EventBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(EventId);
    let mut tx = app.database().begin_read().await?;
    let events = store::list(&mut tx, organiser.organisation, after, limit + 1).await?;
    let page = Page::new(events, limit, |event| event.id.0.to_vec());
    Ok(Json(page.map(|event| EventBody::from(&event))))
}

/// Shows an event.
#[utoipa::path(
    get, path = "/api/v1/events/{event}", tag = "events", params(("event" = String, Path, description = "The event's id")),
    responses(
        (status = 200, body = EventBody),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn show_event(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<EventBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    Ok(Json(EventBody::from(&event)))
}

impl From<supervisors::ChangeError> for Problem {
    fn from(error: supervisors::ChangeError) -> Self {
        match error {
            supervisors::ChangeError::Invalid(errors) => Self::invalid(errors),
            supervisors::ChangeError::Unknown => Self::not_found("such event"),
            supervisors::ChangeError::Store(error) => error.into(),
        }
    }
}

/// Says who may decide against a finding at the doors, in place of those before. The doors learn it with
/// their list; who is left out there counts no more. PINs are kept as hashes and never told.
#[utoipa::path(
    put, path = "/api/v1/events/{event}/supervisors", tag = "events", request_body = NewSupervisorsBody,
    params(("event" = String, Path, description = "The event's id")),
    responses(
        (status = 200, body = EventBody),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn put_supervisors(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<NewSupervisorsBody>,
) -> Result<Json<EventBody>, Problem> {
    let id: EventId = id(&event, "such event")?;
    let asked = body.supervisors.into_iter().map(NewSupervisorBody::parts).collect();
    let event = supervisors::change(&app, organiser, id, asked).await?;
    Ok(Json(EventBody::from(&event)))
}
