//! What organisers do to registrations, one by one or many at once; and cancelling, which attendees may do as well.

pub mod body;
pub mod routes;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::id::RegistrationId;
use utoipa::ToSchema;

use super::letters::{self, News, Sent};
use super::{Registration, State, store, waitlist};
use crate::accounts::{AccountId, OrganisationId, Organiser};
use crate::app::App;
use crate::audit::{self, By};
use crate::db::{StoreError, Tx};
use crate::events::{self, Event, Over};
use crate::sync::feed;
use crate::tickets::places::Places;
use crate::tickets::{self, Change, ChangeError, IssueError, Ticket};

/// Somebody who acts for an organisation, or for themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Actor {
    /// Their account; nothing for who has but the link in their letter.
    pub account: Option<AccountId>,
    /// The organisation whose event it is.
    pub organisation: OrganisationId,
    /// Where they call from.
    pub address: IpAddr,
}

impl From<Organiser> for Actor {
    fn from(organiser: Organiser) -> Self {
        let Organiser { account, organisation, address, .. } = organiser;
        Self { account: Some(account), organisation, address }
    }
}

impl From<Actor> for By {
    fn from(actor: Actor) -> Self {
        Self { organisation: Some(actor.organisation), account: actor.account, address: Some(actor.address) }
    }
}

/// What is done to a registration.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Says yes to a pending one, or gives a place to one that waits.
    Approve,
    /// Says no to one that is pending or waits.
    Reject,
    /// Takes it back for good.
    Cancel,
    /// Marks its ticket as paid.
    Pay,
    /// Its ticket does not count for now.
    Block,
    /// Its ticket counts again.
    Unblock,
    /// Makes a new credential; those before count no more.
    Reissue,
    /// Sends the ticket once more.
    Resend,
}

impl Action {
    const fn audited_as(self) -> &'static str {
        match self {
            Self::Approve => "registration.approve",
            Self::Reject => "registration.reject",
            Self::Cancel => "registration.cancel",
            Self::Pay => "registration.pay",
            Self::Block => "registration.block",
            Self::Unblock => "registration.unblock",
            Self::Reissue => "registration.reissue",
            Self::Resend => "registration.resend",
        }
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such registration.
    #[error("there is no such registration")]
    Unknown,
    /// It has come too far, or not far enough.
    #[error("the registration is {}", .0.name())]
    WrongState(State),
    /// There is no place.
    #[error("no place is left")]
    SoldOut,
    /// Only the device that sold a ticket can show its credential.
    #[error("the ticket was sold at the door")]
    SoldAtDoor,
    /// The ticket does not count, so it is not sent.
    #[error("the ticket is not valid")]
    NotValid,
    /// Nobody knows where to send it.
    #[error("there is no e-mail address")]
    NoAddress,
    /// The event is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
    /// The database failed.
    #[error("could not change the registration")]
    Store(#[from] StoreError),
}

impl From<ChangeError> for ActionError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown => Self::Unknown,
            ChangeError::Cancelled => Self::WrongState(State::Cancelled),
            ChangeError::SoldAtDoor => Self::SoldAtDoor,
            ChangeError::Over(over) => Self::Over(over),
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

/// A registration after something was done to it.
#[derive(Clone, Debug)]
pub struct Done {
    /// The registration.
    pub registration: Registration,
    /// Its ticket.
    pub ticket: Option<Ticket>,
    /// Whether it was so already.
    pub was_so: bool,
}

/// Does `action`, tells the doors and the attendee, and leaves a record. Doing it again changes nothing, except that
/// each re-issue makes another credential and each re-sending another letter.
///
/// A failure other than the database's leaves the transaction as it was. After [`Action::Cancel`], whoever commits
/// calls [`waitlist::move_up`] first.
///
/// # Errors
///
/// [`ActionError`].
pub async fn act(
    tx: &mut Tx,
    app: &App,
    actor: Actor,
    event: &Event,
    id: RegistrationId,
    action: Action,
    reason: &str,
) -> Result<Done, ActionError> {
    feed::lock(tx, app.sealer(), event.id).await?;
    events::takes_changes(tx, event.id).await??;
    let (before, ticket_before) = store::find(tx, event.id, id).await?.ok_or(ActionError::Unknown)?;
    let now = app.clock().now();
    let mut after = before.clone();
    let mut ticket = ticket_before;
    let is_news = match action {
        Action::Approve => approve(tx, app, event, &before, &mut after, &mut ticket).await?,
        Action::Reject => set(&mut after, State::Rejected, reason)?,
        Action::Cancel => {
            let has_place = before.state == State::Registered;
            if let Some(held) = ticket_before.filter(|_| has_place) {
                change(tx, app, actor, event, held, Change::Cancel, reason, &mut ticket).await?;
            }
            set(&mut after, State::Cancelled, reason)?
        }
        Action::Resend => {
            let held = with_place(&before, ticket)?;
            match letters::post_ticket(tx, app, actor.organisation, event, &before, &held).await? {
                Sent::Posted => {}
                Sent::NoAddress => return Err(ActionError::NoAddress),
                Sent::NotValid if held.is_sold_at_door() => return Err(ActionError::SoldAtDoor),
                Sent::NotValid => return Err(ActionError::NotValid),
            }
            false
        }
        Action::Pay | Action::Block | Action::Unblock | Action::Reissue => {
            let held = with_place(&before, ticket)?;
            let what = match action {
                Action::Pay => Change::Pay,
                Action::Block => Change::Block,
                Action::Unblock => Change::Unblock,
                _ => Change::Reissue,
            };
            change(tx, app, actor, event, held, what, reason, &mut ticket).await?
        }
    };
    if is_news {
        store::update(tx, event.id, &before, &mut after, now).await?;
        tell(tx, app, actor.organisation, event, action, &after, ticket.as_ref()).await?;
        if matches!(action, Action::Cancel | Action::Reject) && ticket.is_none() {
            super::tell_cancelled(tx, event.id, &[id], now).await?;
        }
    }
    if is_news || action == Action::Resend {
        let noted = audit::Change {
            action: action.audited_as(),
            event: Some(event.id),
            subject: &id.to_string(),
            before: told(&before, ticket_before.as_ref()),
            after: told(&after, ticket.as_ref()),
        };
        audit::note(tx, actor, &noted, now).await?;
    }
    Ok(Done { registration: after, ticket, was_so: !is_news && action != Action::Resend })
}

/// Writes to the attendee what was done, where it concerns them.
async fn tell(
    tx: &mut Tx,
    app: &App,
    organisation: OrganisationId,
    event: &Event,
    action: Action,
    after: &Registration,
    ticket: Option<&Ticket>,
) -> Result<(), StoreError> {
    let news = match (action, ticket) {
        (Action::Approve | Action::Reject, _) => News::Decided,
        (Action::Cancel, _) => News::Cancelled,
        (Action::Pay | Action::Reissue, Some(ticket)) => {
            letters::post_ticket(tx, app, organisation, event, after, ticket).await?;
            return Ok(());
        }
        _ => return Ok(()),
    };
    letters::post(tx, app, organisation, event, after, ticket, news).await
}

/// Returns what the record tells of a registration: nothing of who it is.
pub(super) fn told(registration: &Registration, ticket: Option<&Ticket>) -> Value {
    let status = ticket.map(|ticket| ticket.row.status);
    json!({ "state": registration.state, "ticket": status, "issue": ticket.map(|ticket| ticket.row.issue.0) })
}

/// Returns the ticket of one who has a place.
pub(super) fn with_place(registration: &Registration, ticket: Option<Ticket>) -> Result<Ticket, ActionError> {
    let wrong = ActionError::WrongState(registration.state);
    ticket.filter(|_| registration.state == State::Registered).ok_or(wrong)
}

/// Ends a registration that has not ended otherwise; returns whether it had not ended so already.
fn set(after: &mut Registration, state: State, reason: &str) -> Result<bool, ActionError> {
    let is_open = match state {
        State::Rejected => matches!(after.state, State::Pending | State::Waiting),
        _ => !matches!(after.state, State::Cancelled | State::Rejected),
    };
    if after.state == state {
        return Ok(false);
    }
    if !is_open {
        return Err(ActionError::WrongState(after.state));
    }
    (after.state, after.queue_no) = (state, None);
    reason.clone_into(&mut after.reason);
    Ok(true)
}

#[expect(clippy::too_many_arguments, reason = "who does what to what, why, and what becomes of it")]
async fn change(
    tx: &mut Tx,
    app: &App,
    actor: Actor,
    event: &Event,
    held: Ticket,
    what: Change,
    reason: &str,
    ticket: &mut Option<Ticket>,
) -> Result<bool, ActionError> {
    let changed = tickets::change_in(tx, app, event.id, held.id, what, actor.account, reason).await?;
    if let Some((_, after)) = changed {
        *ticket = Some(after);
    }
    Ok(changed.is_some())
}

/// Gives a place; or, where there is none and its type has a waiting list, lets a pending one wait for it.
async fn approve(
    tx: &mut Tx,
    app: &App,
    event: &Event,
    before: &Registration,
    after: &mut Registration,
    ticket: &mut Option<Ticket>,
) -> Result<bool, ActionError> {
    match before.state {
        State::Registered => return Ok(false),
        State::Cancelled | State::Rejected => return Err(ActionError::WrongState(before.state)),
        State::Pending | State::Waiting => {}
    }
    let has_waitlist = event.offered(before.class).is_some_and(|offered| offered.has_waitlist);
    let has_place = match Places::count(tx, event).await?.take(before.class, 1) {
        Ok(()) => true,
        Err(IssueError::SoldOut { .. }) => false,
        Err(IssueError::Over(over)) => return Err(over.into()),
        Err(IssueError::Store(error)) => return Err(error.into()),
    };
    let is_turn = before.state == State::Waiting
        || !has_waitlist
        || store::waiting(tx, event.id, before.class, 1).await?.is_empty();
    if has_place && is_turn {
        (after.state, after.queue_no) = (State::Registered, None);
        let wanted = [after.to_issue(waitlist::status_of(event, after.class))];
        let issued = tickets::issue(tx, app, event, &wanted).await.map_err(|error| match error {
            IssueError::SoldOut { .. } => ActionError::SoldOut,
            IssueError::Over(over) => over.into(),
            IssueError::Store(error) => error.into(),
        })?;
        *ticket = issued.first().copied();
        return Ok(true);
    }
    if before.state == State::Pending && has_waitlist {
        after.state = State::Waiting;
        after.queue_no = Some(store::next_queue_no(tx, event.id, before.class).await?);
        return Ok(true);
    }
    Err(ActionError::SoldOut)
}

#[cfg(test)]
mod tests {
    use sync_protocol::id::ClassId;
    use sync_protocol::time::UnixMillis;

    use super::*;
    use crate::registrations::Attendee;

    #[test]
    fn what_has_ended_does_not_end_otherwise() {
        let in_state = |state| Registration {
            state,
            ..Registration::new(RegistrationId([1; 16]), Attendee::default(), ClassId(0), UnixMillis(0))
        };

        assert!(set(&mut in_state(State::Waiting), State::Cancelled, "").unwrap());
        assert!(set(&mut in_state(State::Pending), State::Rejected, "").unwrap());
        assert!(!set(&mut in_state(State::Cancelled), State::Cancelled, "").unwrap());
        for (from, to) in [
            (State::Registered, State::Rejected),
            (State::Cancelled, State::Rejected),
            (State::Rejected, State::Cancelled),
        ] {
            assert!(set(&mut in_state(from), to, "").is_err(), "{from:?} {to:?}");
        }
    }
}
