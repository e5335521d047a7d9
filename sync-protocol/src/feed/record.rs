//! A numbered entry on the wire, with its body or, where a newer one exists, only its tag.

use alloc::vec::Vec;

use super::entry::{Entity, Kind};
use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::{Hash, hmac};
use crate::id::FeedSeq;

/// The length of a header.
pub const HEADER_BYTES: usize = 57;

/// What the chain runs over: an entry without its body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// Its number.
    pub seq: FeedSeq,
    /// What it is about.
    pub kind: Kind,
    /// What exactly.
    pub entity: Entity,
    /// `HMAC-SHA256(K_body, body)`.
    pub tag: Hash,
}

impl Header {
    /// Returns the header's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.put_u64(self.seq.0).put_u8(self.kind as u8).put(&self.entity.0).put(&self.tag);
        bytes
    }
}

/// Returns the tag of a body under the event's K_body.
pub fn tag(k_body: &[u8; 32], body: &[u8]) -> Hash {
    hmac(k_body, &[body])
}

/// What a record carries of its entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Form {
    /// The body.
    Body(Vec<u8>),
    /// Only the tag, because a later entry replaces this one.
    Tag(Hash),
}

/// A numbered entry on the wire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Its number.
    pub seq: FeedSeq,
    /// What it is about.
    pub kind: Kind,
    /// What exactly.
    pub entity: Entity,
    /// Its body, or its tag.
    pub form: Form,
}

impl Record {
    /// Returns the record's header.
    pub fn header(&self, k_body: &[u8; 32]) -> Header {
        let tag = match &self.form {
            Form::Body(body) => tag(k_body, body),
            Form::Tag(tag) => *tag,
        };
        Header { seq: self.seq, kind: self.kind, entity: self.entity, tag }
    }

    /// Appends the record's bytes.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.put_u64(self.seq.0).put_u8(self.kind as u8).put(&self.entity.0);
        let (form, data): (u8, &[u8]) = match &self.form {
            Form::Body(body) => (0, body),
            Form::Tag(tag) => (1, tag),
        };
        bytes.put_u8(form).put_u32(data.len() as u32).put(data);
    }

    /// Reads one record from the front.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the front is not a record.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let seq = FeedSeq(reader.u64()?);
        let kind = Kind::from_u8(reader.u8()?).ok_or(DecodeError::Invalid("entry kind"))?;
        let entity = Entity(reader.array()?);
        let form = reader.u8()?;
        let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong("body"))?;
        let form = match form {
            0 if length > kind.body_bytes_max() => return Err(DecodeError::TooLong("body")),
            0 => Form::Body(reader.take(length)?.to_vec()),
            1 if length == 32 => Form::Tag(reader.array()?),
            _ => return Err(DecodeError::Invalid("record form")),
        };
        Ok(Self { seq, kind, entity, form })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_record() -> impl Strategy<Value = Record> {
        let form = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80).prop_map(Form::Body),
            any::<[u8; 32]>().prop_map(Form::Tag),
        ];
        (any::<u64>(), 0_usize..8, any::<[u8; 16]>(), form).prop_map(|(seq, kind, entity, form)| Record {
            seq: FeedSeq(seq),
            kind: Kind::ALL[kind],
            entity: Entity(entity),
            form,
        })
    }

    proptest! {
        #[test]
        fn every_record_reads_back_and_none_cut_short_does(record in any_record(), cut in 1_usize..40) {
            let mut bytes = Vec::new();
            record.encode_into(&mut bytes);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(Record::decode(&mut reader), Ok(record));
            prop_assert!(reader.is_empty());
            let shorter = &bytes[..bytes.len().saturating_sub(cut)];
            prop_assert!(Record::decode(&mut Reader::new(shorter)).is_err());
        }

        #[test]
        fn a_header_has_57_bytes(record in any_record()) {
            prop_assert_eq!(record.header(&[1; 32]).encode().len(), HEADER_BYTES);
        }
    }
}
