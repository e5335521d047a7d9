//! What somebody changes about their own account: name, address, password.

use sync_protocol::time::UnixMillis;

use super::api_tokens::ApiTokens;
use super::notices::{self, News};
use super::password::{NewPassword, Password, PasswordError};
use super::proof::{self, ProofError, Proved};
use super::{Account, Caller, note, sign_up, store};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::language::Language;

/// Returns the caller's account.
///
/// # Errors
///
/// [`StoreError`].
pub async fn show(app: &App, caller: &Caller) -> Result<Option<Account>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    store::account(&mut tx, caller.account).await
}

/// Returns the caller's account, which stays as it is until the transaction ends.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock(tx: &mut Tx, caller: &Caller) -> Result<Option<Account>, StoreError> {
    store::lock_credentials(tx, caller.account).await?;
    store::account(tx, caller.account).await
}

/// What somebody changes about their account without further proof; nothing stays as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    /// The name.
    pub name: Option<String>,
    /// What letters to them are written in; the inner nothing is what is right for the event or the installation.
    pub language: Option<Option<Language>>,
}

/// Changes the account of the caller, which is locked, and returns it as it is then.
///
/// # Errors
///
/// [`StoreError`].
pub async fn change(
    tx: &mut Tx,
    caller: &Caller,
    mut account: Account,
    profile: Profile,
    now: UnixMillis,
) -> Result<Account, StoreError> {
    if let Some(name) = profile.name {
        store::set_name(tx, caller.account, &name).await?;
        note(tx, caller, "account.rename", caller.account, now).await?;
        (account.name, account.version) = (name, account.version + 1);
    }
    if let Some(language) = profile.language {
        store::set_language(tx, caller.account, language).await?;
        note(tx, caller, "account.set_language", caller.account, now).await?;
        (account.language, account.version) = (language, account.version + 1);
    }
    Ok(account)
}

/// Asks to move the caller's account to another address, which happens once they have proved to read its mail.
///
/// # Errors
///
/// [`ProofError`].
pub async fn ask_to_move(app: &App, caller: &Caller, email: &str, password: Password) -> Result<(), ProofError> {
    let Proved { mut tx, held } = proof::by_password(app, caller, password).await?;
    let now = app.clock().now();
    if held.email != email {
        sign_up::ask_to_move(&mut tx, app, &held, email, now).await?;
        note(&mut tx, caller, "account.ask_to_move", caller.account, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The caller did not prove that the account is theirs.
    #[error("the caller is not the account's holder")]
    Proof(#[from] ProofError),
    /// The new password will not do.
    #[error("the new password will not do")]
    Password(#[from] PasswordError),
}

impl From<StoreError> for ChangePasswordError {
    fn from(error: StoreError) -> Self {
        Self::Proof(ProofError::Store(error))
    }
}

/// Sets another password for the caller, and ends their other sessions, and their API tokens as they wish.
///
/// # Errors
///
/// [`ChangePasswordError`].
pub async fn change_password(
    app: &App,
    caller: &Caller,
    old: Password,
    new: &Password,
    api_tokens: ApiTokens,
) -> Result<(), ChangePasswordError> {
    let account = show(app, caller).await?;
    let (email, name) = account.map(|account| (account.email, account.name)).unwrap_or_default();
    let hash = app.passwords().hash(NewPassword::new(new, &email, &name)?).await;
    let Proved { mut tx, held } = proof::by_password(app, caller, old).await?;
    store::set_password(&mut tx, caller.account, &hash).await?;
    store::sessions::delete_all(&mut tx, caller.account, caller.session).await?;
    api_tokens.settle(&mut tx, caller.account).await?;
    super::mail_tokens::void_all(&mut tx, caller.account).await?;
    notices::post(&mut tx, app, &held.email, &News::PasswordChanged(api_tokens)).await?;
    note(&mut tx, caller, "account.change_password", caller.account, app.clock().now()).await?;
    Ok(tx.commit().await?)
}
