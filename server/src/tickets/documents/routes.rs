//! Tickets' documents over HTTP: for organisers, and for members whose tickets they are.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use sync_protocol::id::{EventId, RegistrationId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{DocumentQuery, MyTicketBody};
use super::{Sheet, SheetError, calendar, page, pdf};
use crate::accounts::{self, Caller, Organiser};
use crate::app::App;
use crate::db::Tx;
use crate::events;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self as pages, Page, PageQuery};
use crate::http::problem::Problem;
use crate::registrations;
use crate::tickets::qr::MODULE_PX_DEFAULT;
use crate::tickets::routes::{sold_at_door, ticket_id, ticket_of};
use crate::tickets::store;

/// A page brings its own style and code, and asks nobody for anything.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ticket_pdf))
        .routes(routes!(ticket_html))
        .routes(routes!(event_ics))
        .routes(routes!(my_tickets))
        .routes(routes!(my_ticket_pdf))
        .routes(routes!(my_ticket_html))
        .routes(routes!(my_event_ics))
        .routes(routes!(my_qr_png))
        .routes(routes!(my_qr_svg))
}

impl From<SheetError> for Problem {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Cancelled => Self::conflict("ticket-cancelled", "The ticket is cancelled")
                .detail("A cancelled ticket has no documents."),
            SheetError::SoldAtDoor => sold_at_door(),
            SheetError::Store(error) => error.into(),
            SheetError::Code(_) | SheetError::Paper(_) | SheetError::Picture(_) | SheetError::Page(_) => {
                Self::internal(&error)
            }
        }
    }
}

/// What a ticket is shown as.
#[derive(Clone, Copy, Debug)]
enum Form {
    Pdf,
    Html,
    Ics,
    Png,
    Svg,
}

/// Shows a ticket as a document that no cache may keep: whoever holds its code can enter.
fn show(app: &App, sheet: &Sheet, form: Form, query: DocumentQuery) -> Result<Response, Problem> {
    let language = query.language.unwrap_or(app.language());
    let (kind, ending, bytes) = match form {
        Form::Pdf => ("application/pdf", "pdf", pdf::pdf(sheet, language)?),
        Form::Html => ("text/html; charset=utf-8", "html", page::html(sheet, language)?.into_bytes()),
        Form::Ics => ("text/calendar; charset=utf-8", "ics", calendar::ics(sheet, app.clock().now()).into_bytes()),
        Form::Png => {
            let modules = sheet.modules().map_err(SheetError::from)?;
            ("image/png", "png", modules.to_png(MODULE_PX_DEFAULT).map_err(SheetError::from)?)
        }
        Form::Svg => {
            let modules = sheet.modules().map_err(SheetError::from)?;
            ("image/svg+xml", "svg", modules.to_svg(MODULE_PX_DEFAULT).into_bytes())
        }
    };
    let name = format!("inline; filename=\"ticket-{}.{ending}\"", sheet.number);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::CONTENT_DISPOSITION, &name),
    ];
    Ok((headers, bytes).into_response())
}

async fn organisers(
    app: &App,
    organiser: Organiser,
    [event, ticket]: [&str; 2],
    form: Form,
    query: DocumentQuery,
) -> Result<Response, Problem> {
    let mut tx = app.database().begin_read().await?;
    let (event, ticket) = ticket_of(&mut tx, organiser, event, ticket).await?;
    let sheet = Sheet::of(&mut tx, app, &event, &ticket).await?;
    show(app, &sheet, form, query)
}

/// Returns the address that the caller has proved to be theirs: tickets sent there are their own.
async fn address(tx: &mut Tx, caller: &Caller) -> Result<Option<String>, Problem> {
    let person = accounts::person(tx, caller.account).await?;
    Ok(person.filter(|person| person.is_verified).map(|person| person.email))
}

async fn members(
    app: &App,
    caller: &Caller,
    [event, ticket]: [&str; 2],
    form: Form,
    query: DocumentQuery,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("such ticket");
    let event: EventId = id(event, "such ticket")?;
    let mut tx = app.database().begin_read().await?;
    let address = address(&mut tx, caller).await?.ok_or_else(missing)?;
    let ticket = store::find(&mut tx, event, ticket_id(ticket)?).await?.ok_or_else(missing)?;
    if registrations::labels(&mut tx, ticket.registration).await?.email != address {
        return Err(missing());
    }
    let event = events::get(&mut tx, event).await?;
    let sheet = Sheet::of(&mut tx, app, &event, &ticket).await?;
    show(app, &sheet, form, query)
}

macro_rules! organisers_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $kind:literal, $body:ty, $form:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            get, path = $path, tag = "tickets",
            params(DocumentQuery),
            responses(
                (status = 200, body = $body, content_type = $kind),
                (status = 409, description = "The ticket is cancelled, or it was sold at the door"),
            )
        )]
        async fn $name(
            State(app): State<App>,
            organiser: Organiser,
            Path((event, ticket)): Path<(String, String)>,
            Query(query): Query<DocumentQuery>,
        ) -> Result<Response, Problem> {
            organisers(&app, organiser, [&event, &ticket], $form, query).await
        }
    };
}

organisers_route!(
    /// Shows a ticket as a page of A4.
    ticket_pdf, "/api/v1/events/{event}/tickets/{ticket}/ticket.pdf", "application/pdf", Vec<u8>, Form::Pdf
);
organisers_route!(
    /// Shows a ticket as a web page that can be printed.
    ticket_html, "/api/v1/events/{event}/tickets/{ticket}/ticket.html", "text/html", String, Form::Html
);
organisers_route!(
    /// Shows a ticket's event as an entry of a calendar (RFC 5545).
    event_ics, "/api/v1/events/{event}/tickets/{ticket}/event.ics", "text/calendar", String, Form::Ics
);

/// Lists the caller's own tickets, in the order they were registered: those of their proven e-mail address.
#[utoipa::path(
    get, path = "/api/v1/me/tickets", tag = "tickets", params(PageQuery),
    responses((status = 200, body = Page<MyTicketBody>))
)]
async fn my_tickets(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MyTicketBody>>, Problem> {
    let limit = pages::limit(query.limit)?;
    let after = pages::cursor(query.cursor.as_deref())?.map(RegistrationId);
    let mut tx = app.database().begin_read().await?;
    let Some(address) = address(&mut tx, &caller).await? else {
        return Ok(Json(Page { items: Vec::new(), next: None }));
    };
    let found = registrations::of_email(&mut tx, &address, after, limit + 1).await?;
    let held = events::get_all(&mut tx, &found.iter().map(|(event, ..)| *event).collect()).await?;
    let page = Page::new(found, limit, |(_, registration, _)| registration.id.0.to_vec());
    let items = page.items.into_iter().filter_map(|(event, registration, ticket)| {
        Some(MyTicketBody::of(held.get(&event)?, registration.attendee.name, &ticket))
    });
    Ok(Json(Page { items: items.collect(), next: page.next }))
}

macro_rules! members_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $kind:literal, $body:ty, $form:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            get, path = $path, tag = "tickets",
            params(DocumentQuery),
            responses(
                (status = 200, body = $body, content_type = $kind),
                (status = 409, description = "The ticket is cancelled, or it was sold at the door"),
            )
        )]
        async fn $name(
            State(app): State<App>,
            caller: Caller,
            Path((event, ticket)): Path<(String, String)>,
            Query(query): Query<DocumentQuery>,
        ) -> Result<Response, Problem> {
            members(&app, &caller, [&event, &ticket], $form, query).await
        }
    };
}

members_route!(
    /// Shows one of the caller's tickets as a page of A4.
    my_ticket_pdf, "/api/v1/me/tickets/{event}/{ticket}/ticket.pdf", "application/pdf", Vec<u8>, Form::Pdf
);
members_route!(
    /// Shows one of the caller's tickets as a web page that can be printed.
    my_ticket_html, "/api/v1/me/tickets/{event}/{ticket}/ticket.html", "text/html", String, Form::Html
);
members_route!(
    /// Shows the event of one of the caller's tickets as an entry of a calendar (RFC 5545).
    my_event_ics, "/api/v1/me/tickets/{event}/{ticket}/event.ics", "text/calendar", String, Form::Ics
);
members_route!(
    /// Draws the code of one of the caller's tickets as PNG.
    my_qr_png, "/api/v1/me/tickets/{event}/{ticket}/qr.png", "image/png", Vec<u8>, Form::Png
);
members_route!(
    /// Draws the code of one of the caller's tickets as SVG.
    my_qr_svg, "/api/v1/me/tickets/{event}/{ticket}/qr.svg", "image/svg+xml", String, Form::Svg
);
