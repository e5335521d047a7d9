//! The template of tasks over HTTP.

use axum::extract::State;
use axum::http::HeaderName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{TemplateTask, checked, put, versioned};
use crate::accounts::Organiser;
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::version::{IfMatch, etag};
use crate::organisations::store;

pub(in crate::organisations) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_task_template, put_task_template))
}

/// What an organisation does before each of its events.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "tasks": [
    { "title": "Book the hall", "days_before": 90 }, { "title": "Print signs", "days_before": 7 }
] }))]
struct TaskTemplate {
    /// At most 100; shown with the earliest first.
    #[schema(max_items = 100)]
    tasks: Vec<TemplateTask>,
}

/// Shows what an organisation does before each of its events.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/task-template", tag = "organisations",
    responses((status = 200, body = TaskTemplate, headers(("ETag" = String))))
)]
async fn show_task_template(
    State(app): State<App>,
    organiser: Organiser,
) -> Result<([(HeaderName, String); 1], Json<TaskTemplate>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let (tasks, version) = versioned(&mut tx, organiser.organisation).await?;
    Ok((etag(version), Json(TaskTemplate { tasks })))
}

/// Says what an organisation does before each of its events, in place of what it was. Tasks of events that there
/// are already stay as they are.
#[utoipa::path(
    put, path = "/api/v1/organisations/{organisation}/task-template", tag = "organisations",
    request_body = TaskTemplate,
    responses(
        (status = 200, body = TaskTemplate, headers(("ETag" = String))),
        (status = 409),
        (status = 412),
    )
)]
async fn put_task_template(
    State(app): State<App>,
    organiser: Organiser,
    seen: IfMatch,
    Json(body): Json<TaskTemplate>,
) -> Result<([(HeaderName, String); 1], Json<TaskTemplate>), Problem> {
    let tasks = checked(body.tasks).map_err(Problem::invalid)?;
    let mut tx = app.database().begin_write().await?;
    store::lock(&mut tx, organiser.organisation).await?;
    let (_, version) = versioned(&mut tx, organiser.organisation).await?;
    seen.check(version)?;
    put(&mut tx, organiser, &tasks, app.clock().now()).await?;
    tx.commit().await?;
    Ok((etag(version + 1), Json(TaskTemplate { tasks })))
}
