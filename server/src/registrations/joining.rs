//! Attendees who register by themselves, alone or as a group: what is asked of them, and what they get.

pub mod body;
pub(super) mod people;
pub mod routes;
pub(super) mod seating;

use serde_json::{Value, json};
use sync_protocol::id::{ClassId, EventId};
use sync_protocol::time::UnixMillis;

use self::seating::Seating;
use super::letters::{self, News};
use super::{Answers, Attendee, Contact, Registration, State, store, waitlist};
use crate::accounts::{AccountId, OrganisationId};
use crate::app::App;
use crate::audit::{self, By};
use crate::db::{StoreError, Trouble, Tx, again_if_busy, carried_out};
use crate::events::{self, Event};
use crate::in_turn::{InTurn, Unanswered};
use crate::metrics::Busy;
use crate::once;
use crate::sync::feed::{self, FeedHead};
use crate::tickets::{self, IssueError, Ticket};

/// Parties of one event that are registered together.
const TOGETHER_MAX: usize = 50;

/// Somebody who wants to come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Guest {
    /// Who.
    pub attendee: Attendee,
    /// With which ticket type.
    pub class: ClassId,
    /// What they answered.
    pub answers: Answers,
}

/// Those who register together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// Who speaks for them; nobody for one who comes alone.
    pub contact: Option<Contact>,
    /// All of them.
    pub guests: Vec<Guest>,
    /// Who is logged in.
    pub account: Option<AccountId>,
}

/// Why somebody was not registered.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// There is no event that the public knows of.
    #[error("there is no such event")]
    Unknown,
    /// The event is over.
    #[error("the event is over")]
    Over,
    /// Not on sale at this time.
    #[error("the ticket type is not on sale now")]
    NotOnSale {
        /// The type's name.
        ticket_type: String,
        /// From when on it is.
        from: UnixMillis,
        /// Until when it is.
        until: UnixMillis,
    },
    /// A person has as many as they may have.
    #[error("this person is registered already")]
    AlreadyRegistered {
        /// How many one person may have.
        limit: u32,
    },
    /// There is no place, and no waiting list.
    #[error("no place is left")]
    Issue(#[from] IssueError),
    /// More want to register than can be served.
    #[error("too many are registering")]
    Full,
    /// The database failed for several who registered together; the log says how.
    #[error("could not store the registrations")]
    Failed(Trouble),
    /// The database failed.
    #[error("could not store the registration")]
    Store(#[from] StoreError),
}

/// What became of a party.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The event, as it was when they were registered.
    pub event: Event,
    /// What each of them got, in the party's order.
    pub seats: Vec<Seat>,
}

/// What became of a guest.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Their registration.
    pub registration: Registration,
    /// Their ticket, if they have a place.
    pub ticket: Option<Ticket>,
    /// How many are served before them, and themselves: 1 is next. Nothing unless they wait.
    pub position: Option<u64>,
}

/// Returns an event that the public may see.
///
/// # Errors
///
/// [`JoinError::Unknown`] or [`JoinError::Store`].
pub async fn public_event(tx: &mut Tx, id: EventId) -> Result<Event, JoinError> {
    events::published(tx, id).await?.map(|(_, event)| event).ok_or(JoinError::Unknown)
}

/// Who registers at this process at the moment.
#[derive(Debug)]
pub struct Arrivals(InTurn<EventId, Wish, Result<Joined, JoinError>>);

impl Default for Arrivals {
    fn default() -> Self {
        Self(InTurn::new(TOGETHER_MAX))
    }
}

/// A party that wants to come.
#[derive(Debug)]
struct Wish {
    party: Party,
    by: By,
    /// The request that asks, if it must be done once.
    request: Option<once::Key>,
}

impl From<Unanswered> for JoinError {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Full => Self::Full,
            Unanswered::Failed => Self::Failed(Trouble::Other),
        }
    }
}

/// Registers all of a party or nobody. Each gets a place, or waits for an organiser's word or for a place, as
/// their ticket type has it.
///
/// Parties that want to come at once are registered one after the other, in one transaction.
///
/// # Errors
///
/// [`JoinError`].
pub async fn join(app: &App, event: EventId, party: Party, by: By) -> Result<Joined, JoinError> {
    let serving = app.clone();
    let serve = move |wishes| {
        let app = serving.clone();
        async move { answer(&app, event, wishes).await }
    };
    app.arrivals().0.ask(event, Wish { party, by, request: carried_out() }, serve).await?
}

async fn answer(app: &App, event: EventId, wishes: Vec<Wish>) -> Vec<Result<Joined, JoinError>> {
    let joined = again_if_busy(|| join_all(app, event, &wishes), || app.metrics().busy(Busy::Retried)).await;
    joined.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, %event, "nobody was registered");
        let trouble = error.trouble();
        wishes.iter().map(|_| Err(JoinError::Failed(trouble))).collect()
    })
}

/// Registers parties one after the other, in one transaction.
async fn join_all(app: &App, event: EventId, wishes: &[Wish]) -> Result<Vec<Result<Joined, JoinError>>, StoreError> {
    let mut tx = app.database().begin_write().await?;
    // Everything that may not be exceeded is counted under this lock, by the event as it is then.
    let mut head = feed::lock(&mut tx, app.sealer(), event).await?;
    let Some((organisation, event)) = events::published(&mut tx, event).await? else {
        return Ok(wishes.iter().map(|_| Err(JoinError::Unknown)).collect());
    };
    let mut queues = store::queues(&mut tx, event.id).await?;
    // Who waits comes first.
    if !queues.is_empty() && waitlist::move_up(&mut tx, app, &event).await? > 0 {
        head = feed::lock(&mut tx, app.sealer(), event.id).await?;
        queues = store::queues(&mut tx, event.id).await?;
    }

    let now = app.clock().now();
    let mut seating = Seating::read(&mut tx, &event, queues, wishes.iter().map(|wish| &wish.party)).await?;
    let mut answers: Vec<Result<Vec<Seat>, JoinError>> =
        wishes.iter().map(|wish| seating.seat(&event, &wish.party, now)).collect();
    let registrations: Vec<Registration> =
        answers.iter().flatten().flatten().map(|seat| seat.registration.clone()).collect();
    super::add(&mut tx, event.id, &registrations).await?;
    give_tickets(&mut tx, app, &event, head, &mut answers).await?;
    let told = answers.iter().flatten().flatten().map(|seat| (&seat.registration, seat.ticket.as_ref()));
    letters::post_all(&mut tx, app, organisation, &event, told, News::Made).await?;
    note_all(&mut tx, organisation, &event, wishes, &answers, now).await?;
    tx.commit().await?;
    let joined = |seats| Joined { event: event.clone(), seats };
    Ok(answers.into_iter().map(|answer| answer.map(joined)).collect())
}

/// Issues a ticket to everybody who has a place.
async fn give_tickets(
    tx: &mut Tx,
    app: &App,
    event: &Event,
    head: FeedHead,
    answers: &mut [Result<Vec<Seat>, JoinError>],
) -> Result<(), StoreError> {
    let mut with_place: Vec<&mut Seat> = answers.iter_mut().flatten().flatten().collect();
    with_place.retain(|seat| seat.registration.state == State::Registered);
    let wanted = with_place
        .iter()
        .map(|Seat { registration, .. }| registration.to_issue(waitlist::status_of(event, registration.class)));
    let wanted: Vec<_> = wanted.collect();
    let tickets = tickets::issue_counted(tx, app, event, head, &wanted).await?;
    for (seat, ticket) in with_place.into_iter().zip(tickets) {
        seat.ticket = Some(ticket);
    }
    Ok(())
}

/// Records who registered, and that the requests of those who did are done.
async fn note_all(
    tx: &mut Tx,
    organisation: OrganisationId,
    event: &Event,
    wishes: &[Wish],
    answers: &[Result<Vec<Seat>, JoinError>],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut noted = Vec::new();
    for (wish, seats) in wishes.iter().zip(answers) {
        let Ok(seats) = seats else { continue };
        if let Some(request) = &wish.request {
            tx.note_done(request).await?;
        }
        let by = By { organisation: Some(organisation), ..wish.by };
        noted.extend(seats.iter().map(|seat| (by, seat.registration.id.to_string(), seat.registration.state)));
    }
    let mut changes = Vec::with_capacity(noted.len());
    for (by, subject, state) in &noted {
        let change = audit::Change {
            action: "registration.create",
            event: Some(event.id),
            subject,
            before: Value::Null,
            after: json!({ "state": state }),
        };
        changes.push((*by, change));
    }
    audit::note_all(tx, &changes, now).await
}

/// Returns how many are served before a registration that waits, and itself: 1 is next.
///
/// # Errors
///
/// [`StoreError`].
pub async fn position(tx: &mut Tx, event: EventId, registration: &Registration) -> Result<Option<u64>, StoreError> {
    let Some(queue_no) = registration.queue_no else { return Ok(None) };
    Ok(Some(store::waiting_before(tx, event, registration.class, queue_no).await? + 1))
}
