//! What organisers send to change registrations.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use sync_protocol::verdict::TicketStatus;
use utoipa::ToSchema;

use super::Action;
use crate::events::Event;
use crate::registrations::check::{self, Asked, Wrong};
use crate::registrations::edit::{Edit, Receiver};
use crate::registrations::{NOTE_CHARS_MAX, PHONE_CHARS_MAX, State};

/// What of an attendee is to be different: what is absent stays, null removes.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "name": "Ada King", "note": "Wheelchair: use the ramp", "attention": true }))]
pub struct EditBody {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub email: Option<Option<String>>,
    /// At most 40 characters.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 40)]
    pub phone: Option<Option<String>>,
    /// What the door should know; at most 500 characters.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 500)]
    pub note: Option<Option<String>>,
    /// Answers to the event's questions in place of those before, by their keys; at most 500 characters each.
    pub answers: Option<BTreeMap<String, String>>,
    /// Staff should look at the note.
    pub attention: Option<bool>,
    /// Staff should check who it is.
    pub id_check: Option<bool>,
}

/// Tells null from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl EditBody {
    /// Checks everything, and returns all that is wrong rather than the first.
    pub(super) fn check(self, event: &Event) -> Result<Edit, Vec<Wrong>> {
        let mut wrongs = Vec::new();
        let name = self.name.map(|name| check::name(&name, &mut wrongs));
        let email = self.email.map(|email| check::email(&email.unwrap_or_default(), &mut wrongs));
        let phone = self.phone.map(|phone| {
            let phone = check::plain("phone", &phone.unwrap_or_default(), PHONE_CHARS_MAX, &mut wrongs);
            (!phone.is_empty()).then_some(phone)
        });
        let note = self.note.map(|note| check::plain("note", &note.unwrap_or_default(), NOTE_CHARS_MAX, &mut wrongs));
        let questions = &event.offer.questions;
        let answers =
            self.answers.map(|given| check::answers(questions, Some(&given), Asked::ByOrganiser, &mut wrongs));
        let Self { attention, id_check, .. } = self;
        if wrongs.is_empty() {
            Ok(Edit { name, email, phone, note, answers, attention, id_check })
        } else {
            Err(wrongs)
        }
    }
}

/// Who gets a place.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Grace Hopper", "email": "grace@example.org" }))]
pub struct TransferBody {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where the ticket is sent.
    #[schema(min_length = 3, max_length = 254)]
    pub email: String,
}

impl TransferBody {
    /// Checks everything, and returns all that is wrong rather than the first.
    pub fn check(&self) -> Result<Receiver, Vec<Wrong>> {
        let mut wrongs = Vec::new();
        let name = check::name(&self.name, &mut wrongs);
        let email = check::email(&self.email, &mut wrongs);
        if self.email.trim().is_empty() {
            wrongs.push(Wrong::new("email", "missing", "must not be empty"));
        }
        match email {
            Some(email) if wrongs.is_empty() => Ok(Receiver { name, email }),
            _ => Err(wrongs),
        }
    }
}

/// What is done to many registrations: those of `ids`, or those that `filter` lets through.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "action": "block", "filter": { "ticket_type": "Regular", "state": "registered" } }))]
pub struct BulkBody {
    /// What is done.
    pub action: Action,
    /// Which registrations, at most 1 000.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    pub ids: Option<Vec<String>>,
    /// Which registrations: the first 1 000 that it lets through.
    #[serde(default)]
    pub filter: Option<BulkFilter>,
    /// Why; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

/// Which registrations.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BulkFilter {
    /// Only this ticket type.
    pub ticket_type: Option<String>,
    /// Only tickets of this status: `valid`, `unpaid`, `blocked` or `cancelled`.
    #[schema(value_type = Option<String>)]
    pub status: Option<TicketStatus>,
    /// Only registrations in this state.
    pub state: Option<State>,
    /// Only those who were let in, or only those who were not.
    pub checked_in: Option<bool>,
    /// Only this order.
    #[schema(max_length = 64)]
    pub order: Option<String>,
    /// Only those after this one, in the order in which they were registered: `next` of the answer before.
    pub after: Option<String>,
}

/// What became of many registrations.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulkDone {
    /// How many were changed.
    #[schema(example = 998)]
    pub done: usize,
    /// How many were so already.
    #[schema(example = 1)]
    pub unchanged: usize,
    /// How many could not be.
    #[schema(example = 1)]
    pub failed: usize,
    /// Each of them.
    pub results: Vec<BulkResult>,
    /// Where the next 1 000 of the filter begin; absent if there are no more.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub next: Option<String>,
}

/// What became of one registration of many.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// The registration's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// `done`, `unchanged` (it was so already), or the kind of problem that one alone would have been answered with:
    /// `not-found`, `wrong-state`, `sold-out`, `sold-at-door`, `not-valid` or `no-address`.
    #[schema(example = "done")]
    pub result: &'static str,
}
