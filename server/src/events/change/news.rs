//! What is new about an event after a change: for the record, and for those who want to come.

use chrono::DateTime;
use serde_json::{Map, Value};
use sync_protocol::time::UnixMillis;

use crate::events::Event;
use crate::events::body::NewEvent;

/// A field longer than this is recorded by its name alone.
const RECORDED_BYTES_MAX: usize = 2_000;

/// Returns the fields that differ, as they were and as they are, without access codes.
pub(super) fn difference(before: &Event, after: &Event) -> (Value, Value) {
    let (before_all, after_all) = (fields(before), fields(after));
    let (mut old, mut new) = (Map::new(), Map::new());
    for (name, value) in &after_all {
        let was = before_all.get(name).cloned().unwrap_or_default();
        if was != *value {
            old.insert(name.clone(), short(was));
            new.insert(name.clone(), short(value.clone()));
        }
    }
    if before.policy.supervisors != after.policy.supervisors {
        let names =
            |event: &Event| event.policy.supervisors.iter().map(|held| Value::from(held.name.as_str())).collect();
        old.insert("supervisors".to_owned(), names(before));
        new.insert("supervisors".to_owned(), names(after));
    }
    (Value::Object(old), Value::Object(new))
}

fn fields(event: &Event) -> Map<String, Value> {
    let mut body = NewEvent::from(event);
    for ticket_type in &mut body.ticket_types {
        // That there is one is told, and that it is another one by the version; never which.
        ticket_type.access_code = ticket_type.access_code.take().map(|_| "…".to_owned());
    }
    match serde_json::to_value(body) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn short(value: Value) -> Value {
    if value.to_string().len() > RECORDED_BYTES_MAX { Value::from("…") } else { value }
}

/// Returns what somebody who means to come must know, a sentence each.
pub(super) fn for_attendees(before: &Event, after: &Event) -> Vec<String> {
    let mut news = Vec::new();
    let (was, is) = (&before.policy, &after.policy);
    let zone = is.time_zone.as_str();
    if was.starts != is.starts || was.time_zone != is.time_zone {
        news.push(format!("It now begins on {}.", in_zone(is.starts, zone)));
    }
    if was.ends != is.ends {
        news.push(format!("It now ends on {}.", in_zone(is.ends, zone)));
    }
    if before.about.location != after.about.location {
        news.push(match after.about.location.as_str() {
            "" => "The place is not settled any more.".to_owned(),
            place => format!("It now takes place here: {place}"),
        });
    }
    news
}

/// Returns a time as the clocks at the event show it.
fn in_zone(time: UnixMillis, zone: &str) -> String {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::UTC);
    let time = i64::try_from(time.0).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    format!("{} ({zone})", time.with_timezone(&zone).format("%-d %B %Y, %H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_the_clocks_at_the_event_show_it() {
        assert_eq!(in_zone(UnixMillis(1_795_248_000_000), "Europe/Berlin"), "21 November 2026, 09:00 (Europe/Berlin)");
        assert_eq!(in_zone(UnixMillis(0), "UTC"), "1 January 1970, 00:00 (UTC)");
    }
}
