//! Sales at the door over HTTP.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use serde::Serialize;
use sync_protocol::id::DeviceNo;
use sync_protocol::journal::walk_in::Payment;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CashUpLine, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::devices;
use crate::events::routes::event_of;
use crate::http::extract::Json;
use crate::http::problem::Problem;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(cash_up))
}

/// What was sold at the doors.
#[derive(Debug, Serialize, ToSchema)]
struct SalesBody {
    /// By device, operator, way of paying and currency.
    lines: Vec<SalesLineBody>,
    /// By way of paying and currency.
    totals: Vec<TotalBody>,
}

/// What one operator sold at one device in one way.
#[derive(Debug, Serialize, ToSchema)]
struct SalesLineBody {
    /// The device's number.
    #[schema(example = 3)]
    device: u16,
    /// What people call it.
    #[schema(example = "Main entrance, left")]
    device_name: String,
    /// Who was at the device; may be empty.
    #[schema(example = "Eve")]
    operator: String,
    /// `cash`, `card` or `free`.
    #[schema(value_type = String, example = "cash")]
    method: Payment,
    /// The currency; the code for none (ISO 4217) where nothing was taken and nothing was asked.
    #[schema(example = "EUR")]
    currency: String,
    /// Sales that count.
    #[schema(example = 12)]
    count: u64,
    /// What was taken for them, in the currency's minor unit.
    #[schema(example = 58_800)]
    amount: u64,
    /// How many of them went beyond the device's places.
    #[schema(example = 0)]
    beyond_places: u64,
    /// How many of them an organiser cancelled since, or the event was: money that may have to be given back.
    #[schema(example = 0)]
    cancelled: u64,
    /// Sales that the door took back, which are not in the other figures.
    #[schema(example = 1)]
    undone: u64,
}

/// What was sold in one way.
#[derive(Debug, Serialize, ToSchema)]
struct TotalBody {
    /// `cash`, `card` or `free`.
    #[schema(value_type = String, example = "cash")]
    method: Payment,
    /// The currency.
    #[schema(example = "EUR")]
    currency: String,
    /// Sales that count.
    #[schema(example = 12)]
    count: u64,
    /// What was taken for them, in the currency's minor unit.
    #[schema(example = 58_800)]
    amount: u64,
}

/// Sums up what was sold at the doors, as far as it was reported: for the cash-up.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/sales", tag = "admissions",
    responses((status = 200, body = SalesBody))
)]
async fn cash_up(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<SalesBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let lines = store::cash_up(&mut tx, event.id).await?;
    let names: BTreeMap<DeviceNo, String> = devices::store::names(&mut tx, event.id).await?.into_iter().collect();

    let mut totals: BTreeMap<(&str, Payment), (u64, u64)> = BTreeMap::new();
    for line in &lines {
        let (count, amount) = totals.entry((line.currency.as_str(), line.payment)).or_default();
        (*count, *amount) = (*count + line.count, *amount + line.amount);
    }
    let total = |((currency, method), (count, amount)): ((&str, Payment), (u64, u64))| TotalBody {
        method,
        currency: currency.to_owned(),
        count,
        amount,
    };
    let line = |line: &CashUpLine| SalesLineBody {
        device: line.device_no.0,
        device_name: names.get(&line.device_no).cloned().unwrap_or_default(),
        operator: line.operator.clone(),
        method: line.payment,
        currency: line.currency.clone(),
        count: line.count,
        amount: line.amount,
        beyond_places: line.over,
        cancelled: line.cancelled,
        undone: line.undone,
    };
    let totals: Vec<TotalBody> = totals.into_iter().map(total).collect();
    Ok(Json(SalesBody { lines: lines.iter().map(line).collect(), totals }))
}
