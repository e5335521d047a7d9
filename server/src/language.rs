//! The languages that letters and ticket documents are written in, and how each writes a time.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sync_protocol::time::UnixMillis;

/// A language.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum, utoipa::ToSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    #[value(name = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    #[value(name = "de")]
    German,
}

const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

impl Language {
    /// Returns its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    const fn weekday(self, day: Weekday) -> &'static str {
        match (self, day) {
            (Self::English, Weekday::Mon) => "Monday",
            (Self::English, Weekday::Tue) => "Tuesday",
            (Self::English, Weekday::Wed) => "Wednesday",
            (Self::English, Weekday::Thu) => "Thursday",
            (Self::English, Weekday::Fri) => "Friday",
            (Self::English, Weekday::Sat) => "Saturday",
            (Self::English, Weekday::Sun) => "Sunday",
            (Self::German, Weekday::Mon) => "Montag",
            (Self::German, Weekday::Tue) => "Dienstag",
            (Self::German, Weekday::Wed) => "Mittwoch",
            (Self::German, Weekday::Thu) => "Donnerstag",
            (Self::German, Weekday::Fri) => "Freitag",
            (Self::German, Weekday::Sat) => "Samstag",
            (Self::German, Weekday::Sun) => "Sonntag",
        }
    }

    fn date(self, time: &DateTime<Tz>) -> String {
        let (months, dot) = match self {
            Self::English => (&MONTHS_ENGLISH, ""),
            Self::German => (&MONTHS_GERMAN, "."),
        };
        let month = months.get(time.month0() as usize).copied().unwrap_or_default();
        format!("{}, {}{dot} {month} {}", self.weekday(time.weekday()), time.day(), time.year())
    }

    /// Writes from when until when something lasts, as the clocks in `zone` show it.
    pub fn span(self, starts: UnixMillis, ends: UnixMillis, zone: Tz) -> String {
        let (starts, ends) = (in_zone(starts, zone), in_zone(ends, zone));
        let clock = |time: &DateTime<Tz>| time.format("%H:%M").to_string();
        let hour = match self {
            Self::English => "",
            Self::German => " Uhr",
        };
        let end = if starts.date_naive() == ends.date_naive() {
            format!("\u{2013}{}{hour}", clock(&ends))
        } else {
            format!("{hour} \u{2013} {}, {}{hour}", self.date(&ends), clock(&ends))
        };
        format!("{}, {}{end} ({})", self.date(&starts), clock(&starts), ends.format("%Z"))
    }
}

/// Returns a time as the clocks in `zone` show it.
pub fn in_zone(time: UnixMillis, zone: Tz) -> DateTime<Tz> {
    let millis = i64::try_from(time.0).unwrap_or(i64::MAX);
    let utc = DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC);
    zone.from_utc_datetime(&utc.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::time::parse_rfc3339;

    #[test]
    fn a_time_is_told_as_the_clocks_at_the_event_show_it() {
        let time = |text: &str| parse_rfc3339(text).unwrap();
        let (starts, ends) = (time("2026-03-28T20:00:00Z"), time("2026-03-28T22:30:00Z"));
        let berlin = chrono_tz::Europe::Berlin;

        assert_eq!(Language::English.span(starts, ends, berlin), "Saturday, 28 March 2026, 21:00\u{2013}23:30 (CET)");
        assert_eq!(
            Language::German.span(starts, time("2026-03-29T10:00:00Z"), berlin),
            "Samstag, 28. März 2026, 21:00 Uhr \u{2013} Sonntag, 29. März 2026, 12:00 Uhr (CEST)"
        );
    }
}
