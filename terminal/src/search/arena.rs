//! Many short texts in few pieces of memory, which are never moved and are wiped when they are
//! given back: what is personal is nowhere else.

use zeroize::Zeroize as _;

/// The length of a piece. A record never lies in two.
const CHUNK_BYTES: usize = 64 * 1024;
/// The longest record.
pub(super) const RECORD_BYTES_MAX: usize = 4 * 1024;

/// Where a record lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place(u32);

/// Records of bytes, to which more are added until all are cleared.
#[derive(Default)]
pub(super) struct Arena {
    chunks: Vec<Box<[u8]>>,
    /// How much of the last chunk is in use.
    used: usize,
}

impl Arena {
    /// Keeps the parts as one record. What is longer than [`RECORD_BYTES_MAX`] is kept empty, and so
    /// is everything beyond 4 GiB.
    pub(super) fn push(&mut self, parts: &[&[u8]]) -> Place {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let (parts, length) = if length > RECORD_BYTES_MAX { (&[][..], 0) } else { (parts, length) };
        if self.chunks.is_empty() || self.used + 2 + length > CHUNK_BYTES {
            self.chunks.push(vec![0; CHUNK_BYTES].into_boxed_slice());
            self.used = 0;
        }
        let place =
            self.chunks.len().checked_sub(1).and_then(|chunk| u32::try_from(chunk * CHUNK_BYTES + self.used).ok());
        let (Some(place), Some(chunk)) = (place, self.chunks.last_mut()) else { return Place(u32::MAX) };
        let mut rest = chunk.get_mut(self.used..).unwrap_or_default();
        for part in [&(length as u16).to_be_bytes()[..]].iter().chain(parts) {
            let Some((front, behind)) = rest.split_at_mut_checked(part.len()) else { break };
            front.copy_from_slice(part);
            rest = behind;
        }
        self.used += 2 + length;
        Place(place)
    }

    /// Returns a record.
    pub(super) fn get(&self, place: Place) -> &[u8] {
        let at = place.0 as usize;
        let Some(rest) = self.chunks.get(at / CHUNK_BYTES).and_then(|chunk| chunk.get(at % CHUNK_BYTES..)) else {
            return &[];
        };
        let Some((length, rest)) = rest.split_first_chunk::<2>() else { return &[] };
        rest.get(..usize::from(u16::from_be_bytes(*length))).unwrap_or_default()
    }

    /// Wipes everything.
    pub(super) fn clear(&mut self) {
        self.chunks.iter_mut().for_each(|chunk| chunk.zeroize());
        self.chunks = Vec::new();
        self.used = 0;
    }

    /// Returns how much memory this takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK_BYTES
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_that_is_too_long_is_empty_and_harms_no_other() {
        let mut arena = Arena::default();
        let before = arena.push(&[b"before"]);
        let long = arena.push(&[&[7; RECORD_BYTES_MAX], &[7]]);
        let after = arena.push(&[b"af", b"", b"ter"]);
        assert_eq!((arena.get(before), arena.get(long), arena.get(after)), (&b"before"[..], &b""[..], &b"after"[..]));
    }

    #[test]
    fn nothing_is_left_after_clearing() {
        let mut arena = Arena::default();
        let place = arena.push(&[b"Ada"]);
        arena.clear();
        assert_eq!((arena.get(place), arena.bytes()), (&b""[..], 0));
    }

    proptest! {
        #[test]
        fn every_record_reads_back(lengths in proptest::collection::vec(0_usize..RECORD_BYTES_MAX + 1, 0..60)) {
            let mut arena = Arena::default();
            let records: Vec<Vec<u8>> =
                lengths.into_iter().enumerate().map(|(number, length)| vec![number as u8; length]).collect();
            let places: Vec<Place> = records.iter().map(|record| arena.push(&[record])).collect();
            for (record, place) in records.iter().zip(places) {
                prop_assert_eq!(arena.get(place), record.as_slice());
            }
        }
    }
}
