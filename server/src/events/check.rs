//! From what an organiser sent to a policy and an offer, or to everything that is wrong with it.

use std::collections::HashMap;

use sync_protocol::id::{ClassId, GateId, ZoneId};
use sync_protocol::policy::{self, CLASSES_MAX, Class, GATES_MAX, Gate, Policy, Switches, Uses, ZONES_MAX, Zone};
use sync_protocol::text;
use sync_protocol::time::{UnixMillis, Window};

use super::body::{GateBody, NewEvent, NewSupervisorBody, TicketTypeBody, WindowBody, ZoneBody};
use super::supervisors::{self, NewSupervisor, SUPERVISOR_BYTES_MAX};
use super::{Offer, OfferedType, Price};
use crate::http::problem::FieldError;
use crate::http::time::parse_rfc3339;

/// The longest name of an event, zone, gate or ticket type.
pub(super) const NAME_CHARS_MAX: usize = 200;
const WINDOWS_MAX: usize = 400;
/// A year: every limit of time is shorter.
const LIMIT_MS_MAX: u64 = 366 * 24 * 3_600_000;

/// Checks everything, and returns all that is wrong rather than the first.
pub(super) fn check(new: NewEvent) -> Result<(Policy, Offer, Vec<NewSupervisor>), Vec<FieldError>> {
    let mut errors = Errors::default();
    let name = errors.name("body.name", &new.name);
    if new.time_zone.parse::<chrono_tz::Tz>().is_err() {
        errors.add("body.time_zone", "time_zone", "is not an IANA time zone such as Europe/Berlin");
    }
    let starts = errors.time("body.starts", &new.starts);
    let ends = errors.time("body.ends", &new.ends);
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends <= starts
    {
        errors.add("body.ends", "order", "must be after the beginning");
    }

    let zones = zones(&mut errors, &new.zones);
    let zone_ids = Names::of(zones.iter().map(|zone| (zone.name.as_str(), zone.id)));
    let gates = gates(&mut errors, &new.gates, &zones, &zone_ids);
    let gate_ids = Names::of(gates.iter().map(|gate| (gate.name.as_str(), gate.id)));
    let (classes, ticket_types) = classes(&mut errors, new.ticket_types, &zone_ids, &gate_ids);
    let limits = new.limits;
    for (field, value) in [
        ("repeat_ms", limits.repeat_ms),
        ("claim_ms", limits.claim_ms),
        ("max_offline_ms", limits.max_offline_ms),
        ("max_uncertainty_ms", limits.max_uncertainty_ms),
        ("grace_ms", limits.grace_ms),
    ] {
        if value > LIMIT_MS_MAX {
            errors.add(&format!("body.limits.{field}"), "out_of_range", "must be at most a year");
        }
    }
    let home_gates = gate_ids.find_all(&mut errors, "body.switches.home_gates", "gate", &new.switches.home_gates);
    let supervisors = new.supervisors.into_iter().map(NewSupervisorBody::parts).collect();
    let supervisors = supervisors::check(supervisors, &[]).unwrap_or_else(|wrong| {
        errors.0.extend(wrong);
        Vec::new()
    });
    let policy = Policy {
        event: name,
        time_zone: new.time_zone,
        starts: starts.unwrap_or_default(),
        ends: ends.unwrap_or_default(),
        zones,
        gates,
        classes,
        limits: limits.into(),
        switches: Switches {
            admit_unpaid: new.switches.admit_unpaid,
            unlisted: new.switches.unlisted,
            manual: new.switches.manual,
            home_gates,
            walk_in: new.switches.walk_in,
        },
        // Their PINs are hashed later.
        supervisors: Vec::new(),
    };
    if errors.0.is_empty()
        && let Err(error) = supervisors::fits(&policy, supervisors.len() * SUPERVISOR_BYTES_MAX)
    {
        errors.0.push(error);
    }
    if errors.0.is_empty() {
        Ok((policy, Offer { ticket_types, ..Offer::default() }, supervisors))
    } else {
        Err(errors.0)
    }
}

fn zones(errors: &mut Errors, bodies: &[ZoneBody]) -> Vec<Zone> {
    if bodies.is_empty() {
        return vec![Zone { id: ZoneId(0), name: "Venue".to_owned(), capacity: None }];
    }
    errors.count("body.zones", bodies.len(), ZONES_MAX);
    let names = errors.names("body.zones", bodies.iter().map(|body| body.name.as_str()));
    let zone = |(id, name), body: &ZoneBody| Zone { id: ZoneId(id), name, capacity: body.capacity };
    (0..=u16::MAX).zip(names).zip(bodies).map(|(name, body)| zone(name, body)).collect()
}

fn gates(errors: &mut Errors, bodies: &[GateBody], zones: &[Zone], zone_ids: &Names<ZoneId>) -> Vec<Gate> {
    if bodies.is_empty() {
        let gate = |(id, zone): (u16, &Zone)| Gate { id: GateId(id), name: zone.name.clone(), zone: zone.id };
        return (0..=u16::MAX).zip(zones).map(gate).collect();
    }
    errors.count("body.gates", bodies.len(), GATES_MAX);
    let names = errors.names("body.gates", bodies.iter().map(|body| body.name.as_str()));
    let mut gates = Vec::with_capacity(bodies.len());
    for ((id, name), body) in (0..=u16::MAX).zip(names).zip(bodies) {
        let path = format!("body.gates.{id}.zone");
        let zone = match (&body.zone, zones) {
            (Some(zone), _) => zone_ids.find(errors, &path, "zone", zone),
            (None, [only]) => Some(only.id),
            (None, _) => {
                errors.add(&path, "missing", "must be said where there is more than one zone");
                None
            }
        };
        gates.push(Gate { id: GateId(id), name, zone: zone.unwrap_or_default() });
    }
    gates
}

fn classes(
    errors: &mut Errors,
    bodies: Vec<TicketTypeBody>,
    zone_ids: &Names<ZoneId>,
    gate_ids: &Names<GateId>,
) -> (Vec<Class>, Vec<OfferedType>) {
    if bodies.is_empty() {
        errors.add("body.ticket_types", "too_short", "must hold at least one ticket type");
    }
    errors.count("body.ticket_types", bodies.len(), CLASSES_MAX);
    let names = errors.names("body.ticket_types", bodies.iter().map(|body| body.name.as_str()));
    let mut classes = Vec::with_capacity(bodies.len());
    let mut offered = Vec::with_capacity(bodies.len());
    for ((id, name), body) in (0..=u16::MAX).zip(names).zip(bodies) {
        let path = format!("body.ticket_types.{id}");
        if let Some(price) = &body.price {
            errors.price(&format!("{path}.price"), price);
        }
        if body.uses.limit == Some(0) {
            errors.add(&format!("{path}.uses.limit"), "out_of_range", "must be at least 1, or null for any number");
        }
        let windows = errors.windows(&format!("{path}.windows"), &body.windows);
        let periods = errors.windows(&format!("{path}.uses.periods"), &body.uses.periods);
        let home_gate =
            body.home_gate.as_ref().and_then(|gate| gate_ids.find(errors, &format!("{path}.home_gate"), "gate", gate));
        classes.push(Class {
            id: ClassId(id),
            name,
            zones: zone_ids.find_all(errors, &format!("{path}.zones"), "zone", &body.zones),
            gates: gate_ids.find_all(errors, &format!("{path}.gates"), "gate", &body.gates),
            windows,
            uses: Uses { limit: body.uses.limit, periods },
            re_entry: body.re_entry,
            strict_clock: body.strict_clock,
            home_gate,
            price: body.price.as_ref().map(policy::Price::from),
        });
        offered.push(OfferedType { price: body.price, quota: body.quota, ..OfferedType::plain(ClassId(id)) });
    }
    (classes, offered)
}

/// Names of zones or gates, whatever their case.
struct Names<Id>(HashMap<String, Id>);

impl<Id: Copy> Names<Id> {
    fn of<'a>(named: impl Iterator<Item = (&'a str, Id)>) -> Self {
        Self(named.map(|(name, id)| (name.to_lowercase(), id)).collect())
    }

    fn find(&self, errors: &mut Errors, path: &str, what: &str, name: &str) -> Option<Id> {
        let found = self.0.get(&tidy(name).to_lowercase()).copied();
        if found.is_none() {
            errors.add(path, "unknown", format!("there is no {what} of this name"));
        }
        found
    }

    fn find_all(&self, errors: &mut Errors, path: &str, what: &str, names: &[String]) -> Vec<Id> {
        let find = |(at, name): (usize, &String)| self.find(errors, &format!("{path}.{at}"), what, name);
        names.iter().enumerate().filter_map(find).collect()
    }
}

/// Everything that is wrong.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, path: &str, kind: &str, msg: impl Into<String>) {
        self.0.push(FieldError::new(path, kind, msg));
    }

    fn name(&mut self, path: &str, text: &str) -> String {
        let name = tidy(text);
        if name.is_empty() {
            self.add(path, "too_short", "must not be empty");
        } else if name.chars().count() > NAME_CHARS_MAX {
            self.add(path, "too_long", format!("must have at most {NAME_CHARS_MAX} characters"));
        }
        name
    }

    /// Checks the names of a list, which must differ in more than case.
    fn names<'a>(&mut self, path: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut seen = HashMap::new();
        let mut tidied = Vec::new();
        for (at, name) in names.enumerate() {
            let name = self.name(&format!("{path}.{at}.name"), name);
            if let Some(first) = seen.insert(name.to_lowercase(), at) {
                self.add(&format!("{path}.{at}.name"), "duplicate", format!("is the name of number {first} as well"));
            }
            tidied.push(name);
        }
        tidied
    }

    fn count(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.add(path, "too_long", format!("must hold at most {max}"));
        }
    }

    fn time(&mut self, path: &str, text: &str) -> Option<UnixMillis> {
        let time = parse_rfc3339(text);
        if time.is_none() {
            self.add(path, "time", "must be a time with an offset, such as 2026-11-21T09:00:00+01:00");
        }
        time
    }

    fn windows(&mut self, path: &str, bodies: &[WindowBody]) -> Vec<Window> {
        self.count(path, bodies.len(), WINDOWS_MAX);
        let mut windows = Vec::with_capacity(bodies.len());
        for (at, body) in bodies.iter().enumerate() {
            let from = self.time(&format!("{path}.{at}.from"), &body.from);
            let until = self.time(&format!("{path}.{at}.until"), &body.until);
            let (Some(from), Some(until)) = (from, until) else { continue };
            match Window::new(from, until) {
                Ok(window) => windows.push(window),
                Err(_) => self.add(&format!("{path}.{at}.until"), "order", "must be after the beginning"),
            }
        }
        windows
    }

    fn price(&mut self, path: &str, price: &Price) {
        if price.currency.len() != 3 || !price.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            self.add(&format!("{path}.currency"), "value", "must be a currency's three capital letters, such as EUR");
        }
    }
}

/// Composed, without control characters and without space at the ends; not cut.
fn tidy(name: &str) -> String {
    text::tidy(name, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(value: serde_json::Value) -> Result<(Policy, Offer), Vec<String>> {
        check(serde_json::from_value(value).unwrap()).map(|(policy, offer, _)| (policy, offer)).map_err(|errors| {
            let path = |error: &FieldError| {
                let parts = error.loc.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
                parts.collect::<Vec<_>>().join(".")
            };
            errors.iter().map(path).collect()
        })
    }

    #[test]
    fn an_event_needs_little_more_than_a_name_and_times() {
        let (policy, offer) = checked(json!({
            "name": "  Party ", "time_zone": "Europe/Berlin",
            "starts": "2026-11-21T20:00:00+01:00", "ends": "2026-11-22T04:00:00+01:00",
            "ticket_types": [{ "name": "Guest" }],
        }))
        .unwrap();

        assert_eq!(policy.event, "Party");
        assert_eq!(policy.zones[0].name, "Venue");
        assert_eq!(policy.gates[0].zone, ZoneId(0));
        assert_eq!(policy.classes[0].uses, Uses::default());
        assert_eq!(offer.ticket_types[0].class, ClassId(0));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let errors = checked(json!({
            "name": " ", "time_zone": "Mars/Olympus", "starts": "2026-11-21T20:00:00Z", "ends": "yesterday",
            "zones": [{ "name": "A" }, { "name": "a" }],
            "gates": [{ "name": "North", "zone": "C" }, { "name": "South" }],
            "ticket_types": [{
                "name": "Guest", "price": { "amount": 1, "currency": "euro" }, "uses": { "limit": 0 },
                "gates": ["West"], "home_gate": "East",
                "windows": [{ "from": "2026-11-21T20:00:00Z", "until": "2026-11-21T20:00:00Z" }],
            }],
        }))
        .unwrap_err();

        assert_eq!(
            errors,
            [
                "body.name",
                "body.time_zone",
                "body.ends",
                "body.zones.1.name",
                "body.gates.0.zone",
                "body.gates.1.zone",
                "body.ticket_types.0.price.currency",
                "body.ticket_types.0.uses.limit",
                "body.ticket_types.0.windows.0.until",
                "body.ticket_types.0.home_gate",
                "body.ticket_types.0.gates.0",
            ]
        );
    }
}
