//! Erasing one's own account: nothing of its holder stays but a number, by which the record of changes tells what was
//! done by the same person.

use sync_protocol::time::UnixMillis;

use super::password::Password;
use super::proof::{self, ProofError, Proved};
use super::{AccountId, Caller, note, store};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::registrations::person::ERASED_NAME;

/// That the caller proved to be the account's holder, and who that is.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Their account.
    pub account: AccountId,
    /// What they log in with.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    password_hash: String,
}

/// Lets the caller prove that the account is theirs, before it is erased.
///
/// # Errors
///
/// [`ProofError`].
pub async fn prove(app: &App, caller: &Caller, password: Password) -> Result<Holder, ProofError> {
    let Proved { tx, held } = proof::by_password(app, caller, password).await?;
    tx.commit().await?;
    let store::Credentials { account, email, name, password_hash, .. } = held;
    Ok(Holder { account, email, name, password_hash })
}

/// Locks the account until the transaction ends; false if it is not what was proved any more.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock(tx: &mut Tx, holder: &Holder) -> Result<bool, StoreError> {
    let held = store::lock_credentials(tx, holder.account).await?;
    Ok(held.is_some_and(|held| held.password_hash == holder.password_hash && held.email == holder.email))
}

/// Erases a locked account: its sessions, tokens and second factor go, its name and address as well, and nobody logs
/// in to it any more.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(tx: &mut Tx, caller: &Caller, holder: &Holder, now: UnixMillis) -> Result<(), StoreError> {
    store::sessions::delete_all(tx, holder.account, None).await?;
    store::devices::delete_all(tx, holder.account).await?;
    store::api_tokens::delete_all(tx, holder.account).await?;
    store::second_factor::delete(tx, holder.account).await?;
    store::second_factor::delete_recovery_codes(tx, holder.account).await?;
    store::mail_tokens::delete_all(tx, holder.account).await?;
    store::mail_tokens::delete_to(tx, &holder.email).await?;
    // Nothing that can be typed as an address, so nobody signs up with it or is written to.
    let email = format!("erased:{}", holder.account);
    store::erase(tx, holder.account, &email, ERASED_NAME, now).await?;
    note(tx, caller, "account.erase", holder.account, now).await
}
