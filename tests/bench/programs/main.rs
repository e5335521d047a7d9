//! What whole programs take: decisions over long lists, unlocking, first downloads, uploads.
//!
//! Each figure is of the real programs on this machine, over loopback where a server is in it. Run by
//! `cargo xtask bench`, optimised.

mod door;
mod journey;
mod live;
mod load;
mod relay;
mod resting;
mod search;
mod server;
mod verify;
mod watching;

use clap::{Parser, Subcommand};

/// Measures what whole programs take, and prints a table with the goals.
#[derive(Debug, Parser)]
#[command(name = "usher-bench", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    only: Option<Measure>,
    /// Tickets of the lists that decisions are measured over.
    #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000")]
    tickets: Vec<u64>,
    /// Measure the journey of one terminal alone: its download, its screen, its upload.
    #[arg(long)]
    journey: bool,
    /// Tickets of the first download.
    #[arg(long, default_value_t = 100_000)]
    download: u32,
    /// Check-ins that are queued and sent.
    #[arg(long, default_value_t = 10_000)]
    upload: usize,
    /// Measure check-ins at the server's own door alone.
    #[arg(long)]
    verify: bool,
    /// Guests whom the server's own door lets in.
    #[arg(long, default_value_t = 8_000)]
    guests: usize,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// Measures the camera path alone, at thirty pictures a second.
    Live(live::Live),
    /// Measures terminals at the server, and what an event costs as it grows.
    Load(load::Plans),
    /// Measures the server under load, on sample data, on both databases.
    Server(server::Load),
}

/// One line of the table.
struct Figure {
    what: String,
    measured: String,
    goal: &'static str,
}

impl Figure {
    fn new(what: impl Into<String>, measured: impl Into<String>, goal: &'static str) -> Self {
        Self { what: what.into(), measured: measured.into(), goal }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.only {
        Some(Measure::Live(live)) => return runtime.block_on(live.run()),
        Some(Measure::Load(plans)) => return runtime.block_on(plans.run()),
        Some(Measure::Server(load)) => return runtime.block_on(load.run()),
        None => {}
    }
    let mut figures = Vec::new();
    figures.push(door::disk()?);
    let runtime = tokio::runtime::Runtime::new()?;
    eprintln!("Checking {} guests in at the server's own door", arguments.guests);
    figures.extend(runtime.block_on(verify::measure(arguments.guests))?);
    if arguments.verify {
        print(figures);
        return Ok(());
    }
    let lists = if arguments.journey { Vec::new() } else { arguments.tickets };
    for tickets in &lists {
        eprintln!("Deciding over {tickets} tickets");
        figures.extend(door::decisions(*tickets)?);
    }
    for guests in lists {
        eprintln!("Searching {guests} guests");
        figures.extend(search::key_strokes(guests)?);
    }
    figures.extend(runtime.block_on(journey::measure(arguments.download, arguments.upload))?);
    print(figures);
    Ok(())
}

fn print(figures: Vec<Figure>) {
    println!("| figure | measured | goal |\n|---|---|---|");
    for Figure { what, measured, goal } in figures {
        println!("| {what} | {measured} | {goal} |");
    }
}
