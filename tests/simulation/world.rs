//! One run: a server, a few terminals, guests and an organiser, and everything that can go wrong
//! between them.

mod market;

use std::collections::BTreeSet;

use sync_protocol::{
    feed::record::Form,
    hash::Hash,
    journal::{Conflict, Link},
    problem::ProblemCode,
    verdict::Direction,
};

use crate::{
    env::{Crashed, Env},
    mistake::Mistake,
    network::{Answer, Parcel, Weather},
    organiser::Office,
    plan::Plan,
    reference::Excess,
    server::{EVENT, Places, Server},
    terminal::{Disk, Terminal},
};

/// How many of the newest tickets from the doors are read at every terminal before the end.
const CODES_READ: usize = 5;
/// After how many steps conflicts are looked for; then again at the end.
const CONFLICTS_EVERY: usize = 250;
/// The most terminals.
const TERMINALS_MAX: u64 = 5;
/// The most machines, copies of others among them.
const MACHINES_MAX: usize = 7;
/// Within how much time all must be quiet once nothing goes wrong any more, in ms.
const QUIET_WITHIN_MS: u64 = 10 * 60_000;
/// After how many rounds a run that does not become quiet is given up.
const QUIET_ROUNDS_MAX: usize = 20_000;
/// How many requests each terminal may make until then, besides three for each entry.
const REQUESTS_MAX: u64 = 100;
/// In how many orders of arrival the conflicts are looked for: as it was, and others.
const ORDERS: usize = 4;

/// Everything there is.
struct World {
    env: Env,
    server: Server,
    office: Office,
    terminals: Vec<Terminal>,
    /// How many terminals there will be.
    terminals_wanted: u64,
    /// Files with entries that people carry.
    files: Vec<(usize, Vec<u8>)>,
    /// Images of disks.
    images: Vec<(usize, Disk)>,
    disks_go_back: bool,
    /// How many places there are of the type that the doors sell.
    capacity: u32,
    /// What the doors sold.
    sold: Vec<market::Sold>,
}

/// Runs the world of a plan's seed, in which somebody may make a mistake, and in which the doors may sell.
pub(crate) fn run(plan: &Plan) -> Env {
    let mut world = World::new(plan);
    for step in 1..=plan.steps {
        world.step();
        if step % CONFLICTS_EVERY == 0 {
            let check = world.check_conflicts();
            world.env.must(check);
            let check = world.check_codes(CODES_READ);
            world.env.must(check);
        }
        if world.env.violation.is_some() {
            return world.env;
        }
    }
    world.heal();
    world.become_quiet();
    if world.env.violation.is_none() {
        world.check_at_the_end();
    }
    let summary = format!("{:?}", world.env.counts);
    world.env.note(format_args!("{summary}"));
    world.env
}

impl World {
    fn new(plan: &Plan) -> Self {
        let mut env = Env::new(plan);
        let sells = env.sells;
        let page_records = 3 + env.rng.below(60) as usize;
        let batch_entries = 1 + env.rng.below(6) as usize;
        let mut server = Server::new(page_records, batch_entries);
        let office = Office::open(&mut env, &mut server);
        let terminals_wanted = 2 + env.rng.below(TERMINALS_MAX - 1);
        let disks_go_back = env.rng.chance(450);
        let capacity = if sells { 6 + env.rng.below(20) as u32 } else { 0 };
        server.database.places = sells.then(|| Places::new(capacity));
        let mut world = Self {
            env,
            server,
            office,
            terminals: Vec::new(),
            terminals_wanted,
            files: Vec::new(),
            images: Vec::new(),
            disks_go_back,
            capacity,
            sold: Vec::new(),
        };
        world.add_terminal();
        world.add_terminal();
        world
    }

    fn add_terminal(&mut self) {
        let skew_ms = self.env.rng.below(40_000) as i64 - 20_000;
        let mut terminal = Terminal::new(self.terminals.len(), skew_ms);
        terminal.certificate = Some(Office::enrol(&self.env, &mut self.server, &terminal));
        self.watch();
        terminal.start(&self.env);
        self.terminals.push(terminal);
    }

    fn step(&mut self) {
        self.env.now += match self.env.rng.below(1_000) {
            0..=3 => self.env.rng.below(480_000),
            4..=40 => self.env.rng.below(30_000),
            _ => self.env.rng.below(500),
        };
        self.server.database.now = self.env.now;
        self.deliver();
        self.take_turns();
        self.something_happens();
        if self.env.sells {
            self.trade();
        }
        self.watch();
    }

    /// Brings what has arrived.
    fn deliver(&mut self) {
        while let Some(parcel) = self.env.network.arrived(self.env.now) {
            match parcel {
                Parcel::Ask(id, ask) => {
                    let Some(terminal) = self.terminals.get(id.terminal) else { continue };
                    let from = terminal.device;
                    if let Err(Crashed) = self.server.receive(&mut self.env, id, from, ask) {
                        self.server.stop();
                    }
                    self.watch();
                }
                Parcel::Answer(id, answer) => {
                    self.at_terminal(id.terminal, |terminal, env| terminal.receive(env, id, answer));
                }
            }
        }
    }

    fn take_turns(&mut self) {
        self.server.wake(&mut self.env);
        for at in 0..self.terminals.len() {
            self.at_terminal(at, Terminal::turn);
        }
    }

    fn at_terminal(&mut self, at: usize, act: impl FnOnce(&mut Terminal, &mut Env) -> Result<(), Crashed>) {
        if let Some(terminal) = self.terminals.get_mut(at)
            && let Err(Crashed) = act(terminal, &mut self.env)
        {
            terminal.process = None;
        }
    }

    fn any_terminal(&mut self) -> usize {
        self.env.rng.below(self.terminals.len() as u64) as usize
    }

    fn something_happens(&mut self) {
        let at = self.any_terminal();
        match self.env.rng.below(1_000) {
            0..=419 => self.guest_comes(at, Direction::Entry),
            420..=519 => self.guest_comes(at, Direction::Exit),
            520..=539 => self.at_terminal(at, Terminal::undo),
            540..=639 => self.at_terminal(at, Terminal::write_denials),
            640..=709 => {
                if let Err(Crashed) = self.office.act(&mut self.env, &mut self.server) {
                    self.server.stop();
                }
            }
            710..=711 => {
                let revoked = self.terminals.get(at).map(|t| Office::revoke(&mut self.env, &mut self.server, t));
                if let Some(Err(Crashed)) = revoked {
                    self.server.stop();
                }
            }
            712..=752 => self.env.network.cut(at),
            753..=822 => self.env.network.heal(at),
            823..=842 => self.env.network.weather = Weather::any(&mut self.env.rng),
            843..=852 => self.stop(at),
            853..=922 => self.start(at),
            923..=925 => self.server.stop(),
            926..=955 => self.server.start(),
            956..=965 => self.file_is_written(at),
            966..=985 => self.file_is_brought(),
            986..=987 if (self.terminals.len() as u64) < self.terminals_wanted => self.add_terminal(),
            988..=993 => self.image_is_taken(at),
            994..=999 => self.disk_goes_back(),
            _ => {}
        }
    }

    /// A guest holds a code in front of a terminal, often one that was seen a moment ago.
    fn guest_comes(&mut self, at: usize, direction: Direction) {
        let rng = &mut self.env.rng;
        let codes = if rng.chance(60) { &self.office.bad_codes } else { &self.office.codes };
        let recent = codes.get(codes.len().saturating_sub(8)..).unwrap_or(codes);
        let codes = if rng.chance(500) { recent } else { codes };
        let Some(code) = rng.pick(codes).cloned() else { return };
        self.at_terminal(at, |terminal, env| terminal.present(env, &code, direction));
    }

    fn stop(&mut self, at: usize) {
        if let Some(terminal) = self.terminals.get_mut(at) {
            self.env.note(format_args!("{} loses power", terminal.no));
            terminal.process = None;
        }
    }

    fn start(&mut self, at: usize) {
        if let Some(terminal) = self.terminals.get_mut(at).filter(|terminal| terminal.process.is_none()) {
            self.env.note(format_args!("{} starts", terminal.no));
            terminal.start(&self.env);
            let check = terminal.check_rows(&self.env, true);
            self.env.must(check);
        }
    }

    fn file_is_written(&mut self, at: usize) {
        let Some(terminal) = self.terminals.get(at) else { return };
        let batches = terminal.export();
        self.env.note(format_args!("{} writes a file of {} batches", terminal.no, batches.len()));
        self.files.extend(batches.into_iter().map(|batch| (at, batch)));
        let oldest = self.files.len().saturating_sub(30);
        self.files.drain(..oldest);
    }

    /// Somebody uploads a batch that was carried, which may be old, out of order or damaged.
    fn file_is_brought(&mut self) {
        let newest = self.files.get(self.files.len().saturating_sub(3)..).unwrap_or_default();
        let files = if self.env.rng.chance(500) { newest } else { &self.files };
        let Some((at, mut batch)) = self.env.rng.pick(files).cloned() else { return };
        let Some(device) = self.terminals.get(at).map(|terminal| terminal.device) else { return };
        if !self.server.is_running() {
            return;
        }
        let is_damaged = self.env.rng.chance(100);
        if is_damaged {
            let byte = self.env.rng.below(batch.len() as u64) as usize;
            batch.iter_mut().skip(byte).take(1).for_each(|byte| *byte ^= 1);
        }
        match self.server.push(&mut self.env, device, &batch, false) {
            Ok(answer) => {
                let is_refused = matches!(answer, Answer::Problem(ProblemCode::BadChain | ProblemCode::Malformed));
                if is_damaged && !is_refused {
                    self.env.must(Err(format!("a damaged batch was taken: {answer:?}")));
                }
                self.server.wake(&mut self.env);
            }
            Err(Crashed) => self.server.stop(),
        }
    }

    /// Somebody copies a disk, often before the machine is carried to where there is no network.
    fn image_is_taken(&mut self, at: usize) {
        self.images.extend(self.terminals.get(at).map(|terminal| (at, terminal.disk.clone())));
        if self.env.rng.chance(500) {
            self.env.network.cut(at);
        }
    }

    /// A disk is put back to an image of some time ago, or the image starts a second machine under
    /// the same name. Before it, somebody may have saved what was unsent.
    fn disk_goes_back(&mut self) {
        let recent = self.images.get(self.images.len().saturating_sub(3)..).unwrap_or_default();
        let Some((at, image)) = self.env.rng.pick(recent).cloned().filter(|_| self.disks_go_back) else { return };
        if self.env.rng.chance(700) {
            self.file_is_written(at);
        }
        let is_twin = self.env.rng.chance(400) && self.terminals.len() < MACHINES_MAX;
        let index = self.terminals.len();
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        // A copy of the present is the hardest to notice: both go on from what the server holds.
        let image = if is_twin && self.env.rng.chance(700) { terminal.disk.clone() } else { image };
        let left: Vec<Hash> = image.journal.iter().map(|entry| *entry.hash()).collect();
        self.env.reference.gone_back.insert(terminal.no.0);
        if is_twin {
            self.env.note(format_args!("a second {} starts with {} entries", terminal.no, left.len()));
            self.env.count("twin");
            let twin = terminal.twin(&self.env, index, image);
            self.terminals.push(twin);
        } else {
            self.env.note(format_args!("{}'s disk goes back to {}", terminal.no, left.len()));
            self.env.count("disk back");
            self.env.reference.erase(at, &left);
            terminal.disk = image;
            terminal.start(&self.env);
        }
    }

    /// Looks at what the server has committed since the last look.
    fn watch(&mut self) {
        let Self { env, server, .. } = self;
        let seen = env.reference.fed.len();
        for record in server.database.feed.iter().skip(seen) {
            let Form::Body(body) = &record.form else { continue };
            let check = env.reference.feed(record.seq.0, (record.kind as u8, record.entity.0), body.clone());
            env.must(check);
        }
        for (id, device) in &server.database.devices {
            let seen = env.reference.copies.get(&device.no.0).map_or(0, Vec::len);
            for stored in device.journal.iter().skip(seen) {
                let start = Link::empty(EVENT, *id).hash;
                let (seq, prev) = (stored.entry.seq.0, stored.entry.prev);
                let check = env.reference.copy(device.no.0, seq, prev, stored.hash, start);
                env.must(check);
            }
        }
    }

    /// From here on nothing goes wrong any more, and nobody comes: the staff of some doors lock up.
    fn heal(&mut self) {
        self.env.note(format_args!("all is healed"));
        self.env.crashes = 0;
        self.env.network.weather = Weather::FAIR;
        self.server.start();
        for at in 0..self.terminals.len() {
            self.env.network.heal(at);
            self.start(at);
        }
        for process in self.terminals.iter_mut().filter_map(|terminal| terminal.process.as_mut()) {
            process.is_locked = self.env.evening.chance(500);
        }
    }

    fn become_quiet(&mut self) {
        let deadline = self.env.now + QUIET_WITHIN_MS;
        let asked: u64 = self.terminals.iter().map(|terminal| terminal.requests).sum();
        for _ in 0..QUIET_ROUNDS_MAX {
            self.deliver();
            self.take_turns();
            for at in 0..self.terminals.len() {
                self.at_terminal(at, Terminal::write_denials);
            }
            self.watch();
            let head = self.server.head_seq();
            let is_quiet = self.env.network.is_empty() && self.terminals.iter().all(|t| t.is_quiet(head));
            if self.env.violation.is_some() {
                return;
            }
            if is_quiet {
                let asked = self.terminals.iter().map(|terminal| terminal.requests).sum::<u64>() - asked;
                let most: u64 = self.terminals.iter().map(|t| REQUESTS_MAX + 3 * t.disk.journal.len() as u64).sum();
                if asked > most {
                    self.env.must(Err(format!("{asked} requests before all was quiet, and {most} are enough")));
                }
                return;
            }
            let dues = self.terminals.iter().filter_map(Terminal::next_due);
            let next = dues.chain(self.env.network.next_due()).chain(self.server.next_due()).min();
            self.env.now = next.unwrap_or(deadline + 1).max(self.env.now + 1);
            self.server.database.now = self.env.now;
            if self.env.now > deadline {
                break;
            }
        }
        self.env.must(Err(format!("13: not quiet {QUIET_WITHIN_MS} ms after all was healed")));
    }

    fn check_at_the_end(&mut self) {
        let quarantine: BTreeSet<Hash> = self.server.database.quarantine.keys().copied().collect();
        let check = self.env.reference.check_arrived(&quarantine);
        self.env.must(check);
        for terminal in &self.terminals {
            let check = terminal.check_rows(&self.env, true);
            self.env.must(check);
            let check = self.check_standing(terminal);
            self.env.must(check);
        }
        let check = self.env.reference.check_places(self.capacity);
        self.env.must(check.and_then(|()| self.check_tickets()));
        let check = self.check_codes(usize::MAX);
        self.env.must(check);
        let check = self.check_copies();
        self.env.must(check);
        let check = self.check_conflicts();
        self.env.must(check);
    }

    /// Nobody is suspended without a reason, and nobody with one goes on.
    fn check_standing(&self, terminal: &Terminal) -> Result<(), String> {
        let reference = &self.env.reference;
        let is_revoked = reference.revoked.contains_key(&terminal.no.0);
        let may_be_suspended = is_revoked || reference.gone_back.contains(&terminal.no.0);
        match terminal.disk.suspended {
            Some(reason) if !may_be_suspended => Err(format!("{} is suspended for nothing: {reason:?}", terminal.no)),
            None if is_revoked => Err(format!("6: {} was revoked and goes on", terminal.no)),
            _ => Ok(()),
        }
    }

    /// The server's journals are still what was seen of them, and prefixes of the terminals' own.
    fn check_copies(&self) -> Result<(), String> {
        for (id, device) in &self.server.database.devices {
            let copy = self.env.reference.copies.get(&device.no.0).cloned().unwrap_or_default();
            let held: Vec<Hash> = device.journal.iter().map(|stored| stored.hash).collect();
            if held != copy {
                return Err(format!("2: the server's copy of {} has changed", device.no));
            }
            let Some(terminal) = self.terminals.iter().find(|terminal| terminal.device == *id) else { continue };
            let own = terminal.disk.journal.iter().map(|entry| *entry.hash());
            let is_prefix = held.iter().copied().eq(own.take(held.len()));
            if !is_prefix && !self.env.reference.gone_back.contains(&device.no.0) {
                return Err(format!("2: the server's copy of {} is no prefix of it", device.no));
            }
        }
        Ok(())
    }

    fn check_conflicts(&mut self) -> Result<(), String> {
        let is_by_arrival = self.env.makes(Mistake::WinnerByArrival);
        let policy = &self.office.policy;
        let expected = self.env.reference.conflicts(policy);
        expected.iter().for_each(|_| self.env.count("conflict"));
        let mut movements = self.server.movements();
        let fed: BTreeSet<_> = movements.iter().map(|m| (m.device.0, m.seq.0, m.entry_hash)).collect();
        if fed != self.env.reference.movements() {
            return Err("4: the feed does not tell all movements of the record, or others".to_owned());
        }
        for _ in 0..ORDERS {
            let found = self.server.conflicts(&movements, policy, is_by_arrival);
            Self::compare_conflicts(found, &expected)?;
            self.env.rng.shuffle(&mut movements);
        }
        Ok(())
    }

    fn compare_conflicts(found: Vec<Conflict>, expected: &[Excess]) -> Result<(), String> {
        let found = found.into_iter().map(|conflict| Excess {
            ticket: conflict.ticket.0,
            zone: conflict.zone.0,
            first: (conflict.first.0.0, conflict.first.1.0),
            excess: conflict.excess.iter().map(|(device, seq)| (device.0, seq.0)).collect(),
        });
        let mut found: Vec<_> = found.collect();
        found.sort();
        if found == expected {
            return Ok(());
        }
        let missing: Vec<_> = expected.iter().filter(|c| !found.contains(c)).collect();
        let surplus: Vec<_> = found.iter().filter(|c| !expected.contains(c)).collect();
        Err(format!("5: conflicts missing {missing:?}, and not to be {surplus:?}"))
    }
}
