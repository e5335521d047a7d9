//! What a lost terminal can tell.

use axum::extract::{Path, State};
use serde::Serialize;
use sync_protocol::id::TicketId;
use utoipa::ToSchema;

use crate::accounts::Organiser;
use crate::app::App;
use crate::devices::exposure::{self, Exposure};
use crate::devices::{Device, store};
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, id};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::sync::feed;

/// What a terminal that is out of our hands can tell.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExposureBody {
    /// `pending`, `active`, `revoked`, `forked` or `wiped`.
    #[schema(example = "revoked")]
    status: &'static str,
    /// When it last spoke to the server, to within a few seconds.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    last_seen_at: Option<String>,
    /// The number of the newest change that it was last seen to hold; what the server answered then may have
    /// reached it as well.
    #[schema(example = 1_200)]
    cursor: u64,
    /// What that list says of people.
    held: HeldBody,
    /// `open` (the keys were in its memory), `sealed` (only on its disk, under the passphrase) or `never_used`, when
    /// it was last heard of.
    #[schema(example = "open")]
    state: &'static str,
    /// Since when, if it said so.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    state_since: Option<String>,
    /// Who was at it when it wrote its last entry that is held.
    #[schema(example = "Eve")]
    operator: Option<String>,
    /// The number up to which its journal is held: what it recorded after that is only there.
    #[schema(example = 217)]
    acknowledged_seq: u64,
    /// Until when its certificate counts.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    certificate_until: Option<String>,
    /// Whose tickets were presented to it.
    presented: PresentedListBody,
    /// How many tickets it sold.
    #[schema(example = 3)]
    sold: u64,
    /// What to change now.
    #[schema(example = json!(["The passphrase of the other terminals"]))]
    change: Vec<String>,
    /// The facts in plain words, for a notice under article 33 of the GDPR.
    #[schema(example = "The terminal held the names of 412 attendees.")]
    notice: String,
}

/// How many people's data a list holds.
#[derive(Debug, Serialize, ToSchema)]
struct HeldBody {
    /// Tickets.
    #[schema(example = 1_150)]
    tickets: u64,
    /// Tickets with a name.
    #[schema(example = 1_150)]
    names: u64,
    /// Tickets with an e-mail address.
    #[schema(example = 900)]
    emails: u64,
    /// Tickets with a note for the door.
    #[schema(example = 12)]
    notes: u64,
    /// Tickets with an order's reference.
    #[schema(example = 700)]
    orders: u64,
    /// What is held of each ticket.
    #[schema(example = json!(["name", "email", "note", "order", "ticket_type", "status"]))]
    fields: [&'static str; 6],
}

/// Whose tickets were presented to a terminal.
#[derive(Debug, Serialize, ToSchema)]
struct PresentedListBody {
    /// How many tickets.
    #[schema(example = 217)]
    total: u64,
    /// The newest, at most 500; all of them are in the list of check-ins.
    newest: Vec<PresentedBody>,
}

/// Somebody whose ticket was presented.
#[derive(Debug, Serialize, ToSchema)]
struct PresentedBody {
    /// The ticket's number, as it is typed.
    #[schema(example = "5RK4T81M20H")]
    ticket: String,
    /// The attendee's name, if the list holds the ticket.
    #[schema(example = "Ada Lovelace")]
    attendee: Option<String>,
    /// When last.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    at: String,
    /// How often.
    #[schema(example = 2)]
    times: u64,
}

/// Says what a device that is lost can tell whoever has it, what to change, and what to write to the data protection
/// authority.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/devices/{device}/exposure", tag = "devices",
    responses((status = 200, body = ExposureBody))
)]
pub(super) async fn show_exposure(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, device)): Path<(String, String)>,
) -> Result<Json<ExposureBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let device = store::device(&mut tx, id(&device, "such device")?).await?;
    let is_it = |device: &Device| device.event == event.id && !device.is_server();
    let device = device.filter(is_it).ok_or_else(|| Problem::not_found("such device"))?;
    let exposure = exposure::exposure(&mut tx, &event, &device).await?;
    let tickets = feed::tickets(&mut tx, event.id, exposure.newest.iter().map(|presented| presented.ticket)).await?;
    let name = |ticket: TicketId| tickets.get(&ticket).map(|row| row.name.clone());
    Ok(Json(ExposureBody::of(&event, &device, &exposure, name)))
}

impl ExposureBody {
    fn of(event: &Event, device: &Device, exposure: &Exposure, name: impl Fn(TicketId) -> Option<String>) -> Self {
        let held = &exposure.held;
        Self {
            status: device.standing.name(),
            last_seen_at: device.last_seen_at.map(rfc3339),
            cursor: exposure.cursor.0,
            held: HeldBody {
                tickets: held.tickets,
                names: held.names,
                emails: held.emails,
                notes: held.notes,
                orders: held.groups,
                fields: ["name", "email", "note", "order", "ticket_type", "status"],
            },
            state: exposure.openness.name(),
            state_since: exposure.since.map(rfc3339),
            operator: exposure.operator.clone(),
            acknowledged_seq: device.end.seq.0,
            certificate_until: device.certified_until().map(rfc3339),
            presented: PresentedListBody {
                total: exposure.presented,
                newest: exposure
                    .newest
                    .iter()
                    .map(|presented| PresentedBody {
                        ticket: presented.ticket.typed_code(),
                        attendee: name(presented.ticket),
                        at: rfc3339(presented.last.millis()),
                        times: presented.times,
                    })
                    .collect(),
            },
            sold: exposure.sold,
            change: exposure::to_change(device, exposure),
            notice: exposure::notice(event, device, exposure),
        }
    }
}
