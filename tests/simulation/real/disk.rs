//! Disks as a power cut leaves them: what was brought to the disk is there, what was on its way is there in part.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::rng::Rng;

/// What a disk writes at once, or not at all, in bytes.
const SECTOR: usize = 512;
/// Files that hold nothing that matters after a restart.
const PASSED_OVER: [&str; 3] = ["reserve", "lock", "-shm"];

/// The files of a folder and of those in it.
#[derive(Clone, Debug)]
pub(super) struct Image(BTreeMap<PathBuf, Vec<u8>>);

impl Image {
    /// Returns what a folder holds now.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        gather(folder, folder, &mut files)?;
        Ok(Self(files))
    }

    /// Makes a folder hold this and nothing else.
    pub(super) fn put_back(&self, folder: &Path) -> io::Result<()> {
        let mut present = BTreeMap::new();
        gather(folder, folder, &mut present)?;
        for path in present.keys().filter(|path| !self.0.contains_key(*path)) {
            fs::remove_file(folder.join(path))?;
        }
        for (path, bytes) in &self.0 {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, bytes)?;
            // SQLite makes its shared memory anew from the log.
            let mut shared = path.into_os_string();
            shared.push("-shm");
            let _ = fs::remove_file(shared);
        }
        Ok(())
    }

    /// Returns what may be left of `after` if the power went while it was being written over `before`: any of the
    /// log's sectors, and none of what is only written once the log is safe. Nothing where more than the log changed.
    pub(super) fn torn(before: &Self, after: &Self, rng: &mut Rng) -> Option<Self> {
        let mut torn = before.clone();
        for path in before.0.keys().chain(after.0.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (before.0.get(path), after.0.get(path));
            let name = path.to_string_lossy();
            if old == new || name.ends_with(".copy") {
                continue;
            }
            if !name.ends_with("-wal") {
                return None;
            }
            let (old, new) = (old.map_or(&[][..], Vec::as_slice), new.map_or(&[][..], Vec::as_slice));
            torn.0.insert(path.clone(), mixed(old, new, rng));
        }
        Some(torn)
    }

    /// Returns this, with what is written after the log in part as it was before.
    pub(super) fn with_torn_copy(&self, before: &Self, rng: &mut Rng) -> Self {
        let mut torn = self.clone();
        for (path, new) in torn.0.iter_mut().filter(|(path, _)| path.to_string_lossy().ends_with(".copy")) {
            let old = before.0.get(path).map_or(&[][..], Vec::as_slice);
            *new = mixed(old, new, rng);
        }
        torn
    }
}

/// Returns `old` with some of the sectors in which `new` differs.
fn mixed(old: &[u8], new: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = old.to_vec();
    for (at, sector) in new.chunks(SECTOR).enumerate() {
        let from = at * SECTOR;
        let until = from + sector.len();
        if old.get(from..until) == Some(sector) || rng.chance(500) {
            continue;
        }
        if bytes.len() < until {
            bytes.resize(until, 0);
        }
        bytes.splice(from..until, sector.iter().copied());
    }
    bytes
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_passed_over = path.to_str().is_some_and(|name| PASSED_OVER.iter().any(|end| name.ends_with(end)));
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if !is_passed_over {
            let bytes = fs::read(&path)?;
            files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), bytes);
        }
    }
    Ok(())
}
