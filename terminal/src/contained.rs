//! Runs code of others that may panic, and turns the panic into a value without a word on the screen.
//!
//! Image readers, the QR library and the camera library meet bytes from outside; a bug of theirs must
//! cost one picture, not the door.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The code that was run panicked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a library gave up in an unforeseen way")]
pub(crate) struct Panicked;

/// Runs `work`; a panic within becomes [`Panicked`] and prints nothing.
///
/// What `work` changed when it panicked must not be used again, unless any state of it is right.
///
/// # Errors
///
/// [`Panicked`] if `work` panicked.
pub(crate) fn run<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    quieten();
    let outer = CONTAINED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result.map_err(|_| Panicked)
}

/// Puts a panic hook before the present one that says nothing of contained panics.
fn quieten() {
    static QUIETENED: Once = Once::new();
    QUIETENED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_value_and_the_next_run_is_untouched() {
        assert_eq!(
            run(|| if true {
                panic!("a bug of others")
            }),
            Err(Panicked)
        );
        assert_eq!(run(|| 7), Ok(7));
        assert!(!CONTAINED.get());
    }
}
