//! The page of an attendee's registration: how it stands, the ticket, and cancelling.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sync_protocol::verdict::TicketStatus;

use super::{FormBody, NothingBody, answer, ended, language};
use crate::app::App;
use crate::db::Tx;
use crate::events;
use crate::http::peer::Peer;
use crate::http::problem::Problem;
use crate::language::{Language, fill};
use crate::pages::words::{Words, words};
use crate::pages::{Button, Folded, Form, Page, Picture};
use crate::registrations::State as Registered;
use crate::registrations::actions::ActionError;
use crate::registrations::link;
use crate::registrations::mine::{Mine, MineError, cancel_until};
use crate::tickets::documents::{Sheet, SheetError, calendar, pdf};
use crate::tickets::qr::MODULE_PX_DEFAULT;

/// A picture or a file draws itself and asks nobody for anything.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Shows an attendee how their registration stands, and their ticket.
#[utoipa::path(
    get, path = "/letters/registration/{token}", tag = "pages", security(()),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
    )
)]
pub(super) async fn show_registration_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = app.database().begin_read().await?;
    let Some(mine) = link::open(&mut tx, &app, &token).await? else { return ended(&app, &headers) };
    let language = language_of(&app, &mut tx, &mine, &headers).await?;
    let page = page(&mut tx, &app, &mine, &token, language).await?;
    answer(&app, StatusCode::OK, &page, language)
}

/// Cancels a registration for good, while there is time.
#[utoipa::path(
    post, path = "/letters/registration/{token}", tag = "pages", security(()),
    request_body(content = NothingBody, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = String, content_type = "text/html", description = "The link has ended or never was"),
        (status = 409, body = String, content_type = "text/html",
         description = "It is too late, the attendee was let in, or the event is over: the page says which"),
    )
)]
pub(super) async fn send_registration_page(
    State(app): State<App>,
    Path(token): Path<String>,
    Peer(address): Peer,
    headers: HeaderMap,
    _: FormBody<NothingBody>,
) -> Result<Response, Problem> {
    let done = link::cancel(&app, &token, address).await;
    let mut tx = app.database().begin_read().await?;
    let Some(mine) = link::open(&mut tx, &app, &token).await? else { return ended(&app, &headers) };
    let language = language_of(&app, &mut tx, &mine, &headers).await?;
    let words = words(language);
    let problem = match done {
        Ok(_) => "",
        Err(MineError::TooLate { .. }) => words.too_late,
        Err(MineError::CheckedIn) => words.checked_in,
        Err(MineError::Action(ActionError::Store(error))) => return Err(error.into()),
        Err(_) => words.over,
    };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let page = Page { problem: problem.to_owned(), ..page(&mut tx, &app, &mine, &token, language).await? };
    answer(&app, status, &page, language)
}

/// Returns the language of letters about a registration, or else what the browser likes best.
async fn language_of(app: &App, tx: &mut Tx, mine: &Mine, headers: &HeaderMap) -> Result<Language, Problem> {
    let own = match mine.registration.recipient() {
        Some(address) => crate::accounts::language_of(tx, address).await?,
        None => None,
    };
    Ok(language(app, own.or(mine.event.about.language), headers))
}

async fn page(tx: &mut Tx, app: &App, mine: &Mine, token: &str, language: Language) -> Result<Page, Problem> {
    let words = words(language);
    let Mine { event, registration, .. } = mine;
    let zone = event.policy.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let mut page = Page::saying(event.policy.event.clone(), &[&standing(words, mine)]);
    page.facts.push((words.when, language.span(event.policy.starts, event.policy.ends, zone)));
    if !event.about.location.is_empty() {
        page.facts.push((words.place, event.about.location.clone()));
    }
    if let Some(class) = event.policy.class(registration.class) {
        page.facts.push((words.ticket_type, class.name.clone()));
    }
    if !registration.reason.is_empty() {
        page.facts.push((words.reason, registration.reason.clone()));
    }
    if event.state == events::State::Cancelled {
        page.paragraphs.insert(0, fill(words.event_cancelled, &[("event", &event.policy.event)]));
    }
    if let Some(sheet) = sheet(tx, app, mine).await? {
        page.paragraphs.push(words.show.to_owned());
        page.picture =
            Some(Picture { address: format!("{token}/qr.svg"), alt: words.code, number: sheet.number.clone() });
        page.links = vec![(format!("{token}/ticket.pdf"), words.pdf), (format!("{token}/event.ics"), words.calendar)];
    }
    let is_open = matches!(registration.state, Registered::Registered | Registered::Pending | Registered::Waiting);
    let until = cancel_until(event);
    if is_open && event.state.takes_changes() && !registration.is_checked_in && app.clock().now() < until {
        let until = language.moment(until, zone);
        page.folded = Some(Folded {
            summary: words.cancel,
            paragraph: fill(words.cancel_until, &[("until", &until)]),
            form: Form { fields: Vec::new(), buttons: vec![Button::quiet(words.cancel_button, "cancel")] },
        });
    }
    Ok(page)
}

/// Says how a registration stands.
fn standing(words: &Words, mine: &Mine) -> String {
    let status = mine.ticket.map(|ticket| ticket.row.status);
    let sentence = match (mine.registration.state, status) {
        (Registered::Registered, Some(TicketStatus::Unpaid)) => words.state_unpaid,
        (Registered::Registered, Some(TicketStatus::Blocked)) => words.state_blocked,
        (Registered::Registered, _) => words.state_registered,
        (Registered::Pending, _) => words.state_pending,
        (Registered::Waiting, _) => words.state_waiting,
        (Registered::Cancelled, _) => words.state_cancelled,
        (Registered::Rejected, _) => words.state_rejected,
    };
    let position = mine.position.map(|position| position.to_string()).unwrap_or_default();
    fill(sentence, &[("name", &mine.registration.attendee.name), ("position", &position)])
}

/// Returns what the documents of a valid ticket say. One that was sold at a door has none.
async fn sheet(tx: &mut Tx, app: &App, mine: &Mine) -> Result<Option<Sheet>, Problem> {
    let Some(ticket) = mine.ticket.filter(|ticket| ticket.row.status == TicketStatus::Valid) else { return Ok(None) };
    match Sheet::of(tx, app, &mine.event, &ticket).await {
        Ok(sheet) => Ok(Some(sheet)),
        Err(SheetError::Cancelled | SheetError::SoldAtDoor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a ticket is shown as.
enum File {
    Code,
    Pdf,
    Calendar,
}

async fn file(app: &App, token: &str, headers: &HeaderMap, file: File) -> Result<Response, Problem> {
    let mut tx = app.database().begin_read().await?;
    let missing = || Problem::not_found("such ticket");
    let mine = link::open(&mut tx, app, token).await?.ok_or_else(missing)?;
    let language = language_of(app, &mut tx, &mine, headers).await?;
    let sheet = sheet(&mut tx, app, &mine).await?.ok_or_else(missing)?;
    let (kind, ending, bytes) = match file {
        File::Code => {
            let modules = sheet.modules().map_err(SheetError::from)?;
            ("image/svg+xml", "svg", modules.to_svg(MODULE_PX_DEFAULT).into_bytes())
        }
        File::Pdf => ("application/pdf", "pdf", pdf::pdf(&sheet, language)?),
        File::Calendar => {
            ("text/calendar; charset=utf-8", "ics", calendar::ics(&sheet, app.clock().now()).into_bytes())
        }
    };
    let name = format!("inline; filename=\"ticket-{}.{ending}\"", sheet.number);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_SECURITY_POLICY, FILE_POLICY),
        (header::CONTENT_DISPOSITION, &name),
    ];
    Ok((headers, bytes).into_response())
}

macro_rules! file_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $kind:literal, $body:ty, $file:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            get, path = $path, tag = "pages", security(()),
            responses((status = 200, body = $body, content_type = $kind))
        )]
        pub(super) async fn $name(
            State(app): State<App>,
            Path(token): Path<String>,
            headers: HeaderMap,
        ) -> Result<Response, Problem> {
            file(&app, &token, &headers, $file).await
        }
    };
}

file_route!(
    /// Draws the code of an attendee's ticket as SVG.
    registration_code, "/letters/registration/{token}/qr.svg", "image/svg+xml", String, File::Code
);
file_route!(
    /// Shows an attendee's ticket as a page of A4.
    registration_pdf, "/letters/registration/{token}/ticket.pdf", "application/pdf", Vec<u8>, File::Pdf
);
file_route!(
    /// Shows an attendee's event as an entry of a calendar (RFC 5545).
    registration_calendar, "/letters/registration/{token}/event.ics", "text/calendar", String, File::Calendar
);
