//! Signing up, and proving to read the mail of an address.
//!
//! Whoever asks learns nothing about who has an account: the answer is the same and only the letters differ.

use std::net::IpAddr;

use sync_protocol::time::UnixMillis;

use super::mail_tokens::{self, Purpose};
use super::notices::{self, News};
use super::password::{NewPassword, Password};
use super::throttle::{self, Brake, Guard};
use super::{Account, AccountId, Token, note, parse_email, store};
use crate::app::App;
use crate::audit::By;
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::mails::{self, Letter};

/// Why nothing was done for somebody who is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Too much was asked from their network address.
    #[error("the next request waits for {ms} ms")]
    Wait {
        /// How long.
        ms: u64,
    },
    /// The database failed.
    #[error("could not do what was asked")]
    Store(#[from] StoreError),
}

/// Counts a stranger's request against the address that it comes from, and the letter that it may bring about against
/// the address that it would go to. Nothing costly is done before.
///
/// That too much is asked from one place is told. That too many letters were asked for is not: the brake that is
/// returned is to be kept in silence.
pub(super) async fn count(tx: &mut Tx, email: &str, address: IpAddr, now: UnixMillis) -> Result<Brake, AskError> {
    if let Brake::Wait { ms } = throttle::try_at(tx, &[Guard::Address(address)], now).await? {
        return Err(AskError::Wait { ms });
    }
    Ok(throttle::try_at(tx, &[Guard::Letters(email.to_owned())], now).await?)
}

/// Makes an account that works once its holder has proved to read the mail of `email`, which is as
/// [`parse_email`] returns it. Where there is such an account, its holder is told.
///
/// # Errors
///
/// [`AskError`].
pub async fn sign_up(
    app: &App,
    email: &str,
    name: &str,
    password: NewPassword,
    address: IpAddr,
) -> Result<(), AskError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let brake = count(&mut tx, email, address, now).await?;
    tx.commit().await?;
    // Also where it is not needed: the answer must not take longer for a new address than for a known one.
    let hash = app.passwords().hash(password).await;
    if let Brake::Wait { .. } = brake {
        return Ok(());
    }
    let mut tx = app.database().begin_write().await?;
    let account = match store::credentials(&mut tx, email).await? {
        Some(held) if held.is_verified => {
            notices::post(&mut tx, app, email, &News::AskedAgain).await?;
            return Ok(tx.commit().await?);
        }
        Some(held) => {
            store::set_sign_up(&mut tx, held.account, name, &hash).await?;
            held.account
        }
        None => {
            let account = unknown_yet(email, name, now);
            if !store::insert_account(&mut tx, &account, &hash, None, now).await? {
                // Somebody was faster by a moment, and is sent the letter.
                return Ok(());
            }
            account.id
        }
    };
    send(&mut tx, app, account, email, (name.to_owned(), hash), now).await?;
    note(&mut tx, By { address: Some(address), ..By::default() }, "account.sign_up", account, now).await?;
    Ok(tx.commit().await?)
}

/// Makes an account for somebody who has just proved to read the mail of `email`, or finishes one that waits for that
/// proof. Nothing if somebody else was faster.
///
/// # Errors
///
/// [`StoreError`].
pub async fn proved(
    tx: &mut Tx,
    email: &str,
    name: &str,
    hash: &str,
    address: IpAddr,
    now: UnixMillis,
) -> Result<Option<AccountId>, StoreError> {
    let account = match store::credentials(tx, email).await? {
        Some(held) if held.is_verified || held.is_locked => return Ok(None),
        Some(held) => {
            store::set_sign_up(tx, held.account, name, hash).await?;
            store::set_verified(tx, held.account, now).await?;
            mail_tokens::void_all(tx, held.account).await?;
            held.account
        }
        None => {
            let account = unknown_yet(email, name, now);
            if !store::insert_account(tx, &account, hash, Some(now), now).await? {
                return Ok(None);
            }
            account.id
        }
    };
    note(tx, By { address: Some(address), ..By::default() }, "account.sign_up", account, now).await?;
    Ok(Some(account))
}

fn unknown_yet(email: &str, name: &str, now: UnixMillis) -> Account {
    Account {
        id: AccountId(uuid_v7(now)),
        email: email.to_owned(),
        name: name.to_owned(),
        is_admin: false,
        language: None,
        version: 1,
        memberships: Vec::new(),
    }
}

/// Sends the letter again that finishes signing up, to whoever knows the password that they chose then.
///
/// # Errors
///
/// [`AskError`].
pub async fn send_again(app: &App, email: &str, password: Password, address: IpAddr) -> Result<(), AskError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let brake = count(&mut tx, email, address, now).await?;
    let held = match parse_email(email) {
        Some(email) => store::credentials(&mut tx, &email).await?,
        None => None,
    };
    tx.commit().await?;
    let hash = held.as_ref().map(|held| held.password_hash.clone());
    let is_right = app.passwords().verify(password, hash).await;
    let is_wanted = is_right && matches!(brake, Brake::Open);
    let Some(held) = held.filter(|held| is_wanted && !held.is_verified) else { return Ok(()) };
    let mut tx = app.database().begin_write().await?;
    send(&mut tx, app, held.account, &held.email, (held.name, held.password_hash), now).await?;
    Ok(tx.commit().await?)
}

async fn send(
    tx: &mut Tx,
    app: &App,
    account: AccountId,
    email: &str,
    form: (String, String),
    now: UnixMillis,
) -> Result<(), StoreError> {
    let name = form.0.clone();
    let letter = mail_tokens::Letter { account, purpose: Purpose::SignUp, email: email.to_owned(), form: Some(form) };
    let token = mail_tokens::make(tx, &letter, now).await?;
    mails::post(tx, app, None, email, &Letter::Verify { name, token: token.reveal() }).await
}

/// Asks to move somebody's account to another address. Its mail must be read first, so nothing changes yet.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn ask_to_move(
    tx: &mut Tx,
    app: &App,
    held: &store::Credentials,
    email: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    if let Brake::Wait { .. } = throttle::try_at(tx, &[Guard::Letters(email.to_owned())], now).await? {
        return Ok(());
    }
    if store::credentials(tx, email).await?.is_some_and(|other| other.is_verified) {
        return notices::post(tx, app, email, &News::AskedAgain).await;
    }
    let letter =
        mail_tokens::Letter { account: held.account, purpose: Purpose::Move, email: email.to_owned(), form: None };
    let token = mail_tokens::make(tx, &letter, now).await?;
    mails::post(tx, app, None, email, &Letter::Verify { name: held.name.clone(), token: token.reveal() }).await
}

/// Takes the proof that somebody reads the mail of an address: finishes signing up, or moves their account there.
/// False if the token has ended, was used, or never was.
///
/// # Errors
///
/// [`StoreError`].
pub async fn verify(app: &App, token: &Token, address: IpAddr) -> Result<bool, StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let Some(letter) = mail_tokens::take(&mut tx, token, now).await? else { return Ok(false) };
    let Some(held) = store::lock_credentials(&mut tx, letter.account).await? else { return Ok(false) };
    let by = By { organisation: None, account: Some(held.account), address: Some(address) };
    match (letter.purpose, letter.form) {
        (Purpose::SignUp, Some((name, hash))) if !held.is_verified => {
            store::set_sign_up(&mut tx, held.account, &name, &hash).await?;
            store::set_verified(&mut tx, held.account, now).await?;
            note(&mut tx, by, "account.verify", held.account, now).await?;
        }
        (Purpose::Move, _) => {
            if !make_room(&mut tx, &letter.email).await? {
                return Ok(false);
            }
            // To the address before, while it is still known what its holder reads.
            notices::post(&mut tx, app, &held.email, &News::Moved).await?;
            store::set_email(&mut tx, held.account, &letter.email).await?;
            note(&mut tx, by, "account.move", held.account, now).await?;
        }
        _ => return Ok(false),
    }
    mail_tokens::void_all(&mut tx, held.account).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether an address is free to move to. Who signed up with it and never proved to read its mail gives way.
async fn make_room(tx: &mut Tx, email: &str) -> Result<bool, StoreError> {
    let Some(other) = store::credentials(tx, email).await? else { return Ok(true) };
    if other.is_verified {
        return Ok(false);
    }
    mail_tokens::void_all(tx, other.account).await?;
    store::delete_unverified(tx, other.account).await?;
    Ok(true)
}
