//! How much room the disk has, and the reserve that lets a journal be finished on a full one.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file::{Folder, private};

/// Below this much free space staff are warned, in bytes.
pub const WARNING_BYTES: u64 = 64 * 1024 * 1024;
/// Below this much free space nobody new is admitted, in bytes.
pub const FULL_BYTES: u64 = 16 * 1024 * 1024;
/// The length of the reserve.
const RESERVE_BYTES: usize = 16 * 1024 * 1024;
/// How long a measurement holds.
const HOLDS: Duration = Duration::from_secs(1);

/// Watches the free space of a store's disk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Space {
    measured: Option<(Instant, u64)>,
    /// The reserve was given back, and what it held is not for new admissions.
    is_released: bool,
}

impl Space {
    /// Returns how many bytes are free besides the reserve, as measured within the last second. A
    /// disk that does not say counts as having room: the commit itself will tell.
    pub(super) fn free(&mut self, folder: &Folder) -> u64 {
        if let Some((at, bytes)) = self.measured
            && at.elapsed() < HOLDS
        {
            return bytes;
        }
        let held_back = if self.is_released { RESERVE_BYTES as u64 } else { 0 };
        let bytes = free_bytes(folder.path()).unwrap_or(u64::MAX).saturating_sub(held_back);
        self.measured = Some((Instant::now(), bytes));
        bytes
    }

    /// Gives the reserve back to the disk.
    pub(super) fn release(&mut self, folder: &Folder) {
        // If it is not there, there is nothing to give back.
        let _ = std::fs::remove_file(folder.reserve());
        *self = Self { measured: None, is_released: true };
    }
}

/// Puts the reserve in place, where there is room for it.
pub(super) fn fill_reserve(folder: &Folder) -> std::io::Result<()> {
    let path = folder.reserve();
    let is_there = std::fs::metadata(&path).is_ok_and(|file| file.len() == RESERVE_BYTES as u64);
    if is_there || free_bytes(folder.path()).is_some_and(|free| free < WARNING_BYTES) {
        return Ok(());
    }
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
    // Written, not only made long: a hole would hold no room.
    let block = [0; 64 * 1024];
    for _ in 0..RESERVE_BYTES / block.len() {
        file.write_all(&block)?;
    }
    Ok(())
}

/// Returns how many bytes of the disk that holds `path` are free for this user; nothing if the disk does not say.
#[expect(unsafe_code, reason = "the standard library cannot ask a file system for its free space")]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut answer = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte and lives through the call; the answer is read only
    // when the call says that it has filled it.
    let answer = unsafe {
        if libc::statvfs(path.as_ptr(), answer.as_mut_ptr()) != 0 {
            return None;
        }
        answer.assume_init()
    };
    Some(answer.f_bavail.saturating_mul(answer.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_says_how_much_room_it_has() {
        assert!(free_bytes(Path::new("/")).is_some());
        assert_eq!(free_bytes(Path::new("/no/such/folder")), None);
    }
}
