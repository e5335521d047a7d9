//! What attendees do with their own registrations: those that they made while they were logged in, and those that
//! are theirs, or their group's, by an e-mail address that they have proven.

pub mod body;
pub mod routes;

use std::collections::BTreeMap;

use sync_protocol::id::RegistrationId;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;

use super::actions::{Action, ActionError, Actor, act};
use super::edit::{self, Receiver};
use super::joining::people::Held;
use super::{Registration, joining, store};
use crate::accounts::{self, Caller};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::{self, Event};
use crate::sync::feed;
use crate::tickets::Ticket;

/// A registration of the caller's.
#[derive(Clone, Debug)]
pub struct Mine {
    /// The event.
    pub event: Event,
    /// The registration.
    pub registration: Registration,
    /// Its ticket.
    pub ticket: Option<Ticket>,
    /// For one who waits: 1 is next.
    pub position: Option<u64>,
}

/// Why an attendee may not do something.
#[derive(Debug, thiserror::Error)]
pub enum MineError {
    /// There is no such registration of theirs.
    #[error("there is no such registration")]
    Unknown,
    /// The time for it is over.
    #[error("it is too late")]
    TooLate {
        /// Until when it was possible.
        until: UnixMillis,
    },
    /// The attendee was let in.
    #[error("the attendee was let in")]
    CheckedIn,
    /// The ticket is blocked: only organisers may do something with it.
    #[error("the ticket is blocked")]
    Blocked,
    /// Who should get the place has as many as one person may have.
    #[error("this person is registered already")]
    AlreadyRegistered {
        /// How many one person may have.
        limit: u32,
    },
    /// It cannot be done to a registration such as this.
    #[error(transparent)]
    Action(#[from] ActionError),
}

impl From<StoreError> for MineError {
    fn from(error: StoreError) -> Self {
        Self::Action(error.into())
    }
}

/// Until when attendees may cancel by themselves.
pub fn cancel_until(event: &Event) -> UnixMillis {
    event.offer.cancel_until.unwrap_or(event.policy.starts)
}

/// Returns the e-mail address that the caller has proven to be theirs.
async fn proven_email(tx: &mut Tx, caller: &Caller) -> Result<Option<String>, StoreError> {
    let person = accounts::person(tx, caller.account).await?;
    Ok(person.filter(|person| person.is_verified).map(|person| person.email))
}

/// Returns up to `limit` registrations of the caller's before `before`, newest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(
    tx: &mut Tx,
    caller: &Caller,
    before: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<Mine>, StoreError> {
    let email = proven_email(tx, caller).await?;
    let before = before.unwrap_or(RegistrationId([0xff; 16]));
    let found = store::list_of(tx, caller.account, email.as_deref(), before, limit).await?;
    let mut events: BTreeMap<[u8; 16], Event> = BTreeMap::new();
    let mut mine = Vec::with_capacity(found.len());
    for (event, registration, ticket) in found {
        let event = match events.get(&event.0) {
            Some(event) => event.clone(),
            None => {
                let event = events::get(tx, event).await?;
                events.insert(event.id.0, event.clone());
                event
            }
        };
        let position = joining::position(tx, event.id, &registration).await?;
        mine.push(Mine { event, registration, ticket, position });
    }
    Ok(mine)
}

/// Returns a registration of the caller's.
///
/// # Errors
///
/// [`MineError::Unknown`], or the database's.
pub async fn find(tx: &mut Tx, caller: &Caller, id: RegistrationId) -> Result<Mine, MineError> {
    let email = proven_email(tx, caller).await?;
    let found = store::find_of(tx, caller.account, email.as_deref(), id).await?;
    let (event, registration, ticket) = found.ok_or(MineError::Unknown)?;
    let event = events::get(tx, event).await?;
    let position = joining::position(tx, event.id, &registration).await?;
    Ok(Mine { event, registration, ticket, position })
}

/// Returns a registration of the caller's as it stays until the transaction ends, and who acts.
async fn locked(tx: &mut Tx, app: &App, caller: &Caller, id: RegistrationId) -> Result<(Mine, Actor), MineError> {
    let seen = find(tx, caller, id).await?;
    feed::lock(tx, app.sealer(), seen.event.id).await?;
    events::takes_changes(tx, seen.event.id).await?.map_err(ActionError::Over)?;
    let mine = find(tx, caller, id).await?;
    let organisation = events::organisation_of(tx, mine.event.id).await?.ok_or(MineError::Unknown)?;
    let actor = Actor { account: Some(caller.account), organisation, address: caller.address };
    Ok((mine, actor))
}

/// Cancels a registration of the caller's, while there is time. Doing it again changes nothing.
///
/// # Errors
///
/// [`MineError`].
pub async fn cancel(app: &App, caller: &Caller, id: RegistrationId) -> Result<Mine, MineError> {
    let mut tx = app.database().begin_write().await?;
    let (mine, actor) = locked(&mut tx, app, caller, id).await?;
    cancel_as(tx, app, mine, actor).await
}

/// Cancels a registration that is the actor's own and is locked.
pub(super) async fn cancel_as(mut tx: Tx, app: &App, mine: Mine, actor: Actor) -> Result<Mine, MineError> {
    let id = mine.registration.id;
    let until = cancel_until(&mine.event);
    if app.clock().now() >= until {
        return Err(MineError::TooLate { until });
    }
    if mine.registration.is_checked_in {
        return Err(MineError::CheckedIn);
    }
    let done = act(&mut tx, app, actor, &mine.event, id, Action::Cancel, "").await?;
    super::move_up(&mut tx, app, &mine.event).await?;
    tx.commit().await?;
    Ok(Mine { registration: done.registration, ticket: done.ticket, position: None, event: mine.event })
}

/// Gives a place of the caller's to somebody else, until the event ends and while the ticket is not used.
///
/// # Errors
///
/// [`MineError`].
pub async fn transfer(app: &App, caller: &Caller, id: RegistrationId, to: Receiver) -> Result<(), MineError> {
    let mut tx = app.database().begin_write().await?;
    let (mine, actor) = locked(&mut tx, app, caller, id).await?;
    let until = mine.event.policy.ends;
    if app.clock().now() >= until {
        return Err(MineError::TooLate { until });
    }
    if mine.registration.is_checked_in {
        return Err(MineError::CheckedIn);
    }
    if mine.ticket.is_some_and(|ticket| ticket.row.status == TicketStatus::Blocked) {
        return Err(MineError::Blocked);
    }
    let class = mine.registration.class;
    let mut held = Held::read(&mut tx, mine.event.id, std::iter::once(to.email.as_str())).await?;
    let receiver = std::iter::once((to.email.as_str(), class));
    held.add(&mine.event, receiver).map_err(|limit| MineError::AlreadyRegistered { limit })?;
    let found = (mine.registration, mine.ticket);
    edit::transfer(&mut tx, app, actor, &mine.event, found, to, "").await?;
    tx.commit().await?;
    Ok(())
}
