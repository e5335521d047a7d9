//! What a plan stands on: its folder, its chance, its findings.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::postgres::{self, TestDatabase};
use harness::process::ServerOptions;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use crate::findings::{Findings, Report};
use crate::{Kind, Plan};

/// Where a plan runs.
pub(crate) struct Ground {
    pub(crate) plan: Plan,
    pub(crate) database: Kind,
    pub(crate) rounds: u32,
    pub(crate) chance: StdRng,
    pub(crate) findings: Findings,
    seed: u64,
    began: Instant,
    folder: TempDir,
    databases: Vec<TestDatabase>,
}

impl Ground {
    pub(crate) fn prepare(plan: Plan, database: Kind, rounds: u32, seed: u64) -> anyhow::Result<Self> {
        eprintln!("{plan:?} on {database:?}, {rounds} rounds, seed {seed}");
        Ok(Self {
            plan,
            database,
            rounds,
            chance: StdRng::seed_from_u64(seed),
            findings: Findings::default(),
            seed,
            began: Instant::now(),
            folder: tempfile::Builder::new().prefix("usher-faults-").tempdir().context("could not make a folder")?,
            databases: Vec::new(),
        })
    }

    /// A folder below the plan's own, made if it is not there.
    pub(crate) fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        Ok(folder)
    }

    /// The plan's own folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A server on an empty database, with its files in a folder of this name.
    pub(crate) fn server(&mut self, name: &str) -> anyhow::Result<ServerOptions> {
        let options = ServerOptions::default().data_folder(self.folder(name)?).environment("USHER_LOG", "warn");
        if self.database == Kind::Sqlite {
            return Ok(options);
        }
        let database = postgres::database();
        let options = options.database_url(&database.url);
        self.databases.push(database);
        Ok(options)
    }

    /// Lets a time pass that is drawn from the seed.
    pub(crate) fn pass_up_to(&mut self, longest: Duration) {
        let most = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        thread::sleep(Duration::from_micros(self.chance.random_range(0..=most)));
    }

    /// Says how far it is, now and then.
    pub(crate) fn tell(&self, round: u32) {
        const EVERY: u32 = 25;
        if round > 0 && round.is_multiple_of(EVERY) {
            let seconds = self.began.elapsed().as_secs();
            let wrong = self.findings.violations().len();
            eprintln!(
                "{:?} on {:?}: {round} of {} in {seconds} s, {wrong} violations",
                self.plan, self.database, self.rounds
            );
        }
    }

    /// Ends the plan. The folder goes, unless something was wrong.
    pub(crate) fn report(mut self, outcome: anyhow::Result<()>) -> Report {
        if let Err(error) = outcome {
            self.findings.violation(format!("the plan came to a stop: {error:#}"));
        }
        let is_clean = self.findings.is_clean();
        let violations = self.findings.violations().join("\n");
        let seconds = self.began.elapsed().as_secs();
        let report = Report::new(self.plan, self.database, self.seed, self.rounds, seconds, self.findings);
        if is_clean {
            return report;
        }
        let folder = self.folder.keep();
        // What was wrong is told anyway.
        let _ = fs::write(folder.join("violations.txt"), violations);
        report.with_evidence(folder)
    }
}
