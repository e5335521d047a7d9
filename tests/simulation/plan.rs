//! What one run is made from, and what came of it.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;

use crate::mistake::Mistake;
use crate::real;
use crate::world;

/// What is simulated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Models of terminals and of a server, around the product's own rules, protocol and conversation.
    Doors,
    /// The same, where tickets are sold at the doors.
    Sales,
    /// The terminals' own gate, store, journal and conversation, and the server itself, on SQLite.
    Real,
}

impl Kind {
    /// Returns its name, as it is given in an argument.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Doors => "doors",
            Self::Sales => "sales",
            Self::Real => "real",
        }
    }

    /// Returns how many steps its runs have where nobody says otherwise.
    pub(crate) const fn steps(self) -> usize {
        match self {
            Self::Doors | Self::Sales => 2_000,
            // Real disks and signatures take their time.
            Self::Real => 200,
        }
    }

    /// Returns when its runs begin, in ms since 1970.
    pub(crate) const fn begins(self) -> u64 {
        match self {
            Self::Doors | Self::Sales => 1_000_000_000,
            // Certificates and sessions want a plausible year.
            Self::Real => 1_800_000_000_000,
        }
    }
}

/// What decides a run: the same plan gives the same run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) world: Kind,
    pub(crate) seed: u64,
    /// How many steps there are before everything heals.
    pub(crate) steps: usize,
    /// What somebody built wrongly.
    pub(crate) mistake: Option<Mistake>,
}

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) world: Kind,
    pub(crate) seed: u64,
    /// The hash over everything that happened.
    pub(crate) trace: String,
    /// How often what was worth counting happened.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// The first check that failed.
    pub(crate) violation: Option<String>,
    /// The last of what happened.
    #[serde(skip)]
    pub(crate) tail: String,
}

impl Plan {
    /// Runs it.
    pub(crate) fn run(&self) -> Run {
        let env = match self.world {
            Kind::Doors | Kind::Sales => world::run(self),
            Kind::Real => real::run(self),
        };
        Run {
            world: self.world,
            seed: self.seed,
            trace: env.trace.hash(),
            counts: env.counts,
            violation: env.violation,
            tail: env.trace.tail(),
        }
    }

    /// Returns the command that runs it again.
    pub(crate) fn command(&self) -> String {
        let Self { world, seed, steps, mistake } = self;
        let mistake = mistake.and_then(|mistake| mistake.to_possible_value());
        let mistake = mistake.map_or_else(String::new, |mistake| format!(" --mistake {}", mistake.get_name()));
        format!("cargo xtask simulate --world {} --from {seed} --seeds 1 --steps {steps}{mistake}", world.name())
    }
}
