//! The pure function alone: a list in memory, and a ledger folded from what the steps before did.
//!
//! It plays twice: once asked as the server asks it, which is one door that knows everything and whose clock is right,
//! and once as terminals ask it, which know what they heard.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use ed25519_dalek::SigningKey;
use harness::feed_world::EVENT;
use sync_protocol::id::{DeviceNo, FeedSeq, GateId, Seq, TicketId};
use sync_protocol::journal::ledger::{conflicts, occupancy, zone_of};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::key::public_key;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{KeyState, Keyring};
use sync_protocol::time::{Hlc, UnixMillis};
use sync_protocol::verdict::{
    Cache, Clock, NotReady, OverrideBy, Presentation, Question, Readiness, Row, Scope, Verdict, decide,
};

use crate::book::{self, Book};
use crate::format::{self, Change, Conflict, Then};
use crate::play::{Said, Stage};
use crate::story::{Step, Story, Way};

/// How long a head promises that the list is fresh, in ms.
pub(crate) const HEAD_VALID_MS: u64 = 600_000;
/// How far a machine's clock may drift (section 10), in millionths.
const DRIFT_PPM: u64 = 200;
/// How unsure the time is at least after a reboot, in ms.
const REBOOT_MS: u64 = 60_000;
/// How unsure the time is right after an exchange that took none, in ms.
const EXCHANGE_MS: u64 = 1;

/// One door, and what it knows.
struct Door {
    number: DeviceNo,
    seq: Seq,
    hlc: Hlc,
    /// What it did and nobody heard yet.
    unsent: Vec<Movement>,
    /// What it heard last.
    rows: BTreeMap<TicketId, Row>,
    movements: Vec<Movement>,
    cursor: FeedSeq,
    key: KeyState,
    heard_at: UnixMillis,
    is_cut: bool,
    is_rebooted: bool,
    is_stopped: bool,
    unlisted_admitted: u32,
}

/// The pure function's stage.
pub(crate) struct Pure<'a> {
    story: &'a Story,
    is_server: bool,
    book: Book,
    key: KeyState,
    /// Everything that has arrived.
    movements: Vec<Movement>,
    stopped: Vec<usize>,
    doors: Vec<Door>,
    now: UnixMillis,
    /// What each scan did, by its number.
    done: Vec<Option<(usize, Movement)>>,
}

impl<'a> Pure<'a> {
    /// Returns the stage of a story, at its beginning.
    pub(crate) fn new(story: &'a Story, way: Way) -> Self {
        let is_server = way == Way::PureAsServer;
        let mut book = Book::new(SigningKey::from_bytes(&[2; 32]), 10);
        for attendee in &story.attendees {
            book.register(story, attendee);
        }
        let count = if is_server { 1 } else { story.doors.len() };
        let door = |at: usize| Door {
            number: if is_server { DeviceNo(0) } else { book::door_number(at) },
            seq: Seq(0),
            hlc: Hlc::default(),
            unsent: Vec::new(),
            rows: BTreeMap::new(),
            movements: Vec::new(),
            cursor: FeedSeq(0),
            key: book::KEY_STATE,
            heard_at: UnixMillis(0),
            is_cut: false,
            is_rebooted: false,
            is_stopped: false,
            unlisted_admitted: 0,
        };
        let doors = (0..count).map(door).collect();
        let now = story.begins();
        let mut pure = Self {
            story,
            is_server,
            book,
            key: book::KEY_STATE,
            movements: Vec::new(),
            stopped: Vec::new(),
            doors,
            now,
            done: Vec::new(),
        };
        pure.exchange();
        pure
    }

    /// Lets every door that has a network tell what it did and hear what there is.
    fn exchange(&mut self) {
        for door in self.doors.iter_mut().filter(|door| !door.is_cut) {
            self.book.seq += door.unsent.len() as u64;
            self.movements.append(&mut door.unsent);
        }
        for (at, door) in self.doors.iter_mut().enumerate().filter(|(_, door)| !door.is_cut) {
            door.rows = self.book.rows();
            door.movements.clone_from(&self.movements);
            door.cursor = FeedSeq(self.book.seq);
            door.key = self.key;
            (door.heard_at, door.is_rebooted) = (self.now, false);
            door.is_stopped |= self.stopped.contains(&at);
            for movement in &self.movements {
                door.hlc = door.hlc.merged(movement.hlc, self.now);
            }
        }
    }

    /// Returns which of the doors stands where the story says `door`.
    const fn at(&self, door: usize) -> usize {
        if self.is_server { 0 } else { door }
    }

    fn named(&mut self, name: &str) -> anyhow::Result<&mut Door> {
        let at = self.story.door(name).context("no door of this name")?;
        self.doors.get_mut(at).context("no such door")
    }

    fn clock(&self, door: &Door) -> Clock {
        if self.is_server {
            return Clock { now: self.now, uncertainty_ms: 0 };
        }
        let age = self.now.since(door.heard_at);
        let reboot = if door.is_rebooted { REBOOT_MS } else { 0 };
        let uncertainty_ms = EXCHANGE_MS + reboot + age * DRIFT_PPM / 1_000_000;
        Clock { now: self.now, uncertainty_ms }
    }

    fn keyring(&self, door: &Door) -> Keyring {
        let mut keyring = Keyring::new(EVENT);
        keyring.add_key(EVENT, book::KID, self.book.public(), door.key);
        for at in 0..self.story.doors.len() {
            keyring.set_delegation(Delegation {
                device: book::door_number(at),
                key: public_key(&book::door_key(at)),
                capabilities: book::DOOR_MAY,
                classes: Vec::new(),
                revoked_after: None,
            });
        }
        if self.is_server {
            keyring.add_key(book::OTHER_EVENT, book::OTHER_KID, book::other_key(), KeyState::Active);
        }
        keyring
    }

    fn decide(&self, door: &Door, presentation: &Presentation, gate: GateId, step: &Step) -> Verdict {
        let policy = &self.story.policy;
        let history: Vec<Movement> = door.movements.iter().chain(&door.unsent).cloned().collect();
        let inside = occupancy(&history, policy);
        decide(&Question {
            scan: presentation.scan,
            direction: match step.direction {
                format::Direction::Entry => sync_protocol::verdict::Direction::Entry,
                format::Direction::Exit => sync_protocol::verdict::Direction::Exit,
            },
            policy,
            row: presentation.ticket.and_then(|ticket| door.rows.get(&ticket)),
            history: &history,
            clock: self.clock(door),
            scope: Scope {
                readiness: if door.is_stopped { Readiness::NotReady(NotReady::Suspended) } else { Readiness::Ready },
                device: door.number,
                gate,
                has_link: self.is_server,
                unlisted_admitted: door.unlisted_admitted,
                occupancy: zone_of(policy, gate).and_then(|zone| inside.get(&zone)).copied().unwrap_or(0),
            },
            cache: Cache {
                cursor: door.cursor,
                is_complete: true,
                valid_until: door.heard_at.plus(HEAD_VALID_MS),
                seller_seen: Seq(0),
            },
        })
    }

    fn record(
        &mut self,
        door: usize,
        ticket: TicketId,
        gate: GateId,
        kind: MovementKind,
        is_override: bool,
    ) -> anyhow::Result<Movement> {
        let now = self.now;
        let door = self.doors.get_mut(door).context("no such door")?;
        door.seq = door.seq.next();
        door.hlc = door.hlc.tick(now);
        // No entry lies behind it: a name is enough to tell it from others.
        let entry_hash = [0; 32];
        let movement =
            Movement { hlc: door.hlc, device: door.number, seq: door.seq, kind, is_override, ticket, gate, entry_hash };
        if kind == MovementKind::Admit && !door.rows.contains_key(&ticket) {
            door.unlisted_admitted += 1;
        }
        door.unsent.push(movement.clone());
        Ok(movement)
    }
}

impl Stage for Pure<'_> {
    async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        self.now = now;
        Ok(())
    }

    async fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        if let Change::Key(state) = change {
            self.key = *state;
        }
        if self.book.change(self.story, change)?.is_some() {
            return Ok(());
        }
        match change {
            Change::Undo(number) => {
                let done = self.done.get(*number).cloned().flatten();
                let (door, target) = done.with_context(|| format!("scan {number} let nobody in or out"))?;
                let kind = MovementKind::Undo { device: target.device, seq: target.seq };
                self.record(door, target.ticket, target.gate, kind, false)?;
            }
            _ if self.is_server => {}
            Change::Cut(name) => {
                // What it has done is told by now, and nothing more.
                self.exchange();
                self.named(name)?.is_cut = true;
            }
            Change::Reconnect(name) => self.named(name)?.is_cut = false,
            Change::Reboot(name) => self.named(name)?.is_rebooted = true,
            Change::Revoke(name) => {
                self.exchange();
                self.book.seq += 1;
                self.stopped.extend(self.story.door(name));
            }
            Change::Restart(_) => {}
            other => bail!("{other:?} is nothing that doors do"),
        }
        Ok(())
    }

    fn is_online(&self, door: usize) -> bool {
        self.doors.get(self.at(door)).is_some_and(|door| !door.is_cut)
    }

    async fn show(&mut self, number: usize, step: &Step) -> anyhow::Result<Option<Said>> {
        self.exchange();
        self.done.resize(number + 1, None);
        let at = self.at(step.door);
        let door = self.doors.get(at).context("no such door")?;
        let keyring = self.keyring(door);
        let (text, is_typed) = self.book.shown(self.story, &step.show)?;
        let presentation = if is_typed {
            Presentation::of_typed(&text, &keyring)
        } else {
            Presentation::of_credential(&text, &keyring)
        };
        let verdict = self.decide(door, &presentation, step.gate, step);
        let mut said = Said::of(&verdict);
        let (is_admitted, is_override) = match (&verdict, step.then) {
            (Verdict::Admit { .. }, _) => (true, false),
            (Verdict::Deny { by, .. }, Some(Then::Override)) => (*by < OverrideBy::Nobody, true),
            (Verdict::Deny { .. }, None) => (false, false),
        };
        if step.then == Some(Then::Override) {
            said.overridden = Some(is_admitted && is_override);
        }
        if let Some(ticket) = presentation.ticket.filter(|_| is_admitted) {
            let kind = match step.direction {
                format::Direction::Entry => MovementKind::Admit,
                format::Direction::Exit => MovementKind::Exit,
            };
            let movement = self.record(at, ticket, step.gate, kind, is_override)?;
            if let Some(done) = self.done.get_mut(number) {
                *done = Some((at, movement));
            }
        }
        Ok(Some(said))
    }

    async fn end(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        if self.is_server {
            return Ok(Vec::new());
        }
        for door in &mut self.doors {
            door.is_cut = false;
        }
        self.exchange();
        ensure!(self.doors.iter().all(|door| door.unsent.is_empty()), "everything is told by now");
        let found = conflicts(&self.movements, &self.story.policy, |ticket| self.book.class_of(ticket));
        let mut excess: BTreeMap<String, usize> = BTreeMap::new();
        for conflict in &found {
            let name = self.book.name_of(conflict.ticket).unwrap_or("nobody").to_owned();
            *excess.entry(name).or_default() += conflict.excess.len();
        }
        let found = excess.into_iter().map(|(attendee, excess)| Conflict { attendee, excess }).collect::<Vec<_>>();
        Ok(compare_conflicts(&self.story.conflicts, &found).into_iter().collect())
    }
}

/// Returns what was expected and what was found, where that differs. Both are in the order of their names.
pub(crate) fn compare_conflicts(expected: &[Conflict], found: &[Conflict]) -> Option<(String, String)> {
    let words = |conflicts: &[Conflict]| {
        let each: Vec<String> =
            conflicts.iter().map(|conflict| format!("{} by {}", conflict.attendee, conflict.excess)).collect();
        if each.is_empty() { "no conflict".to_owned() } else { format!("conflicts: {}", each.join(", ")) }
    };
    (expected != found).then(|| (words(expected), words(found)))
}
