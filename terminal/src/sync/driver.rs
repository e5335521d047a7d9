//! Drives the conversation with the server: takes requests from the state machine, exchanges them,
//! and has the gate's thread store what came.
//!
//! The state machine decides what to ask and when; [`super::exchange`] asks and verifies; the store
//! keeps. What remains here is the order of these three.

mod doors;
mod erasing;
mod errand;
mod health;
mod keeping;

use std::time::Duration;

use sync_protocol::feed::SignedHead;
use sync_protocol::feed::head::Head;
use sync_protocol::feed::pull::{Pull, PullError};
use sync_protocol::feed::snapshot::{Manifest, SignedManifest};
use sync_protocol::hash::Hash;
use sync_protocol::id::Seq;
use sync_protocol::journal::batch;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::Ack;
use sync_protocol::sync::client::{Event, Failure, Lane, Request, Start, Suspend, SyncClient};
use sync_protocol::sync::message::Doors;
use sync_protocol::time::{UnixMillis, Uptime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::claims::Claimant;
use super::exchange::{ExchangeError, Page, Session, Taken};
use super::transport::{AddressError, Signer, Transport};
use crate::cache::{JournalReader, Store, StoreError};
use crate::causes::chain;
use crate::clock::{Clock, TimeSample};
use crate::door::{Link, Suspension};
use crate::gate::desk::{Closed, Desk};

pub use self::errand::{Errand, Returned};

/// Something for the driver to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nudge {
    /// The journal has grown to this number, durably.
    Journaled(Seq),
    /// The journal may have grown.
    Answered,
    /// End.
    Stop,
}

/// When the conversation is over by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Until {
    /// Never: it goes on until it is told to stop.
    Stopped,
    /// Once list and journal are in step with the server, or it cannot be reached.
    InStep,
    /// Once the first list is here, or the server cannot be reached.
    Listed,
}

/// Why the conversation could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The server's address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The store cannot be read.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
    /// The gate's thread is gone.
    #[error("the terminal is closing")]
    Closed(#[from] Closed),
}

/// How a conversation that ends by itself went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// Whether the server answered.
    pub is_reached: bool,
    /// Why the last exchange failed, in words.
    pub trouble: Option<String>,
    /// Whether the event is over and everything held of it was erased.
    pub is_shredded: bool,
}

/// Why a step of the conversation failed.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the feed cannot be relied on")]
    Pull(#[from] PullError),
    #[error("the store refused what came")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl StepError {
    fn failure(&self) -> Failure {
        match self {
            Self::Exchange(error) => error.failure(),
            Self::Pull(PullError::OtherFeed { .. }) => Failure::Distrusted(Suspend::OtherFeed),
            Self::Pull(PullError::ServerFork) => Failure::Distrusted(Suspend::ServerFork),
            Self::Pull(PullError::Broken { .. } | PullError::Layout(_)) | Self::Store(StoreError::Misfit) => {
                Failure::Distrusted(Suspend::FeedBroken)
            }
            // The disk may be full or in trouble; the server is not to blame. Later it may work.
            Self::Store(_) | Self::Closed(_) => Failure::Busy { retry_after_ms: None },
        }
    }
}

/// What an exchange brought, still to be stored.
enum Brought {
    Time(TimeSample),
    Manifest(Manifest, SignedManifest),
    Chunk(Hash, Vec<u8>),
    Page(Page),
    Head(Head, SignedHead),
    /// The server's acknowledgement; nothing if it holds nothing.
    Held(Option<Ack>),
    Taken(Taken),
}

/// The conversation of one terminal with its server.
///
/// [`Driver::run`] holds it. Whoever decides what happens when, as a simulation does, holds it step by step: makes the
/// exchanges of [`Driver::errands`] and gives what they bring to [`Driver::finish`].
pub struct Driver {
    desk: Desk,
    session: Session,
    client: SyncClient,
    journal: JournalReader,
    clock: std::sync::Arc<dyn Clock>,
    /// Where the time comes from that is waited after a failure: a number uniform over all of u64.
    chance: Box<dyn FnMut() -> u64 + Send>,
    pull: Option<Pull>,
    snapshot: Option<(Manifest, SignedManifest)>,
    /// Exchanges that are to be made.
    errands: Vec<Errand>,
    flying: JoinSet<Returned>,
    /// Asks about the other terminals, beside both lanes.
    looking: JoinSet<Result<Doors, ExchangeError>>,
    doors_due: Uptime,
    health_due: Uptime,
    /// Whether a page has come since they were last thought of.
    has_pulled: bool,
    outcome: Outcome,
    until: Until,
    pages_in_step: bool,
    /// Since when the terminal is to erase itself, by the server's signed order.
    wiping_since: Option<Uptime>,
    /// How much of the snapshot has arrived, in bytes.
    fetched: u64,
}

impl Driver {
    /// Returns a conversation that has not begun.
    ///
    /// # Errors
    ///
    /// [`SyncError`] if the store cannot be read or the server's address cannot be used.
    pub fn new(desk: Desk, clock: std::sync::Arc<dyn Clock>, until: Until) -> Result<Self, SyncError> {
        let (session, start, journal) = desk.call(move |gate| {
            let mut claimant = None;
            let store = gate.store();
            let identity = store.identity();
            let transport = Transport::new(&identity.server, identity.tls_fingerprint)?;
            let signer = Signer { device: identity.device(), key: store.device_keys().sign.clone() };
            let session = Session { transport, signer, server_key: identity.server_key, event: identity.event() };
            // Where nothing is presented, nothing is claimed.
            if until == Until::Stopped {
                let transport = Transport::new(&identity.server, identity.tls_fingerprint)?;
                claimant = Some(Claimant::start(Session { transport, ..session.clone() }).map_err(SyncError::Thread)?);
            }
            let start = Start {
                // A damaged list is not gone on from: the server's takes its place.
                cursor: store
                    .position()
                    .filter(|_| store.suspension() != Some(Suspension::Store))
                    .map(|position| position.point.seq),
                journal: store.journal_end().seq,
                acknowledged: store.acknowledged(),
                suspended: store.suspension().and_then(as_suspend),
                is_closed: store.suspension() == Some(Suspension::Closed),
            };
            let journal = store.journal_reader()?;
            if let Some(claimant) = claimant {
                gate.set_claims(Box::new(claimant));
            }
            Ok::<_, SyncError>((session, start, journal))
        })??;
        Ok(Self {
            desk,
            session,
            client: SyncClient::new(start),
            journal,
            clock,
            chance: Box::new(rand::random),
            pull: None,
            snapshot: None,
            errands: Vec::new(),
            flying: JoinSet::new(),
            looking: JoinSet::new(),
            doors_due: Uptime(0),
            health_due: Uptime(0),
            has_pulled: false,
            outcome: Outcome::default(),
            until,
            pages_in_step: false,
            wiping_since: None,
            fetched: 0,
        })
    }

    /// Has the time that is waited after a failure come from `chance`, which gives numbers uniform over all of u64.
    #[must_use]
    pub fn with_chance(self, chance: impl FnMut() -> u64 + Send + 'static) -> Self {
        Self { chance: Box::new(chance), ..self }
    }

    /// Does what is to be done now and returns the exchanges that are to be made, each of which comes back to
    /// [`Driver::finish`].
    ///
    /// # Errors
    ///
    /// [`SyncError::Closed`] if the gate's thread has ended.
    pub fn errands(&mut self) -> Result<Vec<Errand>, SyncError> {
        self.handle_events()?;
        while let Some(request) = self.client.poll_request(self.now()) {
            self.begin(request)?;
        }
        Ok(std::mem::take(&mut self.errands))
    }

    /// Returns when there will be something to do if nothing happens before, by the clock's time since boot.
    pub fn next_due(&self) -> Option<Uptime> {
        self.client.poll_timeout().into_iter().chain(self.wipe_at()).min()
    }

    /// Notes that the journal may have grown, durably.
    ///
    /// # Errors
    ///
    /// [`SyncError::Closed`] if the gate's thread has ended.
    pub fn hear_of_journal(&mut self) -> Result<(), SyncError> {
        let end = self.store(|store| store.journal_end().seq)?;
        self.client.handle_journaled(end);
        Ok(())
    }

    /// Returns how many entries the server has neither acknowledged nor put aside.
    pub fn unsent(&self) -> u64 {
        self.client.unsent()
    }

    /// Talks to the server until told to stop, or until the conversation is over by itself.
    ///
    /// # Errors
    ///
    /// [`SyncError::Closed`] if the gate's thread ended first.
    pub async fn run(mut self, mut nudges: UnboundedReceiver<Nudge>) -> Result<Outcome, SyncError> {
        loop {
            for errand in self.errands()? {
                self.flying.spawn(errand.run());
            }
            self.look_at_doors()?;
            if self.is_wipe_due() {
                self.desk.call(|gate| gate.erase())?;
                return Ok(self.outcome);
            }
            if self.is_shredded()? {
                self.outcome.is_shredded = true;
                return Ok(self.outcome);
            }
            if self.is_over() {
                return Ok(self.outcome);
            }
            let wait = self.next_due().map(|at| at.0.saturating_sub(self.now().0));
            tokio::select! {
                nudge = nudges.recv() => match nudge {
                    Some(Nudge::Journaled(seq)) => self.client.handle_journaled(seq),
                    Some(Nudge::Answered) => self.hear_of_journal()?,
                    Some(Nudge::Stop) | None => return Ok(self.outcome),
                },
                Some(done) = self.flying.join_next(), if !self.flying.is_empty() => {
                    // A task that panicked would leave its lane busy for ever.
                    self.finish(done.map_err(|_| Closed)?)?;
                }
                Some(Ok(told)) = self.looking.join_next(), if !self.looking.is_empty() => self.keep_doors(told)?,
                () = tokio::time::sleep(Duration::from_millis(wait.unwrap_or(u64::MAX >> 16))), if wait.is_some() => {}
            }
        }
    }

    /// Has the gate's thread do something with the store, and waits for it.
    fn store<R: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> R + Send + 'static) -> Result<R, Closed> {
        self.desk.call(|gate| work(gate.store()))
    }

    fn now(&self) -> Uptime {
        self.clock.read().up
    }

    fn is_over(&self) -> bool {
        let is_stuck = self.outcome.trouble.is_some();
        let is_halted = self.client.suspended().is_some() && self.client.unsent() == 0;
        match self.until {
            Until::Stopped => false,
            Until::Listed => self.pages_in_step || is_stuck || self.client.suspended().is_some(),
            Until::InStep => {
                let is_in_step = self.pages_in_step && self.client.unsent() == 0 && self.outcome.is_reached;
                is_in_step || is_halted || is_stuck
            }
        }
    }

    fn handle_events(&mut self) -> Result<(), SyncError> {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::LinkUp => {
                    info!("the server answers");
                    self.outcome.is_reached = true;
                    self.desk.call(|gate| gate.set_link(Link::Online))?;
                }
                Event::LinkDown => {
                    let since = self.store(|store| store.list_at())?.unwrap_or(UnixMillis(0));
                    self.desk.call(move |gate| gate.set_link(Link::Offline { since }))?;
                }
                Event::Suspend(reason) => {
                    warn!(?reason, "this terminal must not admit");
                    let suspension = as_suspension(reason);
                    if let Err(error) = self.store(move |store| store.suspend(suspension))? {
                        warn!(%error, "the suspension could not be stored");
                    }
                }
                Event::Report(code) => {
                    warn!(code = code.name(), "the server refuses: {}", code.title());
                    self.outcome.trouble = Some(code.title().to_owned());
                }
                Event::ApplySnapshot => self.fetch_head()?,
            }
        }
        Ok(())
    }

    /// Sets an exchange going.
    fn begin(&mut self, request: Request) -> Result<(), SyncError> {
        let asked = request.clone();
        let session = self.session.clone();
        let clock = std::sync::Arc::clone(&self.clock);
        let now = self.server_time()?;
        match request {
            Request::Time => self.fly(asked, async move {
                let asked = clock.read();
                let time = session.time(now).await?;
                let heard = clock.read();
                Ok(Brought::Time(TimeSample { asked, received: time.received, answered: time.sent, heard }))
            }),
            Request::Snapshot => self.fly(asked, async move {
                let (manifest, signed) = session.manifest(now).await?;
                Ok(Brought::Manifest(manifest, signed))
            }),
            Request::Chunk(hash) => {
                self.fly(asked, async move { Ok(Brought::Chunk(hash, session.chunk(&hash, now).await?)) });
            }
            Request::Feed { after, wait_s } => {
                let health = self.health()?;
                self.fly(
                    asked,
                    async move { Ok(Brought::Page(session.feed(after, wait_s, health.as_ref(), now).await?)) },
                );
            }
            Request::JournalStatus => {
                self.fly(asked, async move {
                    let held = session.journal_status(now).await?;
                    Ok(Brought::Held(held))
                });
            }
            Request::Push { from, count_max, is_evidence } => {
                let after = Seq(from.0.saturating_sub(1));
                // Read here and not in the task, so that the reader stays on this thread.
                let run = self.journal.entries_after(after, count_max);
                self.fly(asked, async move {
                    let run = run?;
                    let (bytes, _) = batch::encode(&run.entries, &run.personal_data);
                    Ok(Brought::Taken(session.push(&bytes, is_evidence, now).await?))
                });
            }
        }
        Ok(())
    }

    fn fly(&mut self, asked: Request, task: impl Future<Output = Result<Brought, StepError>> + Send + 'static) {
        self.errands.push(Errand::new(asked.lane(), Some(asked), task));
    }

    /// A snapshot counts only under a head that reaches at least as far.
    fn fetch_head(&mut self) -> Result<(), SyncError> {
        let session = self.session.clone();
        let now = self.server_time()?;
        self.errands.push(Errand::new(Lane::Down, None, async move {
            let (head, signed) = session.head(now).await?;
            Ok(Brought::Head(head, signed))
        }));
        Ok(())
    }

    fn server_time(&self) -> Result<UnixMillis, SyncError> {
        let clock = std::sync::Arc::clone(&self.clock);
        Ok(self.store(move |store| store.moment(&*clock).now)?)
    }

    /// Stores what an exchange brought and tells the state machine.
    ///
    /// # Errors
    ///
    /// [`SyncError::Closed`] if the gate's thread has ended.
    pub fn finish(&mut self, returned: Returned) -> Result<(), SyncError> {
        let Returned { lane, brought } = returned;
        let is_applying = matches!(&brought, Ok(Brought::Head(..)));
        let stored = match brought {
            Ok(brought) => self.keep(brought),
            Err(error) => Err(error),
        };
        match stored {
            Ok(reply) => {
                self.outcome.trouble = None;
                if let Some(reply) = reply {
                    self.client.handle_reply(reply, self.now());
                }
            }
            Err(StepError::Closed(closed)) => return Err(closed.into()),
            Err(error) => {
                self.take_order(&error)?;
                let failure = error.failure();
                if !matches!(
                    failure,
                    Failure::Problem(ProblemCode::BelowFloor | ProblemCode::TooLarge) | Failure::Gap(_)
                ) {
                    let words = chain(&error);
                    warn!(lane = ?lane, "an exchange failed: {words}");
                    self.outcome.trouble = Some(words);
                }
                if matches!(error, StepError::Pull(_) | StepError::Store(_)) {
                    self.pull = None;
                }
                if is_applying {
                    self.client.handle_snapshot_failed();
                }
                let random = (self.chance)();
                self.client.handle_failure(lane, failure, self.now(), random);
            }
        }
        Ok(())
    }
}

const fn as_suspension(reason: Suspend) -> Suspension {
    match reason {
        Suspend::Revoked => Suspension::Revoked,
        Suspend::Forked => Suspension::Forked,
        Suspend::RolledBack => Suspension::RolledBack,
        Suspend::ServerFork => Suspension::ServerFork,
        Suspend::OtherFeed => Suspension::OtherFeed,
        Suspend::FeedBroken => Suspension::FeedBroken,
    }
}

/// Returns what of a stored suspension matters to the conversation. What the next exchange may mend
/// is not carried over: then the feed is asked again.
const fn as_suspend(suspension: Suspension) -> Option<Suspend> {
    match suspension {
        Suspension::Revoked => Some(Suspend::Revoked),
        Suspension::Forked => Some(Suspend::Forked),
        Suspension::RolledBack => Some(Suspend::RolledBack),
        Suspension::ServerFork
        | Suspension::OtherFeed
        | Suspension::FeedBroken
        | Suspension::Clock
        | Suspension::Store
        | Suspension::Closed
        | Suspension::Certificate
        | Suspension::Gate
        | Suspension::Wiped
        | Suspension::Shredded => None,
    }
}
