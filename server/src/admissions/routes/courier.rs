//! Journals that an organiser brings: what terminals exported because they could not reach the server.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use sync_protocol::id::{DeviceId, EventId};
use sync_protocol::journal::courier::COURIER_BYTES_MAX;
use sync_protocol::journal::{Batch, Courier};
use utoipa::ToSchema;

use crate::accounts::Organiser;
use crate::admissions::intake::{self, IntakeError, Taken};
use crate::app::App;
use crate::db::StoreError;
use crate::devices;
use crate::events::routes::event_of;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::metrics;
use crate::sync::routes::signed::read_body;
use crate::sync::routes::unpack::unpack;

/// What became of the batches of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BroughtBody {
    /// One for each batch, in the file's order.
    batches: Vec<BroughtBatchBody>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct BroughtBatchBody {
    /// The id of the device whose journal it is of.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    device_id: String,
    /// `stored`, `quarantined`, `gap` (entries are missing before it), `forked` (it contradicts what is
    /// held), `bad` (it does not hold together or is not the device's) or `unknown_device`.
    #[schema(example = "stored")]
    outcome: &'static str,
    /// The last entry of the device's journal that is held.
    #[schema(example = 230)]
    last_seq: Option<u64>,
    /// The quarantine's number.
    #[schema(example = json!(null))]
    quarantine: Option<u64>,
}

/// Takes a file of journals that terminals exported. Who brings it doesn't matter: only the entries' own
/// signatures count. Bringing it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/journals", tag = "admissions",
    request_body(content_type = "application/octet-stream", description = "The file, plain or as zstd"),
    responses((status = 200, body = BroughtBody))
)]
pub(super) async fn bring_journals(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    request: Request,
) -> Result<Json<BroughtBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    drop(tx);
    let (parts, body) = request.into_parts();
    let packed = read_body(body, COURIER_BYTES_MAX).await?;
    let bytes = unpack(&parts.headers, &packed, COURIER_BYTES_MAX)?;
    let malformed = |detail: &str| Problem::of_status(StatusCode::BAD_REQUEST).detail(detail);
    let courier = Courier::decode(&bytes).map_err(|_| malformed("The file is not one that a terminal exported."))?;
    if courier.event != event.id {
        return Err(malformed("The file is of another event."));
    }
    let mut batches = Vec::with_capacity(courier.batches.len());
    for (device, batch) in &courier.batches {
        batches.push(take(&app, event.id, *device, batch).await?);
    }
    Ok(Json(BroughtBody { batches }))
}

async fn take(app: &App, event: EventId, device: DeviceId, bytes: &[u8]) -> Result<BroughtBatchBody, Problem> {
    let outcome = |outcome, last_seq, quarantine| BroughtBatchBody {
        device_id: device.to_string(),
        outcome,
        last_seq,
        quarantine,
    };
    let mut tx = app.database().begin_read().await?;
    let author = devices::store::device(&mut tx, device).await?;
    drop(tx);
    let Some(author) = author.filter(|author| author.event == event && author.number.is_some()) else {
        return Ok(outcome("unknown_device", None, None));
    };
    let Ok(batch) = Batch::decode(bytes, author.id, &author.sign_key) else {
        app.metrics().batch(metrics::Batch::Refused);
        return Ok(outcome("bad", None, None));
    };
    let taken = match intake::take(app, &author, &batch, bytes, false).await {
        Ok(taken) => taken,
        Err(IntakeError::Full) => return Err(Problem::busy(60).detail("A device's quarantine is full.")),
        Err(IntakeError::Store(error)) => return Err(StoreError::into(error)),
    };
    Ok(match taken {
        Taken::Stored(ack) => outcome("stored", Some(ack.seq.0), None),
        Taken::Quarantined { number, last_seq } => outcome("quarantined", Some(last_seq.0), Some(number)),
        Taken::Gap { last } => outcome("gap", Some(last.0), None),
        Taken::Fork { number } => outcome("forked", None, Some(number)),
    })
}
