//! The journal at unlock: does it hold together, and does its copy know more?

use rusqlite::{Connection, TransactionBehavior};
use sync_protocol::id::Seq;
use sync_protocol::journal::{Link, SignedEntry};
use sync_protocol::key::public_key;

use super::StoreError;
use super::copy::{JournalCopy, Record};
use super::enrolment::{DeviceKeys, Identity};
use super::error::Part;
use super::file::Folder;
use super::journal::{self, follows};
use super::seal::Sealer;
use super::state::State;
use crate::door::Suspension;

/// What opening a store found wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finding {
    /// A row of the list was changed, swapped, dropped or is older than it was. A new snapshot
    /// mends it.
    ListDamaged,
    /// The database ends before the journal's copy: it went back in time. Its journal may lack what
    /// neither of them holds, so the terminal must be enrolled again.
    RolledBack {
        /// Where the database's journal ended.
        store: Seq,
        /// Where the copy ends.
        copy: Seq,
    },
}

impl Finding {
    /// Returns what the terminal is suspended for.
    pub const fn suspension(self) -> Suspension {
        match self {
            Self::ListDamaged => Suspension::Store,
            Self::RolledBack { .. } => Suspension::RolledBack,
        }
    }

    /// Returns the same as an error, for programs that want to say it and stop.
    pub const fn error(self) -> StoreError {
        match self {
            Self::ListDamaged => StoreError::Damaged(Part::List),
            Self::RolledBack { store, copy } => StoreError::RolledBack { store, copy },
        }
    }
}

/// The journal, checked.
pub(super) struct Checked {
    pub(super) entries: Vec<SignedEntry>,
    pub(super) copy: JournalCopy,
    pub(super) finding: Option<Finding>,
}

/// Reads the journal up to where the state says it ends, takes entries that do not open from the
/// copy, takes in what only the copy holds, and completes the copy.
pub(super) fn check(
    folder: &Folder,
    sealer: &Sealer,
    connection: &mut Connection,
    state: &mut State,
    identity: &Identity,
    keys: &DeviceKeys,
) -> Result<Checked, StoreError> {
    let (mut copy, records) =
        JournalCopy::open(folder, |record| journal::open(sealer, record.seq, &record.sealed).is_some())?;
    let of_copy = |seq: Seq| {
        let first = records.first()?.seq.0;
        let record: &Record = records.get(usize::try_from(seq.0.checked_sub(first)?).ok()?)?;
        Some((journal::open(sealer, seq, &record.sealed)?, record.sealed.clone()))
    };
    let mut end = Link::empty(identity.event(), identity.device());
    let mut entries: Vec<SignedEntry> = Vec::new();
    let mut mended: Vec<(Seq, Vec<u8>)> = Vec::new();
    while end.seq < state.journal.seq {
        let seq = end.seq.next();
        let stored = journal::read_sealed(connection, seq)?.and_then(|sealed| journal::open(sealer, seq, &sealed));
        let signed = match stored.filter(|signed| follows(&end, signed).is_ok()) {
            Some(signed) => signed,
            None => {
                let (signed, sealed) = of_copy(seq).ok_or(StoreError::Damaged(Part::Journal))?;
                follows(&end, &signed).map_err(|_| StoreError::Damaged(Part::Journal))?;
                mended.push((seq, sealed));
                signed
            }
        };
        end = signed.link();
        entries.push(signed);
    }
    if end != state.journal {
        return Err(StoreError::Damaged(Part::Journal));
    }
    let mut finding = None;
    if copy.last() > end.seq {
        finding = Some(Finding::RolledBack { store: end.seq, copy: copy.last() });
        // Uploaded as evidence, these are the admissions that the database forgot.
        let key = public_key(&keys.sign);
        while let Some((signed, sealed)) = of_copy(end.seq.next()) {
            if follows(&end, &signed).is_err() || signed.verify(&key).is_err() {
                break;
            }
            mended.push((signed.entry().seq, sealed));
            end = signed.link();
            entries.push(signed);
        }
    }
    if !mended.is_empty() {
        let mut next = state.clone();
        next.revision += 1;
        next.journal = end;
        next.hlc = entries.iter().map(|signed| signed.entry().hlc).max().unwrap_or_default().max(next.hlc);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (seq, sealed) in &mended {
            journal::write(&transaction, *seq, sealed)?;
        }
        next.write(&transaction, sealer)?;
        transaction.commit()?;
        *state = next;
    }
    complete(&mut copy, connection, end.seq)?;
    Ok(Checked { entries, copy, finding })
}

/// Appends to the copy what only the database holds, up to entry `last`.
pub(super) fn complete(copy: &mut JournalCopy, connection: &Connection, last: Seq) -> Result<(), StoreError> {
    while copy.last() < last {
        let seq = copy.last().next();
        let sealed = journal::read_sealed(connection, seq)?.ok_or(StoreError::Damaged(Part::Journal))?;
        copy.append(seq, &sealed)?;
    }
    copy.sync()?;
    Ok(())
}
