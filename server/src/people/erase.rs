//! Erasing one person.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Value, json};
use sync_protocol::id::{EventId, RegistrationId};
use sync_protocol::time::UnixMillis;

use super::{Found, Person};
use crate::accounts::erasing::{self, Holder};
use crate::accounts::proof::ProofError;
use crate::accounts::{AccountId, Caller, Organiser};
use crate::admissions::EntryName;
use crate::admissions::guests::{self, Sought};
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::mails;
use crate::once;
use crate::organisations::{Membership, invitations, members};
use crate::proposals;
use crate::registrations;
use crate::registrations::actions::{Action, ActionError, Actor, act};
use crate::registrations::person::{self, ERASED_NAME, Part};
use crate::sync::feed;
use crate::walk_ins;
use crate::webhooks;

/// How often what is theirs is looked up again because they registered somewhere meanwhile.
const TRIES: usize = 5;

/// What becomes of places at events to come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Upcoming {
    /// Who has one is not erased.
    Keep,
    /// They are cancelled first.
    Cancel,
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Erased {
    /// Registrations that nobody's name is on any more.
    pub registrations: usize,
    /// Those of them that were cancelled.
    pub cancelled: usize,
}

/// Why nobody was erased; then nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// They still have places at events to come.
    #[error("there are registrations for events to come")]
    Upcoming {
        /// Which.
        registrations: Vec<RegistrationId>,
    },
    /// They are the last owner of an organisation.
    #[error("they are the last owner of an organisation")]
    LastOwner(Membership),
    /// The caller did not prove that the account is theirs.
    #[error("the caller is not the account's holder")]
    Proof(#[from] ProofError),
    /// A place could not be cancelled.
    #[error("a registration could not be cancelled")]
    Cancel(#[from] ActionError),
    /// They registered again and again meanwhile.
    #[error("what is theirs changes too fast")]
    Moving,
    /// The database failed.
    #[error("could not erase the person")]
    Store(#[from] StoreError),
}

/// Who erases somebody.
#[derive(Clone, Copy, Debug)]
struct Eraser {
    account: AccountId,
    address: IpAddr,
}

/// Erases what an organisation keeps of somebody.
///
/// # Errors
///
/// [`EraseError`].
pub async fn erase(app: &App, organiser: Organiser, person: &Person, upcoming: Upcoming) -> Result<Erased, EraseError> {
    let by = Eraser { account: organiser.account, address: organiser.address };
    for _ in 0..TRIES {
        let mut tx = app.database().begin_write().await?;
        let Some(erased) = erase_within(&mut tx, app, by, person, &[], upcoming).await? else { continue };
        let subject = person.marks.registration.map(|id| id.to_string()).unwrap_or_default();
        let noted = audit::Change {
            action: "person.erase",
            event: None,
            subject: &subject,
            before: Value::Null,
            after: json!({ "registrations": erased.registrations, "cancelled": erased.cancelled }),
        };
        audit::note(&mut tx, organiser, &noted, app.clock().now()).await?;
        tx.commit().await?;
        return Ok(erased);
    }
    Err(EraseError::Moving)
}

/// Erases the caller's account, whose holder they proved to be, and all that is kept of them anywhere.
///
/// # Errors
///
/// [`EraseError`].
pub async fn erase_account(
    app: &App,
    caller: &Caller,
    holder: &Holder,
    upcoming: Upcoming,
) -> Result<Erased, EraseError> {
    let by = Eraser { account: caller.account, address: caller.address };
    let person = Person::holder(holder.account, holder.email.clone());
    let names = [holder.name.clone()];
    for _ in 0..TRIES {
        let mut tx = app.database().begin_write().await?;
        let now = app.clock().now();
        let Some(erased) = erase_within(&mut tx, app, by, &person, &names, upcoming).await? else { continue };
        members::leave_all(&mut tx, caller, &holder.email, now).await?.map_err(EraseError::LastOwner)?;
        if !erasing::lock(&mut tx, holder).await? {
            return Err(ProofError::WrongPassword.into());
        }
        erasing::erase(&mut tx, caller, holder, now).await?;
        tx.commit().await?;
        return Ok(erased);
    }
    Err(EraseError::Moving)
}

/// Erases a person from everything but accounts and memberships; nothing if they registered somewhere between being
/// looked up and being locked.
async fn erase_within(
    tx: &mut Tx,
    app: &App,
    by: Eraser,
    person: &Person,
    names: &[String],
    upcoming: Upcoming,
) -> Result<Option<Erased>, EraseError> {
    let now = app.clock().now();
    // Whoever locks several feeds does so in one order.
    let events: BTreeSet<EventId> = person.registrations(tx).await?.iter().map(|found| found.event.id).collect();
    for event in &events {
        feed::lock(tx, app.sealer(), *event).await?;
    }
    let found = person.registrations(tx).await?;
    if found.iter().any(|found| !events.contains(&found.event.id)) {
        return Ok(None);
    }
    let mut signs = signs(&found);
    let names = called(person, &found, names);
    let cancelled = cancel(tx, app, by, &found, upcoming, now).await?;
    let erased = Erased { registrations: erase_registrations(tx, app, person, now).await?, cancelled };
    webhooks::erase(tx, &signs).await?;
    let email = person.marks.email.as_deref();
    signs.extend(email.map(str::to_owned));
    once::forget_answers(tx, app, &signs).await?;
    if let Some(email) = email {
        proposals::erase_contact(tx, person.organisation, email).await?;
        invitations::erase(tx, person.organisation, email).await?;
    }
    // Also those that cancelling has just written.
    mails::erasing::erase(tx, app, person.organisation, email, &names).await?;
    Ok(Some(erased))
}

/// Returns what stands wherever something is told of the person.
fn signs(found: &[Found]) -> Vec<String> {
    let mut signs = Vec::new();
    for Found { held, .. } in found.iter().filter(|found| found.held.part == Part::Attendee) {
        signs.push(held.registration.id.to_string());
        signs.extend(held.ticket.map(|ticket| ticket.id.typed_code()));
    }
    signs
}

/// Returns what the person is called: `names`, and what stands on their registrations.
fn called(person: &Person, found: &[Found], names: &[String]) -> BTreeSet<String> {
    let mut called: BTreeSet<String> = names.iter().cloned().collect();
    for Found { held, .. } in found {
        let contact = held.registration.contact.as_ref();
        let own = contact.filter(|contact| Some(&contact.email) == person.marks.email.as_ref());
        called.extend(own.map(|contact| contact.name.clone()));
        if held.part == Part::Attendee {
            called.insert(held.registration.attendee.name.clone());
        }
    }
    called.remove(ERASED_NAME);
    called
}

/// Cancels the places at events to come, if there are any and that is wanted; returns how many.
async fn cancel(
    tx: &mut Tx,
    app: &App,
    by: Eraser,
    found: &[Found],
    upcoming: Upcoming,
    now: UnixMillis,
) -> Result<usize, EraseError> {
    let is_upcoming = |found: &&Found| {
        found.held.part == Part::Attendee && person::is_upcoming(&found.event, &found.held.registration, now)
    };
    let to_cancel: Vec<&Found> = found.iter().filter(is_upcoming).collect();
    if upcoming == Upcoming::Keep && !to_cancel.is_empty() {
        let registrations = to_cancel.iter().map(|found| found.held.registration.id).collect();
        return Err(EraseError::Upcoming { registrations });
    }
    for Found { organisation, event, held } in &to_cancel {
        let actor = Actor { account: Some(by.account), organisation: *organisation, address: by.address };
        act(tx, app, actor, event, held.registration.id, Action::Cancel, "").await?;
    }
    let events: BTreeMap<EventId, &Found> = to_cancel.iter().map(|found| (found.event.id, *found)).collect();
    for found in events.values() {
        registrations::move_up(tx, app, &found.event).await?;
    }
    Ok(to_cancel.len())
}

/// Erases the registrations, with what the doors have sent and been told; returns how many.
async fn erase_registrations(tx: &mut Tx, app: &App, person: &Person, now: UnixMillis) -> Result<usize, StoreError> {
    let mut erased = 0;
    let mut sold: BTreeMap<EventId, BTreeSet<EntryName>> = BTreeMap::new();
    for Found { event, held, .. } in person.registrations(tx).await? {
        let sold = sold.entry(event.id).or_default();
        match held.part {
            Part::Attendee => {
                if let Some(ticket) = &held.ticket {
                    sold.extend(walk_ins::store::entry_of(tx, event.id, ticket.id).await?);
                }
                person::erase(tx, app, event.id, (&held.registration, held.ticket.as_ref()), now).await?;
                erased += 1;
            }
            Part::Contact => person::part_from(tx, event.id, &held.registration, &person.marks, now).await?,
        }
    }
    for (event, sold) in &sold {
        guests::erase(tx, *event, Sought { sold, email: person.marks.email.as_deref() }).await?;
    }
    Ok(erased)
}
