//! What a decision rests on, read from the database: the same that a terminal knows which holds the whole feed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_protocol::certificate::Certificate;
use sync_protocol::feed::entry::{DeviceStatus, TicketRow};
use sync_protocol::id::{DeviceNo, EventId, FeedSeq, GateId, Kid, Seq, TicketId, ZoneId};
use sync_protocol::journal::ledger::{Standing, zone_of};
use sync_protocol::journal::{Entry, EntryKind, Flags, Movement, MovementKind};
use sync_protocol::policy::{Gate, Policy};
use sync_protocol::sync::message::HeldBy;
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{Credential, Keyring};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::presentation::{Sources, entry};
use sync_protocol::verdict::{
    self, Cache, Clock, Code, Direction, OverrideBy, Presentation, Question, Readiness, Scope, Verdict,
};

use super::{Decided, DoorError, Shown, earlier};
use crate::admissions::{self, attendance, claims};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::devices::{self, own};
use crate::events;
use crate::sync::feed::{self, HEAD_VALID_MS};

/// Returns the keys that may vouch for what is shown.
pub(super) async fn keyring(
    tx: &mut Tx,
    event: EventId,
    shown: impl IntoIterator<Item = &Shown>,
) -> Result<Keyring, StoreError> {
    let mut signers = BTreeSet::new();
    for shown in shown {
        let (Shown::Credential(text) | Shown::Typed(text)) = shown else { continue };
        signers.extend(Credential::from_text(text).ok().map(|credential| credential.signer()));
    }
    let mut keyring = Keyring::new(event);
    if signers.is_empty() {
        return Ok(keyring);
    }
    let mut kids: BTreeSet<Kid> = BTreeSet::new();
    for held in events::verify_keys(tx, event).await? {
        kids.insert(held.kid);
        keyring.add_key(held.event, held.kid, held.key, held.state);
    }
    // A ticket of tomorrow's event is told from a forged one.
    let strange = signers.iter().filter_map(|signer| match signer {
        Signer::Server(kid) if !kids.contains(kid) => Some(*kid),
        _ => None,
    });
    for kid in strange {
        for held in events::sister_keys(tx, event, kid).await? {
            keyring.add_key(held.event, held.kid, held.key, held.state);
        }
    }
    if signers.iter().any(|signer| matches!(signer, Signer::Device(_))) {
        for device in devices::store::numbered(tx, event).await? {
            keyring.set_delegation(delegation(&device)?);
        }
    }
    Ok(keyring)
}

/// Returns what a device may sign, as terminals learn it from its DEVICE entry.
fn delegation(device: &devices::Device) -> Result<Delegation, StoreError> {
    let bytes = &device.certificate.as_ref().ok_or(StoreError::Corrupt("certificate"))?.bytes;
    let certificate = Certificate::decode(bytes).map_err(|_| StoreError::Corrupt("certificate"))?;
    Ok(Delegation {
        device: certificate.number,
        key: certificate.sign_key,
        capabilities: certificate.capabilities,
        classes: certificate.walk_in_classes,
        revoked_after: (device.status() != Some(DeviceStatus::Active)).then_some(device.end.seq),
    })
}

/// Reads what is shown.
pub(super) fn read(shown: &Shown, keyring: &Keyring) -> Presentation {
    match shown {
        Shown::Credential(text) => Presentation::of_credential(text, keyring),
        Shown::Typed(text) => Presentation::of_typed(text, keyring),
        Shown::Ticket(ticket) => Presentation::of_ticket(*ticket),
    }
}

/// All that decisions about some tickets rest on.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) now: UnixMillis,
    pub(super) policy: Arc<Policy>,
    policy_seq: FeedSeq,
    pub(super) cursor: FeedSeq,
    pub(super) state: events::State,
    rows: BTreeMap<TicketId, (FeedSeq, TicketRow)>,
    movements: BTreeMap<TicketId, Vec<Movement>>,
    claims: BTreeMap<(TicketId, ZoneId), HeldBy>,
    /// How far the journal of each device that sold one of the tickets is held.
    sellers: BTreeMap<DeviceNo, Seq>,
    /// Of the zones that hold only so many.
    inside: BTreeMap<ZoneId, u64>,
    unlisted_admitted: u32,
}

impl Facts {
    /// Reads the facts about what was presented, where the feed stands at `cursor`.
    pub(super) async fn read(
        tx: &mut Tx,
        app: &App,
        event: EventId,
        cursor: FeedSeq,
        presented: impl IntoIterator<Item = &Presentation>,
    ) -> Result<Self, StoreError> {
        let now = app.clock().now();
        let tickets: BTreeSet<TicketId> = presented.into_iter().filter_map(|shown| shown.ticket).collect();
        let state = events::state(tx, event).await?;
        let (policy_seq, policy) = feed::numbered_policy(tx, event).await?;
        let rows = feed::numbered_tickets(tx, event, tickets.iter().copied()).await?;
        let mut movements: BTreeMap<TicketId, Vec<Movement>> = BTreeMap::new();
        for movement in admissions::movements(tx, event, &tickets).await? {
            movements.entry(movement.ticket).or_default().push(movement);
        }
        let claims = claims::held(tx, event, &tickets, now).await?;
        let is_sold = |ticket: &TicketId| ticket.issuer() != own::NUMBER;
        let mut sellers = BTreeMap::new();
        if tickets.iter().any(is_sold) {
            let devices = devices::store::numbered(tx, event).await?;
            sellers.extend(devices.into_iter().filter_map(|device| Some((device.number?, device.end.seq))));
        }
        let unlisted_admitted = if tickets.iter().any(|ticket| !rows.contains_key(ticket)) {
            let count = admissions::count_unlisted(tx, event, own::NUMBER).await?;
            u32::try_from(count).unwrap_or(u32::MAX)
        } else {
            0
        };
        let inside = if policy.zones.iter().any(|zone| zone.capacity.is_some()) {
            attendance::inside(tx, event).await?
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            now,
            policy: Arc::new(policy),
            policy_seq,
            cursor,
            state,
            rows,
            movements,
            claims,
            sellers,
            inside,
            unlisted_admitted,
        })
    }

    /// Returns the gate of a name, whatever its case.
    pub(super) fn gate_named(&self, name: &str) -> Result<GateId, DoorError> {
        super::check_open(self.state)?;
        let name = name.trim().to_lowercase();
        let is_it = |gate: &&Gate| gate.name.to_lowercase() == name;
        self.policy.gates.iter().find(is_it).map(|gate| gate.id).ok_or(DoorError::UnknownGate)
    }

    /// Returns every movement of the tickets.
    pub(super) fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.movements.values().flatten()
    }

    /// Decides, and returns what the journal is to say of it.
    pub(super) fn decide(
        &self,
        presentation: &Presentation,
        gate: GateId,
        direction: Direction,
    ) -> (Decided, Option<Entry>) {
        let question = self.question(presentation, gate, direction);
        let verdict = self.yield_to_claims(verdict::decide(&question), presentation, gate, direction);
        let row = presentation.ticket.and_then(|ticket| self.rows.get(&ticket));
        let sources = Sources { policy: self.policy_seq, row: row.map_or(FeedSeq(0), |(seq, _)| *seq) };
        let entry = entry(presentation, &question, &verdict, sources);
        let ticket = presentation.vouched_ticket(&verdict);
        let decided = Decided {
            at: self.now,
            direction,
            gate,
            ticket,
            row: ticket.and(row).map(|(_, row)| row.clone()),
            class: ticket.and_then(|_| presentation.class(question.row)),
            earlier: if ticket.is_some() { earlier(question.history) } else { Vec::new() },
            policy: Arc::clone(&self.policy),
            verdict,
            recorded: None,
        };
        (decided, entry)
    }

    fn question<'a>(&'a self, presentation: &Presentation, gate: GateId, direction: Direction) -> Question<'a> {
        let ticket = presentation.ticket;
        let zone = zone_of(&self.policy, gate);
        let seller = ticket.map(TicketId::issuer).filter(|seller| *seller != own::NUMBER);
        Question {
            scan: presentation.scan,
            direction,
            policy: &self.policy,
            row: ticket.and_then(|ticket| self.rows.get(&ticket)).map(|(_, row)| &row.row),
            history: ticket.and_then(|ticket| self.movements.get(&ticket)).map_or(&[], Vec::as_slice),
            clock: Clock { now: self.now, uncertainty_ms: 0 },
            scope: Scope {
                readiness: Readiness::Ready,
                device: own::NUMBER,
                gate,
                has_link: true,
                unlisted_admitted: self.unlisted_admitted,
                occupancy: zone.and_then(|zone| self.inside.get(&zone)).copied().unwrap_or(0),
            },
            cache: Cache {
                cursor: self.cursor,
                is_complete: true,
                valid_until: self.now.plus(HEAD_VALID_MS),
                seller_seen: seller.and_then(|seller| self.sellers.get(&seller)).copied().unwrap_or_default(),
            },
        }
    }

    /// A terminal that was promised the ticket a moment ago comes first.
    fn yield_to_claims(
        &self,
        verdict: Verdict,
        presentation: &Presentation,
        gate: GateId,
        direction: Direction,
    ) -> Verdict {
        let place = presentation.ticket.zip(zone_of(&self.policy, gate));
        match verdict {
            Verdict::Admit { flags, facts }
                if direction == Direction::Entry && place.is_some_and(|place| self.claims.contains_key(&place)) =>
            {
                let primary = Code::AlreadyIn;
                Verdict::Deny { primary, all: vec![primary], by: OverrideBy::Supervisor, flags, facts }
            }
            verdict => verdict,
        }
    }

    /// Takes in a movement that was just recorded.
    pub(super) fn learn(&mut self, movement: Movement) {
        let (ticket, gate) = (movement.ticket, movement.gate);
        if movement.kind == MovementKind::Admit && !self.rows.contains_key(&ticket) {
            self.unlisted_admitted = self.unlisted_admitted.saturating_add(1);
        }
        let movements = self.movements.entry(ticket).or_default();
        let Some(zone) = zone_of(&self.policy, gate) else {
            movements.push(movement);
            return;
        };
        let was_inside = Standing::fold(movements.iter(), &self.policy, zone).is_inside;
        movements.push(movement);
        let is_inside = Standing::fold(movements.iter(), &self.policy, zone).is_inside;
        let inside = self.inside.entry(zone).or_default();
        *inside = (*inside + u64::from(is_inside)).saturating_sub(u64::from(was_inside));
    }
}

/// Returns an entry with what a person decided against, and why; that of an admission that nothing stood against
/// only says why.
pub(super) fn warranted(mut entry: Entry, verdict: &Verdict, reason: String) -> Entry {
    if let Verdict::Deny { primary, flags, .. } = verdict {
        entry.kind = EntryKind::Admit;
        entry.flags = flags.and(Flags::OVERRIDE);
        entry.reason = 0;
        entry.overridden = Some(*primary as u16);
    }
    entry.note = Some(reason);
    entry
}
