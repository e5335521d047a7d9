//! Real terminals without a network: each a gate over a sealed file of its own, told of the event by the feed's bytes.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use harness::feed_world::{Enrolled, FeedWorld, PASSPHRASE};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{DeviceId, GateId, Seq};
use sync_protocol::sync::intake;
use sync_protocol::time::{UnixMillis, Window};
use tempfile::TempDir;
use usher_terminal::clock::SetClock;
use usher_terminal::gate::Gate;

use crate::book::{self, Book};
use crate::door::{Done, Door};
use crate::format::Change;
use crate::play::{Said, Stage};
use crate::story::{Step, Story};

/// How long before and after the story certificates hold, in ms: a year.
const CERTIFIED_MS: u64 = 366 * 86_400_000;

/// One terminal and how far its journal was told.
struct Terminal {
    door: Door,
    enrolled: Enrolled,
    told: Seq,
    is_cut: bool,
    data: TempDir,
}

/// The stage of terminals alone.
pub(crate) struct Terminals<'a> {
    story: &'a Story,
    world: FeedWorld,
    book: Book,
    terminals: Vec<Terminal>,
    now: UnixMillis,
    done: Vec<Option<(usize, Done)>>,
}

impl<'a> Terminals<'a> {
    /// Makes the event and its terminals.
    ///
    /// # Errors
    ///
    /// If a store can't be made.
    pub(crate) fn new(story: &'a Story) -> anyhow::Result<Self> {
        let now = story.begins();
        let mut world = FeedWorld::new();
        world.clock = Arc::new(SetClock::new(now));
        world.head_valid_ms = crate::pure::HEAD_VALID_MS;
        world.push(&Body::Policy(story.policy.clone()));
        let validity = Window::new(now.minus(CERTIFIED_MS), now.plus(CERTIFIED_MS))?;
        let mut terminals = Vec::with_capacity(story.doors.len());
        for at in 0..story.doors.len() {
            let number = book::door_number(at);
            let enrolled = Enrolled {
                number,
                device: DeviceId([number.0.to_be_bytes()[1]; 16]),
                sign: book::door_key(at),
                capabilities: book::DOOR_MAY,
                validity,
                ..Enrolled::default()
            };
            world.terminal = enrolled.clone();
            world.push_device(DeviceStatus::Active);
            let data = tempfile::tempdir()?;
            let store = world.create_store(data.path());
            let clock = Arc::new(SetClock::new(now));
            let door = Door::new(Gate::new(store, clock.clone(), GateId(0)), clock);
            terminals.push(Terminal { door, enrolled, told: Seq(0), is_cut: false, data });
        }
        let mut book = Book::new(world.ticket_key.clone(), world.seq().0);
        for attendee in &story.attendees {
            let body = book.register(story, attendee);
            world.push(&body);
        }
        let mut stage = Self { story, world, book, terminals, now, done: Vec::new() };
        stage.exchange()?;
        Ok(stage)
    }

    /// Lets every terminal that has a network tell what it did, and hear what there is.
    fn exchange(&mut self) -> anyhow::Result<()> {
        for terminal in self.terminals.iter_mut().filter(|terminal| !terminal.is_cut) {
            for entry in terminal.door.entries_after(terminal.told)? {
                terminal.told = entry.entry().seq;
                if let Some(movement) = intake::movement_of(entry.entry(), entry.hash(), terminal.enrolled.number) {
                    self.world.push(&Body::Move(movement));
                    self.book.seq += 1;
                }
            }
        }
        for terminal in self.terminals.iter_mut().filter(|terminal| !terminal.is_cut) {
            terminal.door.hear_time(self.now)?;
            let head = self.world.head();
            if terminal.door.is_behind(self.world.seq()) {
                let pulled = self.world.pull(terminal.door.store()?);
                terminal.door.apply(pulled, &head)?;
            } else {
                terminal.door.note(&head)?;
            }
        }
        anyhow::ensure!(self.book.seq == self.world.seq().0, "the book and the feed count alike");
        Ok(())
    }

    fn named(&mut self, name: &str) -> anyhow::Result<&mut Terminal> {
        let at = self.story.door(name).context("no door of this name")?;
        self.terminals.get_mut(at).context("no such door")
    }
}

impl Stage for Terminals<'_> {
    async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        let elapsed = now.since(self.now);
        self.now = now;
        self.world.clock.advance(elapsed);
        for terminal in &self.terminals {
            terminal.door.clock.advance(elapsed);
        }
        Ok(())
    }

    async fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        if let Some(body) = self.book.change(self.story, change)? {
            self.world.push(&body);
            return Ok(());
        }
        match change {
            Change::Undo(number) => {
                let done = self.done.get(*number).copied().flatten();
                let (at, done) = done.with_context(|| format!("scan {number} let nobody in or out"))?;
                self.terminals.get_mut(at).context("no such door")?.door.undo(done)?;
            }
            Change::Cut(name) => {
                self.exchange()?;
                self.named(name)?.is_cut = true;
            }
            Change::Reconnect(name) => self.named(name)?.is_cut = false,
            Change::Reboot(name) => self.named(name)?.door.clock.reboot(),
            Change::Restart(name) => {
                let at = self.story.door(name).context("no door of this name")?;
                let terminal = self.terminals.get_mut(at).context("no such door")?;
                terminal.door.restart(terminal.data.path(), harness::feed_world::EVENT, PASSPHRASE)?;
            }
            Change::Revoke(name) => {
                self.exchange()?;
                let enrolled = self.named(name)?.enrolled.clone();
                self.world.terminal = enrolled;
                self.world.push_device(DeviceStatus::Revoked);
                self.book.seq += 1;
            }
            other => bail!("{other:?} is nothing that doors do"),
        }
        Ok(())
    }

    fn is_online(&self, door: usize) -> bool {
        self.terminals.get(door).is_some_and(|terminal| !terminal.is_cut)
    }

    async fn show(&mut self, number: usize, step: &Step) -> anyhow::Result<Option<Said>> {
        self.exchange()?;
        self.done.resize(number + 1, None);
        let (text, is_typed) = self.book.shown(self.story, &step.show)?;
        let terminal = self.terminals.get_mut(step.door).context("no such door")?;
        let (said, done) = terminal.door.show(&text, is_typed, step)?;
        if let Some(place) = self.done.get_mut(number) {
            *place = done.map(|done| (step.door, done));
        }
        Ok(Some(said))
    }

    async fn end(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }
}
