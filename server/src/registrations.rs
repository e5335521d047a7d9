//! Attendees: registering, importing, finding.

pub mod actions;
pub mod body;
pub mod check;
pub mod edit;
pub mod export;
pub mod import;
pub mod joining;
pub mod letters;
pub mod link;
pub mod mine;
pub mod person;
pub mod routes;
pub mod search;
pub mod store;
pub mod waitlist;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::id::{ClassId, EventId, Kid, RegistrationId};
use sync_protocol::text;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

pub use self::check::Raw;
use self::joining::people::Held;
pub use self::waitlist::{fill_up, move_up};
use crate::accounts::{AccountId, Organiser};
use crate::app::App;
use crate::audit;
use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::sync::feed;
use crate::tickets::{self, IssueError, NewTicket, Ticket};
use crate::walk_ins::Origin;
use crate::webhooks::{self, Kind};

/// The longest name of an attendee.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest note for the door. The doors are told its first 128 bytes.
pub const NOTE_CHARS_MAX: usize = 500;
/// The longest phone number, as it is written.
pub const PHONE_CHARS_MAX: usize = 40;
/// The longest id that another system knows an attendee by.
pub const EXTERNAL_ID_CHARS_MAX: usize = 100;
/// The longest reference of an order, in bytes: the doors are told all of it.
pub const ORDER_BYTES_MAX: usize = text::GROUP_BYTES_MAX;

/// The most attendees of one group.
pub const GROUP_MAX: usize = 50;

/// A person's place at an event, or their wish for one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// Who comes.
    pub attendee: Attendee,
    /// The ticket type that is wanted, or was given.
    pub class: ClassId,
    /// How far it has come.
    pub state: State,
    /// Where it stands among those who wait: the lowest of its event moves up first. Nothing unless it waits.
    pub queue_no: Option<u64>,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// What was answered to the event's questions.
    pub answers: Answers,
    /// Who registered the group that the attendee belongs to.
    pub contact: Option<Contact>,
    /// Who was logged in when the attendee registered.
    pub account: Option<AccountId>,
    /// Why it was cancelled or rejected; may be empty.
    pub reason: String,
    /// Counts the changes that people make.
    pub version: u64,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub changed_at: UnixMillis,
    /// Whether the attendee was let in.
    pub is_checked_in: bool,
    /// How the ticket was sold at the door; nothing if it was not.
    pub sale: Option<Origin>,
}

impl Registration {
    /// Returns a registration with a ticket of the type `class`.
    pub const fn new(id: RegistrationId, attendee: Attendee, class: ClassId, now: UnixMillis) -> Self {
        Self {
            id,
            attendee,
            class,
            state: State::Registered,
            queue_no: None,
            attention: false,
            id_check: false,
            answers: Answers::new(),
            contact: None,
            account: None,
            reason: String::new(),
            version: 1,
            created_at: now,
            changed_at: now,
            is_checked_in: false,
            sale: None,
        }
    }

    /// Returns where letters about it go: to the attendee, or to the contact of their group.
    pub fn recipient(&self) -> Option<&str> {
        let contact = self.contact.as_ref().map(|contact| contact.email.as_str());
        self.attendee.email.as_deref().or(contact)
    }

    /// Returns whose registration it counts as.
    fn person(&self) -> Option<String> {
        self.recipient().map(fold)
    }

    fn to_issue(&self, status: TicketStatus) -> NewTicket {
        NewTicket {
            registration: self.id,
            class: self.class,
            status,
            attention: self.attention,
            id_check: self.id_check,
            labels: Labels::from(&self.attendee),
        }
    }
}

/// How far a registration has come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RegistrationState)]
pub enum State {
    /// The attendee has a place, and a ticket.
    #[default]
    Registered = 0,
    /// An organiser has still to say yes or no.
    Pending = 1,
    /// The attendee waits for a place.
    Waiting = 2,
    /// It was taken back, for good.
    Cancelled = 3,
    /// An organiser said no.
    Rejected = 4,
}

impl State {
    const ALL: [Self; 5] = [Self::Registered, Self::Pending, Self::Waiting, Self::Cancelled, Self::Rejected];

    /// Returns the state of a number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }

    /// Returns its name, as it is written in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }
}

/// What was answered, by the questions' keys.
pub type Answers = BTreeMap<String, String>;

/// Who registered a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// Their e-mail address, in lower case.
    pub email: String,
}

/// What is known of a person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attendee {
    /// Their name.
    pub name: String,
    /// Their e-mail address, in lower case.
    pub email: Option<String>,
    /// Their phone number.
    pub phone: Option<String>,
    /// What another system knows them by; unique in the event.
    pub external_id: Option<String>,
    /// The order that they came with; those of one order can be admitted together.
    pub order: Option<String>,
    /// What the door should know; may be empty.
    pub note: String,
}

/// What the doors are told of an attendee.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Labels {
    /// The name.
    pub name: String,
    /// The note.
    pub note: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The order; may be empty.
    pub order: String,
}

impl From<&Attendee> for Labels {
    fn from(attendee: &Attendee) -> Self {
        Self {
            name: attendee.name.clone(),
            note: attendee.note.clone(),
            email: attendee.email.clone().unwrap_or_default(),
            order: attendee.order.clone().unwrap_or_default(),
        }
    }
}

/// Returns `text` without accents and case, so that "zoe" finds "Zoë".
pub fn fold(text: &str) -> String {
    let folded = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    folded.collect::<String>().replace('ß', "ss")
}

/// An attendee to register, with the ticket they get.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewRegistration {
    /// Who comes.
    pub attendee: Attendee,
    /// The ticket's type.
    pub class: ClassId,
    /// Valid or unpaid.
    pub status: TicketStatus,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// Whether it matters how many the person has already.
    pub per_person: PerPerson,
    /// What was answered to the event's questions.
    pub answers: Answers,
}

/// Whether it matters how many registrations a person has already.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PerPerson {
    /// Nobody looks: a file or a till is taken at its word.
    #[default]
    NotAsked,
    /// Nobody has more than their ticket type allows.
    Kept,
    /// An organiser wants it all the same.
    Overridden,
}

/// Why attendees were not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A person has as many as they may have.
    #[error("this person is registered already")]
    AlreadyRegistered {
        /// How many one person may have.
        limit: u32,
    },
    /// Another attendee of the event has the same external id.
    #[error("another attendee of the event has the same external id")]
    ExternalIdTaken,
    /// No ticket could be issued.
    #[error("no tickets for the attendees")]
    Issue(#[from] IssueError),
    /// The database failed.
    #[error("could not store the attendees")]
    Store(#[source] StoreError),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        // Ids are random, so the only rule that rows of ours can break is the external id's.
        if error.is_duplicate() { Self::ExternalIdTaken } else { Self::Store(error) }
    }
}

/// What an organiser wants done beside registering.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Afterwards {
    /// Nothing.
    Rest,
    /// Each attendee with a valid ticket and an e-mail address is sent the ticket.
    Send,
}

/// Registers attendees in order, each with a ticket, and tells the doors; all of them or none.
///
/// # Errors
///
/// [`RegisterError`].
pub async fn register(
    app: &App,
    organiser: Organiser,
    event: &Event,
    new: Vec<NewRegistration>,
    afterwards: Afterwards,
) -> Result<Vec<(Registration, Ticket)>, RegisterError> {
    let mut tx = app.database().begin_write().await?;
    let is_override = new.iter().any(|new| new.per_person == PerPerson::Overridden);
    let registered = register_within(&mut tx, app, event, new).await?;
    let now = app.clock().now();
    let subject = match registered.as_slice() {
        [(only, _)] => only.id.to_string(),
        _ => String::new(),
    };
    let noted = audit::Change {
        action: "registration.create",
        event: Some(event.id),
        subject: &subject,
        before: Value::Null,
        after: json!({ "attendees": registered.len(), "override": is_override }),
    };
    audit::note(&mut tx, organiser, &noted, now).await?;
    if afterwards == Afterwards::Send {
        for (registration, ticket) in &registered {
            letters::post_ticket(&mut tx, app, organiser.organisation, event, registration, ticket).await?;
        }
    }
    tx.commit().await?;
    Ok(registered)
}

/// Registers attendees as [`register`] does, within a transaction that goes on: it must not be committed after an
/// error. The event's feed stays locked.
///
/// # Errors
///
/// [`RegisterError`].
pub async fn register_within(
    tx: &mut Tx,
    app: &App,
    event: &Event,
    new: Vec<NewRegistration>,
) -> Result<Vec<(Registration, Ticket)>, RegisterError> {
    // Two that register the same external id, or the same words, wait for each other here and nowhere else.
    feed::lock(tx, app.sealer(), event.id).await?;
    let kept = new.iter().filter(|new| new.per_person == PerPerson::Kept);
    let people: Vec<_> = kept.filter_map(|new| Some((new.attendee.email.as_deref()?, new.class))).collect();
    let mut held = Held::read(tx, event.id, people.iter().map(|(address, _)| *address)).await?;
    held.add(event, people.into_iter()).map_err(|limit| RegisterError::AlreadyRegistered { limit })?;
    let now = app.clock().now();
    let mut registrations = Vec::with_capacity(new.len());
    let mut new_tickets = Vec::with_capacity(new.len());
    for (id, new) in uuids_v7(now, new.len()).zip(new) {
        let offered = event.offered(new.class);
        let mut registration = Registration::new(RegistrationId(id), new.attendee, new.class, now);
        registration.attention = new.attention || offered.is_some_and(|offered| offered.attention);
        registration.id_check = new.id_check;
        registration.answers = new.answers;
        new_tickets.push(registration.to_issue(new.status));
        registrations.push(registration);
    }
    store::insert(tx, event.id, &registrations).await?;
    let tickets = tickets::issue(tx, app, event, &new_tickets).await?;
    tell(tx, event.id, &registrations).await?;
    Ok(registrations.into_iter().zip(tickets).collect())
}

/// Notes that a registration's ticket was cancelled, if it counted. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_cancelled(
    tx: &mut Tx,
    event: EventId,
    id: RegistrationId,
    reason: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let Some((before, _)) = store::find(tx, event, id).await? else { return Ok(()) };
    if before.state != State::Registered {
        return Ok(());
    }
    let mut after = before.clone();
    after.state = State::Cancelled;
    reason.clone_into(&mut after.reason);
    store::update(tx, event, &before, &mut after, now).await
}

/// Stores attendees whose tickets are stored with them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn add(tx: &mut Tx, event: EventId, registrations: &[Registration]) -> Result<(), StoreError> {
    store::insert(tx, event, registrations).await?;
    tell(tx, event, registrations).await
}

/// Tells other programs that somebody was registered.
async fn tell(tx: &mut Tx, event: EventId, registrations: &[Registration]) -> Result<(), StoreError> {
    let Some(first) = registrations.first() else { return Ok(()) };
    let told = |made: &Registration| json!({ "registration": made.id, "external_id": made.attendee.external_id });
    webhooks::emit(tx, event, Kind::RegistrationCreated, registrations.iter().map(told).collect(), first.created_at)
        .await
}

/// Tells other programs that somebody comes no more, who had no ticket yet.
async fn tell_cancelled(tx: &mut Tx, event: EventId, ids: &[RegistrationId], at: UnixMillis) -> Result<(), StoreError> {
    let told = |id: &RegistrationId| json!({ "registration": id, "ticket": null });
    webhooks::emit(tx, event, Kind::RegistrationCancelled, ids.iter().map(told).collect(), at).await
}

/// Cancels up to `limit` registrations in each of the states before there is a ticket, and returns them: nobody once
/// there are none. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn cancel_hopeful(
    tx: &mut Tx,
    event: EventId,
    reason: &str,
    limit: u32,
    now: UnixMillis,
) -> Result<Vec<Registration>, StoreError> {
    let hopeful = store::hopeful(tx, event, limit).await?;
    let ids: Vec<RegistrationId> = hopeful.iter().map(|registration| registration.id).collect();
    store::cancel(tx, &ids, reason, now).await?;
    tell_cancelled(tx, event, &ids, now).await?;
    Ok(hopeful)
}

/// Returns the ticket types of those who are pending or wait.
///
/// # Errors
///
/// [`StoreError`].
pub async fn hoped_for(tx: &mut Tx, event: EventId) -> Result<BTreeSet<ClassId>, StoreError> {
    store::hoped_for(tx, event).await
}

/// Notes that registrations are cancelled whose tickets are. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_many_cancelled(
    tx: &mut Tx,
    ids: &[RegistrationId],
    reason: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::cancel(tx, ids, reason, now).await
}

/// Returns a registration of the event, with its ticket.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    event: EventId,
    id: RegistrationId,
) -> Result<Option<(Registration, Option<Ticket>)>, StoreError> {
    store::find(tx, event, id).await
}

/// Returns what the doors are told of a registration.
///
/// # Errors
///
/// [`StoreError`].
pub async fn labels(tx: &mut Tx, id: RegistrationId) -> Result<Labels, StoreError> {
    store::labels(tx, id).await
}

/// Returns the e-mail addresses of all who come to an event or hope to, or of their contacts, each once.
///
/// # Errors
///
/// [`StoreError`].
pub async fn addresses(tx: &mut Tx, event: EventId) -> Result<Vec<String>, StoreError> {
    store::addresses(tx, event).await
}

/// Returns up to `limit` registrations after `after` whose ticket is not cancelled, in the order they were made.
///
/// # Errors
///
/// [`StoreError`].
pub async fn living(
    tx: &mut Tx,
    event: EventId,
    after: RegistrationId,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    store::living(tx, event, after, limit).await
}

/// Returns up to `limit` registrations whose ticket is of a key of the server and not cancelled, by their tickets'
/// numbers.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_key(
    tx: &mut Tx,
    event: EventId,
    kid: Kid,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    store::of_key(tx, event, kid, limit).await
}

/// Whether anybody was ever registered for an event.
///
/// # Errors
///
/// [`StoreError`].
pub async fn has_any(tx: &mut Tx, event: EventId) -> Result<bool, StoreError> {
    store::has_any(tx, event).await
}

/// Returns up to `limit` registrations after `after` that were made for an e-mail address, at any event, in the order
/// they were made.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_email(
    tx: &mut Tx,
    email: &str,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(EventId, Registration, Ticket)>, StoreError> {
    store::of_email(tx, email, after, limit).await
}

/// Which registrations of an event.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Only these types.
    pub class: Option<ClassId>,
    /// Only tickets of this status.
    pub status: Option<TicketStatus>,
    /// Only registrations in this state.
    pub state: Option<State>,
    /// Only those who were let in, or were not.
    pub is_checked_in: Option<bool>,
    /// Only this order.
    pub order: Option<String>,
}

/// Returns up to `limit` registrations after `after`, in the order they were made.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(
    tx: &mut Tx,
    event: EventId,
    filter: &Filter,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<(Registration, Option<Ticket>)>, StoreError> {
    store::list(tx, event, filter, after, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searching_knows_neither_accents_nor_case() {
        assert_eq!(fold("Zoë GROẞMANN Ñandú"), fold("zoe grossmann nandu"));
    }
}
