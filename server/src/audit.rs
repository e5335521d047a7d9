//! The record of every change: who made it, when, from where, and what became of what.

pub mod store;

use std::net::IpAddr;

use serde_json::Value;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use crate::accounts::{AccountId, OrganisationId, Organiser};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};

/// Who changes something, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub struct By {
    /// The organisation whose things are changed.
    pub organisation: Option<OrganisationId>,
    /// Nothing where nobody is logged in.
    pub account: Option<AccountId>,
    /// The caller's address; nothing for the server's own work.
    pub address: Option<IpAddr>,
}

impl From<Organiser> for By {
    fn from(organiser: Organiser) -> Self {
        Self {
            organisation: Some(organiser.organisation),
            account: Some(organiser.account),
            address: Some(organiser.address),
        }
    }
}

/// A change.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// What was done: the kind of thing, a dot, and a verb, such as `event.publish`.
    pub action: &'static str,
    /// The event that it belongs to.
    pub event: Option<EventId>,
    /// What was changed, as its id is written.
    pub subject: &'a str,
    /// What it was, without secrets; null if it was not.
    pub before: Value,
    /// What it is, without secrets; null if it is no more.
    pub after: Value,
}

/// Records a change, in the transaction that makes it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note(tx: &mut Tx, by: impl Into<By>, change: &Change<'_>, now: UnixMillis) -> Result<(), StoreError> {
    store::insert(tx, uuid_v7(now), &by.into(), change, now).await
}
