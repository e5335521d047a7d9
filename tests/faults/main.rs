//! Real faults on the real programs: what was shown or acknowledged is there once in the end, and nothing doubles.
//!
//! Each plan draws its moments from a seed, harms a program or what it stands on, lets it go on, and counts. A plan
//! that finds something wrong keeps its folder: databases, stores and logs as they were. Run by `cargo xtask faults`.

mod asking;
mod damage;
mod disk;
mod doors;
mod findings;
mod ground;
mod kill_postgres;
mod kill_server;
mod kill_terminal;
mod line;
mod load;
mod shown;
mod slow_network;
mod wire;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde::Serialize;

use self::findings::Report;
use self::ground::Ground;

/// Harms the real programs and counts what is lost, doubled or wrong.
#[derive(Debug, Parser)]
#[command(name = "usher-faults", version)]
struct Arguments {
    /// What is harmed; everything if none is named.
    #[arg(value_enum)]
    plans: Vec<Plan>,
    /// Faults for each plan.
    #[arg(long, default_value_t = 500, value_name = "N")]
    rounds: u32,
    /// What the moments are drawn from; another each time if absent.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The server's databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    database: Vec<Kind>,
    /// Print a line of JSON for each plan instead of a table.
    #[arg(long)]
    json: bool,
}

/// What is harmed, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Plan {
    /// A terminal is killed: while it unlocks, downloads, decides, sends, or makes its store.
    KillTerminal,
    /// A server is killed: under load, while it starts, while it makes its tables.
    KillServer,
    /// PostgreSQL is killed under two servers, connections are cut in mid-commit, one of the servers is killed.
    KillPostgres,
    /// The disk of a terminal is full, read-only, or fails to sync, while guests come.
    DiskOfTerminal,
    /// The disk of a server on SQLite is, under load.
    DiskOfServer,
    /// The files of a terminal are damaged: bytes flipped, pages emptied, logs cut.
    DamageOfTerminal,
    /// The files of a server on SQLite are.
    DamageOfServer,
    /// The network between terminal and server is slow, loses packets, is narrow.
    SlowNetwork,
}

/// A database.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sqlite,
    Postgres,
}

impl Plan {
    /// The databases that it is run on, of those that are wanted.
    fn databases(self, wanted: &[Kind]) -> Vec<Kind> {
        match self {
            // What a terminal keeps does not depend on what its server keeps.
            Self::KillTerminal | Self::DiskOfTerminal | Self::DamageOfTerminal | Self::SlowNetwork => {
                wanted.iter().copied().take(1).collect()
            }
            Self::KillServer => wanted.to_vec(),
            Self::KillPostgres => wanted.iter().copied().filter(|kind| *kind == Kind::Postgres).collect(),
            Self::DiskOfServer | Self::DamageOfServer => {
                wanted.iter().copied().filter(|kind| *kind == Kind::Sqlite).collect()
            }
        }
    }

    async fn run(self, database: Kind, rounds: u32, seed: u64) -> Report {
        let mut ground = match Ground::prepare(self, database, rounds, seed) {
            Ok(ground) => ground,
            Err(error) => return Report::of_failure(self, database, seed, &error),
        };
        let outcome = match self {
            Self::KillTerminal => kill_terminal::run(&mut ground).await,
            Self::KillServer => kill_server::run(&mut ground).await,
            Self::KillPostgres => kill_postgres::run(&mut ground).await,
            Self::DiskOfTerminal => disk::of_terminal::run(&mut ground).await,
            Self::DiskOfServer => disk::of_server::run(&mut ground).await,
            Self::DamageOfTerminal => damage::of_terminal::run(&mut ground).await,
            Self::DamageOfServer => damage::of_server::run(&mut ground).await,
            Self::SlowNetwork => slow_network::run(&mut ground).await,
        };
        ground.report(outcome)
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(rand::random::<u64>);
    let plans = if arguments.plans.is_empty() { Plan::value_variants() } else { &arguments.plans };
    let runtime = tokio::runtime::Runtime::new()?;
    let mut reports = Vec::new();
    for plan in plans {
        for database in plan.databases(&arguments.database) {
            let report = runtime.block_on(plan.run(database, arguments.rounds, seed));
            if arguments.json {
                println!("{}", serde_json::to_string(&report)?);
            }
            reports.push(report);
        }
    }
    if !arguments.json {
        findings::print(&reports);
    }
    let is_clean = reports.iter().all(Report::is_clean);
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
