//! Events that somebody outside asks an organisation for. A manager says no, with the reason, or yes: then a draft is
//! made of it, with what the organisation always has to do for an event.

pub mod body;
mod check;
pub mod routes;
mod store;

use std::str::FromStr;

use sync_protocol::id::{ClassId, EventId, GateId, ZoneId};
use sync_protocol::policy::{Class, Gate, Limits, Policy, ReEntry, Switches, Uses, Zone};
use sync_protocol::time::UnixMillis;

use crate::access::Role;
use crate::accounts::{AccountId, OrganisationId, Organiser};
use crate::app::App;
use crate::audit::{self, By, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::events::{self, About, Event, Numbers, Offer, OfferedType};
use crate::mails::{self, Letter};
use crate::organisations;

/// Open proposals of one organisation at most: what is more is a flood.
pub const OPEN_MAX: u64 = 1_000;
const DAY_MS: u64 = 24 * 3_600_000;
/// The ticket type that a proposed event begins with.
const TICKET_TYPE: &str = "Guest";
/// The zone and the gate that a proposed event begins with.
const PLACE: &str = "Venue";

/// A proposal's id. UUIDv7.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProposalId(pub [u8; 16]);

impl FromStr for ProposalId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes))
    }
}

/// An event that somebody asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What is asked for.
    pub wish: Wish,
    /// Who asks.
    pub contact: Contact,
    /// What became of it.
    pub outcome: Outcome,
    /// When it was sent.
    pub created_at: UnixMillis,
}

/// What is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// What the event is called.
    pub title: String,
    /// What happens there; may be empty.
    pub description: String,
    /// Where; may be empty.
    pub location: String,
    /// An IANA time zone.
    pub time_zone: String,
    /// When it begins.
    pub starts: UnixMillis,
    /// When it ends.
    pub ends: UnixMillis,
    /// How many are expected; nothing if nobody knows.
    pub guests: Option<u32>,
}

/// Whom to answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// Their e-mail address, in lower case.
    pub email: String,
    /// Their phone number; may be empty.
    pub phone: String,
}

/// What became of a proposal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nobody has decided.
    Open,
    /// An event was made of it.
    Approved {
        /// The event; it may be deleted since.
        event: EventId,
        /// By whom.
        by: AccountId,
        /// When.
        at: UnixMillis,
    },
    /// It will not be.
    Rejected {
        /// Why.
        reason: String,
        /// By whom.
        by: AccountId,
        /// When.
        at: UnixMillis,
    },
}

/// What became of a proposal, without who and when.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProposalState)]
pub enum State {
    /// Nobody has decided.
    Open = 0,
    /// An event was made of it.
    Approved = 1,
    /// It will not be.
    Rejected = 2,
}

impl State {
    /// Returns its name, as it is written in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

impl Outcome {
    /// Returns it without who and when.
    pub const fn state(&self) -> State {
        match self {
            Self::Open => State::Open,
            Self::Approved { .. } => State::Approved,
            Self::Rejected { .. } => State::Rejected,
        }
    }
}

/// Why a proposal was not taken or decided.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is no such organisation.
    #[error("there is no such organisation")]
    NoOrganisation,
    /// There is no such proposal.
    #[error("there is no such proposal")]
    Unknown,
    /// More than the organisation can read wait for it.
    #[error("too many proposals wait")]
    TooMany,
    /// Somebody has decided already.
    #[error("the proposal was decided")]
    Decided(State),
    /// The database failed.
    #[error("could not store the proposal")]
    Store(#[from] StoreError),
}

/// Takes a proposal from anybody, and tells the organisation's managers.
///
/// # Errors
///
/// [`ProposalError::NoOrganisation`], [`ProposalError::TooMany`] or [`ProposalError::Store`].
pub async fn propose(
    app: &App,
    organisation: OrganisationId,
    by: By,
    wish: Wish,
    contact: Contact,
) -> Result<Proposal, ProposalError> {
    let mut tx = app.database().begin_write().await?;
    let managers = organisations::addresses(&mut tx, organisation, Role::Manager).await?;
    // Every organisation has an owner.
    if managers.is_empty() {
        return Err(ProposalError::NoOrganisation);
    }
    if store::count_open(&mut tx, organisation, OPEN_MAX).await? >= OPEN_MAX {
        return Err(ProposalError::TooMany);
    }
    let now = app.clock().now();
    let proposal = Proposal { id: ProposalId(uuid_v7(now)), wish, contact, outcome: Outcome::Open, created_at: now };
    store::insert(&mut tx, organisation, &proposal).await?;
    let letter = Letter::Notice {
        subject: format!("Somebody proposes an event: {}", proposal.wish.title),
        paragraphs: vec![
            format!("{} proposes the event “{}”.", proposal.contact.name, proposal.wish.title),
            "Log in to read the proposal, and to approve or reject it.".to_owned(),
        ],
    };
    mails::post_all(&mut tx, app, Some(organisation), &managers, &letter).await?;
    let by = By { organisation: Some(organisation), ..by };
    note(&mut tx, by, &proposal, None, "proposal.create", now).await?;
    tx.commit().await?;
    Ok(proposal)
}

/// Says no to a proposal, and tells whoever sent it why.
///
/// # Errors
///
/// [`ProposalError`].
pub async fn reject(
    app: &App,
    organiser: Organiser,
    id: ProposalId,
    reason: String,
) -> Result<Proposal, ProposalError> {
    let mut tx = app.database().begin_write().await?;
    let mut proposal = open(&mut tx, organiser, id).await?;
    let now = app.clock().now();
    let letter = Letter::Notice {
        subject: format!("Your proposal: {}", proposal.wish.title),
        paragraphs: vec![
            format!("Thank you for proposing “{}”. It cannot take place with us.", proposal.wish.title),
            reason.clone(),
        ],
    };
    proposal.outcome = Outcome::Rejected { reason, by: organiser.account, at: now };
    store::decide(&mut tx, &proposal).await?;
    mails::post(&mut tx, app, Some(organiser.organisation), &proposal.contact.email, &letter).await?;
    note(&mut tx, organiser, &proposal, Some(State::Open), "proposal.reject", now).await?;
    tx.commit().await?;
    Ok(proposal)
}

/// Says yes to a proposal: makes a draft of it, with the organisation's tasks, and tells whoever sent it.
///
/// # Errors
///
/// [`ProposalError`].
pub async fn approve(app: &App, organiser: Organiser, id: ProposalId) -> Result<(Proposal, Event), ProposalError> {
    let mut tx = app.database().begin_write().await?;
    let mut proposal = open(&mut tx, organiser, id).await?;
    let (policy, offer, about) = draft(&proposal.wish);
    let event = events::begin(&mut tx, app, organiser, policy, offer, about).await?;
    let now = event.created_at;
    let template = organisations::task_template(&mut tx, organiser.organisation).await?;
    let due = |days: u16| event.policy.starts.minus(u64::from(days) * DAY_MS);
    let tasks = template.into_iter().map(|task| (task.title, Some(due(task.days_before)))).collect();
    events::tasks::add(&mut tx, event.id, tasks, now).await?;
    proposal.outcome = Outcome::Approved { event: event.id, by: organiser.account, at: now };
    store::decide(&mut tx, &proposal).await?;
    let letter = Letter::Notice {
        subject: format!("Your proposal: {}", proposal.wish.title),
        paragraphs: vec![format!(
            "Thank you for proposing “{}”. It was accepted, and is being prepared.",
            proposal.wish.title
        )],
    };
    mails::post(&mut tx, app, Some(organiser.organisation), &proposal.contact.email, &letter).await?;
    note(&mut tx, organiser, &proposal, Some(State::Open), "proposal.approve", now).await?;
    tx.commit().await?;
    Ok((proposal, event))
}

/// Returns a proposal that nobody has decided, locked until the transaction ends.
async fn open(tx: &mut Tx, organiser: Organiser, id: ProposalId) -> Result<Proposal, ProposalError> {
    let proposal = store::lock(tx, organiser.organisation, id).await?.ok_or(ProposalError::Unknown)?;
    match proposal.outcome.state() {
        State::Open => Ok(proposal),
        decided => Err(ProposalError::Decided(decided)),
    }
}

/// Records a change of a proposal, without what is known of who sent it.
async fn note(
    tx: &mut Tx,
    by: impl Into<By>,
    proposal: &Proposal,
    before: Option<State>,
    action: &'static str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let event = match proposal.outcome {
        Outcome::Approved { event, .. } => Some(event),
        Outcome::Open | Outcome::Rejected { .. } => None,
    };
    let subject = hex::encode(proposal.id.0);
    let value = |state: State| serde_json::json!({ "title": proposal.wish.title, "state": state });
    let (before, after) = (before.map_or(serde_json::Value::Null, value), value(proposal.outcome.state()));
    audit::note(tx, by, &Change { action, event, subject: &subject, before, after }, now).await
}

/// Returns the event that a proposal asks for: one entrance, one ticket type, as many places as guests are expected.
fn draft(wish: &Wish) -> (Policy, Offer, About) {
    let Wish { title, description, location, time_zone, starts, ends, guests } = wish.clone();
    let class = Class {
        id: ClassId(0),
        name: TICKET_TYPE.to_owned(),
        zones: Vec::new(),
        gates: Vec::new(),
        windows: Vec::new(),
        uses: Uses::default(),
        re_entry: ReEntry::default(),
        strict_clock: false,
        home_gate: None,
        price: None,
    };
    let policy = Policy {
        event: title,
        time_zone,
        starts,
        ends,
        zones: vec![Zone { id: ZoneId(0), name: PLACE.to_owned(), capacity: None }],
        gates: vec![Gate { id: GateId(0), name: PLACE.to_owned(), zone: ZoneId(0) }],
        classes: vec![class],
        limits: Limits::default(),
        switches: Switches::default(),
        supervisors: Vec::new(),
    };
    let offer = Offer {
        ticket_types: vec![OfferedType::plain(ClassId(0))],
        capacity: guests,
        numbers: Numbers { zones: 1, gates: 1, classes: 1 },
        ..Offer::default()
    };
    (policy, offer, About { description, location, language: None })
}
/// Returns up to `limit` proposals from an address, of one organisation if one is named, newest first.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_contact(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    email: &str,
    limit: u32,
) -> Result<Vec<Proposal>, StoreError> {
    store::of_contact(tx, organisation, email, limit).await
}

/// Forgets whom to answer about proposals from an address, of one organisation if one is named.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase_contact(tx: &mut Tx, organisation: Option<OrganisationId>, email: &str) -> Result<(), StoreError> {
    store::erase_contact(tx, organisation, email).await
}
