//! A terminal asks for its places to be filled up again.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use sync_protocol::sync::message::{LeaseHeld, Leases};

use super::feed::NO_STORE;
use super::refusal::Refusal;
use super::signed::{Access, Signed};
use crate::app::App;
use crate::devices;
use crate::http::extract::Json;

/// Fills the terminal's rights to sell up again, as far as there are places, and says what they are. The feed
/// tells it as well: what counts is there. Asking again changes nothing.
#[utoipa::path(
    post, path = "/sync/v1/events/{event}/leases", tag = "sync", security(()),
    responses(
        (status = 200, description = "`{\"leases\": [{\"class\": …, \"places\": …, \"count\": …, \"expires\": …}]}`"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
    )
)]
pub(super) async fn fill_leases(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    signed.in_event(&event, Access::Counting)?;
    signed.note_seen(&app);
    let standings = devices::top_up(&app, signed.device.id).await?;
    let held = |standing: &crate::walk_ins::leases::Standing| LeaseHeld {
        class: standing.lease.class,
        places: standing.lease.places,
        count: standing.lease.total,
        expires: standing.lease.expires,
    };
    Ok(([NO_STORE], Json(Leases { leases: standings.iter().map(held).collect() })).into_response())
}
