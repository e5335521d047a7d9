//! What a device may sell at the door.

use axum::extract::{Path, State};

use super::body::LeasesBody;
use super::device::DeviceBody;
use super::{lock, note, shown};
use crate::accounts::Organiser;
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::sync::feed;
use crate::walk_ins::plan;

/// Says what a device should be able to sell at the door at any time, in place of what it was before.
///
/// As many places as the quota has left are taken from it at once, and again whenever the device has reported
/// sales; `left` of the answer says how many it may sell now. What the device may have sold before it hears of
/// less stays taken until its journal shows that it has.
#[utoipa::path(
    put, path = "/api/v1/events/{event}/devices/{device}/leases", tag = "devices", request_body = LeasesBody,
    responses((status = 200, body = DeviceBody), (status = 409))
)]
pub(super) async fn put_leases(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
    Json(body): Json<LeasesBody>,
) -> Result<Json<DeviceBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let (event, device) = lock(&mut tx, organiser, &event, &device).await?;
    let plans = plan::check(&body.walk_in, &event, app.clock().now()).map_err(Problem::invalid)?;
    let before = device.clone();
    let device = crate::devices::plan_walk_ins(&app, &mut tx, device, plans).await?;
    note(&mut tx, organiser, "device.leases", &before, &device, app.clock().now()).await?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    let shown = shown(&app, &mut tx, &device, &event, head).await?;
    tx.commit().await?;
    Ok(Json(shown))
}
