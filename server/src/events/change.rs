//! Changes of an event: a merge patch, held to what was sold already, and told to the doors and the attendees.

mod merge;
mod news;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sync_protocol::feed::{Body, Entity};
use sync_protocol::id::{ClassId, EventId, GateId, ZoneId};

use super::body::NewEvent;
use super::check::{Checked, check};
use super::{Event, Offer, Over, State, store, supervisors};
use crate::access::Role;
use crate::accounts::Organiser;
use crate::admissions;
use crate::app::App;
use crate::audit;
use crate::db::{StoreError, Tx};
use crate::devices;
use crate::http::extract::from_json;
use crate::http::problem::{FieldError, Problem};
use crate::http::version::IfMatch;
use crate::mails::{self, Letter};
use crate::registrations;
use crate::sync::feed;
use crate::tickets;
use crate::walk_ins::leases;

/// How often a change of whatever there is begins again because somebody else was faster.
const TRIES: usize = 3;

/// Why an event was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such event.
    #[error("there is no such event")]
    Unknown,
    /// Something is wrong with the change.
    #[error("the event will not do")]
    Invalid(Vec<FieldError>),
    /// It is no JSON of an event, or somebody else has changed the event meanwhile.
    #[error("the request cannot be met")]
    Refused(Problem),
    /// Nothing of it changes any more.
    #[error("nothing of it changes any more")]
    Over(#[from] Over),
    /// Promoters change events of their own alone, before they are submitted.
    #[error("the event is not its promoter's to change")]
    NotYours,
    /// Something that is taken away is in use.
    #[error("something that is taken away is in use")]
    InUse(Vec<Used>),
    /// More is taken than there would be.
    #[error("more is taken than there would be")]
    Taken(Vec<Excess>),
    /// The database failed.
    #[error("could not store the event")]
    Store(#[from] StoreError),
}

/// Something that cannot be taken away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Used {
    /// `ticket_type`, `gate` or `zone`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What uses it.
    pub by: &'static str,
}

/// A number that cannot be so small.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excess {
    /// The ticket type; nothing for the whole event.
    pub ticket_type: Option<String>,
    /// How many places are taken, those that are kept for sale at the doors among them.
    pub taken: u64,
    /// How many there would be.
    pub wanted: u32,
}

/// Changes an event as a merge patch says, tells the doors in the same transaction, and tells attendees of a
/// published event what matters to them. A patch that changes nothing leaves the version as it is.
///
/// # Errors
///
/// [`ChangeError`].
pub async fn change(
    app: &App,
    organiser: Organiser,
    id: EventId,
    seen: IfMatch,
    patch: &Map<String, Value>,
) -> Result<Event, ChangeError> {
    for _ in 0..TRIES {
        let mut tx = app.database().begin_read().await?;
        let held = store::find(&mut tx, organiser.organisation, id).await?.ok_or(ChangeError::Unknown)?;
        drop(tx);
        may_change(organiser, &held)?;
        seen.check(held.version).map_err(ChangeError::Refused)?;
        let mut checked = apply(&held, patch)?;
        if let Some(new) = checked.supervisors.take() {
            // Hashing takes its time: before the feed is locked.
            checked.policy.supervisors = supervisors::hash(app.passwords(), new, &held.policy.supervisors).await;
        }
        if let Some(event) = put(app, organiser, &held, checked).await? {
            return Ok(event);
        }
    }
    // Whoever saw a version is refused at the second try, so this is about whatever there is.
    Err(ChangeError::Refused(Problem::busy(1)))
}

/// Whether somebody may change an event at all.
///
/// # Errors
///
/// [`ChangeError::Over`] or [`ChangeError::NotYours`].
pub(super) fn may_change(organiser: Organiser, event: &Event) -> Result<(), ChangeError> {
    if organiser.role < Role::Manager && !(event.is_made_by(organiser) && event.state.is_with_its_promoter()) {
        return Err(ChangeError::NotYours);
    }
    if event.state.takes_changes() { Ok(()) } else { Err(Over(event.state).into()) }
}

/// Returns the event as the patch would have it.
fn apply(held: &Event, patch: &Map<String, Value>) -> Result<Checked, ChangeError> {
    let mut whole = serde_json::to_value(NewEvent::from(held)).map_err(|_| StoreError::Corrupt("offer"))?;
    merge::merge(&mut whole, patch);
    let bytes = serde_json::to_vec(&whole).map_err(|_| StoreError::Corrupt("offer"))?;
    let new = from_json(&bytes).map_err(ChangeError::Refused)?;
    check(new, Some(held)).map_err(ChangeError::Invalid)
}

/// Puts what was checked in the place of `held`; nothing if that is no longer what there is.
async fn put(app: &App, organiser: Organiser, held: &Event, new: Checked) -> Result<Option<Event>, ChangeError> {
    let mut tx = app.database().begin_write().await?;
    let head = feed::lock(&mut tx, app.sealer(), held.id).await?;
    let now_held = store::find(&mut tx, organiser.organisation, held.id).await?.ok_or(ChangeError::Unknown)?;
    if now_held != *held {
        return Ok(None);
    }
    let Checked { policy, offer, about, .. } = new;
    if (&policy, &about) == (&held.policy, &held.about) && is_same_offer(held, &offer) {
        return Ok(Some(now_held));
    }
    let (state, version) = (held.state.after_change(), held.version + 1);
    let event = Event { policy, offer, about, state, version, ..now_held };
    may_go(&mut tx, held, &event).await?;
    suffices(&mut tx, held, &event).await?;
    store::update(&mut tx, &event).await?;
    let now = app.clock().now();
    let (before, after) = news::difference(held, &event);
    let subject = event.id.to_string();
    let change = audit::Change { action: "event.update", event: Some(event.id), subject: &subject, before, after };
    audit::note(&mut tx, organiser, &change, now).await?;
    let changes = news::for_attendees(held, &event, event.about.language.unwrap_or(app.language()));
    if event.state == State::Published && !changes.is_empty() {
        let recipients = registrations::addresses(&mut tx, event.id).await?;
        let letter = Letter::EventChanged { event: event.id, changes };
        mails::post_all(&mut tx, app, Some(organiser.organisation), &recipients, &letter).await?;
    }
    if event.policy != held.policy {
        feed::append_after(&mut tx, head, &[Body::Policy(event.policy.clone()).encode(Entity::ZERO)]).await?;
    }
    // There may be more places than before.
    registrations::move_up(&mut tx, app, &event).await?;
    tx.commit().await?;
    Ok(Some(event))
}

fn is_same_offer(held: &Event, offer: &Offer) -> bool {
    Offer { numbers: held.offer.numbers, ..offer.clone() } == held.offer
}

/// Checks that nothing is taken away that tickets, check-ins or devices speak of.
async fn may_go(tx: &mut Tx, held: &Event, event: &Event) -> Result<(), ChangeError> {
    let (before, after) = (&held.policy, &event.policy);
    let classes: BTreeSet<ClassId> =
        before.classes.iter().map(|class| class.id).filter(|id| after.class(*id).is_none()).collect();
    let gates: BTreeSet<GateId> =
        before.gates.iter().map(|gate| gate.id).filter(|id| after.gate(*id).is_none()).collect();
    let zones: BTreeSet<ZoneId> =
        before.zones.iter().map(|zone| zone.id).filter(|id| after.zone(*id).is_none()).collect();
    if classes.is_empty() && gates.is_empty() && zones.is_empty() {
        return Ok(());
    }
    let mut used = Vec::new();
    let ticketed = tickets::counts(tx, held.id).await?;
    let hoped_for = registrations::hoped_for(tx, held.id).await?;
    let (gates_used, zones_used) = admissions::places::used(tx, held.id, &gates, &zones).await?;
    let devices = devices::store::numbered(tx, held.id).await?;
    let sells = |id| devices.iter().any(|device| device.walk_in.iter().any(|plan| plan.class == id));
    for class in before.classes.iter().filter(|class| classes.contains(&class.id)) {
        let by = match class.id {
            id if ticketed.contains_key(&id) => Some("tickets"),
            id if hoped_for.contains(&id) => Some("registrations"),
            id => sells(id).then_some("devices"),
        };
        used.extend(by.map(|by| Used { kind: "ticket_type", name: class.name.clone(), by }));
    }
    let stands = |id| devices.iter().any(|device| device.gates.contains(&id));
    for gate in before.gates.iter().filter(|gate| gates.contains(&gate.id)) {
        let by = if gates_used.contains(&gate.id) { Some("check_ins") } else { stands(gate.id).then_some("devices") };
        used.extend(by.map(|by| Used { kind: "gate", name: gate.name.clone(), by }));
    }
    for zone in before.zones.iter().filter(|zone| zones_used.contains(&zone.id)) {
        used.push(Used { kind: "zone", name: zone.name.clone(), by: "check_ins" });
    }
    if used.is_empty() { Ok(()) } else { Err(ChangeError::InUse(used)) }
}

/// Checks that there is still room for all who have a place.
async fn suffices(tx: &mut Tx, held: &Event, event: &Event) -> Result<(), ChangeError> {
    let shrinks = |before: Option<u32>, after: Option<u32>| match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    };
    let capacity = event.offer.capacity.filter(|after| shrinks(held.offer.capacity, Some(*after)));
    let shrunk: Vec<(ClassId, u32)> = event
        .offer
        .ticket_types
        .iter()
        .filter(|offered| shrinks(held.quota(offered.class), offered.quota))
        .filter_map(|offered| Some((offered.class, offered.quota?)))
        .collect();
    if capacity.is_none() && shrunk.is_empty() {
        return Ok(());
    }
    let taken = places_taken(tx, held.id).await?;
    let mut excesses = Vec::new();
    for (class, wanted) in shrunk {
        let taken = taken.get(&class).copied().unwrap_or_default();
        if taken > u64::from(wanted) {
            let ticket_type = event.policy.class(class).map(|class| class.name.clone());
            excesses.push(Excess { ticket_type, taken, wanted });
        }
    }
    if let Some(wanted) = capacity {
        let taken = taken.values().sum();
        if taken > u64::from(wanted) {
            excesses.push(Excess { ticket_type: None, taken, wanted });
        }
    }
    if excesses.is_empty() { Ok(()) } else { Err(ChangeError::Taken(excesses)) }
}

/// Returns how many places of each ticket type are taken: by tickets that are not cancelled, and by rights to sell at
/// the doors.
///
/// # Errors
///
/// [`StoreError`].
pub async fn places_taken(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ClassId, u64>, StoreError> {
    let mut taken = leases::held_by_class(tx, event).await?;
    for (class, counted) in tickets::counts(tx, event).await? {
        *taken.entry(class).or_default() += counted.living;
    }
    Ok(taken)
}
