//! How long a small entry takes to be on the store's disk.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use super::Store;
use super::file::private;

/// About what an admission writes.
const ENTRY_BYTES: usize = 512;

impl Store {
    /// Writes `count` entries on trial into a file beside the store, each to the disk before the next, and returns
    /// how long each took.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn time_appends(&self, count: u32) -> io::Result<Vec<Duration>> {
        let path = self.folder.scratch();
        let file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&path)?;
        let times = time_appends(file, count);
        remove_file(path)?;
        times
    }
}

fn time_appends(mut file: File, count: u32) -> io::Result<Vec<Duration>> {
    // The first one makes the file longer than nothing, which costs more than going on.
    file.write_all(&[0; ENTRY_BYTES])?;
    file.sync_data()?;
    (0..count)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[0; ENTRY_BYTES])?;
            file.sync_data()?;
            Ok(started.elapsed())
        })
        .collect()
}
