//! The record of every change: who made it, when, from where, and what became of what. Records are only added: the
//! databases themselves refuse to change or delete one.

pub(crate) mod body;
mod export;
pub mod routes;
pub mod store;

use std::net::IpAddr;

use serde_json::Value;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use crate::accounts::{AccountId, Caller, OrganisationId, Organiser};
use crate::db::{StoreError, Tx};

/// Who changes something, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub struct By {
    /// The organisation whose things are changed.
    pub organisation: Option<OrganisationId>,
    /// Nothing where nobody is logged in.
    pub account: Option<AccountId>,
    /// The caller's address; nothing for the server's own work.
    pub address: Option<IpAddr>,
}

impl From<Organiser> for By {
    fn from(organiser: Organiser) -> Self {
        Self {
            organisation: Some(organiser.organisation),
            account: Some(organiser.account),
            address: Some(organiser.address),
        }
    }
}

impl From<&Caller> for By {
    fn from(caller: &Caller) -> Self {
        Self { organisation: None, account: Some(caller.account), address: Some(caller.address) }
    }
}

/// A change.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// What was done: the kind of thing, a dot, and a verb, such as `event.publish`.
    pub action: &'static str,
    /// The event that it belongs to.
    pub event: Option<EventId>,
    /// What was changed, as its id is written.
    pub subject: &'a str,
    /// What it was, without secrets; null if it was not.
    pub before: Value,
    /// What it is, without secrets; null if it is no more.
    pub after: Value,
}

/// A change that was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id: UUIDv7 of the time.
    pub id: [u8; 16],
    /// The event that it belongs to.
    pub event: Option<EventId>,
    /// Who made it; nothing where nobody was logged in.
    pub account: Option<AccountId>,
    /// Where they called from; empty for the server's own work.
    pub address: String,
    /// What was done.
    pub action: String,
    /// What was changed.
    pub subject: String,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
    /// When.
    pub at: UnixMillis,
}

/// Which records are asked for: those that everything given is true of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Of this event.
    pub event: Option<EventId>,
    /// By this account.
    pub account: Option<AccountId>,
    /// Of this action.
    pub action: Option<String>,
    /// From this time on.
    pub from: Option<UnixMillis>,
    /// Before this time.
    pub until: Option<UnixMillis>,
}

impl Filter {
    /// Returns the lowest id there can be of what is asked for.
    fn lowest(&self) -> [u8; 16] {
        self.from.map_or([0; 16], first_id_of)
    }

    /// Returns the id that all of what is asked for are below, on the page that comes before `cursor` in time.
    fn end(&self, cursor: Option<[u8; 16]>) -> [u8; 16] {
        let until = self.until.map_or([u8::MAX; 16], first_id_of);
        cursor.map_or(until, |cursor| cursor.min(until))
    }
}

/// Returns what no id of a record made at `time` or later is below.
fn first_id_of(time: UnixMillis) -> [u8; 16] {
    let mut id = [0; 16];
    // A UUIDv7 begins with 48 bits of milliseconds (RFC 9562, section 5.7); no clock of ours runs beyond.
    let millis = time.0.min((1 << 48) - 1) << 16;
    id[..8].copy_from_slice(&millis.to_be_bytes());
    id
}

/// Records a change, in the transaction that makes it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note(tx: &mut Tx, by: impl Into<By>, change: &Change<'_>, now: UnixMillis) -> Result<(), StoreError> {
    store::insert(tx, &[(by.into(), change)], now).await
}

/// Records changes, in the transaction that makes them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_all(tx: &mut Tx, changes: &[(By, Change<'_>)], now: UnixMillis) -> Result<(), StoreError> {
    store::insert(tx, changes, now).await
}

/// Returns up to `limit` records of what one person did, or of what was done to one of `subjects`, newest first; of one
/// organisation if one is named.
///
/// # Errors
///
/// [`StoreError`].
pub async fn about(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    account: Option<AccountId>,
    subjects: &[String],
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let mut records = match account {
        Some(account) => store::by(tx, organisation, account, limit).await?,
        None => Vec::new(),
    };
    records.extend(store::of_subjects(tx, organisation, subjects, limit).await?);
    records.sort_unstable_by_key(|record| std::cmp::Reverse(record.id));
    records.dedup_by_key(|record| record.id);
    records.truncate(limit);
    Ok(records)
}

/// Returns up to `limit` records of one action done to `subject`, the newest first, from before `cursor` on.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_action(
    tx: &mut Tx,
    subject: &str,
    action: &'static str,
    cursor: Option<[u8; 16]>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    store::of_action(tx, subject, action, cursor, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::uuid_v7;

    #[test]
    fn a_span_of_time_is_a_span_of_ids() {
        let time = UnixMillis(1_800_000_000_000);
        let filter = Filter { from: Some(time), until: Some(time.plus(1)), ..Filter::default() };
        let within = |at: UnixMillis| {
            let id = uuid_v7(at);
            filter.lowest() <= id && id < filter.end(None)
        };

        assert!(within(time));
        assert!(!within(time.minus(1)) && !within(time.plus(1)));
        assert_eq!(filter.end(Some(uuid_v7(time.plus(5)))), filter.end(None), "a page ends where the time does");
        let all = Filter::default();
        assert!(all.lowest() < uuid_v7(time) && uuid_v7(time) < all.end(None));
    }
}
