//! Sessions: somebody logged in, in one browser or program.
//!
//! A session is shown by an access token of half an hour. Its refresh token, which works once, brings the next of
//! both, until the session ends thirty days after somebody logged in. A refresh token that is shown a second time has
//! been copied: nobody can tell who of the two is the owner, so the session ends for both.
//!
//! Two tabs of one browser may show it at the same moment. So for ten seconds it brings the very same next tokens
//! again, as long as nobody has used those: a copy joins the session's one chain of tokens and begins none of its own,
//! and whoever of two holders refreshes second ends it.

use std::net::IpAddr;

use serde_json::Value;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use zeroize::Zeroizing;

use super::notices::{self, News};
use super::password::Password;
use super::refusals::{self, Reason};
use super::throttle::{self, Brake, Guard};
use super::token::{Shown, Token};
use super::{
    AccountId, ApiTokenId, Caller, OrganisationId, SessionId, api_tokens, devices, mail_tokens, parse_email,
    second_factor, store,
};
use crate::access::Role;
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::seal::{MasterKey, Sealer};

/// How long an access token lasts.
pub const ACCESS_MS: u64 = 30 * 60_000;
/// How long a session lasts, however much it is used, and its refresh tokens with it.
pub const SESSION_MS: u64 = 30 * 24 * 3_600_000;
/// How long a refresh token that was exchanged brings the same tokens once more.
pub const GRACE_MS: u64 = 10_000;
/// Where the next tokens are sealed for, under the token that they were exchanged for; the row is its hash.
const SUCCESSOR_PLACE: &str = "spent_refresh_tokens.successor";
/// When a session or an API token was last used is known to this.
pub(super) const SEEN_MS: u64 = 60_000;
/// What is kept of a program's own name for itself.
pub const USER_AGENT_CHARS_MAX: usize = 200;
/// Tries at passwords are forgotten after this time at the latest.
const TRIES_MS: u64 = 2 * 24 * 3_600_000;

/// Where a log-in comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The caller's address.
    pub address: IpAddr,
    /// What the caller's program calls itself; may be empty.
    pub user_agent: String,
}

/// The tokens of a session, shown once.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Shows the session with each request.
    pub access: Token,
    /// When it ends.
    pub access_expires_at: UnixMillis,
    /// Brings the next tokens.
    pub refresh: Token,
    /// When it ends.
    pub refresh_expires_at: UnixMillis,
}

impl Tokens {
    /// Makes tokens of a session that ends at `end`.
    fn make(now: UnixMillis, end: UnixMillis) -> Self {
        Self {
            access: Token::make(),
            access_expires_at: now.plus(ACCESS_MS).min(end),
            refresh: Token::make(),
            refresh_expires_at: end,
        }
    }

    /// Seals them so that only who holds `spent` reads them: the server keeps no more of that than its hash.
    fn seal(&self, spent: &Token) -> Vec<u8> {
        let both = Zeroizing::new([*self.access.bytes(), *self.refresh.bytes()].concat());
        Sealer::new(&MasterKey::new(*spent.bytes())).seal(SUCCESSOR_PLACE, &spent.hash(), &both)
    }

    /// Opens what was sealed when `spent` was exchanged for them, of a session that ends at `end`.
    fn open(sealed: &[u8], spent: &Token, spent_at: UnixMillis, end: UnixMillis) -> Option<Self> {
        let both = Sealer::new(&MasterKey::new(*spent.bytes())).open(SUCCESSOR_PLACE, &spent.hash(), sealed).ok()?;
        let (access, refresh) = both.split_first_chunk::<32>()?;
        let (access, refresh) = (Token::of(*access), Token::of(refresh.try_into().ok()?));
        Some(Self { access, refresh, ..Self::make(spent_at, end) })
    }
}

/// What somebody shows who wants to log in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// An e-mail address, as it was typed.
    pub email: String,
    /// The password.
    pub password: Password,
    /// A code of the second factor, or a recovery code.
    pub code: Option<String>,
    /// What the device was given when it last logged in.
    pub device: Option<Token>,
    /// Whether the tokens become a browser's cookies.
    pub is_browser: bool,
    /// Where they are.
    pub origin: Origin,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What it is known by.
    pub tokens: Tokens,
    /// What the device shows the next time.
    pub device: Token,
    /// What a browser's page proves with that it made a request itself.
    pub csrf: Option<Token>,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Too many tries were wrong.
    #[error("the next try waits for {ms} ms")]
    Wait {
        /// How long.
        ms: u64,
    },
    /// An unknown address or a wrong password: which of them is not told.
    #[error("the address or the password is wrong")]
    Wrong,
    /// The password was right, but the address was never proved.
    #[error("the address is not proved yet")]
    Unverified,
    /// The password was right, and the account has a second factor.
    #[error("the second factor is missing")]
    CodeNeeded,
    /// The password was right, and the code of the second factor was not.
    #[error("the second factor is wrong")]
    WrongCode,
    /// The database failed.
    #[error("could not begin the session")]
    Store(#[from] StoreError),
}

/// Begins a session. An unknown address and a wrong password are told alike and take alike long.
///
/// # Errors
///
/// [`LogInError`].
pub async fn log_in(app: &App, asked: LogIn) -> Result<Begun, LogInError> {
    let now = app.clock().now();
    let address = asked.origin.address;
    let mut tx = app.database().begin_write().await?;
    let held = match parse_email(&asked.email) {
        Some(email) => store::credentials(&mut tx, &email).await?,
        None => None,
    };
    let device = match (&held, asked.device) {
        (Some(held), Some(device)) if devices::is_known(&mut tx, held.account, &device, now).await? => Some(device),
        _ => None,
    };
    let guards = match &device {
        Some(device) => vec![Guard::Device(device.hash())],
        None => vec![Guard::Account(asked.email), Guard::Address(address)],
    };
    if let Brake::Wait { ms } = throttle::try_at(&mut tx, &guards, now).await? {
        return Err(LogInError::Wait { ms });
    }
    tx.commit().await?;

    let hash = held.as_ref().map(|held| held.password_hash.clone());
    let is_right = app.passwords().verify(asked.password, hash).await;
    // What is locked is told as what is not there.
    let looked_at = match held {
        Some(held) if is_right && !held.is_locked => held,
        held => {
            let mut tx = app.database().begin_write().await?;
            match held {
                Some(held) => refusals::note(&mut tx, held.account, address, Reason::Password, now).await?,
                // The answer must not take longer for an account than for none.
                None => throttle::write_again(&mut tx, &guards).await?,
            }
            tx.commit().await?;
            return Err(LogInError::Wrong);
        }
    };

    let mut tx = app.database().begin_write().await?;
    let held = store::lock_credentials(&mut tx, looked_at.account).await?;
    // It may have been changed while it was looked at.
    let held = held.filter(|held| held.password_hash == looked_at.password_hash && !held.is_locked);
    let held = held.ok_or(LogInError::Wrong)?;
    if !held.is_verified {
        return Err(LogInError::Unverified);
    }
    if second_factor::is_on(&mut tx, held.account).await? {
        let code = asked.code.filter(|code| !code.is_empty()).ok_or(LogInError::CodeNeeded)?;
        if !second_factor::accept(app, &mut tx, held.account, &code).await? {
            refusals::note(&mut tx, held.account, address, Reason::SecondFactor, now).await?;
            tx.commit().await?;
            return Err(LogInError::WrongCode);
        }
    }
    throttle::forgive(&mut tx, &guards).await?;
    clear_away(&mut tx, now).await?;
    if device.is_none() && devices::are_known(&mut tx, held.account).await? {
        tell_of_new_device(&mut tx, app, &held, address, now).await?;
    }
    let device = device.unwrap_or_else(Token::make);
    devices::remember(&mut tx, held.account, &device, now).await?;
    let (session, tokens) = (SessionId(uuid_v7(now)), Tokens::make(now, now.plus(SESSION_MS)));
    let csrf = asked.is_browser.then(Token::make);
    let csrf_hash = csrf.as_ref().map(Token::hash);
    store::sessions::insert(&mut tx, session, held.account, &tokens, csrf_hash, &asked.origin, now).await?;
    let by = By { organisation: None, account: Some(held.account), address: Some(address) };
    note(&mut tx, by, "session.begin", session, now).await?;
    tx.commit().await?;
    Ok(Begun { tokens, device, csrf })
}

/// Tells an account's holder that somebody has logged in with a device that was not seen before.
async fn tell_of_new_device(
    tx: &mut Tx,
    app: &App,
    held: &store::Credentials,
    address: IpAddr,
    now: UnixMillis,
) -> Result<(), StoreError> {
    match throttle::try_at(tx, &[Guard::NewDevices(held.account)], now).await? {
        Brake::Open => notices::post(tx, app, &held.email, &News::NewDevice(address)).await,
        // A program that forgets who it is would write letters all day.
        Brake::Wait { .. } => Ok(()),
    }
}

/// Forgets what has run out.
async fn clear_away(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    store::sessions::delete_expired(tx, now).await?;
    store::throttle::forget_before(tx, now.minus(TRIES_MS)).await?;
    mail_tokens::delete_expired(tx, now).await
}

/// How a refresh token arrives.
#[derive(Clone, Debug)]
pub enum Refresh {
    /// In a body, put there by the program that holds it.
    Program(Token),
    /// In a cookie, which browsers send along unasked; with what proves that a page of ours asked.
    Browser {
        /// The token.
        token: Token,
        /// The proof.
        csrf: Token,
    },
}

/// Why a session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It has ended, or never was, or ends now because the token was used before.
    #[error("the session has ended")]
    Ended,
    /// A browser did not prove that a page of ours asked.
    #[error("the request was not made by a page of the server's")]
    Forged,
    /// The database failed.
    #[error("could not refresh the session")]
    Store(#[from] StoreError),
}

/// Exchanges a refresh token for the session's next tokens. One that was exchanged before ends the session, unless that
/// was just now and nobody has gone on from there.
///
/// # Errors
///
/// [`RefreshError`].
pub async fn refresh(app: &App, shown: Refresh, origin: &Origin) -> Result<Tokens, RefreshError> {
    let now = app.clock().now();
    let (token, csrf) = match shown {
        Refresh::Program(token) => (token, None),
        Refresh::Browser { token, csrf } => (token, Some(csrf)),
    };
    let mut tx = app.database().begin_write().await?;
    let Some(held) = store::sessions::lock_by_refresh(&mut tx, token.hash(), now).await? else {
        return again(tx, &token, csrf.as_ref(), origin, now).await;
    };
    if csrf.is_some_and(|csrf| !is_proved(held.csrf_hash, Some(&csrf))) {
        return Err(RefreshError::Forged);
    }
    let tokens = Tokens::make(now, held.expires_at);
    let spent = (token.hash(), tokens.seal(&token));
    store::sessions::rotate(&mut tx, held.session, (spent.0, &spent.1), &tokens, origin, now).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Answers a refresh token that was exchanged before: with the same tokens if that was just now and nobody has used
/// them, else by ending the session.
async fn again(
    mut tx: Tx,
    token: &Token,
    csrf: Option<&Token>,
    origin: &Origin,
    now: UnixMillis,
) -> Result<Tokens, RefreshError> {
    let spent = store::sessions::lock_by_spent(&mut tx, token.hash(), now).await?.ok_or(RefreshError::Ended)?;
    let is_fresh = now.since(spent.at) < GRACE_MS;
    let sealed = spent.successor.filter(|_| is_fresh);
    let tokens = sealed.and_then(|sealed| Tokens::open(&sealed, token, spent.at, spent.of.expires_at));
    let Some(tokens) = tokens.filter(|tokens| tokens.refresh.is_of(&spent.refresh_hash)) else {
        end_copied(tx, &spent.of, origin, now).await?;
        return Err(RefreshError::Ended);
    };
    if csrf.is_some_and(|csrf| !is_proved(spent.of.csrf_hash, Some(csrf))) {
        return Err(RefreshError::Forged);
    }
    // Two tabs or a thief: the owner can see from where.
    let by = By { organisation: None, account: Some(spent.of.account), address: Some(origin.address) };
    note(&mut tx, by, "session.refresh_again", spent.of.session, now).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Ends a session whose refresh token was exchanged before.
async fn end_copied(
    mut tx: Tx,
    copied: &store::sessions::Refreshable,
    origin: &Origin,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::sessions::delete(&mut tx, copied.account, copied.session).await?;
    let by = By { organisation: None, account: Some(copied.account), address: Some(origin.address) };
    note(&mut tx, by, "session.revoke_copied", copied.session, now).await?;
    tx.commit().await?;
    tracing::warn!(session = %copied.session, "a refresh token was used twice: the session was ended");
    Ok(())
}

/// Whether `csrf` is the one of a browser's session. A session that has none was never a browser's.
fn is_proved(hash: Option<[u8; 32]>, csrf: Option<&Token>) -> bool {
    match (hash, csrf) {
        (Some(hash), Some(csrf)) => csrf.is_of(&hash),
        _ => false,
    }
}

/// Which organisation somebody's request is about, as far as it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// That of an event.
    Event(EventId),
    /// This one.
    Organisation(OrganisationId),
    /// It does not say.
    Nothing,
}

/// An organisation that there may be, and what somebody is in it: nothing if they do not belong to it.
pub type Standing = (OrganisationId, Option<Role>);

/// What is known of an access token.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) standing: Option<Standing>,
    pub(super) session: SessionId,
    pub(super) account: AccountId,
    pub(super) is_admin: bool,
    pub(super) csrf_hash: Option<[u8; 32]>,
    pub(super) seen_at: UnixMillis,
}

/// What somebody was known by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Means {
    /// A session.
    Session(SessionId),
    /// An API token.
    ApiToken(ApiTokenId),
}

/// Somebody who is known.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who they are.
    pub caller: Caller,
    /// What they were known by, if [`note_use`] should be told.
    pub stale: Option<Means>,
    /// What they are in the organisation that was asked about; nothing if there is no such event, or none was named.
    pub standing: Option<Standing>,
    csrf_hash: Option<[u8; 32]>,
}

impl Authenticated {
    /// Whether `csrf` proves that a page of the session's own browser made the request.
    pub fn is_proved_by(&self, csrf: Option<&Token>) -> bool {
        is_proved(self.csrf_hash, csrf)
    }
}

/// Returns who shows a token, if it lasts, and what they are where their request is about. Every request asks this:
/// of a session it is one statement.
///
/// # Errors
///
/// [`StoreError`].
pub async fn authenticate(
    app: &App,
    tx: &mut Tx,
    shown: &Shown,
    address: IpAddr,
    about: About,
) -> Result<Option<Authenticated>, StoreError> {
    let now = app.clock().now();
    let token = match shown {
        Shown::Session(token) => token,
        Shown::Program(token) => return api_tokens::authenticate(tx, token, address, about, now).await,
    };
    let known = store::sessions::by_access(tx, token.hash(), about, now).await?;
    Ok(known.map(|known| Authenticated {
        caller: Caller {
            account: known.account,
            is_admin: known.is_admin,
            session: Some(known.session),
            limits: None,
            address,
        },
        stale: (now.since(known.seen_at) >= SEEN_MS).then_some(Means::Session(known.session)),
        standing: known.standing,
        csrf_hash: known.csrf_hash,
    }))
}

impl Authenticated {
    /// Returns a program that is known by its API token.
    pub(super) fn program(caller: Caller, stale: Option<ApiTokenId>, standing: Option<Standing>) -> Self {
        Self { caller, stale: stale.map(Means::ApiToken), standing, csrf_hash: None }
    }
}

/// Notes that a session or an API token was used.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_use(app: &App, means: Means, address: IpAddr) -> Result<(), StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    match means {
        Means::Session(session) => store::sessions::set_seen(&mut tx, session, address, now).await?,
        Means::ApiToken(token) => store::api_tokens::set_used(&mut tx, token, now).await?,
    }
    tx.commit().await
}

/// A session as its holder sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// From where it was last used.
    pub address: String,
    /// What the program called itself when it last logged in or refreshed; may be empty.
    pub user_agent: String,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it was last used, to the minute.
    pub seen_at: UnixMillis,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// Returns up to `limit` of the caller's sessions, the newest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(
    app: &App,
    caller: &Caller,
    cursor: Option<SessionId>,
    limit: u32,
) -> Result<Vec<Session>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    store::sessions::of_account(&mut tx, caller.account, app.clock().now(), cursor, limit).await
}

/// Ends one of the caller's sessions; false if they have no such session.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end(app: &App, caller: &Caller, session: SessionId) -> Result<bool, StoreError> {
    let mut tx = app.database().begin_write().await?;
    if !store::sessions::delete(&mut tx, caller.account, session).await? {
        return Ok(false);
    }
    note(&mut tx, caller, "session.end", session, app.clock().now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends all of the caller's sessions, this one too.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end_all(app: &App, caller: &Caller) -> Result<(), StoreError> {
    let mut tx = app.database().begin_write().await?;
    store::sessions::delete_all(&mut tx, caller.account, None).await?;
    super::note(&mut tx, caller, "account.log_out_everywhere", caller.account, app.clock().now()).await?;
    tx.commit().await
}

async fn note(
    tx: &mut Tx,
    by: impl Into<By>,
    action: &'static str,
    session: SessionId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let subject = session.to_string();
    let change = Change { action, event: None, subject: &subject, before: Value::Null, after: Value::Null };
    audit::note(tx, by, &change, now).await
}
