//! One terminal, everything that it ever showed, and what must be true of it in the end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use harness::process::Terminal;
use rand::RngExt as _;
use serde_json::Value;

use crate::doors::{Event, ask, number, word};
use crate::ground::Ground;
use crate::shown::Shown;

/// How long a terminal takes to open its store here, about.
const OPENING: Duration = Duration::from_millis(150);

/// A terminal at the door, over all its lives.
pub(super) struct Door {
    name: String,
    folder: PathBuf,
    terminal: Terminal,
    shown: Shown,
    /// Presented, and no verdict shown before the kill: they may be in the journal or not.
    unanswered: Vec<String>,
}

impl Door {
    pub(super) fn new(name: String, folder: PathBuf, terminal: Terminal) -> Self {
        Self { shown: Shown::of(&name), name, folder, terminal, unanswered: Vec::new() }
    }

    /// Begins, and is killed before or after its store is open. What was presented waits in its input.
    pub(super) fn unlock(
        &mut self,
        ground: &mut Ground,
        fresh: &mut impl Iterator<Item = String>,
    ) -> anyhow::Result<()> {
        let codes: Vec<String> = fresh.take(2).collect();
        let mut door = self.terminal.headless(&["--no-camera", "--offline"])?;
        // A program that is killed before it reads closes the pipe.
        let _ = door.process.write(lines(&codes).as_bytes());
        ground.pass_up_to(OPENING);
        self.end(door, codes, BTreeSet::new(), ground)
    }

    /// Decides, with these arguments, and is killed up to so long after a number of verdicts that is drawn.
    pub(super) fn work(
        &mut self,
        ground: &mut Ground,
        fresh: &mut impl Iterator<Item = String>,
        arguments: &[&str],
        longest: Duration,
    ) -> anyhow::Result<()> {
        // Whoever stood there when it went dark comes again, and so does somebody who is in already.
        let returning: BTreeSet<String> = self.unanswered.drain(..).collect();
        let mut codes: Vec<String> = returning.iter().cloned().collect();
        let number = ground.chance.random_range(2..=10);
        codes.extend(fresh.take(number));
        let again = ground.chance.random_range(0..=self.shown.admitted().len());
        codes.extend(self.shown.admitted().iter().nth(again).cloned());
        let mut door = self.terminal.headless(&[&["--no-camera"], arguments].concat())?;
        door.process.write(lines(&codes).as_bytes())?;
        for _ in 0..ground.chance.random_range(0..=codes.len()) {
            door.verdict()?;
        }
        ground.pass_up_to(longest);
        self.end(door, codes, returning, ground)
    }

    /// Kills the program, and takes down what it had shown.
    fn end(
        &mut self,
        mut door: harness::process::Door,
        codes: Vec<String>,
        returning: BTreeSet<String>,
        ground: &mut Ground,
    ) -> anyhow::Result<()> {
        door.process.kill9()?;
        while door.next()?.is_some() {}
        let mut unanswered = codes;
        for report in door.seen {
            match word(&report, "type") {
                "verdict" => {
                    unanswered.retain(|code| code != word(&report, "ticket"));
                    self.shown.note(report, |ticket| returning.contains(ticket), &mut ground.findings);
                }
                "fault" => ground.findings.violation(format!("{}: {report}", self.name)),
                "status" if !report.get("suspended").is_some_and(Value::is_null) => {
                    ground.findings.violation(format!("{} stopped: {report}", self.name));
                }
                _ => {}
            }
        }
        self.unanswered.extend(unanswered.into_iter().filter(|code| !self.shown.admitted().contains(code)));
        Ok(())
    }

    /// Sends what is left, and compares all that was shown with what the server holds.
    pub(super) async fn retire(&self, ground: &mut Ground, event: &Event) -> anyhow::Result<()> {
        let findings = &mut ground.findings;
        let verified = ask(&self.terminal, &["journal", "verify", "--json"])?;
        let entries = number(&verified, "entries").unwrap_or_default();
        let newest = self.shown.newest();
        findings.expect(entries >= newest, || format!("{}: {verified}, but {newest} were shown", self.name));
        let synced = ask(&self.terminal, &["sync", "--json"])?;
        let is_whole = number(&synced, "unsent") == Some(0) && synced.get("suspended").is_some_and(Value::is_null);
        findings.expect(is_whole, || format!("{} did not come through: {synced}", self.name));
        let status = ask(&self.terminal, &["status", "--json"])?;
        let device = number(&status, "device_no").unwrap_or_default();
        let arrived = event.list(&format!("check-ins?device={device}")).await?;
        findings.count("terminals", 1);
        findings.count("entries at the server", arrived.len());
        self.shown.compare(&arrived, findings);
        let devices = event.olga.devices(&event.id).await?;
        let listed = devices.iter().find(|listed| number(listed, "number") == Some(device));
        let acknowledged = listed.and_then(|listed| number(listed, "acknowledged_seq"));
        findings.expect(acknowledged == number(&status, "entries"), || {
            format!("{} has another journal than the server, {acknowledged:?}: {status}", self.name)
        });
        if findings.is_clean() {
            std::fs::remove_dir_all(&self.folder)?;
        }
        Ok(())
    }
}

fn lines(codes: &[String]) -> String {
    codes.iter().map(|code| format!("{code}\n")).collect()
}
