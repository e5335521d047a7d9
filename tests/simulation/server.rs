//! A server in memory: what it has committed survives a crash, what waits in its process doesn't.

mod places;

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use sync_protocol::{
    certificate::SignedCertificate,
    feed::{
        Body, Entity, Form, Head, Kind, NewEntry, Record,
        chain::ChainPoint,
        entry::DeviceStatus,
        snapshot::{ChunkName, Manifest},
    },
    hash::{Hash, sha256},
    id::{DeviceId, DeviceNo, EventId, FeedId, FeedSeq, Seq},
    journal::{Batch, BatchError, Conflict, Entry, EntryKind, Link, Movement, ledger},
    key::PublicKey,
    policy::Policy,
    problem::ProblemCode,
    sync::{
        Ack,
        intake::{Held, Intake, intake, movement_of, undo_is_valid},
        message::encode_feed_answer,
    },
    time::UnixMillis,
};

pub(crate) use places::{DOOR_CLASS, Places};

use crate::{
    env::{Crashed, Env},
    mistake::Mistake,
    network::{Answer, Ask, RequestId},
};

pub(crate) const EVENT: EventId = EventId([1; 16]);
pub(crate) const FEED: FeedId = FeedId([2; 16]);
pub(crate) const K_BODY: [u8; 32] = [3; 32];

/// How long a head promises to be fresh, in ms.
const HEAD_VALID_MS: u64 = 3_600_000;
/// How many records one chunk of a snapshot holds.
const CHUNK_ROWS: usize = 16;

/// Returns S, the server's key.
pub(crate) fn server_key() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

/// An entry as the server stores it.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    pub(crate) hash: Hash,
}

/// A device's row and journal.
pub(crate) struct Device {
    pub(crate) no: DeviceNo,
    pub(crate) key: PublicKey,
    pub(crate) status: DeviceStatus,
    certificate: SignedCertificate,
    pub(crate) journal: Vec<Stored>,
}

impl Device {
    fn end(&self, id: DeviceId) -> Link {
        self.journal.last().map_or(Link::empty(EVENT, id), |last| Link { seq: last.entry.seq, hash: last.hash })
    }
}

struct Snapshot {
    manifest: Vec<u8>,
    chunks: BTreeMap<Hash, Vec<u8>>,
}

/// What has been committed.
pub(crate) struct Database {
    pub(crate) feed: Vec<Record>,
    /// When each entry of the feed was committed.
    committed_at: Vec<u64>,
    /// What the server's clock shows.
    pub(crate) now: u64,
    point: ChainPoint,
    latest: BTreeMap<(Kind, Entity), FeedSeq>,
    floor: FeedSeq,
    snapshot: Option<Snapshot>,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    pub(crate) quarantine: BTreeMap<Hash, Stored>,
    /// What is sold at the doors, if anything is.
    pub(crate) places: Option<Places>,
}

/// A feed request that waits for news.
struct Parked {
    id: RequestId,
    device: DeviceId,
    after: FeedSeq,
    until: u64,
}

/// The server.
pub(crate) struct Server {
    pub(crate) database: Database,
    /// The process, unless it has ended: the requests that wait in it.
    process: Option<Vec<Parked>>,
    page_records: usize,
    /// How many entries a batch may have before it is too large for what stands before the server.
    batch_entries: usize,
}

impl Server {
    pub(crate) fn new(page_records: usize, batch_entries: usize) -> Self {
        let database = Database {
            feed: Vec::new(),
            committed_at: Vec::new(),
            now: 0,
            point: ChainPoint::start(EVENT, FEED),
            latest: BTreeMap::new(),
            floor: FeedSeq(0),
            snapshot: None,
            devices: BTreeMap::new(),
            quarantine: BTreeMap::new(),
            places: None,
        };
        Self { database, process: Some(Vec::new()), page_records, batch_entries }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn stop(&mut self) {
        self.process = None;
    }

    pub(crate) fn start(&mut self) {
        self.process.get_or_insert_with(Vec::new);
    }

    pub(crate) const fn head_seq(&self) -> FeedSeq {
        self.database.point.seq
    }

    /// Returns when the first waiting request must be answered.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.process.iter().flatten().map(|parked| parked.until).min()
    }

    /// Enrols a device.
    pub(crate) fn enrol(&mut self, id: DeviceId, no: DeviceNo, key: PublicKey, certificate: SignedCertificate) {
        let device = Device { no, key, status: DeviceStatus::Active, certificate, journal: Vec::new() };
        self.database.devices.insert(id, device);
        self.database.announce_device(id);
    }

    /// Commits a change of an organiser, with the process ending before or after it now and then.
    pub(crate) fn change(
        &mut self,
        env: &mut Env,
        change: impl FnOnce(&mut Database, &mut Env),
    ) -> Result<(), Crashed> {
        env.survives("server before an organiser's commit")?;
        change(&mut self.database, env);
        env.survives("server after an organiser's commit")?;
        self.wake(env);
        Ok(())
    }

    /// Takes a request off the network.
    pub(crate) fn receive(&mut self, env: &mut Env, id: RequestId, from: DeviceId, ask: Ask) -> Result<(), Crashed> {
        if self.process.is_none() {
            if env.rng.chance(500) {
                env.answer(id, Answer::Refused);
            }
            return Ok(());
        }
        if env.crashes > 0 && env.rng.chance(15) {
            let retry_after_ms = env.rng.below(20_000);
            env.note(format_args!("  server is busy for {retry_after_ms} ms"));
            env.answer(id, Answer::Busy { retry_after_ms });
            return Ok(());
        }
        let answer = match ask {
            Ask::Time => Answer::Time(env.now),
            Ask::Snapshot => self.snapshot(),
            Ask::Chunk(hash) => self.chunk(&hash),
            Ask::Feed { after, wait_ms } => match self.database.refusal(from, after) {
                Some(code) => Answer::Problem(code),
                None if wait_ms > 0 && after >= self.head_seq() => {
                    let until = env.now + wait_ms;
                    self.process.iter_mut().for_each(|p| p.push(Parked { id, device: from, after, until }));
                    return Ok(());
                }
                None => self.page(env, after),
            },
            Ask::Status => match self.database.devices.get(&from) {
                Some(device) => Answer::Status(device.end(from)),
                None => Answer::Problem(ProblemCode::UnknownEvent),
            },
            Ask::Push { entries, .. } if entries > self.batch_entries => Answer::Problem(ProblemCode::TooLarge),
            Ask::Push { batch, is_evidence, .. } => {
                let answer = self.push(env, from, &batch, is_evidence)?;
                self.wake(env);
                answer
            }
        };
        env.answer(id, answer);
        Ok(())
    }

    /// Answers waiting requests for which there is news, or whose time is over.
    pub(crate) fn wake(&mut self, env: &mut Env) {
        let Some(parked) = self.process.take() else { return };
        let mut waiting = Vec::new();
        for request in parked {
            match self.database.refusal(request.device, request.after) {
                Some(code) => env.answer(request.id, Answer::Problem(code)),
                None if request.after < self.head_seq() || request.until <= env.now => {
                    let page = self.page(env, request.after);
                    env.answer(request.id, page);
                }
                None => waiting.push(request),
            }
        }
        self.process = Some(waiting);
    }

    fn page(&self, env: &mut Env, after: FeedSeq) -> Answer {
        let database = &self.database;
        let elides = env.rng.chance(800);
        let skipped = if env.makes(Mistake::CursorByTimeStamp) { database.until(after) } else { after.0 as usize };
        let records: Vec<_> = database
            .feed
            .iter()
            .skip(skipped)
            .take(self.page_records)
            .map(|record| {
                let is_replaced = database.latest.get(&(record.kind, record.entity)) != Some(&record.seq);
                if elides && is_replaced && record.kind != Kind::Move {
                    Record { form: Form::Tag(record.header(&K_BODY).tag), ..*record }
                } else {
                    record.clone()
                }
            })
            .collect();
        let head = Head {
            event: EVENT,
            feed: FEED,
            seq: database.point.seq,
            chain: database.point.value,
            floor: database.floor,
            time: UnixMillis(env.now),
            valid_until: UnixMillis(env.now + HEAD_VALID_MS),
        };
        Answer::Page(encode_feed_answer(&records, &head.sign(&server_key())))
    }

    fn snapshot(&mut self) -> Answer {
        if self.database.snapshot.is_none() {
            self.database.take_snapshot();
        }
        let manifest = self.database.snapshot.as_ref().map(|snapshot| snapshot.manifest.clone());
        manifest.map_or(Answer::Problem(ProblemCode::NotFound), Answer::Manifest)
    }

    fn chunk(&self, hash: &Hash) -> Answer {
        let chunk = self.database.snapshot.as_ref().and_then(|snapshot| snapshot.chunks.get(hash));
        chunk.map_or(Answer::Problem(ProblemCode::NotFound), |bytes| Answer::Chunk(bytes.clone()))
    }

    /// Takes a batch in, whoever brought it.
    pub(crate) fn push(
        &mut self,
        env: &mut Env,
        from: DeviceId,
        bytes: &[u8],
        is_evidence: bool,
    ) -> Result<Answer, Crashed> {
        let Some(device) = self.database.devices.get_mut(&from) else {
            return Ok(Answer::Problem(ProblemCode::UnknownEvent));
        };
        let batch = match Batch::decode(bytes, from, &device.key) {
            Ok(batch) => batch,
            Err(BatchError::Layout(_)) => return Ok(Answer::Problem(ProblemCode::Malformed)),
            Err(BatchError::Chain) => return Ok(Answer::Problem(ProblemCode::BadChain)),
        };
        let last = batch.end().map_or(Seq(0), |end| end.seq);
        let held = Held { status: device.status, end: device.end(from) };
        let known = |seq: Seq| {
            let at = usize::try_from(seq.0).ok()?.checked_sub(1)?;
            device.journal.get(at).map(|stored| stored.hash)
        };
        let decision = intake(&batch, &held, is_evidence, known);
        let above = batch.entries.iter().take_while(|e| e.entry.seq <= held.end.seq).count();
        let store = |skip| Intake::Store { skip, end: batch.end().unwrap_or(held.end) };
        let decision = match decision {
            Intake::Store { .. } if env.makes(Mistake::NoDeduplication) => store(0),
            Intake::Gap { .. } if env.makes(Mistake::GapsAccepted) => store(0),
            Intake::Fork { .. } if env.makes(Mistake::ForkUnchecked) => store(above),
            Intake::Fork { at } if at > held.end.seq && env.makes(Mistake::PrevUnchecked) => store(above),
            Intake::Quarantine if !is_evidence && env.makes(Mistake::RevokedAccepted) => store(above),
            other => other,
        };
        env.note(format_args!("  server: {} {}..{last} {}", device.no, batch.first_seq(), name(&decision)));
        if let Err(crashed) = env.survives("server before the commit of a batch") {
            return match decision {
                Intake::Store { end, .. } if env.makes(Mistake::AcknowledgedBeforeCommit) => {
                    Ok(self.acknowledge(env, from, end))
                }
                _ => Err(crashed),
            };
        }
        let answer = match decision {
            Intake::Store { skip, end } => {
                self.database.store(env, from, &batch, skip);
                self.acknowledge(env, from, end)
            }
            Intake::Quarantine => {
                env.count("quarantine");
                self.database.put_aside(&batch);
                Answer::Quarantined(last)
            }
            Intake::Gap { last } => {
                env.count("gap");
                Answer::Gap(last)
            }
            Intake::Fork { .. } => {
                env.count("fork");
                self.database.put_aside(&batch);
                self.database.set_status(from, DeviceStatus::Forked);
                Answer::Problem(ProblemCode::Fork)
            }
        };
        env.survives("server after the commit of a batch")?;
        Ok(answer)
    }

    fn acknowledge(&self, env: &Env, device: DeviceId, end: Link) -> Answer {
        let (feed_seq, time) = (self.database.point.seq, UnixMillis(env.now));
        let ack = Ack { event: EVENT, device, seq: end.seq, hash: end.hash, feed_seq, time };
        Answer::Acknowledged(ack.sign(&server_key()).to_bytes())
    }

    /// Returns everything the feed says has moved, in the order of arrival.
    pub(crate) fn movements(&self) -> Vec<Movement> {
        self.database.movements()
    }

    /// Returns the conflicts among movements that arrived in this order.
    pub(crate) fn conflicts(&self, movements: &[Movement], policy: &Policy, is_by_arrival: bool) -> Vec<Conflict> {
        let mut movements = movements.to_vec();
        if is_by_arrival {
            let mut times: Vec<_> = movements.iter().map(|movement| movement.hlc).collect();
            times.sort();
            movements.iter_mut().zip(times).for_each(|(movement, hlc)| movement.hlc = hlc);
        }
        ledger::conflicts(&movements, policy, |ticket| {
            let seq = self.database.latest.get(&(Kind::Ticket, Entity::ticket(ticket)))?;
            match self.database.body(*seq)? {
                Body::Ticket { ticket_row, .. } => Some(ticket_row.row.class),
                _ => None,
            }
        })
    }
}

impl Database {
    /// Numbers an entry and appends it.
    pub(crate) fn append(&mut self, body: &Body) -> FeedSeq {
        let seq = self.point.seq.next();
        let NewEntry { kind, entity, body } = body.encode(Entity(u128::from(seq.0).to_be_bytes()));
        let record = Record { seq, kind, entity, form: Form::Body(body) };
        self.point = self.point.after(&record.header(&K_BODY));
        self.latest.insert((kind, entity), seq);
        self.feed.push(record);
        self.committed_at.push(self.now);
        seq
    }

    /// Returns how many entries were committed no later than that numbered `seq`.
    fn until(&self, seq: FeedSeq) -> usize {
        let at = usize::try_from(seq.0).ok().and_then(|seq| self.committed_at.get(seq.checked_sub(1)?));
        at.map_or(0, |at| self.committed_at.partition_point(|other| other <= at))
    }

    pub(crate) fn next_seq(&self) -> FeedSeq {
        self.point.seq.next()
    }

    /// Returns what the entry numbered `seq` says.
    pub(crate) fn body(&self, seq: FeedSeq) -> Option<Body> {
        let record = self.feed.get(usize::try_from(seq.0).ok()?.checked_sub(1)?)?;
        let Form::Body(body) = &record.form else { return None };
        Body::decode(record.kind, record.entity, body).ok()
    }

    /// Returns every movement, in the order of arrival.
    fn movements(&self) -> Vec<Movement> {
        let moves = self.feed.iter().filter(|record| record.kind == Kind::Move);
        moves
            .filter_map(|record| match self.body(record.seq) {
                Some(Body::Move(movement)) => Some(movement),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn set_status(&mut self, id: DeviceId, status: DeviceStatus) {
        if let Some(device) = self.devices.get_mut(&id) {
            device.status = status;
            let no = device.no;
            self.release(no);
        }
        self.announce_device(id);
    }

    fn announce_device(&mut self, id: DeviceId) {
        if let Some(device) = self.devices.get(&id) {
            let (status, last_seq) = (device.status, device.end(id).seq);
            self.append(&Body::Device { device: id, status, last_seq, certificate: device.certificate.clone() });
        }
    }

    /// Makes a snapshot of the present.
    pub(crate) fn take_snapshot(&mut self) {
        let rows: Vec<&Record> = self.latest.values().filter_map(|seq| self.feed.get((seq.0 - 1) as usize)).collect();
        let mut snapshot = Snapshot { manifest: Vec::new(), chunks: BTreeMap::new() };
        let mut names = Vec::new();
        for rows in rows.chunks(CHUNK_ROWS) {
            let mut bytes = Vec::new();
            rows.iter().for_each(|record| record.encode_into(&mut bytes));
            let hash = sha256(&[&bytes]);
            names.push(ChunkName { packed_bytes: bytes.len() as u32, rows: rows.len() as u32, hash });
            snapshot.chunks.insert(hash, bytes);
        }
        let (seq, chain, rows) = (self.point.seq, self.point.value, rows.len() as u64);
        let manifest = Manifest { event: EVENT, feed: FEED, seq, chain, rows, chunks: names };
        snapshot.manifest = manifest.sign(&server_key()).to_bytes();
        self.snapshot = Some(snapshot);
    }

    /// Makes a snapshot and answers feed requests from there on only.
    pub(crate) fn raise_floor(&mut self) {
        self.take_snapshot();
        self.floor = self.point.seq;
    }

    fn refusal(&self, from: DeviceId, after: FeedSeq) -> Option<ProblemCode> {
        match self.devices.get(&from)?.status {
            DeviceStatus::Revoked | DeviceStatus::Wiped => Some(ProblemCode::DeviceRevoked),
            DeviceStatus::Forked => Some(ProblemCode::DeviceForked),
            DeviceStatus::Active => (after < self.floor).then_some(ProblemCode::BelowFloor),
        }
    }

    fn store(&mut self, env: &mut Env, from: DeviceId, batch: &Batch, skip: usize) {
        // Tickets come before the movements of later entries.
        let fresh: Vec<_> = batch.entries.iter().skip(skip).collect();
        let has_sales = self.take_sales(env, from, &fresh, &batch.personal_data);
        let Some(device) = self.devices.get_mut(&from) else { return };
        let mut moves = Vec::new();
        let no = device.no;
        for signed in fresh {
            let own = |seq: Seq| device.journal.iter().find(|stored| stored.entry.seq == seq);
            let movement = movement_of(&signed.entry, &signed.hash, device.no);
            let target = signed.entry.undo_target.and_then(own);
            let target = target.and_then(|stored| movement_of(&stored.entry, &stored.hash, device.no));
            let counts = signed.entry.kind != EntryKind::Undo || undo_is_valid(&signed.entry, target.as_ref(), false);
            moves.extend(movement.filter(|_| counts));
            device.journal.push(Stored { entry: signed.entry.clone(), hash: signed.hash });
        }
        for movement in moves {
            self.append(&Body::Move(movement));
        }
        if has_sales {
            self.top_up(env, no);
        }
    }

    fn put_aside(&mut self, batch: &Batch) {
        for signed in &batch.entries {
            self.quarantine.insert(signed.hash, Stored { entry: signed.entry.clone(), hash: signed.hash });
        }
    }
}

const fn name(decision: &Intake) -> &'static str {
    match decision {
        Intake::Store { .. } => "stored",
        Intake::Quarantine => "put aside",
        Intake::Gap { .. } => "gap",
        Intake::Fork { .. } => "fork",
    }
}
