//! Steps of an event's life: taken, kept with who, when and why, and told to whom they concern.

use sync_protocol::id::{EventId, RegistrationId};

use super::life::{Approval, Step};
use super::{Decision, Event, State, store};
use crate::access::Role;
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::mails::{self, Letter};
use crate::organisations;
use crate::registrations;
use crate::sync::feed;
use crate::tickets;
use crate::walk_ins::leases;

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Tickets cancelled in one transaction: the doors' journals are taken in between.
const CANCELLED_AT_ONCE: u32 = 500;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is no such event.
    #[error("there is no such event")]
    Unknown,
    /// The step does not lead on from where the event is.
    #[error("{} does not lead on from here", .step.name())]
    NotNow {
        /// Where the event is.
        state: State,
        /// The step.
        step: Step,
    },
    /// Promoters submit events of their own alone.
    #[error("the event is another promoter's")]
    NotYours,
    /// Others are told the reason.
    #[error("a reason must be given")]
    NoReason,
    /// The database failed.
    #[error("could not store the decision")]
    Store(#[from] StoreError),
}

/// Takes a step. Cancelling once more cancels what the doors have sent in since, or what was left because the first
/// try broke off.
///
/// # Errors
///
/// [`DecideError`].
pub async fn decide(
    app: &App,
    organiser: Organiser,
    id: EventId,
    step: Step,
    reason: String,
) -> Result<Event, DecideError> {
    if step.needs_reason() && reason.is_empty() {
        return Err(DecideError::NoReason);
    }
    let event = take(app, organiser, id, step, &reason).await?;
    if event.state == State::Cancelled {
        cancel_tickets(app, organiser, &event, &reason).await?;
    }
    Ok(event)
}

async fn take(app: &App, organiser: Organiser, id: EventId, step: Step, reason: &str) -> Result<Event, DecideError> {
    let mut tx = app.database().begin_write().await?;
    let event = take_within(&mut tx, app, organiser, id, step, reason).await?;
    tx.commit().await?;
    Ok(event)
}

/// Takes a step within a transaction that goes on: it must not be committed after an error. Attendees of a cancelled
/// event are still to be told, and their tickets to be cancelled.
///
/// # Errors
///
/// [`DecideError`].
pub async fn take_within(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    id: EventId,
    step: Step,
    reason: &str,
) -> Result<Event, DecideError> {
    // Whatever changes an event holds this lock, so what is read under it stays true.
    let head = feed::lock(tx, app.sealer(), id).await?;
    let event = store::find(tx, organiser.organisation, id).await?.ok_or(DecideError::Unknown)?;
    if organiser.role < Role::Manager && !event.is_made_by(organiser) {
        return Err(DecideError::NotYours);
    }
    if (step, event.state) == (Step::Cancel, State::Cancelled) {
        return Ok(event);
    }
    let needs_approval = organisations::needs_approval(tx, organiser.organisation).await?;
    let approval = if needs_approval { Approval::Needed } else { Approval::Waived };
    let before = event.state;
    let after = before.after(step, approval).ok_or(DecideError::NotNow { state: before, step })?;
    let at = app.clock().now();
    let decision = Decision { step, before, after, reason: reason.to_owned(), account: organiser.account, at };
    store::decide(tx, id, &decision).await?;
    let subject = id.to_string();
    let change = audit::Change {
        action: step.action(),
        event: Some(id),
        subject: &subject,
        before: before.name().into(),
        after: after.name().into(),
    };
    audit::note(tx, organiser, &change, at).await?;
    match step {
        Step::Close => feed::end(tx, head).await?,
        Step::Cancel => {
            let entries = leases::end_all(tx, &event, head.next(), at).await?;
            feed::append_after(tx, head, &entries).await?;
        }
        Step::Submit | Step::Approve | Step::Reject | Step::Publish | Step::Unpublish => {}
    }
    let event = Event { state: after, version: event.version + 1, ..event };
    // Places may have become free while nobody could register.
    registrations::move_up(tx, app, &event).await?;
    Ok(event)
}

/// Cancels every registration of a cancelled event with its ticket, within one transaction, and writes to nobody.
///
/// # Errors
///
/// [`StoreError`].
pub async fn cancel_everybody(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    event: &Event,
    reason: &str,
) -> Result<(), StoreError> {
    let mut after = RegistrationId([0; 16]);
    loop {
        let cancelled = tickets::many::cancel_some(tx, app, organiser, event, reason, after, CANCELLED_AT_ONCE).await?;
        let hopeful = registrations::cancel_hopeful(tx, event.id, reason, CANCELLED_AT_ONCE, app.clock().now()).await?;
        if cancelled.is_empty() && hopeful.is_empty() {
            return Ok(());
        }
        after = cancelled.last().map_or(after, |last| last.id);
    }
}

/// Cancels every registration of a cancelled event with its ticket, some at a time, and writes to everybody who has an e-mail address. No
/// new ticket can come between, except those that terminals have sold and not told yet.
async fn cancel_tickets(app: &App, organiser: Organiser, event: &Event, reason: &str) -> Result<(), StoreError> {
    let letter = Letter::EventCancelled { event: event.id, reason: reason.to_owned() };
    let mut after = RegistrationId([0; 16]);
    loop {
        let mut tx = app.database().begin_write().await?;
        let cancelled =
            tickets::many::cancel_some(&mut tx, app, organiser, event, reason, after, CANCELLED_AT_ONCE).await?;
        let hopeful =
            registrations::cancel_hopeful(&mut tx, event.id, reason, CANCELLED_AT_ONCE, app.clock().now()).await?;
        if cancelled.is_empty() && hopeful.is_empty() {
            return Ok(());
        }
        after = cancelled.last().map_or(after, |last| last.id);
        let all = cancelled.iter().chain(&hopeful);
        let mut recipients: Vec<String> =
            all.filter_map(|registration| registration.recipient().map(str::to_owned)).collect();
        recipients.sort_unstable();
        recipients.dedup();
        mails::post_all(&mut tx, app, Some(organiser.organisation), &recipients, &letter).await?;
        tx.commit().await?;
    }
}
