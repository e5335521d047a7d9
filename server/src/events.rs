//! Events: their policy (what the doors need to know) and their offer (what only organisers do).

pub mod body;
pub mod change;
mod check;
pub mod copy;
pub mod decide;
pub mod keys;
pub mod life;
pub mod lists;
pub mod near;
pub mod public;
pub mod remove;
pub mod routes;
pub mod store;
pub mod supervisors;
pub mod tasks;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::feed::{Body, Entity};
use sync_protocol::id::{ClassId, EventId};
use sync_protocol::policy::{Class, Policy};
use sync_protocol::time::{UnixMillis, Window};

use self::body::NewEvent;
pub use self::check::{CAPACITY_MAX, DESCRIPTION_CHARS_MAX, LOCATION_CHARS_MAX, NAME_CHARS_MAX};
pub use self::keys::{TicketKey, VerifyKey, active_kid, sister_keys, ticket_key, verify_keys};
use self::life::Step;
use self::supervisors::NewSupervisor;
use crate::accounts::{AccountId, OrganisationId, Organiser};
use crate::app::App;
use crate::audit;
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::http::problem::FieldError;
use crate::language::Language;
use crate::registrations::fold;
use crate::sync::feed;

/// An event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What the doors know: name, times, zones, gates, ticket types, limits, switches.
    pub policy: Policy,
    /// What the doors don't know.
    pub offer: Offer,
    /// What the public is told of it.
    pub about: About,
    /// How far it has come.
    pub state: State,
    /// Counts the changes that people make.
    pub version: u64,
    /// Who made it.
    pub made_by: Option<AccountId>,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What the public is told of an event beside its name and times.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct About {
    /// What happens there; may be empty.
    pub description: String,
    /// Where it takes place; may be empty.
    pub location: String,
    /// What letters about it are written in, to whoever has not chosen otherwise; the installation's language without.
    pub language: Option<Language>,
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventState)]
pub enum State {
    /// Being prepared.
    #[default]
    Draft = 0,
    /// Waits for a manager's word.
    Submitted = 1,
    /// May be published.
    Approved = 2,
    /// The public sees it, and may register.
    Published = 3,
    /// Over: nothing changes any more.
    Closed = 4,
    /// A manager said no.
    Rejected = 5,
    /// Will not take place.
    Cancelled = 6,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Draft, Self::Submitted, Self::Approved, Self::Published, Self::Closed, Self::Rejected, Self::Cancelled];

    /// Returns the state of a number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }
}

impl Event {
    /// Returns the ticket type called `name`, whatever its case.
    pub fn class_named(&self, name: &str) -> Option<&Class> {
        let name = name.trim().to_lowercase();
        self.policy.classes.iter().find(|class| class.name.to_lowercase() == name)
    }

    /// Returns how many tickets of a type there may be.
    pub fn quota(&self, class: ClassId) -> Option<u32> {
        self.offered(class).and_then(|offered| offered.quota)
    }

    /// Returns how a ticket type is sold.
    pub fn offered(&self, class: ClassId) -> Option<&OfferedType> {
        self.offer.ticket_types.iter().find(|offered| offered.class == class)
    }

    /// Whether somebody made it.
    pub fn is_made_by(&self, organiser: Organiser) -> bool {
        self.made_by == Some(organiser.account)
    }

    /// Returns the numbers that the next zone, gate and ticket type get.
    pub fn numbers(&self) -> Numbers {
        let after = |ids: &mut dyn Iterator<Item = u16>| ids.max().map_or(0, |id| u32::from(id) + 1);
        let (policy, held) = (&self.policy, self.offer.numbers);
        Numbers {
            zones: held.zones.max(after(&mut policy.zones.iter().map(|zone| zone.id.0))),
            gates: held.gates.max(after(&mut policy.gates.iter().map(|gate| gate.id.0))),
            classes: held.classes.max(after(&mut policy.classes.iter().map(|class| class.id.0))),
        }
    }

    /// Returns what a search looks through, short enough to stand in an index.
    fn search_text(&self) -> String {
        /// Signs of the name and place.
        const CHARS_MAX: usize = 500;
        let text = fold(&format!("{}\n{}", self.policy.event, self.about.location));
        text.chars().take(CHARS_MAX).collect()
    }
}

/// What is sold.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Offer {
    /// One for each class of the policy, in its order.
    pub ticket_types: Vec<OfferedType>,
    /// How many may be registered in all; nothing is any number.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// Until when attendees may cancel by themselves; nothing is until it begins.
    #[serde(default)]
    pub cancel_until: Option<UnixMillis>,
    /// What attendees are asked when they register.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// The numbers that the next zone, gate and ticket type get: none is ever used again, because terminals and their
    /// journals name things by number.
    #[serde(default)]
    pub numbers: Numbers,
}

/// Numbers that were not given yet.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Numbers {
    /// The lowest of zones.
    pub zones: u32,
    /// The lowest of gates.
    pub gates: u32,
    /// The lowest of ticket types.
    pub classes: u32,
}

/// Something that attendees are asked when they register.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What its answers are kept under, unlike every other question's: 1 to 40 of a-z, 0-9 and `_`.
    #[schema(example = "meal", pattern = "^[a-z0-9_]{1,40}$")]
    pub key: String,
    /// The question: 1 to 200 characters.
    #[schema(example = "What would you like to eat?", min_length = 1, max_length = 200)]
    pub label: String,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// The only answers there are, at most 50; any text of up to 500 characters without.
    #[serde(default)]
    #[schema(example = json!(["meat", "vegetarian", "vegan"]), max_items = 50)]
    pub choices: Vec<String>,
}

/// A ticket type as it is sold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OfferedType {
    /// The policy's class.
    pub class: ClassId,
    /// What it costs; nothing is free.
    pub price: Option<Price>,
    /// How many there may be; nothing is any number.
    pub quota: Option<u32>,
    /// When the public may have it; at any time without.
    #[serde(default)]
    pub sale: Option<Window>,
    /// How many one person may have at most; one without, when registering again is refused.
    #[serde(default)]
    pub per_person: Option<u32>,
    /// Shown and given only to whoever knows this.
    #[serde(default)]
    pub access_code: Option<String>,
    /// Whether staff should look at the note of everybody who comes with it.
    #[serde(default)]
    pub attention: bool,
    /// Whether an organiser says yes or no to each registration.
    #[serde(default)]
    pub needs_approval: bool,
    /// Whether people may wait for a place when there is none.
    #[serde(default)]
    pub has_waitlist: bool,
}

impl OfferedType {
    /// Returns a type that is free, unlimited and for everybody.
    pub const fn plain(class: ClassId) -> Self {
        Self {
            class,
            price: None,
            quota: None,
            sale: None,
            per_person: None,
            access_code: None,
            attention: false,
            needs_approval: false,
            has_waitlist: false,
        }
    }
}

/// An amount of money.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// In the currency's smallest unit, at most 1 000 000 000.
    #[schema(example = 4900, maximum = 1_000_000_000)]
    pub amount: u32,
    /// The ISO 4217 code.
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

impl From<&Price> for sync_protocol::policy::Price {
    fn from(price: &Price) -> Self {
        Self { amount: price.amount, currency: price.currency.clone() }
    }
}

/// A step that was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// The step.
    pub step: Step,
    /// What the event was before.
    pub before: State,
    /// What it was after.
    pub after: State,
    /// Why; may be empty.
    pub reason: String,
    /// Who decided.
    pub account: AccountId,
    /// When.
    pub at: UnixMillis,
}

/// Makes an event with its first ticket signing key and its feed, whose first entries are the policy and
/// the key.
///
/// # Errors
///
/// [`StoreError`].
pub async fn create(
    app: &App,
    organiser: Organiser,
    mut policy: Policy,
    offer: Offer,
    about: About,
    supervisors: Vec<NewSupervisor>,
) -> Result<Event, StoreError> {
    policy.supervisors = supervisors::hash(app.passwords(), supervisors, &[]).await;
    let mut tx = app.database().begin_write().await?;
    let event = begin(&mut tx, app, organiser, policy, offer, about).await?;
    note_made(&mut tx, organiser, &event).await?;
    tx.commit().await?;
    Ok(event)
}

/// Records that an event was made.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_made(tx: &mut Tx, organiser: Organiser, event: &Event) -> Result<(), StoreError> {
    let noted = audit::Change {
        action: "event.create",
        event: Some(event.id),
        subject: &event.id.to_string(),
        before: Value::Null,
        after: json!({ "name": event.policy.event, "starts": event.policy.starts.0, "ends": event.policy.ends.0 }),
    };
    audit::note(tx, organiser, &noted, event.created_at).await
}

/// Checks an event as an organiser sends it, without supervisors, and returns what is stored of it.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn checked(new: NewEvent) -> Result<(Policy, Offer, About), Vec<FieldError>> {
    check::check(new, None).map(|checked| (checked.policy, checked.offer, checked.about))
}

/// Makes an event as a draft, in a transaction that has more to do: it records the change, too.
///
/// # Errors
///
/// [`StoreError`].
pub async fn begin(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    policy: Policy,
    offer: Offer,
    about: About,
) -> Result<Event, StoreError> {
    let now = app.clock().now();
    let event = Event {
        id: EventId(uuid_v7(now)),
        policy,
        offer,
        about,
        state: State::Draft,
        version: 1,
        made_by: Some(organiser.account),
        created_at: now,
    };
    store::insert(tx, organiser.organisation, &event).await?;
    feed::create(tx, app.sealer(), event.id).await?;
    let head = feed::lock(tx, app.sealer(), event.id).await?;
    let first_key = keys::make(tx, app.sealer(), event.id, &[], head.next().next(), now).await?;
    let entries = [Body::Policy(event.policy.clone()).encode(Entity::ZERO), first_key.entry()];
    feed::append_after(tx, head, &entries).await?;
    Ok(event)
}

/// The event is closed or cancelled: nothing of it changes any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the event is {}", .0.name())]
pub struct Over(pub State);

/// Says whether an event still takes changes. Under its feed's lock, that stays so.
///
/// # Errors
///
/// [`StoreError`].
pub async fn takes_changes(tx: &mut Tx, id: EventId) -> Result<Result<(), Over>, StoreError> {
    let state = store::state(tx, id).await?;
    Ok(if state.takes_changes() { Ok(()) } else { Err(Over(state)) })
}

/// Returns an event of an organisation.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(tx: &mut Tx, organisation: OrganisationId, id: EventId) -> Result<Option<Event>, StoreError> {
    store::find(tx, organisation, id).await
}

/// Returns the organisation that an event belongs to; nothing if there is no such event.
///
/// # Errors
///
/// [`StoreError`].
pub async fn organisation_of(tx: &mut Tx, id: EventId) -> Result<Option<OrganisationId>, StoreError> {
    store::organisation_of(tx, id).await
}

/// Returns an event that the public may see, with its organisation.
///
/// # Errors
///
/// [`StoreError`].
pub async fn published(tx: &mut Tx, id: EventId) -> Result<Option<(OrganisationId, Event)>, StoreError> {
    let found = store::find_any(tx, id).await?;
    Ok(found.filter(|(_, event)| event.state == State::Published))
}

/// Returns an event that is known to be there.
///
/// # Errors
///
/// [`StoreError`].
pub async fn get(tx: &mut Tx, id: EventId) -> Result<Event, StoreError> {
    store::get(tx, id).await
}

/// Returns those of these events that there are.
///
/// # Errors
///
/// [`StoreError`].
pub async fn get_all(tx: &mut Tx, ids: &BTreeSet<EventId>) -> Result<BTreeMap<EventId, Event>, StoreError> {
    Ok(store::get_all(tx, ids).await?.into_iter().map(|event| (event.id, event)).collect())
}

/// Returns how far an event that is known to be there has come.
///
/// # Errors
///
/// [`StoreError`].
pub async fn state(tx: &mut Tx, id: EventId) -> Result<State, StoreError> {
    store::state(tx, id).await
}

/// Returns why an event will not take place, which may be empty; nothing if it was not cancelled. Under its feed's lock,
/// that stays so.
///
/// # Errors
///
/// [`StoreError`].
pub async fn why_cancelled(tx: &mut Tx, id: EventId) -> Result<Option<String>, StoreError> {
    if store::state(tx, id).await? != State::Cancelled {
        return Ok(None);
    }
    let decisions = store::decisions(tx, id).await?;
    let cancelled = decisions.into_iter().rev().find(|decision| decision.after == State::Cancelled);
    Ok(Some(cancelled.map(|decision| decision.reason).unwrap_or_default()))
}
