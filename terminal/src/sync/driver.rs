//! Drives the conversation with the server: takes requests from the state machine, exchanges them,
//! and has the gate's thread store what came.
//!
//! The state machine decides what to ask and when; [`super::exchange`] asks and verifies; the store
//! keeps. What remains here is the order of these three.

mod doors;
mod erasing;
mod health;

use std::time::{Duration, Instant};

use sync_protocol::feed::SignedHead;
use sync_protocol::feed::head::Head;
use sync_protocol::feed::pull::{Progress, Pull, PullError};
use sync_protocol::feed::snapshot::{ChunkName, Manifest, SignedManifest};
use sync_protocol::hash::Hash;
use sync_protocol::id::Seq;
use sync_protocol::journal::batch;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::Ack;
use sync_protocol::sync::client::{Event, Failure, Lane, Reply, Request, Start, Suspend, SyncClient};
use sync_protocol::sync::message::Doors;
use sync_protocol::time::{UnixMillis, Uptime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::claims::Claimant;
use super::exchange::{ExchangeError, Page, Session, Taken};
use super::transport::{AddressError, Signer, Transport};
use crate::cache::{Acknowledged, JournalReader, Store, StoreError};
use crate::causes::chain;
use crate::clock::{Clock, TimeSample};
use crate::door::{Link, Suspension};
use crate::gate::desk::{Closed, Desk};

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
pub struct Driver {
    desk: Desk,
    session: Session,
    client: SyncClient,
    journal: JournalReader,
    clock: std::sync::Arc<dyn Clock>,
    started: Instant,
    pull: Option<Pull>,
    snapshot: Option<(Manifest, SignedManifest)>,
    flying: JoinSet<(Lane, Result<Brought, StepError>)>,
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
            started: Instant::now(),
            pull: None,
            snapshot: None,
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

    /// Talks to the server until told to stop, or until the conversation is over by itself.
    ///
    /// # Errors
    ///
    /// [`SyncError::Closed`] if the gate's thread ended first.
    pub async fn run(mut self, mut nudges: UnboundedReceiver<Nudge>) -> Result<Outcome, SyncError> {
        loop {
            self.handle_events()?;
            while let Some(request) = self.client.poll_request(self.now()) {
                self.begin(request)?;
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
            let wait = self
                .client
                .poll_timeout()
                .into_iter()
                .chain(self.wipe_at())
                .min()
                .map(|at| at.0.saturating_sub(self.now().0));
            tokio::select! {
                nudge = nudges.recv() => match nudge {
                    Some(Nudge::Journaled(seq)) => self.client.handle_journaled(seq),
                    Some(Nudge::Answered) => {
                        let end = self.store(|store| store.journal_end().seq)?;
                        self.client.handle_journaled(end);
                    }
                    Some(Nudge::Stop) | None => return Ok(self.outcome),
                },
                Some(done) = self.flying.join_next(), if !self.flying.is_empty() => {
                    // A task that panicked would leave its lane busy for ever.
                    let (lane, brought) = done.map_err(|_| Closed)?;
                    self.finish(lane, brought)?;
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
        Uptime(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
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
                Event::ApplySnapshot => self.fetch_head(),
            }
        }
        Ok(())
    }

    /// Sets an exchange going.
    fn begin(&mut self, request: Request) -> Result<(), SyncError> {
        let lane = request.lane();
        let session = self.session.clone();
        let clock = std::sync::Arc::clone(&self.clock);
        let now = self.server_time()?;
        match request {
            Request::Time => self.fly(lane, async move {
                let asked = clock.read();
                let time = session.time(now).await?;
                let heard = clock.read();
                Ok(Brought::Time(TimeSample { asked, received: time.received, answered: time.sent, heard }))
            }),
            Request::Snapshot => self.fly(lane, async move {
                let (manifest, signed) = session.manifest(now).await?;
                Ok(Brought::Manifest(manifest, signed))
            }),
            Request::Chunk(hash) => {
                self.fly(lane, async move { Ok(Brought::Chunk(hash, session.chunk(&hash, now).await?)) });
            }
            Request::Feed { after, wait_s } => {
                let health = self.health()?;
                self.fly(
                    lane,
                    async move { Ok(Brought::Page(session.feed(after, wait_s, health.as_ref(), now).await?)) },
                );
            }
            Request::JournalStatus => {
                self.fly(lane, async move {
                    let held = session.journal_status(now).await?;
                    Ok(Brought::Held(held))
                });
            }
            Request::Push { from, count_max, is_evidence } => {
                let after = Seq(from.0.saturating_sub(1));
                // Read here and not in the task, so that the reader stays on this thread.
                let run = self.journal.entries_after(after, count_max);
                self.fly(lane, async move {
                    let run = run?;
                    let (bytes, _) = batch::encode(&run.entries, &run.personal_data);
                    Ok(Brought::Taken(session.push(&bytes, is_evidence, now).await?))
                });
            }
        }
        Ok(())
    }

    fn fly(&mut self, lane: Lane, task: impl Future<Output = Result<Brought, StepError>> + Send + 'static) {
        self.flying.spawn(async move { (lane, task.await) });
    }

    /// A snapshot counts only under a head that reaches at least as far.
    fn fetch_head(&mut self) {
        let session = self.session.clone();
        let now = self.clock.read().wall;
        self.fly(Lane::Down, async move {
            let (head, signed) = session.head(now).await?;
            Ok(Brought::Head(head, signed))
        });
    }

    fn server_time(&self) -> Result<UnixMillis, SyncError> {
        let clock = std::sync::Arc::clone(&self.clock);
        Ok(self.store(move |store| store.moment(&*clock).now)?)
    }

    /// Stores what an exchange brought and tells the state machine.
    fn finish(&mut self, lane: Lane, brought: Result<Brought, StepError>) -> Result<(), SyncError> {
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
                self.client.handle_failure(lane, failure, self.now(), rand::random());
            }
        }
        Ok(())
    }

    fn keep(&mut self, brought: Brought) -> Result<Option<Reply>, StepError> {
        match brought {
            Brought::Time(sample) => {
                let clock = std::sync::Arc::clone(&self.clock);
                self.store(move |store| store.record_time(&sample, &*clock))??;
                Ok(Some(Reply::Time))
            }
            Brought::Manifest(manifest, signed) => self.keep_manifest(manifest, signed).map(Some),
            Brought::Chunk(hash, packed) => {
                let Some(name) = self.chunk_name(&hash) else { return Err(StoreError::MissingChunk.into()) };
                self.fetched += packed.len() as u64;
                self.store(move |store| store.stage_chunk(&name, &packed))??;
                self.report_download()?;
                Ok(Some(Reply::Chunk))
            }
            Brought::Head(head, signed) => {
                self.load_snapshot(&head, signed)?;
                Ok(None)
            }
            Brought::Page(page) => self.keep_page(page).map(Some),
            Brought::Held(None) => Ok(Some(Reply::Held { seq: Seq(0), is_ours: true })),
            Brought::Held(Some(ack)) => {
                let seq = ack.seq;
                let is_ours = matches!(self.store(move |store| store.acknowledge(&ack))??, Acknowledged::UpTo(_));
                Ok(Some(Reply::Held { seq, is_ours }))
            }
            Brought::Taken(Taken::Quarantined(seq)) => Ok(Some(Reply::Quarantined(seq))),
            Brought::Taken(Taken::Acknowledged(ack)) => {
                let seq = ack.seq;
                match self.store(move |store| store.acknowledge(&ack))?? {
                    Acknowledged::UpTo(seq) => Ok(Some(Reply::Acknowledged(seq))),
                    Acknowledged::RolledBack => Ok(Some(Reply::Held { seq, is_ours: false })),
                }
            }
        }
    }

    fn keep_manifest(&mut self, manifest: Manifest, signed: SignedManifest) -> Result<Reply, StepError> {
        let names: Vec<Hash> = manifest.chunks.iter().map(|chunk| chunk.hash).collect();
        let missing = self.store(move |store| {
            let mut missing = Vec::new();
            for hash in names {
                if !store.is_staged(&hash)? {
                    missing.push(hash);
                }
            }
            Ok::<_, StoreError>(missing)
        })??;
        let is_here = |hash: &Hash| !missing.contains(hash);
        self.fetched = manifest
            .chunks
            .iter()
            .filter(|chunk| is_here(&chunk.hash))
            .map(|chunk| u64::from(chunk.packed_bytes))
            .sum();
        self.snapshot = Some((manifest, signed));
        self.report_download()?;
        Ok(Reply::Manifest { missing })
    }

    fn chunk_name(&self, hash: &Hash) -> Option<ChunkName> {
        let (manifest, _) = self.snapshot.as_ref()?;
        manifest.chunks.iter().find(|chunk| chunk.hash == *hash).copied()
    }

    /// Writes the snapshot in bites, so that the gate answers in between, and makes it count.
    fn load_snapshot(&mut self, head: &Head, signed_head: SignedHead) -> Result<(), StepError> {
        let Some((manifest, signed)) = self.snapshot.take() else { return Err(StoreError::MissingChunk.into()) };
        let rows = manifest.rows;
        let mut loading = self.store(move |store| store.begin_loading(&signed))??;
        while let Some(bite) = loading.next_bite()? {
            self.store(move |store| store.write_bite(&bite))??;
            self.set_download(Some((loading.progress().0, rows)))?;
        }
        let clock = std::sync::Arc::clone(&self.clock);
        self.store(move |store| {
            let moment = store.moment(&*clock);
            store.finish_loading(loading, &signed_head, &moment)
        })??;
        self.set_download(None)?;
        self.desk.call(|gate| gate.set_fetched(None))?;
        info!(rows, head = head.seq.0, "the list is here");
        self.pull = None;
        self.client.handle_snapshot_applied(manifest.seq);
        self.hear_of_closing()?;
        Ok(())
    }

    fn keep_page(&mut self, page: Page) -> Result<Reply, StepError> {
        let pull = match self.pull.take() {
            Some(pull) => pull,
            None => {
                let (position, k_body) = self.store(|store| (store.position(), *store.k_body()))?;
                Pull::new(position.ok_or(StoreError::Misfit)?, k_body)
            }
        };
        match pull.take(page.records, &page.head)? {
            Progress::More(pull) => {
                let after = pull.after();
                self.pull = Some(pull);
                Ok(Reply::Page { after, is_complete: false })
            }
            Progress::Done(pulled) => {
                let after = pulled.position.point.seq;
                let clock = std::sync::Arc::clone(&self.clock);
                let signed_head = page.signed_head;
                self.store(move |store| {
                    let moment = store.moment(&*clock);
                    store.apply(pulled, &signed_head, &moment)
                })??;
                self.pages_in_step = true;
                self.has_pulled = true;
                self.hear_of_closing()?;
                Ok(Reply::Page { after, is_complete: true })
            }
        }
    }

    /// Says how large the list is that is being fetched.
    fn report_download(&self) -> Result<(), Closed> {
        let snapshot = self.snapshot.as_ref().map(|(manifest, _)| manifest);
        let bytes = snapshot.map(|manifest| manifest.chunks.iter().map(|chunk| u64::from(chunk.packed_bytes)).sum());
        let fetched = bytes.map(|bytes: u64| (self.fetched.min(bytes), bytes));
        self.desk.call(move |gate| gate.set_fetched(fetched))?;
        self.set_download(snapshot.map(|manifest| (0, manifest.rows)))
    }

    fn set_download(&self, download: Option<(u64, u64)>) -> Result<(), Closed> {
        self.desk.call(move |gate| gate.set_download(download))
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
