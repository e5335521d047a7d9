//! The files of the keys: the present one, the next one, and those before.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A key's file that could not be moved or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot change {path}")]
pub struct FileError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Returns the file of the key that is to take the place of the one in `path`.
pub(super) fn next(path: &Path) -> PathBuf {
    beside(path, "next")
}

/// Puts the next key in the place of the one in `path`, and returns where that is kept: copies of the database that were
/// made before need it. Each step leaves both keys on the disk.
pub(super) fn take_over(path: &Path) -> Result<PathBuf, FileError> {
    let before = aside(path)?;
    let next = next(path);
    // Another name for the same file: the present one never is without a key.
    if !before.exists() {
        fs::hard_link(path, &before).map_err(failed(&before))?;
    }
    sync_folder(path)?;
    fs::rename(&next, path).map_err(failed(path))?;
    sync_folder(path)?;
    Ok(before)
}

/// Removes a next key that nothing is sealed under.
pub(super) fn discard(next: &Path) -> Result<(), FileError> {
    fs::remove_file(next).map_err(failed(next))
}

/// Returns where the key in `path` is to be kept: where a try that was cut short has put it, or the first free name.
fn aside(path: &Path) -> Result<PathBuf, FileError> {
    let present = fs::read(path).map_err(failed(path))?;
    let mut number = 1;
    loop {
        let aside = beside(path, &format!("before-{number}"));
        match fs::read(&aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(aside),
            Ok(held) if held == present => return Ok(aside),
            Ok(_) => number += 1,
            Err(source) => return Err(FileError { path: aside, source }),
        }
    }
}

fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> FileError + use<> {
    let path = path.to_owned();
    move |source| FileError { path, source }
}
