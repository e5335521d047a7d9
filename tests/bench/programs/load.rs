//! Terminals at the server: claims, journals, news and first lists, and what an event costs as it grows.
//!
//! Real server processes, on a SQLite file and on a PostgreSQL of its own that forces everything to the disk. The
//! terminals are played by this program over plain connections that are kept, with requests that were signed beforehand
//! where they can be, so that most of the machine is the servers'; how much it takes itself is told beside each rate.
//! What was answered is compared with what the server holds afterwards, in the same run: a rate of wrong answers is no
//! figure.

mod claims;
mod conflicts;
mod doors;
mod fan_out;
mod figure;
mod first_sync;
mod intake;
mod line;
mod venue;
mod work;

use clap::{Args, ValueEnum};

use self::figure::Row;
use self::venue::{Kind, Venue};

/// What is measured, on what.
#[derive(Args, Debug)]
pub(crate) struct Plans {
    /// The plans; all of them, if none is named.
    #[arg(value_enum)]
    plans: Vec<Plan>,
    /// The databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "postgres,sqlite")]
    database: Vec<Kind>,
    /// Tickets that two of eight doors claim at the same moment.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    claimed: u32,
    /// Journal entries that are sent.
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    entries: u32,
    /// Terminals that wait for news.
    #[arg(long, default_value_t = 200, value_name = "N")]
    waiting: usize,
    /// Tickets of the first lists.
    #[arg(long, value_delimiter = ',', default_value = "100000,1000000", value_name = "N")]
    listed: Vec<u32>,
    /// Terminals that start at once.
    #[arg(long, default_value_t = 32, value_name = "N")]
    starting: usize,
    /// Movements of the event whose conflicts are reported.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    movements: u32,
    /// Print a line of JSON for each figure instead of a table.
    #[arg(long)]
    json: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Plan {
    /// Two doors claim one ticket at the same moment.
    Claims,
    /// Doors send long journals.
    Intake,
    /// Claims and journals at two and four servers on one PostgreSQL.
    ManyServers,
    /// One door lets guests in, and many terminals wait to hear of it.
    FanOut,
    /// Many terminals download the list at the same moment.
    StartAtOnce,
    /// A terminal downloads its first list.
    FirstSync,
    /// The report of conflicts at an event with many movements.
    Conflicts,
}

/// Tickets of the event at which many terminals start.
const STARTING_TICKETS: u32 = 100_000;
/// Tickets of the event of whose admissions many terminals hear.
const NEWS_TICKETS: u32 = 1_000;

impl Plans {
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        if !self.json {
            println!("| database | what | measured | goal | |\n|---|---|---|---|---|");
        }
        let plans = if self.plans.is_empty() { Plan::value_variants() } else { &self.plans };
        for plan in plans {
            for kind in &self.database {
                eprintln!("{kind:?}: {plan:?}");
                for row in self.measure(*plan, *kind).await? {
                    println!("{}", if self.json { row.json()? } else { row.line() });
                }
            }
        }
        Ok(())
    }

    async fn measure(&self, plan: Plan, kind: Kind) -> anyhow::Result<Vec<Row>> {
        match plan {
            Plan::Claims => self.claims(kind, 1).await,
            Plan::Intake => self.intake(kind, 1).await,
            Plan::ManyServers if kind == Kind::Sqlite => Ok(Vec::new()),
            Plan::ManyServers => {
                let mut rows = Vec::new();
                for servers in [2, 4] {
                    rows.extend(self.claims(kind, servers).await?);
                    rows.extend(self.intake(kind, servers).await?);
                }
                Ok(rows)
            }
            Plan::FanOut => {
                let venue = Venue::open(kind, 1).await?;
                venue.import(NEWS_TICKETS).await?;
                let mut rows = fan_out::measure(&venue, self.waiting, &venue.tickets().await?).await?;
                rows.push(venue.memory()?);
                Ok(rows)
            }
            Plan::StartAtOnce => {
                let venue = Venue::open(kind, 1).await?;
                venue.import(STARTING_TICKETS).await?;
                first_sync::start_at_once(&venue, self.starting, STARTING_TICKETS).await
            }
            Plan::FirstSync => {
                let mut rows = Vec::new();
                for tickets in &self.listed {
                    let venue = Venue::open(kind, 1).await?;
                    venue.import(*tickets).await?;
                    rows.extend(first_sync::measure(&venue, *tickets).await?);
                }
                Ok(rows)
            }
            Plan::Conflicts => conflicts::measure(&Venue::open(kind, 1).await?, self.movements).await,
        }
    }

    async fn claims(&self, kind: Kind, servers: usize) -> anyhow::Result<Vec<Row>> {
        let venue = Venue::open(kind, servers).await?;
        venue.import(2 * self.claimed).await?;
        let tickets = venue.tickets().await?;
        let (first, second) = tickets.split_at(tickets.len() / 2);
        let mut rows = claims::one_guest_at_each_door(&venue, first).await?;
        rows.extend(claims::many_at_once(&venue, second).await?);
        rows.push(venue.memory()?);
        Ok(rows)
    }

    async fn intake(&self, kind: Kind, servers: usize) -> anyhow::Result<Vec<Row>> {
        let venue = Venue::open(kind, servers).await?;
        venue.import(self.entries).await?;
        let tickets = venue.tickets().await?;
        let mut rows = intake::measure(&venue, &tickets).await?;
        rows.push(venue.memory()?);
        Ok(rows)
    }
}
