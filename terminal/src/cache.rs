//! The store: everything one terminal holds of one event, sealed on its disk (section 9).
//!
//! One SQLite file with the list, the journal and the state, and a copy of the journal beside it.
//! Exactly one [`Store`] writes: the gate's thread owns it. What a change of the list costs (a
//! snapshot of 100 000 tickets, say) is cut into short transactions, so that a person at the door
//! never waits for a download: rows of a new snapshot go into a generation of their own, and one
//! short transaction makes that generation the one that counts.
//!
//! Opening reads and checks every row. A list that is not what it was, or a store that is older
//! than the journal's copy, opens *suspended*: it admits nobody, and its journal can still be
//! uploaded.

mod answers;
mod append;
mod certificate;
mod copy;
mod copy_check;
mod durable;
mod enrolment;
mod erase;
mod error;
mod feed;
mod file;
mod journal;
mod key;
mod known;
mod list_reader;
mod over;
mod rows;
mod sales;
mod seal;
mod snapshot;
mod space;
mod state;
#[cfg(test)]
mod vectors;

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sync_protocol::certificate::CertificateError;
use sync_protocol::feed::Body;
use sync_protocol::id::{EventId, FeedSeq, Seq};
use sync_protocol::journal::Link;
use sync_protocol::key::PublicKey;
use sync_protocol::sync::intake;
use sync_protocol::time::Hlc;

pub use self::copy_check::Finding;
pub use self::enrolment::{DeviceKeys, Identity};
pub use self::error::{Part, StoreError};
pub use self::feed::{Acknowledged, Noted};
pub use self::file::enrolled;
pub use self::journal::{JournalReader, READ_MAX, Run};
pub use self::key::{KdfCost, MEMORY_KIB_MIN, PASSES_MIN};
pub use self::known::Heard;
pub use self::list_reader::{ListChange, ListReader, ListWatcher};
pub use self::over::over;
pub use self::snapshot::{Bite, Loading};
pub use self::space::{FULL_BYTES, WARNING_BYTES, free_bytes};

use self::copy::JournalCopy;
use self::file::Folder;
use self::journal::Own;
use self::known::Known;
use self::seal::Sealer;
use self::space::Space;
use self::state::State;
use crate::clock::{Clock, Moment, TimeAnchor};
use crate::enrol::Enrolment;
use crate::secluded::seclude;
use crate::walk_in::Book;

/// How long the write-ahead log may grow before it is taken into the database in a quiet moment.
const LOG_BYTES: u64 = 1024 * 1024;
/// How long it may grow before nobody waits for a quiet moment.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many rows that no longer count are deleted at a time.
const SWEEP_ROWS: u32 = 500;

/// What a new store begins with.
pub struct NewStore {
    /// What the server certified.
    pub identity: Identity,
    /// The device's private keys.
    pub keys: DeviceKeys,
    /// K_body.
    pub k_body: [u8; 32],
    /// The server's time, if it was measured.
    pub anchor: Option<TimeAnchor>,
}

impl TryFrom<Enrolment> for NewStore {
    type Error = CertificateError;

    fn try_from(enrolment: Enrolment) -> Result<Self, CertificateError> {
        let certificate = enrolment.certificate.open(&enrolment.server_key)?;
        let identity = Identity {
            server: enrolment.server,
            server_key: enrolment.server_key,
            tls_fingerprint: enrolment.tls_fingerprint,
            event_name: enrolment.event_name,
            gate: enrolment.gate,
            signed: enrolment.certificate,
            certificate,
        };
        let keys = DeviceKeys { sign: enrolment.sign_key, tls: enrolment.tls_key };
        Ok(Self { identity, keys, k_body: enrolment.k_body, anchor: None })
    }
}

/// Everything a terminal holds of one event.
pub struct Store {
    folder: Folder,
    sealer: Sealer,
    connection: Connection,
    identity: Identity,
    keys: DeviceKeys,
    state: State,
    known: Known,
    own: Own,
    book: Book,
    /// Who is at the terminal, named in every entry.
    operator: Option<String>,
    copy: JournalCopy,
    space: Space,
    /// The generation that a snapshot is being loaded into.
    loading: Option<u32>,
    /// Whether rows may be left that no longer count.
    is_unswept: bool,
    /// What opening found wrong.
    finding: Option<Finding>,
    /// A commit failed: nobody knows what is on the disk until it is read again.
    must_reopen: bool,
    /// A damaged list was replaced by an older one, and counts again once it has come so far.
    mends_at: Option<FeedSeq>,
    /// Who is told when the list changes.
    watcher: Option<ListWatcher>,
}

/// The store's figures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counts {
    /// Tickets in the list.
    pub tickets: u64,
    /// Rows in the list, of every kind.
    pub rows: u64,
    /// Entries in the journal.
    pub entries: u64,
    /// Entries about guests that the server has not acknowledged.
    pub unsent: u64,
    /// How often the store was opened.
    pub openings: u64,
}

impl Store {
    /// Makes the store of an event under `data` and opens it.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyEnrolled`], [`StoreError::InUse`], or what the disk says.
    pub fn create(data: &Path, passphrase: &str, cost: KdfCost, new: NewStore) -> Result<Self, StoreError> {
        let event = new.identity.event();
        over::forget(data)?;
        let folder = Folder::create(data, event)?;
        let mut connection = folder.connect()?;
        if file::has_header(&connection)? {
            return Err(StoreError::AlreadyEnrolled(folder.path().to_path_buf()));
        }
        let (wrapped, data_key) = key::create(event, passphrase, cost)?;
        let sealer = Sealer::new(event, &data_key);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file::write_header(&transaction, &wrapped)?;
        new.identity.write(&transaction, &sealer)?;
        new.keys.write(&transaction, &sealer)?;
        State {
            revision: 1,
            k_body: new.k_body,
            feed: None,
            generation: 1,
            rows: 0,
            digest: [0; 32],
            journal: Link::empty(event, new.identity.device()),
            hlc: Hlc::default(),
            acknowledged: Seq(0),
            anchor: new.anchor,
            openings: 0,
            suspension: None,
        }
        .write(&transaction, &sealer)?;
        transaction.commit()?;
        drop(connection);
        Self::load(folder, sealer, Space::default(), &mut |_, _| {})
    }

    /// Opens the store of `event` under `data` and checks every row. `progress` is told how many of
    /// how many rows are checked, now and then.
    ///
    /// A list that is damaged, or a store that went back in time, opens suspended, with
    /// [`Store::finding`] saying why.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotEnrolled`], [`StoreError::Unfinished`], [`StoreError::InUse`], [`StoreError::WrongPassphrase`],
    /// [`StoreError::Newer`]; [`StoreError::Damaged`] if the state, the enrolment or the journal
    /// cannot be read even with the journal's copy.
    pub fn open(
        data: &Path,
        event: EventId,
        passphrase: &str,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let folder = Folder::open(data, event)?;
        let mut space = Space::default();
        match Self::unlock(&folder, event, passphrase, space, progress) {
            // What the reserve is for: the journal can still be sent.
            Err(error) if error.has_no_room() => {
                space.release(&folder);
                Self::unlock(&folder, event, passphrase, space, progress)
            }
            opened => opened,
        }
    }

    fn unlock(
        folder: &Folder,
        event: EventId,
        passphrase: &str,
        space: Space,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let connection = folder.connect()?;
        let wrapped = file::read_header(&connection)?;
        let data_key = key::unwrap(&wrapped, passphrase)?;
        drop(connection);
        Self::load(folder.clone(), Sealer::new(event, &data_key), space, progress)
    }

    /// Opens the store again, with the keys it has, and reads everything again: after a failed
    /// commit nobody knows what is on the disk.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; then the store stays closed to writing, and this may be tried again.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        self.must_reopen = true;
        let opened = Self::load(self.folder.clone(), self.sealer.clone(), self.space, &mut |_, _| {})?;
        let (watcher, operator) = (self.watcher.take(), self.operator.take());
        *self = Self { watcher, operator, ..opened };
        self.tell(ListChange::All);
        Ok(())
    }

    /// Says who is told from now on when the list changes.
    pub fn watch(&mut self, watcher: ListWatcher) {
        self.watcher = Some(watcher);
    }

    fn tell(&self, change: ListChange) {
        if let Some(watcher) = &self.watcher {
            watcher(change);
        }
    }

    fn load(
        folder: Folder,
        sealer: Sealer,
        space: Space,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        // From here on names are in memory, and the keys are.
        seclude();
        let mut connection = folder.connect()?;
        let mut state = State::read(&connection, &sealer)?;
        let identity = Identity::read(&connection, &sealer)?;
        let keys = DeviceKeys::read(&connection, &sealer)?;
        if identity.event() != sealer.event() {
            return Err(StoreError::Damaged(Part::Enrolment));
        }
        let mut finding = None;
        let mut known = match load_list(&connection, &sealer, &state, identity.server_key, progress) {
            Ok(mut known) => {
                known.set_server_key(identity.server_key);
                known
            }
            Err(StoreError::Damaged(Part::List)) => {
                finding = Some(Finding::ListDamaged);
                Known::new(identity.event(), identity.server_key)
            }
            Err(error) => return Err(error),
        };
        let checked = copy_check::check(&folder, &sealer, &mut connection, &mut state, &identity, &keys)?;
        finding = checked.finding.or(finding);
        let mut own = Own::default();
        let mut book = Book::default();
        for signed in &checked.entries {
            own.note(signed);
            book.note(signed.entry(), None);
            if let Some(movement) = intake::movement_of(signed.entry(), signed.hash(), identity.number()) {
                known.load(FeedSeq(0), Body::Move(movement));
            }
        }
        known.settle();
        sales::name_guests(&connection, &sealer, &mut book)?;
        let mut store = Self {
            folder,
            sealer,
            connection,
            identity,
            keys,
            state,
            known,
            own,
            book,
            operator: None,
            copy: checked.copy,
            space,
            loading: None,
            is_unswept: true,
            finding,
            must_reopen: false,
            mends_at: None,
            watcher: None,
        };
        store.commit(|_, _, state| {
            state.openings += 1;
            if let Some(finding) = finding {
                feed::suspend(state, finding.suspension());
            }
            Ok(())
        })?;
        store.adopt_certificate()?;
        // Without a reserve the store works; it is put back at the next opening.
        let _ = space::fill_reserve(&store.folder);
        Ok(store)
    }

    /// Changes rows and state in one transaction that is on the disk when this returns.
    fn commit<R>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, &Sealer, &mut State) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.check_open()?;
        let mut next = self.state.clone();
        next.revision += 1;
        let result = write(&mut self.connection, &self.sealer, &mut next, change);
        match result {
            Ok(_) => self.state = next,
            Err(StoreError::Database(_) | StoreError::File(_)) => self.must_reopen = true,
            Err(_) => {}
        }
        result
    }

    /// Opens the store again if a commit failed before.
    fn check_open(&mut self) -> Result<(), StoreError> {
        if self.must_reopen { self.reopen() } else { Ok(()) }
    }

    /// Estimates the server's time now.
    pub fn moment(&self, clock: &dyn Clock) -> Moment {
        Moment::estimate(self.state.anchor.as_ref(), clock.read())
    }

    /// Returns how many bytes the store's disk has left besides the reserve, as measured within the last second.
    pub fn free_bytes(&mut self) -> u64 {
        self.space.free(&self.folder)
    }

    /// Gives the reserve back to a full disk, so that the journal can be finished and uploaded.
    pub fn release_reserve(&mut self) {
        self.space.release(&self.folder);
    }

    /// Does what can wait for a quiet moment: takes the write-ahead log into the database, deletes
    /// rows that no longer count, brings the journal's copy to the disk. Call it at least every
    /// half second. Returns whether there is more of it to do.
    ///
    /// # Errors
    ///
    /// What the disk says. Nothing is lost by that.
    pub fn tend(&mut self) -> Result<bool, StoreError> {
        self.copy.tend()?;
        self.check_open()?;
        if self.is_unswept {
            let swept = rows::sweep(&self.connection, self.state.generation, self.loading, SWEEP_ROWS)?;
            self.is_unswept = swept > 0;
        }
        self.checkpoint_above(LOG_BYTES)?;
        Ok(self.is_unswept)
    }

    /// Takes the write-ahead log into the database once it is longer than `bytes`.
    fn checkpoint_above(&self, bytes: u64) -> Result<(), StoreError> {
        let length = std::fs::metadata(self.folder.write_ahead_log()).map_or(0, |file| file.len());
        if length > bytes {
            // Waits for nobody: what a reader still needs stays in the log, and is taken in later.
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}

fn write<R>(
    connection: &mut Connection,
    sealer: &Sealer,
    next: &mut State,
    change: impl FnOnce(&Transaction<'_>, &Sealer, &mut State) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = change(&transaction, sealer, next)?;
    next.write(&transaction, sealer)?;
    transaction.commit()?;
    Ok(result)
}

/// Opens every row, checks them against the state and returns what is kept of them in memory,
/// still to be settled.
fn load_list(
    connection: &Connection,
    sealer: &Sealer,
    state: &State,
    server_key: PublicKey,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Known, StoreError> {
    const PROGRESS_ROWS: u64 = 1_000;
    let mut known = Known::new(sealer.event(), server_key);
    let mut checked = 0;
    let tally = rows::for_each(connection, sealer, state.generation, |row| {
        checked += 1;
        if checked % PROGRESS_ROWS == 0 {
            progress(checked, state.rows);
        }
        let body = Body::decode(row.kind, row.entity, &row.body).map_err(|_| StoreError::Damaged(Part::List))?;
        known.load(row.seq, body);
        Ok(())
    })?;
    progress(checked, state.rows);
    let is_whole = tally.rows == state.rows && tally.digest == state.digest;
    if is_whole { Ok(known) } else { Err(StoreError::Damaged(Part::List)) }
}
