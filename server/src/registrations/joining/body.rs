//! What attendees send to register, and what they get back.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use sync_protocol::id::ClassId;
use sync_protocol::verdict::TicketStatus;
use utoipa::ToSchema;

use super::{Guest, Joined, Party, Seat};
use crate::accounts::AccountId;
use crate::events::Event;
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;
use crate::registrations::check::{self, Asked, Wrong};
use crate::registrations::{Attendee, Contact, GROUP_MAX, PHONE_CHARS_MAX, Registration, State};
use crate::tickets::Ticket;

/// Somebody who wants to come.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestBody {
    /// Who comes: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace")]
    pub name: String,
    /// Where the ticket is sent. May be left out in a group, whose contact then gets it.
    #[serde(default)]
    #[schema(max_length = 254, example = "ada@example.org")]
    pub email: Option<String>,
    /// At most 40 characters.
    #[serde(default)]
    #[schema(max_length = 40, example = "+49 30 123456")]
    pub phone: Option<String>,
    /// The ticket type's name; may be left out where there is only one.
    #[serde(default)]
    #[schema(example = "Regular")]
    pub ticket_type: Option<String>,
    /// Answers to the event's questions, by their keys; at most 500 characters each.
    #[serde(default)]
    #[schema(example = json!({ "meal": "vegan" }))]
    pub answers: BTreeMap<String, String>,
}

/// A registration for oneself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Ada Lovelace", "email": "ada@example.org", "ticket_type": "Regular" }))]
pub struct JoinBody {
    /// Who comes: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where the ticket is sent.
    #[schema(min_length = 3, max_length = 254)]
    pub email: String,
    /// At most 40 characters.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    /// The ticket type's name; may be left out where there is only one.
    #[serde(default)]
    pub ticket_type: Option<String>,
    /// Answers to the event's questions, by their keys; at most 500 characters each.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What opens a ticket type that is not for everybody.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub access_code: Option<String>,
}

/// A registration of several people by one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "contact": { "name": "Grace Hopper", "email": "grace@example.org" },
    "attendees": [
        { "name": "Ada Lovelace", "email": "ada@example.org", "ticket_type": "Regular" },
        { "name": "Alan Turing", "ticket_type": "Regular" }
    ]
}))]
pub struct GroupBody {
    /// Who speaks for the group, and is written to where an attendee has no address.
    pub contact: ContactBody,
    /// Who comes: 1 to 50 people.
    #[schema(min_items = 1, max_items = 50)]
    pub attendees: Vec<GuestBody>,
    /// What opens ticket types that are not for everybody.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub access_code: Option<String>,
}

/// Who speaks for a group.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupContactBody)]
pub struct ContactBody {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Grace Hopper")]
    pub name: String,
    /// Their e-mail address.
    #[schema(min_length = 3, max_length = 254, example = "grace@example.org")]
    pub email: String,
}

impl From<&Contact> for ContactBody {
    fn from(contact: &Contact) -> Self {
        Self { name: contact.name.clone(), email: contact.email.clone() }
    }
}

impl JoinBody {
    /// Checks everything, and returns all that is wrong rather than the first.
    pub(super) fn check(self, event: &Event, account: Option<AccountId>) -> Result<Party, Vec<FieldError>> {
        let Self { name, email, phone, ticket_type, answers, access_code } = self;
        let body = GuestBody { name, email: Some(email), phone, ticket_type, answers };
        let mut errors = Vec::new();
        if body.email.as_deref().is_some_and(|email| email.trim().is_empty()) {
            errors.push(FieldError::new("body.email", "missing", "must not be empty"));
        }
        let guest = guest(&body, event, access_code.as_deref(), "body", &mut errors);
        match guest {
            Some(guest) if errors.is_empty() => Ok(Party { contact: None, guests: vec![guest], account }),
            _ => Err(errors),
        }
    }
}

impl GroupBody {
    /// Checks everything, and returns all that is wrong rather than the first.
    pub(super) fn check(&self, event: &Event, account: Option<AccountId>) -> Result<Party, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrongs = Vec::new();
        let name = check::name(&self.contact.name, &mut wrongs);
        let email = check::email(&self.contact.email, &mut wrongs);
        if self.contact.email.trim().is_empty() {
            wrongs.push(Wrong::new("email", "missing", "must not be empty"));
        }
        errors.extend(located("body.contact", wrongs));
        if !(1..=GROUP_MAX).contains(&self.attendees.len()) {
            let msg = format!("must be 1 to {GROUP_MAX} people");
            errors.push(FieldError::new("body.attendees", "out_of_range", msg));
            return Err(errors);
        }
        let mut guests = Vec::with_capacity(self.attendees.len());
        for (at, body) in self.attendees.iter().enumerate() {
            let place = format!("body.attendees.{at}");
            guests.extend(guest(body, event, self.access_code.as_deref(), &place, &mut errors));
        }
        match email {
            Some(email) if errors.is_empty() => Ok(Party { contact: Some(Contact { name, email }), guests, account }),
            _ => Err(errors),
        }
    }
}

fn located(place: &str, wrongs: Vec<Wrong>) -> impl Iterator<Item = FieldError> {
    wrongs.into_iter().map(move |wrong| FieldError::new(&format!("{place}.{}", wrong.field), wrong.kind, wrong.msg))
}

fn guest(
    body: &GuestBody,
    event: &Event,
    access_code: Option<&str>,
    place: &str,
    errors: &mut Vec<FieldError>,
) -> Option<Guest> {
    let mut wrongs = Vec::new();
    let name = check::name(&body.name, &mut wrongs);
    let email = check::email(body.email.as_deref().unwrap_or_default(), &mut wrongs);
    let phone = check::plain("phone", body.phone.as_deref().unwrap_or_default(), PHONE_CHARS_MAX, &mut wrongs);
    let class = class(body.ticket_type.as_deref().unwrap_or_default(), event, access_code, &mut wrongs);
    let answers = check::answers(&event.offer.questions, Some(&body.answers), Asked::ByThemselves, &mut wrongs);
    errors.extend(located(place, wrongs));
    let phone = (!phone.is_empty()).then_some(phone);
    Some(Guest { attendee: Attendee { name, email, phone, ..Attendee::default() }, class: class?, answers })
}

/// Returns the ticket type of a name. One that needs an access code does not exist for who does not know it.
fn class(name: &str, event: &Event, access_code: Option<&str>, wrongs: &mut Vec<Wrong>) -> Option<ClassId> {
    let opens = |class| {
        let code = event.offered(class).and_then(|offered| offered.access_code.as_deref());
        code.is_none_or(|code| access_code.is_some_and(|known| known.as_bytes().ct_eq(code.as_bytes()).into()))
    };
    let open: HashSet<ClassId> = event.policy.classes.iter().map(|class| class.id).filter(|id| opens(*id)).collect();
    if name.trim().is_empty() {
        let mut all = open.into_iter();
        if let (Some(only), None) = (all.next(), all.next()) {
            return Some(only);
        }
        wrongs.push(Wrong::new("ticket_type", "missing", "must name one of the event's ticket types"));
        return None;
    }
    let class = event.class_named(name).map(|class| class.id).filter(|class| open.contains(class));
    if class.is_none() {
        wrongs.push(Wrong::new("ticket_type", "unknown", "is not one of the event's ticket types"));
    }
    class
}

/// What an attendee is told of their registration. The ticket itself comes by mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JoinedBody {
    /// The registration's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// The event's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub event: String,
    /// Who comes.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// The ticket type's name.
    #[schema(example = "Regular")]
    pub ticket_type: String,
    /// `registered`, `pending` (an organiser has still to say yes or no) or `waiting` (for a place).
    pub state: State,
    /// Of the ticket: `unpaid` until it is paid; absent without a ticket.
    #[schema(value_type = Option<String>, example = "valid")]
    pub ticket_status: Option<TicketStatus>,
    /// For one who waits: 1 is next.
    #[schema(example = 3)]
    pub position: Option<u64>,
    /// The order's reference, for a group.
    #[schema(example = "G-7J2V90QK4N")]
    pub order: Option<String>,
    /// When the registration was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub created_at: String,
}

impl JoinedBody {
    /// Returns a registration as its attendee sees it.
    pub fn of(registration: &Registration, ticket: Option<&Ticket>, position: Option<u64>, event: &Event) -> Self {
        Self {
            id: registration.id.to_string(),
            event: event.id.to_string(),
            name: registration.attendee.name.clone(),
            ticket_type: event.policy.class(registration.class).map(|class| class.name.clone()).unwrap_or_default(),
            state: registration.state,
            ticket_status: ticket.map(|ticket| ticket.row.status),
            position,
            order: registration.attendee.order.clone(),
            created_at: rfc3339(registration.created_at),
        }
    }
}

/// What a group is told of its registration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupJoinedBody {
    /// What all of them are known by; at the door they can be let in together. Absent for a group of one.
    #[schema(example = "G-7J2V90QK4N")]
    pub order: Option<String>,
    /// Each of them, in the order in which they were sent.
    pub registrations: Vec<JoinedBody>,
}

impl GroupJoinedBody {
    /// Returns what became of a group.
    pub fn of(joined: &Joined) -> Self {
        let body = |seat: &Seat| JoinedBody::of(&seat.registration, seat.ticket.as_ref(), seat.position, &joined.event);
        let registrations: Vec<JoinedBody> = joined.seats.iter().map(body).collect();
        Self { order: registrations.first().and_then(|first| first.order.clone()), registrations }
    }
}
