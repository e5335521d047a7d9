//! From what an organiser sent to a policy and an offer, or to everything that is wrong with it.

mod errors;

use std::collections::{BTreeMap, HashMap, HashSet};

use sync_protocol::id::{ClassId, GateId, ZoneId};
use sync_protocol::policy::{self, CLASSES_MAX, Class, GATES_MAX, Gate, Policy, Switches, Uses, ZONES_MAX, Zone};

use self::errors::{Errors, Names, tidy};
use super::body::{GateBody, NewEvent, NewSupervisorBody, TicketTypeBody, ZoneBody};
use super::supervisors::{self, NewSupervisor, SUPERVISOR_BYTES_MAX};
use super::{About, Event, Numbers, Offer, OfferedType, Question};
use crate::http::problem::FieldError;

/// The longest name of an event, zone, gate or ticket type.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest description.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// The longest place.
pub const LOCATION_CHARS_MAX: usize = 500;
/// The most that may be registered in all, or of a type.
pub const CAPACITY_MAX: u32 = 1_000_000;
/// The most that a ticket may cost, in the currency's smallest unit.
const AMOUNT_MAX: u32 = 1_000_000_000;
const PER_PERSON_MAX: u32 = 100;
const ACCESS_CODE_CHARS: (usize, usize) = (4, 64);
const QUESTIONS_MAX: usize = 30;
const QUESTION_KEY_CHARS_MAX: usize = 40;
const CHOICES_MAX: usize = 50;
const WINDOWS_MAX: usize = 400;
/// A year: every limit of time is shorter.
const LIMIT_MS_MAX: u64 = 366 * 24 * 3_600_000;

/// An event as it may be stored.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) policy: Policy,
    pub(super) offer: Offer,
    pub(super) about: About,
    /// Their PINs are still to be hashed; nothing where nothing was said of them.
    pub(super) supervisors: Option<Vec<NewSupervisor>>,
}

/// Checks everything, and returns all that is wrong rather than the first. `held` is the event as it was, if there
/// was one: what it numbered keeps its number.
pub(super) fn check(new: NewEvent, held: Option<&Event>) -> Result<Checked, Vec<FieldError>> {
    let mut errors = Errors::default();
    let name = errors.name("body.name", &new.name);
    let about = About {
        description: errors.lines("body.description", &new.description, DESCRIPTION_CHARS_MAX),
        location: errors.line("body.location", &new.location, 0, LOCATION_CHARS_MAX),
        language: new.language,
    };
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
    errors.range("body.capacity", new.capacity, 1..=CAPACITY_MAX);
    let cancel_until = new.cancel_until.as_ref().and_then(|text| errors.time("body.cancel_until", text));
    if let (Some(ends), Some(until)) = (ends, cancel_until)
        && until > ends
    {
        errors.add("body.cancel_until", "order", "must not be after the end");
    }
    let questions = questions(&mut errors, new.questions);

    let mut numbers = held.map_or_else(Numbers::default, Event::numbers);
    let before = held.map(|event| &event.policy);
    let zones = zones(&mut errors, new.zones, before, &mut numbers.zones);
    let named: Vec<(&str, ZoneId)> = zones.iter().map(|zone| (zone.name.as_str(), zone.id)).collect();
    let named_before = before.iter().flat_map(|policy| &policy.zones).map(|zone| (zone.name.as_str(), zone.id));
    let zone_ids = Names::of(&named, named_before);
    let gates = gates(&mut errors, new.gates, &zones, &zone_ids, before, &mut numbers.gates);
    let named: Vec<(&str, GateId)> = gates.iter().map(|gate| (gate.name.as_str(), gate.id)).collect();
    let named_before = before.iter().flat_map(|policy| &policy.gates).map(|gate| (gate.name.as_str(), gate.id));
    let gate_ids = Names::of(&named, named_before);
    let (classes, ticket_types) =
        classes(&mut errors, new.ticket_types, &zone_ids, &gate_ids, before, &mut numbers.classes);

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
    errors.range("body.limits.unlisted_cap", Some(limits.unlisted_cap), 0..=CAPACITY_MAX);
    errors.range("body.limits.walk_in_overflow_cap", Some(limits.walk_in_overflow_cap), 0..=CAPACITY_MAX);
    let home_gates = gate_ids.find_all(&mut errors, "body.switches.home_gates", "gate", &new.switches.home_gates);
    let supervisors_held = before.map(|policy| policy.supervisors.clone()).unwrap_or_default();
    let supervisors = new.supervisors.map(|asked| {
        let asked = asked.into_iter().map(NewSupervisorBody::parts).collect();
        supervisors::check(asked, &supervisors_held).unwrap_or_else(|wrong| {
            errors.0.extend(wrong);
            Vec::new()
        })
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
        // The PINs of others are hashed later.
        supervisors: if supervisors.is_none() { supervisors_held } else { Vec::new() },
    };
    let more = supervisors.as_ref().map_or(0, Vec::len) * SUPERVISOR_BYTES_MAX;
    if errors.0.is_empty()
        && let Err(error) = supervisors::fits(&policy, more)
    {
        errors.0.push(error);
    }
    if !errors.0.is_empty() {
        return Err(errors.0);
    }
    let offer = Offer { ticket_types, capacity: new.capacity, cancel_until, questions, numbers };
    Ok(Checked { policy, offer, about, supervisors })
}

fn questions(errors: &mut Errors, mut questions: Vec<Question>) -> Vec<Question> {
    errors.count("body.questions", questions.len(), QUESTIONS_MAX);
    let mut keys = HashSet::new();
    for (at, question) in questions.iter_mut().enumerate() {
        let path = format!("body.questions.{at}");
        let is_key = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if !(1..=QUESTION_KEY_CHARS_MAX).contains(&question.key.len()) || !question.key.bytes().all(is_key) {
            let msg = format!("must be 1 to {QUESTION_KEY_CHARS_MAX} of a-z, 0-9 and _");
            errors.add(&format!("{path}.key"), "value", msg);
        } else if !keys.insert(question.key.clone()) {
            errors.add(&format!("{path}.key"), "duplicate", "is another question's key as well");
        }
        question.label = errors.name(&format!("{path}.label"), &question.label);
        errors.count(&format!("{path}.choices"), question.choices.len(), CHOICES_MAX);
        let mut seen = HashSet::new();
        for (number, choice) in question.choices.iter_mut().enumerate() {
            *choice = errors.name(&format!("{path}.choices.{number}"), choice);
            if !seen.insert(choice.clone()) {
                errors.add(&format!("{path}.choices.{number}"), "duplicate", "is there already");
            }
        }
    }
    questions
}

/// Returns the number that each of a list gets: that of what is held under its id, else under its name, else the
/// next that never was one.
fn numbers<'a>(
    errors: &mut Errors,
    path: &str,
    bodies: impl Iterator<Item = (Option<u16>, &'a str)>,
    held: &BTreeMap<u16, String>,
    next: &mut u32,
) -> Vec<u16> {
    let bodies: Vec<(Option<u16>, &str)> = bodies.collect();
    let mut claimed = HashSet::new();
    for (at, (id, _)) in bodies.iter().enumerate() {
        match id {
            Some(id) if !held.contains_key(id) => {
                errors.add(&format!("{path}.{at}.id"), "unknown", "is nothing's number: leave it out for what is new");
            }
            Some(id) if !claimed.insert(*id) => {
                errors.add(&format!("{path}.{at}.id"), "duplicate", "is there already");
            }
            _ => {}
        }
    }
    let by_name: HashMap<String, u16> = held.iter().map(|(id, name)| (name.to_lowercase(), *id)).collect();
    let mut number = |(id, name): &(Option<u16>, &str)| {
        let named = by_name.get(&tidy(name).to_lowercase()).copied();
        id.or_else(|| named.filter(|id| claimed.insert(*id))).unwrap_or_else(|| {
            let fresh = *next;
            *next += 1;
            // Lists are shorter than this by far; one that is not is refused by its length.
            u16::try_from(fresh).unwrap_or(u16::MAX)
        })
    };
    let numbers = bodies.iter().map(&mut number).collect();
    if *next > u32::from(u16::MAX) {
        errors.add(path, "too_long", "had too many over time: there is no number left");
    }
    numbers
}

fn zones(errors: &mut Errors, bodies: Vec<ZoneBody>, before: Option<&Policy>, next: &mut u32) -> Vec<Zone> {
    let usual = || vec![ZoneBody { id: None, name: "Venue".to_owned(), capacity: None }];
    let bodies = if bodies.is_empty() { usual() } else { bodies };
    errors.count("body.zones", bodies.len(), ZONES_MAX);
    let held = before.iter().flat_map(|policy| &policy.zones).map(|zone| (zone.id.0, zone.name.clone())).collect();
    let ids = numbers(errors, "body.zones", bodies.iter().map(|body| (body.id, body.name.as_str())), &held, next);
    let names = errors.names("body.zones", bodies.iter().map(|body| body.name.as_str()));
    for (at, body) in bodies.iter().enumerate() {
        errors.range(&format!("body.zones.{at}.capacity"), body.capacity, 0..=CAPACITY_MAX);
    }
    let zone = |((id, name), body): ((u16, String), &ZoneBody)| Zone { id: ZoneId(id), name, capacity: body.capacity };
    ids.into_iter().zip(names).zip(&bodies).map(zone).collect()
}

fn gates(
    errors: &mut Errors,
    bodies: Vec<GateBody>,
    zones: &[Zone],
    zone_ids: &Names<ZoneId>,
    before: Option<&Policy>,
    next: &mut u32,
) -> Vec<Gate> {
    let usual = |zone: &Zone| GateBody { id: None, name: zone.name.clone(), zone: Some(zone.name.clone()) };
    let bodies = if bodies.is_empty() { zones.iter().map(usual).collect() } else { bodies };
    errors.count("body.gates", bodies.len(), GATES_MAX);
    let held = before.iter().flat_map(|policy| &policy.gates).map(|gate| (gate.id.0, gate.name.clone())).collect();
    let ids = numbers(errors, "body.gates", bodies.iter().map(|body| (body.id, body.name.as_str())), &held, next);
    let names = errors.names("body.gates", bodies.iter().map(|body| body.name.as_str()));
    let mut gates = Vec::with_capacity(bodies.len());
    for (at, ((id, name), body)) in ids.into_iter().zip(names).zip(&bodies).enumerate() {
        let path = format!("body.gates.{at}.zone");
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
    before: Option<&Policy>,
    next: &mut u32,
) -> (Vec<Class>, Vec<OfferedType>) {
    if bodies.is_empty() {
        errors.add("body.ticket_types", "too_short", "must hold at least one ticket type");
    }
    errors.count("body.ticket_types", bodies.len(), CLASSES_MAX);
    let held = before.iter().flat_map(|policy| &policy.classes).map(|class| (class.id.0, class.name.clone())).collect();
    let named = bodies.iter().map(|body| (body.id, body.name.as_str()));
    let ids = numbers(errors, "body.ticket_types", named, &held, next);
    let names = errors.names("body.ticket_types", bodies.iter().map(|body| body.name.as_str()));
    let mut classes = Vec::with_capacity(bodies.len());
    let mut offered = Vec::with_capacity(bodies.len());
    for (at, ((id, name), body)) in ids.into_iter().zip(names).zip(bodies).enumerate() {
        let path = format!("body.ticket_types.{at}");
        if let Some(price) = &body.price {
            errors.price(&format!("{path}.price"), price);
        }
        errors.range(&format!("{path}.uses.limit"), body.uses.limit, 1..=CAPACITY_MAX);
        let windows = errors.windows(&format!("{path}.windows"), &body.windows);
        let periods = errors.windows(&format!("{path}.uses.periods"), &body.uses.periods);
        let home_gate =
            body.home_gate.as_ref().and_then(|gate| gate_ids.find(errors, &format!("{path}.home_gate"), "gate", gate));
        errors.range(&format!("{path}.quota"), body.quota, 0..=CAPACITY_MAX);
        errors.range(&format!("{path}.per_person"), body.per_person, 1..=PER_PERSON_MAX);
        let sale = body.sale.as_ref().and_then(|window| errors.window(&format!("{path}.sale"), window));
        let (chars_min, chars_max) = ACCESS_CODE_CHARS;
        let access_code = body
            .access_code
            .as_ref()
            .map(|code| errors.line(&format!("{path}.access_code"), code, chars_min, chars_max));
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
        offered.push(OfferedType {
            class: ClassId(id),
            price: body.price,
            quota: body.quota,
            sale,
            per_person: body.per_person,
            access_code,
            attention: body.attention,
            needs_approval: body.needs_approval,
            has_waitlist: body.has_waitlist,
        });
    }
    (classes, offered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(value: serde_json::Value) -> Result<(Policy, Offer), Vec<String>> {
        check(serde_json::from_value(value).unwrap(), None).map(|checked| (checked.policy, checked.offer)).map_err(
            |errors| {
                let path = |error: &FieldError| {
                    let parts =
                        error.loc.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
                    parts.collect::<Vec<_>>().join(".")
                };
                errors.iter().map(path).collect()
            },
        )
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
