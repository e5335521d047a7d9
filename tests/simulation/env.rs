//! What everybody in a run shares: the seed's numbers, the time, the network, the reference ledger
//! and the trace.

use std::collections::BTreeMap;
use std::fmt;

use crate::{
    mistake::Mistake,
    network::{Answer, Network, Parcel, RequestId},
    plan::{Kind, Plan},
    reference::Reference,
    rng::Rng,
    trace::Trace,
};

/// A process ended here; what it had not committed is gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crashed;

/// The shared part of a world.
pub(crate) struct Env {
    pub(crate) rng: Rng,
    /// What decides about the time after the last step: apart, so that it changes nothing before.
    pub(crate) evening: Rng,
    /// The true time, in ms; the server's clock shows it.
    pub(crate) now: u64,
    /// When the run began.
    began: u64,
    pub(crate) network: Network,
    pub(crate) reference: Reference,
    pub(crate) trace: Trace,
    pub(crate) mistake: Option<Mistake>,
    /// Whether tickets are sold at the doors.
    pub(crate) sells: bool,
    /// How often a process ends at a place where it may, in a thousand.
    pub(crate) crashes: u64,
    /// How often what was worth counting happened.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// The first check that failed.
    pub(crate) violation: Option<String>,
}

impl Env {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let crashes = rng.below(20);
        Self {
            rng,
            evening: Rng::new(!plan.seed),
            now: plan.world.begins(),
            began: plan.world.begins(),
            network: Network::new(),
            reference: Reference::default(),
            trace: Trace::default(),
            mistake: plan.mistake,
            sells: plan.world == Kind::Sales,
            crashes,
            counts: BTreeMap::new(),
            violation: None,
        }
    }

    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        self.trace.note(self.now - self.began, line);
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// A place where a process may end.
    pub(crate) fn survives(&mut self, place: &str) -> Result<(), Crashed> {
        if self.rng.chance(self.crashes) {
            self.note(format_args!("  crash: {place}"));
            self.count("crash");
            return Err(Crashed);
        }
        Ok(())
    }

    /// Keeps the first thing that is wrong.
    pub(crate) fn must(&mut self, check: Result<(), String>) {
        if let Err(words) = check
            && self.violation.is_none()
        {
            self.note(format_args!("VIOLATED {words}"));
            self.violation = Some(words);
        }
    }

    pub(crate) fn send(&mut self, parcel: Parcel) {
        self.network.send(parcel, self.now, &mut self.rng);
    }

    pub(crate) fn answer(&mut self, to: RequestId, answer: Answer) {
        self.send(Parcel::Answer(to, answer));
    }
}
