//! Journals: entries, batches of them, and files of batches that somebody carries.

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::hash::Dst;
use sync_protocol::id::Seq;
use sync_protocol::journal::batch::{BATCH_ENTRIES_MAX, PERSONAL_DATA_BYTES_MAX};
use sync_protocol::journal::chain::entry_hash;
use sync_protocol::journal::{Batch, Courier, Drill, Entry, Link, SignedEntry};
use sync_protocol::key;
use sync_protocol::sync::intake::{Held, Intake, intake, movement_of};

use crate::keys;

/// One entry.
pub fn entry(input: &[u8]) {
    let Ok(entry) = Entry::decode(input) else { return };
    assert_eq!(entry.encode().as_deref(), Ok(input), "an entry has one form");
    let signed = SignedEntry::sign(entry.clone(), keys::device()).unwrap();
    assert_eq!(signed.verify(keys::device_public()), Ok(()));
    assert_eq!(SignedEntry::from_parts(input.to_vec(), *signed.signature()), Ok(signed.clone()));
    if let Some(movement) = movement_of(&entry, signed.hash(), keys::NUMBER) {
        assert_eq!(movement.name(), (keys::NUMBER, entry.seq));
    }
    if let Some(drill) = entry.note.as_deref().and_then(|note| Drill::decode(note).ok()) {
        assert!(drill.encode().is_ok());
    }
}

/// A batch as it arrives, and once more under its device's signature; or a file of batches.
pub fn batch(input: &[u8]) {
    if let Ok(courier) = Courier::decode(input) {
        assert_eq!(courier.encode(), input, "a file of journals has one form");
        courier.batches.iter().for_each(|(_, bytes)| one_batch(bytes));
        return;
    }
    one_batch(input);
}

fn one_batch(input: &[u8]) {
    if let Ok(batch) = Batch::decode(input, keys::device_id(), keys::device_public()) {
        is_whole(&batch, input);
    }
    let mut signed = input.to_vec();
    if sign_again(&mut signed).is_some()
        && let Ok(batch) = Batch::decode(&signed, keys::device_id(), keys::device_public())
    {
        is_whole(&batch, &signed);
    }
}

fn is_whole(batch: &Batch, bytes: &[u8]) {
    assert_eq!(batch.encode(), bytes, "a batch has one form");
    assert!((1..=BATCH_ENTRIES_MAX).contains(&batch.entries.len()));
    assert!(batch.personal_data.iter().all(|personal| personal.data.len() <= PERSONAL_DATA_BYTES_MAX));
    let end = batch.end().unwrap();
    assert_eq!(
        batch.signature,
        key::sign(keys::device(), Dst::JOURNAL_SIGN, &[&end.hash]),
        "only what was signed counts"
    );
    for (entry, next) in batch.entries.iter().zip(batch.entries.iter().skip(1)) {
        assert_eq!((entry.entry.seq.next(), entry.hash), (next.entry.seq, next.entry.prev), "the entries chain");
    }

    let held = bytes.len() % (batch.entries.len() + 1);
    let first = batch.entries.first().map(|first| first.entry.clone()).unwrap();
    let before = Link { seq: Seq(first.seq.0 - 1), hash: first.prev };
    let link = held
        .checked_sub(1)
        .map_or(before, |last| Link { seq: batch.entries[last].entry.seq, hash: batch.entries[last].hash });
    let known = |seq: Seq| batch.entries.iter().find(|entry| entry.entry.seq == seq).map(|entry| entry.hash);
    let found = intake(batch, &Held { status: DeviceStatus::Active, end: link }, false, known);
    assert_eq!(found, Intake::Store { skip: held, end }, "what is held is taken once");
    let other = |seq: Seq| known(seq).map(|hash| hash.map(|byte| !byte));
    let found = intake(batch, &Held { status: DeviceStatus::Active, end: link }, false, other);
    assert_eq!(matches!(found, Intake::Fork { at } if at == first.seq), held > 0, "another history is a fork");
}

/// Puts the signature of the device into a batch, so that what lies behind the check of it is reached as well.
/// Nothing if it ends before its signature.
fn sign_again(bytes: &mut [u8]) -> Option<()> {
    let count = u16::from_be_bytes(bytes.get(8..10)?.try_into().ok()?);
    let mut prev: [u8; 32] = bytes.get(10..42)?.try_into().ok()?;
    let mut at = 42;
    for _ in 0..count.min(BATCH_ENTRIES_MAX as u16) {
        let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let (head, tail) = bytes.get(at + 2..at + 2 + length)?.split_at_checked(28)?;
        prev = entry_hash(&[head, &prev, tail].concat());
        at += 2 + length;
    }
    let signature = key::sign(keys::device(), Dst::JOURNAL_SIGN, &[&prev]);
    bytes.get_mut(at..at + 64)?.copy_from_slice(&signature);
    Some(())
}
