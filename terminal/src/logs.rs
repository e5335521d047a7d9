//! Where the program's own log goes: never to the screen that staff look at, and never with
//! anybody's name in it.

mod rotating;

use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::thread;

use tracing_subscriber::EnvFilter;

use rotating::{FILES_MAX, Rotating, aged};

/// The log's name in the data folder.
const LOG_FILE: &str = "usher.log";

/// Logs to files in `folder` from now on, panics too. Without a file the program works all the same.
pub(crate) fn to_folder(folder: &Path) {
    let Ok(file) = Rotating::open(&folder.join(LOG_FILE)) else { return };
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter("info"))
        .with_ansi(false)
        // A full disk is told by whoever meets it, in words for staff.
        .log_internal_errors(false)
        .with_writer(Mutex::new(file))
        .try_init();
    note_panics();
}

/// Logs warnings to standard error from now on.
pub(crate) fn to_stderr() {
    let _ = tracing_subscriber::fmt().with_env_filter(filter("error")).with_writer(std::io::stderr).try_init();
}

/// Returns the log's files in `folder` that there may be, the oldest first.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let newest = folder.join(LOG_FILE);
    let mut files: Vec<PathBuf> = (1..FILES_MAX).rev().map(|age| aged(&newest, age)).collect();
    files.push(newest);
    files
}

/// `USHER_LOG` chooses what is logged, as in `debug` or `usher_terminal=debug`.
fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_from_env("USHER_LOG").unwrap_or_else(|_| EnvFilter::new(level))
}

/// Has every panic noted in the log before it is told as before.
fn note_panics() {
    static NOTED: Once = Once::new();
    NOTED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note_panic(info);
            previous(info);
        }));
    });
}

/// Notes a panic in the log.
pub(crate) fn note_panic(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    // What was put together may hold somebody's name: only what is written in the source is told.
    let words = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("its words are not logged");
    tracing::error!(thread = thread.name().unwrap_or("unnamed"), place, words, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::Arc;

    #[test]
    fn a_panic_is_noted_with_its_place_and_without_anybodys_name() {
        let written = Written::default();
        let sink = written.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || sink.clone()).finish();
        let name = String::from("Ada Lovelace");

        let previous = panic::take_hook();
        panic::set_hook(Box::new(note_panic));
        tracing::subscriber::with_default(subscriber, || {
            let _ = panic::catch_unwind(|| panic!("{name} is not expected"));
            let _ = panic::catch_unwind(|| panic!("the queue is torn"));
        });
        panic::set_hook(previous);

        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.matches("logs.rs:").count(), 2, "{log}");
        assert!(log.contains("the queue is torn") && !log.contains("Ada"), "{log}");
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
