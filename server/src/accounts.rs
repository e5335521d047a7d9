//! The people who may log in, and their sessions.

pub mod admin;
pub mod password;
pub mod routes;
pub mod store;
pub mod throttle;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use sync_protocol::time::UnixMillis;

use self::password::{Password, PasswordError};
use crate::access::{Limits, Role};
use crate::app::App;
use crate::clock::{random_bytes, uuid_v7};
use crate::db::{StoreError, Tx};
use crate::organisations::{self, Membership};

/// How long a session lasts.
pub const SESSION_MS: u64 = 12 * 60 * 60 * 1000;
/// Names of people and organisations.
pub const NAME_BYTES_MAX: usize = 200;
/// The longest e-mail address there can be.
pub const EMAIL_BYTES_MAX: usize = 254;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, PartialEq)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id!(
    /// An organisation. UUIDv7.
    OrganisationId
);
id!(
    /// An organiser's account. UUIDv7.
    AccountId
);

impl FromStr for OrganisationId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl FromStr for AccountId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Somebody who is logged in, or the program that holds their API token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Their account.
    pub account: AccountId,
    /// Whether they run the whole installation.
    pub is_admin: bool,
    /// What their API token opens; nothing for a person.
    pub limits: Option<Limits>,
    /// Where they call from.
    pub address: IpAddr,
}

/// Somebody who is logged in, acting for an organisation that they belong to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Organiser {
    /// Their account.
    pub account: AccountId,
    /// The organisation: the only one whose things they see.
    pub organisation: OrganisationId,
    /// What they are in it.
    pub role: Role,
    /// Where they call from.
    pub address: IpAddr,
}

/// An account as its owner sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What its owner logs in with, in lower case.
    pub email: String,
    /// The owner's name; may be empty.
    pub name: String,
    /// Whether they run the whole installation.
    pub is_admin: bool,
    /// The organisations it belongs to, by name.
    pub memberships: Vec<Membership>,
}

/// Somebody, as others may need to know them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// What they log in with, in lower case.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    /// Whether they proved to receive mail at their address.
    pub is_verified: bool,
}

impl Person {
    /// Returns what to call them: their name, or their address if they gave none.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// What a session is known by: 32 random bytes, shown as 64 hexadecimal digits. Only its hash is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// Makes one that nobody has seen yet.
    pub fn make() -> Self {
        Self(random_bytes())
    }

    /// Reads a token, or nothing if the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Returns the token's text, to be shown once.
    pub fn reveal(&self) -> String {
        hex::encode(self.0)
    }

    /// Returns what is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct Session {
    /// What it is known by.
    pub token: Token,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Not an e-mail address.
    #[error("this is not an e-mail address")]
    Email,
    /// A name is empty or too long.
    #[error("a name must have 1 to {NAME_BYTES_MAX} bytes")]
    Name,
    /// The password will not do.
    #[error("the password will not do")]
    Password(#[from] PasswordError),
    /// There is an account with this e-mail address.
    #[error("there is an account with this e-mail address already")]
    Exists,
    /// The database failed.
    #[error("could not store the account")]
    Store(#[from] StoreError),
}

/// Makes an account that owns an organisation, which is made if there is none of that name. Whoever may do this
/// holds the server's own files, so its address needs no proof.
///
/// # Errors
///
/// [`CreateError`].
pub async fn create(
    app: &App,
    email: &str,
    name: &str,
    organisation: &str,
    password: Password,
) -> Result<Account, CreateError> {
    let email = parse_email(email).ok_or(CreateError::Email)?;
    let organisation_name = organisation.trim();
    if organisation_name.is_empty() || organisation_name.len() > NAME_BYTES_MAX || name.len() > NAME_BYTES_MAX {
        return Err(CreateError::Name);
    }
    let hash = app.passwords().hash(password).await?;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let organisation = organisations::ensure(&mut tx, organisation_name, now).await?;
    let membership = Membership { organisation, name: organisation_name.to_owned(), role: Role::Owner };
    let account = Account {
        id: AccountId(uuid_v7(now)),
        email,
        name: name.trim().to_owned(),
        is_admin: false,
        memberships: vec![membership],
    };
    if !store::insert_account(&mut tx, &account, &hash, Some(now), now).await? {
        return Err(CreateError::Exists);
    }
    organisations::join(&mut tx, organisation, account.id, Role::Owner, now).await?;
    tx.commit().await?;
    Ok(account)
}

/// Whether there is no account at all: a fresh installation.
///
/// # Errors
///
/// [`StoreError`].
pub async fn is_without_accounts(app: &App) -> Result<bool, StoreError> {
    let mut tx = app.database().begin_read().await?;
    store::is_without_accounts(&mut tx).await
}

/// Begins a session, or says nothing but no: an unknown e-mail address and a wrong password are told
/// alike and take alike long.
///
/// # Errors
///
/// [`StoreError`].
pub async fn log_in(app: &App, email: &str, password: Password) -> Result<Option<Session>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let held = match parse_email(email) {
        Some(email) => store::credentials(&mut tx, &email).await?,
        None => None,
    };
    drop(tx);
    let (account, hash) = held.unzip();
    let is_right = app.passwords().verify(password, hash).await;
    let Some(account) = account.filter(|_| is_right) else { return Ok(None) };

    let now = app.clock().now();
    let session = Session { token: Token::make(), expires_at: now.plus(SESSION_MS) };
    let mut tx = app.database().begin_write().await?;
    store::delete_expired_sessions(&mut tx, now).await?;
    store::insert_session(&mut tx, session.token.hash(), account, now, session.expires_at).await?;
    tx.commit().await?;
    Ok(Some(session))
}

/// Returns who holds `token`, if its session lasts.
///
/// # Errors
///
/// [`StoreError`].
pub async fn authenticate(
    app: &App,
    tx: &mut Tx,
    token: &Token,
    address: IpAddr,
) -> Result<Option<Caller>, StoreError> {
    store::session(tx, token.hash(), address, app.clock().now()).await
}

/// Returns the person who holds an account.
///
/// # Errors
///
/// [`StoreError`].
pub async fn person(tx: &mut Tx, account: AccountId) -> Result<Option<Person>, StoreError> {
    store::person(tx, account).await
}

/// Ends the session of `token`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn log_out(app: &App, token: &Token) -> Result<(), StoreError> {
    let mut tx = app.database().begin_write().await?;
    store::delete_session(&mut tx, token.hash()).await?;
    tx.commit().await
}

/// Returns an e-mail address as it is kept, in lower case, or nothing if it cannot be one: no space,
/// one `@` with something before it and a dotted or plain host behind.
pub fn parse_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, host) = text.rsplit_once('@')?;
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_host = !host.is_empty() && !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
    if local.is_empty() || local.contains('@') || !is_host || !is_plain || text.len() > EMAIL_BYTES_MAX {
        return None;
    }
    Some(text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_and_nonsense_is_refused() {
        assert_eq!(parse_email(" Ada@Example.org ").as_deref(), Some("ada@example.org"));
        for bad in ["", "@", "ada", "ada@", "@example.org", "a b@example.org", "a@b@c", "a@.org", "a@b..c", "a\n@b.c"] {
            assert_eq!(parse_email(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_reads_back_from_its_text() {
        let token = Token::make();
        assert_eq!(Token::parse(&token.reveal()).unwrap().hash(), token.hash());
        assert!(Token::parse("zz").is_none());
    }
}
