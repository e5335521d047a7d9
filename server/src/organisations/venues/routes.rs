//! Venues over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{About, Layout, Venue, VenueError, VenueGate, VenueZone, lock, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::http::version::{IfMatch, etag};

pub(in crate::organisations) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create_venue, list_venues)).routes(routes!(
        show_venue,
        change_venue,
        delete_venue
    ))
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        match error {
            VenueError::Unknown => Self::not_found("such venue"),
            VenueError::TooMany => Self::conflict("too-many-venues", "The organisation has too many venues"),
            VenueError::Store(error) => error.into(),
        }
    }
}

/// A venue to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Town hall", "address": "1 Market Square", "time_zone": "Europe/London",
    "zones": [{ "name": "Hall", "capacity": 800 }], "gates": [{ "name": "Main entrance" }]
}))]
struct NewVenue {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    address: String,
    /// The IANA name of its time zone.
    #[schema(max_length = 40)]
    time_zone: String,
    /// What gates lead into.
    #[serde(default)]
    zones: Vec<VenueZone>,
    /// Entrances.
    #[serde(default)]
    gates: Vec<VenueGate>,
}

/// What to change of a venue; what is left out stays. Zones and gates are given all at once.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "gates": [{ "name": "Main entrance" }, { "name": "Side door" }] }))]
struct VenueChange {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// At most 500 characters.
    #[schema(max_length = 500)]
    address: Option<String>,
    /// The IANA name of its time zone.
    #[schema(max_length = 40)]
    time_zone: Option<String>,
    /// What gates lead into.
    zones: Option<Vec<VenueZone>>,
    /// Entrances.
    gates: Option<Vec<VenueGate>>,
}

/// A venue.
#[derive(Serialize, ToSchema)]
struct VenueBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "Town hall")]
    name: String,
    /// Where it is; may be empty.
    #[schema(example = "1 Market Square")]
    address: String,
    #[schema(example = "Europe/London")]
    time_zone: String,
    /// What gates lead into.
    zones: Vec<VenueZone>,
    /// Entrances.
    gates: Vec<VenueGate>,
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<Venue> for VenueBody {
    fn from(venue: Venue) -> Self {
        let About { name, address, time_zone, layout: Layout { zones, gates } } = venue.about;
        let created_at = rfc3339(venue.created_at);
        Self { id: hex::encode(venue.id), name, address, time_zone, zones, gates, created_at }
    }
}

type Shown = ([(HeaderName, String); 1], Json<VenueBody>);

fn shown(venue: Venue) -> Shown {
    (etag(venue.version), Json(venue.into()))
}

/// Makes a venue.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/venues", tag = "organisations", request_body = NewVenue,
    responses((status = 201, body = VenueBody, headers(("ETag" = String), ("Location" = String))))
)]
async fn create_venue(
    State(app): State<App>,
    organiser: Organiser,
    Json(body): Json<NewVenue>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Shown), Problem> {
    let NewVenue { name, address, time_zone, zones, gates } = body;
    let about = About { name, address, time_zone, layout: Layout { zones, gates } };
    let about = about.checked().map_err(Problem::invalid)?;
    let mut tx = app.database().begin_write().await?;
    let venue = super::create(&mut tx, organiser, about, app.clock().now()).await?;
    tx.commit().await?;
    let location = format!("/api/v1/organisations/{}/venues/{}", organiser.organisation, hex::encode(venue.id));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], shown(venue)))
}

/// Lists venues, oldest first.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/venues", tag = "organisations",
    params(PageQuery),
    responses((status = 200, body = Page<VenueBody>))
)]
async fn list_venues(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<VenueBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.unwrap_or_default();
    let mut tx = app.database().begin_read().await?;
    let venues = store::list(&mut tx, organiser.organisation, after, limit + 1).await?;
    Ok(Json(Page::new(venues, limit, |venue| venue.id.to_vec()).map(VenueBody::from)))
}

/// Shows a venue.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/venues/{venue}", tag = "organisations",
    responses((status = 200, body = VenueBody, headers(("ETag" = String))))
)]
async fn show_venue(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, venue)): Path<(String, String)>,
) -> Result<Shown, Problem> {
    let mut tx = app.database().begin_read().await?;
    let venue = store::find(&mut tx, organiser.organisation, id(&venue)?).await?;
    Ok(shown(venue.ok_or(VenueError::Unknown)?))
}

/// Changes a venue. Events that were made from it stay as they are.
#[utoipa::path(
    patch, path = "/api/v1/organisations/{organisation}/venues/{venue}", tag = "organisations",
    request_body = VenueChange,
    responses(
        (status = 200, body = VenueBody, headers(("ETag" = String))),
        (status = 409),
        (status = 412),
    )
)]
async fn change_venue(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, venue)): Path<(String, String)>,
    seen: IfMatch,
    Json(body): Json<VenueChange>,
) -> Result<Shown, Problem> {
    let mut tx = app.database().begin_write().await?;
    let venue = lock(&mut tx, organiser, id(&venue)?).await?;
    seen.check(venue.version)?;
    let held = venue.about.clone();
    let about = About {
        name: body.name.unwrap_or(held.name),
        address: body.address.unwrap_or(held.address),
        time_zone: body.time_zone.unwrap_or(held.time_zone),
        layout: Layout {
            zones: body.zones.unwrap_or(held.layout.zones),
            gates: body.gates.unwrap_or(held.layout.gates),
        },
    };
    let about = about.checked().map_err(Problem::invalid)?;
    let venue = super::change(&mut tx, organiser, venue, about, app.clock().now()).await?;
    tx.commit().await?;
    Ok(shown(venue))
}

/// Deletes a venue. Events that were made from it stay as they are.
#[utoipa::path(
    delete, path = "/api/v1/organisations/{organisation}/venues/{venue}", tag = "organisations",
    responses((status = 204), (status = 409), (status = 412))
)]
async fn delete_venue(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, venue)): Path<(String, String)>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    let venue = lock(&mut tx, organiser, id(&venue)?).await?;
    seen.check(venue.version)?;
    super::delete(&mut tx, organiser, &venue, app.clock().now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id(part: &str) -> Result<[u8; 16], Problem> {
    let mut id = [0; 16];
    hex::decode_to_slice(part, &mut id).map_err(|_| VenueError::Unknown)?;
    Ok(id)
}
