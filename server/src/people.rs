//! What is known of one person, wherever it is kept: shown to whom it concerns, and erased.
//!
//! A person is an e-mail address, an account, or both; somebody who gave no address is their one registration. Erasing
//! leaves what is counted (registrations, tickets, admissions, sales) and what vouches for it (journals, the record of
//! changes), and takes from all of it whom it was about.

mod body;
pub mod erase;
pub mod export;
pub mod routes;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sync_protocol::id::{EventId, RegistrationId};

use crate::accounts::{AccountId, OrganisationId};
use crate::db::{StoreError, Tx};
use crate::events::{self, Event};
use crate::registrations::person::{self, Held, Marks};

/// Whose data are meant, and where.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Person {
    /// What they are known by.
    pub marks: Marks,
    /// Only what this organisation keeps; everything if none is named.
    pub organisation: Option<OrganisationId>,
}

/// How somebody is named who is looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Named {
    /// By their e-mail address, in lower case.
    Email(String),
    /// By one of their registrations.
    Registration(RegistrationId),
}

impl Person {
    /// Returns everything that is kept of the holder of an account.
    pub const fn holder(account: AccountId, email: String) -> Self {
        Self { marks: Marks { email: Some(email), account: Some(account), registration: None }, organisation: None }
    }

    /// Returns what an organisation keeps of somebody; nobody if it has no such registration.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn find(tx: &mut Tx, organisation: OrganisationId, named: Named) -> Result<Option<Self>, StoreError> {
        let organisation = Some(organisation);
        match named {
            Named::Email(email) => {
                let marks = Marks { email: Some(email), ..Marks::default() };
                Ok(Some(Self { marks, organisation }))
            }
            Named::Registration(id) => {
                let one = Self { marks: Marks { registration: Some(id), ..Marks::default() }, organisation };
                let found = one.registrations(tx).await?.into_iter().next();
                Ok(found.map(|found| {
                    let email = found.held.registration.attendee.email;
                    Self { marks: Marks { email, ..one.marks }, organisation }
                }))
            }
        }
    }

    /// Returns the registrations that they have to do with, in the order they were made.
    async fn registrations(&self, tx: &mut Tx) -> Result<Vec<Found>, StoreError> {
        let mut events: BTreeMap<EventId, Option<(OrganisationId, Event)>> = BTreeMap::new();
        let mut found = Vec::new();
        for held in person::of_person(tx, &self.marks).await? {
            let of = match events.entry(held.event) {
                Entry::Occupied(of) => of.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.event(tx, held.event).await?),
            };
            if let Some((organisation, event)) = of {
                found.push(Found { organisation: *organisation, event: event.clone(), held });
            }
        }
        Ok(found)
    }

    /// Returns an event and whose it is, if that is meant.
    async fn event(&self, tx: &mut Tx, id: EventId) -> Result<Option<(OrganisationId, Event)>, StoreError> {
        let of = events::organisation_of(tx, id).await?;
        match of.filter(|of| self.organisation.is_none_or(|meant| meant == *of)) {
            Some(of) => Ok(Some((of, events::get(tx, id).await?))),
            None => Ok(None),
        }
    }
}

/// A registration that somebody has to do with.
#[derive(Clone, Debug)]
struct Found {
    organisation: OrganisationId,
    event: Event,
    held: Held,
}
