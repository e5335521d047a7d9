//! Journals: what devices send up.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync_protocol::id::EventId;
use sync_protocol::journal::batch::BATCH_BYTES_MAX;
use sync_protocol::journal::{Batch, BatchError};
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::Quarantined;

use super::feed::{BYTES, NO_STORE};
use super::refusal::Refusal;
use super::signed::{Access, Signed};
use super::unpack::unpack;
use crate::admissions::intake::{self, IntakeError, Taken};
use crate::app::App;
use crate::devices::{self, Device};
use crate::http::extract::Json;
use crate::metrics;

impl From<IntakeError> for Refusal {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Full => Self::from(ProblemCode::Retry).detail("This device's quarantine is full."),
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<BatchError> for Refusal {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Layout(error) => Self::from(ProblemCode::Malformed).detail(error.to_string()),
            BatchError::Chain => ProblemCode::BadChain.into(),
        }
    }
}

/// How a batch is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PushQuery {
    evidence: Option<u8>,
}

/// Takes a batch of a device's journal, and acknowledges how far it is held.
///
/// Any device of the event may bring it: only the batch's own signature counts. Bringing it again changes
/// nothing.
#[utoipa::path(
    post, path = "/sync/v1/events/{event}/journals/{device}", tag = "sync", security(()),
    params(
        ("evidence" = Option<u8>, Query, description = "1 asks for quarantine"),
    ),
    responses(
        (status = 200, description = "The acknowledgement and its signature"),
        (status = 202, description = "In quarantine: `{\"quarantine\": …, \"last_seq\": …}`"),
        (status = 400, description = "MALFORMED"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 404, description = "UNKNOWN_EVENT or NOT_FOUND"),
        (status = 409, description = "GAP with `last_seq`, or FORK with `quarantine`"),
        (status = 413, description = "TOO_LARGE"),
        (status = 422, description = "BAD_CHAIN"),
        (status = 429, description = "RETRY"),
    )
)]
pub(super) async fn push_journal(
    State(app): State<App>,
    Path((event, device)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Journals)?;
    let query: PushQuery = signed.query()?;
    let author = author(&app, event, &device).await?;
    let bytes = unpack(&signed.headers, &signed.body, BATCH_BYTES_MAX)?;
    let batch = Batch::decode(&bytes, author.id, &author.sign_key);
    let batch = batch.inspect_err(|_| app.metrics().batch(metrics::Batch::Refused))?;
    let taken = intake::take(&app, &author, &batch, &bytes, query.evidence == Some(1)).await?;
    signed.note_seen(&app);
    match taken {
        Taken::Stored(ack) => Ok(([BYTES, NO_STORE], ack.sign(app.server_key()).to_bytes()).into_response()),
        Taken::Quarantined { number, last_seq } => {
            Ok((StatusCode::ACCEPTED, Json(Quarantined { quarantine: number, last_seq })).into_response())
        }
        Taken::Gap { last } => Err(Refusal::from(ProblemCode::Gap).with("last_seq", last.0)),
        Taken::Fork { number } => Err(Refusal::from(ProblemCode::Fork).with("quarantine", number)),
    }
}

/// Says how far a device's journal is held, and which of its entries are in quarantine.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/journals/{device}", tag = "sync", security(()),
    responses(
        (status = 200, description = "`{\"last_seq\": …, \"last_hash\": …, \"quarantined\": [[first, last], …]}`"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 404, description = "UNKNOWN_EVENT or NOT_FOUND"),
    )
)]
pub(super) async fn show_journal(
    State(app): State<App>,
    Path((event, device)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Journals)?;
    signed.note_seen(&app);
    let author = author(&app, event, &device).await?;
    let status = intake::status(&app, &author).await?;
    Ok(([NO_STORE], Json(status)).into_response())
}

/// Returns the device whose journal a path names: one of the event, and confirmed.
async fn author(app: &App, event: EventId, device: &str) -> Result<Device, Refusal> {
    let id = device.parse().map_err(|_| ProblemCode::NotFound)?;
    let mut tx = app.database().glance().await?;
    let found = devices::store::device(&mut tx, id).await?;
    let found = found.filter(|device| device.event == event && !device.is_pending() && device.number.is_some());
    Ok(found.ok_or(ProblemCode::NotFound)?)
}
