//! Quarantine over HTTP.

use axum::extract::{Path, State};

use super::body::{AdoptedBody, QuarantineBody};
use crate::accounts::Organiser;
use crate::admissions::quarantine::{self, AdoptError};
use crate::admissions::store;
use crate::app::App;
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;

impl From<AdoptError> for Problem {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::NotFound => Self::not_found("such batch"),
            AdoptError::StillActive => Self::conflict("device-active", "The device still counts")
                .detail("Revoke the device first: it may go on writing under the same numbers."),
            AdoptError::Store(error) => error.into(),
        }
    }
}

/// Lists batches that do not count: those of revoked devices, of devices whose journal exists in two
/// versions, and what a device sent as evidence.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/quarantine", tag = "admissions",
    params(PageQuery),
    responses((status = 200, body = Page<QuarantineBody>))
)]
pub(super) async fn list_quarantine(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<QuarantineBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map_or(0, u64::from_be_bytes);
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let batches = store::list_quarantines(&mut tx, event.id, after, limit + 1).await?;
    let page = Page::new(batches, limit, |batch| batch.number.to_be_bytes().to_vec());
    Ok(Json(page.map(|batch| QuarantineBody::from(&batch))))
}

/// Adopts a batch: its entries count from now on, under the caller's name. Adopting it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/quarantine/{number}/adopt", tag = "admissions",
    responses((status = 200, body = AdoptedBody))
)]
pub(super) async fn adopt_batch(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, number)): Path<(String, String)>,
) -> Result<Json<AdoptedBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    drop(tx);
    let number: u64 = id(&number, "such batch")?;
    let adopted = quarantine::adopt(&app, event.id, number, organiser).await?;
    tracing::info!(quarantine = number, counted = adopted.counted, "an organiser adopted a batch");
    Ok(Json(adopted.into()))
}
