//! Check-ins, counts, conflicts and quarantine over HTTP.

pub(crate) mod body;
mod conflicts;
mod courier;
mod quarantine;
mod stream;

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use serde::Deserialize;
use sync_protocol::id::{DeviceNo, GateId};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::{CheckInBody, CountsBody, KindName, Surroundings};
use super::{CheckIn, Filter, Order, attendance, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::{devices, sync::feed};

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_check_ins))
        .routes(routes!(count_check_ins))
        .routes(routes!(stream::stream_check_ins))
        .routes(routes!(conflicts::list_conflicts))
        .routes(routes!(quarantine::list_quarantine))
        .routes(routes!(quarantine::adopt_batch))
        .routes(routes!(courier::bring_journals))
}

/// Which check-ins, and which page of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CheckInsQuery {
    /// Items on the page at most, 1 to 500; 50 if absent.
    limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
    /// Only those of the device with this number.
    device: Option<u16>,
    /// Only those at the gate of this name.
    gate: Option<String>,
    /// Only those of this kind.
    #[param(inline)]
    kind: Option<KindName>,
    /// In which order; as they arrived if absent.
    #[param(inline)]
    order: Option<OrderName>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrderName {
    /// As they arrived.
    Oldest,
    /// The other way round.
    Newest,
}

impl CheckInsQuery {
    fn filter(&self, event: &Event) -> Result<Filter, Problem> {
        let gate = self.gate.as_deref().map(|name| gate_named(event, name)).transpose()?;
        Ok(Filter { device: self.device.map(DeviceNo), gate, kind: self.kind.map(KindName::kind) })
    }
}

fn gate_named(event: &Event, name: &str) -> Result<GateId, Problem> {
    let wanted = name.trim().to_lowercase();
    let gate = event.policy.gates.iter().find(|gate| gate.name.to_lowercase() == wanted);
    gate.map(|gate| gate.id).ok_or_else(|| Problem::invalid_field("query.gate", "unknown", "is no gate of the event"))
}

/// Lists what the doors decided: who, when, where, and at which device.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/check-ins", tag = "admissions",
    params(CheckInsQuery),
    responses((status = 200, body = Page<CheckInBody>))
)]
async fn list_check_ins(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<CheckInsQuery>,
) -> Result<Json<Page<CheckInBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let from = page::cursor(query.cursor.as_deref())?.map(u64::from_be_bytes);
    let order = match query.order {
        None | Some(OrderName::Oldest) => Order::OldestFirst,
        Some(OrderName::Newest) => Order::NewestFirst,
    };
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let check_ins = store::list(&mut tx, event.id, query.filter(&event)?, order, from, limit + 1).await?;
    let around = surroundings(&mut tx, &event, &check_ins).await?;
    let page = Page::new(check_ins, limit, |check_in| check_in.number.to_be_bytes().to_vec());
    Ok(Json(page.map(|check_in| CheckInBody::of(&check_in, &event, &around))))
}

/// Reads what is shown beside these check-ins: names of devices and attendees.
pub(crate) async fn surroundings(
    tx: &mut Tx,
    event: &Event,
    check_ins: &[CheckIn],
) -> Result<Surroundings, StoreError> {
    if check_ins.is_empty() {
        return Ok(Surroundings::default());
    }
    let devices: BTreeMap<DeviceNo, String> = devices::store::names(tx, event.id).await?.into_iter().collect();
    let tickets = feed::tickets(tx, event.id, check_ins.iter().map(|check_in| check_in.ticket)).await?;
    Ok(Surroundings { devices, tickets })
}

/// Counts, for each gate and zone, who came in and who is inside.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/counts", tag = "admissions",
    responses((status = 200, body = CountsBody))
)]
async fn count_check_ins(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<CountsBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let gates = attendance::gates(&mut tx, event.id).await?;
    let inside = attendance::inside(&mut tx, event.id).await?;
    Ok(Json(CountsBody::of(&event, &gates, &inside)))
}
