//! Ctrl-C and a request to end, as a flag.

#![expect(unsafe_code, reason = "a signal's handler is set through libc only")]

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn interrupted(_signal: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// From now on SIGINT and SIGTERM raise the flag and don't end the program.
pub(crate) fn listen() {
    let handler = interrupted as *const () as libc::sighandler_t;
    // SAFETY: the handler only stores to an atomic, which is allowed at any moment on any thread.
    unsafe {
        libc::signal(libc::SIGINT, handler);
        libc::signal(libc::SIGTERM, handler);
    }
}

/// Says whether one of them came.
pub(crate) fn happened() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
