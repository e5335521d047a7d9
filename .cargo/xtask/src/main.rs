//! The project's chores: `cargo xtask test`, `cargo xtask demo`, `cargo xtask bench`, `cargo xtask camera`,
//! `cargo xtask scenarios`, `cargo xtask simulate`, `cargo xtask faults`, `cargo xtask fuzz`.
//!
//! Each brings a fresh Debian machine with only Rust to where it can run, says what it does, and does it. The work
//! itself lies elsewhere: the tests and the demo in `tests/`.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};

mod camera;
mod faults;
mod fuzz;
mod packages;
mod python;
mod reading;
mod scenarios;
mod simulate;
mod steps;
mod tools;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Usher's chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks formatting and lints, builds, and runs every test on SQLite and PostgreSQL
    Test(Test),
    /// Shows the whole way from server to door and back on this machine
    Demo(Demo),
    /// Measures: the benchmarks' figures, from optimised programs
    Bench(Bench),
    /// Checks the camera path on the kernel's own drivers, in a small machine that is booted for it
    Camera(camera::Camera),
    /// Plays scenarios through the rules, real terminals and a real server, and tells every difference
    Scenarios(scenarios::Scenarios),
    /// Runs doors and a server from seeds, with everything that can go wrong, and checks what must always hold
    Simulate(simulate::Simulate),
    /// Kills the programs, their database and their disk, over and over, and counts what is lost or doubled
    Faults(faults::Faults),
    /// Gives every parser of bytes from outside to a fuzzer, and tells what it found
    Fuzz(fuzz::Fuzz),
}

#[derive(Args)]
struct Test {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Also check the dependencies' licences, sources and known faults with cargo-deny
    #[arg(long)]
    deny: bool,
    /// Only run the tests: no formatting, lints or documentation
    #[arg(long)]
    only: bool,
    /// Arguments for cargo-nextest, after `--`: `cargo xtask test --only -- -E 'test(verdict)'`
    #[arg(last = true)]
    nextest: Vec<String>,
}

#[derive(Args)]
struct Demo {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Without a screen: check every verdict, print a summary, and fail if one was wrong
    #[arg(long)]
    headless: bool,
    /// Read from the camera of this machine instead of rendered pictures
    #[arg(long, conflicts_with = "headless")]
    camera: bool,
    /// Keep the scratch folder with the server's database, the terminal's store and the pictures
    #[arg(long)]
    keep: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
struct Bench {
    #[command(subcommand)]
    only: Option<Measure>,
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Arguments for the benchmarks, after `--`
    #[arg(last = true)]
    benches: Vec<String>,
}

#[derive(Subcommand)]
enum Measure {
    /// Measures the camera path: how soon a verdict follows a code, and what of the processor it takes
    Live(Live),
    /// Measures the server under load: how long requests take when many ask at once, on both databases
    Server(Server),
    /// Measures terminals at the server: claims, journals, news and first lists, on both databases
    Load(Load),
    /// Compares how well codes are read with the public readers, on the same pictures
    Reading(reading::Reading),
}

#[derive(Args)]
struct Live {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// What `usher-bench live --help` names: --presentations, --seconds, --seed, --json
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

#[derive(Args)]
struct Server {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// What `usher-bench server --help` names: --database, --registrations, --clients, --seconds, --keep, --json, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

#[derive(Args)]
struct Load {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// What `usher-bench load --help` names: the plans, --database, --claimed, --entries, --json, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

fn main() -> ExitCode {
    let started = Instant::now();
    let (name, outcome) = match Arguments::parse().chore {
        Chore::Test(test) => ("test", test.run()),
        Chore::Demo(demo) => ("demo", demo.run()),
        Chore::Bench(bench) => ("bench", bench.run()),
        Chore::Camera(camera) => ("camera", camera.run()),
        Chore::Scenarios(scenarios) => ("scenarios", scenarios.run()),
        Chore::Simulate(simulate) => ("simulate", simulate.run()),
        Chore::Faults(faults) => ("faults", faults.run()),
        Chore::Fuzz(fuzz) => ("fuzz", fuzz.run()),
    };
    let took = steps::duration(started.elapsed());
    match outcome {
        Ok(()) => {
            println!("\ncargo xtask {name}: all done in {took}.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\ncargo xtask {name}: failed after {took}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Test {
    fn run(self) -> anyhow::Result<()> {
        packages::require(&[packages::BUILD, packages::TEST].concat(), self.yes)?;
        tools::require_nextest()?;
        tools::require_fuzzer()?;
        if !self.only {
            tools::require_component("fmt", "rustfmt")?;
            tools::require_component("clippy", "clippy")?;
            steps::cargo("Formatting", &["fmt", "--all", "--check"])?;
            steps::cargo("Lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
        }
        steps::cargo("Building the programs", &["build", "--workspace", "--bins"])?;
        let mut nextest = vec!["nextest", "run", "--workspace"];
        nextest.extend(self.nextest.iter().map(String::as_str));
        steps::cargo("Tests", &nextest)?;
        if !self.only {
            steps::cargo_with(
                "Documentation",
                &["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"],
                &[("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")],
            )?;
            steps::cargo("Examples in the documentation", &["test", "--workspace", "--doc", "--quiet"])?;
        }
        if self.deny {
            tools::require_deny()?;
            steps::cargo("Dependencies", &["deny", "check", "bans", "licenses", "sources"])?;
            tools::check_advisories()?;
        }
        Ok(())
    }
}

impl Demo {
    fn run(self) -> anyhow::Result<()> {
        packages::require(packages::BUILD, self.yes)?;
        steps::cargo("Building the programs", &["build", "--workspace", "--bins"])?;
        let mut arguments = Vec::new();
        for (is_set, flag) in [(self.headless, "--headless"), (self.camera, "--camera"), (self.keep, "--keep")] {
            if is_set {
                arguments.push(flag);
            }
        }
        steps::become_program("usher-demo", &arguments)
    }
}

impl Bench {
    fn run(self) -> anyhow::Result<()> {
        match self.only {
            Some(Measure::Reading(reading)) => return reading.run(),
            Some(Measure::Live(live)) => return live.run(),
            Some(Measure::Server(server)) => return server.run(),
            Some(Measure::Load(load)) => return load.run(),
            None => {}
        }
        packages::require(packages::BUILD, self.yes)?;
        let mut bench = vec!["bench", "--workspace", "--bench", "*"];
        if !self.benches.is_empty() {
            bench.push("--");
            bench.extend(self.benches.iter().map(String::as_str));
        }
        steps::cargo("Benchmarks", &bench)?;
        steps::cargo("Building the programs, optimised", &["build", "--release", "--workspace", "--bins"])?;
        steps::become_program("../release/usher-bench", &[])
    }
}

impl Live {
    fn run(self) -> anyhow::Result<()> {
        packages::require(packages::BUILD, self.yes)?;
        measure("live", &["usher", "usher-server", "usher-bench"], &self.options)
    }
}

impl Server {
    fn run(self) -> anyhow::Result<()> {
        packages::require(&[packages::BUILD, &[packages::POSTGRESQL]].concat(), self.yes)?;
        measure("server", &["usher-server", "usher-bench"], &self.options)
    }
}

impl Load {
    fn run(self) -> anyhow::Result<()> {
        packages::require(&[packages::BUILD, &[packages::POSTGRESQL]].concat(), self.yes)?;
        measure("load", &["usher", "usher-server", "usher-bench"], &self.options)
    }
}

/// Builds `programs`, optimised, and becomes the one that measures.
fn measure(what: &str, programs: &[&str], options: &[String]) -> anyhow::Result<()> {
    let build =
        ["build", "--release", "--workspace"].into_iter().chain(programs.iter().flat_map(|name| ["--bin", name]));
    steps::cargo("Building the programs, optimised", &build.collect::<Vec<_>>())?;
    let options: Vec<&str> = std::iter::once(what).chain(options.iter().map(String::as_str)).collect();
    steps::become_program("../release/usher-bench", &options)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn scenarios_take_files_and_options_in_any_order() {
        let line = "xtask scenarios --yes mine.json --way server more.json --json";
        let parsed = Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.chore);
        assert!(matches!(parsed, Ok(Chore::Scenarios(_))));
    }

    #[test]
    fn the_benchmarks_take_arguments_of_their_own_and_reading_has_others() {
        let parsed = |line: &str| Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.chore);

        assert!(matches!(parsed("xtask bench -- gate"), Ok(Chore::Bench(Bench { only: None, .. }))));
        let reading = parsed("xtask bench reading --images photos --seed 7 --frames 20 --json");
        assert!(matches!(reading, Ok(Chore::Bench(Bench { only: Some(Measure::Reading(_)), .. }))));
        assert!(parsed("xtask bench reading --frames many").is_err());
        let live = parsed("xtask bench live --yes --presentations 6 --json");
        assert!(matches!(live, Ok(Chore::Bench(Bench { only: Some(Measure::Live(_)), .. }))));
        let server = parsed("xtask bench server --yes --clients 20 --json");
        assert!(matches!(server, Ok(Chore::Bench(Bench { only: Some(Measure::Server(_)), .. }))));
        let simulate = parsed("xtask simulate --yes --seeds 20 --all-mistakes --json");
        assert!(matches!(simulate, Ok(Chore::Simulate(_))));
        let faults = parsed("xtask faults --yes kill-server --rounds 20 --database sqlite --json");
        assert!(matches!(faults, Ok(Chore::Faults(_))));
        let fuzz = parsed("xtask fuzz batch feed --minutes 0.5 --at-once 1 --keep");
        assert!(matches!(fuzz, Ok(Chore::Fuzz(_))));
        assert!(parsed("xtask fuzz --at-once 0").is_err());
    }
}
