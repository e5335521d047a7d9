//! The server's own journal: numbered, chained and signed as any terminal's.

use std::collections::BTreeSet;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use sync_protocol::id::{DeviceId, EventId, FeedSeq};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::chain::entry_hash;
use sync_protocol::journal::{Batch, Entry, Link, SignedEntry};
use sync_protocol::key::public_key;
use sync_protocol::time::{Hlc, UnixMillis};
use zeroize::Zeroizing;

use super::store;
use crate::admissions::{CheckIn, doors, intake};
use crate::app::App;
use crate::clock::random_bytes;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device, own};
use crate::seal::Sealer;
use crate::sync::feed;

/// Where the journal's signing key is sealed for; the row is the event's id.
const SIGN_KEY_PLACE: &str = "own_journals.sign_key";
/// What holds that key.
pub const SEALED: Sealed =
    Sealed { table: "own_journals", column: "sign_key", place: SIGN_KEY_PLACE, key: &[Part::Bytes("event_id")] };

/// Who writes an event's journal for the server.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) device: DeviceId,
    key: SigningKey,
}

/// Returns who writes an event's journal: made when it is first asked for. Servers that ask at once agree.
pub(super) async fn author(app: &App, event: EventId) -> Result<Arc<Author>, StoreError> {
    if let Some(author) = app.desk().author(event) {
        return Ok(author);
    }
    let mut tx = app.database().begin_read().await?;
    let held = store::author(&mut tx, event).await?;
    drop(tx);
    let (device, sealed) = match held {
        Some(held) => held,
        // In a task of its own: what asks may be carried out once, and this is not what it asks for.
        None => {
            let app = app.clone();
            let made = tokio::spawn(async move { create(&app, event).await }).await;
            made.map_err(|_| StoreError::Corrupt("own_journals"))??
        }
    };
    let key = app.sealer().open_key(SIGN_KEY_PLACE, event.as_bytes(), &sealed)?;
    let author = Arc::new(Author { device, key: SigningKey::from_bytes(&key) });
    app.desk().keep_author(event, Arc::clone(&author));
    Ok(author)
}

async fn create(app: &App, event: EventId) -> Result<(DeviceId, Vec<u8>), StoreError> {
    let mut tx = app.database().begin_write().await?;
    let head = feed::lock(&mut tx, app.sealer(), event).await?;
    // Read again under the lock: another server may have been faster.
    if let Some(held) = store::author(&mut tx, event).await? {
        return Ok(held);
    }
    let key = SigningKey::from_bytes(&Zeroizing::new(random_bytes()));
    let sealed = app.sealer().seal(SIGN_KEY_PLACE, event.as_bytes(), key.as_bytes());
    let device = own::create(app, &mut tx, event, public_key(&key), head).await?;
    store::insert_author(&mut tx, event, device, &sealed).await?;
    tx.commit().await?;
    Ok((device, sealed))
}

/// Gives the server another key for each of its journals in the place of those that nobody can open any more. What
/// follows on a journal is signed by it: the device's certificate is still to be made anew.
///
/// # Errors
///
/// [`StoreError`].
pub async fn renew_keys(tx: &mut Tx, sealer: &Sealer) -> Result<(), StoreError> {
    for (event, device) in store::authors(tx).await? {
        let key = SigningKey::from_bytes(&Zeroizing::new(random_bytes()));
        store::set_key(tx, event, &sealer.seal(SIGN_KEY_PLACE, event.as_bytes(), key.as_bytes())).await?;
        devices::store::set_sign_key(tx, device, public_key(&key)).await?;
    }
    Ok(())
}

/// Entries that follow on the journal, and are not stored yet.
#[derive(Debug)]
pub(super) struct Writer {
    author: Arc<Author>,
    device: Device,
    cursor: FeedSeq,
    now: UnixMillis,
    hlc: Hlc,
    end: Link,
    entries: Vec<BatchEntry>,
}

impl Writer {
    /// Opens the journal of `device`, which is the server's and locked, where the feed stands at `cursor`.
    pub(super) async fn open(
        tx: &mut Tx,
        author: Arc<Author>,
        device: Device,
        cursor: FeedSeq,
        now: UnixMillis,
    ) -> Result<Self, StoreError> {
        let last = doors::last_entries(tx, &device).await?.last;
        let hlc = last.map_or(Hlc::default(), |last| last.hlc);
        Ok(Self { author, cursor, now, hlc, end: device.end, entries: Vec::new(), device })
    }

    /// Takes another device's time into account, so that what follows on it comes after it.
    pub(super) fn merge(&mut self, seen: Hlc) {
        self.hlc = self.hlc.merged(seen, self.now);
    }

    /// Numbers and dates `draft`, and returns the entry with its place among those of this writer.
    pub(super) fn write(&mut self, draft: Entry) -> Result<(usize, &BatchEntry), StoreError> {
        self.hlc = self.hlc.tick(self.now);
        let entry = Entry {
            device: self.device.id,
            seq: self.end.seq.next(),
            prev: self.end.hash,
            hlc: self.hlc,
            wall: self.now,
            cursor: self.cursor,
            ..draft
        };
        let bytes = entry.encode().map_err(|_| StoreError::Corrupt("entry"))?;
        let hash = entry_hash(&bytes);
        self.end = Link { seq: entry.seq, hash };
        let at = self.entries.len();
        self.entries.push(BatchEntry { entry, bytes, hash });
        self.entries.last().map(|entry| (at, entry)).ok_or(StoreError::Corrupt("entry"))
    }

    /// Signs what was written, stores it and makes it count. The signature of the last entry vouches for all of
    /// them, as in any batch. Returns the check-ins, one for each entry.
    pub(super) async fn store(self, app: &App, tx: &mut Tx) -> Result<Vec<CheckIn>, StoreError> {
        let Some(last) = self.entries.last() else { return Ok(Vec::new()) };
        let signed =
            SignedEntry::sign(last.entry.clone(), &self.author.key).map_err(|_| StoreError::Corrupt("entry"))?;
        let batch = Batch { signature: *signed.signature(), entries: self.entries, personal_data: Vec::new() };
        let counted = intake::append(app, tx, &self.device, &batch, &batch.entries, &BTreeSet::new()).await?;
        devices::store::move_end(tx, self.device.id, self.end, counted.feed_seq).await?;
        Ok(counted.check_ins)
    }
}
