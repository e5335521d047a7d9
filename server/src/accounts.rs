//! Who somebody is: accounts, what proves that they are one's own, and the sessions that follow from that.

pub mod admin;
pub mod api_tokens;
mod devices;
pub mod erasing;
pub mod letters;
mod mail_tokens;
mod notices;
pub mod password;
pub mod profile;
pub mod proof;
pub mod refusals;
pub mod reset;
pub mod routes;
pub mod second_factor;
pub mod sessions;
pub mod sign_up;
pub mod store;
mod throttle;
pub mod token;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde_json::Value;
use sync_protocol::time::UnixMillis;

use self::password::{NewPassword, Password, PasswordError};
pub use self::token::{Shown, Token};
use crate::access::{Limits, Role};
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::language::Language;
use crate::organisations::{self, Membership};

/// Names of people and organisations.
pub const NAME_BYTES_MAX: usize = 200;
/// The longest e-mail address there can be.
pub const EMAIL_BYTES_MAX: usize = 254;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
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

        impl FromStr for $name {
            type Err = hex::FromHexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; 16];
                hex::decode_to_slice(text, &mut bytes)?;
                Ok(Self(bytes))
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

id!(
    /// A session. UUIDv7.
    SessionId
);
id!(
    /// An API token. UUIDv7.
    ApiTokenId
);

/// Somebody who is logged in, or the program that holds their API token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Their account.
    pub account: AccountId,
    /// Whether they run the whole installation.
    pub is_admin: bool,
    /// Their session; nothing for a program.
    pub session: Option<SessionId>,
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
    /// What letters to them are written in; what is right for the event or the installation without.
    pub language: Option<Language>,
    /// Counts its changes.
    pub version: u64,
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
    make(app, email, name, organisation, password, false).await
}

/// Makes an account as [`create`] does, whose holder runs the whole installation.
///
/// # Errors
///
/// [`CreateError`].
pub async fn create_admin(
    app: &App,
    email: &str,
    name: &str,
    organisation: &str,
    password: Password,
) -> Result<Account, CreateError> {
    make(app, email, name, organisation, password, true).await
}

async fn make(
    app: &App,
    email: &str,
    name: &str,
    organisation: &str,
    password: Password,
    is_admin: bool,
) -> Result<Account, CreateError> {
    let email = parse_email(email).ok_or(CreateError::Email)?;
    let organisation_name = organisation.trim();
    if organisation_name.is_empty() || organisation_name.len() > NAME_BYTES_MAX || name.len() > NAME_BYTES_MAX {
        return Err(CreateError::Name);
    }
    let hash = app.passwords().hash(NewPassword::new(&password, &email, name)?).await;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let organisation = organisations::ensure(&mut tx, organisation_name, now).await?;
    let membership = Membership { organisation, name: organisation_name.to_owned(), role: Role::Owner };
    let account = Account {
        id: AccountId(uuid_v7(now)),
        email,
        name: name.trim().to_owned(),
        is_admin,
        language: None,
        version: 1,
        memberships: vec![membership],
    };
    if !add(&mut tx, &account, &hash, now).await? {
        return Err(CreateError::Exists);
    }
    organisations::join(&mut tx, organisation, account.id, Role::Owner, now).await?;
    tx.commit().await?;
    Ok(account)
}

/// Stores an account whose address needs no proof, and of whose password only the hash is known; false if its e-mail
/// address is taken. Its memberships are still to be stored.
///
/// # Errors
///
/// [`StoreError`].
pub async fn add(tx: &mut Tx, account: &Account, password_hash: &str, now: UnixMillis) -> Result<bool, StoreError> {
    if !store::insert_account(tx, account, password_hash, Some(now), now).await? {
        return Ok(false);
    }
    note(tx, By::default(), "account.create", account.id, now).await?;
    Ok(true)
}

/// Records what was done to an account. What it says of its holder is personal, so none of it is in the record.
async fn note(
    tx: &mut Tx,
    by: impl Into<By>,
    action: &'static str,
    account: AccountId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let subject = account.to_string();
    let change = Change { action, event: None, subject: &subject, before: Value::Null, after: Value::Null };
    audit::note(tx, by, &change, now).await
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

/// Returns the person who holds an account.
///
/// # Errors
///
/// [`StoreError`].
pub async fn person(tx: &mut Tx, account: AccountId) -> Result<Option<Person>, StoreError> {
    store::person(tx, account).await
}

/// Returns what the holder of an e-mail address wants to be written to in, if they have an account and said so.
///
/// # Errors
///
/// [`StoreError`].
pub async fn language_of(tx: &mut Tx, email: &str) -> Result<Option<Language>, StoreError> {
    store::language_of(tx, email).await
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
}
