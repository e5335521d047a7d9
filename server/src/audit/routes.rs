//! The record of changes over HTTP: to read, and nothing else.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;
use serde::Deserialize;
use sync_protocol::time::UnixMillis;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::RecordBody;
use super::{Filter, export, store};
use crate::accounts::{OrganisationId, Organiser};
use crate::app::App;
use crate::db::StoreError;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, LIMIT_MAX, Page};
use crate::http::problem::{FieldError, Problem};
use crate::http::time::parse_rfc3339;

/// The longest name of an action.
const ACTION_BYTES_MAX: usize = 100;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_audit)).routes(routes!(export_audit))
}

/// Which records, and which page of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// Only of this event.
    #[param(pattern = "^[0-9a-f]{32}$")]
    event: Option<String>,
    /// Only by this account.
    #[param(pattern = "^[0-9a-f]{32}$")]
    account: Option<String>,
    /// Only this action, such as `member.change`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// Only from this time on.
    #[param(format = "date-time")]
    from: Option<String>,
    /// Only before this time.
    #[param(format = "date-time")]
    until: Option<String>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
}

/// Which records, and as what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// Only of this event.
    #[param(pattern = "^[0-9a-f]{32}$")]
    event: Option<String>,
    /// Only by this account.
    #[param(pattern = "^[0-9a-f]{32}$")]
    account: Option<String>,
    /// Only this action, such as `member.change`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// Only from this time on.
    #[param(format = "date-time")]
    from: Option<String>,
    /// Only before this time.
    #[param(format = "date-time")]
    until: Option<String>,
    /// A line of JSON each if absent.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// How records are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// A line of JSON each.
    #[default]
    Ndjson,
    /// A table for spreadsheets.
    Csv,
}

impl AuditQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, kind: &str, msg: &str| {
            errors.push(FieldError::new(&format!("query.{field}"), kind, msg));
        };
        let event = self.event.as_ref().map(|text| text.parse());
        if matches!(event, Some(Err(_))) {
            wrong("event", "value", "is not an event's id");
        }
        let account = self.account.as_ref().map(|text| text.parse());
        if matches!(account, Some(Err(_))) {
            wrong("account", "value", "is not an account's id");
        }
        if self.action.as_ref().is_some_and(|action| action.len() > ACTION_BYTES_MAX || action.contains('\0')) {
            wrong("action", "value", "is not the name of an action");
        }
        let mut time = |field: &str, text: &Option<String>| -> Option<UnixMillis> {
            let time = parse_rfc3339(text.as_ref()?);
            if time.is_none() {
                wrong(field, "time", "must be a time with an offset, such as 2026-11-21T09:00:00+01:00");
            }
            time
        };
        let (from, until) = (time("from", &self.from), time("until", &self.until));
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        Ok(Filter {
            event: event.and_then(Result::ok),
            account: account.and_then(Result::ok),
            action: self.action.clone(),
            from,
            until,
        })
    }
}

/// Lists what was changed in an organisation, newest first. Nothing that stands here is ever changed or deleted.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/audit", tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = Page<RecordBody>))
)]
async fn list_audit(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<RecordBody>>, Problem> {
    let (limit, filter) = (page::limit(query.limit)?, query.filter()?);
    let cursor = page::cursor(query.cursor.as_deref())?;
    let mut tx = app.database().begin_read().await?;
    let records = store::list(&mut tx, organiser.organisation, &filter, cursor, limit + 1).await?;
    Ok(Json(Page::new(records, limit, |record| record.id.to_vec()).map(RecordBody::from)))
}

/// Exports what was changed in an organisation, newest first: a line of JSON each, or a table that is safe to open
/// with a spreadsheet.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/audit/export", tag = "audit",
    params(ExportQuery),
    responses((
        status = 200,
        content(
            (String = "application/x-ndjson", example = json!("{\"id\":\"0193f1c2a0b07c3e9d5e1f2a3b4c5d6f\",\
                \"at\":\"2026-08-01T10:00:00.000Z\",\"action\":\"venue.create\",\
                \"subject\":\"0193f1c2a0b07c3e9d5e1f2a3b4c5d6e\",\"event\":null,\"account\":null,\
                \"address\":\"192.0.2.17\",\"before\":null,\"after\":{\"name\":\"Town hall\"}}\n")),
            (String = "text/csv", example = json!("id,at,action,subject,event,account,address,before,after\r\n\
                0193f1c2a0b07c3e9d5e1f2a3b4c5d6f,2026-08-01T10:00:00.000Z,event.delete,\
                0193f1c2a0b07c3e9d5e1f2a3b4c5d6e,,,192.0.2.17,,\r\n")),
        ),
    ))
)]
async fn export_audit(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let ExportQuery { event, account, action, from, until, format } = query;
    let filter = AuditQuery { event, account, action, from, until, ..AuditQuery::default() }.filter()?;
    let (kind, name) = match format {
        Format::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let parts = try_unfold(Some(None), move |at: Option<Option<[u8; 16]>>| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(cursor) = at else { return Ok(None) };
            part(&app, organiser.organisation, &filter, cursor, format).await.map(Some)
        }
    });
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// Returns the part of an export from before `cursor`, and from where on the next one goes: nothing after the last.
async fn part(
    app: &App,
    organisation: OrganisationId,
    filter: &Filter,
    cursor: Option<[u8; 16]>,
    format: Format,
) -> Result<(Vec<u8>, Option<Option<[u8; 16]>>), StoreError> {
    let mut tx = app.database().begin_read().await?;
    let records = store::list(&mut tx, organisation, filter, cursor, LIMIT_MAX).await?;
    let is_last = records.len() < LIMIT_MAX as usize;
    let next = records.last().map(|record| Some(record.id)).filter(|_| !is_last);
    let bytes = match format {
        Format::Ndjson => export::lines(records),
        Format::Csv if cursor.is_none() => [export::header(), export::rows(records)].concat(),
        Format::Csv => export::rows(records),
    };
    Ok((bytes, next))
}
