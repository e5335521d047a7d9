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

    /// Returns the language of a tag, or of the first part of one.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.trim().split('-').next().unwrap_or_default();
        [Self::English, Self::German].into_iter().find(|language| language.tag().eq_ignore_ascii_case(main))
    }

    /// Returns the language that `Accept-Language` (RFC 9110, section 12.5.4) likes best, of those there are.
    pub fn liked_best(accepted: &str) -> Option<Self> {
        let weighed = accepted.split(',').filter_map(|part| {
            let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            Self::of_tag(tag).filter(|_| weight > 0.0).map(|language| (language, weight))
        });
        // Of those that are liked alike, the first.
        weighed.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(language, _)| language)
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

    /// Writes a time, as the clocks in `zone` show it.
    pub fn moment(self, time: UnixMillis, zone: Tz) -> String {
        let time = in_zone(time, zone);
        let hour = match self {
            Self::English => "",
            Self::German => " Uhr",
        };
        format!("{}, {}{hour}", self.date(&time), time.format("%H:%M"))
    }

    /// Writes an amount in a currency's smallest unit as it is read, without the currency.
    pub fn amount(self, minor: u64, currency: &str) -> String {
        // ISO 4217: how many decimals a currency has, where these are not two.
        const WHOLE: [&str; 17] = [
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ];
        const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
        let point = match self {
            Self::English => '.',
            Self::German => ',',
        };
        if WHOLE.contains(&currency) {
            minor.to_string()
        } else if THREE.contains(&currency) {
            format!("{}{point}{:03}", minor / 1_000, minor % 1_000)
        } else {
            format!("{}{point}{:02}", minor / 100, minor % 100)
        }
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

/// Puts values in the places of their names, each once: what a value says is never taken for a name.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(values.iter().find(|(held, _)| *held == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::time::parse_rfc3339;

    #[test]
    fn the_language_that_a_browser_likes_best_is_found_among_others() {
        for (accepted, best) in [
            ("de-DE,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("fr, en;q=0.3, de-AT;q=0.7", Some(Language::German)),
            ("en, de", Some(Language::English)),
            ("de;q=0, en;q=nonsense, *", None),
            ("", None),
        ] {
            assert_eq!(Language::liked_best(accepted), best, "{accepted}");
        }
    }

    #[test]
    fn a_time_is_told_as_the_clocks_at_the_event_show_it() {
        let time = |text: &str| parse_rfc3339(text).unwrap();
        let (starts, ends) = (time("2026-03-28T20:00:00Z"), time("2026-03-28T22:30:00Z"));
        let berlin = chrono_tz::Europe::Berlin;

        assert_eq!(Language::English.moment(starts, berlin), "Saturday, 28 March 2026, 21:00");
        assert_eq!(Language::German.moment(starts, berlin), "Samstag, 28. März 2026, 21:00 Uhr");
        assert_eq!(Language::English.span(starts, ends, berlin), "Saturday, 28 March 2026, 21:00\u{2013}23:30 (CET)");
        assert_eq!(
            Language::German.span(starts, time("2026-03-29T10:00:00Z"), berlin),
            "Samstag, 28. März 2026, 21:00 Uhr \u{2013} Sonntag, 29. März 2026, 12:00 Uhr (CEST)"
        );
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(Language::English.amount(4_905, "EUR"), "49.05");
        assert_eq!(Language::German.amount(4_905, "EUR"), "49,05");
        assert_eq!(Language::English.amount(4_905, "JPY"), "4905");
        assert_eq!(Language::German.amount(4_905, "KWD"), "4,905");
    }

    #[test]
    fn a_value_is_never_taken_for_a_name() {
        let values = [("event", "{reason} {"), ("reason", "rain")];
        assert_eq!(fill("{event}: {reason}", &values), "{reason} {: rain");
        assert_eq!(fill("no names", &values), "no names");
    }
}
