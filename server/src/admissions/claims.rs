//! Claims: who may admit a ticket at this moment.
//!
//! What doors ask while others are being answered is decided together, one after the other, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::feed::entry::{DeviceStatus, TicketRow};
use sync_protocol::id::{ClassId, DeviceId, EventId, TicketId, ZoneId};
use sync_protocol::journal::Movement;
use sync_protocol::journal::ledger::{self, zone_of};
use sync_protocol::policy::Policy;
use sync_protocol::sync::message::{ClaimRequest, HeldBy};
use sync_protocol::time::UnixMillis;

use super::EntryName;
use super::store::{self, Claim, Place};
use crate::app::App;
use crate::db::{StoreError, Trouble, Tx, again_if_busy};
use crate::devices::{self, Reached, Standing};
use crate::in_turn::{InTurn, Unanswered};
use crate::metrics::Busy;
use crate::sync::feed;

/// How long a claim holds unless the entry arrives.
pub const CLAIM_MS: u64 = 10_000;
/// Claims that are decided together.
const TOGETHER_MAX: usize = 200;

/// The answer to a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claimed {
    /// The device may admit.
    Granted {
        /// Until when nobody else may.
        until: UnixMillis,
    },
    /// Something stands against it.
    Held(HeldBy),
}

/// Why a claim was not decided.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum ClaimError {
    /// More is asked than can be answered.
    #[error("too many claims are waiting")]
    Full,
    /// The database failed for several that asked together; the log says how.
    #[error("could not store the claim")]
    Failed(Trouble),
}

impl From<Unanswered> for ClaimError {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Full => Self::Full,
            Unanswered::Failed => Self::Failed(Trouble::Other),
        }
    }
}

/// Who claims something of an event, and waits.
#[derive(Debug)]
pub struct Claimants(InTurn<EventId, (DeviceId, ClaimRequest), Result<Claimed, Trouble>>);

impl Default for Claimants {
    fn default() -> Self {
        Self(InTurn::new(TOGETHER_MAX))
    }
}

/// Claims a ticket for a device that is about to admit it.
///
/// # Errors
///
/// [`ClaimError`].
pub async fn claim(app: &App, event: EventId, device: DeviceId, asked: &ClaimRequest) -> Result<Claimed, ClaimError> {
    let serving = app.clone();
    let serve = move |asked| {
        let app = serving.clone();
        async move { answer(&app, event, asked).await }
    };
    let answer = app.claimants().0.ask(event, (device, *asked), serve).await?;
    answer.map_err(ClaimError::Failed)
}

async fn answer(app: &App, event: EventId, asked: Vec<(DeviceId, ClaimRequest)>) -> Vec<Result<Claimed, Trouble>> {
    match again_if_busy(|| decide_all(app, event, &asked), || app.metrics().busy(Busy::Retried)).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, %event, "claims were not decided");
            asked.iter().map(|_| Err(error.trouble())).collect()
        }
    }
}

/// Decides about all that was asked at once, in order, in one transaction.
async fn decide_all(app: &App, event: EventId, asked: &[(DeviceId, ClaimRequest)]) -> Result<Vec<Claimed>, StoreError> {
    let now = app.clock().now();
    let own = |(device, asked): &(DeviceId, ClaimRequest)| {
        let claim = Claim { device: *device, seq: asked.jseq, claimed_at: now, until: now.plus(CLAIM_MS) };
        ((asked.ticket_id, asked.zone), claim)
    };
    // The first to ask for a place.
    let first: BTreeMap<Place, Claim> = asked.iter().rev().map(own).collect();
    let mut tx = app.database().begin_write().await?;
    // The server decides about tickets as well, and does not while claims are granted.
    devices::own::hold(&mut tx, event).await?;
    let stored = store::lock_claims(&mut tx, event, &first).await?;
    let is_older = |(place, claim): &(&Place, &Claim)| first.get(place) != Some(claim);
    let older: BTreeMap<Place, Claim> = stored.iter().filter(is_older).map(|(place, claim)| (*place, *claim)).collect();
    let standing = Against::read(&mut tx, event, asked, older, now).await?;
    let (answers, held) = standing.decide(asked, own);

    let mut changed: Vec<(Place, Claim)> = Vec::new();
    for (place, claim) in first {
        // What was stored for one who is refused has ended before it began.
        let is = held.get(&place).copied().unwrap_or(Claim { until: UnixMillis(0), ..claim });
        if stored.get(&place) != Some(&is) {
            changed.push((place, is));
        }
    }
    store::put_claims(&mut tx, event, &changed).await?;
    tx.commit().await?;
    Ok(answers)
}

/// What may stand against claims.
struct Against {
    /// Earlier claims, and then those that were granted.
    held: BTreeMap<Place, Claim>,
    /// How far the journals of all who claim or have claimed are held.
    reached: BTreeMap<DeviceId, Reached>,
    /// The movements of each ticket, and the type that its first entry names.
    moved: BTreeMap<TicketId, (Vec<Movement>, ClassId)>,
    listed: BTreeMap<TicketId, TicketRow>,
    /// Where something has moved.
    policy: Option<Policy>,
    now: UnixMillis,
}

impl Against {
    /// Reads it while the places are locked.
    async fn read(
        tx: &mut Tx,
        event: EventId,
        asked: &[(DeviceId, ClaimRequest)],
        held: BTreeMap<Place, Claim>,
        now: UnixMillis,
    ) -> Result<Self, StoreError> {
        let devices: BTreeSet<DeviceId> =
            held.values().map(|claim| claim.device).chain(asked.iter().map(|(device, _)| *device)).collect();
        // Before the movements: a journal that arrives in between leaves its claim standing, and never neither.
        let reached = devices::reached(tx, &devices).await?;
        let tickets: BTreeSet<TicketId> = asked.iter().map(|(_, asked)| asked.ticket_id).collect();
        let mut moved: BTreeMap<TicketId, (Vec<Movement>, ClassId)> = BTreeMap::new();
        for check_in in store::effective_of_tickets(tx, event, &tickets).await? {
            let (movements, _) = moved.entry(check_in.ticket).or_insert_with(|| (Vec::new(), check_in.class));
            movements.extend(check_in.movement());
        }
        if moved.is_empty() {
            return Ok(Self { held, reached, moved, listed: BTreeMap::new(), policy: None, now });
        }
        let policy = Some(feed::policy(tx, event).await?);
        let listed = feed::tickets(tx, event, moved.keys().copied()).await?;
        Ok(Self { held, reached, moved, listed, policy, now })
    }

    /// Decides in the order of asking, and returns the answers with what is claimed then.
    fn decide(
        mut self,
        asked: &[(DeviceId, ClaimRequest)],
        own: impl Fn(&(DeviceId, ClaimRequest)) -> (Place, Claim),
    ) -> (Vec<Claimed>, BTreeMap<Place, Claim>) {
        let mut answers = Vec::with_capacity(asked.len());
        for one in asked {
            let (place, claim) = own(one);
            let against = self.movement_against(&one.1).or_else(|| self.claim_against(place, claim.device));
            answers.push(match against {
                Some(by) => Claimed::Held(by),
                None => {
                    self.held.insert(place, claim);
                    Claimed::Granted { until: claim.until }
                }
            });
        }
        (answers, self.held)
    }

    /// Returns the last admission that forbids another one, unless it is the very one that is claimed for.
    fn movement_against(&self, asked: &ClaimRequest) -> Option<HeldBy> {
        let own: EntryName = (asked.device_no, asked.jseq);
        let (policy, (moved, told)) = (self.policy.as_ref()?, self.moved.get(&asked.ticket_id)?);
        let movements: Vec<Movement> = moved.iter().filter(|movement| movement.name() != own).cloned().collect();
        let class = self.listed.get(&asked.ticket_id).map_or(*told, |row| row.row.class);
        if movements.is_empty()
            || ledger::Standing::fold(&movements, policy, asked.zone).allows(policy.class(class)?, self.now)
        {
            return None;
        }
        let in_zone = movements.iter().filter(|movement| zone_of(policy, movement.gate) == Some(asked.zone));
        let last = in_zone.max_by_key(|movement| (movement.hlc, movement.device, movement.seq))?;
        Some(HeldBy { device_no: last.device, jseq: last.seq, gate: Some(last.gate), at: last.hlc.millis() })
    }

    /// Returns another device's claim on the place, as long as it keeps others off.
    fn claim_against(&self, place: Place, device: DeviceId) -> Option<HeldBy> {
        let claim = self.held.get(&place).filter(|claim| claim.device != device && claim.until > self.now)?;
        waiting(claim, self.reached.get(&claim.device)?)
    }
}

/// Returns what stands against admitting these tickets because terminals are about to. The server is locked
/// against claims.
///
/// # Errors
///
/// [`StoreError`].
pub async fn held(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    now: UnixMillis,
) -> Result<BTreeMap<(TicketId, ZoneId), HeldBy>, StoreError> {
    let claims = store::claims(tx, event, tickets, now).await?;
    let devices = claims.values().map(|claim| claim.device).collect();
    let reached = devices::reached(tx, &devices).await?;
    let by = |(place, claim): (Place, Claim)| Some((place, waiting(&claim, reached.get(&claim.device)?)?));
    Ok(claims.into_iter().filter_map(by).collect())
}

/// Returns a claim as what keeps others off, if its entry has not arrived and the device still counts.
fn waiting(claim: &Claim, reached: &Reached) -> Option<HeldBy> {
    let has_arrived = reached.seq >= claim.seq;
    if has_arrived || reached.standing != Standing::Enrolled(DeviceStatus::Active) {
        return None;
    }
    Some(HeldBy { device_no: reached.number, jseq: claim.seq, gate: None, at: claim.claimed_at })
}
