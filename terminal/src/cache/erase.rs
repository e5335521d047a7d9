//! Erasing everything that a terminal holds of an event: by its organiser's order, or once the event is over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use rusqlite::Connection;

use super::{Store, StoreError, over};
use crate::door::Suspension;

/// How much is overwritten at a time, in bytes.
const BLOCK_BYTES: usize = 1024 * 1024;

impl Store {
    /// Marks the event as over, for [`Store::erase`] to follow, if it is closed and the server has acknowledged the whole
    /// journal. Returns whether that was so; if not, or if the mark cannot be written, everything has to stay.
    ///
    /// The mark tells the next start, which finishes erasing that was interrupted; see [`mod@super::over`].
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn begin_shredding(&mut self) -> Result<bool, StoreError> {
        self.check_open()?;
        if self.suspension() != Some(Suspension::Closed) || self.acknowledged() != self.journal_end().seq {
            return Ok(false);
        }
        if let Some(data) = self.folder.path().parent() {
            over::mark(data, self.identity.event())?;
        }
        Ok(true)
    }

    /// Destroys the wrapped data key, then every file of the event. Afterwards this store holds
    /// nothing and can do nothing but go.
    ///
    /// Without the data key nothing in the files can be read, also where a disk keeps old blocks.
    ///
    /// # Errors
    ///
    /// What the disk says. Whatever can be destroyed is destroyed all the same.
    pub fn erase(&mut self) -> Result<(), StoreError> {
        let overwritten = self.overwrite_key();
        let connection = Connection::open_in_memory()?;
        drop(std::mem::replace(&mut self.connection, connection));
        let folder = self.folder.path().to_path_buf();
        let removed = remove(&folder);
        overwritten?;
        Ok(removed?)
    }

    fn overwrite_key(&self) -> Result<(), StoreError> {
        self.connection.execute_batch(
            "PRAGMA secure_delete = 1; \
             UPDATE header SET header = zeroblob(length(header)), wrapped_key = zeroblob(length(wrapped_key));",
        )?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

/// Overwrites and removes every file of the folder, then the folder.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        outcome = outcome.and(overwrite(&path));
    }
    fs::remove_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        outcome = outcome.and_then(|()| File::open(parent)?.sync_all());
    }
    outcome
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let zeroes = vec![0; BLOCK_BYTES.min(left)];
    while left > 0 {
        let count = zeroes.len().min(left);
        file.write_all(zeroes.get(..count).unwrap_or_default())?;
        left -= count;
    }
    file.sync_all()
}
