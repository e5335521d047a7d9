//! The other terminals of an event, for the terminals themselves.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};

use super::feed::NO_STORE;
use super::refusal::Refusal;
use super::signed::{Access, Signed};
use crate::admissions;
use crate::app::App;
use crate::http::extract::Json;

/// Lists the event's terminals: when each was last heard of, and how many it let in.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/doors", tag = "sync", security(()),
    responses(
        (status = 200, description = "`{\"at\": …, \"doors\": [{\"device_no\": …, \"name\": …, \"gates\": […], \
            \"status\": …, \"last_seen_at\": …, \"last_entry_at\": …, \"last_seq\": …, \"admitted\": …, \"exits\": …}]}`"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
    )
)]
pub(super) async fn list_doors(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    signed.note_seen(&app);
    let doors = admissions::doors::doors(&app, event).await?;
    Ok(([NO_STORE], Json(doors)).into_response())
}
