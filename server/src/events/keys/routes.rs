//! Ticket keys over HTTP.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::Kid;
use sync_protocol::ticket::KeyState;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reissue::{self, Wish};
use super::{Accepted, KeyError, Known};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::Tx;
use crate::devices::{self, Device};
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, OptionalJson};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::tickets::body::ChangeBody;
use crate::tickets::{self, routes::checked_reason};

/// Returns the routes of an event's ticket keys.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_ticket_keys, make_ticket_key))
        .routes(routes!(revoke_ticket_key))
        .routes(routes!(reissue_tickets_of_key))
}

/// An event's ticket keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketKeys)]
struct KeysBody {
    /// The newest first.
    keys: Vec<KeyBody>,
}

/// A key that tickets are signed with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketKey)]
struct KeyBody {
    /// Its number.
    #[schema(example = 23_114)]
    key: u16,
    /// `active`: new tickets are signed by it. `verify_only`: its tickets are good. `listed_only`: those that doors have
    /// in their list are. `rejected`: none is.
    #[schema(example = "rejected")]
    state: &'static str,
    /// The public half, by which anybody verifies its tickets: 64 hexadecimal digits.
    #[schema(example = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")]
    public_key: String,
    /// When it was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    made_at: String,
    /// When the doors were told last what it may do; absent since it was made.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    changed_at: Option<String>,
    /// How many tickets are of it that are not cancelled.
    #[schema(example = 412)]
    tickets: u64,
    /// Whether those are being issued anew.
    #[schema(example = true)]
    is_reissued: bool,
    /// Terminals that were not seen to know this yet: until they are in touch, they go by what they know.
    unaware: Vec<UnawareBody>,
}

/// A terminal that was not seen to know something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnawareTerminal)]
struct UnawareBody {
    /// Its id.
    #[schema(example = "4f0c6c2a8a1d4e5f90b1c2d3e4f50617")]
    device: String,
    /// What people call it.
    #[schema(example = "Side door")]
    name: String,
    /// When it was last in touch.
    #[schema(example = "2026-11-21T08:12:40.311Z", format = "date-time")]
    last_seen_at: Option<String>,
}

/// How a key is revoked.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct RevokeKeyBody {
    /// What doors still take of it: `nothing`, or `listed`, the tickets that stand in their list exactly so. The latter
    /// keeps those away whose numbers somebody made up, and not copies of real ones.
    #[schema(example = "nothing")]
    accepted: Accepted,
    /// Whether its tickets are issued anew and sent, so that those before count no more. If it is not said: where nothing
    /// is accepted.
    #[schema(example = true)]
    reissue: Option<bool>,
    /// For those who look at a ticket later; at most 500 characters.
    #[schema(example = "a copy of the key was found")]
    reason: String,
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::not_found("such key"),
            KeyError::Full => Self::conflict("too-many", "There are as many as there may be"),
            KeyError::Revoked => Self::conflict("key-revoked", "The key is revoked")
                .detail("A key that is refused at the doors stays so."),
            KeyError::Active => Self::conflict("key-active", "The key signs new tickets")
                .detail("Make a new key first, or revoke this one."),
            KeyError::Over(over) => over.into(),
            KeyError::Store(error) => error.into(),
        }
    }
}

const fn name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::VerifyOnly => "verify_only",
        KeyState::ListedOnly => "listed_only",
        KeyState::Rejected => "rejected",
    }
}

/// A part of a path that can be no key's number names nothing.
fn kid(part: &str) -> Result<Kid, Problem> {
    part.parse().map(Kid).map_err(|_| Problem::not_found("such key"))
}

async fn shown(tx: &mut Tx, event: &Event) -> Result<Json<KeysBody>, Problem> {
    let counts = tickets::count_by_key(tx, event.id).await?;
    let is_door = |device: &Device| device.status() == Some(DeviceStatus::Active) && !device.is_server();
    let doors: Vec<Device> = devices::store::numbered(tx, event.id).await?.into_iter().filter(is_door).collect();
    let shown = |known: Known| KeyBody {
        key: known.key.kid.0,
        state: name(known.key.state),
        public_key: hex::encode(known.key.key.to_bytes()),
        made_at: rfc3339(known.made_at),
        changed_at: known.changed_at.map(rfc3339),
        tickets: counts.get(&known.key.kid).copied().unwrap_or_default(),
        is_reissued: known.is_reissued,
        unaware: doors
            .iter()
            .filter(|door| door.cursor.is_none_or(|cursor| cursor < known.seq))
            .map(|door| UnawareBody {
                device: door.id.to_string(),
                name: door.name.clone(),
                last_seen_at: door.last_seen_at.map(rfc3339),
            })
            .collect(),
    };
    let keys = super::list(tx, event.id).await?.into_iter().map(shown).collect();
    Ok(Json(KeysBody { keys }))
}

async fn found(app: &App, organiser: Organiser, event: &str) -> Result<Event, Problem> {
    let mut tx = app.database().begin_read().await?;
    event_of(&mut tx, organiser, event).await
}

/// Lists the keys that an event's tickets are signed with, the newest first.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/ticket-keys", tag = "tickets",
    responses((status = 200, body = KeysBody))
)]
async fn list_ticket_keys(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<KeysBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    shown(&mut tx, &event).await
}

/// Makes a new key for an event: tickets are signed by it from now on, and those that were signed before stay good.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/ticket-keys", tag = "tickets",
    responses(
        (status = 201, body = KeysBody),
        (status = 409, description = "The event is over, or has 64 keys"),
    )
)]
async fn make_ticket_key(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<(StatusCode, Json<KeysBody>), Problem> {
    let event = found(&app, organiser, &event).await?;
    super::replace(&app, organiser, &event).await?;
    let mut tx = app.database().begin_read().await?;
    Ok((StatusCode::CREATED, shown(&mut tx, &event).await?))
}

/// Revokes a key: every door that hears of it refuses its tickets, and those who hold one get a new one by mail.
///
/// Doors without a network go on accepting its tickets until they are in touch: `unaware` names them. Doing it again
/// changes nothing, except that `accepted` may become less.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/ticket-keys/{key}/revoke", tag = "tickets",
    request_body = Option<RevokeKeyBody>,
    responses(
        (status = 200, body = KeysBody),
        (status = 409, description = "The event is over or has 64 keys, or the key is refused altogether already"),
    )
)]
async fn revoke_ticket_key(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, key)): Path<(String, String)>,
    OptionalJson(body): OptionalJson<RevokeKeyBody>,
) -> Result<Json<KeysBody>, Problem> {
    let reason = checked_reason(&body.reason)?;
    let event = found(&app, organiser, &event).await?;
    let is_reissued = body.reissue.unwrap_or(body.accepted == Accepted::Nothing);
    let wish = is_reissued.then(|| Wish { reason: reason.clone() });
    super::revoke(&app, organiser, &event, kid(&key)?, body.accepted, wish, &reason).await?;
    let mut tx = app.database().begin_read().await?;
    shown(&mut tx, &event).await
}

/// Issues all tickets of a key anew, and sends them: those before count no more. The server does it by itself, some at a
/// time; `tickets` says how many are left.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/ticket-keys/{key}/reissue", tag = "tickets",
    request_body = Option<ChangeBody>,
    responses(
        (status = 202, body = KeysBody),
        (status = 409, description = "The event is over, or the key signs new tickets"),
    )
)]
async fn reissue_tickets_of_key(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, key)): Path<(String, String)>,
    OptionalJson(body): OptionalJson<ChangeBody>,
) -> Result<(StatusCode, Json<KeysBody>), Problem> {
    let wish = Wish { reason: checked_reason(&body.reason)? };
    let event = found(&app, organiser, &event).await?;
    reissue::begin(&app, organiser, &event, kid(&key)?, &wish).await?;
    let mut tx = app.database().begin_read().await?;
    Ok((StatusCode::ACCEPTED, shown(&mut tx, &event).await?))
}
