//! Terminals and a server under everything that can go wrong, from one seed, compared with a plain
//! reference ledger. `cargo xtask simulate` builds and runs this; `README.md` beside it says what is simulated.

mod door;
mod env;
mod list;
mod mistake;
mod network;
mod organiser;
mod plan;
mod real;
mod reference;
mod report;
mod rng;
mod seeds;
mod server;
mod terminal;
mod trace;
mod world;

use std::num::NonZero;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use self::mistake::Mistake;
use self::plan::{Kind, Plan};
use self::report::{Reporter, Style};
use self::seeds::Seeds;

/// Runs doors and a server from seeds, and checks what must always hold.
#[derive(Debug, Parser)]
#[command(name = "usher-simulate", version)]
#[command(after_help = "Examples:
  cargo xtask simulate                             200 seeds of each model
  cargo xtask simulate --real --seeds 20           20 seeds of the product itself
  cargo xtask simulate --seeds 20000               a night
  cargo xtask simulate --world doors --from 15 --seeds 1
  cargo xtask simulate --all-mistakes --seeds 60   whether everything built wrongly is noticed")]
struct Arguments {
    /// How many runs, each from a seed of its own.
    #[arg(long, default_value_t = 200, value_name = "N")]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    from: u64,
    /// How many steps each run has before everything heals; 2000 of the models and 200 of the product itself if absent.
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// What is simulated; may be given several times, and both models are if not.
    #[arg(long, value_enum)]
    world: Vec<Kind>,
    /// The same as --world real: the product itself.
    #[arg(long, conflicts_with_all = ["world", "mistake", "all_mistakes"])]
    real: bool,
    /// Build something wrongly, and expect that it is noticed within these seeds; may be given several times.
    #[arg(long, value_enum, conflicts_with = "world")]
    mistake: Vec<Mistake>,
    /// The same with every mistake there is, one after the other.
    #[arg(long, conflicts_with_all = ["world", "mistake"])]
    all_mistakes: bool,
    /// How many seeds are run at once; as many as there are processors if absent.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Print a line of JSON for each run and each mistake.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seeds = Seeds { from: arguments.from, count: arguments.seeds, jobs: arguments.jobs };
    let mut reporter = Reporter::new(if arguments.json { Style::Json } else { Style::Table });
    let mistakes = if arguments.all_mistakes { Mistake::value_variants() } else { &arguments.mistake };
    if mistakes.is_empty() {
        let worlds: &[Kind] = match &arguments.world[..] {
            _ if arguments.real => &[Kind::Real],
            [] => &[Kind::Doors, Kind::Sales],
            worlds => worlds,
        };
        for &world in worlds {
            let steps = arguments.steps.unwrap_or_else(|| world.steps());
            reporter.world(&Plan { world, seed: 0, steps, mistake: None }, seeds);
        }
    } else {
        for &mistake in mistakes {
            let world = mistake.world();
            let steps = arguments.steps.unwrap_or_else(|| world.steps());
            reporter.mistake(&Plan { world, seed: 0, steps, mistake: Some(mistake) }, mistake, seeds);
        }
    }
    if reporter.end() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
