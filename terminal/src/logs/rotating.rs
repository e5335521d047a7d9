//! A log that never takes more than its share of the disk: when a file is full, it is set aside and
//! the oldest one goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The longest file.
pub(super) const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// How many files there are, the one being written among them.
pub(super) const FILES_MAX: u32 = 5;

/// Writes lines to a file, and to a new one when it is full.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Rotating {
    /// Goes on with the file at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length })
    }

    /// Sets the full file aside. One that cannot be is emptied: the disk's room is worth more than old lines.
    fn turn_over(&mut self) -> io::Result<()> {
        let is_aside = (1..FILES_MAX).rev().try_for_each(|age| {
            let younger = if age == 1 { self.path.clone() } else { aged(&self.path, age - 1) };
            match fs::rename(younger, aged(&self.path, age)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        if is_aside.is_ok() {
            *self = Self::open(&self.path)?;
        } else {
            self.file.set_len(0)?;
            self.length = 0;
        }
        Ok(())
    }
}

impl Write for Rotating {
    /// Takes `line` whole, so that no line is torn between two files.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.length > 0 && self.length + line.len() as u64 > FILE_BYTES_MAX {
            self.turn_over()?;
        }
        self.file.write_all(line)?;
        self.length += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the file that was set aside `age` turns ago.
pub(super) fn aged(path: &Path, age: u32) -> PathBuf {
    path.with_extension(format!("log.{age}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_within_the_logs_share_of_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usher.log");
        let line = |number: u64| format!("{number:099}\n");
        let per_file = FILE_BYTES_MAX / 100;
        let lines = per_file * u64::from(FILES_MAX) * 2;
        let mut log = Rotating::open(&path).unwrap();
        for number in 0..lines {
            if number == lines / 2 {
                log = Rotating::open(&path).unwrap();
            }
            log.write_all(line(number).as_bytes()).unwrap();
        }

        let files: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 5);
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() <= FILE_BYTES_MAX));
        assert!(fs::read_to_string(&path).unwrap().ends_with(&line(lines - 1)));
        let before = fs::read_to_string(aged(&path, 1)).unwrap();
        assert!(before.ends_with(&line(lines - 1 - (lines - 1) % per_file - 1)), "the next younger one");
        assert!(aged(&path, 4).exists() && !aged(&path, 5).exists());
    }

    #[test]
    fn a_file_that_cannot_be_set_aside_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usher.log");
        fs::create_dir_all(aged(&path, 4).join("in the way")).unwrap();
        fs::create_dir(aged(&path, 3)).unwrap();
        let mut log = Rotating::open(&path).unwrap();
        log.write_all(&[b'x'; FILE_BYTES_MAX as usize]).unwrap();

        log.write_all(b"the next\n").unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "the next\n");
    }
}
