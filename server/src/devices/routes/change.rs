//! What organisers change of a device that is enrolled.

use axum::extract::{Path, State};

use super::body::{DeviceChangeBody, named_gates};
use super::device::DeviceBody;
use super::{lock, note, shown};
use crate::accounts::Organiser;
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::sync::feed;

/// Changes the gates that a device may stand at.
///
/// It gets another certificate, which every terminal learns of at its next contact with the server. A device that
/// stands at a gate it may not stand at any more lets nobody in there, and says how it is moved to another one.
/// What it recorded before stays as it is.
#[utoipa::path(
    patch, path = "/api/v1/events/{event}/devices/{device}", tag = "devices", request_body = DeviceChangeBody,
    responses((status = 200, body = DeviceBody), (status = 409))
)]
pub(super) async fn change_device(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
    Json(body): Json<DeviceChangeBody>,
) -> Result<Json<DeviceBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let (event, mut device) = lock(&mut tx, organiser, &event, &device).await?;
    let before = device.clone();
    if let Some(names) = &body.gates {
        let gates = named_gates(names, &event).map_err(Problem::invalid)?;
        device = crate::devices::set_gates(&app, &mut tx, device, gates).await?;
    }
    note(&mut tx, organiser, "device.change", &before, &device, app.clock().now()).await?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    let shown = shown(&app, &mut tx, &device, &event, head).await?;
    tx.commit().await?;
    tracing::info!(device.id = %device.id, "an organiser changed a device");
    Ok(Json(shown))
}
