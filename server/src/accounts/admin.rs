//! Running the installation: which accounts there are, locking them, and who else runs it.

pub mod routes;
mod store;

use serde_json::json;
use sync_protocol::time::UnixMillis;

use super::{AccountId, Caller, OrganisationId};
use crate::audit::{self, By};
use crate::db::{StoreError, Tx};
use crate::organisations;

/// An account as those see it who run the installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overseen {
    /// Its id.
    pub id: AccountId,
    /// What its holder logs in with.
    pub email: String,
    /// The holder's name; may be empty.
    pub name: String,
    /// Whether they run the installation.
    pub is_admin: bool,
    /// Whether they proved to receive mail at their address.
    pub is_verified: bool,
    /// When it was locked; nothing if it is not.
    pub locked_at: Option<UnixMillis>,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What is done to an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// Its holder can't log in, and what they hold of sessions and tokens opens nothing.
    Lock,
    /// They can again.
    Unlock,
    /// They run the installation.
    MakeAdmin,
    /// They do not any more.
    UnmakeAdmin,
}

impl Change {
    const fn action(self) -> &'static str {
        match self {
            Self::Lock => "account.lock",
            Self::Unlock => "account.unlock",
            Self::MakeAdmin => "account.make_admin",
            Self::UnmakeAdmin => "account.unmake_admin",
        }
    }
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is none.
    #[error("there is no such account")]
    Unknown,
    /// Nobody would run the installation.
    #[error("the last one who runs the installation stays")]
    LastAdmin,
    /// The database failed.
    #[error("could not store the change")]
    Store(#[from] StoreError),
}

/// Changes an account. Doing it again changes nothing.
///
/// # Errors
///
/// [`AdminError`], after which nothing has changed.
pub async fn change(
    tx: &mut Tx,
    by: &Caller,
    id: AccountId,
    change: Change,
    now: UnixMillis,
) -> Result<Overseen, AdminError> {
    // Whoever takes somebody away holds all of those who are left, so that two can't each take the other.
    let in_charge = match change {
        Change::Lock | Change::UnmakeAdmin => store::lock_admins(tx).await?,
        Change::Unlock | Change::MakeAdmin => Vec::new(),
    };
    let held = store::lock(tx, id).await?.ok_or(AdminError::Unknown)?;
    let mut after = held.clone();
    match change {
        Change::Lock => after.locked_at = held.locked_at.or(Some(now)),
        Change::Unlock => after.locked_at = None,
        Change::MakeAdmin => after.is_admin = true,
        Change::UnmakeAdmin => after.is_admin = false,
    }
    if after == held {
        return Ok(held);
    }
    if in_charge == [id] {
        return Err(AdminError::LastAdmin);
    }
    store::update(tx, &after).await?;
    let record = |account: &Overseen| json!({ "is_admin": account.is_admin, "locked": account.locked_at.is_some() });
    let noted = audit::Change {
        action: change.action(),
        event: None,
        subject: &id.to_string(),
        before: record(&held),
        after: record(&after),
    };
    // Every organisation that they belong to can see what became of its member.
    let mut concerned: Vec<Option<OrganisationId>> =
        organisations::memberships(tx, id).await?.iter().map(|held| Some(held.organisation)).collect();
    if concerned.is_empty() {
        concerned.push(None);
    }
    for organisation in concerned {
        let by = By { organisation, account: Some(by.account), address: Some(by.address) };
        audit::note(tx, by, &noted, now).await?;
    }
    Ok(after)
}
