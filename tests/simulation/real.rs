//! The product itself under one seed: each terminal's gate, store, journal and conversation over a SQLite file of its
//! own, and the server's features over theirs, joined by a network that loses, repeats, reorders and delays.
//!
//! The seed decides what happens, when, and what is left of a disk. It does not decide keys, ids and nonces, which are
//! the product's own: so one seed gives one story, and the trace tells it by names and numbers, not by bytes.

mod checks;
mod disk;
mod front;
mod happenings;
mod house;
mod machine;
mod parcel;
mod watch;

use anyhow::Context as _;
use sync_protocol::id::{Seq, TicketId};
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;
use usher_terminal::gate::Gate;

use self::disk::Image;
use self::happenings::Office;
use self::house::House;
use self::machine::{Machine, Process};
use self::parcel::Parcel;
use self::watch::{Watch, Watched};
use crate::env::Env;
use crate::network::Weather;
use crate::plan::Plan;
use crate::rng::Rng;

/// The most terminals.
const MACHINES_MAX: u64 = 3;
/// How many tickets are sold before the doors open.
const FIRST_TICKETS: usize = 12;
/// After how many steps conflicts are looked for; then again at the end.
const CONFLICTS_EVERY: usize = 50;
/// Within how much time all must be quiet once nothing goes wrong any more, in ms.
const QUIET_WITHIN_MS: u64 = 30 * 60_000;
/// After how many rounds a run that does not become quiet is given up.
const QUIET_ROUNDS_MAX: usize = 3_000;

/// Everything there is.
struct World {
    env: Env,
    house: House,
    watch: Option<Watch>,
    policy: Option<Policy>,
    office: Office,
    machines: Vec<Machine>,
    machines_wanted: u64,
    parcels: Vec<Parcel>,
    sent: u64,
    /// Images of disks: whose, and what was on it.
    images: Vec<(usize, Image)>,
    disks_go_back: bool,
}

/// Runs the world of a plan's seed.
pub(crate) fn run(plan: &Plan) -> Env {
    let played = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(play(plan)),
        Err(error) => Err(error.into()),
    };
    played.unwrap_or_else(|error| {
        let mut env = Env::new(plan);
        env.must(Err(format!("nothing could be simulated: {error:#}")));
        env
    })
}

async fn play(plan: &Plan) -> anyhow::Result<Env> {
    let mut world = World::open(plan).await?;
    let played = world.play(plan.steps).await;
    if let Err(error) = played {
        // What nothing here expects is a violation too: the product refused what it must not.
        world.env.must(Err(format!("{error:#}")));
    }
    let summary = format!("{:?}", world.env.counts);
    world.env.note(format_args!("{summary}"));
    world.machines.clear();
    world.watch = None;
    world.house.stop(None).await?;
    Ok(world.env)
}

impl World {
    async fn open(plan: &Plan) -> anyhow::Result<Self> {
        let mut env = Env::new(plan);
        env.crashes *= 2;
        let house = House::open(UnixMillis(env.now)).await?;
        let watch = Some(Watch::open(&house.file(), house.event_id)?);
        let machines_wanted = 2 + env.rng.below(MACHINES_MAX - 1);
        let disks_go_back = env.rng.chance(400);
        let mut world = Self {
            env,
            house,
            watch,
            policy: None,
            office: Office::default(),
            machines: Vec::new(),
            machines_wanted,
            parcels: Vec::new(),
            sent: 0,
            images: Vec::new(),
            disks_go_back,
        };
        for _ in 0..FIRST_TICKETS {
            world.sell().await?;
        }
        world.add_machine().await?;
        world.add_machine().await?;
        world.look()?;
        Ok(world)
    }

    async fn play(&mut self, steps: usize) -> anyhow::Result<()> {
        for step in 1..=steps {
            self.step().await?;
            if step % CONFLICTS_EVERY == 0 {
                self.check_conflicts().await?;
            }
            if self.env.violation.is_some() {
                return Ok(());
            }
        }
        self.heal().await?;
        self.become_quiet().await?;
        if self.env.violation.is_none() {
            self.check_at_the_end().await?;
        }
        Ok(())
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        let elapsed = match self.env.rng.below(1_000) {
            0..=9 => self.env.rng.below(900_000),
            10..=149 => self.env.rng.below(30_000),
            _ => self.env.rng.below(1_500),
        };
        self.pass(elapsed)?;
        self.deliver().await?;
        self.take_turns()?;
        self.something_happens().await?;
        self.look()
    }

    /// Lets time go by, everywhere.
    fn pass(&mut self, elapsed: u64) -> anyhow::Result<()> {
        self.env.now += elapsed;
        self.house.come(self.env.now);
        for machine in &self.machines {
            machine.clock.advance(elapsed);
            if let Some(process) = &machine.process {
                process.at_gate(tend)??;
            }
        }
        Ok(())
    }

    async fn add_machine(&mut self) -> anyhow::Result<()> {
        let skew_ms = match self.env.rng.below(3) {
            0 => 0,
            1 => self.env.rng.below(40_000) as i64 - 20_000,
            _ => self.env.rng.below(7_200_000) as i64 - 3_600_000,
        };
        let mut machine = Machine::enrol(&self.house, self.machines.len(), self.env.now, skew_ms).await?;
        self.env.note(format_args!("{} is enrolled, its clock {skew_ms} ms off", machine.no));
        machine.start(self.chance())?;
        self.machines.push(machine);
        self.look()
    }

    /// Returns where a program's own chances come from.
    const fn chance(&mut self) -> Rng {
        Rng::new(self.env.rng.next())
    }

    fn machine(&mut self, at: usize) -> anyhow::Result<&mut Machine> {
        self.machines.get_mut(at).context("no such terminal")
    }

    /// Lets a terminal do something, during which the power may go: then nobody hears of it.
    fn act<R>(&mut self, at: usize, act: impl FnOnce(&mut Process) -> anyhow::Result<R>) -> anyhow::Result<Option<R>> {
        let dies = self.env.rng.chance(self.env.crashes);
        let machine = self.machine(at)?;
        let before = if dies { Some(machine.image()?) } else { None };
        let Some(process) = &mut machine.process else { return Ok(None) };
        let done = act(process)?;
        if let Some(before) = before {
            self.power_goes(at, &before)?;
            return Ok(None);
        }
        process.driver.hear_of_journal()?;
        process.at_gate(tend)??;
        self.note(at)?;
        Ok(Some(done))
    }

    /// The power goes at a terminal, or only its program is killed.
    fn power_goes(&mut self, at: usize, before: &Image) -> anyhow::Result<()> {
        let folder = self.machine(at)?.disk().to_owned();
        let after = self.machine(at)?.running()?.at_gate(move |_| Image::of(&folder))??;
        let (left, what) = match self.env.rng.below(3) {
            0 => match Image::torn(before, &after, &mut self.env.rng) {
                Some(torn) => (torn, "in the middle of a write"),
                None => (after, "after a write"),
            },
            1 => (after.with_torn_copy(before, &mut self.env.rng), "before the journal's copy is written"),
            _ => (after, "after a write"),
        };
        self.env.count("crash");
        let machine = self.machine(at)?;
        machine.stop()?;
        left.put_back(machine.disk())?;
        let no = machine.no;
        self.env.note(format_args!("{no} loses power {what}"));
        Ok(())
    }

    /// Notes in the reference what a terminal has written.
    fn note(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machines.get_mut(at).context("no such terminal")?;
        for entry in machine.entries_after(machine.noted)? {
            machine.noted = entry.entry().seq;
            let check = self.env.reference.write(machine.written(&entry));
            self.env.must(check);
        }
        Ok(())
    }

    fn start(&mut self, at: usize) -> anyhow::Result<()> {
        let chance = self.chance();
        let machine = self.machines.get_mut(at).context("no such terminal")?;
        if machine.process.is_some() {
            return Ok(());
        }
        machine.start(chance)?;
        let process = machine.running()?;
        let (finding, end) = process.in_store(|store| (store.finding(), store.journal_end().seq))?;
        let (no, noted) = (machine.no, machine.noted);
        self.env.note(format_args!("{no} starts with {end} entries"));
        if !self.env.reference.gone_back.contains(&no.0) {
            if let Some(finding) = finding {
                self.env.must(Err(format!("11: {no} finds {finding:?} on a disk that was only cut off")));
            }
            if end < noted {
                self.env.must(Err(format!("1: {no} had {noted} entries on its disk, and has {end}")));
            }
        }
        self.note(at)
    }

    /// Looks at what the server has committed since the last look.
    fn look(&mut self) -> anyhow::Result<()> {
        let devices = self.devices();
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let check = watch.look(&mut self.env.reference, &devices)?;
        if watch.policy.is_some() {
            self.policy.clone_from(&watch.policy);
        }
        self.env.must(check);
        Ok(())
    }

    fn devices(&self) -> Vec<Watched> {
        let watched = |machine: &Machine| Watched { device: machine.device, no: machine.no.0, key: machine.key };
        self.machines.iter().map(watched).collect()
    }

    /// The server's program ends. Its disk then holds `left`, or what it held.
    async fn stop_server(&mut self, left: Option<&Image>) -> anyhow::Result<()> {
        if self.house.is_running() {
            self.env.note(format_args!("server stops"));
            self.env.count("server stops");
            self.watch = None;
            self.house.stop(left).await?;
        }
        Ok(())
    }

    async fn start_server(&mut self) -> anyhow::Result<()> {
        if !self.house.is_running() {
            self.env.note(format_args!("server starts"));
            self.house.start().await?;
            self.watch = Some(Watch::open(&self.house.file(), self.house.event_id)?);
        }
        self.look()
    }

    /// The power goes at the server, while it was writing over what was `before`.
    async fn power_goes_at_server(&mut self, before: &Image) -> anyhow::Result<()> {
        let after = self.house.image()?;
        let is_torn = self.env.rng.chance(500);
        let torn = if is_torn { Image::torn(before, &after, &mut self.env.rng) } else { None };
        self.env.note(format_args!(
            "  server loses power{}",
            if torn.is_some() { " in the middle of a write" } else { "" }
        ));
        self.env.count("server crash");
        self.stop_server(torn.as_ref()).await
    }

    /// From here on nothing goes wrong any more, and nobody comes.
    async fn heal(&mut self) -> anyhow::Result<()> {
        self.env.note(format_args!("all is healed"));
        self.env.crashes = 0;
        self.env.network.weather = Weather::FAIR;
        self.start_server().await?;
        for at in 0..self.machines.len() {
            self.env.network.heal(at);
            self.start(at)?;
        }
        Ok(())
    }

    async fn become_quiet(&mut self) -> anyhow::Result<()> {
        let deadline = self.env.now + QUIET_WITHIN_MS;
        for _ in 0..QUIET_ROUNDS_MAX {
            self.deliver().await?;
            self.take_turns()?;
            self.look()?;
            if self.env.violation.is_some() || self.is_quiet()? {
                return Ok(());
            }
            let next = self.next_due()?.unwrap_or(deadline + 1).max(self.env.now + 1);
            if next > deadline {
                break;
            }
            self.pass(next - self.env.now)?;
        }
        let unsent: Vec<String> = self.machines.iter().map(|machine| machine.standing()).collect();
        self.env.must(Err(format!("13: not quiet {QUIET_WITHIN_MS} ms after all was healed: {unsent:?}")));
        Ok(())
    }

    /// Whether nothing is left to do: all is sent, and every list is the newest.
    fn is_quiet(&self) -> anyhow::Result<bool> {
        let head = self.env.reference.fed.len() as u64;
        for machine in &self.machines {
            let process = machine.running()?;
            let (cursor, suspension) = process.in_store(|store| (store.position(), store.suspension()))?;
            let is_current = suspension.is_some() || cursor.is_some_and(|position| position.point.seq.0 == head);
            if !is_current || process.driver.unsent() > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn next_due(&self) -> anyhow::Result<Option<u64>> {
        let head = self.env.reference.fed.len() as u64;
        let mut dues: Vec<u64> = self.parcels.iter().map(|parcel| parcel.due(head, self.env.now)).collect();
        for machine in &self.machines {
            dues.extend(machine.running()?.driver.next_due().map(|at| self.env.now + machine.until(at)));
        }
        Ok(dues.into_iter().min())
    }

    fn name(&self, ticket: TicketId) -> String {
        self.office.name(ticket)
    }

    fn note_shown(&mut self, at: usize, seq: Seq, is_overridden: bool) -> anyhow::Result<()> {
        let machine = self.machines.get(at).context("no such terminal")?;
        let entries = machine.entries_after(Seq(seq.0.saturating_sub(1)))?;
        let signed = entries.first().filter(|signed| signed.entry().seq == seq);
        let signed = signed.with_context(|| format!("1: {} shows {seq}, which it has not written", machine.no))?;
        let (entry, hash, device) = (signed.entry().clone(), *signed.hash(), machine.no.0);
        let shown = crate::reference::Shown { machine: at, device, seq: seq.0, hash, is_erased: false };
        self.env.reference.shown.push(shown);
        self.env.count("shown");
        if !is_overridden {
            let check = self.env.reference.check_admission(entry.ticket.0, entry.issue.0, entry.cursor.0);
            self.env.must(check);
        }
        Ok(())
    }
}

/// Does what can wait for a quiet moment, all of it.
fn tend(gate: &mut Gate) -> anyhow::Result<()> {
    while gate.tend().map_err(|fault| anyhow::anyhow!("{fault:?}"))? {}
    Ok(())
}
