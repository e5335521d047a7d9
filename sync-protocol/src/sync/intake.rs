//! The server's half: what to do with a batch that arrived (section 5, ingestion).
//!
//! Pure: the caller has locked the device's row and gives what it holds; the answer says what to
//! store.

use crate::feed::entry::DeviceStatus;
use crate::hash::Hash;
use crate::id::{DeviceNo, Seq};
use crate::journal::{Batch, Entry, EntryKind, Flags, Link, Movement, MovementKind};

/// An UNDO of an own entry counts only while the entry is at most this old, in ms (section 6).
pub const UNDO_AGE_MAX_MS: u64 = 10 * 60_000;

/// What the server holds of a device's journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Held {
    /// Whether the device counts.
    pub status: DeviceStatus,
    /// The end of its journal.
    pub end: Link,
}

/// What to do with a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Intake {
    /// Store the entries from the index `skip` on, and acknowledge `end`. Nothing new if `skip` is
    /// the batch's length.
    Store {
        /// How many entries at the front are known.
        skip: usize,
        /// The journal's end afterwards.
        end: Link,
    },
    /// Put the batch into quarantine: it counts once an organiser adopts it.
    Quarantine,
    /// Refuse: entries are missing in between.
    Gap {
        /// The last number held.
        last: Seq,
    },
    /// Put the batch into quarantine, and mark the device FORKED.
    Fork {
        /// The first number that contradicts.
        at: Seq,
    },
}

/// Decides what to do with a batch whose chain and signature were checked.
///
/// `known` gives the stored hash of an entry up to `held.end.seq`.
pub fn intake(batch: &Batch, held: &Held, is_evidence: bool, known: impl Fn(Seq) -> Option<Hash>) -> Intake {
    if is_evidence || held.status != DeviceStatus::Active {
        return Intake::Quarantine;
    }
    if batch.first_seq() > held.end.seq.next() {
        return Intake::Gap { last: held.end.seq };
    }
    let mut skip = 0;
    for signed in &batch.entries {
        let seq = signed.entry.seq;
        if seq <= held.end.seq {
            if known(seq) != Some(signed.hash) {
                return Intake::Fork { at: seq };
            }
            skip += 1;
        } else if seq == held.end.seq.next() && signed.entry.prev != held.end.hash {
            return Intake::Fork { at: seq };
        }
    }
    let end = if skip == batch.entries.len() { held.end } else { batch.end().unwrap_or(held.end) };
    Intake::Store { skip, end }
}

/// Returns the movement that an entry records, if it records one.
///
/// An UNDO becomes one whether or not it is valid: that depends on its target, see
/// [`undo_is_valid`].
pub fn movement_of(entry: &Entry, hash: &Hash, device: DeviceNo) -> Option<Movement> {
    let kind = match entry.kind {
        EntryKind::Admit => MovementKind::Admit,
        EntryKind::Exit => MovementKind::Exit,
        EntryKind::Undo => {
            let (device, seq) = entry.undone(device)?;
            MovementKind::Undo { device, seq }
        }
        _ => return None,
    };
    Some(Movement {
        hlc: entry.hlc,
        device,
        seq: entry.seq,
        kind,
        is_override: entry.flags.has(Flags::OVERRIDE),
        ticket: entry.ticket,
        gate: entry.gate,
        entry_hash: *hash,
    })
}

/// Whether an UNDO counts: its target is an own movement of the same ticket and young enough, or a
/// supervisor takes it back.
pub fn undo_is_valid(undo: &Entry, target: Option<&Movement>, is_supervisor: bool) -> bool {
    target.is_some_and(|target| {
        let age_ms = undo.hlc.millis().since(target.hlc.millis());
        target.ticket == undo.ticket
            && !matches!(target.kind, MovementKind::Undo { .. })
            && (is_supervisor || age_ms <= UNDO_AGE_MAX_MS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DeviceId, EventId};
    use crate::journal::{SignedEntry, batch};
    use crate::key::public_key;
    use alloc::vec::Vec;
    use ed25519_dalek::SigningKey;

    const EVENT: EventId = EventId([1; 16]);
    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    fn journal(kinds: &[EntryKind]) -> Vec<SignedEntry> {
        let mut end = Link::empty(EVENT, DEVICE);
        kinds
            .iter()
            .map(|kind| {
                let signed = SignedEntry::sign(Entry::new(*kind, DEVICE, end.seq.next(), end.hash), &key()).unwrap();
                end = signed.link();
                signed
            })
            .collect()
    }

    fn batch(entries: &[SignedEntry]) -> Batch {
        Batch::decode(&batch::encode(entries, &[]).0, DEVICE, &public_key(&key())).unwrap()
    }

    fn held(entries: &[SignedEntry]) -> Held {
        let end = entries.last().map_or(Link::empty(EVENT, DEVICE), SignedEntry::link);
        Held { status: DeviceStatus::Active, end }
    }

    fn known(entries: &[SignedEntry]) -> impl Fn(Seq) -> Option<Hash> {
        move |seq| entries.iter().find(|e| e.entry().seq == seq).map(|e| *e.hash())
    }

    #[test]
    fn a_batch_is_stored_once_however_often_it_comes() {
        let entries = journal(&[EntryKind::Admit; 4]);
        let whole = batch(&entries);
        let end = entries[3].link();
        assert_eq!(intake(&whole, &held(&[]), false, known(&[])), Intake::Store { skip: 0, end });
        let half = &entries[..2];
        assert_eq!(intake(&whole, &held(half), false, known(half)), Intake::Store { skip: 2, end });
        assert_eq!(intake(&whole, &held(&entries), false, known(&entries)), Intake::Store { skip: 4, end });
        let old = intake(&batch(half), &held(&entries), false, known(&entries));
        assert_eq!(old, Intake::Store { skip: 2, end });
    }

    #[test]
    fn a_gap_is_named_and_a_contradiction_is_a_fork() {
        let entries = journal(&[EntryKind::Admit; 4]);
        let late = batch(&entries[2..]);
        assert_eq!(intake(&late, &held(&entries[..1]), false, known(&entries[..1])), Intake::Gap { last: Seq(1) });

        let other = journal(&[EntryKind::Admit, EntryKind::Exit, EntryKind::Admit]);
        let overlap = intake(&batch(&other), &held(&entries), false, known(&entries));
        assert_eq!(overlap, Intake::Fork { at: Seq(2) });
        let next = intake(&batch(&other[2..]), &held(&entries[..2]), false, known(&entries[..2]));
        assert_eq!(next, Intake::Fork { at: Seq(3) });
    }

    #[test]
    fn evidence_and_devices_that_do_not_count_go_to_quarantine() {
        let entries = journal(&[EntryKind::Admit]);
        assert_eq!(intake(&batch(&entries), &held(&[]), true, known(&[])), Intake::Quarantine);
        for status in [DeviceStatus::Revoked, DeviceStatus::Forked] {
            let held = Held { status, ..held(&[]) };
            assert_eq!(intake(&batch(&entries), &held, false, known(&[])), Intake::Quarantine);
        }
    }
}
