//! The server under load, on sample data: how long requests take when many ask at once, and how much memory it needs.
//!
//! A real server process, on a SQLite file and on a PostgreSQL of its own that forces everything to the disk. The
//! clients run on the same machine and take their share of it.

mod crowd;
mod place;
mod requests;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use harness::process::ServerOptions;
use serde::Serialize;

use self::crowd::Times;
use self::place::Place;
use self::requests::Asked;

/// What is measured, on what, and how long.
#[derive(Args, Debug)]
pub(crate) struct Load {
    /// The databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    database: Vec<Kind>,
    /// Organisations of the sample data.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    organisations: u32,
    /// Events of the sample data.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    events: u32,
    /// Registrations of the sample data.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    registrations: u32,
    /// Clients that ask one request after the other.
    #[arg(long, default_value_t = 50, value_name = "N")]
    clients: usize,
    /// Seconds for which each kind of request is asked.
    #[arg(long, default_value_t = 10, value_name = "N")]
    seconds: u64,
    /// Keeps the sample data in this folder, and takes it from there if it is there already.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Asks only requests whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print a line of JSON for each figure instead of a table.
    #[arg(long)]
    json: bool,
}

/// A database.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sqlite,
    Postgres,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
struct Row {
    database: Kind,
    what: String,
    /// Answers in a second.
    per_second: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    /// Where it is neither.
    mib: Option<f64>,
    goal: &'static str,
    is_met: Option<bool>,
}

/// What a kind of request is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    /// Ninety-nine of a hundred are answered within so many milliseconds.
    P99(f64),
    /// So many are answered in a second.
    PerSecond(f64),
}

/// The longest that ninety-nine of a hundred answers may take.
const P99_MS_MAX: f64 = 100.0;
/// Check-ins that PostgreSQL takes in a second.
const CHECK_INS_PER_SECOND_MIN: f64 = 1_500.0;
/// The most memory that the server may need.
const MIB_MAX: f64 = 150.0;

impl Load {
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        if !self.json {
            println!("| database | {} clients at once | a second | p50 | p99 | goal |", self.clients);
            println!("|---|---|---|---|---|---|");
        }
        for kind in &self.database {
            for row in self.measure(*kind).await? {
                let line =
                    if self.json { serde_json::to_string(&row).context("figures are plain")? } else { row.line() };
                println!("{line}");
            }
        }
        Ok(())
    }

    async fn measure(&self, kind: Kind) -> anyhow::Result<Vec<Row>> {
        let place = Place::open(kind, self)?;
        let options = ServerOptions::default().data_folder(place.data_folder()).database_url(place.database_url());
        let mut server = options.environment("USHER_LOG", "warn").start()?;
        let asked = requests::of(&place, &server.url()).await?;
        let mut rows = Vec::new();
        let is_asked = |asked: &Asked| self.only.as_deref().is_none_or(|only| asked.what.contains(only));
        for asked in asked.into_iter().filter(is_asked) {
            eprintln!("{kind:?}: {}", asked.what);
            let times = crowd::ask(&asked, self.clients, self.seconds).await?;
            rows.push(Row::of(kind, &asked.what, &times, asked.goal));
        }
        let id = server.id().context("the server runs")?;
        let mib = crate::resting::peak_resident_kib(id)? as f64 / 1_024.0;
        rows.push(Row::of_memory(kind, mib));
        server.stop()?;
        Ok(rows)
    }
}

impl Row {
    fn of(database: Kind, what: &str, times: &Times, goal: Goal) -> Self {
        let (per_second, p50, p99) = (times.per_second(), times.at(50), times.at(99));
        let (goal, is_met) = match goal {
            Goal::P99(most) => ("p99 < 100 ms", Some(p99 < most)),
            Goal::PerSecond(least) if database == Kind::Postgres => ("≥ 1 500 a second", Some(per_second >= least)),
            Goal::PerSecond(_) => ("", None),
        };
        let what = what.to_owned();
        let (per_second, p50_ms, p99_ms) = (Some(per_second), Some(p50), Some(p99));
        Self { database, what, per_second, p50_ms, p99_ms, mib: None, goal, is_met }
    }

    fn of_memory(database: Kind, mib: f64) -> Self {
        let what = "the server's memory at its highest".to_owned();
        let (goal, is_met) = ("≤ 150 MiB", Some(mib <= MIB_MAX));
        Self { database, what, per_second: None, p50_ms: None, p99_ms: None, mib: Some(mib), goal, is_met }
    }

    fn line(&self) -> String {
        let Self { database, what, per_second, p50_ms, p99_ms, mib, goal, is_met } = self;
        let missed = if *is_met == Some(false) { ", missed" } else { "" };
        let number = |value: &Option<f64>, unit: &str, digits: usize| {
            value.map_or_else(String::new, |value| format!("{value:.digits$}{unit}"))
        };
        let (rate, p50, p99) = (number(per_second, "", 0), number(p50_ms, " ms", 1), number(p99_ms, " ms", 1));
        let mib = number(mib, " MiB", 0);
        format!("| {database:?} | {what} | {rate}{mib} | {p50} | {p99} | {goal}{missed} |")
    }
}
