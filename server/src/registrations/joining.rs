//! Attendees who register by themselves, alone or as a group: what is asked of them, and what they get.

pub mod body;
pub mod routes;

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::id::{ClassId, EventId, RegistrationId};
use sync_protocol::time::UnixMillis;

use super::letters::{self, News};
use super::{Answers, Attendee, Contact, Registration, State, store, waitlist};
use crate::accounts::{AccountId, OrganisationId};
use crate::app::App;
use crate::audit::{self, By};
use crate::clock::{random_bytes, uuids_v7};
use crate::db::{StoreError, Tx};
use crate::events::{self, Event, OfferedType};
use crate::sync::feed;
use crate::tickets::places::Places;
use crate::tickets::{self, IssueError, Ticket};

/// Somebody who wants to come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Guest {
    /// Who.
    pub attendee: Attendee,
    /// With which ticket type.
    pub class: ClassId,
    /// What they answered.
    pub answers: Answers,
}

/// Those who register together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// Who speaks for them; nobody for one who comes alone.
    pub contact: Option<Contact>,
    /// All of them.
    pub guests: Vec<Guest>,
    /// Who is logged in.
    pub account: Option<AccountId>,
}

/// Why somebody was not registered.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// There is no event that the public knows of.
    #[error("there is no such event")]
    Unknown,
    /// The event is over.
    #[error("the event is over")]
    Over,
    /// Not on sale at this time.
    #[error("the ticket type is not on sale now")]
    NotOnSale {
        /// The type's name.
        ticket_type: String,
        /// From when on it is.
        from: UnixMillis,
        /// Until when it is.
        until: UnixMillis,
    },
    /// A person has as many as they may have.
    #[error("this person is registered already")]
    AlreadyRegistered {
        /// How many one person may have.
        limit: u32,
    },
    /// There is no place, and no waiting list.
    #[error("no place is left")]
    Issue(#[from] IssueError),
    /// The database failed.
    #[error("could not store the registration")]
    Store(#[from] StoreError),
}

/// What became of a party, in its order.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The event, as it was when they were registered.
    pub event: Event,
    /// Each with a ticket, if there is one, and with their position if they wait: 1 is next.
    pub registrations: Vec<(Registration, Option<Ticket>, Option<u64>)>,
}

/// Returns an event that the public may see, with its organisation.
///
/// # Errors
///
/// [`JoinError::Unknown`] or [`JoinError::Store`].
pub async fn public_event(tx: &mut Tx, id: EventId) -> Result<(OrganisationId, Event), JoinError> {
    let organisation = events::organisation_of(tx, id).await?.ok_or(JoinError::Unknown)?;
    let event = events::get(tx, id).await?;
    if event.state == events::State::Published { Ok((organisation, event)) } else { Err(JoinError::Unknown) }
}

/// Registers all of a party or nobody. Each gets a place, or waits for an organiser's word or for a place, as
/// their ticket type has it.
///
/// # Errors
///
/// [`JoinError`].
pub async fn join(app: &App, event: EventId, party: Party, by: By) -> Result<Joined, JoinError> {
    let mut tx = app.database().begin_write().await?;
    public_event(&mut tx, event).await?;
    // Everything that may not be exceeded is counted under this lock, by the event as it is then.
    feed::lock(&mut tx, app.sealer(), event).await?;
    let now = app.clock().now();
    let (organisation, event) = public_event(&mut tx, event).await?;
    check_times(&event, &party, now)?;
    check_persons(&mut tx, &event, &party).await?;
    // Who waits comes first.
    waitlist::move_up(&mut tx, app, &event).await?;

    let states = states(&mut tx, &event, &party).await?;
    let registrations = registrations(&mut tx, &event, party, &states, now).await?;
    super::add(&mut tx, event.id, &registrations).await?;
    let with_place = registrations.iter().filter(|registration| registration.state == State::Registered);
    let wanted: Vec<_> = with_place.map(|one| one.to_issue(waitlist::status_of(&event, one.class))).collect();
    let mut tickets = tickets::issue(&mut tx, app, &event, &wanted).await?.into_iter();

    let by = By { organisation: Some(organisation), ..by };
    let mut joined = Vec::with_capacity(registrations.len());
    for registration in registrations {
        let ticket = if registration.state == State::Registered { tickets.next() } else { None };
        letters::post(&mut tx, app, organisation, &event, &registration, ticket.as_ref(), News::Made).await?;
        let change = audit::Change {
            action: "registration.create",
            event: Some(event.id),
            subject: &registration.id.to_string(),
            before: serde_json::Value::Null,
            after: serde_json::json!({ "state": registration.state }),
        };
        audit::note(&mut tx, by, &change, now).await?;
        let position = position(&mut tx, event.id, &registration).await?;
        joined.push((registration, ticket, position));
    }
    tx.commit().await?;
    Ok(Joined { event, registrations: joined })
}

/// Returns how many are served before a registration that waits, and itself: 1 is next.
///
/// # Errors
///
/// [`StoreError`].
pub async fn position(tx: &mut Tx, event: EventId, registration: &Registration) -> Result<Option<u64>, StoreError> {
    let Some(queue_no) = registration.queue_no else { return Ok(None) };
    Ok(Some(store::waiting_before(tx, event, registration.class, queue_no).await? + 1))
}

fn check_times(event: &Event, party: &Party, now: UnixMillis) -> Result<(), JoinError> {
    if now >= event.policy.ends {
        return Err(JoinError::Over);
    }
    for guest in &party.guests {
        let sale = event.offered(guest.class).and_then(|offered| offered.sale);
        if let Some(sale) = sale.filter(|sale| !sale.contains(now)) {
            let ticket_type = event.policy.class(guest.class).map(|class| class.name.clone()).unwrap_or_default();
            return Err(JoinError::NotOnSale { ticket_type, from: sale.from(), until: sale.until() });
        }
    }
    Ok(())
}

/// Checks that nobody has more than one person may have. Members of a group without an address of their own count as
/// their contact's.
async fn check_persons(tx: &mut Tx, event: &Event, party: &Party) -> Result<(), JoinError> {
    let contact = party.contact.as_ref().map(|contact| contact.email.as_str());
    let people =
        party.guests.iter().filter_map(|guest| Some((guest.attendee.email.as_deref().or(contact)?, guest.class)));
    check_people(tx, event, people).await?.map_err(|limit| JoinError::AlreadyRegistered { limit })
}

/// Checks that nobody has more than one person may have, once each of these addresses has one more. The event's feed is
/// locked. The inner error is how many they may have.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn check_people(
    tx: &mut Tx,
    event: &Event,
    people: impl Iterator<Item = (&str, ClassId)>,
) -> Result<Result<(), u32>, StoreError> {
    let mut wanted: BTreeMap<String, BTreeMap<ClassId, u64>> = BTreeMap::new();
    for (address, class) in people {
        *wanted.entry(super::fold(address)).or_default().entry(class).or_default() += 1;
    }
    for (person, wanted) in wanted {
        let held = store::held_by(tx, event.id, &person).await?;
        for offered in wanted.keys().filter_map(|class| event.offered(*class)) {
            if let Err(limit) = may_have(offered, &held, &wanted) {
                return Ok(Err(limit));
            }
        }
    }
    Ok(Ok(()))
}

/// Whether one person may have all of `wanted` beside what they have, as far as one ticket type says.
///
/// # Errors
///
/// How many they may have.
pub(super) fn may_have(
    offered: &OfferedType,
    held: &BTreeMap<ClassId, u64>,
    wanted: &BTreeMap<ClassId, u64>,
) -> Result<(), u32> {
    match offered.per_person {
        // Whatever their types: the same person comes once.
        None if held.values().sum::<u64>() + wanted.values().sum::<u64>() > 1 => Err(1),
        None => Ok(()),
        Some(limit) => {
            let number = |of: &BTreeMap<ClassId, u64>| of.get(&offered.class).copied().unwrap_or_default();
            if number(held) + number(wanted) > u64::from(limit) { Err(limit) } else { Ok(()) }
        }
    }
}

/// Returns what becomes of the guests of each type: all of one type fare alike.
async fn states(tx: &mut Tx, event: &Event, party: &Party) -> Result<BTreeMap<ClassId, State>, JoinError> {
    let mut places = Places::count(tx, event).await?;
    let classes: BTreeSet<ClassId> = party.guests.iter().map(|guest| guest.class).collect();
    let mut states = BTreeMap::new();
    for class in classes {
        let offered = event.offered(class);
        let wanted = party.guests.iter().filter(|guest| guest.class == class).count() as u64;
        let has_waitlist = offered.is_some_and(|offered| offered.has_waitlist);
        let state = if offered.is_some_and(|offered| offered.needs_approval) {
            State::Pending
        } else if has_waitlist && !store::waiting(tx, event.id, class, 1).await?.is_empty() {
            State::Waiting
        } else {
            match places.take(class, wanted) {
                Ok(()) => State::Registered,
                Err(IssueError::SoldOut { .. }) if has_waitlist => State::Waiting,
                Err(error) => return Err(error.into()),
            }
        };
        states.insert(class, state);
    }
    Ok(states)
}

async fn registrations(
    tx: &mut Tx,
    event: &Event,
    party: Party,
    states: &BTreeMap<ClassId, State>,
    now: UnixMillis,
) -> Result<Vec<Registration>, StoreError> {
    let mut queues: BTreeMap<ClassId, u64> = BTreeMap::new();
    let order = (party.guests.len() > 1).then(order_reference);
    let mut registrations = Vec::with_capacity(party.guests.len());
    for (id, guest) in uuids_v7(now, party.guests.len()).zip(party.guests) {
        let class = guest.class;
        let mut registration = Registration::new(RegistrationId(id), guest.attendee, class, now);
        registration.attendee.order.clone_from(&order);
        registration.state = states.get(&class).copied().unwrap_or_default();
        if registration.state == State::Waiting {
            let next = match queues.get(&class) {
                Some(last) => last + 1,
                None => store::next_queue_no(tx, event.id, class).await?,
            };
            queues.insert(class, next);
            registration.queue_no = Some(next);
        }
        registration.attention = event.offered(class).is_some_and(|offered| offered.attention);
        registration.answers = guest.answers;
        registration.contact.clone_from(&party.contact);
        registration.account = party.account;
        registrations.push(registration);
    }
    Ok(registrations)
}

/// Returns a new order reference that can be read out: `G-` and ten letters and digits that look unlike each other.
fn order_reference() -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random = random_bytes::<10>();
    let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
    std::iter::once("G-".to_owned()).chain(letters.map(|letter| char::from(*letter).to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGULAR: ClassId = ClassId(0);
    const CHILD: ClassId = ClassId(1);

    #[test]
    fn the_same_person_comes_once_unless_the_type_allows_more() {
        let once = OfferedType::plain(REGULAR);
        let thrice = OfferedType { per_person: Some(3), ..OfferedType::plain(CHILD) };
        let some = |class, number| BTreeMap::from([(class, number)]);

        assert_eq!(may_have(&once, &some(REGULAR, 0), &some(REGULAR, 1)), Ok(()));
        assert_eq!(may_have(&once, &some(REGULAR, 1), &some(REGULAR, 1)), Err(1));
        assert_eq!(may_have(&once, &some(CHILD, 1), &some(REGULAR, 1)), Err(1));
        assert_eq!(may_have(&once, &BTreeMap::new(), &some(REGULAR, 2)), Err(1));
        assert_eq!(may_have(&thrice, &some(REGULAR, 1), &some(CHILD, 3)), Ok(()));
        assert_eq!(may_have(&thrice, &some(CHILD, 2), &some(CHILD, 2)), Err(3));
    }

    #[test]
    fn an_order_reference_fits_what_doors_are_told() {
        let reference = order_reference();
        assert!(reference.len() <= super::super::ORDER_BYTES_MAX && reference.starts_with("G-"));
        assert_ne!(reference, order_reference());
    }
}
