//! Check-ins, counts, conflicts and quarantine as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::{DeviceNo, GateId, TicketId, ZoneId};
use sync_protocol::journal::EntryKind;
use sync_protocol::journal::ledger::zone_of;
use sync_protocol::verdict::Code;
use utoipa::ToSchema;

use crate::admissions::conflicts::SignedBytes;
use crate::admissions::quarantine::{Adopted, Quarantined};
use crate::admissions::{CheckIn, Tally};
use crate::events::Event;
use crate::http::time::rfc3339;

/// What a check-in is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindName {
    /// Somebody was let in.
    Admit,
    /// Somebody went out.
    Exit,
    /// Somebody was not let in.
    Deny,
    /// An entry was taken back.
    Undo,
}

impl KindName {
    pub(super) const fn kind(self) -> EntryKind {
        match self {
            Self::Admit => EntryKind::Admit,
            Self::Exit => EntryKind::Exit,
            Self::Deny => EntryKind::Deny,
            Self::Undo => EntryKind::Undo,
        }
    }

    const fn of(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Admit => Self::Admit,
            EntryKind::Exit => Self::Exit,
            EntryKind::Undo => Self::Undo,
            _ => Self::Deny,
        }
    }
}

/// What is shown beside check-ins.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) devices: BTreeMap<DeviceNo, String>,
    pub(crate) tickets: BTreeMap<TicketId, TicketRow>,
}

/// A number and what people call it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// Its number.
    #[schema(example = 1)]
    number: u16,
    /// Its name; empty if it has none any more.
    #[schema(example = "Main entrance")]
    name: String,
}

/// What a door decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CheckInBody {
    /// Its place in the order of arrival, from 1.
    #[schema(example = 418)]
    number: u64,
    /// What it is.
    kind: KindName,
    /// When it happened, by the device's clock as corrected by the server's.
    #[schema(example = "2026-11-21T08:59:31.204Z", format = "date-time")]
    at: String,
    /// How wrong that may be, in ms.
    #[schema(example = 40)]
    uncertainty_ms: u32,
    /// The ticket's number, as it is typed; absent where none was read.
    #[schema(example = "5RK4T81M20H")]
    ticket: Option<String>,
    /// The attendee's name, if the list holds the ticket.
    #[schema(example = "Ada Lovelace")]
    attendee: Option<String>,
    /// The ticket type's name.
    #[schema(example = "Regular")]
    ticket_type: Option<String>,
    /// The gate.
    gate: Named,
    /// What it leads into.
    zone: Option<Named>,
    /// The device.
    device: Named,
    /// The number of the entry in the device's journal.
    #[schema(example = 217)]
    seq: u64,
    /// What was particular, such as `UNLISTED` or `OVERRIDE`.
    #[schema(value_type = Vec<String>, example = json!(["NO_CLAIM"]))]
    flags: Vec<&'static str>,
    /// Why somebody was not let in.
    #[schema(value_type = Option<String>, example = json!(null))]
    code: Option<&'static str>,
    /// Which finding a person decided against.
    #[schema(value_type = Option<String>, example = json!(null))]
    overridden: Option<&'static str>,
    /// The journal number of the entry that is taken back.
    #[schema(example = json!(null))]
    undoes: Option<u64>,
    /// The number of the device whose entry that is: the server takes back what any device recorded.
    #[schema(example = json!(null))]
    undoes_device: Option<u16>,
    /// Whether it counts: an admission or exit that nobody took back, or an undoing that does.
    #[schema(example = true)]
    counts: bool,
    /// The SHA-256 that the device's chain has for the entry.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    entry_hash: String,
    /// When the server got it.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    received_at: String,
}

impl CheckInBody {
    pub(crate) fn of(check_in: &CheckIn, event: &Event, around: &Surroundings) -> Self {
        let row = around.tickets.get(&check_in.ticket);
        let class = row.map_or(check_in.class, |row| row.row.class);
        let has_ticket = check_in.ticket.0 != 0;
        let code_name = |code| Code::from_u16(code).map(Code::name);
        Self {
            number: check_in.number,
            kind: KindName::of(check_in.kind),
            at: rfc3339(check_in.hlc.millis()),
            uncertainty_ms: check_in.uncertainty_ms,
            ticket: has_ticket.then(|| check_in.ticket.typed_code()),
            attendee: row.map(|row| row.name.clone()),
            ticket_type: event.policy.class(class).filter(|_| has_ticket).map(|class| class.name.clone()),
            gate: gate(event, check_in.gate),
            zone: check_in.zone.map(|id| zone(event, id)),
            device: Named {
                number: check_in.device_no.0,
                name: around.devices.get(&check_in.device_no).cloned().unwrap_or_default(),
            },
            seq: check_in.seq.0,
            flags: check_in.flags.names(),
            code: code_name(check_in.reason),
            overridden: check_in.overridden.and_then(code_name),
            undoes: check_in.undone().map(|(_, seq)| seq.0),
            undoes_device: check_in.undone().map(|(device, _)| device.0),
            counts: check_in.is_effective,
            entry_hash: hex::encode(check_in.entry_hash),
            received_at: rfc3339(check_in.received_at),
        }
    }

    /// Returns the check-in's place in the order of arrival.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }
}

fn gate(event: &Event, id: GateId) -> Named {
    Named { number: id.0, name: event.policy.gate(id).map(|gate| gate.name.clone()).unwrap_or_default() }
}

pub(super) fn zone(event: &Event, id: ZoneId) -> Named {
    Named { number: id.0, name: event.policy.zone(id).map(|zone| zone.name.clone()).unwrap_or_default() }
}

/// How many came in and are inside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountsBody {
    /// Admissions at all gates together.
    #[schema(example = 431)]
    admitted: u64,
    /// For each gate.
    gates: Vec<GateCountsBody>,
    /// For each zone.
    zones: Vec<ZoneCountsBody>,
}

/// What happened at a gate.
#[derive(Debug, Serialize, ToSchema)]
struct GateCountsBody {
    #[serde(flatten)]
    gate: Named,
    /// Admissions that nobody took back.
    #[schema(example = 431)]
    admitted: u64,
    /// Exits that nobody took back.
    #[schema(example = 12)]
    exits: u64,
    /// Denials.
    #[schema(example = 9)]
    denied: u64,
}

/// What happened in a zone.
#[derive(Debug, Serialize, ToSchema)]
struct ZoneCountsBody {
    #[serde(flatten)]
    zone: Named,
    /// How many people may be inside.
    #[schema(example = 800)]
    capacity: Option<u32>,
    /// Admissions through all its gates.
    #[schema(example = 431)]
    admitted: u64,
    /// Tickets whose last movement was in.
    #[schema(example = 419)]
    inside: u64,
}

impl CountsBody {
    pub(super) fn of(event: &Event, counts: &BTreeMap<GateId, Tally>, inside: &BTreeMap<ZoneId, u64>) -> Self {
        let policy = &event.policy;
        let known = policy.gates.iter().map(|gate| gate.id);
        let strange = counts.keys().copied().filter(|id| policy.gate(*id).is_none());
        let gates = known.chain(strange).map(|id| {
            let Tally { admitted, exits, denied } = counts.get(&id).copied().unwrap_or_default();
            GateCountsBody { gate: gate(event, id), admitted, exits, denied }
        });
        let admitted_to = |id| {
            let of_zone = counts.iter().filter(|(gate, _)| zone_of(policy, **gate) == Some(id));
            of_zone.map(|(_, count)| count.admitted).sum()
        };
        let zones = policy.zones.iter().map(|held| ZoneCountsBody {
            zone: zone(event, held.id),
            capacity: held.capacity,
            admitted: admitted_to(held.id),
            inside: inside.get(&held.id).copied().unwrap_or(0),
        });
        Self {
            admitted: counts.values().map(|count| count.admitted).sum(),
            gates: gates.collect(),
            zones: zones.collect(),
        }
    }
}

/// A ticket that came in more often than it may, in one zone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConflictBody {
    /// The ticket's number, as it is typed.
    #[schema(example = "5RK4T81M20H")]
    pub(super) ticket: String,
    /// The attendee's name, if the list holds the ticket.
    #[schema(example = "Ada Lovelace")]
    pub(super) attendee: Option<String>,
    /// The zone.
    pub(super) zone: Named,
    /// The admission that stands.
    pub(super) first: SignedCheckInBody,
    /// Those that should not have happened, in order.
    pub(super) excess: Vec<SignedCheckInBody>,
}

/// A check-in and the entry that its device signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedCheckInBody {
    /// The check-in.
    #[serde(flatten)]
    check_in: CheckInBody,
    /// The id of the device, which its certificate names.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    device_id: String,
    /// The entry's bytes, in hexadecimal.
    #[schema(example = "a10102")]
    entry: String,
    /// The device's signature over this entry, in hexadecimal; absent where a later entry's vouches for it.
    #[schema(
        example = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
    )]
    signature: Option<String>,
    /// The signature that vouches for it through the chain.
    vouched_by: VouchBody,
}

/// A signature and whose it is.
#[derive(Debug, Serialize, ToSchema)]
struct VouchBody {
    /// The number of the signed entry in the device's journal.
    #[schema(example = 220)]
    seq: u64,
    /// The signature, in hexadecimal.
    #[schema(
        example = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
    )]
    signature: String,
}

impl SignedCheckInBody {
    pub(super) fn of(check_in: &CheckIn, body: CheckInBody, signed: &SignedBytes) -> Self {
        let signature = hex::encode(&signed.signature);
        Self {
            device_id: check_in.device.to_string(),
            entry: hex::encode(&signed.bytes),
            signature: (signed.signed_at == check_in.seq).then(|| signature.clone()),
            vouched_by: VouchBody { seq: signed.signed_at.0, signature },
            check_in: body,
        }
    }
}

/// A batch that does not count until somebody adopts it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineBody {
    /// Its number.
    #[schema(example = 1)]
    number: u64,
    /// The id of the device whose journal it is of.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    device_id: String,
    /// Why it is there: `revoked`, `forked`, or `evidence` if the device asked for it.
    #[schema(example = "revoked")]
    reason: &'static str,
    /// Its first entry's number.
    #[schema(example = 218)]
    first_seq: u64,
    /// Its last entry's number.
    #[schema(example = 230)]
    last_seq: u64,
    /// When it arrived.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    received_at: String,
    /// When somebody adopted it.
    #[schema(example = "2026-11-21T09:00:02.017Z", format = "date-time")]
    adopted_at: Option<String>,
}

impl From<&Quarantined> for QuarantineBody {
    fn from(quarantined: &Quarantined) -> Self {
        Self {
            number: quarantined.number,
            device_id: quarantined.device.to_string(),
            reason: quarantined.reason.name(),
            first_seq: quarantined.first_seq.0,
            last_seq: quarantined.last_seq.0,
            received_at: rfc3339(quarantined.received_at),
            adopted_at: quarantined.adopted_at.map(rfc3339),
        }
    }
}

/// What became of an adopted batch's entries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdoptedBody {
    /// How many count from now on.
    #[schema(example = 13)]
    counted: u64,
    /// How many were held already.
    #[schema(example = 0)]
    known: u64,
    /// Numbers under which the device has recorded something else: these stay out.
    #[schema(example = json!([]))]
    left_out: Vec<u64>,
}

impl From<Adopted> for AdoptedBody {
    fn from(adopted: Adopted) -> Self {
        let left_out = adopted.left_out.iter().map(|seq| seq.0).collect();
        Self { counted: adopted.counted, known: adopted.known, left_out }
    }
}
