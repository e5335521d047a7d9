//! What is on its way between a terminal and the server.

use sync_protocol::sync::client::Request;
use usher_terminal::sync::driver::{Errand, Returned};

use super::World;
use super::front::Fate;
use crate::env::Env;

/// How long a connection may rest before the network forgets it, in ms.
const RESTS_MS: u64 = 25_000;
/// How long it takes at most until a lost request is given up, in ms.
const GIVEN_UP_MS: u64 = 10_000;
/// How often the power goes at the server while it answers, in a thousand.
const SERVER_CRASHES: u64 = 12;

/// An exchange that has begun.
pub(super) struct Parcel {
    machine: usize,
    /// In which life of the terminal's program.
    life: u64,
    due: u64,
    number: u64,
    stage: Stage,
}

enum Stage {
    /// The request travels.
    Going(Errand),
    /// The server has it, and waits for news after this number of the feed.
    Waiting(Errand, u64),
    /// The answer travels.
    Coming(Box<Returned>),
}

impl Parcel {
    /// Returns when it arrives where it goes, if the feed's last number is `head`.
    pub(super) fn due(&self, head: u64, now: u64) -> u64 {
        match &self.stage {
            Stage::Waiting(_, after) if *after < head => now.min(self.due),
            _ => self.due,
        }
    }
}

impl World {
    /// Lets every terminal begin what it is to begin.
    pub(super) fn take_turns(&mut self) -> anyhow::Result<()> {
        for at in 0..self.machines.len() {
            let machine = self.machine(at)?;
            let (no, life) = (machine.no, machine.life);
            let Some(process) = &mut machine.process else { continue };
            for errand in process.driver.errands()? {
                let words = errand.request().map_or_else(|| "the head".to_owned(), words);
                self.env.note(format_args!("{no} asks {words}"));
                let due = delayed(&mut self.env);
                self.send(at, life, due, Stage::Going(errand));
            }
        }
        Ok(())
    }

    fn send(&mut self, machine: usize, life: u64, due: u64, stage: Stage) {
        self.sent += 1;
        self.parcels.push(Parcel { machine, life, due, number: self.sent, stage });
    }

    /// Brings what has arrived by now.
    pub(super) async fn deliver(&mut self) -> anyhow::Result<()> {
        loop {
            let (head, now) = (self.env.reference.fed.len() as u64, self.env.now);
            let arrived =
                self.parcels.iter().enumerate().map(|(at, parcel)| (parcel.due(head, now), parcel.number, at));
            let Some((_, _, at)) = arrived.filter(|(due, ..)| *due <= now).min() else { return Ok(()) };
            let Parcel { machine, life, stage, .. } = self.parcels.remove(at);
            match stage {
                Stage::Going(errand) => self.arrive(machine, life, errand, head).await?,
                Stage::Waiting(errand, after) => self.exchange(machine, life, errand, after < head).await?,
                Stage::Coming(returned) => self.come_back(machine, life, *returned)?,
            }
            self.look()?;
            if self.env.violation.is_some() {
                return Ok(());
            }
        }
    }

    /// A request arrives. One that waits for news does so in the network: it reaches the server with the news, and is
    /// forgotten by the network if there are none for too long.
    async fn arrive(&mut self, machine: usize, life: u64, errand: Errand, head: u64) -> anyhow::Result<()> {
        match errand.request() {
            Some(Request::Feed { after, wait_s }) if *wait_s > 0 && after.0 >= head => {
                let (after, due) = (after.0, self.env.now + RESTS_MS);
                self.send(machine, life, due, Stage::Waiting(errand, after));
                Ok(())
            }
            _ => self.exchange(machine, life, errand, true).await,
        }
    }

    async fn exchange(&mut self, at: usize, life: u64, errand: Errand, is_live: bool) -> anyhow::Result<()> {
        let is_reached = is_live && !self.env.network.is_cut(at) && self.house.is_running();
        let fate = if is_reached { fate(&mut self.env) } else { Fate::Lost };
        let before = if is_reached && self.env.crashes > 0 && self.env.rng.chance(SERVER_CRASHES) {
            Some(self.house.image()?)
        } else {
            None
        };
        let fate = if before.is_some() { Fate::Unanswered } else { fate };
        if fate != Fate::Delivered {
            let no = self.machine(at)?.no;
            self.env.note(format_args!("  {} of {no}'s", fate.words()));
        }
        self.house.front.set_fate(fate);
        let returned = errand.run().await;
        if let Some(before) = before {
            self.power_goes_at_server(&before).await?;
        }
        let patience = if returned.is_success() { 0 } else { self.env.rng.below(GIVEN_UP_MS) };
        let due = delayed(&mut self.env) + patience;
        self.send(at, life, due, Stage::Coming(Box::new(returned)));
        Ok(())
    }

    fn come_back(&mut self, at: usize, life: u64, returned: Returned) -> anyhow::Result<()> {
        let machine = self.machine(at)?;
        if machine.life != life || machine.process.is_none() {
            return Ok(());
        }
        let no = machine.no;
        let cursor = |world: &mut Self| -> anyhow::Result<_> {
            let machine = world.machine(at)?;
            machine.running()?.in_store(|store| (store.position(), store.acknowledged(), store.suspension()))
        };
        let before = cursor(self)?;
        let is_answered = returned.is_success();
        if self.act(at, |process| Ok(process.driver.finish(returned)?))?.is_none() {
            return Ok(());
        }
        let after = cursor(self)?;
        if before != after || !is_answered {
            let (position, acknowledged, suspension) = after;
            let list = position.map_or(0, |position| position.point.seq.0);
            let answer = if is_answered { "an answer" } else { "no answer" };
            self.env.note(format_args!("{no} has {answer}: list {list}, sent {acknowledged}, {suspension:?}"));
        }
        if before.2 != after.2 {
            self.env.count("suspend");
        }
        if before.0 != after.0 { self.check_rows(at) } else { Ok(()) }
    }
}

fn fate(env: &mut Env) -> Fate {
    let weather = env.network.weather;
    if env.rng.chance(weather.loss) {
        return if env.rng.chance(500) { Fate::Lost } else { Fate::Unanswered };
    }
    if env.rng.chance(weather.repeat) {
        return if env.rng.chance(500) { Fate::Doubled } else { Fate::Echoed };
    }
    if weather.loss > 0 && env.rng.chance(10) { Fate::Hotel } else { Fate::Delivered }
}

fn delayed(env: &mut Env) -> u64 {
    env.now + 1 + env.rng.below(env.network.weather.delay_ms)
}

/// Tells a request without what no seed decides.
fn words(request: &Request) -> String {
    match request {
        Request::Chunk(_) => "Chunk".to_owned(),
        other => format!("{other:?}"),
    }
}

impl Fate {
    const fn words(self) -> &'static str {
        match self {
            Self::Delivered => "delivered: a request",
            Self::Lost => "lost: a request",
            Self::Unanswered => "lost: the answer to a request",
            Self::Doubled => "arrived twice: a request",
            Self::Echoed => "arrives again later: a request",
            Self::Hotel => "answered by somebody else: a request",
        }
    }
}
