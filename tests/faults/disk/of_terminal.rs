//! A terminal whose disk fails between two guests.

use std::path::Path;
use std::time::{Duration, Instant};

use harness::process::{Door, PATIENCE, Terminal};
use rand::RngExt as _;
use serde_json::Value;

use super::{Disk, Order};
use crate::doors::{Event, ask, number, terminal, word};
use crate::findings::Findings;
use crate::ground::Ground;
use crate::shown::Shown;

/// Tickets for each round: more than are presented.
const TICKETS_A_ROUND: usize = 8;
/// How long a door has after its disk is well again.
const RECOVERING: Duration = Duration::from_secs(10);
/// How often a guest presents a ticket to a door that can't decide.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Once in so many rounds the terminal is killed while its disk fails.
const KILLED_EVERY: u32 = 6;

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let server = ground.server("server")?.start()?;
    let event = Event::make(&server, 0).await?;
    let tickets = event.import(ground.rounds as usize * TICKETS_A_ROUND).await?;
    let folder = ground.folder("terminal")?;
    event.enrol("terminal", &folder).await?;
    let disk = Disk::of(&folder, &ground.folder("disk")?)?;
    disk.mend()?;
    let mut terminal = terminal(&folder);
    for (name, value) in disk.environment() {
        terminal = terminal.environment(name, value);
    }
    ask(&terminal, &["sync", "--json"])?;
    let mut entrance = Entrance { door: open(&terminal)?, terminal, shown: Shown::of("terminal"), last: Value::Null };
    let mut fresh = tickets.into_iter();
    for round in 0..ground.rounds {
        ground.tell(round);
        let order = Order::draw(&mut ground.chance);
        ground.findings.count(order.counted(), 1);
        let before = ground.chance.random_range(0..2);
        for ticket in fresh.by_ref().take(before) {
            entrance.present(&ticket, &mut ground.findings)?;
        }
        disk.fail(order)?;
        let number = ground.chance.random_range(1..=3);
        let mut waiting: Vec<String> = fresh.by_ref().take(number).collect();
        for ticket in &waiting {
            if !entrance.try_once(ticket, &mut ground.findings)? {
                ground.findings.count("guests who met a fault", 1);
            }
        }
        let is_killed = round % KILLED_EVERY == KILLED_EVERY - 1;
        if is_killed {
            entrance.door.process.kill9()?;
            entrance.refused_to_open(order, &mut ground.findings)?;
        }
        disk.mend()?;
        if is_killed {
            entrance.reopen(&mut ground.findings)?;
        }
        waiting.retain(|ticket| !entrance.shown.admitted().contains(ticket));
        for ticket in &waiting {
            entrance.present(ticket, &mut ground.findings)?;
        }
    }
    finish(ground, &event, entrance, &folder).await
}

/// The terminal and what it ever showed.
struct Entrance {
    terminal: Terminal,
    door: Door,
    shown: Shown,
    /// The last report.
    last: Value,
}

/// Opens the door, and waits until it is open: what a disk does to one that is opening is looked at by itself.
fn open(terminal: &Terminal) -> anyhow::Result<Door> {
    let mut door = terminal.headless(&["--no-camera"])?;
    door.wait_for(|report| word(report, "type") == "status")?;
    Ok(door)
}

impl Entrance {
    /// Presents a ticket until it is decided about: the disk is well.
    fn present(&mut self, ticket: &str, findings: &mut Findings) -> anyhow::Result<()> {
        let deadline = Instant::now() + RECOVERING;
        while !self.try_once(ticket, findings)? {
            if Instant::now() >= deadline {
                findings.violation(format!("the disk is well, and the door still says {}", self.last));
                findings.count("restarts that were needed", 1);
                self.door.process.kill9()?;
                return self.reopen(findings);
            }
            std::thread::sleep(AGAIN_AFTER);
        }
        Ok(())
    }

    /// Presents a ticket; whether there was a verdict. If not, there was a fault that names itself.
    fn try_once(&mut self, ticket: &str, findings: &mut Findings) -> anyhow::Result<bool> {
        self.door.process.write_line(ticket)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Some(report) = self.door.process.json(deadline.saturating_duration_since(Instant::now()))? else {
                anyhow::bail!("the terminal ended: {}", self.door.process.log());
            };
            self.last = report.clone();
            match word(&report, "type") {
                // One who met a fault may be in the journal: what failed was to learn that it is there.
                "verdict" => {
                    self.shown.note(report, |_| true, findings);
                    return Ok(true);
                }
                "fault" => {
                    let is_named = ["store", "disk_full"].contains(&word(&report, "fault"));
                    findings.expect(is_named, || format!("a fault that says nothing: {report}"));
                    return Ok(false);
                }
                "status" if !report.get("suspended").is_some_and(Value::is_null) => {
                    findings.violation(format!("the terminal stopped: {report}"));
                    return Ok(false);
                }
                _ => {}
            }
        }
    }

    /// Begins while the disk fails: it either works or ends with words.
    fn refused_to_open(&mut self, order: Order, findings: &mut Findings) -> anyhow::Result<()> {
        let finished = self.terminal.run(&["status", "--json"])?;
        let says = finished.status.code() == Some(2)
            && match order {
                // What to do, and not what the database calls it.
                Order::Full | Order::Torn => finished.stderr.contains("Delete files that aren't Usher's until"),
                Order::ReadOnly | Order::Unsynced => finished.stderr.contains("usher: "),
            };
        findings.expect(finished.status.success() || says, || {
            format!("{order:?}: `usher status` ended with {}: {}", finished.status, finished.stderr)
        });
        Ok(())
    }

    fn reopen(&mut self, findings: &mut Findings) -> anyhow::Result<()> {
        findings.count("kills while the disk fails", 1);
        self.door = open(&self.terminal)?;
        Ok(())
    }
}

async fn finish(ground: &mut Ground, event: &Event, mut entrance: Entrance, folder: &Path) -> anyhow::Result<()> {
    entrance.door.process.stop()?;
    let findings = &mut ground.findings;
    let verified = ask(&entrance.terminal, &["journal", "verify", "--json"])?;
    findings.count("entries in the journal", usize::try_from(number(&verified, "entries").unwrap_or_default())?);
    let synced = ask(&entrance.terminal, &["sync", "--json"])?;
    let is_whole = number(&synced, "unsent") == Some(0) && synced.get("suspended").is_some_and(Value::is_null);
    findings.expect(is_whole, || format!("the terminal in {} did not come through: {synced}", folder.display()));
    let check_ins = event.list("check-ins").await?;
    entrance.shown.compare(&check_ins, findings);
    if let Err(wrong) = event.is_at_peace().await? {
        findings.violation(wrong);
    }
    Ok(())
}
