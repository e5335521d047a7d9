//! What terminals speak: `/sync/v1`.

mod claims;
mod doors;
mod enrol;
mod feed;
mod journals;
mod leases;
pub(crate) mod refusal;
pub(crate) mod signed;
mod snapshot;
pub(crate) mod unpack;

use axum::extract::State;
use axum::routing::any;
use sync_protocol::key::public_key;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{ServerKey, ServerTime};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::refusal::Refusal;
use crate::app::App;
use crate::http::extract::Json;

/// Returns the routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_server_key))
        .routes(routes!(show_time))
        .routes(routes!(enrol::ask_to_enrol))
        .routes(routes!(enrol::show_enrolment))
        .routes(routes!(feed::show_head))
        .routes(routes!(feed::pull_feed))
        .routes(routes!(snapshot::show_snapshot))
        .routes(routes!(snapshot::fetch_chunk))
        .routes(routes!(journals::push_journal, journals::show_journal))
        .routes(routes!(claims::claim_ticket))
        .routes(routes!(doors::list_doors))
        .routes(routes!(leases::fill_leases))
        .route("/sync/v0/{*rest}", any(upgrade))
}

/// Whoever speaks an older protocol is told so.
async fn upgrade() -> Refusal {
    ProblemCode::Upgrade.into()
}

/// Says who answers here: the server's public key.
///
/// A terminal compares it with what its invitation says, or people compare six digits.
#[utoipa::path(
    get, path = "/sync/v1/server", tag = "sync", security(()),
    responses(
        (status = 200, description = "`{\"server_key\": …}`, 64 hexadecimal digits"),
        (status = 405, description = "Only GET"),
    )
)]
async fn show_server_key(State(app): State<App>) -> Json<ServerKey> {
    Json(ServerKey { server_key: hex::encode(public_key(app.server_key()).to_bytes()) })
}

/// Says the time, twice: when the request arrived and when the answer left, in ms since 1970.
#[utoipa::path(
    get, path = "/sync/v1/time", tag = "sync", security(()),
    responses(
        (status = 200, description = "`{\"received\": …, \"sent\": …}`"),
        (status = 405, description = "Only GET"),
    )
)]
async fn show_time(State(app): State<App>) -> Json<ServerTime> {
    let received = app.clock().now();
    Json(ServerTime { received, sent: app.clock().now() })
}
