//! What is new about an event after a change: for the record, and for those who want to come.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::events::Event;
use crate::events::body::NewEvent;
use crate::language::{Language, fill};

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
pub(super) fn for_attendees(before: &Event, after: &Event, language: Language) -> Vec<String> {
    let mut news = Vec::new();
    let (was, is) = (&before.policy, &after.policy);
    let [begins, ends, nowhere, place] = match language {
        Language::English => [
            "It now begins on {value}.",
            "It now ends on {value}.",
            "The place is not settled any more.",
            "It now takes place here: {value}",
        ],
        Language::German => [
            "Der Beginn ist jetzt {value}.",
            "Das Ende ist jetzt {value}.",
            "Der Ort steht nicht mehr fest.",
            "Der Ort ist jetzt: {value}",
        ],
    };
    let mut say = |sentence: &str, value: &str| news.push(fill(sentence, &[("value", value)]));
    let zone = is.time_zone.as_str();
    let moment = |time| format!("{} ({zone})", language.moment(time, zone.parse().unwrap_or(Tz::UTC)));
    if was.starts != is.starts || was.time_zone != is.time_zone {
        say(begins, &moment(is.starts));
    }
    if was.ends != is.ends {
        say(ends, &moment(is.ends));
    }
    if before.about.location != after.about.location {
        let sentence = if after.about.location.is_empty() { nowhere } else { place };
        say(sentence, &after.about.location);
    }
    news
}
