//! Figures of an event: who came, when, where, and who did not. Read from what is added up as check-ins are stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Offset as _, TimeZone as _, Utc};
use sync_protocol::id::{ClassId, EventId, GateId, ZoneId};
use sync_protocol::journal::EntryKind;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, TicketStatus};

use super::DoorError;
use crate::admissions::Tally;
use crate::admissions::attendance::{self, By, QUARTER_MS};
use crate::app::App;
use crate::db::{StoreError, Trouble, Tx};
use crate::in_turn::InTurn;
use crate::tickets;

const HOUR_MS: i64 = 60 * 60_000;

/// An event's figures.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// By the hours of the event's time zone, those in which something happened.
    pub hours: BTreeMap<UnixMillis, Tally>,
    /// By gate.
    pub gates: BTreeMap<GateId, Tally>,
    /// By ticket type.
    pub classes: BTreeMap<ClassId, OfClass>,
    /// Tickets inside each zone.
    pub inside: BTreeMap<ZoneId, u64>,
    /// Denials by reason.
    pub denials: BTreeMap<Code, u64>,
    /// Admissions against a finding, by finding.
    pub overrides: BTreeMap<Code, u64>,
    /// Entries that were taken back.
    pub undone: u64,
}

/// The figures of a ticket type.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OfClass {
    /// Tickets that are not cancelled.
    pub registered: u64,
    /// Those of them that came in at least once.
    pub came: u64,
    /// What happened with all of the type.
    pub tally: Tally,
}

impl OfClass {
    /// Returns how many did not come.
    pub const fn no_shows(&self) -> u64 {
        self.registered.saturating_sub(self.came)
    }
}

/// Who waits for figures, by event: all are told what was found by one reading that began after they
/// asked, or what ails the database.
#[derive(Debug)]
pub struct Shared(InTurn<EventId, (), Result<Arc<Statistics>, Trouble>>);

impl Default for Shared {
    fn default() -> Self {
        Self(InTurn::new(usize::MAX))
    }
}

/// Returns an event's figures as they are once this is asked, its hours as in `time_zone`. They are added up from all
/// of its tickets, so those who ask at once share the work: screens that show them ask all the time.
///
/// # Errors
///
/// [`DoorError::Failed`] or [`DoorError::Full`].
pub async fn shared(app: &App, event: EventId, time_zone: &str) -> Result<Arc<Statistics>, DoorError> {
    let (read, time_zone) = (app.clone(), time_zone.to_owned());
    let serve = move |asked: Vec<()>| {
        let (app, time_zone) = (read.clone(), time_zone.clone());
        async move {
            let figures = read_figures(&app, event, &time_zone).await.map(Arc::new);
            let figures = figures.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, %event, "figures were not added up");
                error.trouble()
            });
            vec![figures; asked.len()]
        }
    };
    let found = app.figures().0.ask(event, (), serve).await?;
    found.map_err(DoorError::Failed)
}

async fn read_figures(app: &App, event: EventId, time_zone: &str) -> Result<Statistics, StoreError> {
    let mut tx = app.database().begin_read().await?;
    statistics(&mut tx, event, time_zone).await
}

/// Returns an event's figures, its hours as in `time_zone`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn statistics(tx: &mut Tx, event: EventId, time_zone: &str) -> Result<Statistics, StoreError> {
    let mut statistics = Statistics {
        gates: attendance::gates(tx, event).await?,
        inside: attendance::inside(tx, event).await?,
        ..Statistics::default()
    };
    for sum in attendance::sums(tx, event, By::Quarter).await? {
        let hour = hour_of(UnixMillis(sum.part * QUARTER_MS), time_zone);
        statistics.hours.entry(hour).or_default().add(sum.kind, sum.total);
    }
    for sum in attendance::sums(tx, event, By::Class).await? {
        let class = u16::try_from(sum.part).map_err(|_| StoreError::Corrupt("class"))?;
        statistics.classes.entry(ClassId(class)).or_default().tally.add(sum.kind, sum.total);
        statistics.undone += if sum.kind == EntryKind::Undo { sum.total } else { 0 };
    }
    for sum in attendance::sums(tx, event, By::Code).await? {
        let code = u16::try_from(sum.part).ok().and_then(Code::from_u16);
        let counts = match sum.kind {
            EntryKind::Deny => &mut statistics.denials,
            EntryKind::Admit => &mut statistics.overrides,
            _ => continue,
        };
        if let Some(code) = code.filter(|_| sum.total > 0) {
            counts.insert(code, sum.total);
        }
    }
    for arrivals in tickets::arrivals(tx, event).await? {
        if arrivals.status != TicketStatus::Cancelled {
            let of_class = statistics.classes.entry(arrivals.class).or_default();
            of_class.registered += arrivals.tickets;
            of_class.came += arrivals.came;
        }
    }
    // What was taken back leaves hours and types in which nothing happened.
    statistics.hours.retain(|_, tally| *tally != Tally::default());
    Ok(statistics)
}

/// Returns the beginning of the hour of `at`, as clocks in the time zone show it.
fn hour_of(at: UnixMillis, time_zone: &str) -> UnixMillis {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    let zone: chrono_tz::Tz = time_zone.parse().unwrap_or(chrono_tz::UTC);
    let offset_ms = DateTime::<Utc>::from_timestamp_millis(ms)
        .map_or(0, |at| i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()) * 1_000);
    let hour = ms.saturating_add(offset_ms).div_euclid(HOUR_MS) * HOUR_MS - offset_ms;
    UnixMillis(u64::try_from(hour).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::time::{parse_rfc3339, rfc3339};

    #[test]
    fn an_hour_begins_when_the_clocks_of_the_place_say_so() {
        let hour = |at: &str, zone: &str| rfc3339(hour_of(parse_rfc3339(at).unwrap(), zone));

        assert_eq!(hour("2026-11-21T08:45:00Z", "Europe/Berlin"), "2026-11-21T08:00:00.000Z");
        assert_eq!(hour("2026-11-21T08:45:00Z", "Asia/Kathmandu"), "2026-11-21T08:15:00.000Z");
        assert_eq!(hour("2026-11-21T08:00:00Z", "Asia/Kolkata"), "2026-11-21T07:30:00.000Z");
        assert_eq!(hour("2026-11-21T08:45:00Z", "nowhere"), "2026-11-21T08:00:00.000Z");
    }
}
