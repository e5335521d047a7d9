//! Where the program's own log goes: never to the screen that staff look at, and never with
//! anybody's name in it.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// The longest log file; an older one is kept beside it under the name with `.1`.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Logs to a file from now on. Without a file the program works all the same.
pub(crate) fn to_file(path: &Path) {
    if fs::metadata(path).is_ok_and(|file| file.len() > LOG_BYTES_MAX) {
        let _ = fs::rename(path, path.with_extension("log.1"));
    }
    let Ok(file) = OpenOptions::new().create(true).append(true).mode(0o600).open(path) else { return };
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter("info"))
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
}

/// Logs warnings to standard error from now on.
pub(crate) fn to_stderr() {
    let _ = tracing_subscriber::fmt().with_env_filter(filter("error")).with_writer(std::io::stderr).try_init();
}

/// `USHER_LOG` chooses what is logged, as in `debug` or `usher_terminal=debug`.
fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_from_env("USHER_LOG").unwrap_or_else(|_| EnvFilter::new(level))
}
