//! Claims: a terminal asks before it admits, so that two doors do not let in one ticket.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{ClaimGranted, ClaimRequest};

use super::feed::NO_STORE;
use super::refusal::Refusal;
use super::signed::{Access, Signed};
use crate::admissions::claims::{self, ClaimError, Claimed};
use crate::app::App;
use crate::http::extract::Json;

impl From<ClaimError> for Refusal {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Full => Self::from(ProblemCode::Retry).detail("Too many claims are waiting."),
            ClaimError::Failed(trouble) => trouble.into(),
        }
    }
}

/// Asks for a ticket that a terminal is about to admit. Asking again is answered alike.
#[utoipa::path(
    post, path = "/sync/v1/events/{event}/claims", tag = "sync", security(()),
    responses(
        (status = 200, description = "Granted: `{\"until\": …}`"),
        (status = 400, description = "MALFORMED"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
        (status = 409, description = "CLAIM_HELD, with the movement that stands against it"),
    )
)]
pub(super) async fn claim_ticket(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    let claim: ClaimRequest = serde_json::from_slice(&signed.body)
        .map_err(|error| Refusal::from(ProblemCode::Malformed).detail(error.to_string()))?;
    if Some(claim.device_no) != signed.device.number {
        return Err(Refusal::from(ProblemCode::Malformed).detail("A device claims for itself."));
    }
    match claims::claim(&app, event, signed.device.id, &claim).await? {
        Claimed::Granted { until } => Ok(([NO_STORE], Json(ClaimGranted { until })).into_response()),
        Claimed::Held(held_by) => {
            let held_by = serde_json::to_value(held_by).unwrap_or_default();
            Err(Refusal::from(ProblemCode::ClaimHeld).with("held_by", held_by))
        }
    }
}
