//! A database whose master key is lost: it is made usable again without what was sealed.
//!
//! Nothing that people entered and nothing that doors recorded is sealed, so that stays. What was sealed gets a
//! successor where it can have one: S, each feed's K_body, the server's own journals' keys, and a key for new tickets.
//! Tickets that were sent stay good, because doors verify them by the public halves, which are not sealed.

use zeroize::Zeroizing;

use super::{accounts, devices, door, events, installation, mails, once, sync, webhooks};
use crate::clock::{Clock, random_bytes};
use crate::db::{Database, StoreError};
use crate::seal::{MasterKey, Sealer};

/// Why a database was not made usable again.
#[derive(Debug, thiserror::Error)]
pub enum LostError {
    /// The key that is at hand is the right one.
    #[error("the master key that is at hand opens this database: nothing is lost")]
    NothingLost,
    /// A server works on it.
    #[error("a server is at work on this database: stop all of them first")]
    InUse,
    /// The database failed. Nothing has changed.
    #[error("the database could not be made usable again")]
    Store(#[from] StoreError),
}

/// What was made anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Anew {
    /// Events that go on, with a new feed and a new key for tickets.
    pub events: usize,
    /// Second factors that no app has the secret of any more.
    pub second_factors: u64,
    /// Webhooks whose receivers do not know the secret.
    pub webhooks: u64,
}

/// Makes a database usable under `key` whose own master key is lost, in one transaction beside which no server works.
///
/// # Errors
///
/// [`LostError`].
pub async fn begin_anew(database: &Database, key: &MasterKey, clock: &Clock) -> Result<Anew, LostError> {
    let sealer = Sealer::new(key);
    let mut tx = database.begin_alone().await?.ok_or(LostError::InUse)?;
    if installation::opens(&mut tx, &sealer).await? {
        return Err(LostError::NothingLost);
    }
    let now = clock.now();
    let server_key = installation::renew(&mut tx, &sealer).await?;
    for forgotten in [devices::enrolment::SEALED, webhooks::SEALED_BEFORE, mails::SEALED, once::SEALED] {
        forgotten.forget(&mut tx).await?;
    }
    let second_factors = accounts::second_factor::SEALED.replace_lost(&mut tx, &sealer, unknown).await?;
    let webhooks = webhooks::SEALED.replace_lost(&mut tx, &sealer, unknown).await?;
    events::keys::forget_secrets(&mut tx).await?;
    let events = sync::feed::events(&mut tx).await?;
    door::renew_keys(&mut tx, &sealer).await?;
    for event in &events {
        sync::feed::renew_key(&mut tx, &sealer, *event).await?;
        let head = sync::feed::lock(&mut tx, &sealer, *event).await?;
        let mut entries = devices::recertify_all(&mut tx, &server_key, *event, now).await?;
        let mut next = head.next();
        for _ in &entries {
            next = next.next();
        }
        entries.extend(events::keys::renew(&mut tx, &sealer, *event, next, now).await?);
        sync::feed::append_after(&mut tx, head, &entries).await?;
    }
    tx.commit().await?;
    Ok(Anew { events: events.len(), second_factors, webhooks })
}

/// Returns a secret that nobody knows, as text.
fn unknown() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(hex::encode(Zeroizing::new(random_bytes::<32>())).into_bytes())
}
