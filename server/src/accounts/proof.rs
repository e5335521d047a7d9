//! Proving again that one is the account's holder: before what a stranger at an open screen must not do.

use super::password::Password;
use super::throttle::{self, Brake, Guard};
use super::{Caller, second_factor, store};
use crate::app::App;
use crate::db::{StoreError, Tx};

/// Why somebody did not prove that they are the account's holder.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Too many tries were wrong.
    #[error("the next try waits for {ms} ms")]
    Wait {
        /// How long.
        ms: u64,
    },
    /// Not the account's password.
    #[error("the password is wrong")]
    WrongPassword,
    /// Not a code of the second factor, nor a recovery code.
    #[error("the second factor is wrong")]
    WrongCode,
    /// The database failed.
    #[error("could not check the password")]
    Store(#[from] StoreError),
}

/// Somebody proved to be the account's holder: true until the transaction ends.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) tx: Tx,
    pub(super) held: store::Credentials,
}

/// Checks the caller's password.
pub(super) async fn by_password(app: &App, caller: &Caller, password: Password) -> Result<Proved, ProofError> {
    let guards = [Guard::Again(caller.account)];
    let mut tx = app.database().begin_write().await?;
    if let Brake::Wait { ms } = throttle::try_at(&mut tx, &guards, app.clock().now()).await? {
        return Err(ProofError::Wait { ms });
    }
    let looked_at = store::credentials_of(&mut tx, caller.account).await?.ok_or(ProofError::WrongPassword)?;
    tx.commit().await?;
    if !app.passwords().verify(password, Some(looked_at.password_hash.clone())).await {
        return Err(ProofError::WrongPassword);
    }
    let mut tx = app.database().begin_write().await?;
    let held = store::lock_credentials(&mut tx, caller.account).await?;
    // It may have been changed while it was looked at.
    let held = held.filter(|held| held.password_hash == looked_at.password_hash).ok_or(ProofError::WrongPassword)?;
    throttle::forgive(&mut tx, &guards).await?;
    Ok(Proved { tx, held })
}

/// Checks the caller's password and a code of their second factor.
pub(super) async fn by_both(app: &App, caller: &Caller, password: Password, code: &str) -> Result<Proved, ProofError> {
    let mut proved = by_password(app, caller, password).await?;
    if second_factor::accept(app, &mut proved.tx, caller.account, code).await? {
        Ok(proved)
    } else {
        Err(ProofError::WrongCode)
    }
}
