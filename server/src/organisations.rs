//! Organisations: how they work, who belongs to them as what, and what they keep for their events.

mod check;
pub mod invitations;
pub mod members;
pub mod routes;
pub mod store;
pub mod tasks;
pub mod venues;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

pub use self::tasks::{TemplateTask, task_template};
use crate::access::Role;
use crate::accounts::{AccountId, OrganisationId};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};

/// The most organisations that one person may belong to.
pub const MEMBERSHIPS_MAX: usize = 200;
/// Owners who are told what an organisation's things do by themselves.
const OWNERS_TOLD_MAX: u32 = 20;

/// An organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What it is called, and how it works.
    pub settings: Settings,
    /// Counts the changes that people make.
    pub version: u64,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What owners say of their organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// What it is called.
    pub name: String,
    /// Whether a manager must approve an event before it is published.
    pub needs_approval: bool,
    /// The IANA name of the time zone that new events begin with.
    pub time_zone: String,
    /// The ISO 4217 code of the currency that new events begin with.
    pub currency: String,
    /// Where people may write to.
    pub contact_email: Option<String>,
}

impl Settings {
    /// Returns those of an organisation that nobody has said more of than its name.
    pub fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            needs_approval: true,
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            contact_email: None,
        }
    }

    /// Returns them as they are recorded.
    pub fn record(&self) -> Value {
        json!({
            "name": self.name,
            "needs_approval": self.needs_approval,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "has_contact_email": self.contact_email.is_some(),
        })
    }
}

/// That somebody belongs to an organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Membership {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// What they are in it.
    pub role: Role,
}

/// Makes an organisation that belongs to `owner`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn create(
    tx: &mut Tx,
    settings: Settings,
    owner: AccountId,
    now: UnixMillis,
) -> Result<Organisation, StoreError> {
    let organisation = Organisation { id: OrganisationId(uuid_v7(now)), settings, version: 1, created_at: now };
    store::insert(tx, &organisation).await?;
    join(tx, organisation.id, owner, Role::Owner, now).await?;
    Ok(organisation)
}

/// Returns the organisation called `name`, made if there is none. For whoever holds the server's own files.
///
/// # Errors
///
/// [`StoreError`].
pub async fn ensure(tx: &mut Tx, name: &str, now: UnixMillis) -> Result<OrganisationId, StoreError> {
    if let Some(held) = store::named(tx, name).await? {
        return Ok(held);
    }
    let id = OrganisationId(uuid_v7(now));
    store::insert(tx, &Organisation { id, settings: Settings::plain(name), version: 1, created_at: now }).await?;
    Ok(id)
}

/// Whether there is any organisation.
///
/// # Errors
///
/// [`StoreError`].
pub async fn is_any(tx: &mut Tx) -> Result<bool, StoreError> {
    store::is_any(tx).await
}

/// Makes somebody a member of an organisation, or changes what they are in it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn join(
    tx: &mut Tx,
    organisation: OrganisationId,
    account: AccountId,
    role: Role,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::put_membership(tx, organisation, account, role, now).await
}

/// Returns the e-mail addresses of an organisation's owners, who are told what its things do by themselves; of the
/// first [`OWNERS_TOLD_MAX`], if there are more.
///
/// # Errors
///
/// [`StoreError`].
pub async fn owners(tx: &mut Tx, id: OrganisationId) -> Result<Vec<String>, StoreError> {
    store::owners(tx, id, OWNERS_TOLD_MAX).await
}

/// Returns what somebody is in an organisation; nothing if they do not belong to it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn role(tx: &mut Tx, account: AccountId, organisation: OrganisationId) -> Result<Option<Role>, StoreError> {
    store::role(tx, account, organisation).await
}

/// Returns the organisations that somebody belongs to, by name.
///
/// # Errors
///
/// [`StoreError`].
pub async fn memberships(tx: &mut Tx, account: AccountId) -> Result<Vec<Membership>, StoreError> {
    store::memberships(tx, account).await
}

/// Returns an organisation.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(tx: &mut Tx, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    store::find(tx, id).await
}

/// Whether a manager of the organisation must approve an event before it is published.
///
/// # Errors
///
/// [`StoreError`].
pub async fn needs_approval(tx: &mut Tx, id: OrganisationId) -> Result<bool, StoreError> {
    let held = store::find(tx, id).await?;
    Ok(held.is_none_or(|organisation| organisation.settings.needs_approval))
}

/// Returns the e-mail addresses of those who are `least` or more in an organisation; none if there is no such one.
///
/// # Errors
///
/// [`StoreError`].
pub async fn addresses(tx: &mut Tx, id: OrganisationId, least: Role) -> Result<Vec<String>, StoreError> {
    store::addresses(tx, id, least).await
}

/// Returns what organisations are called.
///
/// # Errors
///
/// [`StoreError`].
pub async fn names(
    tx: &mut Tx,
    ids: &BTreeSet<OrganisationId>,
) -> Result<BTreeMap<OrganisationId, String>, StoreError> {
    store::names(tx, ids).await
}
