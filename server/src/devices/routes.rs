//! Enrolment codes and devices over HTTP.

mod body;
mod change;
mod device;
mod exposure;
mod health;
mod leases;

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sync_protocol::id::{DeviceId, FeedSeq};
use sync_protocol::time::UnixMillis;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::{CodeBody, NewCodeBody, RevokeBody, role};
use self::device::{Around, DeviceBody};
use super::enrolment::{self, CodeId};
use super::{ConfirmError, Device, store};
use crate::accounts::Organiser;
use crate::admissions;
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, OptionalJson, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::sync::feed;
use crate::tickets::qr::{Level, Modules};
use crate::walk_ins;
use crate::walk_ins::plan::Plan;

/// The pixels of a QR code's module.
const MODULE_PX: u32 = 8;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make_enrolment_code))
        .routes(routes!(enrolment_code_svg))
        .routes(routes!(enrolment_code_png))
        .routes(routes!(list_devices))
        .routes(routes!(show_device, change::change_device))
        .routes(routes!(leases::put_leases))
        .routes(routes!(exposure::show_exposure))
        .routes(routes!(confirm_device))
        .routes(routes!(revoke_device))
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Revoked => Self::conflict("device-revoked", "The device was revoked")
                .detail("A revoked device stays revoked. Enrol it again with a new code."),
            ConfirmError::Over(over) => over.into(),
            ConfirmError::Full => Self::conflict("no-device-number-left", "The event has no room for another device"),
            ConfirmError::Store(error) => error.into(),
        }
    }
}

/// Makes an enrolment code: a terminal that is told it may become one of the event's.
///
/// The code's texts are shown this once. It is valid for 15 minutes, once, and for 5 wrong tries. With
/// `confirmed`, whoever uses it is a terminal at once; without, an organiser compares six digits and
/// confirms.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/enrolment-codes", tag = "devices", request_body = NewCodeBody,
    responses((status = 201, body = CodeBody), (status = 409, description = "The event is over"))
)]
async fn make_enrolment_code(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<NewCodeBody>,
) -> Result<(StatusCode, [(HeaderName, &'static str); 1], Json<CodeBody>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    drop(tx);
    let role = role(body, &event, app.clock().now()).map_err(Problem::invalid)?;
    let code = enrolment::make_code(&app, organiser, event.id, &role).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(CodeBody::of(&code, event.id))))
}

/// Draws an enrolment code as SVG, while it can be used.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/enrolment-codes/{code}/qr.svg", tag = "devices",
    responses((status = 200, body = String, content_type = "image/svg+xml"))
)]
async fn enrolment_code_svg(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, code)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let modules = modules(&app, organiser, &event, &code).await?;
    Ok(picture("image/svg+xml", modules.to_svg(MODULE_PX).into_bytes()))
}

/// Draws an enrolment code as PNG, while it can be used.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/enrolment-codes/{code}/qr.png", tag = "devices",
    responses((status = 200, content_type = "image/png"))
)]
async fn enrolment_code_png(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, code)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let modules = modules(&app, organiser, &event, &code).await?;
    let png = modules.to_png(MODULE_PX).map_err(|error| Problem::internal(&error))?;
    Ok(picture("image/png", png))
}

async fn modules(app: &App, organiser: Organiser, event: &str, code: &str) -> Result<Modules, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, event).await?;
    let code: CodeId = id(code, "such enrolment code")?;
    let invitation = enrolment::invitation_of(app, &mut tx, event.id, code).await?;
    let text =
        invitation.ok_or_else(|| Problem::not_found("enrolment code of this number that can be used"))?.to_text();
    Modules::of_any(&text, Level::M).map_err(|error| Problem::internal(&error))
}

/// The picture is as good as the code.
fn picture(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}

/// Lists the event's devices, those that wait for confirmation as well, in the order in which they asked. The
/// `concerns` of each one's `health` say at one glance which door somebody should look after.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/devices", tag = "devices",
    params(PageQuery),
    responses((status = 200, body = Page<DeviceBody>))
)]
async fn list_devices(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeviceBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = match page::cursor::<24>(query.cursor.as_deref())? {
        None => (UnixMillis(0), DeviceId([0; 16])),
        Some(key) => {
            let (time, device) = key.split_at(8);
            let time = time.try_into().map_or(0, u64::from_be_bytes);
            (UnixMillis(time), DeviceId(device.try_into().unwrap_or_default()))
        }
    };
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    let devices = store::list(&mut tx, event.id, after, limit + 1).await?;
    let page =
        Page::new(devices, limit, |device| [device.enrolled_at.0.to_be_bytes().as_slice(), &device.id.0].concat());
    let mut items = Vec::with_capacity(page.items.len());
    for device in &page.items {
        items.push(shown(&app, &mut tx, device, &event, head).await?);
    }
    Ok(Json(Page { items, next: page.next }))
}

/// Returns a device as it is shown.
async fn shown(
    app: &App,
    tx: &mut Tx,
    device: &Device,
    event: &Event,
    head: FeedSeq,
) -> Result<DeviceBody, StoreError> {
    let leases = match device.number {
        Some(number) => walk_ins::leases::standings(tx, event.id, number).await?,
        None => Vec::new(),
    };
    let journal = admissions::doors::last_entries(tx, device).await?;
    let health = store::health(tx, device.id).await?;
    Ok(DeviceBody::of(device, event, &Around { head, journal, leases, health, now: app.clock().now() }))
}

/// Shows a device: where it stands, when it was last heard of, how it is, how its last check of itself came out, what
/// it may sell.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/devices/{device}", tag = "devices",
    responses((status = 200, body = DeviceBody))
)]
async fn show_device(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
) -> Result<Json<DeviceBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let device = store::device(&mut tx, id(&device, "such device")?).await?;
    let is_it = |device: &Device| device.event == event.id && !device.is_server();
    let device = device.filter(is_it).ok_or_else(|| Problem::not_found("such device"))?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    Ok(Json(shown(&app, &mut tx, &device, &event, head).await?))
}

/// Confirms a device that waits, after its six digits were compared. Confirming it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/devices/{device}/confirm", tag = "devices",
    responses((status = 200, body = DeviceBody))
)]
async fn confirm_device(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
) -> Result<Json<DeviceBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let (event, device) = lock(&mut tx, organiser, &event, &device).await?;
    let before = device.clone();
    let device = super::confirm(&app, &mut tx, device).await?;
    note(&mut tx, organiser, "device.confirm", &before, &device, app.clock().now()).await?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    let shown = shown(&app, &mut tx, &device, &event, head).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// Revokes a device: all terminals are told, and what it sends from now on goes to quarantine. Revoking it
/// again changes nothing.
///
/// With `wipe` it is also ordered to erase itself: it learns that when it speaks to the server again, and hands
/// over what it has recorded first. The order is never taken back.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/devices/{device}/revoke", tag = "devices",
    request_body = Option<RevokeBody>,
    responses((status = 200, body = DeviceBody))
)]
async fn revoke_device(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
    OptionalJson(RevokeBody { wipe }): OptionalJson<RevokeBody>,
) -> Result<Json<DeviceBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let (event, device) = lock(&mut tx, organiser, &event, &device).await?;
    let before = device.clone();
    let device = super::revoke(&app, &mut tx, device, wipe).await?;
    note(&mut tx, organiser, "device.revoke", &before, &device, app.clock().now()).await?;
    let head = feed::state(&mut tx, event.id).await?.point.seq;
    let shown = shown(&app, &mut tx, &device, &event, head).await?;
    tx.commit().await?;
    tracing::info!(device.id = %device.id, wipe, "an organiser revoked a device");
    Ok(Json(shown))
}

async fn lock(tx: &mut Tx, organiser: Organiser, event: &str, device: &str) -> Result<(Event, Device), Problem> {
    let event = event_of(tx, organiser, event).await?;
    let device = store::lock_device(tx, id(device, "such device")?).await?;
    let device = device.filter(|device| device.event == event.id && !device.is_server());
    Ok((event, device.ok_or_else(|| Problem::not_found("such device"))?))
}

/// Records what an organiser did to a device, if that changed anything.
async fn note(
    tx: &mut Tx,
    organiser: Organiser,
    action: &'static str,
    before: &Device,
    after: &Device,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let record = |device: &Device| {
        let gates: Vec<u16> = device.gates.iter().map(|gate| gate.0).collect();
        let places = |plan: &Plan| json!({ "ticket_type": plan.class.0, "places": plan.places, "until": plan.until.map(|until| until.0) });
        let walk_in: Vec<Value> = device.walk_in.iter().map(places).collect();
        json!({ "name": device.name, "status": device.standing.name(), "gates": gates, "walk_in": walk_in })
    };
    let (was, is) = (record(before), record(after));
    if was == is {
        return Ok(());
    }
    let event = Some(after.event);
    let noted = audit::Change { action, event, subject: &after.id.to_string(), before: was, after: is };
    audit::note(tx, organiser, &noted, now).await
}
