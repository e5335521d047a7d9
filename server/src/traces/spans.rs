//! Spans on their way from the program to the collector.

use std::fmt;
use std::time::Instant;

use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::otlp::{Kind, Span};
use crate::clock::{Clock, random_bytes};

/// Spans that wait to be sent. Those that come while so many wait are lost: a collector that is away holds nobody up.
const WAITING_MAX: usize = 8_192;

/// Collects finished spans.
#[derive(Debug)]
pub struct Spans(mpsc::Sender<Span>);

/// Returns what collects finished spans, and where they come out. It is to see the spans of [`TARGET`] alone.
///
/// [`TARGET`]: super::TARGET
pub fn begin() -> (Spans, mpsc::Receiver<Span>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Spans(sender), receiver)
}

/// A span that has not ended.
#[derive(Clone, Debug)]
struct Running {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    /// When the trace began, by both clocks: its spans are dated by the one that never jumps.
    origin: (Instant, u64),
    begun: Instant,
    fields: Fields,
}

/// What a span may tell; whatever else is recorded is passed over.
#[derive(Clone, Debug, Default)]
struct Fields {
    method: String,
    route: String,
    status: Option<u16>,
    access: String,
    system: String,
    is_committed: bool,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "method" => value.clone_into(&mut self.method),
            "route" => value.clone_into(&mut self.route),
            "access" => value.clone_into(&mut self.access),
            "system" => value.clone_into(&mut self.system),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = u16::try_from(value).ok();
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "committed" {
            self.is_committed = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl Running {
    fn root(now: Instant) -> Self {
        let unix_ns = Clock::System.now().0.saturating_mul(1_000_000);
        Self {
            trace: random_bytes(),
            id: random_bytes(),
            parent: None,
            origin: (now, unix_ns),
            begun: now,
            fields: Fields::default(),
        }
    }

    fn below(parent: &Self, now: Instant) -> Self {
        Self { id: random_bytes(), parent: Some(parent.id), begun: now, fields: Fields::default(), ..parent.clone() }
    }

    fn unix_ns(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.origin.0).as_nanos();
        self.origin.1.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }

    fn finish(self, name: &str, now: Instant) -> Span {
        let (begun_ns, ended_ns) = (self.unix_ns(self.begun), self.unix_ns(now));
        let Fields { method, route, status, access, system, is_committed } = self.fields;
        let kind = if name == "request" {
            Kind::Request { method, route, status }
        } else {
            Kind::Transaction { access, system, is_committed }
        };
        Span { trace: self.trace, id: self.id, parent: self.parent, begun_ns, ended_ns, kind }
    }
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let now = Instant::now();
        let above = span.scope().skip(1).find_map(|above| above.extensions().get::<Running>().cloned());
        let mut running = above.map_or_else(|| Running::root(now), |above| Running::below(&above, now));
        attributes.record(&mut running.fields);
        span.extensions_mut().insert(running);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(running) = span.extensions_mut().get_mut::<Running>() {
            values.record(&mut running.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let running = span.extensions_mut().remove::<Running>();
        if let Some(running) = running {
            // Where too many wait it is lost.
            let _ = self.0.try_send(running.finish(span.name(), Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::db::Dialect;
    use crate::traces;

    #[test]
    fn a_transaction_belongs_to_the_request_that_it_was_for_even_through_spans_of_the_log() {
        let (spans, mut finished) = begin();
        let spans = spans.with_filter(filter_fn(|metadata| metadata.target() == traces::TARGET));
        let subscriber = tracing_subscriber::registry().with(spans);

        tracing::subscriber::with_default(subscriber, || {
            let request = traces::request("GET", Some("/api/v1/events/{event}"));
            request.in_scope(|| {
                tracing::info_span!("of the log", name = "Ada").in_scope(|| {
                    traces::committed(&traces::transaction("write", Dialect::Sqlite));
                });
            });
            traces::answered(&request, 204);
        });

        let (transaction, request) = (finished.try_recv().unwrap(), finished.try_recv().unwrap());
        assert_eq!((transaction.trace, transaction.parent), (request.trace, Some(request.id)));
        let (access, system) = ("write".to_owned(), "sqlite".to_owned());
        assert_eq!(transaction.kind, Kind::Transaction { access, system, is_committed: true });
        let (method, route) = ("GET".to_owned(), "/api/v1/events/{event}".to_owned());
        assert_eq!(request.kind, Kind::Request { method, route, status: Some(204) });
        assert!(request.begun_ns <= transaction.begun_ns && transaction.ended_ns <= request.ended_ns);
        assert!(finished.try_recv().is_err());
    }
}
