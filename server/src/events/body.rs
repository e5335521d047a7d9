//! Events as JSON: what organisers send and what they get back. Zones, gates and ticket types are
//! named, not numbered, wherever one speaks of another.

mod parts;

use std::fmt;

use serde::{Deserialize, Serialize};
use sync_protocol::policy::{Class, Switches};
use utoipa::ToSchema;

pub use self::parts::{GateBody, LimitsBody, SwitchesBody, TicketTypeBody, UsesBody, WindowBody, ZoneBody};
use super::{Decision, Event, OfferedType, Question, State};
use crate::http::time::rfc3339;
use crate::language::Language;

/// An event to make.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "RustConf",
    "description": "Two days of talks and a workshop.",
    "location": "Kongresshalle, Berlin",
    "time_zone": "Europe/Berlin",
    "starts": "2026-11-21T09:00:00+01:00",
    "ends": "2026-11-22T18:00:00+01:00",
    "capacity": 750,
    "cancel_until": "2026-11-14T00:00:00+01:00",
    "questions": [{ "key": "meal", "label": "What would you like to eat?", "choices": ["meat", "vegan"] }],
    "zones": [{ "name": "Hall", "capacity": 800 }],
    "gates": [{ "name": "Main entrance", "zone": "Hall" }, { "name": "Side door", "zone": "Hall" }],
    "ticket_types": [
        { "name": "Regular", "price": { "amount": 4900, "currency": "EUR" }, "quota": 700, "re_entry": "after_exit",
          "uses": { "limit": null }, "per_person": 4, "has_waitlist": true,
          "sale": { "from": "2026-09-01T10:00:00+02:00", "until": "2026-11-21T09:00:00+01:00" } },
        { "name": "Speaker", "gates": ["Side door"], "access_code": "on-stage" }
    ]
}))]
pub struct NewEvent {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What happens there: at most 2 000 characters, of several lines if need be.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Where it takes place: at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub location: String,
    /// What letters about it are written in, to whoever has not chosen otherwise; the installation's language without.
    #[serde(default)]
    pub language: Option<Language>,
    /// The IANA name of the event's time zone.
    #[schema(max_length = 64)]
    pub time_zone: String,
    /// When the event begins, RFC 3339 with an offset.
    #[schema(format = DateTime)]
    pub starts: String,
    /// When the event ends.
    #[schema(format = DateTime)]
    pub ends: String,
    /// How many may be registered in all, 1 to 1 000 000; any number without.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub capacity: Option<u32>,
    /// Until when attendees may cancel by themselves; until it begins without.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub cancel_until: Option<String>,
    /// What attendees are asked when they register; at most 30.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub questions: Vec<Question>,
    /// What gates lead into. Without any there is one, called "Venue".
    #[serde(default)]
    #[schema(max_items = 1024)]
    pub zones: Vec<ZoneBody>,
    /// Entrances. Without any there is one into each zone, called as the zone is.
    #[serde(default)]
    #[schema(max_items = 1024)]
    pub gates: Vec<GateBody>,
    /// Ticket types; at least one.
    #[schema(min_items = 1)]
    pub ticket_types: Vec<TicketTypeBody>,
    /// Times and numbers.
    #[serde(default)]
    pub limits: LimitsBody,
    /// Choices.
    #[serde(default)]
    pub switches: SwitchesBody,
    /// Who may decide against a finding where the rules ask for a supervisor, with a PIN each. In a change: all of
    /// them, where those named before keep their PIN if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub supervisors: Option<Vec<NewSupervisorBody>>,
}

/// A change of an event, as a JSON merge patch (RFC 7396): what is left out stays, `null` takes away, lists are
/// replaced as a whole. Zones, gates and ticket types keep their numbers by `id`, or else by name.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({ "location": "Stadthalle, Potsdam", "capacity": 900 }))]
pub struct EventPatch {
    /// Its name. What it may be is as in a new event; so for all below.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// What happens there.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Where it takes place.
    #[schema(max_length = 500)]
    pub location: Option<String>,
    /// What letters about it are written in.
    pub language: Option<Language>,
    /// The IANA name of its time zone.
    #[schema(max_length = 64)]
    pub time_zone: Option<String>,
    /// When it begins.
    #[schema(format = DateTime)]
    pub starts: Option<String>,
    /// When it ends.
    #[schema(format = DateTime)]
    pub ends: Option<String>,
    /// How many may be registered in all; not fewer than are.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub capacity: Option<u32>,
    /// Until when attendees may cancel by themselves.
    #[schema(format = DateTime)]
    pub cancel_until: Option<String>,
    /// What attendees are asked when they register.
    #[schema(max_items = 30)]
    pub questions: Option<Vec<Question>>,
    /// What gates lead into.
    pub zones: Option<Vec<ZoneBody>>,
    /// Entrances.
    pub gates: Option<Vec<GateBody>>,
    /// Ticket types; those that somebody has stay.
    pub ticket_types: Option<Vec<TicketTypeBody>>,
    /// Times and numbers.
    pub limits: Option<LimitsBody>,
    /// Choices.
    pub switches: Option<SwitchesBody>,
    /// Who may decide against a finding; those named before keep their PIN if none is given.
    pub supervisors: Option<Vec<NewSupervisorBody>>,
}

/// Those who may decide against a finding.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "supervisors": [{ "name": "Ada", "pin": "471100" }] }))]
pub struct NewSupervisorsBody {
    /// All of them: who is not named is none any more.
    #[schema(max_items = 100)]
    pub supervisors: Vec<NewSupervisorBody>,
}

/// Somebody who may decide against a finding.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupervisorBody {
    /// What they are called at the door, unlike every other supervisor; at most 128 bytes.
    #[schema(example = "Ada", min_length = 1, max_length = 128)]
    pub name: String,
    /// Their PIN: 4 to 12 digits, unlike every other supervisor's. Left out, it stays what it was.
    #[serde(default)]
    #[schema(example = "471100", write_only, pattern = "^[0-9]{4,12}$")]
    pub pin: Option<String>,
}

impl fmt::Debug for NewSupervisorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSupervisorBody").field("name", &self.name).finish_non_exhaustive()
    }
}

impl NewSupervisorBody {
    /// Returns the name and the PIN.
    pub fn parts(self) -> (String, Option<String>) {
        (self.name, self.pin)
    }
}

/// Somebody who may decide against a finding. Their PIN is never told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupervisorBody {
    /// What they are called at the door.
    #[schema(example = "Ada")]
    pub name: String,
}

/// An event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
    /// How far it has come.
    pub state: State,
    /// Its name.
    #[schema(example = "RustConf")]
    pub name: String,
    /// What happens there; may be empty.
    #[schema(example = "Two days of talks")]
    pub description: String,
    /// Where it takes place; may be empty.
    #[schema(example = "Kongresshalle, Berlin")]
    pub location: String,
    /// What letters about it are written in; the installation's language without.
    pub language: Option<Language>,
    /// The IANA name of its time zone.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// When it begins.
    #[schema(example = "2026-11-21T08:00:00.000Z", format = "date-time")]
    pub starts: String,
    /// When it ends.
    #[schema(example = "2026-11-22T17:00:00.000Z", format = "date-time")]
    pub ends: String,
    /// How many may be registered in all; any number without.
    #[schema(example = 800)]
    pub capacity: Option<u32>,
    /// Until when attendees may cancel by themselves; until it begins without.
    #[schema(example = "2026-11-19T08:00:00.000Z", format = "date-time")]
    pub cancel_until: Option<String>,
    /// What attendees are asked when they register.
    pub questions: Vec<Question>,
    /// What gates lead into.
    pub zones: Vec<ZoneBody>,
    /// Entrances.
    pub gates: Vec<GateBody>,
    /// Ticket types.
    pub ticket_types: Vec<TicketTypeBody>,
    /// Times and numbers.
    pub limits: LimitsBody,
    /// Choices.
    pub switches: SwitchesBody,
    /// Who may decide against a finding.
    pub supervisors: Vec<SupervisorBody>,
    /// The account of who made it.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub made_by: Option<String>,
    /// When it was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub created_at: String,
}

/// An event with what was decided about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventWithDecisions {
    /// The event.
    #[serde(flatten)]
    pub event: EventBody,
    /// What was decided about it, oldest first.
    pub decisions: Vec<DecisionBody>,
}

/// A step of an event from one state to another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecisionBody {
    /// The step.
    pub step: super::life::Step,
    /// What it was before.
    pub before: State,
    /// What it was after.
    pub after: State,
    /// Why; may be empty.
    #[schema(example = "The hall is taken on that day")]
    pub reason: String,
    /// The account of who decided.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub by: String,
    /// When.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub at: String,
}

impl From<&Decision> for DecisionBody {
    fn from(decision: &Decision) -> Self {
        Self {
            step: decision.step,
            before: decision.before,
            after: decision.after,
            reason: decision.reason.clone(),
            by: decision.account.to_string(),
            at: rfc3339(decision.at),
        }
    }
}

impl EventWithDecisions {
    /// Returns how an event is shown with what was decided about it.
    pub fn of(event: &Event, decisions: &[Decision]) -> Self {
        Self { event: EventBody::from(event), decisions: decisions.iter().map(DecisionBody::from).collect() }
    }
}

/// Why something is decided.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReasonBody {
    /// For those who look at it later, and for those it is told to: at most 500 characters.
    #[schema(example = "The hall is taken on that day", max_length = 500)]
    pub reason: String,
}

/// When a copy of an event begins.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "starts": "2027-11-20T09:00:00+01:00", "name": "RustConf 2027" }))]
pub struct CopyBody {
    /// When the copy begins, RFC 3339 with an offset. Every other time moves along by the clock of the event's zone.
    #[schema(format = DateTime)]
    pub starts: String,
    /// The copy's name, 1 to 200 characters; that of the event without.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
}

impl From<&Event> for NewEvent {
    fn from(event: &Event) -> Self {
        let body = EventBody::from(event);
        Self {
            name: body.name,
            description: body.description,
            location: body.location,
            language: body.language,
            time_zone: body.time_zone,
            starts: body.starts,
            ends: body.ends,
            capacity: body.capacity,
            cancel_until: body.cancel_until,
            questions: body.questions,
            zones: body.zones,
            gates: body.gates,
            ticket_types: body.ticket_types,
            limits: body.limits,
            switches: body.switches,
            supervisors: None,
        }
    }
}

impl From<&Event> for EventBody {
    fn from(event: &Event) -> Self {
        let policy = &event.policy;
        let zone_name = |id| policy.zone(id).map(|zone| zone.name.clone());
        let gate_name = |id| policy.gate(id).map(|gate| gate.name.clone());
        let ticket_type = |class: &Class| {
            let offered = event.offered(class.id).cloned().unwrap_or_else(|| OfferedType::plain(class.id));
            TicketTypeBody {
                id: Some(class.id.0),
                name: class.name.clone(),
                price: offered.price,
                quota: offered.quota,
                sale: offered.sale.as_ref().map(WindowBody::from),
                per_person: offered.per_person,
                access_code: offered.access_code,
                attention: offered.attention,
                needs_approval: offered.needs_approval,
                has_waitlist: offered.has_waitlist,
                windows: class.windows.iter().map(WindowBody::from).collect(),
                uses: UsesBody {
                    limit: class.uses.limit,
                    periods: class.uses.periods.iter().map(WindowBody::from).collect(),
                },
                re_entry: class.re_entry,
                zones: class.zones.iter().copied().filter_map(zone_name).collect(),
                gates: class.gates.iter().copied().filter_map(gate_name).collect(),
                strict_clock: class.strict_clock,
                home_gate: class.home_gate.and_then(gate_name),
            }
        };
        let Switches { admit_unpaid, unlisted, manual, home_gates, walk_in } = &policy.switches;
        Self {
            id: event.id.to_string(),
            state: event.state,
            name: policy.event.clone(),
            description: event.about.description.clone(),
            location: event.about.location.clone(),
            language: event.about.language,
            time_zone: policy.time_zone.clone(),
            starts: rfc3339(policy.starts),
            ends: rfc3339(policy.ends),
            capacity: event.offer.capacity,
            cancel_until: event.offer.cancel_until.map(rfc3339),
            questions: event.offer.questions.clone(),
            zones: policy
                .zones
                .iter()
                .map(|zone| ZoneBody { id: Some(zone.id.0), name: zone.name.clone(), capacity: zone.capacity })
                .collect(),
            gates: policy
                .gates
                .iter()
                .map(|gate| GateBody { id: Some(gate.id.0), name: gate.name.clone(), zone: zone_name(gate.zone) })
                .collect(),
            ticket_types: policy.classes.iter().map(ticket_type).collect(),
            limits: policy.limits.into(),
            switches: SwitchesBody {
                admit_unpaid: *admit_unpaid,
                unlisted: *unlisted,
                manual: *manual,
                home_gates: home_gates.iter().copied().filter_map(gate_name).collect(),
                walk_in: *walk_in,
            },
            supervisors: policy.supervisors.iter().map(|s| SupervisorBody { name: s.name.clone() }).collect(),
            made_by: event.made_by.map(|account| account.to_string()),
            created_at: rfc3339(event.created_at),
        }
    }
}
