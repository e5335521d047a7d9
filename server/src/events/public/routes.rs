//! Published events over HTTP: for everybody.

use axum::extract::{Path, State};
use serde::Deserialize;
use sync_protocol::id::EventId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{PublicEventBody, PublicEventDetail};
use crate::app::App;
use crate::events::lists::{Place, PublicFilter};
use crate::events::routes::{query_text, query_time};
use crate::events::store;
use crate::http::extract::{Json, Query, bounded, id};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::organisations;

/// No access code is longer.
const CODE_CHARS_MAX: usize = 64;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_public_events)).routes(routes!(show_public_event))
}

/// Which published events are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublicListQuery {
    /// Items on the page at most, 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
    /// A part of the name or place, whatever its accents and case; at most 200 characters.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only events that end after this, RFC 3339 with an offset; after now if absent.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only events that begin before this.
    #[param(format = DateTime)]
    until: Option<String>,
    /// Only events of this organisation.
    organisation: Option<String>,
}

/// Lists published events by when they begin.
#[utoipa::path(
    get, path = "/api/v1/public/events", tag = "public", params(PublicListQuery), security(()),
    responses((status = 200, body = Page<PublicEventBody>))
)]
async fn list_public_events(
    State(app): State<App>,
    Query(query): Query<PublicListQuery>,
) -> Result<Json<Page<PublicEventBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(Place::from_bytes);
    let organisation = query.organisation.as_deref().map(str::parse).transpose();
    let organisation =
        organisation.map_err(|_| Problem::invalid_field("query.organisation", "id", "is not an organisation's id"))?;
    let filter = PublicFilter {
        organisation,
        text: query_text(query.q)?,
        from: query_time("from", query.from.as_deref())?.unwrap_or_else(|| app.clock().now()),
        until: query_time("until", query.until.as_deref())?,
    };
    let mut tx = app.database().begin_read().await?;
    let events = store::list_public(&mut tx, &filter, after, limit + 1).await?;
    let names = organisations::names(&mut tx, &events.iter().map(|(_, organisation)| *organisation).collect()).await?;
    let page = Page::new(events, limit, |(event, _)| Place::of(event).to_bytes().to_vec());
    let name = |organisation| names.get(&organisation).map_or("", String::as_str);
    Ok(Json(page.map(|(event, organisation)| PublicEventBody::of(&event, organisation, name(organisation)))))
}

/// What somebody knows who looks at an event.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CodeQuery {
    /// Opens the ticket types that are hidden behind it.
    #[param(max_length = 64)]
    access_code: Option<String>,
}

/// Shows a published event with its ticket types, and whether there are places.
#[utoipa::path(
    get, path = "/api/v1/public/events/{event}", tag = "public", security(()),
    params(CodeQuery),
    responses((status = 200, body = PublicEventDetail))
)]
async fn show_public_event(
    State(app): State<App>,
    Path(event): Path<String>,
    Query(query): Query<CodeQuery>,
) -> Result<Json<PublicEventDetail>, Problem> {
    let event: EventId = id(&event, "such event")?;
    let code = bounded("query.access_code", query.access_code.as_deref(), CODE_CHARS_MAX)?;
    let mut tx = app.database().begin_read().await?;
    let found = super::find(&mut tx, event).await?.ok_or_else(|| Problem::not_found("such event"))?;
    Ok(Json(PublicEventDetail::of(&found, code, app.clock().now())))
}
