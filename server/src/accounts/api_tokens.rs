//! API tokens: for programs that act for somebody in one organisation, as far as the token's scopes go.

use std::fmt;
use std::net::IpAddr;

use serde::Deserialize as _;
use serde::de::value::{Error, StrDeserializer};
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use super::notices::{self, News};
use super::sessions::{About, Authenticated, SEEN_MS};
use super::{AccountId, ApiTokenId, Caller, OrganisationId, Token, store};
use crate::access::{Area, Limits};
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::events;
use crate::organisations;

/// The longest time a token may last.
pub const LIFETIME_MS_MAX: u64 = 366 * 24 * 3_600_000;
/// The longest name of a token.
pub const NAME_CHARS_MAX: usize = 100;
/// Tokens of one account.
pub const TOKENS_MAX: u64 = 100;

/// What becomes of somebody's API tokens when their password becomes another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApiTokens {
    /// All of them end: whoever knew the password may have made some.
    End,
    /// Programs go on.
    Keep,
}

impl ApiTokens {
    /// Does so.
    pub(super) async fn settle(self, tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
        match self {
            Self::End => store::api_tokens::delete_all(tx, account).await,
            Self::Keep => Ok(()),
        }
    }
}

/// What a token opens: an area, to read or to write too. Written `events:read`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Scope {
    /// What it is about.
    pub area: Area,
    /// Whether it may be changed.
    pub is_writing: bool,
}

impl Scope {
    /// Reads a scope; nothing if there is no such scope. One's own account is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (area, verb) = text.split_once(':')?;
        let area = Area::deserialize(StrDeserializer::<Error>::new(area)).ok()?;
        let is_writing = match verb {
            "read" => false,
            "write" => true,
            _ => return None,
        };
        (area != Area::Account).then_some(Self { area, is_writing })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let area = serde_json::to_value(self.area).map_err(|_| fmt::Error)?;
        let verb = if self.is_writing { "write" } else { "read" };
        write!(f, "{}:{verb}", area.as_str().unwrap_or_default())
    }
}

/// A token as its holder sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// What it is called.
    pub name: String,
    /// The only organisation that it opens.
    pub organisation: OrganisationId,
    /// What it opens there, sorted.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends.
    pub expires_at: UnixMillis,
    /// When it was last used, to the minute.
    pub used_at: Option<UnixMillis>,
}

/// A token to make, checked.
#[derive(Clone, Debug)]
pub struct NewApiToken {
    /// What it is called.
    pub name: String,
    /// The only organisation that it opens.
    pub organisation: OrganisationId,
    /// What it opens there.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The caller does not belong to that organisation.
    #[error("the caller does not belong to the organisation")]
    Stranger,
    /// The caller has as many as there may be.
    #[error("there are {TOKENS_MAX} tokens already")]
    Full,
    /// The database failed.
    #[error("could not make the token")]
    Store(#[from] StoreError),
}

/// Makes a token for the caller, and returns it with its text, to be shown once.
///
/// # Errors
///
/// [`MakeError`].
pub async fn make(app: &App, caller: &Caller, new: NewApiToken) -> Result<(ApiToken, Token), MakeError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    // Held, so that two requests at once do not make one token too many.
    let holder = store::lock_credentials(&mut tx, caller.account).await?.ok_or(MakeError::Stranger)?;
    if organisations::role(&mut tx, caller.account, new.organisation).await?.is_none() {
        return Err(MakeError::Stranger);
    }
    store::api_tokens::delete_expired(&mut tx, caller.account, now).await?;
    if store::api_tokens::count(&mut tx, caller.account).await? >= TOKENS_MAX {
        return Err(MakeError::Full);
    }
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let token = Token::make();
    let made = ApiToken {
        id: ApiTokenId(uuid_v7(now)),
        name: new.name,
        organisation: new.organisation,
        scopes,
        created_at: now,
        expires_at: new.expires_at,
        used_at: None,
    };
    store::api_tokens::insert(&mut tx, caller.account, &made, token.hash()).await?;
    notices::post(&mut tx, app, &holder.email, &News::ApiTokenMade(made.name.clone())).await?;
    note(&mut tx, caller, "api_token.create", &made, now).await?;
    tx.commit().await?;
    Ok((made, token))
}

/// Returns up to `limit` of the caller's tokens, the newest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn list(
    app: &App,
    caller: &Caller,
    cursor: Option<ApiTokenId>,
    limit: u32,
) -> Result<Vec<ApiToken>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    store::api_tokens::of_account(&mut tx, caller.account, cursor, limit).await
}

/// Ends one of the caller's tokens; false if they have no such token.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end(app: &App, caller: &Caller, id: ApiTokenId) -> Result<bool, StoreError> {
    let mut tx = app.database().begin_write().await?;
    let Some(held) = store::api_tokens::find(&mut tx, caller.account, id).await? else { return Ok(false) };
    if !store::api_tokens::delete(&mut tx, id).await? {
        return Ok(false);
    }
    note(&mut tx, caller, "api_token.revoke", &held, app.clock().now()).await?;
    tx.commit().await?;
    Ok(true)
}

async fn note(
    tx: &mut Tx,
    caller: &Caller,
    action: &'static str,
    token: &ApiToken,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let scopes: Vec<String> = token.scopes.iter().map(Scope::to_string).collect();
    let told = json!({ "name": token.name, "scopes": scopes });
    let (before, after) = if action == "api_token.create" { (Value::Null, told) } else { (told, Value::Null) };
    let subject = token.id.to_string();
    let by = By { organisation: Some(token.organisation), ..By::from(caller) };
    audit::note(tx, by, &Change { action, event: None, subject: &subject, before, after }, now).await
}

/// Returns the program that shows a token, if it lasts.
pub(super) async fn authenticate(
    tx: &mut Tx,
    token: &Token,
    address: IpAddr,
    about: About,
    now: UnixMillis,
) -> Result<Option<Authenticated>, StoreError> {
    let Some((account, held)) = store::api_tokens::by_hash(tx, token.hash(), now).await? else { return Ok(None) };
    let areas = |is_writing| {
        let scopes = held.scopes.iter().filter(|scope| scope.is_writing == is_writing);
        scopes.map(|scope| scope.area).collect()
    };
    let limits = Limits {
        organisation: held.organisation,
        reads: areas(false),
        writes: areas(true),
        expires_at: held.expires_at,
    };
    let is_stale = held.used_at.is_none_or(|used_at| now.since(used_at) >= SEEN_MS);
    // A program never runs the whole installation.
    let caller = Caller { account, is_admin: false, session: None, limits: Some(limits), address };
    let organisation = match about {
        About::Event(event) => events::organisation_of(tx, event).await?,
        About::Organisation(organisation) => Some(organisation),
        About::Nothing => Some(held.organisation),
    };
    let standing = match organisation {
        Some(organisation) => Some((organisation, organisations::role(tx, account, organisation).await?)),
        None => None,
    };
    Ok(Some(Authenticated::program(caller, is_stale.then_some(held.id), standing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_and_ones_own_account_is_none() {
        for text in ["events:read", "check_ins:write", "organisation:read"] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "events", "events:", "events:delete", "nothing:read", "account:read", "Events:read"] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }
}
