//! Who waits moves up when places are free: in order, in the transaction that frees them. The server also looks by
//! itself now and then, for those who were too many to move up at once.

use serde_json::json;
use sync_protocol::id::{ClassId, EventId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use super::letters::{self, News};
use super::{Registration, State, store};
use crate::app::App;
use crate::audit::{self, By};
use crate::db::{StoreError, Tx};
use crate::events::{self, Event};
use crate::sync::feed;
use crate::tickets::places::Places;
use crate::tickets::{self, IssueError};
use crate::work::Turn;

/// The most who move up at once. The next registration, or the next [`turn`], moves up the rest.
pub const MOVED_UP_MAX: u64 = 1_000;

/// Gives the places that are free to those who wait for them, in order, and returns how many moved up: each gets a
/// ticket and a letter. To be called in the transaction that frees places, also after a quota or the capacity
/// was raised; `event` is as that transaction leaves it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn move_up(tx: &mut Tx, app: &App, event: &Event) -> Result<usize, StoreError> {
    let now = app.clock().now();
    if !serves(event, now) {
        return Ok(0);
    }
    // What is counted under this lock stays true until the transaction ends.
    feed::lock(tx, app.sealer(), event.id).await?;
    let moving = next_in_line(tx, event, MOVED_UP_MAX).await?;
    if moving.is_empty() {
        return Ok(0);
    }
    let organisation = events::organisation_of(tx, event.id).await?.ok_or(StoreError::Corrupt("organisation_id"))?;
    let mut wanted = Vec::with_capacity(moving.len());
    let mut moved = Vec::with_capacity(moving.len());
    for before in moving {
        let mut after = before.clone();
        (after.state, after.queue_no) = (State::Registered, None);
        store::update(tx, event.id, &before, &mut after, now).await?;
        wanted.push(after.to_issue(status_of(event, after.class)));
        moved.push(after);
    }
    let tickets = tickets::issue(tx, app, event, &wanted).await.map_err(counted)?;
    let by = By { organisation: Some(organisation), ..By::default() };
    let told = moved.iter().zip(&tickets).map(|(registration, ticket)| (registration, Some(ticket)));
    letters::post_all(tx, app, organisation, event, told, News::MovedUp).await?;
    let subjects: Vec<String> = moved.iter().map(|registration| registration.id.to_string()).collect();
    let noted = |subject| {
        let change = audit::Change {
            action: "registration.move_up",
            event: Some(event.id),
            subject,
            before: json!({ "state": State::Waiting }),
            after: json!({ "state": State::Registered }),
        };
        (by, change)
    };
    let changes: Vec<_> = subjects.iter().map(|subject| noted(subject)).collect();
    audit::note_all(tx, &changes, now).await?;
    Ok(moved.len())
}

/// Does what [`move_up`] does, for an event as it is by now.
///
/// # Errors
///
/// [`StoreError`].
pub async fn fill_up(tx: &mut Tx, app: &App, event: EventId) -> Result<usize, StoreError> {
    feed::lock(tx, app.sealer(), event).await?;
    let event = events::get(tx, event).await?;
    move_up(tx, app, &event).await
}

/// Moves up whoever waits although there are places: those who were too many to move up at once.
///
/// # Errors
///
/// [`StoreError`].
pub async fn turn(app: &App) -> Result<Turn, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let mut due = Vec::new();
    for id in store::waited_for(&mut tx).await? {
        let event = events::get(&mut tx, id).await?;
        if serves(&event, app.clock().now()) && !next_in_line(&mut tx, &event, 1).await?.is_empty() {
            due.push(id);
        }
    }
    drop(tx);
    let mut turn = Turn::Done;
    for id in due {
        let mut tx = app.database().begin_write().await?;
        if fill_up(&mut tx, app, id).await? as u64 >= MOVED_UP_MAX {
            turn = Turn::More;
        }
        tx.commit().await?;
    }
    Ok(turn)
}

/// Whether an event still gives places to those who wait.
fn serves(event: &Event, now: UnixMillis) -> bool {
    event.state == events::State::Published && now < event.policy.ends
}

/// Returns up to `limit` of those for whom there is a place. Types are served in the event's order where they share its
/// capacity.
async fn next_in_line(tx: &mut Tx, event: &Event, limit: u64) -> Result<Vec<Registration>, StoreError> {
    let mut places: Option<Places> = None;
    let mut next = Vec::new();
    let waited_for = store::types_waited_for(tx, event.id).await?;
    for offered in event.offer.ticket_types.iter().filter(|offered| waited_for.contains(&offered.class)) {
        let places = match &mut places {
            Some(places) => places,
            none => none.insert(Places::count(tx, event).await?),
        };
        let room = limit.saturating_sub(next.len() as u64);
        let wanted = places.left(offered.class).unwrap_or(u64::MAX).min(room);
        let ids = store::waiting(tx, event.id, offered.class, wanted).await?;
        places.take(offered.class, ids.len() as u64).map_err(counted)?;
        for id in ids {
            let (registration, _) = store::find(tx, event.id, id).await?.ok_or(StoreError::Corrupt("queue_no"))?;
            next.push(registration);
        }
    }
    Ok(next)
}

/// Returns what a ticket of a type is when somebody gets it by themselves.
pub(super) fn status_of(event: &Event, class: ClassId) -> TicketStatus {
    let costs = event.offered(class).and_then(|offered| offered.price.as_ref()).is_some_and(|price| price.amount > 0);
    if costs { TicketStatus::Unpaid } else { TicketStatus::Valid }
}

/// Places that were counted under the lock are there.
pub(super) fn counted(error: IssueError) -> StoreError {
    match error {
        IssueError::SoldOut { .. } | IssueError::Over(_) => StoreError::Corrupt("ticket_counts"),
        IssueError::Store(error) => error,
    }
}
