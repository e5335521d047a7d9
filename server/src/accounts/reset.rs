//! Choosing another password when the old one is lost: by mail, or by whoever runs the server.

use std::net::IpAddr;

use sync_protocol::time::UnixMillis;

use super::api_tokens::ApiTokens;
use super::mail_tokens::{self, Purpose};
use super::notices::{self, News};
use super::password::{NewPassword, Password, PasswordError};
use super::sign_up::{self, AskError};
use super::throttle::{self, Brake, Guard};
use super::{Token, devices, note, parse_email, second_factor, store};
use crate::app::App;
use crate::audit::By;
use crate::db::{StoreError, Tx};
use crate::mails::{self, Letter};

/// Why no other password was set.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The token has ended, was used, or never was; or there is no such account.
    #[error("this is not a token that can be used")]
    Unknown,
    /// The password will not do.
    #[error("the password will not do")]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error("could not set the password")]
    Store(#[from] StoreError),
}

/// Sends a letter to the holder of an account that lets them choose another password. Nothing tells whether there
/// is such an account.
///
/// # Errors
///
/// [`AskError`].
pub async fn ask(app: &App, email: &str, address: IpAddr) -> Result<(), AskError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let brake = sign_up::count(&mut tx, email, address, now).await?;
    if let (Brake::Open, Some(held)) = (brake, store::credentials(&mut tx, email).await?.filter(|held| !held.is_locked))
    {
        let letter =
            mail_tokens::Letter { account: held.account, purpose: Purpose::Reset, email: email.to_owned(), form: None };
        let token = mail_tokens::make(&mut tx, &letter, now).await?;
        let letter = Letter::Reset { name: held.name, token: token.reveal() };
        mails::post(&mut tx, app, None, email, &letter).await?;
    }
    Ok(tx.commit().await?)
}

/// Sets the password of whoever shows the token of such a letter, and ends all their sessions, and their API tokens as
/// they wish. Returns what makes
/// their device a known one: guessing strangers do not keep it out.
///
/// # Errors
///
/// [`ResetError`].
pub async fn finish(
    app: &App,
    token: &Token,
    password: &Password,
    api_tokens: ApiTokens,
    address: IpAddr,
) -> Result<Token, ResetError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_read().await?;
    let letter = mail_tokens::find(&mut tx, token, now).await?.filter(|letter| letter.purpose == Purpose::Reset);
    let held = match letter {
        Some(letter) => store::account(&mut tx, letter.account).await?,
        None => None,
    };
    drop(tx);
    let held = held.ok_or(ResetError::Unknown)?;
    let hash = app.passwords().hash(NewPassword::new(password, &held.email, &held.name)?).await;

    let mut tx = app.database().begin_write().await?;
    let held = store::lock_credentials(&mut tx, held.id).await?.ok_or(ResetError::Unknown)?;
    mail_tokens::take(&mut tx, token, now).await?.ok_or(ResetError::Unknown)?;
    set(&mut tx, &held, &hash, api_tokens, now).await?;
    let device = Token::make();
    devices::remember(&mut tx, held.account, &device, now).await?;
    notices::post(&mut tx, app, &held.email, &News::PasswordChanged(api_tokens)).await?;
    let by = By { organisation: None, account: Some(held.account), address: Some(address) };
    note(&mut tx, by, "account.reset_password", held.account, now).await?;
    tx.commit().await?;
    Ok(device)
}

/// What becomes of the second factor when whoever runs the server sets a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecondFactor {
    /// It is still asked for.
    Keep,
    /// It is turned off: its app and its recovery codes are lost.
    TurnOff,
}

/// Sets the password of the account of `email`, and ends all its sessions and API tokens. Whoever may do this holds the server's
/// own files.
///
/// # Errors
///
/// [`ResetError`].
pub async fn by_operator(
    app: &App,
    email: &str,
    password: &Password,
    second_factor: SecondFactor,
) -> Result<(), ResetError> {
    let email = parse_email(email).ok_or(ResetError::Unknown)?;
    let mut tx = app.database().begin_read().await?;
    let held = store::credentials(&mut tx, &email).await?.ok_or(ResetError::Unknown)?;
    drop(tx);
    let hash = app.passwords().hash(NewPassword::new(password, &held.email, &held.name)?).await;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    set(&mut tx, &held, &hash, ApiTokens::End, now).await?;
    notices::post(&mut tx, app, &held.email, &News::PasswordChanged(ApiTokens::End)).await?;
    if second_factor == SecondFactor::TurnOff && second_factor::is_on(&mut tx, held.account).await? {
        second_factor::remove(&mut tx, held.account).await?;
        notices::post(&mut tx, app, &held.email, &News::SecondFactorOff).await?;
    }
    note(&mut tx, By::default(), "account.reset_password", held.account, now).await?;
    Ok(tx.commit().await?)
}

async fn set(
    tx: &mut Tx,
    held: &store::Credentials,
    hash: &str,
    api_tokens: ApiTokens,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::set_password(tx, held.account, hash).await?;
    api_tokens.settle(tx, held.account).await?;
    store::set_verified(tx, held.account, now).await?;
    store::sessions::delete_all(tx, held.account, None).await?;
    mail_tokens::void_all(tx, held.account).await?;
    devices::forget_all(tx, held.account).await?;
    throttle::forgive(tx, &[Guard::Account(held.email.clone()), Guard::Again(held.account)]).await
}
