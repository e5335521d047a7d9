//! How times are written: the event's wall clock, and spans in words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sync_protocol::time::UnixMillis;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The event's wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Clockface {
    zone: Tz,
    now: UnixMillis,
}

impl Default for Clockface {
    fn default() -> Self {
        Self { zone: Tz::UTC, now: UnixMillis(0) }
    }
}

impl Clockface {
    /// Returns the wall clock of the zone with this IANA name at the time `now`; UTC if the name is
    /// unknown.
    pub fn new(zone: &str, now: UnixMillis) -> Self {
        Self { zone: zone.parse().unwrap_or(Tz::UTC), now }
    }

    /// Returns the time it shows.
    pub const fn now(&self) -> UnixMillis {
        self.now
    }

    /// Returns hours, minutes and seconds: `14:02:31`.
    pub fn seconds(&self, at: UnixMillis) -> String {
        self.local(at).map_or_else(|| "--:--:--".into(), |at| at.format("%H:%M:%S").to_string())
    }

    /// Returns hours and minutes, with the day where it is not today's: `13:40`, `Fri 20 Nov 18:00`.
    pub fn minutes(&self, at: UnixMillis) -> String {
        match (self.local(at), self.local(self.now)) {
            (Some(at), Some(now)) if at.date_naive() == now.date_naive() => at.format("%H:%M").to_string(),
            (Some(at), _) => at.format("%a %-d %b %H:%M").to_string(),
            (None, _) => "--:--".into(),
        }
    }

    fn local(&self, at: UnixMillis) -> Option<DateTime<Tz>> {
        let at = i64::try_from(at.0).ok().and_then(DateTime::<Utc>::from_timestamp_millis)?;
        Some(at.with_timezone(&self.zone))
    }
}

/// Returns a span of time in words of two units at most: `11 s`, `3 min`, `2 h 05 min`, `4 days`.
pub fn span(ms: u64) -> String {
    match ms {
        0..MINUTE_MS => format!("{} s", ms / SECOND_MS),
        MINUTE_MS..HOUR_MS => format!("{} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{} h {:02} min", ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS),
        _ if ms / DAY_MS == 1 => "1 day".into(),
        _ => format!("{} days", ms / DAY_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples::NOW;

    #[test]
    fn times_are_the_events_and_say_another_day() {
        let clock = Clockface::new("Europe/Berlin", NOW);

        assert_eq!(clock.seconds(NOW), "14:02:31");
        assert_eq!(clock.minutes(NOW.minus(22 * MINUTE_MS)), "13:40");
        assert_eq!(clock.minutes(NOW.minus(15 * HOUR_MS)), "Mon 31 Aug 23:02");
    }

    #[test]
    fn a_time_that_no_calendar_has_is_written_as_none() {
        assert_eq!(Clockface::default().minutes(UnixMillis(u64::MAX)), "--:--");
        assert_eq!(Clockface::new("Mars/Olympus", NOW).seconds(NOW), "12:02:31");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        assert_eq!(span(11_900), "11 s");
        assert_eq!(span(3 * MINUTE_MS), "3 min");
        assert_eq!(span(2 * HOUR_MS + 5 * MINUTE_MS), "2 h 05 min");
        assert_eq!(span(DAY_MS), "1 day");
        assert_eq!(span(u64::MAX), "213503982334 days");
    }
}
