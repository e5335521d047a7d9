//! Attendees: registering, importing, finding.

pub mod body;
pub mod import;
pub mod routes;
pub mod store;

use serde_json::{Value, json};
use sync_protocol::id::{ClassId, EventId, RegistrationId};
use sync_protocol::text;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::TicketStatus;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::accounts::{Organiser, parse_email};
use crate::app::App;
use crate::audit;
use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};
use crate::events::Event;
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

/// A person's place at an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// Who comes.
    pub attendee: Attendee,
    /// When it was made.
    pub created_at: UnixMillis,
    /// How the ticket was sold at the door; nothing if it was not.
    pub sale: Option<Origin>,
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

impl Attendee {
    /// Returns what a search looks through.
    fn search_text(&self) -> String {
        let parts = [Some(&self.name), self.email.as_ref(), self.external_id.as_ref(), self.order.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        fold(&parts.join("\n"))
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
}

/// An attendee as written down by somebody, unchecked. Empty texts are absent ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// The name.
    pub name: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// The phone number.
    pub phone: &'a str,
    /// The ticket type's name.
    pub ticket_type: &'a str,
    /// The note for the door.
    pub note: &'a str,
    /// `valid` or `unpaid`; `valid` if empty.
    pub status: &'a str,
    /// What another system knows the attendee by.
    pub external_id: &'a str,
    /// The order that the attendee came with.
    pub order: &'a str,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
}

/// What is wrong with one field of an attendee.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wrong {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, for programs.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub msg: String,
}

impl Wrong {
    fn new(field: &'static str, kind: &'static str, msg: impl Into<String>) -> Self {
        Self { field, kind, msg: msg.into() }
    }
}

impl Raw<'_> {
    /// Checks everything, and returns all that is wrong rather than the first.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn check(&self, event: &Event) -> Result<NewRegistration, Vec<Wrong>> {
        let mut wrongs = Vec::new();
        let mut plain = |field, text: &str, chars_max: usize| {
            let text = text::tidy(text, usize::MAX);
            if text.chars().count() > chars_max {
                wrongs.push(Wrong::new(field, "too_long", format!("must have at most {chars_max} characters")));
            }
            text
        };
        let name = plain("name", self.name, NAME_CHARS_MAX);
        let phone = plain("phone", self.phone, PHONE_CHARS_MAX);
        let note = plain("note", self.note, NOTE_CHARS_MAX);
        let external_id = plain("external_id", self.external_id, EXTERNAL_ID_CHARS_MAX);
        let order = text::tidy(self.order, usize::MAX);
        if order.len() > ORDER_BYTES_MAX {
            wrongs.push(Wrong::new("order", "too_long", format!("must have at most {ORDER_BYTES_MAX} bytes")));
        }
        if name.is_empty() {
            wrongs.push(Wrong::new("name", "missing", "must not be empty"));
        }
        let email = if self.email.trim().is_empty() { None } else { parse_email(self.email) };
        if email.is_none() && !self.email.trim().is_empty() {
            wrongs.push(Wrong::new("email", "email", "is not an e-mail address"));
        }
        let class = match (self.ticket_type.trim(), event.policy.classes.as_slice()) {
            ("", [only]) => Some(only.id),
            ("", _) => {
                wrongs.push(Wrong::new("ticket_type", "missing", "must name one of the event's ticket types"));
                None
            }
            (name, _) => {
                let class = event.class_named(name).map(|class| class.id);
                if class.is_none() {
                    wrongs.push(Wrong::new("ticket_type", "unknown", "is not one of the event's ticket types"));
                }
                class
            }
        };
        let status = match self.status.trim().to_lowercase().as_str() {
            "" | "valid" => Some(TicketStatus::Valid),
            "unpaid" => Some(TicketStatus::Unpaid),
            _ => {
                wrongs.push(Wrong::new("status", "value", "must be valid or unpaid"));
                None
            }
        };
        let (Some(class), Some(status), true) = (class, status, wrongs.is_empty()) else { return Err(wrongs) };
        let some = |text: String| if text.is_empty() { None } else { Some(text) };
        Ok(NewRegistration {
            attendee: Attendee {
                name,
                email,
                phone: some(phone),
                external_id: some(external_id),
                order: some(order),
                note,
            },
            class,
            status,
            attention: self.attention,
            id_check: self.id_check,
        })
    }
}

/// Why attendees were not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
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
) -> Result<Vec<(Registration, Ticket)>, RegisterError> {
    let mut tx = app.database().begin_write().await?;
    let registered = register_within(&mut tx, app, event, new).await?;
    let subject = match registered.as_slice() {
        [(only, _)] => only.id.to_string(),
        _ => String::new(),
    };
    let noted = audit::Change {
        action: "registration.create",
        event: Some(event.id),
        subject: &subject,
        before: Value::Null,
        after: json!({ "attendees": registered.len() }),
    };
    audit::note(&mut tx, organiser, &noted, app.clock().now()).await?;
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
    let now = app.clock().now();
    let mut registrations = Vec::with_capacity(new.len());
    let mut wanted = Vec::with_capacity(new.len());
    for (id, new) in uuids_v7(now, new.len()).zip(new) {
        wanted.push((new.class, new.status, new.attention, new.id_check));
        registrations.push(Registration {
            id: RegistrationId(id),
            attendee: new.attendee,
            created_at: now,
            sale: None,
        });
    }
    store::insert(tx, event.id, &registrations).await?;
    let new_tickets: Vec<NewTicket> = registrations
        .iter()
        .zip(wanted)
        .map(|(registration, (class, status, attention, id_check))| NewTicket {
            registration: registration.id,
            class,
            status,
            attention,
            id_check,
            labels: Labels::from(&registration.attendee),
        })
        .collect();
    let tickets = tickets::issue(tx, app, event, &new_tickets).await?;
    tell(tx, event.id, &registrations).await?;
    Ok(registrations.into_iter().zip(tickets).collect())
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
    webhooks::emit(tx, event, Kind::RegistrationCreated, registrations.iter().map(told).collect(), first.created_at).await
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
) -> Result<Option<(Registration, Ticket)>, StoreError> {
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

/// Returns the e-mail addresses of an event's attendees whose ticket is not cancelled, each once.
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
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Parts of the name, e-mail address, external id or order, whatever their accents and case.
    pub text: Option<String>,
    /// Only tickets of this type.
    pub class: Option<ClassId>,
    /// Only tickets of this status.
    pub status: Option<TicketStatus>,
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
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
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
