//! A terminal whose store, log or journal's copy is damaged.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use anyhow::Context as _;
use harness::process::{PATIENCE, Terminal};
use rand::RngExt as _;
use serde_json::Value;

use super::{Damage, copy};
use crate::doors::{Event, ask, number, terminal, word};
use crate::findings::Findings;
use crate::ground::Ground;

/// Guests who are in, and known to the server.
const SENT: usize = 12;
/// Guests who are in, and known to the terminal alone.
const UNSENT: usize = 6;
/// Tickets of each terminal: more than come.
const TICKETS_EACH: usize = SENT + UNSENT + 2;
/// Once in so many rounds another terminal is damaged, that may speak with the server afterwards: copies of one may not.
const ONLINE_EVERY: u32 = 8;
/// What can be damaged, one at a time.
const FILES: [&str; 3] = ["store.db", "store.db-wal", "journal.copy"];

/// What every copy of the terminal holds before it is damaged.
struct Known {
    inside: Vec<String>,
    cancelled: String,
    fresh: String,
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let server = ground.server("server")?.start()?;
    let event = Event::make(&server, 0).await?;
    let terminals = 1 + ground.rounds.div_ceil(ONLINE_EVERY) as usize;
    let mut tickets = event.import(terminals * TICKETS_EACH).await?.into_iter();
    let whole = ground.folder("whole")?;
    let known = prepare(&event, &whole, &mut tickets).await?;
    for round in 0..ground.rounds {
        ground.tell(round);
        let folder = ground.path().join(format!("damaged-{round}"));
        let is_online = round % ONLINE_EVERY == 0;
        let own = if is_online { Some(prepare(&event, &folder, &mut tickets).await?) } else { None };
        if own.is_none() {
            copy(&whole, &folder)?;
        }
        let store = folder.join(&event.id);
        let file = FILES.get(ground.chance.random_range(0..FILES.len())).copied().unwrap_or_default();
        let damage = Damage::draw(&mut ground.chance);
        damage.cause(&store.join(file), &mut ground.chance)?;
        ground.findings.count(damage.counted(), 1);
        let was_clean = ground.findings.violations().len();
        let what = format!("{damage:?} {file} in {}", folder.display());
        let terminal = terminal(&folder);
        match own {
            Some(known) => {
                let is_mended = mend(&terminal, &what, &mut ground.findings)?;
                meet(&terminal, &known, &what, &mut ground.findings, is_mended)?;
            }
            None => meet(&terminal, &known, &what, &mut ground.findings, false)?,
        }
        if ground.findings.violations().len() == was_clean {
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

/// Makes a terminal that has let people in, with a network and without, and was killed.
async fn prepare(event: &Event, folder: &Path, tickets: &mut impl Iterator<Item = String>) -> anyhow::Result<Known> {
    fs::create_dir_all(folder)?;
    let mut next = || tickets.next().context("there are enough tickets");
    let cancelled = next()?;
    event.olga.change_ticket(&event.id, &cancelled, "cancel").await?;
    let terminal = event.enrol("terminal", folder).await?;
    ask(&terminal, &["sync", "--json"])?;
    let mut inside = Vec::new();
    for (arguments, count) in [(&["--no-camera"][..], SENT), (&["--no-camera", "--offline"][..], UNSENT)] {
        let mut door = terminal.headless(arguments)?;
        for _ in 0..count {
            let ticket = next()?;
            let verdict = door.present(&ticket)?;
            anyhow::ensure!(word(&verdict, "verdict") == "admit", "a good ticket was turned away: {verdict}");
            inside.push(ticket);
        }
        if !arguments.contains(&"--offline") {
            door.wait_for(|report| number(report, "unsent") == Some(0))?;
        }
        door.process.kill9()?;
    }
    // A copy of it is large and says nothing.
    fs::remove_file(folder.join(&event.id).join("reserve"))?;
    Ok(Known { inside, cancelled, fresh: next()? })
}

/// Lets a damaged terminal speak with the server; whether it is well afterwards.
fn mend(terminal: &Terminal, what: &str, findings: &mut Findings) -> anyhow::Result<bool> {
    let synced = terminal.run(&["sync", "--json"])?;
    let report: Value = serde_json::from_str(&synced.stdout).unwrap_or_default();
    if synced.status.success() && report.get("suspended").is_some_and(Value::is_null) {
        findings.count("terminals well after a word with the server", 1);
        return Ok(true);
    }
    findings.count("terminals that no server mends", 1);
    // One that went back in time is enrolled again, and one that does not open says so.
    let says = word(&report, "suspended") == "rolled_back" || synced.stderr.contains("usher enrol");
    findings.expect(says, || format!("{what}: the server does not mend it: {report} {}", synced.stderr));
    Ok(false)
}

/// Opens a damaged terminal and presents tickets to it, none of which it may turn away if it `is_mended`.
fn meet(
    terminal: &Terminal,
    known: &Known,
    what: &str,
    findings: &mut Findings,
    is_mended: bool,
) -> anyhow::Result<()> {
    let mut door = terminal.headless(&["--no-camera", "--offline", "--end-with-input"])?;
    let tickets = known.inside.iter().chain([&known.cancelled, &known.fresh]);
    let lines: String = tickets.map(|ticket| format!("{ticket}\n")).collect();
    // One that cannot open its store does not read.
    let _ = door.process.write(lines.as_bytes());
    door.process.close_input();
    while door.next()?.is_some() {}
    let ended = door.process.wait(PATIENCE)?;
    let log = door.process.last_words();
    let is_panic = log.contains("panicked") || ended.signal().is_some() || ended.code() == Some(101);
    findings.expect(!is_panic, || format!("{what}: {ended}: {log}"));
    if !ended.success() {
        findings.count("stores that do not open, and say what to do", 1);
        let says = ["usher enrol", "usher sync", "wrong"].iter().any(|words| log.contains(words));
        findings.expect(says && !is_mended, || format!("{what}: it does not say what to do: {log}"));
        return Ok(());
    }
    let mut is_stopped = false;
    let mut let_in = Vec::new();
    for report in &door.seen {
        is_stopped |= word(report, "type") == "fault" || !report.get("suspended").is_none_or(Value::is_null);
        is_stopped |= word(report, "code") == "TERMINAL_NOT_READY";
        if word(report, "verdict") == "admit" {
            let_in.push(word(report, "ticket"));
        }
    }
    findings.expect(!(is_stopped && is_mended), || format!("{what}: it was well, and stopped: {:?}", door.seen));
    if is_stopped {
        findings.count("stores that open and admit nobody", 1);
    } else {
        findings.count("stores that are as they were", 1);
        findings.expect(let_in.contains(&known.fresh.as_str()), || {
            format!("{what}: a good ticket was turned away: {:?}", door.seen)
        });
    }
    let is_wrong = let_in.iter().any(|ticket| **ticket != known.fresh);
    findings.expect(!is_wrong, || format!("{what}: {let_in:?} came in again"));
    Ok(())
}
