//! A run of entries on the wire: without their `prev` fields, with the last one's signature, and
//! with the personal data that go beside them (section 5).

use alloc::vec::Vec;

use super::chain::{Link, SignedEntry, entry_hash, verify_hash};
use super::entry::{ENTRY_BYTES_MAX, Entry};
use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::{Hash, sha256};
use crate::id::{DeviceId, Seq};
use crate::key::{PublicKey, Signature};

/// The most entries in a batch.
pub const BATCH_ENTRIES_MAX: usize = 500;
/// The longest batch before compression.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// The most personal data beside one entry.
pub const PERSONAL_DATA_BYTES_MAX: usize = 2_048;

/// Where `prev` lies in an entry.
const PREV_OFFSET: usize = 28;
const PREV_BYTES: usize = 32;

/// Personal data that an entry commits to, and that can be erased without breaking the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PersonalData {
    /// The entry's number.
    pub seq: Seq,
    /// Random, so that the commitment confirms no guess.
    pub salt: [u8; 16],
    /// The data: JSON.
    pub data: Vec<u8>,
}

impl PersonalData {
    /// Returns what the entry carries of it.
    pub fn commitment(&self) -> Hash {
        sha256(&[&self.salt, &self.data])
    }
}

/// A run of entries whose chain and last signature have been checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    /// The entries in order, each with its bytes and hash.
    pub entries: Vec<BatchEntry>,
    /// The last entry's signature: vouches for all before it through the chain.
    pub signature: Signature,
    /// Personal data, each belonging to an entry of this batch.
    pub personal_data: Vec<PersonalData>,
}

/// One entry of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BatchEntry {
    /// The entry, with its `prev` rebuilt.
    pub entry: Entry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: Hash,
}

/// A batch that cannot be taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BatchError {
    /// Not a batch: 400 MALFORMED.
    #[error("the batch cannot be read")]
    Layout(#[from] DecodeError),
    /// A batch that does not hold together or is not signed: 422 BAD_CHAIN.
    #[error("the batch is not a signed run of this device's journal")]
    Chain,
}

/// Writes consecutive signed entries of one journal, as many as fit, and returns the bytes with how
/// many went in.
///
/// Entries that do not follow each other end the run early.
pub fn encode(entries: &[SignedEntry], personal_data: &[PersonalData]) -> (Vec<u8>, usize) {
    let Some(first) = entries.first() else { return (Vec::new(), 0) };
    let mut body = Vec::new();
    let mut data = Vec::new();
    let (mut count, mut signature, mut data_count) = (0, first.signature(), 0_u16);
    for signed in entries.iter().take(BATCH_ENTRIES_MAX) {
        if signed.entry().seq.0 != first.entry().seq.0 + count as u64 {
            break;
        }
        let Some((head, tail)) = without_prev(signed.bytes()) else { break };
        let beside: Vec<_> = personal_data.iter().filter(|d| d.seq == signed.entry().seq).collect();
        let beside_bytes: usize = beside.iter().map(|d| 26 + d.data.len()).sum();
        let length = head.len() + tail.len();
        if count > 0 && 200 + body.len() + length + data.len() + beside_bytes > BATCH_BYTES_MAX {
            break;
        }
        body.put_u16(length as u16).put(head).put(tail);
        for item in beside {
            data.put_u64(item.seq.0).put(&item.salt).put_u16(item.data.len() as u16).put(&item.data);
            data_count += 1;
        }
        signature = signed.signature();
        count += 1;
    }
    let mut bytes = Vec::with_capacity(body.len() + data.len() + 120);
    bytes.put_u64(first.entry().seq.0).put_u16(count as u16).put(&first.entry().prev);
    bytes.put(&body).put(signature).put_u16(data_count).put(&data);
    (bytes, count)
}

fn without_prev(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(PREV_OFFSET)?;
    Some((head, rest.get(PREV_BYTES..)?))
}

impl Batch {
    /// Reads a batch of `device`'s journal and checks its chain, its signature and its personal
    /// data.
    ///
    /// # Errors
    ///
    /// [`BatchError::Layout`] if it cannot be read, [`BatchError::Chain`] if it does not hold
    /// together or `key` did not sign its end.
    pub fn decode(bytes: &[u8], device: DeviceId, key: &PublicKey) -> Result<Self, BatchError> {
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(DecodeError::TooLong("batch").into());
        }
        let mut reader = Reader::new(bytes);
        let first = reader.u64()?;
        let count = usize::from(reader.u16()?);
        if count == 0 || count > BATCH_ENTRIES_MAX {
            return Err(DecodeError::Invalid("count").into());
        }
        let mut prev: Hash = reader.array()?;
        let mut entries = Vec::with_capacity(count);
        for at in 0..count as u64 {
            let length = usize::from(reader.u16()?);
            let (head, tail) = reader.take(length)?.split_at_checked(PREV_OFFSET).ok_or(DecodeError::Truncated)?;
            if length + PREV_BYTES > ENTRY_BYTES_MAX {
                return Err(DecodeError::TooLong("entry").into());
            }
            let mut bytes = Vec::with_capacity(length + PREV_BYTES);
            bytes.put(head).put(&prev).put(tail);
            let entry = Entry::decode(&bytes)?;
            if entry.device != device || Some(entry.seq.0) != first.checked_add(at) {
                return Err(BatchError::Chain);
            }
            let hash = entry_hash(&bytes);
            prev = hash;
            entries.push(BatchEntry { entry, bytes, hash });
        }
        let signature = reader.array()?;
        let personal_data = read_personal_data(&mut reader, &entries)?;
        reader.finish()?;
        verify_hash(&prev, &signature, key).map_err(|_| BatchError::Chain)?;
        Ok(Self { entries, signature, personal_data })
    }

    /// Returns the bytes that it was read from, as far as nothing was taken out of it since.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let prev = self.entries.first().map_or([0; PREV_BYTES], |first| first.entry.prev);
        bytes.put_u64(self.first_seq().0).put_u16(self.entries.len() as u16).put(&prev);
        for (head, tail) in self.entries.iter().filter_map(|entry| without_prev(&entry.bytes)) {
            bytes.put_u16((head.len() + tail.len()) as u16).put(head).put(tail);
        }
        bytes.put(&self.signature).put_u16(self.personal_data.len() as u16);
        for item in &self.personal_data {
            bytes.put_u64(item.seq.0).put(&item.salt).put_u16(item.data.len() as u16).put(&item.data);
        }
        bytes
    }

    /// Returns the first entry's number.
    pub fn first_seq(&self) -> Seq {
        self.entries.first().map_or(Seq(0), |first| first.entry.seq)
    }

    /// Returns where the journal ends if it ends with this batch.
    pub fn end(&self) -> Option<Link> {
        self.entries.last().map(|last| Link { seq: last.entry.seq, hash: last.hash })
    }
}

fn read_personal_data(reader: &mut Reader<'_>, entries: &[BatchEntry]) -> Result<Vec<PersonalData>, BatchError> {
    let count = reader.u16()?;
    let mut all: Vec<PersonalData> = Vec::new();
    for _ in 0..count {
        let seq = Seq(reader.u64()?);
        let salt = reader.array()?;
        let length = usize::from(reader.u16()?);
        if length > PERSONAL_DATA_BYTES_MAX {
            return Err(DecodeError::TooLong("personal data").into());
        }
        let item = PersonalData { seq, salt, data: reader.take(length)?.to_vec() };
        let is_committed =
            entries.iter().any(|e| e.entry.seq == seq && e.entry.personal_data == Some(item.commitment()));
        if !is_committed || all.last().is_some_and(|last| last.seq >= seq) {
            return Err(BatchError::Chain);
        }
        all.push(item);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;
    use crate::journal::entry::EntryKind;
    use crate::key::public_key;
    use alloc::vec;
    use ed25519_dalek::SigningKey;

    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    fn journal(count: u64, personal: Option<&PersonalData>) -> Vec<SignedEntry> {
        let mut end = Link::empty(EventId([1; 16]), DEVICE);
        (0..count)
            .map(|_| {
                let mut entry = Entry::new(EntryKind::Admit, DEVICE, end.seq.next(), end.hash);
                entry.personal_data = personal.filter(|p| p.seq == entry.seq).map(PersonalData::commitment);
                let signed = SignedEntry::sign(entry, &key()).unwrap();
                end = signed.link();
                signed
            })
            .collect()
    }

    #[test]
    fn a_batch_reads_back_with_every_prev_rebuilt() {
        let personal = PersonalData { seq: Seq(3), salt: [9; 16], data: vec![1, 2, 3] };
        let entries = journal(5, Some(&personal));
        let (bytes, count) = encode(&entries[1..], core::slice::from_ref(&personal));
        assert_eq!(count, 4);
        let batch = Batch::decode(&bytes, DEVICE, &public_key(&key())).unwrap();
        assert_eq!(batch.first_seq(), Seq(2));
        assert_eq!(batch.end(), Some(entries[4].link()));
        assert_eq!(batch.entries[2].bytes, entries[3].bytes());
        assert_eq!(batch.personal_data, vec![personal]);
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let (bytes, _) = encode(&journal(3, None), &[]);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Batch::decode(&changed, DEVICE, &public_key(&key())).is_err(), "byte {at}");
            assert!(Batch::decode(&bytes[..at], DEVICE, &public_key(&key())).is_err(), "length {at}");
        }
    }

    #[test]
    fn a_batch_holds_at_most_500_entries() {
        let (bytes, count) = encode(&journal(501, None), &[]);
        assert_eq!(count, BATCH_ENTRIES_MAX);
        assert!(bytes.len() <= BATCH_BYTES_MAX);
        assert!(Batch::decode(&bytes, DEVICE, &public_key(&key())).is_ok());
    }

    #[test]
    fn personal_data_that_no_entry_commits_to_is_refused() {
        let stray = PersonalData { seq: Seq(2), salt: [9; 16], data: vec![1] };
        let (bytes, _) = encode(&journal(3, None), core::slice::from_ref(&stray));
        assert_eq!(Batch::decode(&bytes, DEVICE, &public_key(&key())), Err(BatchError::Chain));
    }
}
