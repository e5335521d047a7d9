//! What whoever runs the server watches it by: how it answers, what it takes in, how its terminals are.
//!
//! What happens is counted in this process, and added up by whoever reads several of them. What lies in the database
//! is read from there each time that somebody asks, so that every process of an installation says the same of it. No
//! number speaks of a person; devices and events are named by their ids.

pub mod process;
pub mod reading;
pub mod serve;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sync_protocol::journal::EntryKind;
use sync_protocol::verdict::Code;

use self::reading::Reading;
use crate::admissions::CheckIn;
use crate::db::meters::Meters;
use crate::in_turn::InTurn;

/// Bounds of how long an answer takes, in seconds. Long polls and streams end up in the last ones.
const ANSWER_BUCKETS: [f64; 14] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// What a method is called that nobody knows: callers choose it freely.
const OTHER_METHOD: &str = "OTHER";
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Returns what a request's method is called here: one of a few, whatever its caller made up.
pub(crate) fn method_name(method: &str) -> &'static str {
    METHODS.iter().find(|known| **known == method).copied().unwrap_or(OTHER_METHOD)
}

/// Names and values that tell one series of a metric from the others.
pub(crate) type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// What became of a batch of a journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Batch {
    /// Its entries were stored.
    Stored,
    /// All of its entries were held already.
    Known,
    /// It waits for an organiser's word.
    Quarantined,
    /// Entries are missing before it.
    Gap,
    /// It contradicts what is held.
    Forked,
    /// It cannot be read, or its chain or signature is wrong.
    Refused,
}

impl Batch {
    const ALL: [Self; 6] = [Self::Stored, Self::Known, Self::Quarantined, Self::Gap, Self::Forked, Self::Refused];

    const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Known => "known",
            Self::Quarantined => "quarantined",
            Self::Gap => "gap",
            Self::Forked => "forked",
            Self::Refused => "refused",
        }
    }
}

/// By what a request was held up for coming too often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// How often its address asks.
    Address,
    /// How often its account asks.
    Account,
}

impl Limit {
    const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Account => "account",
        }
    }
}

/// What became of work for which the database was busy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Busy {
    /// The server tried again by itself.
    Retried,
    /// Whoever asked was told to come back.
    Refused,
}

impl Busy {
    const fn name(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::Refused => "refused",
        }
    }
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<Labels<3>, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    limited: Family<Labels<1>, Counter>,
    batches: Family<Labels<1>, Counter>,
    entries: Family<Labels<1>, Counter>,
    check_ins: Family<Labels<3>, Counter>,
    busy: Family<Labels<1>, Counter>,
    failed_readings: Counter,
    /// One reading of the database for all who ask while it lasts.
    readings: InTurn<(), (), Option<Arc<Reading>>>,
}

impl Metrics {
    /// Returns counters at zero, beside those of the database.
    pub fn new(database: &Meters) -> Self {
        let metrics = Self {
            registry: Registry::default(),
            answers: Family::new_with_constructor(|| Histogram::new(ANSWER_BUCKETS)),
            in_flight: Gauge::default(),
            limited: Family::default(),
            batches: Family::default(),
            entries: Family::default(),
            check_ins: Family::default(),
            busy: Family::default(),
            failed_readings: Counter::default(),
            readings: InTurn::new(usize::MAX),
        };
        metrics.begin_at_zero();
        metrics.registered(database)
    }

    /// What has not happened yet is 0 and not absent, so that its first time is seen as a rise.
    fn begin_at_zero(&self) {
        for limit in [Limit::Address, Limit::Account] {
            self.limited.get_or_create(&[("by", limit.name().into())]).inc_by(0);
        }
        for batch in Batch::ALL {
            self.batches.get_or_create(&[("outcome", batch.name().into())]).inc_by(0);
        }
        for outcome in [Batch::Stored, Batch::Known, Batch::Quarantined] {
            self.entries.get_or_create(&[("outcome", outcome.name().into())]).inc_by(0);
        }
        for busy in [Busy::Retried, Busy::Refused] {
            self.busy.get_or_create(&[("outcome", busy.name().into())]).inc_by(0);
        }
    }

    fn registered(mut self, database: &Meters) -> Self {
        let registry = &mut self.registry;
        registry.register(
            "usher_http_request_seconds",
            "Time from a request's head to its answer's, by route, method and class of status",
            self.answers.clone(),
        );
        registry.register(
            "usher_http_requests_in_flight",
            "Requests that have begun and are not answered yet, long polls and streams included",
            self.in_flight.clone(),
        );
        registry.register(
            "usher_http_rate_limited",
            "Requests that were refused because they came too often, by whose",
            self.limited.clone(),
        );
        registry.register("usher_journal_batches", "Batches of journals, by what became of them", self.batches.clone());
        registry.register("usher_journal_entries", "Entries of journals, by what became of them", self.entries.clone());
        registry.register(
            "usher_check_ins",
            "Admissions, exits, denials and undoings that were recorded, by the door's kind; denials by their reason",
            self.check_ins.clone(),
        );
        registry.register(
            "usher_database_busy",
            "Times that others were in a transaction's way, by what became of the work",
            self.busy.clone(),
        );
        registry.register(
            "usher_metrics_failed_readings",
            "Times that what lies in the database could not be read for these metrics",
            self.failed_readings.clone(),
        );
        database.register(registry);
        process::register(registry);
        self
    }

    /// Counts an answer with the status `status` to a request of a route; `route` is its template, and nothing where
    /// there was none.
    pub fn answered(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let class = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        let route = route.map_or(Cow::Borrowed("(no route)"), |route| Cow::Owned(route.to_owned()));
        let labels = [("method", method_name(method).into()), ("route", route), ("status", class.into())];
        self.answers.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts a request as in flight until what is returned is dropped.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a request that came too often.
    pub fn limited(&self, by: Limit) {
        self.limited.get_or_create(&[("by", by.name().into())]).inc();
    }

    /// Counts a batch; what became of its entries, [`Metrics::entries`] counts.
    pub fn batch(&self, outcome: Batch) {
        self.batches.get_or_create(&[("outcome", outcome.name().into())]).inc();
    }

    /// Counts entries.
    pub fn entries(&self, outcome: Batch, count: usize) {
        self.entries.get_or_create(&[("outcome", outcome.name().into())]).inc_by(count as u64);
    }

    /// Counts check-ins that were recorded, at a terminal or at the server's own door.
    pub fn checked_in(&self, check_ins: &[CheckIn]) {
        for check_in in check_ins {
            let verdict = match check_in.kind {
                EntryKind::Admit => "admit",
                EntryKind::Exit => "exit",
                EntryKind::Deny => "deny",
                EntryKind::Undo => "undo",
                EntryKind::WalkIn
                | EntryKind::Session
                | EntryKind::Sync
                | EntryKind::Incident
                | EntryKind::ClaimLost => continue,
            };
            let reason = match check_in.kind {
                EntryKind::Deny => Code::from_u16(check_in.reason).map_or("unknown", Code::name),
                _ => "",
            };
            let door = if check_in.device_no.0 == 0 { "server" } else { "terminal" };
            let labels = [("door", door.into()), ("reason", reason.into()), ("verdict", verdict.into())];
            self.check_ins.get_or_create(&labels).inc();
        }
    }

    /// Counts that the database was busy.
    pub fn busy(&self, outcome: Busy) {
        self.busy.get_or_create(&[("outcome", outcome.name().into())]).inc();
    }

    /// Writes everything in the text of OpenMetrics 1.0, with what was read of the database, if it could be.
    fn write(&self, reading: Option<&Reading>) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        if let Some(reading) = reading {
            encode_registry(&mut text, &reading.registry())?;
        }
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// A request that is not answered yet; also one whose caller goes away ends.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_by_its_template_and_never_by_what_its_caller_made_up() {
        let metrics = Metrics::new(&Meters::default());

        metrics.answered("GET", Some("/api/v1/events/{event}"), 204, Duration::from_millis(3));
        metrics.answered("BREW", None, 418, Duration::ZERO);

        let text = metrics.write(None).unwrap();
        let of_route =
            r#"usher_http_request_seconds_count{method="GET",route="/api/v1/events/{event}",status="2xx"} 1"#;
        assert!(text.contains(of_route), "{text}");
        assert!(text.contains(r#"{method="OTHER",route="(no route)",status="4xx"} 1"#), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_request_whose_caller_went_away_is_in_flight_no_more() {
        let metrics = Metrics::new(&Meters::default());

        let request = metrics.begin();
        assert!(metrics.write(None).unwrap().contains("usher_http_requests_in_flight 1\n"));
        drop(request);
        assert!(metrics.write(None).unwrap().contains("usher_http_requests_in_flight 0\n"));
    }
}
