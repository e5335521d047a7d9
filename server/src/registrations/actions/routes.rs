//! Changing registrations over HTTP, for organisers.

use axum::extract::{Path, State};
use axum::http::HeaderName;
use sync_protocol::id::{EventId, RegistrationId};
use sync_protocol::text;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{BulkBody, BulkDone, BulkFilter, BulkResult, EditBody, TransferBody};
use super::{Action, ActionError, act};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::Tx;
use crate::events::routes::event_of;
use crate::events::{self, Event};
use crate::http::extract::{Json, OptionalJson, id};
use crate::http::problem::Problem;
use crate::http::version::{IfMatch, etag};
use crate::registrations::body::RegistrationBody;
use crate::registrations::routes::{class_named, invalid};
use crate::registrations::{self, Filter, edit, store};
use crate::sync::feed;
use crate::tickets::Ticket;
use crate::tickets::body::ChangeBody;
use crate::tickets::routes::checked_reason;

/// The most registrations of one bulk request.
const BULK_MAX: usize = 1_000;
/// How many of them share a transaction: few enough that others need not wait long for the event.
const BULK_PER_TRANSACTION: usize = 50;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(edit_registration))
        .routes(routes!(transfer_registration))
        .routes(routes!(approve_registration))
        .routes(routes!(reject_registration))
        .routes(routes!(cancel_registration))
        .routes(routes!(pay_registration))
        .routes(routes!(block_registration))
        .routes(routes!(unblock_registration))
        .routes(routes!(reissue_registration))
        .routes(routes!(resend_registration))
        .routes(routes!(change_many))
}

impl ActionError {
    /// Returns the name of its problem, and what it says.
    const fn problem(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Unknown => ("not-found", "There is no such registration"),
            Self::WrongState(_) => ("wrong-state", "The registration's state does not allow this"),
            Self::SoldOut => ("sold-out", "No place is left"),
            Self::SoldAtDoor => ("sold-at-door", "The ticket was sold at the door"),
            Self::NotValid => ("not-valid", "The ticket is not valid"),
            Self::NoAddress => ("no-address", "There is no e-mail address"),
            Self::Over(_) => ("event-over", "The event is over"),
            Self::Store(_) => return None,
        })
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        let problem = error.problem();
        match (error, problem) {
            (ActionError::Unknown, _) => Self::not_found("such registration"),
            (ActionError::WrongState(state), Some((name, title))) => {
                Self::conflict(name, title).detail(format!("It is {}.", state.name())).with("state", state.name())
            }
            (ActionError::Over(over), _) => over.into(),
            (ActionError::Store(error), _) => error.into(),
            (_, Some((name, title))) => Self::conflict(name, title),
            (_, None) => Self::conflict("wrong-state", "The registration's state does not allow this"),
        }
    }
}

/// Locks the event's feed and returns the event and one of its registrations as they are then.
async fn locked(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    event: &str,
    registration: &str,
) -> Result<(Event, (registrations::Registration, Option<Ticket>)), Problem> {
    let event: EventId = id(event, "such event")?;
    let registration: RegistrationId = id(registration, "such registration")?;
    feed::lock(tx, app.sealer(), event).await?;
    let event = event_of(tx, organiser, &event.to_string()).await?;
    events::takes_changes(tx, event.id).await??;
    let found = store::find(tx, event.id, registration).await?;
    Ok((event, found.ok_or_else(|| Problem::not_found("such registration"))?))
}

type Shown = ([(HeaderName, String); 1], Json<RegistrationBody>);

fn shown(registration: &registrations::Registration, ticket: Option<&Ticket>, event: &Event) -> Shown {
    (etag(registration.version), Json(RegistrationBody::of(registration, ticket, event)))
}

/// Changes what is known of an attendee. The doors learn what concerns them: name, e-mail address, note, and what staff
/// should look at.
#[utoipa::path(
    patch, path = "/api/v1/events/{event}/registrations/{registration}", tag = "registrations",
    request_body = EditBody,
    params(
        ("If-Match" = String, Header, description = "The `ETag` of what is changed, or `*`"),
    ),
    responses(
        (status = 200, body = RegistrationBody, headers(("ETag" = String, description = "What `If-Match` takes"))),
        (status = 412),
    )
)]
async fn edit_registration(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
    if_match: IfMatch,
    Json(body): Json<EditBody>,
) -> Result<Shown, Problem> {
    let mut tx = app.database().begin_write().await?;
    let (event, found) = locked(&mut tx, &app, organiser, &event, &registration).await?;
    if_match.check(found.0.version)?;
    let wanted = body.check(&event).map_err(invalid)?;
    let (registration, ticket) = edit::edit(&mut tx, &app, organiser.into(), &event, found, wanted).await?;
    tx.commit().await?;
    Ok(shown(&registration, ticket.as_ref(), &event))
}

/// Gives a place to somebody else, with a new credential; the ones before count no more. Both are told by mail.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations/{registration}/transfer", tag = "registrations",
    request_body = TransferBody,
    responses(
        (status = 200, body = RegistrationBody),
        (status = 409, description = "`wrong-state` or `sold-at-door`"),
    )
)]
async fn transfer_registration(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
    Json(body): Json<TransferBody>,
) -> Result<Shown, Problem> {
    let to = body.check().map_err(invalid)?;
    let mut tx = app.database().begin_write().await?;
    let (event, found) = locked(&mut tx, &app, organiser, &event, &registration).await?;
    let (registration, ticket) = edit::transfer(&mut tx, &app, organiser.into(), &event, found, to, "").await?;
    tx.commit().await?;
    Ok(shown(&registration, ticket.as_ref(), &event))
}

async fn change(
    app: &App,
    organiser: Organiser,
    event: &str,
    registration: &str,
    action: Action,
    body: ChangeBody,
) -> Result<Shown, Problem> {
    let reason = checked_reason(&body.reason)?;
    let registration: RegistrationId = id(registration, "such registration")?;
    let mut tx = app.database().begin_write().await?;
    let event = event_of(&mut tx, organiser, event).await?;
    let done = act(&mut tx, app, organiser.into(), &event, registration, action, &reason).await?;
    if action == Action::Cancel {
        registrations::move_up(&mut tx, app, &event).await?;
    }
    tx.commit().await?;
    Ok(shown(&done.registration, done.ticket.as_ref(), &event))
}

macro_rules! action_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $action:expr, $conflicts:literal) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "registrations", request_body = Option<ChangeBody>,
            responses(
                (status = 200, body = RegistrationBody),
                (status = 409, description = $conflicts),
            )
        )]
        async fn $name(
            State(app): State<App>,
            organiser: Organiser,
            Path((event, registration)): Path<(String, String)>,
            OptionalJson(body): OptionalJson<ChangeBody>,
        ) -> Result<Shown, Problem> {
            change(&app, organiser, &event, &registration, $action, body).await
        }
    };
}

action_route!(
    /// Says yes to a pending registration, or gives a place to one that waits. Where no place is left and its type has a
    /// waiting list, a pending one waits.
    approve_registration, "/api/v1/events/{event}/registrations/{registration}/approve", Action::Approve,
    "`wrong-state` or `sold-out`"
);
action_route!(
    /// Says no to a registration that is pending or waits.
    reject_registration, "/api/v1/events/{event}/registrations/{registration}/reject", Action::Reject, "`wrong-state`"
);
action_route!(
    /// Cancels a registration for good, with its ticket. Whoever waits for the place gets it.
    cancel_registration, "/api/v1/events/{event}/registrations/{registration}/cancel", Action::Cancel, "`wrong-state`"
);
action_route!(
    /// Marks a registration as paid: its ticket counts, and is sent.
    pay_registration, "/api/v1/events/{event}/registrations/{registration}/pay", Action::Pay, "`wrong-state`"
);
action_route!(
    /// Blocks an attendee's ticket for now.
    block_registration, "/api/v1/events/{event}/registrations/{registration}/block", Action::Block, "`wrong-state`"
);
action_route!(
    /// Lets an attendee's blocked ticket count again.
    unblock_registration, "/api/v1/events/{event}/registrations/{registration}/unblock", Action::Unblock, "`wrong-state`"
);
action_route!(
    /// Makes a new credential for an attendee and sends it; those before count no more.
    reissue_registration, "/api/v1/events/{event}/registrations/{registration}/reissue", Action::Reissue,
    "`wrong-state` or `sold-at-door`"
);
action_route!(
    /// Sends an attendee their ticket once more.
    resend_registration, "/api/v1/events/{event}/registrations/{registration}/resend", Action::Resend,
    "`wrong-state`, `sold-at-door`, `not-valid` or `no-address`"
);

/// Does something to up to 1 000 registrations, and says for each what became of it.
///
/// What could be done is done, whatever became of the others.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations/bulk", tag = "registrations", request_body = BulkBody,
    responses((status = 200, body = BulkDone))
)]
async fn change_many(
    State(app): State<App>,
    organiser: Organiser,
    Path(part): Path<String>,
    Json(mut body): Json<BulkBody>,
) -> Result<Json<BulkDone>, Problem> {
    body.reason = checked_reason(&body.reason)?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &part).await?;
    let (named, next) = match (&body.ids, &body.filter) {
        (Some(ids), None) => (ids.clone(), None),
        (None, Some(filter)) => filtered(&mut tx, &event, filter).await?,
        _ => return Err(Problem::invalid_field("body", "value", "must have either ids or a filter")),
    };
    drop(tx);
    if named.len() > BULK_MAX {
        return Err(Problem::invalid_field("body.ids", "too_long", format!("must be at most {BULK_MAX}")));
    }
    let mut results = Vec::with_capacity(named.len());
    for named in named.chunks(BULK_PER_TRANSACTION) {
        results.extend(change_some(&app, organiser, &part, &body, named).await?);
    }
    let count = |of: &str| results.iter().filter(|result| result.result == of).count();
    let (done, unchanged) = (count("done"), count("unchanged"));
    Ok(Json(BulkDone { done, unchanged, failed: results.len() - done - unchanged, results, next }))
}

/// Changes so many registrations as share a transaction.
async fn change_some(
    app: &App,
    organiser: Organiser,
    event: &str,
    body: &BulkBody,
    named: &[String],
) -> Result<Vec<BulkResult>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let event = event_of(&mut tx, organiser, event).await?;
    let mut results = Vec::with_capacity(named.len());
    for named in named {
        let result = match named.parse::<RegistrationId>() {
            Err(_) => "not-found",
            Ok(id) => match act(&mut tx, app, organiser.into(), &event, id, body.action, &body.reason).await {
                Ok(done) if done.was_so => "unchanged",
                Ok(_) => "done",
                Err(error) => match error.problem() {
                    Some((name, _)) => name,
                    None => return Err(error.into()),
                },
            },
        };
        results.push(BulkResult { id: named.clone(), result });
    }
    if body.action == Action::Cancel {
        registrations::move_up(&mut tx, app, &event).await?;
    }
    tx.commit().await?;
    Ok(results)
}

/// Returns the first ids that a filter lets through, and where the next begin.
async fn filtered(tx: &mut Tx, event: &Event, asked: &BulkFilter) -> Result<(Vec<String>, Option<String>), Problem> {
    let class = asked.ticket_type.as_deref().map(|name| class_named(event, name, "body.filter.ticket_type"));
    let filter = Filter {
        class: class.transpose()?,
        status: asked.status,
        state: asked.state,
        is_checked_in: asked.checked_in,
        order: asked.order.as_deref().map(|order| text::tidy(order, usize::MAX)),
    };
    let wrong = |_| Problem::invalid_field("body.filter.after", "value", "is not a registration's id");
    let after = asked.after.as_deref().map(|text| text.parse().map_err(wrong)).transpose()?;
    let found = registrations::list(tx, event.id, &filter, after, BULK_MAX as u32 + 1).await?;
    let ids: Vec<String> = found.iter().take(BULK_MAX).map(|(registration, _)| registration.id.to_string()).collect();
    let next = if found.len() > BULK_MAX { ids.last().cloned() } else { None };
    Ok((ids, next))
}
