//! Attendees over HTTP: registering, finding, and files of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use sync_protocol::id::{ClassId, RegistrationId};
use sync_protocol::text;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{
    ExportQuery, ImportError, ImportQuery, Imported, ListQuery, NewRegistrationBody, RegistrationBody, WantedType,
};
use super::check::Wrong;
use super::import::{self, FILE_BYTES_MAX, Row, RowErrors};
use super::search::{self, QUERY_CHARS_MAX, Rank};
use super::{Afterwards, Filter, ORDER_BYTES_MAX, RegisterError, actions, export, joining, mine, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query, body, bounded, id};
use crate::http::page::{self, Page};
use crate::http::problem::{FieldError, Problem};
use crate::http::version::etag;
use crate::tickets::IssueError;
use crate::tickets::places::Places;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    let import =
        OpenApiRouter::new().routes(routes!(import_registrations)).layer(DefaultBodyLimit::max(FILE_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(register, list_registrations))
        .routes(routes!(export_registrations))
        .routes(routes!(show_registration))
        .merge(import)
        .merge(actions::routes::routes())
        .merge(joining::routes::routes())
        .merge(mine::routes::routes())
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::AlreadyRegistered { limit } => joining::routes::already_registered(limit),
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
///
/// One e-mail address has one registration, or as many of a ticket type as that allows one person; with `override` it may
/// have more. Files are imported as they are: whoever sends one has looked at it.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations", tag = "registrations", request_body = NewRegistrationBody,
    responses(
        (status = 201, body = RegistrationBody),
        (status = 409,
         description = "The external id is taken, this person has as many as one may have, the ticket type is sold out, \
                        or the event is over"),
    )
)]
async fn register(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<NewRegistrationBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<RegistrationBody>), Problem> {
    let event = open_event(&app, organiser, &event).await?;
    let new = body.raw().check(&event).map_err(invalid)?;
    let afterwards = if body.send { Afterwards::Send } else { Afterwards::Rest };
    let registered = super::register(&app, organiser, &event, vec![new], afterwards).await?;
    let (registration, ticket) = registered.first().ok_or_else(|| Problem::not_found("such registration"))?;
    let location = format!("/api/v1/events/{}/registrations/{}", event.id, registration.id);
    let body = RegistrationBody::of(registration, Some(ticket), &event);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

/// Returns the problem of a body in which this is wrong.
pub(super) fn invalid(wrongs: Vec<Wrong>) -> Problem {
    let error = |wrong: Wrong| FieldError::new(&format!("body.{}", wrong.field), wrong.kind, wrong.msg);
    Problem::invalid(wrongs.into_iter().map(error).collect())
}

async fn open_event(app: &App, organiser: Organiser, part: &str) -> Result<Event, Problem> {
    let mut tx = app.database().begin_read().await?;
    event_of(&mut tx, organiser, part).await
}

/// Lists attendees, in the order in which they were registered, or the best first that a text may mean.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations", tag = "registrations",
    params(ListQuery),
    responses((status = 200, body = Page<RegistrationBody>))
)]
async fn list_registrations(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<RegistrationBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let filter = query.filter(&event)?;
    if let Some(text) = query.text()? {
        let after = page::cursor::<20>(query.cursor.as_deref())?.map(rank_of);
        let found = search::search(&mut tx, event.id, text, &filter, after, limit + 1).await?;
        let page = Page::new(found, limit, |found| cursor_of(found.rank));
        return Ok(Json(page.map(|found| RegistrationBody::of(&found.registration, found.ticket.as_ref(), &event))));
    }
    let after = page::cursor(query.cursor.as_deref())?.map(RegistrationId);
    let found = super::list(&mut tx, event.id, &filter, after, limit + 1).await?;
    let page = Page::new(found, limit, |(registration, _)| registration.id.0.to_vec());
    Ok(Json(page.map(|(registration, ticket)| RegistrationBody::of(&registration, ticket.as_ref(), &event))))
}

fn cursor_of(rank: Rank) -> Vec<u8> {
    [rank.score.to_be_bytes().as_slice(), &rank.id.0].concat()
}

fn rank_of(cursor: [u8; 20]) -> Rank {
    let [a, b, c, d, id @ ..] = cursor;
    Rank { score: u32::from_be_bytes([a, b, c, d]), id: RegistrationId(id) }
}

impl ListQuery {
    fn text(&self) -> Result<Option<&str>, Problem> {
        let text = self.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
        bounded("query.q", text, QUERY_CHARS_MAX)
    }

    fn filter(&self, event: &Event) -> Result<Filter, Problem> {
        Ok(Filter {
            class: self.ticket_type.as_deref().map(|name| class_named(event, name, "query.ticket_type")).transpose()?,
            status: self.status,
            state: self.state,
            is_checked_in: self.checked_in,
            order: bounded("query.order", self.order.as_deref(), ORDER_BYTES_MAX)?
                .map(|order| text::tidy(order, usize::MAX)),
        })
    }
}

/// Returns the ticket type that is named at `place`.
pub(super) fn class_named(event: &Event, name: &str, place: &str) -> Result<ClassId, Problem> {
    let class = event.class_named(name).map(|class| class.id);
    class.ok_or_else(|| Problem::invalid_field(place, "unknown", "is not one of the event's ticket types"))
}

/// Writes all attendees that a filter lets through as CSV, with one line for each.
///
/// The columns are those of the import and some more; answers stand under `answer:` and the question's key. A text
/// that a spreadsheet might take for a formula has a `'` in front.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations/export", tag = "registrations",
    params(ExportQuery),
    responses((
        status = 200, body = String, content_type = "text/csv",
        example = json!("id,name,email,phone,ticket_type,state,status,ticket,order,external_id,note,attention,id_check,\
            checked_in,contact_name,contact_email,created_at\n\
            0193f1c2a0b07c3e9d5e1f2a3b4c5d6e,Ada Lovelace,ada@example.org,,Regular,registered,valid,7J2V90QK4NX,,,,no,no,\
            yes,,,2026-08-01T10:00:00.000Z\n")
    ))
)]
async fn export_registrations(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let event = open_event(&app, organiser, &event).await?;
    let query =
        ListQuery { ticket_type: query.ticket_type, status: query.status, state: query.state, ..ListQuery::default() };
    let filter = query.filter(&event)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"attendees-{}.csv\"", event.id)),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(export::lines(app, event, filter))).into_response())
}

/// Shows an attendee.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations/{registration}", tag = "registrations",
    responses(
        (status = 200, body = RegistrationBody, headers(("ETag" = String, description = "What `If-Match` takes"))),
    )
)]
async fn show_registration(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
) -> Result<([(HeaderName, String); 1], Json<RegistrationBody>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let found = store::find(&mut tx, event.id, id(&registration, "such registration")?).await?;
    let (registration, ticket) = found.ok_or_else(|| Problem::not_found("such registration"))?;
    Ok((etag(registration.version), Json(RegistrationBody::of(&registration, ticket.as_ref(), &event))))
}

/// Registers all attendees of a CSV file, or none.
///
/// The first line names the columns, in any order: `name` (needed), `email`, `phone`, `ticket_type` (needed
/// where there is more than one), `note`, `status` (`valid` or `unpaid`), `external_id`, `order`, `attention`, `id_check`
/// (`yes` or `no`). UTF-8; commas, semicolons or tabs. Every line is checked; the problem tells the first 100 errors
/// with line and column as `loc` (`["body", 17, "email"]`), and how many there are in all as `total`. With `dry_run`
/// nothing is stored, and the answer says what would happen.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations/import", tag = "registrations",
    params(ImportQuery),
    request_body(
        content = String, content_type = "text/csv",
        example = json!("name,email,ticket_type\nAda Lovelace,ada@example.org,Regular\n")
    ),
    responses((status = 200, body = Imported), (status = 413, description = "Over 16 MiB"))
)]
async fn import_registrations(
    State(app): State<App>,
    organiser: Organiser,
    Path(part): Path<String>,
    Query(query): Query<ImportQuery>,
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
    let read = read.await.map_err(|error| Problem::internal(&error))?;
    let read = match read {
        Ok(rows) => check_external_ids(&app, &event, rows).await?,
        Err(errors) => Err(errors),
    };
    if query.dry_run {
        return Ok(Json(foretold(&app, &event, read).await?));
    }
    let rows = read.map_err(row_problem)?;
    let imported = rows.len();
    let new = rows.into_iter().map(|row| row.new).collect();
    super::register(&app, organiser, &event, new, Afterwards::Rest).await?;
    Ok(Json(Imported { imported, ..Imported::default() }))
}

/// Says in which lines stands what the event has already. One that is registered meanwhile is found when the
/// rows are stored.
async fn check_external_ids(app: &App, event: &Event, rows: Vec<Row>) -> Result<Result<Vec<Row>, RowErrors>, Problem> {
    let named = || rows.iter().filter_map(|row| Some((row.line, row.new.attendee.external_id.as_deref()?)));
    let ids: Vec<&str> = named().map(|(_, id)| id).collect();
    let mut tx = app.database().begin_read().await?;
    let held = store::which_external_ids_exist(&mut tx, event.id, &ids).await?;
    let mut errors = RowErrors::default();
    for (line, _) in named().filter(|(_, id)| held.contains(*id)) {
        errors.add(line, "external_id", "taken", "is registered already");
    }
    Ok(errors.or(rows))
}

/// Returns what an import of these rows would do.
async fn foretold(app: &App, event: &Event, read: Result<Vec<Row>, RowErrors>) -> Result<Imported, Problem> {
    let (rows, errors) = match read {
        Ok(rows) => (rows, RowErrors::default()),
        Err(errors) => (Vec::new(), errors),
    };
    let mut wanted: BTreeMap<ClassId, u64> = BTreeMap::new();
    for row in &rows {
        *wanted.entry(row.new.class).or_default() += 1;
    }
    let mut tx = app.database().begin_read().await?;
    let mut places = Places::count(&mut tx, event).await?;
    let mut is_room = errors.total == 0;
    let mut ticket_types = Vec::with_capacity(wanted.len());
    for (class, wanted) in wanted {
        let ticket_type = event.policy.class(class).map(|class| class.name.clone()).unwrap_or_default();
        ticket_types.push(WantedType { ticket_type, wanted, left: places.left(class) });
        is_room &= places.take(class, wanted).is_ok();
    }
    let error = |error: import::RowError| ImportError {
        line: error.line,
        column: error.column,
        kind: error.kind,
        msg: error.msg,
    };
    Ok(Imported {
        imported: 0,
        dry_run: true,
        would_import: if is_room { rows.len() } else { 0 },
        ticket_types,
        errors: errors.first.into_iter().map(error).collect(),
        total_errors: errors.total,
    })
}

fn row_problem(errors: RowErrors) -> Problem {
    let told = errors.first.into_iter().map(|error| FieldError {
        loc: vec![Value::from("body"), Value::from(error.line), Value::from(error.column)],
        msg: error.msg,
        kind: error.kind.to_owned(),
    });
    Problem::invalid(told.collect()).detail("Nothing was imported.").with("total", errors.total)
}
