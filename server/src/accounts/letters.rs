//! What the links in letters about accounts are about, told without using them; and who holds an address.

use sync_protocol::time::UnixMillis;

use super::mail_tokens::{self, Purpose};
use super::{AccountId, Token, store};
use crate::db::{StoreError, Tx};
use crate::language::Language;

/// What a link is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Linked {
    /// The address.
    pub email: String,
    /// What its holder wants to read.
    pub language: Option<Language>,
}

/// Returns the address that a token proves.
///
/// # Errors
///
/// [`StoreError`].
pub async fn to_verify(tx: &mut Tx, token: &Token, now: UnixMillis) -> Result<Option<Linked>, StoreError> {
    linked(tx, token, now, |purpose| matches!(purpose, Purpose::SignUp | Purpose::Move)).await
}

/// Returns the address of the account whose password a token lets its holder choose.
///
/// # Errors
///
/// [`StoreError`].
pub async fn to_reset(tx: &mut Tx, token: &Token, now: UnixMillis) -> Result<Option<Linked>, StoreError> {
    linked(tx, token, now, |purpose| matches!(purpose, Purpose::Reset)).await
}

async fn linked(
    tx: &mut Tx,
    token: &Token,
    now: UnixMillis,
    is_it: impl Fn(Purpose) -> bool,
) -> Result<Option<Linked>, StoreError> {
    let letter = mail_tokens::find(tx, token, now).await?.filter(|letter| is_it(letter.purpose));
    let Some(letter) = letter else { return Ok(None) };
    let account = store::account(tx, letter.account).await?;
    Ok(account.map(|account| Linked { email: letter.email, language: account.language }))
}

/// Who has an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holder {
    /// Nobody, or somebody who never proved to read its mail.
    Nobody,
    /// An account.
    Account(AccountId),
    /// An account that is locked.
    Locked,
}

/// Returns who has an address.
///
/// # Errors
///
/// [`StoreError`].
pub async fn holder(tx: &mut Tx, email: &str) -> Result<Holder, StoreError> {
    Ok(match store::credentials(tx, email).await? {
        Some(held) if held.is_locked => Holder::Locked,
        Some(held) if held.is_verified => Holder::Account(held.account),
        _ => Holder::Nobody,
    })
}
