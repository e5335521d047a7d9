//! Tasks over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::text;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{TASKS_MAX, TITLE_CHARS_MAX, Task, TaskId, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::clock::uuid_v7;
use crate::db::Tx;
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, id};
use crate::http::problem::{FieldError, Problem};
use crate::http::time::{parse_rfc3339, rfc3339};
use crate::http::version::{IfMatch, etag};

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_tasks, create_task)).routes(routes!(change_task, delete_task))
}

/// Something that has to be done for an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// What.
    #[schema(example = "Order the stage")]
    title: String,
    /// Until when; nothing if that does not matter.
    #[schema(example = "2026-10-01T10:00:00.000Z", format = "date-time")]
    due: Option<String>,
    /// Whether it is done.
    done: bool,
    /// When it was done.
    #[schema(example = "2026-09-28T15:12:00.000Z", format = "date-time")]
    done_at: Option<String>,
    /// Its version, as `If-Match` takes it in quotation marks.
    #[schema(example = 1)]
    version: u64,
    /// When it was written down.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<&Task> for TaskBody {
    fn from(task: &Task) -> Self {
        Self {
            id: hex::encode(task.id.0),
            title: task.title.clone(),
            due: task.due_at.map(rfc3339),
            done: task.done_at.is_some(),
            done_at: task.done_at.map(rfc3339),
            version: task.version,
            created_at: rfc3339(task.created_at),
        }
    }
}

/// All tasks of an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TasksBody {
    /// In the order they were written down.
    items: Vec<TaskBody>,
}

/// A task to write down.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Order the stage", "due": "2026-10-01T12:00:00+02:00" }))]
pub struct NewTask {
    /// What: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Until when, RFC 3339 with an offset.
    #[serde(default)]
    #[schema(format = DateTime)]
    due: Option<String>,
}

/// A change of a task: what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "done": true }))]
pub struct TaskPatch {
    /// What: 1 to 200 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// Until when; `null` for no time.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Option<String>>,
    /// Whether it is done.
    #[serde(default)]
    done: Option<bool>,
}

/// Tells a `null` from what is left out.
#[expect(clippy::option_option, reason = "left out, null, and a value are three things")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Checks a title and a time, each if it is given.
fn check(title: Option<&str>, due: Option<&str>) -> Result<(Option<String>, Option<UnixMillis>), Problem> {
    let mut errors = Vec::new();
    let title = title.map(|title| text::tidy(title, usize::MAX));
    if title.as_ref().is_some_and(|title| title.is_empty() || title.chars().count() > TITLE_CHARS_MAX) {
        errors.push(FieldError::new("body.title", "length", format!("must have 1 to {TITLE_CHARS_MAX} characters")));
    }
    let parsed = due.map(parse_rfc3339);
    if parsed == Some(None) {
        let msg = "must be a time with an offset, such as 2026-10-01T12:00:00+02:00";
        errors.push(FieldError::new("body.due", "time", msg));
    }
    if errors.is_empty() { Ok((title, parsed.flatten())) } else { Err(Problem::invalid(errors)) }
}

async fn note(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    event: &Event,
    action: &'static str,
    (before, after): (Option<&Task>, Option<&Task>),
) -> Result<(), Problem> {
    let value = |task: &Task| json!({ "title": task.title, "due": task.due_at.map(rfc3339), "done_at": task.done_at.map(rfc3339) });
    let subject = before.or(after).map(|task| hex::encode(task.id.0)).unwrap_or_default();
    let change = audit::Change {
        action,
        event: Some(event.id),
        subject: &subject,
        before: before.map_or(Value::Null, value),
        after: after.map_or(Value::Null, value),
    };
    Ok(audit::note(tx, organiser, &change, app.clock().now()).await?)
}

/// Lists what has to be done for an event.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/tasks", tag = "events",
    responses((status = 200, body = TasksBody))
)]
async fn list_tasks(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<TasksBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let tasks = store::list(&mut tx, event.id).await?;
    Ok(Json(TasksBody { items: tasks.iter().map(TaskBody::from).collect() }))
}

/// Writes down something that has to be done. An event has at most 500 tasks.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/tasks", tag = "events", request_body = NewTask,
    responses(
        (status = 201, body = TaskBody, headers(("ETag" = String, description = "Its version"))),
        (status = 409, description = "There are 500 tasks already"),
    )
)]
async fn create_task(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<NewTask>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TaskBody>), Problem> {
    let (title, due_at) = check(Some(&body.title), body.due.as_deref())?;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    if store::count(&mut tx, event.id).await? >= TASKS_MAX {
        return Err(Problem::conflict("too-many", "The event has as many tasks as it may have"));
    }
    let task = Task {
        id: TaskId(uuid_v7(now)),
        title: title.unwrap_or_default(),
        due_at,
        done_at: None,
        version: 1,
        created_at: now,
    };
    store::insert(&mut tx, event.id, std::slice::from_ref(&task)).await?;
    note(&mut tx, &app, organiser, &event, "task.create", (None, Some(&task))).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, etag(task.version), Json(TaskBody::from(&task))))
}

/// Changes a task, or says that it is done.
#[utoipa::path(
    patch, path = "/api/v1/events/{event}/tasks/{task}", tag = "events", request_body = TaskPatch,
    responses(
        (status = 200, body = TaskBody, headers(("ETag" = String, description = "Its version"))),
        (status = 412),
    )
)]
async fn change_task(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, task)): Path<(String, String)>,
    seen: IfMatch,
    Json(patch): Json<TaskPatch>,
) -> Result<([(HeaderName, String); 1], Json<TaskBody>), Problem> {
    let due = patch.due.as_ref().map(Option::as_deref);
    let (title, due_at) = check(patch.title.as_deref(), due.flatten())?;
    let mut tx = app.database().begin_write().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let held = store::lock(&mut tx, event.id, id(&task, "such task")?).await?;
    let held = held.ok_or_else(|| Problem::not_found("such task"))?;
    seen.check(held.version)?;
    let task = Task {
        title: title.unwrap_or_else(|| held.title.clone()),
        due_at: if due.is_some() { due_at } else { held.due_at },
        done_at: match patch.done {
            Some(true) => held.done_at.or(Some(app.clock().now())),
            Some(false) => None,
            None => held.done_at,
        },
        version: held.version + 1,
        id: held.id,
        created_at: held.created_at,
    };
    store::update(&mut tx, &task).await?;
    note(&mut tx, &app, organiser, &event, "task.update", (Some(&held), Some(&task))).await?;
    tx.commit().await?;
    Ok((etag(task.version), Json(TaskBody::from(&task))))
}

/// Strikes a task off.
#[utoipa::path(
    delete, path = "/api/v1/events/{event}/tasks/{task}", tag = "events",
    responses((status = 204, description = "It is no more"), (status = 412))
)]
async fn delete_task(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, task)): Path<(String, String)>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let held = store::lock(&mut tx, event.id, id(&task, "such task")?).await?;
    let held = held.ok_or_else(|| Problem::not_found("such task"))?;
    seen.check(held.version)?;
    store::delete(&mut tx, held.id).await?;
    note(&mut tx, &app, organiser, &event, "task.delete", (Some(&held), None)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
