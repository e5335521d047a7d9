//! The gate: verify, look up, decide, write down, and only then tell. In that order, always.
//!
//! A fault (a full disk, a clock that went back) is never a denial: [`Gate::present`] returns it as
//! an error, and nobody is turned away by it.

mod answer;
pub mod claims;
pub mod desk;
mod doors;
mod doubles;
mod drill;
mod erase;
mod guests;
mod look;
mod overrides;
mod presence;
mod sale;
mod session;
pub mod supervisors;
mod undo;

use std::sync::Arc;
use std::time::Instant;

use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::{ClassId, DeviceNo, FeedSeq, GateId, Seq, TicketId};
use sync_protocol::journal::{Entry, Movement};
use sync_protocol::occupancy::Bounds;
use sync_protocol::policy::{Limits, Policy, Switches};
use sync_protocol::sync::health::CameraHealth;
use sync_protocol::sync::message;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::presentation::Sources;
use sync_protocol::verdict::{self, Cache, Direction, NotReady, Question, Readiness, Scope, Verdict};

use self::claims::Claims;
use self::doubles::Watched;
use self::overrides::Asked;
use self::supervisors::WrongPins;
use crate::cache::{FULL_BYTES, Store, StoreError, WARNING_BYTES};
use crate::causes::chain;
use crate::clock::{Clock, Moment};
use crate::door::{Answer, Attendee, Decided, DoorHeard, Fault, Link, Purpose, Status, Suspension, Unheard};
use crate::print::shop::Shop;
use crate::search::Searcher;
use crate::session::Session;

/// How far the time may be behind the journal before nothing is written any more, in ms.
const CLOCK_BACK_MAX_MS: u64 = 60_000;
/// What staff are told room on a disk in, in bytes.
const MB: u64 = 1_000_000;

/// Where a text came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// A camera or an image.
    Scanned,
    /// A keyboard, or a hand scanner that acts as one: may also be a typed code.
    Typed,
}

/// One gate of one event, at this terminal.
pub struct Gate {
    store: Store,
    clock: Arc<dyn Clock>,
    gate: GateId,
    link: Link,
    download: Option<(u64, u64)>,
    fetched: Option<(u64, u64)>,
    doors: Vec<DoorHeard>,
    asked: Asked,
    wrong_pins: WrongPins,
    watched: Watched,
    told: Option<message::Doors>,
    session: Session,
    /// Whether the journal names a session that has not ended.
    has_begun: bool,
    /// Why everything was erased, if it was.
    erased: Option<Suspension>,
    shop: Option<Shop>,
    searcher: Option<Searcher>,
    claims: Option<Box<dyn Claims>>,
    /// What the search found and nobody was told yet.
    found: Vec<Answer>,
    camera: CameraHealth,
}

/// What was presented, and what the list says about it.
struct Presentation {
    shown: verdict::Presentation,
    row: Option<(FeedSeq, TicketRow)>,
}

/// What was presented and what the rules say to it, before anything is written down.
struct Weighed {
    presentation: Presentation,
    verdict: Verdict,
    direction: Direction,
    rules: Arc<Policy>,
    /// Which entry of the feed brought the rules.
    policy: Option<FeedSeq>,
    moment: Moment,
    /// What the server says stands against admitting.
    standing: Option<Movement>,
    started: Instant,
}

impl Gate {
    /// Opens the gate `gate` over `store`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, gate: GateId) -> Self {
        Self {
            store,
            clock,
            gate,
            link: Link::Offline { since: UnixMillis(0) },
            download: None,
            fetched: None,
            doors: Vec::new(),
            asked: Asked::default(),
            wrong_pins: WrongPins::default(),
            watched: Watched::default(),
            told: None,
            session: Session::default(),
            has_begun: false,
            erased: None,
            shop: None,
            searcher: None,
            claims: None,
            found: Vec::new(),
            camera: CameraHealth::Unused,
        }
    }

    /// Returns the store.
    pub const fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Closes the gate and returns the store.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Returns the store and the clocks it tells the time by.
    pub fn store_and_clock(&mut self) -> (&mut Store, &dyn Clock) {
        (&mut self.store, self.clock.as_ref())
    }

    /// Returns the best estimate of the server's time.
    pub fn moment(&self) -> Moment {
        self.store.moment(self.clock.as_ref())
    }

    /// Returns the link to the server.
    pub const fn link(&self) -> Link {
        self.link
    }

    /// Returns whether the camera gives pictures, for the server to know.
    pub const fn camera_health(&self) -> CameraHealth {
        self.camera
    }

    /// Says whether the camera gives pictures.
    pub const fn set_camera_health(&mut self, camera: CameraHealth) {
        self.camera = camera;
    }

    /// Says whether there is a link to the server.
    pub const fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Says how much of a download has arrived, in bytes: so many of so many.
    pub const fn set_fetched(&mut self, fetched: Option<(u64, u64)>) {
        self.fetched = fetched;
    }

    /// Says how far a download is, in tickets done and to do.
    pub const fn set_download(&mut self, download: Option<(u64, u64)>) {
        self.download = download;
    }

    /// Says what the server told of the event's other terminals; this one may be among them.
    pub fn set_doors(&mut self, doors: Vec<DoorHeard>) {
        self.doors = doors;
    }

    /// Returns what the server told of the event's terminals, the last time it did.
    pub fn doors(&self) -> &[DoorHeard] {
        &self.doors
    }

    /// Says who puts sold tickets out.
    pub fn set_shop(&mut self, shop: Shop) {
        self.shop = Some(shop);
    }

    /// Moves the terminal to another gate of the event.
    pub const fn set_gate(&mut self, gate: GateId) {
        self.gate = gate;
    }

    /// Decides about a presented text. When this returns, an admission is on the disk.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the machine cannot decide, or cannot write down what it decided. Then nobody
    /// is let in or turned away by it.
    pub fn present(&mut self, text: &str, source: Source, direction: Direction) -> Result<Decided, Fault> {
        let started = Instant::now();
        let moment = self.moment_to_write()?;
        let weighed = self.weigh(text, source, direction, &moment, started)?;
        let weighed = self.claimed(weighed);
        self.settle(text, source, weighed)
    }

    /// Returns the time, if the machine can write down what it decides.
    fn moment_to_write(&mut self) -> Result<Moment, Fault> {
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        let free = self.store.free_bytes();
        if free < FULL_BYTES {
            self.store.release_reserve();
            return Err(Fault::DiskFull(free));
        }
        Ok(moment)
    }

    /// Decides about a text and writes nothing down.
    fn weigh(
        &mut self,
        text: &str,
        source: Source,
        direction: Direction,
        moment: &Moment,
        started: Instant,
    ) -> Result<Weighed, Fault> {
        let presentation = self.read(text, source).map_err(|error| self.fault(&error))?;
        let policy = self.store.policy();
        let rules = policy.as_ref().map_or_else(|| Arc::new(no_rules()), |(_, policy)| Arc::clone(policy));
        let verdict = verdict::decide(&self.question(&presentation, direction, &rules, moment));
        let policy = policy.map(|(seq, _)| seq);
        Ok(Weighed { presentation, verdict, direction, rules, policy, moment: *moment, standing: None, started })
    }

    /// Writes down what the rules decided, and tells it.
    fn settle(&mut self, text: &str, source: Source, weighed: Weighed) -> Result<Decided, Fault> {
        let draft = self.draft(&weighed);
        let standing = weighed.standing.clone();
        let decided = self.write(weighed, draft)?;
        self.asked.remember(text, source, standing, &decided);
        Ok(decided)
    }

    /// Writes `draft` down, if there is one, and tells what was decided.
    fn write(&mut self, weighed: Weighed, draft: Option<Entry>) -> Result<Decided, Fault> {
        let moment = weighed.moment;
        let entry = draft.map(|draft| self.append(draft, &moment)).transpose()?;
        self.seek_party_of(&weighed);
        let decided = self.tell(weighed, entry);
        self.watch(&decided);
        Ok(decided)
    }

    /// Writes an entry and returns its number.
    fn append(&mut self, draft: Entry, moment: &Moment) -> Result<Seq, Fault> {
        let signed = self.store.append(draft, moment).map_err(|error| self.fault(&error))?;
        Ok(signed.entry().seq)
    }

    fn clock_went_back(&self, moment: &Moment) -> bool {
        moment.now.plus(CLOCK_BACK_MAX_MS) < self.store.hlc().millis()
    }

    /// Reads and verifies a text, and looks its ticket up.
    fn read(&self, text: &str, source: Source) -> Result<Presentation, StoreError> {
        let keyring = &self.store.keyring();
        let shown = match source {
            Source::Scanned => verdict::Presentation::of_credential(text, keyring),
            Source::Typed => verdict::Presentation::of_typed(text, keyring),
        };
        let row = match shown.ticket {
            Some(ticket) => self.store.ticket(ticket)?,
            None => None,
        };
        Ok(Presentation { shown, row })
    }

    fn question<'a>(
        &'a self,
        presentation: &'a Presentation,
        direction: Direction,
        policy: &'a Policy,
        moment: &Moment,
    ) -> Question<'a> {
        let position = self.store.position();
        let zone = policy.gate(self.gate).map(|gate| gate.zone);
        let seller = presentation.shown.ticket.map(TicketId::issuer).filter(|seller| *seller != DeviceNo(0));
        Question {
            scan: presentation.shown.scan,
            direction,
            policy,
            row: presentation.listed(),
            history: presentation.shown.ticket.map_or(&[], |ticket| self.store.history(ticket)),
            clock: verdict::Clock { now: moment.now, uncertainty_ms: moment.uncertainty_ms },
            scope: Scope {
                readiness: self.readiness(moment),
                device: self.store.identity().number(),
                gate: self.gate,
                has_link: self.link == Link::Online,
                unlisted_admitted: self.store.unlisted_admitted(),
                occupancy: zone.map_or(0, |zone| self.store.inside(zone)),
            },
            cache: Cache {
                cursor: position.map_or(FeedSeq(0), |position| position.point.seq),
                is_complete: position.is_some(),
                valid_until: self.store.freshness().map_or(UnixMillis(0), |(_, until)| until),
                seller_seen: seller.map_or(Seq(0), |seller| self.store.seller_seen(seller)),
            },
        }
    }

    fn readiness(&self, moment: &Moment) -> Readiness {
        let certificate = &self.store.identity().certificate;
        let may_scan = certificate.capabilities.has(Capabilities::SCAN) && self.may_stand_here();
        if self.is_erased() {
            Readiness::NotReady(NotReady::Suspended)
        } else if !self.session.decides() {
            Readiness::NotReady(NotReady::Locked)
        } else if self.store.suspension().is_some() {
            Readiness::NotReady(NotReady::Suspended)
        } else if !may_scan || !self.store.is_certified(moment) {
            Readiness::NotReady(NotReady::Certificate)
        } else if self.store.policy().is_none() || self.store.freshness().is_none() {
            Readiness::NotReady(NotReady::Unverified)
        } else {
            Readiness::Ready
        }
    }

    fn may_stand_here(&self) -> bool {
        let allowed = &self.store.identity().certificate.gates;
        allowed.is_empty() || allowed.contains(&self.gate)
    }

    /// Returns what the journal is to say, if anything.
    fn draft(&self, weighed: &Weighed) -> Option<Entry> {
        let Weighed { presentation, verdict, direction, rules, moment, .. } = weighed;
        let sources = Sources {
            policy: weighed.policy.unwrap_or_default(),
            row: presentation.row.as_ref().map_or(FeedSeq(0), |(seq, _)| *seq),
        };
        let question = self.question(presentation, *direction, rules, moment);
        verdict::presentation::entry(&presentation.shown, &question, verdict, sources)
    }

    fn tell(&self, weighed: Weighed, entry: Option<Seq>) -> Decided {
        let Weighed { presentation, verdict, direction, rules, moment, started, .. } = weighed;
        let ticket = presentation.vouched_ticket(&verdict);
        let class = ticket.and_then(|_| presentation.class()).and_then(|class| rules.class(class));
        let attendee =
            presentation.row.filter(|_| ticket.is_some()).map(|(_, row)| Attendee { name: row.name, note: row.note });
        Decided {
            at: moment.now,
            direction,
            purpose: Purpose::Decide,
            unheard: if ticket.is_some() { self.unheard(&rules, &moment) } else { Unheard::default() },
            verdict,
            ticket,
            attendee,
            class: class.map(|class| class.name.clone()),
            entry,
            took_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// Makes a fault of a store's error, and brings the store back to what is on the disk.
    fn fault(&mut self, error: &StoreError) -> Fault {
        if let StoreError::DiskFull(bytes) = error {
            return Fault::DiskFull(*bytes);
        }
        let words = chain(error);
        tracing::error!(error = words, "the store failed");
        let result = match error {
            StoreError::Damaged(_) => self.store.suspend(Suspension::Store),
            _ => self.store.reopen(),
        };
        if let Err(error) = result {
            tracing::error!(error = chain(&error), "the store does not come back");
        }
        Fault::Store(words)
    }

    /// Does what can wait for a quiet moment. Returns whether there is more of it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the store cannot be written.
    pub fn tend(&mut self) -> Result<bool, Fault> {
        self.return_rights().and_then(|()| self.store.tend()).map_err(|error| self.fault(&error))
    }

    /// Returns the terminal at a glance.
    pub fn status(&mut self) -> Status {
        let moment = self.moment();
        let disk_left_mb = Some(self.store.free_bytes()).filter(|free| *free < WARNING_BYTES).map(|free| free / MB);
        let counts = self.store.counts();
        let policy = self.store.policy().map(|(_, policy)| policy);
        let gate = policy.as_ref().and_then(|policy| policy.gate(self.gate));
        let zone = policy.as_ref().zip(gate).and_then(|(policy, gate)| policy.zone(gate.zone));
        let suspended = match self.readiness(&moment) {
            _ if self.is_erased() => self.erased,
            _ if self.store.suspension().is_some() => self.store.suspension(),
            _ if self.clock_went_back(&moment) => Some(Suspension::Clock),
            Readiness::NotReady(NotReady::Certificate)
                if self.store.is_certified(&moment) && !self.may_stand_here() =>
            {
                Some(Suspension::Gate)
            }
            Readiness::NotReady(NotReady::Certificate) => Some(Suspension::Certificate),
            _ => None,
        };
        let (inside, silent) = match policy.as_ref().zip(zone) {
            Some((policy, zone)) => (self.occupancy(zone.id, policy, &moment), self.silent(zone.id, policy, &moment)),
            None => (Bounds::default(), Vec::new()),
        };
        Status {
            event: policy.as_ref().map_or_else(String::new, |policy| policy.event.clone()),
            time_zone: policy.as_ref().map_or_else(|| String::from("UTC"), |policy| policy.time_zone.clone()),
            gate: gate.map_or_else(String::new, |gate| gate.name.clone()),
            zone: zone.map_or_else(String::new, |zone| zone.name.clone()),
            now: moment.now,
            link: self.link,
            list_at: self.store.list_at(),
            tickets: counts.tickets,
            journal: Seq(counts.entries),
            unsent: counts.unsent,
            inside: inside.known,
            inside_least: inside.least,
            inside_most: inside.most,
            silent,
            capacity: zone.and_then(|zone| zone.capacity),
            admitted_last_hour: self.store.admitted_last_hour(moment.now),
            is_supervisor: self.is_supervisor(),
            suspended,
            disk_left_mb,
            download: self.download,
            fetched: self.fetched,
        }
    }
}

impl Presentation {
    /// Returns what the list says about the ticket.
    fn listed(&self) -> Option<&verdict::Row> {
        self.row.as_ref().map(|(_, row)| &row.row)
    }

    /// Returns the ticket, unless the verdict is one of those that tell nothing about any ticket.
    const fn vouched_ticket(&self, verdict: &Verdict) -> Option<TicketId> {
        self.shown.vouched_ticket(verdict)
    }

    /// Returns the ticket type that was decided by.
    fn class(&self) -> Option<ClassId> {
        self.shown.class(self.listed())
    }
}

/// The rules of an event whose rules have not arrived: nothing is decided by them.
const fn no_rules() -> Policy {
    const LIMITS: Limits = Limits {
        repeat_ms: 0,
        claim_ms: 0,
        max_offline_ms: 0,
        max_uncertainty_ms: 0,
        grace_ms: 0,
        unlisted_cap: 0,
        walk_in_overflow_cap: 0,
    };
    const SWITCHES: Switches = Switches {
        admit_unpaid: false,
        unlisted: sync_protocol::policy::Unlisted::Deny,
        manual: sync_protocol::policy::Manual::Never,
        home_gates: Vec::new(),
        walk_in: sync_protocol::policy::WalkIn::Deny,
    };
    Policy {
        event: String::new(),
        time_zone: String::new(),
        starts: UnixMillis(0),
        ends: UnixMillis(1),
        zones: Vec::new(),
        gates: Vec::new(),
        classes: Vec::new(),
        limits: LIMITS,
        switches: SWITCHES,
        supervisors: Vec::new(),
    }
}
