//! From what is given to the event's rules, and from what people write to instants.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use sync_protocol::id::{ClassId, GateId, ZoneId};
use sync_protocol::policy::{Class, Gate, Policy, Switches, Uses, Zone};
use sync_protocol::time::{UnixMillis, Window};

use super::Wrongs;
use crate::format::{Given, Span, TicketType};

/// What names of zones and gates lead to.
struct Names<'a> {
    zones: &'a [Zone],
    gates: &'a [Gate],
}

/// Returns the event's rules; nothing if something is wrong with them.
pub(super) fn policy(wrongs: &mut Wrongs, path: &str, name: &str, tz: Tz, given: &Given) -> Option<Policy> {
    let before = wrongs.0.len();
    wrongs.unlike(&format!("{path}.zones"), given.zones.iter().map(|zone| &zone.name));
    wrongs.unlike(&format!("{path}.gates"), given.gates.iter().map(|gate| &gate.name));
    wrongs.unlike(&format!("{path}.ticket_types"), given.ticket_types.iter().map(|class| &class.name));
    for (what, count) in
        [("zones", given.zones.len()), ("gates", given.gates.len()), ("ticket_types", given.ticket_types.len())]
    {
        wrongs.at_most(&format!("{path}.{what}"), count, 100);
        if count == 0 {
            wrongs.add(format!("{path}.{what}"), "must not be empty");
        }
    }
    let zones: Vec<Zone> = (0..)
        .zip(&given.zones)
        .map(|(id, zone)| Zone { id: ZoneId(id), name: zone.name.clone(), capacity: zone.capacity })
        .collect();
    let mut gates = Vec::with_capacity(given.gates.len());
    for (id, gate) in (0..).zip(&given.gates) {
        let zone = match &gate.zone {
            None => zones.first().map(|zone| zone.id),
            Some(name) => zones.iter().find(|zone| zone.name == *name).map(|zone| zone.id),
        };
        match zone {
            Some(zone) => gates.push(Gate { id: GateId(id), name: gate.name.clone(), zone }),
            None => wrongs.add(format!("{path}.gates[{id}].zone"), "is no zone"),
        }
    }
    let names = Names { zones: &zones, gates: &gates };
    let classes: Vec<Class> = (0..)
        .zip(&given.ticket_types)
        .map(|(id, class)| class_of(wrongs, &format!("{path}.ticket_types[{id}]"), tz, &names, id, class))
        .collect();
    let home_gates = names.gates(wrongs, &format!("{path}.switches.home_gates"), &given.switches.home_gates);
    let starts = time(wrongs, &format!("{path}.starts"), tz, &given.starts);
    let ends = time(wrongs, &format!("{path}.ends"), tz, &given.ends);
    let policy = Policy {
        event: name.chars().take(200).collect(),
        time_zone: given.time_zone.clone(),
        starts: starts?,
        ends: ends?,
        zones,
        gates,
        classes,
        limits: given.limits,
        switches: Switches {
            admit_unpaid: given.switches.admit_unpaid,
            unlisted: given.switches.unlisted,
            manual: given.switches.manual,
            home_gates,
            ..Switches::default()
        },
        supervisors: Vec::new(),
    };
    if wrongs.0.len() == before
        && let Err(error) = policy.check()
    {
        wrongs.add(path, format!("is no event: {error}"));
    }
    (wrongs.0.len() == before).then_some(policy)
}

fn class_of(wrongs: &mut Wrongs, path: &str, tz: Tz, names: &Names<'_>, id: u16, class: &TicketType) -> Class {
    let windows = spans(wrongs, &format!("{path}.windows"), tz, &class.windows);
    let mut periods = spans(wrongs, &format!("{path}.periods"), tz, &class.periods);
    for (at, text) in class.days.iter().enumerate() {
        match day(tz, text) {
            Some(window) => periods.push(window),
            None => wrongs.add(format!("{path}.days[{at}]"), "is no day such as 2027-03-28"),
        }
    }
    let home_gate = class.home_gate.as_ref().and_then(|name| names.gate(wrongs, &format!("{path}.home_gate"), name));
    let mut zones = Vec::with_capacity(class.zones.len());
    for (at, name) in class.zones.iter().enumerate() {
        match names.zones.iter().find(|zone| zone.name == *name) {
            Some(zone) => zones.push(zone.id),
            None => wrongs.add(format!("{path}.zones[{at}]"), "is no zone"),
        }
    }
    Class {
        id: ClassId(id),
        name: class.name.clone(),
        zones,
        gates: names.gates(wrongs, &format!("{path}.gates"), &class.gates),
        windows,
        uses: Uses { limit: class.uses, periods },
        re_entry: class.re_entry,
        strict_clock: class.strict_clock,
        home_gate,
        price: None,
    }
}

impl Names<'_> {
    fn gate(&self, wrongs: &mut Wrongs, path: &str, name: &str) -> Option<GateId> {
        let found = self.gates.iter().find(|gate| gate.name == name).map(|gate| gate.id);
        if found.is_none() {
            wrongs.add(path, "is no gate");
        }
        found
    }

    fn gates(&self, wrongs: &mut Wrongs, path: &str, names: &[String]) -> Vec<GateId> {
        let named = names.iter().enumerate();
        named.filter_map(|(at, name)| self.gate(wrongs, &format!("{path}[{at}]"), name)).collect()
    }
}

fn spans(wrongs: &mut Wrongs, path: &str, tz: Tz, spans: &[Span]) -> Vec<Window> {
    let mut windows = Vec::with_capacity(spans.len());
    for (at, span) in spans.iter().enumerate() {
        let from = time(wrongs, &format!("{path}[{at}].from"), tz, &span.from);
        let until = time(wrongs, &format!("{path}[{at}].until"), tz, &span.until);
        let (Some(from), Some(until)) = (from, until) else { continue };
        match Window::new(from, until) {
            Ok(window) => windows.push(window),
            Err(error) => wrongs.add(format!("{path}[{at}].until"), error.to_string()),
        }
    }
    windows
}

/// Reads a time: RFC 3339 with an offset, or by the clocks of the event's zone without one.
pub(super) fn time(wrongs: &mut Wrongs, path: &str, tz: Tz, text: &str) -> Option<UnixMillis> {
    let local = || {
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let naive = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
        // An hour that the clocks skip or show twice needs an offset.
        tz.from_local_datetime(&naive).single().map(|time| time.timestamp_millis())
    };
    let millis = DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()).or_else(local);
    let found = millis.and_then(|millis| u64::try_from(millis).ok()).map(UnixMillis);
    if found.is_none() {
        let what = "is no time: 2027-06-12T09:00:00.000 by the event's clocks, or with an offset at its end";
        wrongs.add(path, what);
    }
    found
}

/// Returns a day from its first instant up to the next day's.
fn day(tz: Tz, text: &str) -> Option<Window> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let start = |date: NaiveDate| {
        let midnight = tz.from_local_datetime(&date.and_hms_opt(0, 0, 0)?).earliest()?;
        u64::try_from(midnight.timestamp_millis()).ok().map(UnixMillis)
    };
    Window::new(start(date)?, start(date.succ_opt()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_on_which_the_clocks_change_has_23_or_25_hours() {
        let hours = |text| {
            let day = day(chrono_tz::Europe::Berlin, text).unwrap();
            day.until().since(day.from()) / 3_600_000
        };
        assert_eq!((hours("2027-03-28"), hours("2027-10-31"), hours("2027-06-12")), (23, 25, 24));
    }

    #[test]
    fn a_time_without_an_offset_is_the_events_own() {
        let mut wrongs = Wrongs::default();
        let mut read = |text| time(&mut wrongs, "at", chrono_tz::Europe::Berlin, text);
        assert_eq!(read("2027-06-12T09:00"), read("2027-06-12T07:00:00.000Z"));
        assert_eq!(read("2027-06-12T09:00:00.001").unwrap().0, read("2027-06-12T09:00").unwrap().0 + 1);
        assert_eq!(read("2027-02-30T09:00"), None);
        assert_eq!(wrongs.0.len(), 1);
    }
}
