//! Who belongs to an organisation, as what, and who may change that.

pub mod routes;

use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use super::{Membership, store};
use crate::access::Role;
use crate::accounts::{AccountId, Caller, OrganisationId, Organiser};
use crate::audit::{self, Change};
use crate::db::{StoreError, Tx};

/// Somebody who belongs to an organisation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Their account.
    pub account: AccountId,
    /// What they log in with.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Counts the changes of their role.
    pub version: u64,
    /// Since when.
    pub joined_at: UnixMillis,
}

/// Why who belongs to an organisation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// They do not belong to it.
    #[error("there is no such member")]
    Unknown,
    /// There would be no owner left.
    #[error("the last owner stays")]
    LastOwner,
    /// Theirs, or what they would become, is not below what the caller may change.
    #[error("the role is above the caller's")]
    Above,
    /// The database failed.
    #[error("could not store the change")]
    Store(#[from] StoreError),
}

/// Whether somebody who is `by` may make of a `from` a `to`: nothing stands for who does not belong, before or
/// after. Nobody gives more than they have, and below owners nobody changes their equals.
pub fn may_change(by: Role, from: Option<Role>, to: Option<Role>) -> bool {
    let may_touch = from.is_none_or(|from| by == Role::Owner || from < by);
    may_touch && to.is_none_or(|to| to <= by)
}

/// Returns a member, and keeps everybody else from changing who belongs to their organisation.
///
/// # Errors
///
/// [`MemberError::Unknown`] or [`MemberError::Store`].
pub async fn lock(tx: &mut Tx, organisation: OrganisationId, account: AccountId) -> Result<Member, MemberError> {
    store::lock(tx, organisation).await?;
    store::member(tx, organisation, account).await?.ok_or(MemberError::Unknown)
}

/// Changes what a locked member is.
///
/// # Errors
///
/// [`MemberError`], after which nothing has changed.
pub async fn change_role(
    tx: &mut Tx,
    by: Organiser,
    member: Member,
    role: Role,
    now: UnixMillis,
) -> Result<Member, MemberError> {
    if !may_change(by.role, Some(member.role), Some(role)) {
        return Err(MemberError::Above);
    }
    if member.role == role {
        return Ok(member);
    }
    keep_an_owner(tx, by.organisation, member.role).await?;
    store::put_membership(tx, by.organisation, member.account, role, now).await?;
    note(tx, by, "member.change", member.account, named(member.role), named(role), now).await?;
    Ok(Member { role, version: member.version + 1, ..member })
}

/// Ends the membership of a locked member: somebody else's, or the caller's own.
///
/// # Errors
///
/// [`MemberError`], after which nothing has changed.
pub async fn remove(tx: &mut Tx, by: Organiser, member: &Member, now: UnixMillis) -> Result<(), MemberError> {
    let is_own = by.account == member.account;
    if !is_own && !may_change(by.role, Some(member.role), None) {
        return Err(MemberError::Above);
    }
    keep_an_owner(tx, by.organisation, member.role).await?;
    store::delete_membership(tx, by.organisation, member.account).await?;
    let action = if is_own { "member.leave" } else { "member.remove" };
    note(tx, by, action, member.account, named(member.role), Value::Null, now).await?;
    Ok(())
}

/// Ends all memberships of an account whose holder leaves the installation, and forgets their address where it is that
/// of an organisation.
///
/// # Errors
///
/// The organisation whose last owner they are, after which the transaction must not be committed.
pub async fn leave_all(
    tx: &mut Tx,
    by: &Caller,
    email: &str,
    now: UnixMillis,
) -> Result<Result<(), Membership>, StoreError> {
    let mut held = store::memberships(tx, by.account).await?;
    // Whoever locks several does so in one order.
    held.sort_unstable_by_key(|membership| membership.organisation);
    for membership in held {
        let organisation = membership.organisation;
        store::lock(tx, organisation).await?;
        let Some(member) = store::member(tx, organisation, by.account).await? else { continue };
        let by = Organiser { account: by.account, organisation, role: member.role, address: by.address };
        match remove(tx, by, &member, now).await {
            Ok(()) | Err(MemberError::Unknown) => {}
            Err(MemberError::LastOwner | MemberError::Above) => return Ok(Err(membership)),
            Err(MemberError::Store(error)) => return Err(error),
        }
    }
    store::erase_contact(tx, email).await?;
    Ok(Ok(()))
}

/// Sees to it that an owner is left when one who is `role` is none any more. The organisation is locked.
async fn keep_an_owner(tx: &mut Tx, organisation: OrganisationId, role: Role) -> Result<(), MemberError> {
    if role == Role::Owner && store::count_of_role(tx, organisation, Role::Owner).await? <= 1 {
        return Err(MemberError::LastOwner);
    }
    Ok(())
}

fn named(role: Role) -> Value {
    json!({ "role": role })
}

async fn note(
    tx: &mut Tx,
    by: Organiser,
    action: &'static str,
    account: AccountId,
    before: Value,
    after: Value,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let change = Change { action, event: None, subject: &account.to_string(), before, after };
    audit::note(tx, by, &change, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_more_than_they_have_nor_changes_their_equals_below_owners() {
        for by in Role::ALL {
            for from in Role::ALL {
                for to in Role::ALL {
                    let expected = to <= by && (from < by || by == Role::Owner);
                    assert_eq!(may_change(by, Some(from), Some(to)), expected, "{by:?} makes of a {from:?} a {to:?}");
                }
                assert_eq!(may_change(by, Some(from), None), from < by || by == Role::Owner);
            }
            assert!(may_change(by, None, Some(by)));
        }
        assert!(!may_change(Role::Manager, None, Some(Role::Owner)));
        assert!(!may_change(Role::Manager, Some(Role::Manager), Some(Role::Staff)));
    }
}
