//! Asking people by e-mail to belong to an organisation. A letter carries what lets them in, once and for a week;
//! whether its reader has an account already, nobody is told.

pub mod by_letter;
pub mod routes;
mod store;

use std::net::IpAddr;

use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use super::members::may_change;
use crate::access::Role;
use crate::accounts::{self, AccountId, Caller, OrganisationId, Organiser, Token};
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::mails::{self, Letter};

/// How long an invitation counts.
pub const INVITATION_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// The most invitations of one organisation that wait.
pub const WAITING_MAX: u64 = 1_000;

/// An invitation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invitation {
    /// Its id. UUIDv7.
    pub id: [u8; 16],
    /// To what.
    pub organisation: OrganisationId,
    /// Who is asked, in lower case.
    pub email: String,
    /// As what.
    pub role: Role,
    /// What has become of it.
    pub state: State,
    /// Who asks.
    pub invited_by: AccountId,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Until when it counts.
    pub expires_at: UnixMillis,
}

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It was neither accepted nor declined.
    Waiting = 0,
    /// Its reader belongs to the organisation.
    Accepted = 1,
    /// Its reader said no.
    Declined = 2,
    /// The organisation took it back.
    Withdrawn = 3,
}

impl State {
    fn from_u8(value: u8) -> Option<Self> {
        [Self::Waiting, Self::Accepted, Self::Declined, Self::Withdrawn].into_iter().find(|state| *state as u8 == value)
    }
}

/// Why an invitation was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// There is none, or it has ended or was used.
    #[error("there is no such invitation")]
    Unknown,
    /// The role is above the caller's.
    #[error("the role is above the caller's")]
    Above,
    /// Somebody with this address belongs to the organisation, or is asked to.
    #[error("they belong to the organisation, or are asked to")]
    Known,
    /// Too many wait.
    #[error("at most {WAITING_MAX} invitations wait")]
    TooMany,
    /// It was made for another address than the caller's, or theirs is not verified.
    #[error("it is for another address")]
    NotTheirs,
    /// The database failed.
    #[error("could not store the invitation")]
    Store(#[from] StoreError),
}

/// What its reader says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply {
    /// Yes.
    Accept,
    /// No.
    Decline,
}

/// Asks somebody to belong to the caller's organisation.
///
/// # Errors
///
/// [`InvitationError`], after which the transaction must not be committed.
pub async fn create(
    tx: &mut Tx,
    app: &App,
    by: Organiser,
    email: String,
    role: Role,
) -> Result<Invitation, InvitationError> {
    if !may_change(by.role, None, Some(role)) {
        return Err(InvitationError::Above);
    }
    let now = app.clock().now();
    super::store::lock(tx, by.organisation).await?;
    let is_asked = store::is_waiting_for(tx, by.organisation, &email).await?;
    if is_asked || super::store::has_member_with(tx, by.organisation, &email).await? {
        return Err(InvitationError::Known);
    }
    if store::count_waiting(tx, by.organisation).await? >= WAITING_MAX {
        return Err(InvitationError::TooMany);
    }
    let token = Token::make();
    let invitation = Invitation {
        id: uuid_v7(now),
        organisation: by.organisation,
        email,
        role,
        state: State::Waiting,
        invited_by: by.account,
        created_at: now,
        expires_at: now.plus(INVITATION_MS),
    };
    store::insert(tx, &invitation, token.hash()).await?;
    post(tx, app, &invitation, by.account, &token).await?;
    note(tx, by, "invitation.create", &invitation, Value::Null, json!({ "role": role }), now).await?;
    Ok(invitation)
}

/// Sends an invitation that waits once more: it counts for another week, and the letter before lets nobody in.
///
/// # Errors
///
/// [`InvitationError`].
pub async fn resend(tx: &mut Tx, app: &App, by: Organiser, id: [u8; 16]) -> Result<Invitation, InvitationError> {
    let mut invitation = waiting(tx, by, id).await?;
    let now = app.clock().now();
    let token = Token::make();
    invitation.expires_at = now.plus(INVITATION_MS);
    store::renew(tx, id, token.hash(), invitation.expires_at).await?;
    post(tx, app, &invitation, by.account, &token).await?;
    let role = json!({ "role": invitation.role });
    note(tx, by, "invitation.resend", &invitation, role.clone(), role, now).await?;
    Ok(invitation)
}

/// Takes an invitation back.
///
/// # Errors
///
/// [`InvitationError`].
pub async fn withdraw(tx: &mut Tx, by: Organiser, id: [u8; 16], now: UnixMillis) -> Result<(), InvitationError> {
    let invitation = waiting(tx, by, id).await?;
    store::set_state(tx, id, State::Withdrawn).await?;
    note(tx, by, "invitation.withdraw", &invitation, json!({ "role": invitation.role }), Value::Null, now).await?;
    Ok(())
}

/// Returns an invitation of the caller's organisation that waits, locked, if its role is not above theirs.
async fn waiting(tx: &mut Tx, by: Organiser, id: [u8; 16]) -> Result<Invitation, InvitationError> {
    let held = store::lock(tx, id).await?;
    let is_waiting = |held: &Invitation| held.organisation == by.organisation && held.state == State::Waiting;
    let invitation = held.filter(is_waiting).ok_or(InvitationError::Unknown)?;
    if !may_change(by.role, None, Some(invitation.role)) {
        return Err(InvitationError::Above);
    }
    Ok(invitation)
}

/// Takes the answer of whoever holds the letter, and returns what they were asked.
///
/// # Errors
///
/// [`InvitationError`], after which nothing has changed.
pub async fn reply(
    tx: &mut Tx,
    caller: &Caller,
    token: &Token,
    reply: Reply,
    now: UnixMillis,
) -> Result<Invitation, InvitationError> {
    let invitation = lock_shown(tx, token, now).await?;
    let person = accounts::person(tx, caller.account).await?;
    if !person.is_some_and(|person| person.is_verified && person.email == invitation.email) {
        return Err(InvitationError::NotTheirs);
    }
    match reply {
        Reply::Accept => accept(tx, &invitation, caller.account, caller.address, now).await?,
        Reply::Decline => decline(tx, &invitation, Some(caller.account), caller.address, now).await?,
    }
    Ok(invitation)
}

/// Returns the invitation that a token lets in by while it waits, locked.
async fn lock_shown(tx: &mut Tx, token: &Token, now: UnixMillis) -> Result<Invitation, InvitationError> {
    let held = store::lock_by_token(tx, token.hash()).await?;
    let counts = |held: &Invitation| held.state == State::Waiting && now < held.expires_at;
    held.filter(counts).ok_or(InvitationError::Unknown)
}

/// Lets somebody join who has proved that they are asked.
async fn accept(
    tx: &mut Tx,
    invitation: &Invitation,
    account: AccountId,
    address: IpAddr,
    now: UnixMillis,
) -> Result<(), InvitationError> {
    super::store::lock(tx, invitation.organisation).await?;
    // Their address may have changed since they were asked.
    if super::role(tx, account, invitation.organisation).await?.is_some() {
        return Err(InvitationError::Known);
    }
    store::set_state(tx, invitation.id, State::Accepted).await?;
    super::join(tx, invitation.organisation, account, invitation.role, now).await?;
    let by = By { organisation: Some(invitation.organisation), account: Some(account), address: Some(address) };
    note(tx, by, "invitation.accept", invitation, Value::Null, json!({ "role": invitation.role }), now).await?;
    Ok(())
}

async fn decline(
    tx: &mut Tx,
    invitation: &Invitation,
    account: Option<AccountId>,
    address: IpAddr,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store::set_state(tx, invitation.id, State::Declined).await?;
    let by = By { organisation: Some(invitation.organisation), account, address: Some(address) };
    note(tx, by, "invitation.decline", invitation, json!({ "role": invitation.role }), Value::Null, now).await
}

async fn post(
    tx: &mut Tx,
    app: &App,
    invitation: &Invitation,
    inviter: AccountId,
    token: &Token,
) -> Result<(), StoreError> {
    let organisation = super::find(tx, invitation.organisation).await?.ok_or(StoreError::Corrupt("organisation_id"))?;
    let inviter = accounts::person(tx, inviter).await?.ok_or(StoreError::Corrupt("account_id"))?;
    let letter = Letter::Invite {
        organisation: organisation.settings.name,
        inviter: inviter.called().to_owned(),
        role: invitation.role.name().to_owned(),
        token: token.reveal(),
    };
    mails::post(tx, app, Some(organisation.id), &invitation.email, &letter).await
}

/// Records what happened: never to whom, which is no business of the record.
async fn note(
    tx: &mut Tx,
    by: impl Into<By>,
    action: &'static str,
    invitation: &Invitation,
    before: Value,
    after: Value,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let change = Change { action, event: None, subject: &hex::encode(invitation.id), before, after };
    audit::note(tx, by, &change, now).await
}
/// Forgets the address of invitations, of one organisation if one is named; those that wait are taken back.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(tx: &mut Tx, organisation: Option<OrganisationId>, email: &str) -> Result<(), StoreError> {
    store::erase(tx, organisation, email).await
}
