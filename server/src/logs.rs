//! The log: one line per thing that happened, to standard error, with ids and without names.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::traces::{self, Spans};

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// Begins logging, and collecting the spans of traces if somebody takes them. `filter` is a `tracing` filter such as
/// `info,usher_server=debug`; it says nothing about traces.
pub fn begin(format: Format, filter: &str, spans: Option<Spans>) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    let log = fmt::layer().with_ansi(is_terminal).with_writer(std::io::stderr);
    let log = match format {
        Format::Text => log.with_target(false).boxed(),
        Format::Json => log.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    };
    let log = log.with_filter(filter.and(filter_fn(|metadata| metadata.target() != traces::TARGET)));
    let spans = spans.map(|spans| spans.with_filter(filter_fn(|metadata| metadata.target() == traces::TARGET)));
    // Logging that was begun before stays as it is.
    let _ = registry().with(log).with(spans).try_init();
}
