//! Registrations over HTTP.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use serde_json::Value;
use sync_protocol::id::RegistrationId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Imported, ListQuery, NewRegistrationBody, RegistrationBody};
use super::import::{self, FILE_BYTES_MAX, Row, RowErrors};
use super::{Filter, RegisterError, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query, body, id};
use crate::http::page::{self, Page};
use crate::http::problem::{FieldError, Problem, ProblemBody};
use crate::tickets::IssueError;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    let import =
        OpenApiRouter::new().routes(routes!(import_registrations)).layer(DefaultBodyLimit::max(FILE_BYTES_MAX));
    OpenApiRouter::new().routes(routes!(register, list_registrations)).routes(routes!(show_registration)).merge(import)
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::ExternalIdTaken => Self::conflict("external-id-taken", "The external id is taken")
                .detail("Another attendee of the event has the same external id."),
            RegisterError::Issue(IssueError::SoldOut { left, held, .. }) => {
                let problem = Self::conflict("sold-out", "Not enough tickets of this type are left").with("left", left);
                if held == 0 {
                    return problem;
                }
                problem.with("held_at_doors", held).detail(format!("{held} more are kept for sale at the doors."))
            }
            RegisterError::Issue(IssueError::Over(over)) => over.into(),
            RegisterError::Issue(IssueError::Store(error)) | RegisterError::Store(error) => error.into(),
        }
    }
}

/// Registers an attendee, with a ticket.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations", tag = "registrations", request_body = NewRegistrationBody,
    params(("event" = String, Path, description = "The event's id")),
    responses(
        (status = 201, body = RegistrationBody),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json",
         description = "The external id is taken, or the ticket type is sold out, or the event is over"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn register(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<NewRegistrationBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<RegistrationBody>), Problem> {
    let event = open_event(&app, organiser, &event).await?;
    let new = body.raw().check(&event).map_err(|wrongs| {
        let error = |wrong: super::Wrong| FieldError::new(&format!("body.{}", wrong.field), wrong.kind, wrong.msg);
        Problem::invalid(wrongs.into_iter().map(error).collect())
    })?;
    let registered = super::register(&app, organiser, &event, vec![new]).await?;
    let (registration, ticket) = registered.first().ok_or_else(|| Problem::not_found("such registration"))?;
    let location = format!("/api/v1/events/{}/registrations/{}", event.id, registration.id);
    let body = RegistrationBody::of(registration, ticket, &event);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

async fn open_event(app: &App, organiser: Organiser, part: &str) -> Result<Event, Problem> {
    let mut tx = app.database().begin_read().await?;
    event_of(&mut tx, organiser, part).await
}

/// Lists attendees in the order they were registered.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations", tag = "registrations",
    params(("event" = String, Path, description = "The event's id"), ListQuery),
    responses(
        (status = 200, body = Page<RegistrationBody>),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_registrations(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<RegistrationBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(RegistrationId);
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let class = match &query.ticket_type {
        None => None,
        Some(name) => {
            let class = event.class_named(name).map(|class| class.id);
            let unknown =
                || Problem::invalid_field("query.ticket_type", "unknown", "is not one of the event's ticket types");
            Some(class.ok_or_else(unknown)?)
        }
    };
    let filter = Filter { text: query.q, class, status: query.status };
    let found = super::list(&mut tx, event.id, &filter, after, limit + 1).await?;
    let page = Page::new(found, limit, |(registration, _)| registration.id.0.to_vec());
    Ok(Json(page.map(|(registration, ticket)| RegistrationBody::of(&registration, &ticket, &event))))
}

/// Shows an attendee.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations/{registration}", tag = "registrations",
    params(
        ("event" = String, Path, description = "The event's id"),
        ("registration" = String, Path, description = "The registration's id"),
    ),
    responses(
        (status = 200, body = RegistrationBody),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn show_registration(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
) -> Result<Json<RegistrationBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let found = store::find(&mut tx, event.id, id(&registration, "such registration")?).await?;
    let (registration, ticket) = found.ok_or_else(|| Problem::not_found("such registration"))?;
    Ok(Json(RegistrationBody::of(&registration, &ticket, &event)))
}

/// Registers all attendees of a CSV file, or none.
///
/// The first line names the columns, in any order: `name` (needed), `email`, `phone`, `ticket_type` (needed
/// where there is more than one), `note`, `status` (`valid` or `unpaid`), `external_id`, `order`, `attention`, `id_check`
/// (`yes` or `no`). UTF-8; commas, semicolons or tabs. Every line is checked; the problem tells the first 100 errors
/// with line and column as `loc` (`["body", 17, "email"]`), and how many there are in all as `total`.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations/import", tag = "registrations",
    params(("event" = String, Path, description = "The event's id")),
    request_body(
        content = String, content_type = "text/csv",
        example = json!("name,email,ticket_type\nAda Lovelace,ada@example.org,Regular\n")
    ),
    responses(
        (status = 200, body = Imported),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "Over 16 MiB"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn import_registrations(
    State(app): State<App>,
    organiser: Organiser,
    Path(part): Path<String>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv") {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail("Send the file as text/csv."));
    }
    let event = Arc::new(open_event(&app, organiser, &part).await?);
    let bytes = body(request, &app).await?;
    let read = {
        let event = Arc::clone(&event);
        tokio::task::spawn_blocking(move || import::read(&bytes, &event))
    };
    let rows = read.await.map_err(|error| Problem::internal(&error))?.map_err(row_problem)?;
    check_external_ids(&app, &event, &rows).await?;
    let imported = rows.len();
    super::register(&app, organiser, &event, rows.into_iter().map(|row| row.new).collect()).await?;
    Ok(Json(Imported { imported }))
}

/// Says in which lines stands what the event has already. One that is registered meanwhile is found when the
/// rows are stored.
async fn check_external_ids(app: &App, event: &Event, rows: &[Row]) -> Result<(), Problem> {
    let named = || rows.iter().filter_map(|row| Some((row.line, row.new.attendee.external_id.as_deref()?)));
    let ids: Vec<&str> = named().map(|(_, id)| id).collect();
    let mut tx = app.database().begin_read().await?;
    let held = store::which_external_ids_exist(&mut tx, event.id, &ids).await?;
    let mut errors = RowErrors::default();
    for (line, _) in named().filter(|(_, id)| held.contains(*id)) {
        errors.add(line, "external_id", "taken", "is registered already");
    }
    errors.or(()).map_err(row_problem)
}

fn row_problem(errors: RowErrors) -> Problem {
    let told = errors.first.into_iter().map(|error| FieldError {
        loc: vec![Value::from("body"), Value::from(error.line), Value::from(error.column)],
        msg: error.msg,
        kind: error.kind.to_owned(),
    });
    Problem::invalid(told.collect()).detail("Nothing was imported.").with("total", errors.total)
}
