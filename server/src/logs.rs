//! The log: one line per thing that happened, to standard error, with ids and without names.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// Begins logging. `filter` is a `tracing` filter such as `info,usher_server=debug`.
pub fn begin(format: Format, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    let log = fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(std::io::stderr);
    // Logging that was begun before stays as it is.
    let _ = match format {
        Format::Text => log.with_target(false).try_init(),
        Format::Json => log.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
}
