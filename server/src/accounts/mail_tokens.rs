//! Tokens sent by mail: whoever shows one reads that address. Each works once.

use sync_protocol::time::UnixMillis;

use super::{AccountId, Token, store};
use crate::db::{StoreError, Tx};

/// What a token is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// Finishes signing up.
    SignUp = 1,
    /// Lets its holder choose another password.
    Reset = 2,
    /// Moves the account to another address.
    Move = 3,
}

impl Purpose {
    /// How long such a token lasts.
    const fn ms(self) -> u64 {
        match self {
            Self::SignUp | Self::Move => 24 * 3_600_000,
            Self::Reset => 3_600_000,
        }
    }

    pub(super) fn from_u8(value: u8) -> Option<Self> {
        [Self::SignUp, Self::Reset, Self::Move].into_iter().find(|purpose| *purpose as u8 == value)
    }
}

/// What a token stands for.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) account: AccountId,
    pub(super) purpose: Purpose,
    /// The address that it is sent to.
    pub(super) email: String,
    /// Signing up: the name and the password's hash of the form that asked for this letter. Somebody else may send
    /// the same form with another password; each letter puts its own in force.
    pub(super) form: Option<(String, String)>,
}

/// Makes the token of a letter.
pub(super) async fn make(tx: &mut Tx, letter: &Letter, now: UnixMillis) -> Result<Token, StoreError> {
    let token = Token::make();
    store::mail_tokens::insert(tx, token.hash(), letter, now.plus(letter.purpose.ms())).await?;
    Ok(token)
}

/// Returns what a token stands for, without using it.
pub(super) async fn find(tx: &mut Tx, token: &Token, now: UnixMillis) -> Result<Option<Letter>, StoreError> {
    store::mail_tokens::find(tx, token.hash(), now).await
}

/// Uses a token: nothing if it has ended, was used, or never was.
pub(super) async fn take(tx: &mut Tx, token: &Token, now: UnixMillis) -> Result<Option<Letter>, StoreError> {
    let Some(letter) = find(tx, token, now).await? else { return Ok(None) };
    let is_first = store::mail_tokens::delete(tx, token.hash()).await?;
    Ok(Some(letter).filter(|_| is_first))
}

/// Makes all of an account's tokens void.
pub(super) async fn void_all(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    store::mail_tokens::delete_all(tx, account).await
}

/// Forgets the tokens that have expired.
pub(super) async fn delete_expired(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    store::mail_tokens::delete_expired(tx, now).await
}
