//! `cargo xtask fuzz`: every parser of bytes from outside under libFuzzer, and a table of what came of it.
//!
//! The programs in `tests/fuzz/programs` are linked with coverage and without a sanitiser: there is no unsafe code to be
//! watched, and what must hold of a parser is said in `tests/fuzz/targets`. A finding is an input that makes a target
//! panic, take more than ten seconds, or a gigabyte of memory.

mod told;

use std::collections::VecDeque;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use self::told::Told;
use crate::{packages, steps, tools};

/// The longest that an input may take, in seconds.
const SECONDS_MAX: u32 = 10;
/// The most memory that a program may take, in MiB.
const MEMORY_MIB_MAX: u32 = 1_024;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz                              every target for ten minutes, two at a time
  cargo xtask fuzz batch feed --minutes 60      two of them for an hour
  cargo xtask fuzz --keep                       and commit what was found of new ways through the code")]
pub(crate) struct Fuzz {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Only these; all if none is named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each runs
    #[arg(long, default_value_t = 10.0, value_name = "MINUTES")]
    minutes: f64,
    /// How many run at a time
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
    /// Write the smallest inputs that reach everything that was reached into tests/fuzz/corpus
    #[arg(long)]
    keep: bool,
}

/// Where everything lies.
struct Places {
    /// The programs.
    programs: PathBuf,
    /// A folder of inputs for each target.
    corpora: PathBuf,
    /// What the programs say.
    logs: PathBuf,
    /// A folder of findings for each target.
    findings: PathBuf,
    /// The inputs that are kept.
    kept: PathBuf,
}

impl Places {
    fn new() -> Result<Self> {
        let folder = steps::root().join("target/fuzz");
        Ok(Self {
            programs: folder.join("programs").join(tools::host()?).join("release"),
            corpora: folder.join("corpora"),
            logs: folder.join("logs"),
            findings: folder.join("findings"),
            kept: folder.join("kept"),
        })
    }
}

/// A program at work.
struct Running {
    target: String,
    child: Child,
    since: Instant,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<()> {
        packages::require(&[packages::BUILD, packages::FUZZ].concat(), self.yes)?;
        tools::require_cargo_fuzz()?;
        let places = Places::new()?;
        let all = targets()?;
        for name in &self.targets {
            ensure!(all.contains(name), "{name} is no target; there are {}", all.join(", "));
        }
        let chosen = if self.targets.is_empty() { all } else { self.targets.clone() };
        ensure!(self.minutes > 0.0 && self.minutes.is_finite(), "--minutes must be more than none");

        steps::cargo("Building what writes the seeds", &["build", "--workspace", "--bin", "usher-fuzz-corpora"])?;
        build()?;
        corpora("Seeds and corpora", "lay-out", &places.corpora)?;
        let told = self.run_all(chosen, &places)?;
        told::print(&told);
        if self.keep {
            keep(&told, &places)?;
        }
        let findings: usize = told.iter().map(|told| told.findings).sum();
        if findings > 0 {
            bail!(
                "{findings} findings lie in {}; `xxd -p FILE` makes a line for tests/fuzz/found of one",
                places.findings.display()
            );
        }
        Ok(())
    }

    /// Runs the targets, some at a time, and returns what each told in the end.
    fn run_all(&self, targets: Vec<String>, places: &Places) -> Result<Vec<Told>> {
        steps::heading(&format!(
            "{} targets, {} minutes each, {} at a time",
            targets.len(),
            self.minutes,
            self.at_once
        ));
        let mut waiting: VecDeque<String> = targets.into();
        let mut running: Vec<Running> = Vec::new();
        let mut told = Vec::new();
        while !waiting.is_empty() || !running.is_empty() {
            while running.len() < usize::from(self.at_once) {
                let Some(target) = waiting.pop_front() else { break };
                println!("   {target} begins");
                running.push(self.start(target, places)?);
            }
            std::thread::sleep(Duration::from_millis(500));
            let mut still = Vec::new();
            for mut one in running {
                if one.child.try_wait().context("could not ask how a program ended")?.is_none() {
                    still.push(one);
                    continue;
                }
                let told_of_it = Told::read(&one.target, one.since.elapsed(), places)?;
                println!("   {told_of_it}");
                told.push(told_of_it);
            }
            running = still;
        }
        Ok(told)
    }

    fn start(&self, target: String, places: &Places) -> Result<Running> {
        let findings = places.findings.join(&target);
        fs::create_dir_all(&findings)?;
        fs::create_dir_all(&places.logs)?;
        let log = File::create(places.logs.join(&target))?;
        let mut command = Command::new(places.programs.join(&target));
        command
            .arg(places.corpora.join(&target))
            .arg(format!("-max_total_time={}", (self.minutes * 60.0).ceil()))
            .arg(format!("-timeout={SECONDS_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .args(["-print_final_stats=1", "-use_value_profile=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command.spawn().with_context(|| format!("could not run the program of {target}"))?;
        Ok(Running { target, child, since: Instant::now() })
    }
}

/// Returns the names of the targets, which are those of their programs.
fn targets() -> Result<Vec<String>> {
    let folder = steps::root().join("tests/fuzz/programs");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

fn build() -> Result<()> {
    let root = steps::root();
    let mut command = Command::new(steps::cargo_program());
    command.args(["fuzz", "build", "--fuzz-dir", ".", "--sanitizer", "none", "--target-dir"]);
    command.arg(root.join("target/fuzz/programs")).current_dir(root.join("tests/fuzz/programs"));
    steps::run("Building the programs, with the fuzzer in each", &mut command)
}

/// Has inputs written into a folder for each target, or kept from there.
fn corpora(what: &str, order: &str, folder: &Path) -> Result<()> {
    let program = env::current_exe().context("could not ask where this program lies")?;
    steps::run(what, Command::new(program.with_file_name("usher-fuzz-corpora")).arg(order).arg(folder))
}

/// Commits the smallest inputs of each target that reach what all of them together do.
fn keep(told: &[Told], places: &Places) -> Result<()> {
    steps::heading("The smallest inputs that reach as much");
    for target in targets()? {
        let kept = places.kept.join(&target);
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::create_dir_all(&kept)?;
        let mut command = Command::new(places.programs.join(&target));
        command.arg("-merge=1").arg(&kept).arg(places.corpora.join(&target));
        let output = command.output().with_context(|| format!("could not run the program of {target}"))?;
        ensure!(output.status.success(), "{target}: {}", String::from_utf8_lossy(&output.stderr));
    }
    println!("   of {} targets", told.len());
    corpora("Keeping them", "keep", &places.kept)
}
