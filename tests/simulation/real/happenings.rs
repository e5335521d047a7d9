//! What guests, staff, organisers, power and clocks do.

use std::collections::BTreeMap;

use anyhow::Context as _;
use sync_protocol::id::{Seq, TicketId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, OverrideBy, Verdict};
use usher_terminal::clock::Clock as _;
use usher_terminal::door::{Answer, Decided, Decision, Fault, Grounds, Notice, Request};
use usher_terminal::gate::Source;

use super::World;
use super::machine::Machine;
use crate::network::Weather;

/// What staff say when they take something back or decide against a verdict.
const REASON: &str = "the seed says so";
/// The ticket types.
const CLASSES: [&str; 3] = ["once", "thrice", "twice"];
/// How far a wall clock is set wrong at most, in ms: a day.
const CLOCK_WRONG_MS: u64 = 86_400_000;

/// What was sold, and every code that guests hold.
#[derive(Debug, Default)]
pub(super) struct Office {
    /// The tickets' numbers as they are typed.
    tickets: Vec<String>,
    codes: Vec<String>,
    names: BTreeMap<TicketId, usize>,
}

impl Office {
    /// Returns the tickets that were sold.
    pub(super) fn known(&self) -> Vec<TicketId> {
        self.names.keys().copied().collect()
    }

    /// Returns what a ticket is called here, whatever its number is.
    pub(super) fn name(&self, ticket: TicketId) -> String {
        self.names.get(&ticket).map_or_else(|| "a ticket".to_owned(), |at| format!("ticket {at}"))
    }
}

impl World {
    pub(super) async fn something_happens(&mut self) -> anyhow::Result<()> {
        let at = self.env.rng.below(self.machines.len() as u64) as usize;
        match self.env.rng.below(1_000) {
            0..=449 => self.guest_comes(at, Direction::Entry),
            450..=529 => self.guest_comes(at, Direction::Exit),
            530..=559 => self.undo(at),
            560..=649 => self.organiser_acts().await,
            650..=653 => self.revoke(at).await,
            654..=699 => {
                self.env.network.cut(at);
                Ok(())
            }
            700..=774 => {
                self.env.network.heal(at);
                Ok(())
            }
            775..=799 => {
                self.env.network.weather = Weather::any(&mut self.env.rng);
                Ok(())
            }
            800..=814 => self.is_switched_off(at),
            815..=894 => self.start(at),
            895..=899 => self.stop_server(None).await,
            900..=939 => self.start_server().await,
            940..=954 => self.clock_is_set(at),
            955..=964 => self.reboots(at),
            965..=969 if (self.machines.len() as u64) < self.machines_wanted && self.house.is_running() => {
                self.add_machine().await
            }
            970..=979 => self.image_is_taken(at),
            980..=987 => self.disk_goes_back(),
            988..=999 => self.request_arrives_again().await,
            _ => Ok(()),
        }
    }

    /// A guest holds a code in front of a terminal, often one that was seen a moment ago.
    fn guest_comes(&mut self, at: usize, direction: Direction) -> anyhow::Result<()> {
        let codes = &self.office.codes;
        let recent = codes.get(codes.len().saturating_sub(6)..).unwrap_or(codes);
        let codes = if self.env.rng.chance(400) { recent } else { codes };
        let Some(code) = self.env.rng.pick(codes).cloned() else { return Ok(()) };
        let no = self.machine(at)?.no;
        let present = move |gate: &mut usher_terminal::gate::Gate| gate.present(&code, Source::Scanned, direction);
        let decided = match self.act(at, |process| process.at_gate(present))? {
            None => return Ok(()),
            Some(Ok(decided)) => decided,
            Some(Err(Fault::ClockWentBack)) => {
                self.env.note(format_args!("{no}'s clock went back"));
                self.env.count("clock back");
                return Ok(());
            }
            Some(Err(fault)) => {
                self.env.must(Err(format!("{no} has a fault: {fault:?}")));
                return Ok(());
            }
        };
        self.is_told(at, &decided, false)?;
        let Verdict::Deny { by, .. } = decided.verdict else { return Ok(()) };
        let Some(entry) = decided.entry.filter(|_| by != OverrideBy::Nobody && self.env.rng.chance(150)) else {
            return Ok(());
        };
        let decision = Decision { entry, grounds: Grounds::Reason(REASON.to_owned()), supervisor: None };
        let told = self.act(at, |process| process.at_gate(|gate| gate.answer(Request::Decide(decision))))?;
        match told {
            Some(Notice::Decided(decided)) => self.is_told(at, &decided, true),
            _ => Ok(()),
        }
    }

    /// A verdict is on the screen.
    fn is_told(&mut self, at: usize, decided: &Decided, is_overridden: bool) -> anyhow::Result<()> {
        let no = self.machine(at)?.no;
        let name = decided.ticket.map_or_else(|| "a code".to_owned(), |ticket| self.name(ticket));
        match &decided.verdict {
            Verdict::Deny { primary, .. } => self.env.note(format_args!("{no} denies {name}: {}", primary.name())),
            Verdict::Admit { .. } => {
                let entry = decided.entry.unwrap_or(Seq(0));
                self.env.note(format_args!("{no} lets {name} {:?} with {entry}", decided.direction));
                if decided.direction == Direction::Entry {
                    self.note_shown(at, entry, is_overridden)?;
                }
            }
        }
        Ok(())
    }

    /// Staff take back one of the last movements.
    fn undo(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(process) = &self.machine(at)?.process else { return Ok(()) };
        let Notice::Answer(offered) = process.at_gate(|gate| gate.answer(Request::Undoable))? else { return Ok(()) };
        let Answer::Undoable(rows) = *offered else { return Ok(()) };
        let newest = rows.get(..rows.len().min(5)).unwrap_or_default();
        let Some(entry) = self.env.rng.pick(newest).map(|row| row.entry) else { return Ok(()) };
        let undo = Request::Undo { entry, reason: REASON.to_owned() };
        let done = self.act(at, |process| process.at_gate(|gate| gate.answer(undo)))?;
        if done.is_some() {
            self.env.count("undo");
            let no = self.machine(at)?.no;
            self.env.note(format_args!("{no} takes back {entry}"));
        }
        Ok(())
    }

    /// Registers somebody.
    pub(super) async fn sell(&mut self) -> anyhow::Result<()> {
        let name = format!("Guest {}", self.office.tickets.len());
        let class = CLASSES.get(self.env.rng.below(CLASSES.len() as u64) as usize).copied().unwrap_or("once");
        let ticket = self.house.register(&name, class).await?;
        let code = self.house.organiser().credential(&self.house.event, &ticket).await?;
        self.office.names.insert(TicketId::from_typed_code(&ticket)?, self.office.tickets.len());
        self.office.tickets.push(ticket);
        self.office.codes.push(code);
        Ok(())
    }

    async fn organiser_acts(&mut self) -> anyhow::Result<()> {
        if !self.house.is_running() {
            return Ok(());
        }
        let before = if self.env.rng.chance(self.env.crashes) { Some(self.house.image()?) } else { None };
        let at = self.env.rng.below(self.office.tickets.len() as u64) as usize;
        let ticket = self.office.tickets.get(at).cloned().context("no such ticket")?;
        let what = match self.env.rng.below(10) {
            0..=3 => "sell",
            4 | 5 => "reissue",
            6 => "cancel",
            7 => "block",
            _ => "unblock",
        };
        self.env.note(format_args!("organiser: {what} {at}"));
        let (organiser, event) = (self.house.organiser().clone(), self.house.event.clone());
        let known = self.office.codes.len();
        if what == "sell" {
            self.sell().await?;
        } else {
            match organiser.change_ticket(&event, &ticket, what).await {
                // Not everything can be done to a ticket that was cancelled.
                Err(error) if error.downcast_ref::<harness::organiser::Refused>().is_some() => {
                    self.env.note(format_args!("organiser is refused"));
                    return Ok(());
                }
                done => done?,
            };
        }
        if let Some(before) = before {
            // What nobody was told need not be there: nobody holds a code of it.
            self.office.codes.truncate(known);
            if what == "sell" {
                self.office.tickets.pop();
            }
            return self.power_goes_at_server(&before).await;
        }
        if what == "reissue" {
            self.office.codes.push(organiser.credential(&event, &ticket).await?);
        }
        Ok(())
    }

    async fn revoke(&mut self, at: usize) -> anyhow::Result<()> {
        let (no, device) = (self.machine(at)?.no, self.machine(at)?.device);
        let is_active = self.watch.as_ref().map_or(Ok(false), |watch| watch.is_active(device))?;
        if !is_active || self.env.reference.revoked.len() + 2 > self.machines.len() {
            return Ok(());
        }
        self.look()?;
        self.house.organiser().revoke_device(&self.house.event, &device.to_string()).await?;
        let held = self.env.reference.copies.get(&no.0).map_or(0, Vec::len) as u64;
        self.env.note(format_args!("organiser revokes {no} at {held}"));
        self.env.count("revoke");
        self.env.reference.revoked.insert(no.0, held);
        Ok(())
    }

    fn is_switched_off(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machine(at)?;
        if machine.process.is_some() {
            machine.stop()?;
            let no = machine.no;
            self.env.note(format_args!("{no} is switched off"));
        }
        Ok(())
    }

    /// Somebody sets a wall clock wrong, or right.
    fn clock_is_set(&mut self, at: usize) -> anyhow::Result<()> {
        let wrong = self.env.rng.below(2 * CLOCK_WRONG_MS) as i64 - CLOCK_WRONG_MS as i64;
        let wrong = if self.env.rng.chance(300) { 0 } else { wrong };
        let wall = UnixMillis(self.env.now.saturating_add_signed(wrong));
        let machine = self.machine(at)?;
        machine.clock.set_wall(wall);
        let no = machine.no;
        self.env.note(format_args!("{no}'s clock is set {wrong} ms off"));
        Ok(())
    }

    fn reboots(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machine(at)?;
        machine.stop()?;
        machine.clock.reboot();
        let no = machine.no;
        self.env.note(format_args!("{no} reboots"));
        Ok(())
    }

    /// Somebody copies a disk, often before the machine is carried to where there is no network.
    fn image_is_taken(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machine(at)?;
        let folder = machine.disk().to_owned();
        let image = match &machine.process {
            Some(process) => process.at_gate(move |_| super::Image::of(&folder))??,
            None => machine.image()?,
        };
        self.images.push((at, image));
        if self.env.rng.chance(500) {
            self.env.network.cut(at);
        }
        Ok(())
    }

    /// A disk is put back to an image of some time ago.
    fn disk_goes_back(&mut self) -> anyhow::Result<()> {
        let recent = self.images.get(self.images.len().saturating_sub(3)..).unwrap_or_default();
        let Some((at, image)) = self.env.rng.pick(recent).cloned().filter(|_| self.disks_go_back) else {
            return Ok(());
        };
        let machine = self.machine(at)?;
        machine.stop()?;
        image.put_back(machine.disk())?;
        machine.noted = Seq(0);
        let no = machine.no;
        self.env.reference.gone_back.insert(no.0);
        self.env.count("disk back");
        self.start(at)?;
        let left = self.machine(at)?.hashes()?;
        self.env.note(format_args!("{no}'s disk goes back to {}", left.len()));
        self.env.reference.erase(at, &left);
        Ok(())
    }

    /// A request that arrived once arrives again, much later.
    async fn request_arrives_again(&mut self) -> anyhow::Result<()> {
        let waiting = self.house.front.echoes();
        if waiting > 0 {
            let at = self.env.rng.below(waiting as u64) as usize;
            if self.house.front.echo(at).await {
                self.env.note(format_args!("  a request arrives again"));
                self.env.count("echo");
            }
        }
        Ok(())
    }
}

impl Machine {
    /// Returns how long it is until `at` of its own time since boot, in ms.
    pub(super) fn until(&self, at: sync_protocol::time::Uptime) -> u64 {
        at.0.saturating_sub(self.clock.read().up.0)
    }

    /// Tells what is left to do.
    pub(super) fn standing(&self) -> String {
        let Ok(process) = self.running() else { return format!("{} is off", self.no) };
        let told = process.in_store(|store| (store.position().map(|position| position.point.seq), store.suspension()));
        format!("{}: {} unsent, {:?}", self.no, process.driver.unsent(), told.ok())
    }
}
