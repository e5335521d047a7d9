//! What a terminal's shell makes of an answer: check it, store it, and tell the [`SyncClient`] about it.
//!
//! [`SyncClient`]: sync_protocol::sync::SyncClient

use sync_protocol::{
    feed::{
        Body, Record,
        pull::{Position, Progress, Pull, PullError, Pulled},
        record::Form,
        snapshot::SignedManifest,
    },
    id::Seq,
    journal::Link,
    key::public_key,
    sync::{
        SignedAck,
        client::{Failure, Lane, Reply, Request, Suspend},
        message::decode_feed_answer,
    },
    time::{UnixMillis, Uptime},
};

use super::{Asked, Gathering, Terminal};
use crate::{
    env::{Crashed, Env},
    list::DiskRow,
    mistake::Mistake,
    network::{Answer, RequestId},
    server::{EVENT, FEED, K_BODY, server_key},
};

impl Terminal {
    /// Takes an answer off the network.
    pub(crate) fn receive(&mut self, env: &mut Env, id: RequestId, answer: Answer) -> Result<(), Crashed> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let lane = match (&process.down, &process.up) {
            (Some(asked), _) if asked.id == id => Lane::Down,
            (_, Some(asked)) if asked.id == id => Lane::Up,
            _ => return Ok(()),
        };
        let Some(Asked { request, .. }) = process.asked(lane).take() else { return Ok(()) };
        let outcome = self.understand(env, &request, answer)?;
        let Some(process) = &mut self.process else { return Ok(()) };
        match outcome {
            Ok(reply) => process.client.handle_reply(reply, Uptime(env.now)),
            Err(failure) => {
                if let Failure::Busy { retry_after_ms: Some(ms) } = failure {
                    *process.away(lane) = env.now + ms;
                }
                env.note(format_args!("{} fails: {failure:?}", self.no));
                let random = env.rng.next();
                process.client.handle_failure(lane, failure, Uptime(env.now), random);
            }
        }
        self.turn(env)
    }

    /// Checks and stores what an answer brings.
    fn understand(
        &mut self,
        env: &mut Env,
        request: &Request,
        answer: Answer,
    ) -> Result<Result<Reply, Failure>, Crashed> {
        let broken = Failure::Distrusted(Suspend::FeedBroken);
        Ok(match answer {
            Answer::Time(server) => {
                self.offset_ms = server as i64 - env.now.saturating_add_signed(self.skew_ms) as i64;
                Ok(Reply::Time)
            }
            Answer::Manifest(bytes) => self.take_manifest(&bytes).map_err(Failure::Distrusted),
            Answer::Chunk(bytes) => self.take_chunk(request, &bytes).ok_or(broken),
            Answer::Page(bytes) => return self.take_page(env, &bytes),
            Answer::Status(held) => Ok(self.compare(env, held)),
            Answer::Acknowledged(bytes) => match SignedAck::open(&bytes, &public_key(&server_key())) {
                Ok(ack) if (ack.event, ack.device) == (EVENT, self.device) => {
                    let check = env.reference.check_acknowledged(self.no.0, ack.link());
                    env.must(check);
                    match self.compare(env, ack.link()) {
                        Reply::Held { seq, is_ours: true } => Ok(Reply::Acknowledged(seq)),
                        other => Ok(other),
                    }
                }
                _ => Err(Failure::Unreachable),
            },
            Answer::Quarantined(seq) => Ok(Reply::Quarantined(seq)),
            Answer::Gap(seq) => Err(Failure::Gap(seq)),
            Answer::Busy { retry_after_ms } => Err(Failure::Busy { retry_after_ms: Some(retry_after_ms) }),
            Answer::Problem(code) => Err(Failure::Problem(code)),
            Answer::Refused => Err(Failure::Unreachable),
        })
    }

    /// Compares what the server holds of this journal with the journal, and keeps it if it is the
    /// same.
    fn compare(&mut self, env: &Env, held: Link) -> Reply {
        let start = Link::empty(EVENT, self.device).hash;
        let own = if held.seq == Seq(0) { Some(start) } else { self.disk.entry(held.seq).map(|entry| *entry.hash()) };
        let is_ours = own == Some(held.hash) || (own.is_some() && env.makes(Mistake::OwnEntriesNotCompared));
        if is_ours {
            self.disk.acknowledged = held.seq;
        }
        Reply::Held { seq: held.seq, is_ours }
    }

    fn take_manifest(&mut self, bytes: &[u8]) -> Result<Reply, Suspend> {
        let manifest = SignedManifest::from_bytes(bytes).ok().and_then(|s| s.open(&public_key(&server_key())).ok());
        let manifest = manifest.ok_or(Suspend::FeedBroken)?;
        if manifest.feed != FEED {
            return Err(Suspend::OtherFeed);
        }
        if self.disk.cursor().is_some_and(|cursor| manifest.seq < cursor) {
            return Err(Suspend::ServerFork);
        }
        let Some(process) = &mut self.process else { return Ok(Reply::Manifest { missing: Vec::new() }) };
        let mut chunks = process.gathering.take().map(|gathering| gathering.chunks).unwrap_or_default();
        chunks.retain(|hash, _| manifest.chunks.iter().any(|chunk| chunk.hash == *hash));
        let missing =
            manifest.chunks.iter().map(|chunk| chunk.hash).filter(|hash| !chunks.contains_key(hash)).collect();
        process.gathering = Some(Gathering { manifest, chunks });
        Ok(Reply::Manifest { missing })
    }

    fn take_chunk(&mut self, request: &Request, bytes: &[u8]) -> Option<Reply> {
        let Request::Chunk(hash) = request else { return None };
        let gathering = self.process.as_mut()?.gathering.as_mut()?;
        let name = gathering.manifest.chunks.iter().find(|chunk| chunk.hash == *hash)?;
        name.check(bytes).ok()?;
        gathering.chunks.insert(*hash, name.records(bytes).ok()?);
        Some(Reply::Chunk)
    }

    pub(super) fn apply_snapshot(&mut self, env: &mut Env) -> Result<(), Crashed> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(Gathering { manifest, mut chunks }) = process.gathering.take() else {
            process.client.handle_snapshot_failed();
            return Ok(());
        };
        process.pull = None;
        let records: Vec<Record> =
            manifest.chunks.iter().filter_map(|chunk| chunks.remove(&chunk.hash)).flatten().collect();
        env.note(format_args!("{} applies the snapshot of {}", self.no, manifest.seq));
        env.count("snapshot");
        let position = Position { event: EVENT, feed: FEED, point: manifest.point() };
        let is_own_known = self.knows_own(env, &records);
        self.commit_rows(env, records, position, None, true)?;
        let random = env.rng.next();
        if let Some(process) = &mut self.process {
            process.client.handle_snapshot_applied(manifest.seq);
            if !is_own_known {
                let rolled_back = Failure::Distrusted(Suspend::RolledBack);
                process.client.handle_failure(Lane::Down, rolled_back, Uptime(env.now), random);
            }
        }
        Ok(())
    }

    fn take_page(&mut self, env: &mut Env, bytes: &[u8]) -> Result<Result<Reply, Failure>, Crashed> {
        let broken = Ok(Err(Failure::Distrusted(Suspend::FeedBroken)));
        let Ok((records, head)) = decode_feed_answer(bytes) else { return broken };
        let Ok(head) = head.open(&public_key(&server_key())) else { return broken };
        let (Some(position), Some(process)) = (self.disk.position, &mut self.process) else { return broken };
        let pull = process.pull.take().unwrap_or_else(|| Pull::new(position, K_BODY));
        match pull.take(records, &head) {
            Ok(Progress::More(pull)) => {
                let after = pull.after();
                process.pull = Some(pull);
                Ok(Ok(Reply::Page { after, is_complete: false }))
            }
            Ok(Progress::Done(Pulled { records, position })) => {
                let is_own_known = self.knows_own(env, &records);
                self.commit_rows(env, records, position, Some(head.valid_until), false)?;
                if is_own_known {
                    Ok(Ok(Reply::Page { after: position.point.seq, is_complete: true }))
                } else {
                    Ok(Err(Failure::Distrusted(Suspend::RolledBack)))
                }
            }
            Err(PullError::OtherFeed { .. }) => Ok(Err(Failure::Distrusted(Suspend::OtherFeed))),
            Err(PullError::ServerFork) => Ok(Err(Failure::Distrusted(Suspend::ServerFork))),
            Err(PullError::Broken { .. } | PullError::Layout(_)) => broken,
        }
    }

    /// Whether the journal holds every movement that the feed says this terminal recorded.
    fn knows_own(&self, env: &Env, records: &[Record]) -> bool {
        let read = |record: &Record| match &record.form {
            Form::Body(body) => Body::decode(record.kind, record.entity, body).ok(),
            Form::Tag(_) => None,
        };
        env.makes(Mistake::OwnEntriesNotCompared)
            || records.iter().filter_map(read).all(|body| match body {
                Body::Move(movement) if movement.device == self.no => {
                    self.disk.entry(movement.seq).is_some_and(|entry| *entry.hash() == movement.entry_hash)
                }
                _ => true,
            })
    }

    /// Commits rows with the new position, all or nothing.
    fn commit_rows(
        &mut self,
        env: &mut Env,
        records: Vec<Record>,
        position: Position,
        valid_until: Option<UnixMillis>,
        is_snapshot: bool,
    ) -> Result<(), Crashed> {
        env.survives("terminal before the commit of rows")?;
        if env.makes(Mistake::CursorBeforeRows) {
            self.disk.position = Some(position);
            env.survives("terminal between cursor and rows")?;
        }
        if is_snapshot {
            self.disk.rows.clear();
        }
        let now = self.time(env);
        for record in records {
            let Form::Body(body) = record.form else { continue };
            if let Ok(Body::Move(movement)) = Body::decode(record.kind, record.entity, &body) {
                self.disk.hlc = self.disk.hlc.merged(movement.hlc, now);
            }
            if let Some(process) = self.process.as_mut().filter(|_| !is_snapshot) {
                process.list.apply(record.kind, record.entity, &body);
            }
            self.disk.rows.insert((record.kind, record.entity), DiskRow { seq: record.seq, body });
        }
        self.disk.position = Some(position);
        self.disk.valid_until = valid_until.unwrap_or(self.disk.valid_until);
        if is_snapshot {
            let list = self.read_list();
            if let Some(process) = &mut self.process {
                process.list = list;
            }
        }
        let is_whole = env.rng.chance(60);
        let check = self.check_rows(env, is_whole);
        env.must(check);
        env.survives("terminal after the commit of rows")
    }

    /// Checks invariant 4: the rows are what the server had at the cursor.
    pub(crate) fn check_rows(&self, env: &Env, is_whole: bool) -> Result<(), String> {
        let Some(cursor) = self.disk.cursor() else { return Ok(()) };
        let expected = env.reference.row_count(cursor.0);
        if self.disk.rows.len() != expected {
            let held = self.disk.rows.len();
            return Err(format!("4: {} holds {held} rows at {cursor}, and the server had {expected}", self.no));
        }
        for ((kind, entity), row) in self.disk.rows.iter().filter(|_| is_whole) {
            if env.reference.row(&(*kind as u8, entity.0), cursor.0) != Some((row.seq.0, &row.body)) {
                return Err(format!("4: {} holds another {kind:?} {entity:?} than the server at {cursor}", self.no));
            }
        }
        Ok(())
    }
}
