//! Changing who comes: what is known of an attendee, and giving a place to somebody else.

use serde_json::json;

use super::actions::{self, ActionError, Actor, told};
use super::letters::{self, News};
use super::{Answers, Attendee, Registration, store};
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::tickets::{self, Change, Ticket};

/// What of an attendee is to be different; what is absent stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Edit {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address; none inside is none at all.
    pub email: Option<Option<String>>,
    /// The phone number; none inside is none at all.
    pub phone: Option<Option<String>>,
    /// The note for the door.
    pub note: Option<String>,
    /// The answers to the event's questions, all of them.
    pub answers: Option<Answers>,
    /// Whether staff should look at the note.
    pub attention: Option<bool>,
    /// Whether staff should check who it is.
    pub id_check: Option<bool>,
}

impl Edit {
    /// Returns the names of what it touches. What was there and is there now is the attendee's business.
    fn fields(&self) -> Vec<&'static str> {
        let touched = [
            ("name", self.name.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("note", self.note.is_some()),
            ("answers", self.answers.is_some()),
            ("attention", self.attention.is_some()),
            ("id_check", self.id_check.is_some()),
        ];
        touched.into_iter().filter(|(_, is_touched)| *is_touched).map(|(name, _)| name).collect()
    }

    fn apply(self, to: &mut Registration) {
        let Attendee { name, email, phone, note, .. } = &mut to.attendee;
        if let Some(new) = self.name {
            *name = new;
        }
        if let Some(new) = self.email {
            *email = new;
        }
        if let Some(new) = self.phone {
            *phone = new;
        }
        if let Some(new) = self.note {
            *note = new;
        }
        if let Some(new) = self.answers {
            to.answers = new;
        }
        to.attention = self.attention.unwrap_or(to.attention);
        to.id_check = self.id_check.unwrap_or(to.id_check);
    }
}

/// Changes what is known of an attendee, and tells the doors what concerns them. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn edit(
    tx: &mut Tx,
    app: &App,
    actor: Actor,
    event: &Event,
    (before, ticket): (Registration, Option<Ticket>),
    edit: Edit,
) -> Result<(Registration, Option<Ticket>), StoreError> {
    let now = app.clock().now();
    let fields = edit.fields();
    let mut after = before.clone();
    edit.apply(&mut after);
    if after == before {
        return Ok((before, ticket));
    }
    store::update(tx, event.id, &before, &mut after, now).await?;
    let is_told = |one: &Registration| {
        let Attendee { name, email, note, .. } = &one.attendee;
        (name.clone(), email.clone(), note.clone(), one.attention, one.id_check)
    };
    let ticket = match ticket {
        Some(ticket) if is_told(&before) != is_told(&after) => {
            Some(tickets::relabel(tx, app, event.id, &ticket, after.attention, after.id_check).await?)
        }
        ticket => ticket,
    };
    let noted = audit::Change {
        action: "registration.edit",
        event: Some(event.id),
        subject: &after.id.to_string(),
        before: json!({ "version": before.version }),
        after: json!({ "version": after.version, "fields": fields }),
    };
    audit::note(tx, actor, &noted, now).await?;
    Ok((after, ticket))
}

/// Who gets a place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receiver {
    /// Their name.
    pub name: String,
    /// Their e-mail address, in lower case.
    pub email: String,
}

/// Gives a place to somebody else: the ticket gets a new credential, those before count no more, and both are told by
/// mail. Nothing of who had it stays, neither their answers nor their order; who could manage it no longer can. The
/// event's feed is locked.
///
/// # Errors
///
/// [`ActionError`].
pub async fn transfer(
    tx: &mut Tx,
    app: &App,
    actor: Actor,
    event: &Event,
    (before, ticket): (Registration, Option<Ticket>),
    to: Receiver,
    reason: &str,
) -> Result<(Registration, Option<Ticket>), ActionError> {
    let held = actions::with_place(&before, ticket)?;
    if held.is_sold_at_door() {
        return Err(ActionError::SoldAtDoor);
    }
    let now = app.clock().now();
    let mut after = before.clone();
    after.attendee = Attendee {
        name: to.name,
        email: Some(to.email),
        external_id: before.attendee.external_id.clone(),
        ..Attendee::default()
    };
    after.attention = event.offered(before.class).is_some_and(|offered| offered.attention);
    after.answers = Answers::new();
    (after.contact, after.account) = (None, None);
    store::update(tx, event.id, &before, &mut after, now).await?;
    // The doors are told once of the new credential and its holder.
    let changed = tickets::change_in(tx, app, event.id, held.id, Change::Transfer, actor.account, reason).await?;
    let mut ticket = changed.map_or(held, |(_, after)| after);
    if ticket.row.attention != after.attention {
        ticket = tickets::relabel(tx, app, event.id, &ticket, after.attention, after.id_check).await?;
    }
    letters::post(tx, app, actor.organisation, event, &after, Some(&ticket), News::Received).await?;
    if let Some(old) = before.recipient() {
        letters::post_given_away(tx, app, actor.organisation, event, old, &after.attendee.name).await?;
    }
    let noted = audit::Change {
        action: "registration.transfer",
        event: Some(event.id),
        subject: &after.id.to_string(),
        before: told(&before, Some(&held)),
        after: told(&after, Some(&ticket)),
    };
    audit::note(tx, actor, &noted, now).await?;
    Ok((after, Some(ticket)))
}
