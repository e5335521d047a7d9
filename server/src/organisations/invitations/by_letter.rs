//! Answering an invitation with nothing but its letter: whoever reads it reads the mail of the address that is asked, so
//! they join with the account of that address, or make one.

use std::net::IpAddr;

use super::{Invitation, InvitationError, State, accept, decline, lock_shown, store};
use crate::accounts::letters::{Holder, holder};
use crate::accounts::password::NewPassword;
use crate::accounts::{self, Token, sign_up};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::language::Language;

/// What the reader of a letter is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The invitation.
    pub invitation: Invitation,
    /// The organisation's name.
    pub organisation: String,
    /// Who asks, as they are called.
    pub inviter: String,
    /// Who has the address.
    pub holder: Holder,
    /// What they want to read.
    pub language: Option<Language>,
}

/// Returns what the reader of a letter is asked, while it counts.
///
/// # Errors
///
/// [`StoreError`].
pub async fn asked(tx: &mut Tx, app: &App, token: &Token) -> Result<Option<Asked>, StoreError> {
    let held = store::find_by_token(tx, token.hash()).await?;
    let counts = |held: &Invitation| held.state == State::Waiting && app.clock().now() < held.expires_at;
    let Some(invitation) = held.filter(counts) else { return Ok(None) };
    let organisation = super::super::find(tx, invitation.organisation).await?;
    let organisation = organisation.ok_or(StoreError::Corrupt("organisation_id"))?.settings.name;
    let inviter = accounts::person(tx, invitation.invited_by).await?;
    let inviter = inviter.map(|person| person.called().to_owned()).unwrap_or_default();
    let holder = holder(tx, &invitation.email).await?;
    let language = accounts::language_of(tx, &invitation.email).await?;
    Ok(Some(Asked { invitation, organisation, inviter, holder, language }))
}

/// What an account is made of.
pub struct NewHolder {
    /// The name.
    pub name: String,
    /// The password.
    pub password: NewPassword,
}

/// Lets the reader of a letter join; `new` is needed where nobody has the address.
///
/// # Errors
///
/// [`InvitationError`]; [`InvitationError::NotTheirs`] if the address is nobody's and `new` is missing, or its account is
/// locked.
pub async fn join(
    app: &App,
    token: &Token,
    new: Option<NewHolder>,
    address: IpAddr,
) -> Result<Invitation, InvitationError> {
    let new = match new {
        Some(NewHolder { name, password }) => Some((name, app.passwords().hash(password).await)),
        None => None,
    };
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let invitation = lock_shown(&mut tx, token, now).await?;
    let account = match (holder(&mut tx, &invitation.email).await?, new) {
        (Holder::Account(account), _) => Some(account),
        (Holder::Nobody, Some((name, hash))) => {
            sign_up::proved(&mut tx, &invitation.email, &name, &hash, address, now).await?
        }
        (Holder::Nobody, None) | (Holder::Locked, _) => None,
    };
    accept(&mut tx, &invitation, account.ok_or(InvitationError::NotTheirs)?, address, now).await?;
    tx.commit().await?;
    Ok(invitation)
}

/// Takes the no of the reader of a letter.
///
/// # Errors
///
/// [`InvitationError::Unknown`] or [`InvitationError::Store`].
pub async fn refuse(app: &App, token: &Token, address: IpAddr) -> Result<(), InvitationError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let invitation = lock_shown(&mut tx, token, now).await?;
    decline(&mut tx, &invitation, None, address, now).await?;
    Ok(tx.commit().await?)
}
