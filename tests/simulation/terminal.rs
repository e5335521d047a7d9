//! A terminal: a disk that survives, a process that doesn't, and the shell around the product's own
//! [`SyncClient`].

mod answers;
mod till;

pub(crate) use till::Carried;

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use sync_protocol::{
    certificate::Certificate,
    feed::{
        Record,
        pull::{Position, Pull},
        snapshot::Manifest,
    },
    hash::Hash,
    id::{DeviceId, DeviceNo, FeedSeq, GateId, Seq},
    journal::{Entry, EntryKind, Link, Movement, PersonalData, SignedEntry, batch},
    sync::{
        SyncClient,
        client::{Event, Failure, Lane, Request, Start, Suspend},
        intake,
    },
    time::{Hlc, UnixMillis, Uptime},
};
use usher_terminal::walk_in::Book;

use crate::{
    env::{Crashed, Env},
    list::{List, Rows},
    mistake::Mistake,
    network::{Ask, Parcel, RequestId},
    server::EVENT,
};

/// How long the shell waits for an answer beyond what it asked the server to wait, in ms.
const PATIENCE_MS: u64 = 10_000;
/// The most entries in a batch: few, so that journals take several.
pub(crate) const BATCH_ENTRIES: usize = 4;

/// What is durable. A clone is an image of the disk.
#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) journal: Vec<SignedEntry>,
    /// Who bought what was sold here.
    pub(crate) personal: Vec<PersonalData>,
    pub(crate) rows: Rows,
    pub(crate) position: Option<Position>,
    pub(crate) valid_until: UnixMillis,
    pub(crate) hlc: Hlc,
    acknowledged: Seq,
    pub(crate) suspended: Option<Suspend>,
    /// Numbers that were taken for entries which were then not written: there are none, unless by mistake.
    pub(crate) lost_numbers: u64,
}

/// A snapshot on its way.
struct Gathering {
    manifest: Manifest,
    chunks: BTreeMap<Hash, Vec<Record>>,
}

struct Asked {
    id: RequestId,
    request: Request,
    deadline: u64,
}

/// What a crash takes away.
pub(crate) struct Process {
    pub(crate) client: SyncClient,
    pub(crate) list: List,
    /// What was sold here.
    pub(crate) book: Book,
    /// Denials that people saw and that are not written yet.
    pub(crate) unwritten: Vec<Entry>,
    pub(crate) unlisted_admitted: u32,
    pull: Option<Pull>,
    gathering: Option<Gathering>,
    down: Option<Asked>,
    up: Option<Asked>,
    /// Until when the server asked each lane to stay away.
    away: (u64, u64),
    /// Whether the staff locked the screen.
    pub(crate) is_locked: bool,
}

/// A terminal at its gate.
pub(crate) struct Terminal {
    pub(crate) index: usize,
    pub(crate) device: DeviceId,
    pub(crate) no: DeviceNo,
    pub(crate) key: SigningKey,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) gate: GateId,
    /// What its wall clock shows beyond the true time, in ms.
    pub(crate) skew_ms: i64,
    /// Server time minus wall clock as last measured, in ms.
    pub(crate) offset_ms: i64,
    pub(crate) disk: Disk,
    pub(crate) process: Option<Process>,
    pub(crate) requests: u64,
}

impl Disk {
    pub(crate) fn end(&self, device: DeviceId) -> Link {
        self.journal.last().map_or(Link::empty(EVENT, device), SignedEntry::link)
    }

    fn entry(&self, seq: Seq) -> Option<&SignedEntry> {
        self.journal.get(usize::try_from(seq.0).ok()?.checked_sub(1)?)
    }

    fn cursor(&self) -> Option<FeedSeq> {
        self.position.map(|position| position.point.seq)
    }
}

impl Terminal {
    pub(crate) fn new(index: usize, skew_ms: i64) -> Self {
        let no = DeviceNo(index as u16 + 1);
        let tag = no.0 as u8;
        let disk = Disk {
            journal: Vec::new(),
            personal: Vec::new(),
            rows: Rows::new(),
            position: None,
            valid_until: UnixMillis(0),
            hlc: Hlc(0),
            acknowledged: Seq(0),
            suspended: None,
            lost_numbers: 0,
        };
        Self {
            index,
            device: DeviceId([tag; 16]),
            no,
            key: SigningKey::from_bytes(&[100 + tag; 32]),
            certificate: None,
            gate: GateId(no.0 % 3),
            skew_ms,
            offset_ms: 0,
            disk,
            process: None,
            requests: 0,
        }
    }

    /// Returns a second machine that was made from an image of this one's disk, started.
    pub(crate) fn twin(&self, env: &Env, index: usize, disk: Disk) -> Self {
        let mut twin = Self {
            index,
            device: self.device,
            no: self.no,
            key: self.key.clone(),
            certificate: self.certificate.clone(),
            gate: self.gate,
            skew_ms: self.skew_ms,
            offset_ms: self.offset_ms,
            disk,
            process: None,
            requests: 0,
        };
        twin.start(env);
        twin
    }

    /// Starts the process from what the disk holds.
    pub(crate) fn start(&mut self, env: &Env) {
        let disk = &self.disk;
        let start = Start {
            cursor: disk.cursor(),
            journal: disk.end(self.device).seq,
            acknowledged: disk.acknowledged,
            suspended: disk.suspended,
            is_closed: false,
        };
        self.process = Some(Process {
            client: SyncClient::new(start),
            list: self.read_list(),
            book: self.book(env),
            unwritten: Vec::new(),
            unlisted_admitted: 0,
            pull: None,
            gathering: None,
            down: None,
            up: None,
            away: (0, 0),
            is_locked: false,
        });
    }

    fn read_list(&self) -> List {
        let mut list = List::read(&self.disk.rows);
        self.disk.journal.iter().filter_map(|entry| self.movement(entry)).for_each(|movement| list.record(movement));
        list
    }

    /// Returns the movement that an own entry records, unless it is an UNDO that counts for nothing.
    pub(crate) fn movement(&self, signed: &SignedEntry) -> Option<Movement> {
        let entry = signed.entry();
        let of = |signed: &SignedEntry| intake::movement_of(signed.entry(), signed.hash(), self.no);
        let target = entry.undo_target.and_then(|target| of(self.disk.entry(target)?));
        let counts = entry.kind != EntryKind::Undo || intake::undo_is_valid(entry, target.as_ref(), false);
        of(signed).filter(|_| counts)
    }

    /// Returns what the terminal takes for the time.
    pub(crate) fn time(&self, env: &Env) -> UnixMillis {
        UnixMillis(env.now.saturating_add_signed(self.skew_ms).saturating_add_signed(self.offset_ms))
    }

    /// Returns the batches of a file that carries everything not acknowledged.
    pub(crate) fn export(&self) -> Vec<Vec<u8>> {
        let unsent = self.disk.journal.get(self.disk.acknowledged.0 as usize..).unwrap_or_default();
        unsent.chunks(BATCH_ENTRIES).map(|entries| batch::encode(entries, &self.disk.personal).0).collect()
    }

    /// Returns when something is to be done if nothing arrives before.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let process = self.process.as_ref()?;
        let deadlines = [&process.down, &process.up].into_iter().flatten().map(|asked| asked.deadline);
        deadlines.chain(process.client.poll_timeout().map(|at| at.0)).min()
    }

    /// Whether nothing is left to do: all is sent, and the list is as new as `head`.
    pub(crate) fn is_quiet(&self, head: FeedSeq) -> bool {
        let Some(process) = &self.process else { return false };
        let is_current = process.client.suspended().is_some() || self.disk.cursor() == Some(head);
        is_current && process.client.unsent() == 0 && process.up.is_none() && process.unwritten.is_empty()
    }

    /// Lets the shell do what is due.
    pub(crate) fn turn(&mut self, env: &mut Env) -> Result<(), Crashed> {
        self.give_up_waiting(env);
        self.do_events(env)?;
        let now = Uptime(env.now);
        while let Some(request) = self.process.as_mut().and_then(|process| process.client.poll_request(now)) {
            self.ask(env, request);
        }
        Ok(())
    }

    fn give_up_waiting(&mut self, env: &mut Env) {
        let Some(process) = &mut self.process else { return };
        for lane in [Lane::Down, Lane::Up] {
            let asked = process.asked(lane);
            if asked.as_ref().is_some_and(|asked| asked.deadline <= env.now) {
                *asked = None;
                let random = env.rng.next();
                process.client.handle_failure(lane, Failure::Unreachable, Uptime(env.now), random);
            }
        }
    }

    fn do_events(&mut self, env: &mut Env) -> Result<(), Crashed> {
        while let Some(event) = self.process.as_mut().and_then(|process| process.client.poll_event()) {
            match event {
                Event::ApplySnapshot => self.apply_snapshot(env)?,
                Event::Suspend(reason) => {
                    env.note(format_args!("{} is suspended: {reason:?}", self.no));
                    env.count("suspend");
                    env.survives("terminal before it keeps why it is suspended")?;
                    self.disk.suspended = Some(reason);
                }
                Event::Report(code) => {
                    env.note(format_args!("{} reports {}", self.no, code.name()));
                    env.must(Err(format!("{} met the problem {}", self.no, code.name())));
                }
                Event::LinkUp | Event::LinkDown => {}
            }
        }
        Ok(())
    }

    fn ask(&mut self, env: &mut Env, request: Request) {
        let Some(process) = &mut self.process else { return };
        let lane = request.lane();
        let is_suspended = process.client.suspended().is_some();
        if is_suspended && lane == Lane::Down {
            env.must(Err(format!("{} is suspended and asks {request:?}", self.no)));
        }
        if *process.away(lane) > env.now {
            env.must(Err(format!("{} was told to come back later and asks {request:?}", self.no)));
        }
        let mut wait_ms = 0;
        let ask = match &request {
            Request::Time => Ask::Time,
            Request::Snapshot => Ask::Snapshot,
            Request::Chunk(hash) => Ask::Chunk(*hash),
            Request::Feed { after, wait_s } => {
                wait_ms = wait_s * 1_000;
                Ask::Feed { after: *after, wait_ms }
            }
            Request::JournalStatus => Ask::Status,
            Request::Push { from, count_max, is_evidence } => {
                let entries = self.disk.journal.get(from.0 as usize - 1..).unwrap_or_default();
                let entries = entries.get(..(*count_max).min(BATCH_ENTRIES)).unwrap_or(entries);
                let (batch, entries) = batch::encode(entries, &self.disk.personal);
                Ask::Push { batch, entries, is_evidence: *is_evidence }
            }
        };
        env.note(format_args!("{} asks {}", self.no, words(&request)));
        self.requests += 1;
        let id = RequestId { terminal: self.index, number: self.requests };
        *process.asked(lane) = Some(Asked { id, request, deadline: env.now + wait_ms + PATIENCE_MS });
        let is_stopped = env.makes(Mistake::UploadStoppedBySuspension) && is_suspended
            || env.makes(Mistake::UploadStoppedByLock) && process.is_locked;
        if !is_stopped || lane == Lane::Down {
            env.send(Parcel::Ask(id, ask));
        }
    }
}

impl Process {
    const fn asked(&mut self, lane: Lane) -> &mut Option<Asked> {
        match lane {
            Lane::Down => &mut self.down,
            Lane::Up => &mut self.up,
        }
    }

    const fn away(&mut self, lane: Lane) -> &mut u64 {
        match lane {
            Lane::Down => &mut self.away.0,
            Lane::Up => &mut self.away.1,
        }
    }
}

fn words(request: &Request) -> String {
    match request {
        Request::Chunk(_) => "Chunk".to_owned(),
        other => format!("{other:?}"),
    }
}
