//! Decisions as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::id::{GateId, ZoneId};
use sync_protocol::journal::ledger::zone_of;
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::Policy;
use sync_protocol::text;
use sync_protocol::verdict::{Code, Direction, Fact, OverrideBy, Verdict};
use utoipa::ToSchema;

use super::{Ask, Decided, Shown, words};
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;

/// The longest text that is read as a ticket. A credential has 122 characters.
const SHOWN_CHARS_MAX: usize = 500;
/// The longest name of a gate.
const GATE_CHARS_MAX: usize = 200;
/// The longest name of whoever is at the door, in bytes: the journal keeps all of it.
pub(super) const OPERATOR_BYTES_MAX: usize = sync_protocol::journal::entry::OPERATOR_BYTES_MAX;

/// In or out.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectionName {
    /// In.
    #[default]
    Entry,
    /// Out.
    Exit,
}

impl From<DirectionName> for Direction {
    fn from(name: DirectionName) -> Self {
        match name {
            DirectionName::Entry => Self::Entry,
            DirectionName::Exit => Self::Exit,
        }
    }
}

impl From<Direction> for DirectionName {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Entry => Self::Entry,
            Direction::Exit => Self::Exit,
        }
    }
}

/// A ticket that is shown: either `credential` or `code`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// The text of its QR code.
    #[serde(default)]
    #[schema(max_length = 500, example = json!(null))]
    pub credential: Option<String>,
    /// What somebody typed: its number, or the QR code's text.
    #[serde(default)]
    #[schema(max_length = 500, example = "7J2V90QK4NX")]
    pub code: Option<String>,
    /// The gate's name, whatever its case.
    #[schema(min_length = 1, max_length = 200, example = "Main entrance")]
    pub gate: String,
    /// Says what would be decided, and records nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// In or out.
    #[serde(default)]
    pub direction: DirectionName,
    /// Who is at the door; the caller's account if it is not said. At most 128 bytes.
    #[serde(default)]
    #[schema(max_length = 128, example = "Eve")]
    pub operator: Option<String>,
}

impl VerifyBody {
    /// Checks everything, and returns all that is wrong rather than the first.
    pub(super) fn check(self, caller: String) -> Result<Ask, Vec<FieldError>> {
        let mut errors = Vec::new();
        let shown = match (self.credential, self.code) {
            (Some(text), None) => Some(("credential", Shown::Credential(text))),
            (None, Some(text)) => Some(("code", Shown::Typed(text))),
            (None, None) => {
                errors.push(FieldError::new("body.credential", "missing", "must be there, or else a code"));
                None
            }
            (Some(_), Some(_)) => {
                errors.push(FieldError::new("body.code", "conflict", "must not be there beside a credential"));
                None
            }
        };
        if let Some((field, Shown::Credential(text) | Shown::Typed(text))) = &shown
            && text.chars().count() > SHOWN_CHARS_MAX
        {
            errors.push(FieldError::new(&format!("body.{field}"), "too_long", "must have at most 500 characters"));
        }
        let gate = gate(&self.gate, &mut errors);
        let operator = operator(self.operator.as_deref(), caller, &mut errors);
        match shown {
            Some((_, shown)) if errors.is_empty() => {
                Ok(Ask { shown, gate, direction: self.direction.into(), operator: Some(operator) })
            }
            _ => Err(errors),
        }
    }
}

/// Checks a gate's name, which is not known yet to be one.
pub(super) fn gate(name: &str, errors: &mut Vec<FieldError>) -> String {
    if name.trim().is_empty() {
        errors.push(FieldError::new("body.gate", "missing", "must name one of the event's gates"));
    } else if name.chars().count() > GATE_CHARS_MAX {
        errors.push(FieldError::new("body.gate", "too_long", "must have at most 200 characters"));
    }
    name.to_owned()
}

/// Checks who is said to be at the door.
pub(super) fn operator(name: Option<&str>, caller: String, errors: &mut Vec<FieldError>) -> String {
    let name = text::tidy(name.unwrap_or_default(), usize::MAX);
    if name.len() > OPERATOR_BYTES_MAX {
        errors.push(FieldError::new("body.operator", "too_long", "must have at most 128 bytes"));
    }
    if name.is_empty() { caller } else { name }
}

/// What is to happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Let in, or out.
    Admit,
    /// Not let in, unless whoever is at the door decides so.
    Check,
    /// Not let in.
    Deny,
}

/// A decision about a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VerdictBody {
    /// What is to happen.
    pub verdict: Answer,
    /// In or out.
    direction: DirectionName,
    /// When it was decided.
    #[schema(format = DateTime, example = "2026-11-21T08:59:31.204Z")]
    at: String,
    /// Why somebody is not let in: the rule that is shown.
    reason: Option<ReasonBody>,
    /// Every rule that stands against it, in order.
    reasons: Vec<ReasonBody>,
    /// Who may let in all the same: `door`, `supervisor` or `nobody`; absent where nothing stands against it.
    #[schema(value_type = Option<String>, example = json!(null))]
    overridden_by: Option<OverrideBy>,
    /// What was particular, such as `ATTENTION` or `MANUAL`.
    #[schema(value_type = Vec<String>, example = json!(["MANUAL"]))]
    flags: Vec<&'static str>,
    /// The ticket's number, as it is typed; absent where none could be read.
    #[schema(example = "7J2V90QK4NX")]
    ticket: Option<String>,
    /// The attendee's name.
    #[schema(example = "Ada Lovelace")]
    attendee: Option<String>,
    /// What the door should know.
    #[schema(example = "wheelchair")]
    note: Option<String>,
    /// The ticket type's name.
    #[schema(example = "Regular")]
    ticket_type: Option<String>,
    /// The gate's name.
    #[schema(example = "Main entrance")]
    gate: String,
    /// What it leads into.
    #[schema(example = "Hall")]
    zone: Option<String>,
    /// The ticket's movements before, oldest first; the last 20 of many.
    earlier: Vec<MovementBody>,
    /// What led to the decision, in order.
    facts: Vec<FactBody>,
    /// The check-in that was recorded; absent where there was nothing to record, or nothing was to be.
    recorded: Option<RecordedBody>,
}

/// A rule that stands against letting somebody in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerdictReasonBody)]
pub struct ReasonBody {
    /// Its code.
    #[schema(value_type = String, example = "ALREADY_IN")]
    code: Code,
    /// What it means, for people.
    #[schema(example = "The ticket is inside already.")]
    meaning: &'static str,
}

impl From<Code> for ReasonBody {
    fn from(code: Code) -> Self {
        Self { code, meaning: words::meaning(code) }
    }
}

/// Something that a ticket did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MovementBody {
    /// In or out.
    direction: DirectionName,
    /// When.
    #[schema(format = DateTime, example = "2026-11-21T08:59:31.204Z")]
    at: String,
    /// The gate's name.
    #[schema(example = "Main entrance")]
    gate: String,
    /// The number of the device that recorded it; 0 is the server.
    #[schema(example = 3)]
    device: u16,
}

/// Where a decision stands in the record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordedBody {
    /// Its place among the event's check-ins, from 1.
    #[schema(example = 418)]
    number: u64,
    /// The number of the entry in the server's journal.
    #[schema(example = 217)]
    seq: u64,
}

/// One thing that led to a decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum FactBody {
    /// The ticket belongs to this other event of the organisation.
    OtherEvent {
        /// Its id.
        #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
        event: String,
    },
    /// The credential that was shown.
    Presented {
        /// Its issue; absent where a ticket was named without one.
        issue: Option<u32>,
    },
    /// What the list says.
    Listed {
        /// `valid`, `unpaid`, `blocked` or `cancelled`.
        #[schema(value_type = String)]
        status: sync_protocol::verdict::TicketStatus,
        /// The issue of its newest credential.
        issue: u32,
    },
    /// The list does not hold it.
    NotListed,
    /// The last time it came in here.
    LastAdmission {
        /// When.
        at: String,
        /// The gate's name.
        gate: String,
        /// The number of the device that let it in; 0 is the server.
        device: u16,
    },
    /// How often it came in, and how often it may.
    Uses {
        /// Counted so far.
        used: u32,
        /// Allowed; absent is any number.
        limit: Option<u32>,
    },
    /// The time that comes next, or was last.
    Window {
        /// Its beginning.
        from: String,
        /// Its end.
        until: String,
    },
    /// How many are inside, and how many may be.
    Occupancy {
        /// Inside.
        inside: u64,
        /// Allowed.
        capacity: u32,
    },
}

impl FactBody {
    fn of(fact: &Fact, policy: &Policy) -> Option<Self> {
        Some(match fact {
            Fact::OtherEvent(event) => Self::OtherEvent { event: event.to_string() },
            Fact::Presented { issue, .. } => Self::Presented { issue: issue.map(|issue| issue.0) },
            Fact::Listed(row) => Self::Listed { status: row.status, issue: row.issue.0 },
            Fact::NotListed { .. } => Self::NotListed,
            Fact::LastAdmission(last) => {
                Self::LastAdmission { at: rfc3339(last.at), gate: gate_name(policy, last.gate), device: last.device.0 }
            }
            Fact::Uses { used, limit } => Self::Uses { used: *used, limit: *limit },
            Fact::Window { from, until } => Self::Window { from: rfc3339(*from), until: rfc3339(*until) },
            Fact::Occupancy { inside, capacity } => Self::Occupancy { inside: *inside, capacity: *capacity },
            // The server knows the time, has a network, and its gate and zone are told beside.
            Fact::NotReady(_) | Fact::At { .. } | Fact::HomeGate(_) | Fact::Time(_) => return None,
        })
    }
}

fn gate_name(policy: &Policy, gate: GateId) -> String {
    policy.gate(gate).map(|gate| gate.name.clone()).unwrap_or_default()
}

fn zone_name(policy: &Policy, zone: ZoneId) -> String {
    policy.zone(zone).map(|zone| zone.name.clone()).unwrap_or_default()
}

impl MovementBody {
    fn of(movement: &Movement, policy: &Policy) -> Self {
        Self {
            direction: match movement.kind {
                MovementKind::Exit => DirectionName::Exit,
                MovementKind::Admit | MovementKind::Undo { .. } => DirectionName::Entry,
            },
            at: rfc3339(movement.hlc.millis()),
            gate: gate_name(policy, movement.gate),
            device: movement.device.0,
        }
    }
}

impl From<Decided> for VerdictBody {
    fn from(decided: Decided) -> Self {
        let Decided { at, verdict, direction, gate, ticket, row, class, earlier, policy, recorded } = decided;
        let (answer, primary, all, by, flags) = match &verdict {
            Verdict::Admit { flags, .. } => (Answer::Admit, None, &[][..], None, *flags),
            Verdict::Deny { primary, all, by, flags, .. } => {
                let answer = if *by == OverrideBy::Door { Answer::Check } else { Answer::Deny };
                (answer, Some(*primary), all.as_slice(), Some(*by), *flags)
            }
        };
        let recorded = recorded.map(|check_in| RecordedBody { number: check_in.number, seq: check_in.seq.0 });
        Self {
            verdict: answer,
            direction: direction.into(),
            at: rfc3339(at),
            reason: primary.map(ReasonBody::from),
            reasons: all.iter().copied().map(ReasonBody::from).collect(),
            overridden_by: by,
            flags: flags.names(),
            ticket: ticket.map(|ticket| ticket.typed_code()),
            attendee: row.as_ref().map(|row| row.name.clone()),
            note: row.map(|row| row.note).filter(|note| !note.is_empty()),
            ticket_type: class.and_then(|class| policy.class(class)).map(|class| class.name.clone()),
            gate: gate_name(&policy, gate),
            zone: zone_of(&policy, gate).map(|zone| zone_name(&policy, zone)),
            earlier: earlier.iter().map(|movement| MovementBody::of(movement, &policy)).collect(),
            facts: verdict.facts().iter().filter_map(|fact| FactBody::of(fact, &policy)).collect(),
            recorded,
        }
    }
}
