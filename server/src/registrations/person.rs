//! All registrations of one person, at whatever event: to be shown to them, or to be erased.

use sync_protocol::id::{EventId, RegistrationId};
use sync_protocol::time::UnixMillis;

use super::{Answers, Attendee, Registration, State, store};
use crate::accounts::AccountId;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::tickets::{self, Ticket};

/// What an attendee is called of whom nothing is known any more.
pub const ERASED_NAME: &str = "Erased person";

/// What a person's registrations are known by: any of these.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    /// The e-mail address, in lower case.
    pub email: Option<String>,
    /// The account that they were made with.
    pub account: Option<AccountId>,
    /// One of them.
    pub registration: Option<RegistrationId>,
}

/// What a person has to do with a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// They are its attendee.
    Attendee,
    /// They registered somebody else.
    Contact,
}

/// A registration that a person has to do with.
#[derive(Clone, Debug)]
pub struct Held {
    /// The event.
    pub event: EventId,
    /// The registration.
    pub registration: Registration,
    /// Its ticket.
    pub ticket: Option<Ticket>,
    /// What they have to do with it.
    pub part: Part,
}

impl Marks {
    /// Returns what the person has to do with a registration.
    fn part(&self, registration: &Registration) -> Part {
        let Registration { id, attendee, contact, .. } = registration;
        let is_own_address = attendee.email.is_some() && attendee.email == self.email;
        // Whoever registers a group is in it as well, perhaps, and gives the address once.
        let is_own_name = attendee.email.is_none()
            && match contact {
                Some(contact) => Some(&contact.email) == self.email.as_ref() && contact.name == attendee.name,
                None => registration.account.is_some() && registration.account == self.account,
            };
        if self.registration == Some(*id) || is_own_address || is_own_name { Part::Attendee } else { Part::Contact }
    }
}

/// Returns all registrations that a person has to do with, in the order they were made.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_person(tx: &mut Tx, marks: &Marks) -> Result<Vec<Held>, StoreError> {
    let found = store::of_person(tx, marks).await?;
    let held = found.into_iter().map(|(event, registration, ticket)| {
        let part = marks.part(&registration);
        Held { event, registration, ticket, part }
    });
    Ok(held.collect())
}

/// Whether it keeps, or may still get, a place at an event to come.
pub fn is_upcoming(event: &Event, registration: &Registration, now: UnixMillis) -> bool {
    let is_open = matches!(registration.state, State::Registered | State::Pending | State::Waiting);
    is_open && event.state.takes_changes() && now < event.policy.ends
}

/// Erases what is known of a registration's attendee, here and at the doors. What is counted stays: that there is
/// somebody, their ticket type, and what became of them. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(
    tx: &mut Tx,
    app: &App,
    event: EventId,
    (before, ticket): (&Registration, Option<&Ticket>),
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut after = before.clone();
    after.attendee = Attendee { name: ERASED_NAME.to_owned(), ..Attendee::default() };
    (after.attention, after.id_check) = (false, false);
    after.answers = Answers::new();
    (after.contact, after.account) = (None, None);
    after.reason = String::new();
    store::update(tx, event, before, &mut after, now).await?;
    match ticket {
        Some(ticket) => tickets::erase_holder(tx, app, event, ticket).await,
        None => Ok(()),
    }
}

/// Forgets who registered somebody else. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn part_from(
    tx: &mut Tx,
    event: EventId,
    before: &Registration,
    marks: &Marks,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut after = before.clone();
    if before.contact.as_ref().is_some_and(|contact| Some(&contact.email) == marks.email.as_ref()) {
        after.contact = None;
    }
    if before.account.is_some() && before.account == marks.account {
        after.account = None;
    }
    store::update(tx, event, before, &mut after, now).await
}

#[cfg(test)]
mod tests {
    use sync_protocol::id::ClassId;

    use super::*;
    use crate::registrations::Contact;

    fn registered(name: &str, email: Option<&str>, contact: Option<(&str, &str)>) -> Registration {
        let attendee = Attendee { name: name.to_owned(), email: email.map(str::to_owned), ..Attendee::default() };
        let mut registration = Registration::new(RegistrationId([1; 16]), attendee, ClassId(0), UnixMillis(0));
        registration.contact = contact.map(|(name, email)| Contact { name: name.to_owned(), email: email.to_owned() });
        registration
    }

    #[test]
    fn whoever_registers_friends_is_not_the_friends() {
        let ada =
            Marks { email: Some("ada@example.org".to_owned()), account: Some(AccountId([9; 16])), registration: None };
        let contact = Some(("Ada", "ada@example.org"));

        assert_eq!(ada.part(&registered("Ada", Some("ada@example.org"), None)), Part::Attendee);
        assert_eq!(ada.part(&registered("Ada", None, contact)), Part::Attendee);
        assert_eq!(ada.part(&registered("Grace", None, contact)), Part::Contact);
        let mut friend = registered("Grace", Some("grace@example.org"), None);
        friend.account = Some(AccountId([9; 16]));
        assert_eq!(ada.part(&friend), Part::Contact);
        friend.attendee.email = None;
        assert_eq!(ada.part(&friend), Part::Attendee, "who gave no address is who was logged in");
        friend.account = None;
        assert_eq!(ada.part(&friend), Part::Contact);
    }
}
