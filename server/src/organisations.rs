//! Organisations, and who belongs to them as what.

pub mod store;

use sync_protocol::time::UnixMillis;

use crate::access::Role;
use crate::accounts::{AccountId, OrganisationId};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};

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
    store::insert(tx, id, name, now).await?;
    Ok(id)
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
    store::insert_membership(tx, organisation, account, role, now).await
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
