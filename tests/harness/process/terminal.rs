//! `usher` without a screen: verdicts as JSON lines.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::{Finished, PATIENCE, Program, program, run_command};

/// A terminal's scratch folder and the commands run on it.
#[derive(Debug)]
pub struct Terminal {
    folder: PathBuf,
    passphrase: String,
    environment: Vec<(OsString, OsString)>,
    _scratch: Option<TempDir>,
}

impl Terminal {
    /// Makes a folder for a terminal that isn't enrolled yet.
    ///
    /// # Errors
    ///
    /// If no temporary folder can be made.
    pub fn new() -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir().context("could not make a data folder")?;
        Ok(Self {
            folder: scratch.path().to_owned(),
            passphrase: "correct horse battery".into(),
            environment: Vec::new(),
            _scratch: Some(scratch),
        })
    }

    /// Uses a folder that stays.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let passphrase = "correct horse battery".into();
        Self { folder: folder.into(), passphrase, environment: Vec::new(), _scratch: None }
    }

    /// Uses another passphrase than the tests' usual one.
    #[must_use]
    pub fn passphrase(mut self, passphrase: &str) -> Self {
        passphrase.clone_into(&mut self.passphrase);
        self
    }

    /// Sets an environment variable for each of its commands.
    #[must_use]
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs one command (`enrol CODE`, `sync`, `status`, …) to its end.
    ///
    /// # Errors
    ///
    /// If it doesn't end within [`PATIENCE`]; another exit code than 0 is no error here.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> anyhow::Result<Finished> {
        run_command(self.command()?.args(arguments), "", PATIENCE)
    }

    /// Starts `usher --headless --json` with further arguments (`--replay FOLDER`, …).
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn headless<A: AsRef<OsStr>>(&self, arguments: &[A]) -> anyhow::Result<Door> {
        let process = Program::start(self.command()?.args(["--headless", "--json"]).args(arguments))?;
        Ok(Door { process, seen: Vec::new() })
    }

    /// Returns the program with its folder and passphrase set, so far without arguments: for a screen of its own.
    ///
    /// # Errors
    ///
    /// If the program isn't built.
    pub fn command(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(program("usher")?);
        command
            .env("USHER_DATA_DIR", &self.folder)
            .env("USHER_PASSPHRASE", &self.passphrase)
            .env("USHER_LANGUAGE", "en")
            .env("USHER_SOUND", "bell");
        // Whoever runs the tests may have settings of their own.
        command.env("XDG_CONFIG_HOME", &self.folder);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// A door without a screen.
#[derive(Debug)]
pub struct Door {
    /// The program itself, to write codes to, stop or kill.
    pub process: Program,
    /// Everything it reported so far, in order.
    pub seen: Vec<Value>,
}

impl Door {
    /// Waits for the next report; `None` once the program has ended.
    ///
    /// # Errors
    ///
    /// If none comes within [`PATIENCE`].
    #[expect(clippy::should_implement_trait, reason = "it waits, and may fail; an iterator says neither")]
    pub fn next(&mut self) -> anyhow::Result<Option<Value>> {
        let report = self.process.json(PATIENCE)?;
        self.seen.extend(report.clone());
        Ok(report)
    }

    /// Presents a code, as a hand scanner would, and waits for its verdict.
    ///
    /// # Errors
    ///
    /// If the program doesn't read, or gives no verdict within [`PATIENCE`].
    pub fn present(&mut self, code: &str) -> anyhow::Result<Value> {
        self.process.write_line(code)?;
        self.verdict()
    }

    /// Waits for the next verdict.
    ///
    /// # Errors
    ///
    /// If none comes within [`PATIENCE`], or the program ends first.
    pub fn verdict(&mut self) -> anyhow::Result<Value> {
        self.wait_for(|report| report.get("type").and_then(Value::as_str) == Some("verdict"))
    }

    /// Waits for a report that `is_wanted`, passing over others.
    ///
    /// # Errors
    ///
    /// If none comes within [`PATIENCE`], or the program ends first.
    pub fn wait_for(&mut self, is_wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let Some(report) = self.process.json(left)? else {
                bail!("the terminal ended before it reported that; its log:\n{}", self.process.log());
            };
            self.seen.push(report.clone());
            if is_wanted(&report) {
                return Ok(report);
            }
        }
    }
}
