//! Waking a thread that is blocked in the camera's driver, and keeping other signals from it.
//!
//! A signal with an empty handler makes the blocked call return with EINTR. Any other signal that
//! lands on a camera thread (the terminal was resized, a key was pressed) would do the same by
//! accident, so those threads block them all.

#![expect(unsafe_code, reason = "signals and their masks are reached through libc only")]

use std::{mem::MaybeUninit, os::unix::thread::JoinHandleExt, sync::Once, thread::JoinHandle};

/// The signal that wakes. Nothing else in the program uses it.
const WAKE: libc::c_int = libc::SIGUSR1;

extern "C" fn do_nothing(_signal: libc::c_int) {}

/// Installs the empty handler, once in the process. Without it the signal would end the program.
pub(super) fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        // SAFETY: the action is zeroed and then filled as sigaction(2) asks; the handler does nothing,
        // so it is safe on any thread at any time. Without SA_RESTART the blocked call returns.
        unsafe {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            action.sa_sigaction = do_nothing as *const () as libc::sighandler_t;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(WAKE, &action, std::ptr::null_mut());
        }
    });
}

/// Blocks every signal but the waking one on the calling thread.
pub(super) fn block() {
    // SAFETY: the set is initialised by sigfillset before it is read; only this thread's mask changes.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::zeroed().assume_init();
        libc::sigfillset(&mut set);
        libc::sigdelset(&mut set, WAKE);
        libc::pthread_sigmask(libc::SIG_SETMASK, &set, std::ptr::null_mut());
    }
}

/// Wakes `thread` if it is blocked in the driver. [`prepare`] must have been called.
pub(super) fn wake<T>(thread: &JoinHandle<T>) {
    // SAFETY: the thread's handle has not been joined or dropped, so its id is valid even if it has ended.
    unsafe {
        libc::pthread_kill(thread.as_pthread_t(), WAKE);
    }
}
