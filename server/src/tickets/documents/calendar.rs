//! An event as a calendar file (RFC 5545), with the rules of its time zone around it, so that no program has to know
//! the zone by name.

use chrono::{DateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, Tz};
use sync_protocol::time::UnixMillis;

use super::Sheet;
use crate::language::in_zone;

/// Octets in a line at most, without its end (RFC 5545, 3.1).
const LINE_BYTES_MAX: usize = 75;
/// How far around the event its zone's rules are told.
const AROUND_S: i64 = 366 * 86_400;
const DAY_S: i64 = 86_400;
/// No event lasts longer; what comes after is not told of its zone.
const DAYS_MAX: i64 = 3_700;

/// Returns the file. `now` is when it is made.
pub fn ics(sheet: &Sheet, now: UnixMillis) -> String {
    let mut file = File(String::new());
    file.line("BEGIN:VCALENDAR");
    file.line("VERSION:2.0");
    file.line("PRODID:-//Usher//Usher//EN");
    file.line("CALSCALE:GREGORIAN");
    file.line("METHOD:PUBLISH");
    zone(&mut file, sheet);
    file.line("BEGIN:VEVENT");
    // The same at every call, so that a file that is opened again changes the entry instead of adding one.
    file.line(&format!("UID:{}-{}@usher", sheet.event, sheet.number));
    file.line(&format!("DTSTAMP:{}", in_zone(now, Tz::UTC).format("%Y%m%dT%H%M%SZ")));
    for (name, time) in [("DTSTART", sheet.starts), ("DTEND", sheet.ends)] {
        let local = in_zone(time, sheet.zone).format("%Y%m%dT%H%M%S");
        file.line(&format!("{name};TZID={}:{local}", sheet.zone.name()));
    }
    file.line(&format!("SUMMARY:{}", escape(&sheet.title)));
    if !sheet.place.is_empty() {
        file.line(&format!("LOCATION:{}", escape(&sheet.place)));
    }
    let about = [sheet.ticket_type.as_str(), sheet.number.as_str(), sheet.description.as_str()];
    let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
    file.line(&format!("DESCRIPTION:{}", escape(&about.join("\n"))));
    file.line("TRANSP:OPAQUE");
    file.line("END:VEVENT");
    file.line("END:VCALENDAR");
    file.0
}

struct File(String);

impl File {
    /// Writes a line, folded between letters.
    fn line(&mut self, line: &str) {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > LINE_BYTES_MAX {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(c);
            length += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// Escapes text (RFC 5545, 3.3.11). Other control characters have no place in it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Tells the zone's offsets from a year before the event until a year after.
fn zone(file: &mut File, sheet: &Sheet) {
    let seconds = |time: UnixMillis| i64::try_from(time.0 / 1_000).unwrap_or(i64::MAX / 2);
    let first = seconds(sheet.starts) - AROUND_S;
    let last = (seconds(sheet.ends) + AROUND_S).min(first + DAYS_MAX * DAY_S);
    file.line("BEGIN:VTIMEZONE");
    file.line(&format!("TZID:{}", sheet.zone.name()));
    observance(file, sheet.zone, first, offset(sheet.zone, first));
    let mut before = first;
    while before < last {
        let after = before + DAY_S;
        let held = offset(sheet.zone, before);
        if offset(sheet.zone, after) != held {
            observance(file, sheet.zone, change_between(sheet.zone, before, after), held);
        }
        before = after;
    }
    file.line("END:VTIMEZONE");
}

/// Returns the first second at which the offset is not what it was at `before`.
fn change_between(zone: Tz, mut before: i64, mut after: i64) -> i64 {
    let held = offset(zone, before);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset(zone, middle) == held { before = middle } else { after = middle }
    }
    after
}

/// Tells the offset that holds from `at` on; `from` is the one before.
fn observance(file: &mut File, zone: Tz, at: i64, from: i32) {
    let is_summer = !local(zone, at).offset().dst_offset().is_zero();
    let kind = if is_summer { "DAYLIGHT" } else { "STANDARD" };
    // The moment is told as the clocks showed it before they were moved.
    let shown = at.saturating_add(i64::from(from));
    let shown = DateTime::<Utc>::from_timestamp(shown, 0).unwrap_or_default().format("%Y%m%dT%H%M%S");
    file.line(&format!("BEGIN:{kind}"));
    file.line(&format!("DTSTART:{shown}"));
    file.line(&format!("TZOFFSETFROM:{}", signed(from)));
    file.line(&format!("TZOFFSETTO:{}", signed(offset(zone, at))));
    file.line(&format!("TZNAME:{}", local(zone, at).format("%Z")));
    file.line(&format!("END:{kind}"));
}

fn local(zone: Tz, at: i64) -> DateTime<Tz> {
    zone.from_utc_datetime(&DateTime::<Utc>::from_timestamp(at, 0).unwrap_or_default().naive_utc())
}

/// Returns how far the clocks are ahead of UTC, in seconds.
fn offset(zone: Tz, at: i64) -> i32 {
    local(zone, at).offset().fix().local_minus_utc()
}

fn signed(seconds: i32) -> String {
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    format!("{sign}{:02}{:02}", size / 3_600, size % 3_600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::documents::samples;

    #[test]
    fn the_event_stands_in_its_zone_and_the_zones_changes_stand_with_it() {
        let file = ics(&samples::sheet("Ada"), UnixMillis(1_700_000_000_000));

        for line in [
            "DTSTAMP:20231114T221320Z",
            "DTSTART;TZID=Europe/Berlin:20261121T090000",
            "DTEND;TZID=Europe/Berlin:20261122T180000",
            "SUMMARY:RustConf\\; \"the\\\\first\"\\, 2026",
            "LOCATION:Große Halle\\, Köln",
            "DESCRIPTION:Day pass\\n7J2V9-0QK4NX\\nTwo days\\nof Rust",
        ] {
            assert!(file.contains(&format!("{line}\r\n")), "{line} is missing in\n{file}");
        }
        // Summer time ends on the last Sunday of October, at three by the clocks of summer.
        assert!(file.contains(
            "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n"
        ));
        assert!(
            file.contains("BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n")
        );
    }

    #[test]
    fn lines_are_folded_between_letters_and_unfold_to_what_was_meant() {
        let title = "Größe ".repeat(40);
        let file = ics(&Sheet { title: title.clone(), ..samples::sheet("Ada") }, UnixMillis(0));

        assert!(file.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX));
        assert!(file.replace("\r\n ", "").contains(&format!("SUMMARY:{title}\r\n")));
        assert!(!file.replace("\r\n", "").contains(['\r', '\n']));
    }

    #[test]
    fn nobody_writes_lines_of_their_own_into_the_file() {
        let file =
            ics(&Sheet { title: "x\r\nATTACH:http://evil\u{b}".to_owned(), ..samples::sheet("Ada") }, UnixMillis(0));

        assert!(file.contains("SUMMARY:x\\nATTACH:http://evil\r\n"), "{file}");
    }

    #[test]
    fn a_zone_without_summer_time_and_a_half_hour_off_is_told() {
        let file = ics(&Sheet { zone: chrono_tz::Asia::Kolkata, ..samples::sheet("Ada") }, UnixMillis(0));

        assert_eq!(file.matches("BEGIN:STANDARD").count(), 1);
        assert!(file.contains("TZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\n"));
    }
}
