//! Events over HTTP.

mod decisions;

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{
    CopyBody, EventBody, EventPatch, EventWithDecisions, NewEvent, NewSupervisorBody, NewSupervisorsBody,
};
use super::change::ChangeError;
use super::copy::CopyError;
use super::lists::{Filter, Order, Place};
use super::remove::RemoveError;
use super::{Event, Over, State as EventState, change, check, copy, remove, store, supervisors};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::Tx;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::time::parse_rfc3339;
use crate::http::version::{IfMatch, etag};

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_event, list_events))
        .routes(routes!(show_event, change_event, delete_event))
        .routes(routes!(copy_event))
        .routes(routes!(put_supervisors))
        .merge(decisions::routes())
        .merge(super::keys::routes::routes())
        .merge(super::tasks::routes::routes())
        .merge(super::public::routes::routes())
}

/// An event with its version.
type Shown = ([(HeaderName, String); 1], Json<EventWithDecisions>);

/// An event that has just been made, with its version and where it is.
type Made = (StatusCode, [(HeaderName, String); 2], Json<EventWithDecisions>);

async fn shown(tx: &mut Tx, event: &Event) -> Result<Shown, Problem> {
    let decisions = store::decisions(tx, event.id).await?;
    Ok((etag(event.version), Json(EventWithDecisions::of(event, &decisions))))
}

fn made(event: &Event) -> Made {
    let [version] = etag(event.version);
    let location = (header::LOCATION, format!("/api/v1/events/{}", event.id));
    (StatusCode::CREATED, [version, location], Json(EventWithDecisions::of(event, &[])))
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

impl From<Over> for Problem {
    fn from(Over(state): Over) -> Self {
        Self::conflict("event-over", "The event is over")
            .detail(format!("It is {}: nothing of it changes any more.", state.name()))
            .with("state", state.name())
    }
}

fn not_yours() -> Problem {
    Problem::of_status(StatusCode::FORBIDDEN)
        .detail("Promoters change and submit events of their own, until those are submitted.")
        .with("needs", "manager")
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown => Self::not_found("such event"),
            ChangeError::Invalid(errors) => Self::invalid(errors),
            ChangeError::Refused(problem) => problem,
            ChangeError::Over(over) => over.into(),
            ChangeError::NotYours => not_yours(),
            ChangeError::InUse(used) => {
                let used: Vec<Value> = used
                    .into_iter()
                    .map(|used| serde_json::json!({ "kind": used.kind, "name": used.name, "by": used.by }))
                    .collect();
                Self::conflict("in-use", "What is in use cannot be taken away").with("in_use", used)
            }
            ChangeError::Taken(excesses) => {
                let taken: Vec<Value> = excesses
                    .into_iter()
                    .map(|excess| {
                        let super::change::Excess { ticket_type, taken, wanted } = excess;
                        serde_json::json!({ "ticket_type": ticket_type, "taken": taken, "wanted": wanted })
                    })
                    .collect();
                Self::conflict("taken", "More places are taken than there would be").with("taken", taken)
            }
            ChangeError::Store(error) => error.into(),
        }
    }
}

/// Makes an event, with its feed and the key that signs its tickets. It begins as a draft.
#[utoipa::path(
    post, path = "/api/v1/events", tag = "events", request_body = NewEvent,
    responses((status = 201, body = EventWithDecisions))
)]
async fn create_event(
    State(app): State<App>,
    organiser: Organiser,
    Json(body): Json<NewEvent>,
) -> Result<Made, Problem> {
    let checked = check::check(body, None).map_err(Problem::invalid)?;
    let supervisors = checked.supervisors.unwrap_or_default();
    let event = super::create(&app, organiser, checked.policy, checked.offer, checked.about, supervisors).await?;
    Ok(made(&event))
}

/// Which of an organisation's events are listed, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Items on the page at most, 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
    /// Only events in this state.
    #[param(inline)]
    state: Option<EventState>,
    /// A part of the name or place, whatever its accents and case; at most 200 characters.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only events that end after this, RFC 3339 with an offset.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only events that begin before this.
    #[param(format = DateTime)]
    until: Option<String>,
    /// `newest` first, or by their `begin`.
    #[param(inline)]
    order: Option<Order>,
}

/// Reads a time from a query.
///
/// # Errors
///
/// 422.
pub(super) fn query_time(field: &str, text: Option<&str>) -> Result<Option<UnixMillis>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        let msg = "must be a time with an offset, such as 2026-11-21T09:00:00+01:00";
        Problem::invalid_field(&format!("query.{field}"), "time", msg)
    };
    parse_rfc3339(text).map(Some).ok_or_else(wrong)
}

/// Reads what is looked for from a query.
///
/// # Errors
///
/// 422.
pub(super) fn query_text(text: Option<String>) -> Result<Option<String>, Problem> {
    const CHARS_MAX: usize = 200;
    match text {
        Some(text) if text.chars().count() > CHARS_MAX => {
            let msg = format!("must have at most {CHARS_MAX} characters");
            Err(Problem::invalid_field("query.q", "too_long", msg))
        }
        // PostgreSQL knows no text with this sign, so nothing holds it.
        Some(text) => Ok(Some(text.replace('\0', "\u{fffd}"))),
        None => Ok(None),
    }
}

/// Lists the organisation's events, newest first.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", params(ListQuery),
    responses((status = 200, body = Page<EventBody>))
)]
async fn list_events(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<EventBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(Place::from_bytes);
    let filter = Filter {
        state: query.state,
        text: query_text(query.q)?,
        from: query_time("from", query.from.as_deref())?,
        until: query_time("until", query.until.as_deref())?,
    };
    let order = query.order.unwrap_or_default();
    let mut tx = app.database().begin_read().await?;
    let events = store::list(&mut tx, organiser.organisation, &filter, order, after, limit + 1).await?;
    let page = Page::new(events, limit, |event| Place::of(event).to_bytes().to_vec());
    Ok(Json(page.map(|event| EventBody::from(&event))))
}

/// Shows an event with what was decided about it.
#[utoipa::path(
    get, path = "/api/v1/events/{event}", tag = "events",
    responses((status = 200, body = EventWithDecisions, headers(("ETag" = String, description = "Its version"))))
)]
async fn show_event(State(app): State<App>, organiser: Organiser, Path(event): Path<String>) -> Result<Shown, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    shown(&mut tx, &event).await
}

/// Changes an event, as a JSON merge patch says. What doors must know reaches them with their list; when time or place
/// of a published event change, everybody with an e-mail address is told. Promoters change events of their own until
/// those are submitted.
#[utoipa::path(
    patch, path = "/api/v1/events/{event}", tag = "events", request_body = EventPatch,
    responses(
        (status = 200, body = EventWithDecisions, headers(("ETag" = String, description = "Its version"))),
        (status = 409,
         description = "Something that would go is in use, more is taken than there would be, or the event is over"),
        (status = 412),
    )
)]
async fn change_event(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    seen: IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Shown, Problem> {
    let id: EventId = id(&event, "such event")?;
    let event = change::change(&app, organiser, id, seen, &patch).await?;
    let mut tx = app.database().begin_read().await?;
    shown(&mut tx, &event).await
}

impl From<RemoveError> for Problem {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::Unknown => Self::not_found("such event"),
            RemoveError::Refused(problem) => problem,
            RemoveError::NotYours => not_yours(),
            RemoveError::InUse => Self::conflict("in-use", "Somebody is registered, or a terminal is enrolled")
                .detail("An event that others know of is not deleted: cancel it."),
            RemoveError::Store(error) => error.into(),
        }
    }
}

/// Deletes an event that nobody was ever registered for and no terminal enrolled at. Every other one can be cancelled.
#[utoipa::path(
    delete, path = "/api/v1/events/{event}", tag = "events",
    responses(
        (status = 204, description = "It is no more"),
        (status = 409, description = "Somebody is registered, or a terminal is enrolled"),
        (status = 412),
    )
)]
async fn delete_event(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    remove::remove(&app, organiser, id(&event, "such event")?, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<CopyError> for Problem {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Unknown => Self::not_found("such event"),
            CopyError::Invalid(errors) => Self::invalid(errors),
            CopyError::Store(error) => error.into(),
        }
    }
}

/// Copies an event as a draft with a new beginning. All its times move along; it has a feed and keys of its own, the
/// tasks to be done again, and nobody is registered for it.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/copy", tag = "events", request_body = CopyBody,
    responses((status = 201, body = EventWithDecisions))
)]
async fn copy_event(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<CopyBody>,
) -> Result<Made, Problem> {
    let id: EventId = id(&event, "such event")?;
    let event = copy::copy(&app, organiser, id, &body.starts, body.name.as_deref()).await?;
    Ok(made(&event))
}

impl From<supervisors::ChangeError> for Problem {
    fn from(error: supervisors::ChangeError) -> Self {
        match error {
            supervisors::ChangeError::Invalid(errors) => Self::invalid(errors),
            supervisors::ChangeError::Unknown => Self::not_found("such event"),
            supervisors::ChangeError::Refused(problem) => problem,
            supervisors::ChangeError::Over(over) => over.into(),
            supervisors::ChangeError::Store(error) => error.into(),
        }
    }
}

/// Says who may decide against a finding at the doors, in place of those before. The doors learn it with
/// their list; who is left out there counts no more. PINs are kept as hashes and never told.
#[utoipa::path(
    put, path = "/api/v1/events/{event}/supervisors", tag = "events", request_body = NewSupervisorsBody,
    responses(
        (status = 200, body = EventBody, headers(("ETag" = String, description = "What `If-Match` takes"))),
        (status = 409, description = "The event is over"),
        (status = 412),
    )
)]
async fn put_supervisors(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    seen: IfMatch,
    Json(body): Json<NewSupervisorsBody>,
) -> Result<([(HeaderName, String); 1], Json<EventBody>), Problem> {
    let id: EventId = id(&event, "such event")?;
    let asked = body.supervisors.into_iter().map(NewSupervisorBody::parts).collect();
    let event = supervisors::change(&app, organiser, id, seen, asked).await?;
    Ok((etag(event.version), Json(EventBody::from(&event))))
}
