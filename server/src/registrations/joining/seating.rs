//! Who gets a place, who waits, and who is sent away: parties one after the other, by what was counted before.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::id::{ClassId, RegistrationId};
use sync_protocol::time::UnixMillis;

use super::people::Held;
use super::{JoinError, Party, Seat};
use crate::clock::{random_bytes, uuids_v7};
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::registrations::{Registration, State};
use crate::tickets::IssueError;
use crate::tickets::places::Places;

/// What is left at an event. It stays true while the event's feed is locked.
#[derive(Clone, Debug)]
pub(super) struct Seating {
    places: Places,
    held: Held,
    queues: BTreeMap<ClassId, Queue>,
}

/// Who waits for a ticket type.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::registrations) struct Queue {
    /// How many.
    pub(in crate::registrations) waiting: u64,
    /// The number of the last.
    pub(in crate::registrations) last_no: u64,
}

impl Seating {
    /// Counts what these parties are going to find.
    pub(super) async fn read(
        tx: &mut Tx,
        event: &Event,
        queues: BTreeMap<ClassId, Queue>,
        parties: impl Iterator<Item = &Party>,
    ) -> Result<Self, StoreError> {
        let addresses = parties.flat_map(people).map(|(address, _)| address);
        let held = Held::read(tx, event.id, addresses).await?;
        Ok(Self { places: Places::count(tx, event).await?, held, queues })
    }

    /// Seats all of a party, or nobody: then everything is left as it was.
    pub(super) fn seat(&mut self, event: &Event, party: &Party, now: UnixMillis) -> Result<Vec<Seat>, JoinError> {
        check_times(event, party, now)?;
        let mut after = self.clone();
        after.held.add(event, people(party)).map_err(|limit| JoinError::AlreadyRegistered { limit })?;
        let states = after.states(event, party)?;
        let seats = after.seats(event, party, &states, now);
        *self = after;
        Ok(seats)
    }

    /// Returns what becomes of the guests of each type: all of one type fare alike.
    fn states(&mut self, event: &Event, party: &Party) -> Result<BTreeMap<ClassId, State>, JoinError> {
        let classes: BTreeSet<ClassId> = party.guests.iter().map(|guest| guest.class).collect();
        let mut states = BTreeMap::new();
        for class in classes {
            let offered = event.offered(class);
            let wanted = party.guests.iter().filter(|guest| guest.class == class).count() as u64;
            let has_waitlist = offered.is_some_and(|offered| offered.has_waitlist);
            let somebody_waits = self.queues.get(&class).is_some_and(|queue| queue.waiting > 0);
            let state = if offered.is_some_and(|offered| offered.needs_approval) {
                State::Pending
            } else if has_waitlist && somebody_waits {
                State::Waiting
            } else {
                match self.places.take(class, wanted) {
                    Ok(()) => State::Registered,
                    Err(IssueError::SoldOut { .. }) if has_waitlist => State::Waiting,
                    Err(error) => return Err(error.into()),
                }
            };
            states.insert(class, state);
        }
        Ok(states)
    }

    fn seats(&mut self, event: &Event, party: &Party, states: &BTreeMap<ClassId, State>, now: UnixMillis) -> Vec<Seat> {
        let order = (party.guests.len() > 1).then(order_reference);
        let mut seats = Vec::with_capacity(party.guests.len());
        for (id, guest) in uuids_v7(now, party.guests.len()).zip(&party.guests) {
            let class = guest.class;
            let mut registration = Registration::new(RegistrationId(id), guest.attendee.clone(), class, now);
            registration.attendee.order.clone_from(&order);
            registration.state = states.get(&class).copied().unwrap_or_default();
            let mut position = None;
            if registration.state == State::Waiting {
                let queue = self.queues.entry(class).or_default();
                queue.waiting += 1;
                queue.last_no += 1;
                (registration.queue_no, position) = (Some(queue.last_no), Some(queue.waiting));
            }
            registration.attention = event.offered(class).is_some_and(|offered| offered.attention);
            registration.answers.clone_from(&guest.answers);
            registration.contact.clone_from(&party.contact);
            registration.account = party.account;
            seats.push(Seat { registration, ticket: None, position });
        }
        seats
    }
}

/// Returns whose registrations these will be. Members of a group without an address of their own count as their
/// contact's.
fn people(party: &Party) -> impl Iterator<Item = (&str, ClassId)> {
    let contact = party.contact.as_ref().map(|contact| contact.email.as_str());
    party.guests.iter().filter_map(move |guest| Some((guest.attendee.email.as_deref().or(contact)?, guest.class)))
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
    use crate::registrations::ORDER_BYTES_MAX;

    #[test]
    fn an_order_reference_fits_what_doors_are_told() {
        let reference = order_reference();
        assert!(reference.len() <= ORDER_BYTES_MAX && reference.starts_with("G-"));
        assert_ne!(reference, order_reference());
    }
}
