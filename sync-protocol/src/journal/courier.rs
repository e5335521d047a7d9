//! Batches that somebody carries: a file of journals for an organiser to bring to the server.
//!
//! `USHRJRN1`, the event, then batches as they are uploaded, each with its device and its length. Who
//! brings the file doesn't matter: only each batch's own signature counts.

use alloc::vec::Vec;

use super::batch::BATCH_BYTES_MAX;
use crate::bytes::{DecodeError, Put as _, Reader};
use crate::id::{DeviceId, EventId};

/// The longest file.
pub const COURIER_BYTES_MAX: usize = 16 * 1024 * 1024;
const MAGIC: &[u8; 8] = b"USHRJRN1";

/// A file of journals.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Courier {
    /// The event.
    pub event: EventId,
    /// Batches, not yet read, and whose journal each is of; in the order in which to take them.
    pub batches: Vec<(DeviceId, Vec<u8>)>,
}

impl Courier {
    /// Returns the file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put(MAGIC).put(self.event.as_bytes());
        for (device, batch) in &self.batches {
            bytes.put(device.as_bytes()).put_u32(batch.len() as u32).put(batch);
        }
        bytes
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not exactly one such file, or over a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > COURIER_BYTES_MAX {
            return Err(DecodeError::TooLong("file"));
        }
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(DecodeError::Invalid("file"));
        }
        let event = EventId(reader.array()?);
        let mut batches = Vec::new();
        while !reader.is_empty() {
            let device = DeviceId(reader.array()?);
            let length = reader.u32()? as usize;
            if length > BATCH_BYTES_MAX {
                return Err(DecodeError::TooLong("batch"));
            }
            batches.push((device, reader.take(length)?.to_vec()));
        }
        Ok(Self { event, batches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_file_reads_back_and_none_cut_short_does() {
        let courier = Courier {
            event: EventId([1; 16]),
            batches: vec![(DeviceId([2; 16]), vec![3; 40]), (DeviceId([4; 16]), Vec::new())],
        };
        let bytes = courier.encode();
        assert_eq!(Courier::decode(&bytes), Ok(courier));
        let whole: [usize; 3] = [24, 24 + 20 + 40, bytes.len()];
        for length in (0..bytes.len()).filter(|length| !whole.contains(length)) {
            assert!(Courier::decode(&bytes[..length]).is_err(), "{length}");
        }
    }
}
