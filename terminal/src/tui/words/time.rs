//! How times are written: the event's wall clock, and spans in words.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;
use sync_protocol::time::UnixMillis;

use crate::catalogue::{Catalogue, text};

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

    fn local(&self, at: UnixMillis) -> Option<DateTime<Tz>> {
        let at = i64::try_from(at.0).ok().and_then(DateTime::<Utc>::from_timestamp_millis)?;
        Some(at.with_timezone(&self.zone))
    }
}

/// The event's wall clock, with the words for its days.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    face: Clockface,
    catalogue: &'a Catalogue,
}

impl<'a> Clock<'a> {
    /// Returns the wall clock that calls days as `catalogue` does.
    pub(super) const fn new(face: Clockface, catalogue: &'a Catalogue) -> Self {
        Self { face, catalogue }
    }

    /// Returns the time it shows.
    pub const fn now(&self) -> UnixMillis {
        self.face.now()
    }

    /// Returns hours, minutes and seconds: `14:02:31`.
    pub fn seconds(&self, at: UnixMillis) -> String {
        self.face.seconds(at)
    }

    /// Returns hours and minutes, with the day where it is not today's, and the year where it is not this one:
    /// `13:40`, `Fri 20 Nov 18:00`, `Wed 31 Dec 2025 23:30`.
    pub fn minutes(&self, at: UnixMillis) -> String {
        let Some(at) = self.face.local(at) else { return "--:--".into() };
        let time = at.format("%H:%M").to_string();
        let now = self.face.local(self.face.now);
        if now.is_some_and(|now| now.date_naive() == at.date_naive()) {
            return time;
        }
        let number = |id: &str, number: u32| text(self.catalogue.say_with(id, &[("number", number.into())]));
        let values = [
            ("weekday", number("time-weekday", at.weekday().number_from_monday())),
            ("day", text(at.day().to_string())),
            ("month", number("time-month", at.month())),
            ("time", text(time)),
            ("year", text(at.year().to_string())),
        ];
        let is_this_year = now.is_some_and(|now| now.year() == at.year());
        self.catalogue.say_with(if is_this_year { "time-date" } else { "time-date-year" }, &values)
    }
}

/// Returns a span of time in words of two units at most: `11 s`, `3 min`, `2 h 05 min`, `4 days`.
pub(super) fn span(ms: u64, catalogue: &Catalogue) -> String {
    let number = |name, number: u64| (name, text(number.to_string()));
    match ms {
        0..MINUTE_MS => catalogue.say_with("time-seconds", &[number("seconds", ms / SECOND_MS)]),
        MINUTE_MS..HOUR_MS => catalogue.say_with("time-minutes", &[number("minutes", ms / MINUTE_MS)]),
        HOUR_MS..DAY_MS => {
            let minutes = text(format!("{:02}", ms % HOUR_MS / MINUTE_MS));
            catalogue.say_with("time-hours", &[number("hours", ms / HOUR_MS), ("minutes", minutes)])
        }
        _ => catalogue.say_with("time-days", &[("days", (ms / DAY_MS).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples::NOW;
    use crate::catalogue::Language;

    #[test]
    fn times_are_the_events_and_say_another_day_and_year() {
        let face = Clockface::new("Europe/Berlin", NOW);
        let (english, german) = (Catalogue::new(Language::English), Catalogue::new(Language::German));
        let minutes = |at| (Clock::new(face, &english).minutes(at), Clock::new(face, &german).minutes(at));

        assert_eq!(face.seconds(NOW), "14:02:31");
        assert_eq!(minutes(NOW.minus(22 * MINUTE_MS)), ("13:40".into(), "13:40".into()));
        assert_eq!(minutes(NOW.minus(15 * HOUR_MS)), ("Mon 31 Aug 23:02".into(), "Mo 31. Aug. 23:02".into()));
        assert_eq!(minutes(NOW.plus(122 * DAY_MS)), ("Fri 1 Jan 2027 13:02".into(), "Fr 1. Jan. 2027 13:02".into()));
    }

    #[test]
    fn a_time_that_no_calendar_has_is_written_as_none() {
        let catalogue = Catalogue::default();

        assert_eq!(Clock::new(Clockface::default(), &catalogue).minutes(UnixMillis(u64::MAX)), "--:--");
        assert_eq!(Clockface::new("Mars/Olympus", NOW).seconds(NOW), "12:02:31");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let catalogue = Catalogue::default();
        let span = |ms| span(ms, &catalogue);

        assert_eq!(span(11_900), "11 s");
        assert_eq!(span(3 * MINUTE_MS), "3 min");
        assert_eq!(span(2 * HOUR_MS + 5 * MINUTE_MS), "2 h 05 min");
        assert_eq!(span(DAY_MS), "1 day");
        assert_eq!(span(40 * DAY_MS), "40 days");
    }
}
