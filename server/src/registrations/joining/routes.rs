//! Registering over HTTP, for everybody.

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use sync_protocol::id::EventId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::JoinError;
use super::body::{GroupBody, GroupJoinedBody, JoinBody, JoinedBody};
use crate::accounts::{AccountId, Caller};
use crate::app::App;
use crate::audit::By;
use crate::events::Event;
use crate::http::extract::{Json, id};
use crate::http::peer::Peer;
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::registrations::RegisterError;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(join)).routes(routes!(join_as_group))
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Unknown => Self::not_found("such event"),
            JoinError::Over => Self::conflict("event-over", "The event is over"),
            JoinError::NotOnSale { ticket_type, from, until } => {
                Self::conflict("not-on-sale", "This ticket type is not on sale now")
                    .with("ticket_type", ticket_type)
                    .with("from", rfc3339(from))
                    .with("until", rfc3339(until))
            }
            JoinError::AlreadyRegistered { limit } => already_registered(limit),
            JoinError::Issue(error) => RegisterError::from(error).into(),
            JoinError::Full => Self::busy(1),
            // The log has said why, once for all who registered together.
            JoinError::Failed(trouble) => trouble.into(),
            JoinError::Store(error) => error.into(),
        }
    }
}

/// Returns the problem of a person who has as many registrations as they may have.
pub(in crate::registrations) fn already_registered(limit: u32) -> Problem {
    Problem::conflict("already-registered", "This person is registered already")
        .detail(format!("One person may have {limit} of this ticket type."))
        .with("limit", limit)
}

/// Who registers, if they are logged in.
struct Someone(Option<Caller>, Peer);

impl FromRequestParts<App> for Someone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let caller = <Caller as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await?;
        Ok(Self(caller, peer))
    }
}

impl Someone {
    fn account(&self) -> Option<AccountId> {
        self.0.as_ref().map(|caller| caller.account)
    }

    fn by(&self) -> By {
        By { organisation: None, account: self.account(), address: Some(self.1.0) }
    }
}

async fn event_of(app: &App, part: &str) -> Result<Event, Problem> {
    let event: EventId = id(part, "such event")?;
    let mut tx = app.database().glance().await?;
    Ok(super::public_event(&mut tx, event).await?)
}

/// Registers oneself for a published event.
///
/// The answer says whether there is a place at once (`registered`), an organiser has to say yes or no first (`pending`)
/// or one waits for a place (`waiting`). The ticket comes by mail once it counts: a type that costs something
/// is `unpaid` until organisers have marked it as paid.
#[utoipa::path(
    post, path = "/api/v1/public/events/{event}/registrations", tag = "registrations", request_body = JoinBody,
    security((), ("session" = [])),
    responses(
        (status = 201, body = JoinedBody),
        (status = 401, description = "A token was sent that is of no session"),
        (status = 403),
        (status = 409, description = "`already-registered`, `sold-out`, `not-on-sale` or `event-over`"),
    )
)]
async fn join(
    State(app): State<App>,
    Path(event): Path<String>,
    someone: Someone,
    Json(body): Json<JoinBody>,
) -> Result<(StatusCode, Json<JoinedBody>), Problem> {
    let event = event_of(&app, &event).await?;
    let party = body.check(&event, someone.account()).map_err(Problem::invalid)?;
    let joined = super::join(&app, event.id, party, someone.by()).await?;
    let mut bodies = GroupJoinedBody::of(&joined).registrations;
    let body = bodies.pop().ok_or_else(|| Problem::not_found("such registration"))?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Registers several people at once for a published event: all of them, or nobody.
///
/// They get one order reference; at the door they can be let in together. Attendees without an e-mail address of
/// their own count as their contact's, who may have no more of a ticket type than one person may.
#[utoipa::path(
    post, path = "/api/v1/public/events/{event}/groups", tag = "registrations", request_body = GroupBody,
    security((), ("session" = [])),
    responses(
        (status = 201, body = GroupJoinedBody),
        (status = 401, description = "A token was sent that is of no session"),
        (status = 403),
        (status = 409, description = "`already-registered`, `sold-out`, `not-on-sale` or `event-over`"),
    )
)]
async fn join_as_group(
    State(app): State<App>,
    Path(event): Path<String>,
    someone: Someone,
    Json(body): Json<GroupBody>,
) -> Result<(StatusCode, Json<GroupJoinedBody>), Problem> {
    let event = event_of(&app, &event).await?;
    let party = body.check(&event, someone.account()).map_err(Problem::invalid)?;
    let joined = super::join(&app, event.id, party, someone.by()).await?;
    Ok((StatusCode::CREATED, Json(GroupJoinedBody::of(&joined))))
}
