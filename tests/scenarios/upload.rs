//! Real terminals at a real server: enrolled through the interface, online as long as nobody cuts their network, and
//! all of them sending what they wrote in the end. What the server then holds is compared with what the doors did.

mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use harness::feed_world::PASSPHRASE;
use serde_json::{Value, json};
use sync_protocol::enrol::EnrolCode;
use sync_protocol::id::{GateId, Seq};
use sync_protocol::time::UnixMillis;
use tempfile::TempDir;
use usher_server::http::time::rfc3339;
use usher_terminal::cache::{KdfCost, NewStore, READ_MAX, Store};
use usher_terminal::clock::SetClock;
use usher_terminal::door::{Link, Suspension};
use usher_terminal::enrol::{Offer, enrol};
use usher_terminal::gate::Gate;

use self::wire::Wire;
use crate::door::{Done, Door};
use crate::event::Event;
use crate::format::{Change, Conflict, Direction};
use crate::house::House;
use crate::play::{Said, Stage};
use crate::pure::compare_conflicts;
use crate::story::{Step, Story};

/// What sealing a store costs here: nothing, since nobody guesses.
const QUICK: KdfCost = KdfCost::Fixed { memory_kib: 8, passes: 1 };

/// A terminal that was enrolled.
struct Terminal {
    door: Door,
    wire: Wire,
    sent: Seq,
    is_cut: bool,
    data: TempDir,
}

/// The stage of terminals at a server.
pub(crate) struct Upload<'a> {
    story: &'a Story,
    house: &'a mut House,
    event: Event,
    terminals: Vec<Terminal>,
    now: UnixMillis,
    done: Vec<Option<(usize, Done)>>,
    undone: Vec<usize>,
}

impl<'a> Upload<'a> {
    /// Makes a story's event and enrols its doors.
    ///
    /// # Errors
    ///
    /// If the server refuses, or a store can't be made.
    pub(crate) async fn new(story: &'a Story, house: &'a mut House) -> anyhow::Result<Self> {
        let now = story.begins();
        house.come(now).await?;
        let event = Event::create(house, story).await?;
        let mut terminals = Vec::with_capacity(story.doors.len());
        for name in &story.doors {
            terminals.push(Terminal::enrol(house, &event, name, now).await?);
        }
        let mut stage = Self { story, house, event, terminals, now, done: Vec::new(), undone: Vec::new() };
        stage.exchange().await?;
        for terminal in &mut stage.terminals {
            let policy = terminal.door.store()?.policy().context("the terminal has no rules")?.1;
            anyhow::ensure!(*policy == story.policy, "the server makes other rules of the event: {policy:?}");
        }
        Ok(stage)
    }

    /// Lets every terminal that has a network send what it wrote, and hear what there is.
    async fn exchange(&mut self) -> anyhow::Result<()> {
        for terminal in self.terminals.iter_mut().filter(|terminal| !terminal.is_cut) {
            terminal.send(self.now).await?;
        }
        for terminal in self.terminals.iter_mut().filter(|terminal| !terminal.is_cut) {
            terminal.hear(self.now).await?;
        }
        Ok(())
    }

    fn named(&mut self, name: &str) -> anyhow::Result<&mut Terminal> {
        let at = self.story.door(name).context("no door of this name")?;
        self.terminals.get_mut(at).context("no such door")
    }

    /// Returns what the doors did that counts, as the server should tell it.
    fn expected_history(&self) -> Vec<String> {
        let counting = self.done.iter().enumerate().filter(|(number, _)| !self.undone.contains(number));
        let lines = counting.filter_map(|(_, done)| *done).map(|(door, done)| {
            let name = self.event.name_of(done.ticket).unwrap_or_default();
            let door = self.story.doors.get(door).map_or("", String::as_str);
            line(name, done.direction == Direction::Entry, self.story.gate_name(done.gate), door, &rfc3339(done.at))
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    async fn history(&self) -> anyhow::Result<Vec<String>> {
        let check_ins = self.event.list(self.house.organiser(), "check-ins").await?;
        let counts = |check_in: &&Value| {
            check_in.get("counts") == Some(&json!(true)) && check_in.get("kind") != Some(&json!("undo"))
        };
        let text = |check_in: &Value, path: &str| {
            check_in.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let told = check_ins.iter().filter(counts).map(|check_in| {
            let name = text(check_in, "/attendee");
            let is_entry = text(check_in, "/kind") == "admit";
            line(
                &name,
                is_entry,
                &text(check_in, "/gate/name"),
                &text(check_in, "/device/name"),
                &text(check_in, "/at"),
            )
        });
        let mut lines: Vec<String> = told.collect();
        lines.sort();
        Ok(lines)
    }

    async fn conflicts(&self) -> anyhow::Result<Vec<Conflict>> {
        let mut excess: BTreeMap<String, usize> = BTreeMap::new();
        for conflict in self.event.list(self.house.organiser(), "conflicts").await? {
            let name = conflict.get("attendee").and_then(Value::as_str).unwrap_or("nobody").to_owned();
            *excess.entry(name).or_default() += conflict.get("excess").and_then(Value::as_array).map_or(0, Vec::len);
        }
        Ok(excess.into_iter().map(|(attendee, excess)| Conflict { attendee, excess }).collect())
    }
}

fn line(name: &str, is_entry: bool, gate: &str, door: &str, at: &str) -> String {
    let way = if is_entry { "in" } else { "out" };
    format!("{name} {way} at {gate} by {door}, {at}")
}

impl Terminal {
    async fn enrol(house: &House, event: &Event, name: &str, now: UnixMillis) -> anyhow::Result<Self> {
        let role = json!({ "name": name, "confirmed": true, "capabilities": ["scan", "search", "supervisor"] });
        let code = house.organiser().enrolment_code(&event.id, &role).await?;
        let code = EnrolCode::parse(&harness::organiser::text(&code, "code")?)?;
        let offer = Offer { server: house.url.clone(), server_key_hash: None, tls_fingerprint: None, code };
        let enrolment = enrol(&offer, name, || now, |_, _| {}).await?;
        let wire = Wire::new(&enrolment)?;
        let data = tempfile::tempdir()?;
        let store = Store::create(data.path(), PASSPHRASE, QUICK, NewStore::try_from(enrolment)?)?;
        let clock = Arc::new(SetClock::new(now));
        let mut door = Door::new(Gate::new(store, clock.clone(), GateId(0)), clock);
        door.set_link(Link::Online)?;
        Ok(Self { door, wire, sent: Seq(0), is_cut: false, data })
    }

    /// Sends what the server does not hold yet.
    async fn send(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        loop {
            let run = self.door.store()?.entries_after(self.sent, READ_MAX)?;
            let Some(last) = run.entries.last() else { return Ok(()) };
            self.sent = last.entry().seq;
            if let Some(ack) = self.wire.push(&run, now).await? {
                self.sent = ack.seq;
                self.door.store()?.acknowledge(&ack)?;
            }
        }
    }

    /// Hears the time and what the feed has.
    async fn hear(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        if self.door.store()?.suspension().is_some() {
            return Ok(());
        }
        self.door.hear_time(now)?;
        let position = self.door.store()?.position();
        match self.wire.pull(position, now).await? {
            None => Ok(self.door.store()?.suspend(Suspension::Revoked)?),
            Some((pulled, head)) if pulled.records.is_empty() && position.is_some() => self.door.note(&head),
            Some((pulled, head)) => self.door.apply(pulled, &head),
        }
    }
}

impl Stage for Upload<'_> {
    async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        let elapsed = now.since(self.now);
        self.now = now;
        for terminal in &self.terminals {
            terminal.door.clock.advance(elapsed);
        }
        self.house.come(now).await
    }

    async fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        if self.event.change(self.house, self.story, change).await? {
            return Ok(());
        }
        match change {
            Change::Undo(number) => {
                let done = self.done.get(*number).copied().flatten();
                let (at, done) = done.with_context(|| format!("scan {number} let nobody in or out"))?;
                self.terminals.get_mut(at).context("no such door")?.door.undo(done)?;
                self.undone.push(*number);
            }
            Change::Cut(name) => {
                self.exchange().await?;
                let now = self.now;
                let terminal = self.named(name)?;
                terminal.is_cut = true;
                terminal.door.set_link(Link::Offline { since: now })?;
            }
            Change::Reconnect(name) => {
                let terminal = self.named(name)?;
                terminal.is_cut = false;
                terminal.door.set_link(Link::Online)?;
            }
            Change::Reboot(name) => self.named(name)?.door.clock.reboot(),
            Change::Restart(name) => {
                let terminal = self.named(name)?;
                let event = terminal.wire.event;
                terminal.door.restart(terminal.data.path(), event, PASSPHRASE)?;
                if !terminal.is_cut {
                    terminal.door.set_link(Link::Online)?;
                }
            }
            Change::Revoke(name) => {
                // What it did is sent by now; that it may do nothing more it hears with its next exchange.
                self.exchange().await?;
                let device = self.named(name)?.wire.device().to_string();
                self.house.organiser().revoke_device(&self.event.id, &device).await?;
            }
            other => bail!("{other:?} is nothing that doors do"),
        }
        Ok(())
    }

    fn is_online(&self, door: usize) -> bool {
        self.terminals.get(door).is_some_and(|terminal| !terminal.is_cut)
    }

    async fn show(&mut self, number: usize, step: &Step) -> anyhow::Result<Option<Said>> {
        self.exchange().await?;
        self.done.resize(number + 1, None);
        let Some((text, is_typed)) = self.event.shown(self.house, &step.show).await? else { return Ok(None) };
        let terminal = self.terminals.get_mut(step.door).context("no such door")?;
        let (said, done) = terminal.door.show(&text, is_typed, step)?;
        if let Some(place) = self.done.get_mut(number) {
            *place = done.map(|done| (step.door, done));
        }
        Ok(Some(said))
    }

    async fn end(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        for terminal in &mut self.terminals {
            terminal.is_cut = false;
        }
        self.exchange().await?;
        let (expected, found) = (self.expected_history(), self.history().await?);
        let mut differences = Vec::new();
        if expected != found {
            let only = |these: &[String], those: &[String]| -> String {
                let lines: Vec<&str> = these.iter().filter(|line| !those.contains(line)).map(String::as_str).collect();
                if lines.is_empty() { "nothing more".to_owned() } else { lines.join("; ") }
            };
            differences.push((
                format!("history with {}", only(&expected, &found)),
                format!("history with {}", only(&found, &expected)),
            ));
        }
        differences.extend(compare_conflicts(&self.story.conflicts, &self.conflicts().await?));
        Ok(differences)
    }
}
