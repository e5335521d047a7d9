//! Standard error while the screen is drawn: libraries that write there, as ALSA's does, would write
//! across it.

#![expect(unsafe_code, reason = "file descriptors are copied through libc only")]

use std::fs::OpenOptions;
use std::io::{IsTerminal as _, stderr};
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicI32, Ordering};

/// No descriptor is kept.
const NONE: i32 = -1;

/// Standard error as it was.
static KEPT: AtomicI32 = AtomicI32::new(NONE);

/// Has whatever is written to standard error vanish from now on, if it would be seen on a terminal.
pub(crate) fn begin() {
    if !stderr().is_terminal() {
        return;
    }
    let Ok(nothing) = OpenOptions::new().write(true).open("/dev/null") else { return };
    // SAFETY: both calls take numbers; the first returns a descriptor of its own or -1.
    unsafe {
        let kept = libc::fcntl(libc::STDERR_FILENO, libc::F_DUPFD_CLOEXEC, 3);
        if kept == NONE {
            return;
        }
        if KEPT.compare_exchange(NONE, kept, Ordering::AcqRel, Ordering::Acquire).is_err() {
            libc::close(kept);
            return;
        }
        libc::dup2(nothing.as_raw_fd(), libc::STDERR_FILENO);
    }
}

/// Has standard error seen again.
pub(crate) fn end() {
    let kept = KEPT.swap(NONE, Ordering::AcqRel);
    if kept != NONE {
        // SAFETY: the descriptor was made by `begin`, and nobody else has it any more.
        unsafe {
            libc::dup2(kept, libc::STDERR_FILENO);
            libc::close(kept);
        }
    }
}
