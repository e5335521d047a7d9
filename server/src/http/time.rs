//! Times as people write them: RFC 3339 with an offset.

use chrono::{DateTime, SecondsFormat, Utc};
use sync_protocol::time::UnixMillis;

/// Writes a time in UTC with milliseconds.
pub fn rfc3339(time: UnixMillis) -> String {
    i64::try_from(time.0)
        .ok()
        .and_then(DateTime::<Utc>::from_timestamp_millis)
        .map_or_else(|| "9999-12-31T23:59:59.999Z".to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Reads a time with an offset, from 1970 on, to the millisecond.
pub fn parse_rfc3339(text: &str) -> Option<UnixMillis> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    u64::try_from(time.timestamp_millis()).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_and_offsets_count() {
        let time = parse_rfc3339("2026-11-21T20:00:00.5+01:00").unwrap();
        assert_eq!(rfc3339(time), "2026-11-21T19:00:00.500Z");
        assert_eq!(parse_rfc3339("2026-11-21T20:00:00"), None);
        assert_eq!(parse_rfc3339("1969-11-21T20:00:00Z"), None);
    }
}
