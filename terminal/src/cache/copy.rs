//! The journal's copy: every sealed entry once more, in a plain file that only grows.
//!
//! It shows that the database went back to an earlier state, and it mends a database that lost
//! entries. A record is `seq u64 ‖ len u32 ‖ sealed`; a torn record at the end is what a power cut
//! leaves, and is cut off.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant};

use sync_protocol::bytes::{Put as _, Reader};
use sync_protocol::id::Seq;

use super::StoreError;
use super::file::{Folder, private};

/// How long an appended record may wait for the disk.
const SYNC_WITHIN: Duration = Duration::from_secs(1);
/// A sealed entry is at most this long: entry, signature, nonce and tag.
const RECORD_BYTES_MAX: u32 = 4_096 + 64 + 24 + 16;

/// The journal's copy, open for appending.
#[derive(Debug)]
pub(super) struct JournalCopy {
    file: File,
    length: u64,
    last: Seq,
    /// Since when something waits for the disk.
    waiting: Option<Instant>,
}

/// One record of the copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record {
    pub(super) seq: Seq,
    pub(super) sealed: Vec<u8>,
}

impl JournalCopy {
    /// Opens the copy, or makes an empty one, and returns it with its records. A torn end is cut
    /// off, and so is everything from the first record on that `is_good` refuses.
    pub(super) fn open(
        folder: &Folder,
        mut is_good: impl FnMut(&Record) -> bool,
    ) -> Result<(Self, Vec<Record>), StoreError> {
        let mut options = OpenOptions::new();
        let mut file =
            private(options.read(true).write(true).create(true).truncate(false)).open(folder.journal_copy())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut reader = Reader::new(&bytes);
        let mut good = reader.clone();
        let mut records: Vec<Record> = Vec::new();
        while let Some(record) = read(&mut reader) {
            let follows = records.last().is_none_or(|last| last.seq.next() == record.seq);
            if !follows || !is_good(&record) {
                break;
            }
            records.push(record);
            good = reader.clone();
        }
        let length = (bytes.len() - good.rest().len()) as u64;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        let last = records.last().map_or(Seq(0), |record| record.seq);
        Ok((Self { file, length, last, waiting: None }, records))
    }

    /// Returns the number of the last entry.
    pub(super) const fn last(&self) -> Seq {
        self.last
    }

    /// Appends one sealed entry. It reaches the disk within a second, by [`JournalCopy::tend`].
    pub(super) fn append(&mut self, seq: Seq, sealed: &[u8]) -> std::io::Result<()> {
        let mut bytes = Vec::with_capacity(12 + sealed.len());
        bytes.put_u64(seq.0).put_u32(sealed.len() as u32).put(sealed);
        if let Err(error) = self.file.write_all(&bytes) {
            // What got there is no record, and must not stand before the next one.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::End(0))?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.last = seq;
        self.waiting.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Brings what has waited long enough to the disk.
    pub(super) fn tend(&mut self) -> std::io::Result<()> {
        if self.waiting.is_some_and(|since| since.elapsed() >= SYNC_WITHIN) { self.sync() } else { Ok(()) }
    }

    /// Brings everything to the disk.
    pub(super) fn sync(&mut self) -> std::io::Result<()> {
        if self.waiting.is_some() {
            self.file.sync_data()?;
            self.waiting = None;
        }
        Ok(())
    }
}

impl Drop for JournalCopy {
    fn drop(&mut self) {
        // The database holds everything that the copy holds; whoever drops it cannot help.
        let _ = self.sync();
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Record> {
    let seq = Seq(reader.u64().ok()?);
    let length = reader.u32().ok().filter(|length| *length <= RECORD_BYTES_MAX)?;
    let sealed = reader.take(usize::try_from(length).ok()?).ok()?.to_vec();
    Some(Record { seq, sealed })
}
