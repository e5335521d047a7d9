//! Log-ins that failed, over HTTP.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{AccountId, Caller, refusals};
use crate::app::App;
use crate::audit::Record;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;

/// A log-in that failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedLogInBody {
    #[schema(example = "2026-11-21T19:30:00.000Z", format = "date-time")]
    at: String,
    /// From where: an IPv4 address, or an IPv6 network of 64 bits.
    #[schema(example = "192.0.2.7")]
    address: String,
    /// What was wrong: `password`, or after the right one `second_factor`.
    #[schema(example = "password")]
    reason: String,
}

impl From<Record> for FailedLogInBody {
    fn from(record: Record) -> Self {
        let reason = record.after.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default().to_owned();
        Self { at: rfc3339(record.at), address: record.address, reason }
    }
}

/// Returns a page of the log-ins to an account that failed.
pub(in crate::accounts) async fn page_of(
    app: &App,
    account: AccountId,
    query: &PageQuery,
) -> Result<Json<Page<FailedLogInBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let mut tx = app.database().begin_read().await?;
    let held = refusals::list(&mut tx, account, cursor, limit + 1).await?;
    Ok(Json(Page::new(held, limit, |record| record.id.to_vec()).map(FailedLogInBody::from)))
}

/// Lists log-ins to one's own account that failed, the newest first. Tries that had to wait are not among them.
#[utoipa::path(
    get, path = "/api/v1/me/failed-log-ins", tag = "accounts", params(PageQuery),
    responses((status = 200, body = Page<FailedLogInBody>))
)]
pub(super) async fn list_failed_log_ins(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FailedLogInBody>>, Problem> {
    page_of(&app, caller.account, &query).await
}
