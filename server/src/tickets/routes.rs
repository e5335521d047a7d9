//! Tickets over HTTP.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sync_protocol::id::TicketId;
use sync_protocol::text;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{ChangeBody, ChangedBody, QrQuery, TicketBody, TicketWithChanges};
use super::documents;
use super::qr::{MODULE_PX_MAX, Modules};
use super::{Change, ChangeError, REASON_CHARS_MAX, Ticket, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::Tx;
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, OptionalJson, Query};
use crate::http::problem::Problem;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_ticket))
        .routes(routes!(show_credential))
        .routes(routes!(qr_svg))
        .routes(routes!(qr_png))
        .routes(routes!(cancel_ticket))
        .routes(routes!(block_ticket))
        .routes(routes!(unblock_ticket))
        .routes(routes!(reissue_ticket))
        .merge(documents::routes::routes())
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown => Self::not_found("such ticket"),
            ChangeError::Cancelled => Self::conflict("ticket-cancelled", "The ticket is cancelled")
                .detail("A cancelled ticket stays cancelled. Register the attendee again."),
            ChangeError::SoldAtDoor => sold_at_door(),
            ChangeError::Over(over) => over.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

/// Says that only the terminal which sold a ticket can show its code.
pub(super) fn sold_at_door() -> Problem {
    Problem::conflict("sold-at-door", "The ticket was sold at the door")
        .detail("Only the terminal that sold it can show its code. To replace it, cancel it and register its holder.")
}

/// Reads a ticket's number from the path: one that cannot be right names nothing.
pub(super) fn ticket_id(part: &str) -> Result<TicketId, Problem> {
    TicketId::from_typed_code(part).map_err(|_| Problem::not_found("such ticket"))
}

/// Returns a ticket of one of the organiser's events.
pub(super) async fn ticket_of(
    tx: &mut Tx,
    organiser: Organiser,
    event: &str,
    ticket: &str,
) -> Result<(Event, Ticket), Problem> {
    let event = event_of(tx, organiser, event).await?;
    let ticket = store::find(tx, event.id, ticket_id(ticket)?).await?;
    Ok((event, ticket.ok_or_else(|| Problem::not_found("such ticket"))?))
}

/// Shows a ticket and what was done to it.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/tickets/{ticket}", tag = "tickets",
    responses((status = 200, body = TicketWithChanges))
)]
async fn show_ticket(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, ticket)): Path<(String, String)>,
) -> Result<Json<TicketWithChanges>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let (event, ticket) = ticket_of(&mut tx, organiser, &event, &ticket).await?;
    let changes = store::changes(&mut tx, event.id, ticket.id).await?;
    let changes = changes.iter().map(ChangedBody::from).collect();
    Ok(Json(TicketWithChanges { ticket: TicketBody::of(&ticket, &event), changes }))
}

async fn credential_text(app: &App, organiser: Organiser, event: &str, ticket: &str) -> Result<String, Problem> {
    let mut tx = app.database().begin_read().await?;
    let (event, ticket) = ticket_of(&mut tx, organiser, event, ticket).await?;
    if ticket.is_sold_at_door() {
        return Err(sold_at_door());
    }
    Ok(super::credential(&mut tx, app, event.id, &ticket).await?.to_text())
}

/// Returns the text that the ticket's QR code holds.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/tickets/{ticket}/credential", tag = "tickets",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "122 characters of Base45",
         example = json!("112V50I00XR64BFNYN000.D5LJ0Z7S.RK*41UGG%YT:J7ETFPX5/-3DLS5S3UYU:V5XO6A9JOZEZ3E3S1:2O.$RG8FJI576LG%RZGKN$S2TL8 G.XMMGTG2530")),
        (status = 409, description = "The ticket was sold at the door"),
    )
)]
async fn show_credential(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, ticket)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let text = credential_text(&app, organiser, &event, &ticket).await?;
    Ok(private("text/plain; charset=utf-8", text.into_bytes()))
}

/// Draws the ticket's QR code as SVG.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/tickets/{ticket}/qr.svg", tag = "tickets",
    params(QrQuery),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"),
        (status = 409, description = "The ticket was sold at the door"),
    )
)]
async fn qr_svg(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, ticket)): Path<(String, String)>,
    Query(query): Query<QrQuery>,
) -> Result<Response, Problem> {
    let modules = modules(&app, organiser, &event, &ticket, query).await?;
    Ok(private("image/svg+xml", modules.to_svg(query.module_px).into_bytes()))
}

/// Draws the ticket's QR code as PNG.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/tickets/{ticket}/qr.png", tag = "tickets",
    params(QrQuery),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/png"),
        (status = 409, description = "The ticket was sold at the door"),
    )
)]
async fn qr_png(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, ticket)): Path<(String, String)>,
    Query(query): Query<QrQuery>,
) -> Result<Response, Problem> {
    let modules = modules(&app, organiser, &event, &ticket, query).await?;
    let png = modules.to_png(query.module_px).map_err(|error| Problem::internal(&error))?;
    Ok(private("image/png", png))
}

async fn modules(
    app: &App,
    organiser: Organiser,
    event: &str,
    ticket: &str,
    query: QrQuery,
) -> Result<Modules, Problem> {
    if !(1..=MODULE_PX_MAX).contains(&query.module_px) {
        let msg = format!("must be between 1 and {MODULE_PX_MAX}");
        return Err(Problem::invalid_field("query.module_px", "out_of_range", msg));
    }
    let text = credential_text(app, organiser, event, ticket).await?;
    Modules::of(&text, query.level).map_err(|error| Problem::internal(&error))
}

/// An answer that no cache may keep: whoever holds a credential can enter.
fn private(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, no-store")], bytes).into_response()
}

async fn change(
    app: &App,
    organiser: Organiser,
    event: &str,
    ticket: &str,
    change: Change,
    body: ChangeBody,
) -> Result<Json<TicketBody>, Problem> {
    let reason = checked_reason(&body.reason)?;
    let ticket = ticket_id(ticket)?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, event).await?;
    drop(tx);
    let ticket = super::change(app, organiser, &event, ticket, change, reason).await?;
    Ok(Json(TicketBody::of(&ticket, &event)))
}

/// Returns why something is done, as it is kept.
pub(crate) fn checked_reason(reason: &str) -> Result<String, Problem> {
    let reason = text::tidy(reason, usize::MAX);
    if reason.chars().count() <= REASON_CHARS_MAX {
        return Ok(reason);
    }
    let msg = format!("must have at most {REASON_CHARS_MAX} characters");
    Err(Problem::invalid_field("body.reason", "too_long", msg))
}

macro_rules! change_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $change:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "tickets", request_body = Option<ChangeBody>,
            responses(
                (status = 200, body = TicketBody),
                (status = 409,
                 description = "The ticket is cancelled, or it was sold at the door and cannot be issued again, or the event is over"),
            )
        )]
        async fn $name(
            State(app): State<App>,
            organiser: Organiser,
            Path((event, ticket)): Path<(String, String)>,
            OptionalJson(body): OptionalJson<ChangeBody>,
        ) -> Result<Json<TicketBody>, Problem> {
            change(&app, organiser, &event, &ticket, $change, body).await
        }
    };
}

change_route!(
    /// Cancels a ticket for good. Doing it again changes nothing.
    cancel_ticket, "/api/v1/events/{event}/tickets/{ticket}/cancel", Change::Cancel
);
change_route!(
    /// Blocks a ticket for now. Doing it again changes nothing.
    block_ticket, "/api/v1/events/{event}/tickets/{ticket}/block", Change::Block
);
change_route!(
    /// Lets a blocked ticket count again. Doing it again changes nothing.
    unblock_ticket, "/api/v1/events/{event}/tickets/{ticket}/unblock", Change::Unblock
);
change_route!(
    /// Makes a new credential for a ticket; those before count no more. Each call makes another.
    reissue_ticket, "/api/v1/events/{event}/tickets/{ticket}/reissue", Change::Reissue
);
