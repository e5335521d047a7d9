//! A network that is slow, loses packets or is narrow: the list comes, everything is sent, and no guest waits for it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use harness::process::{Program, Terminal};
use serde_json::Value;

use crate::doors::{Event, ask, number, word};
use crate::ground::Ground;
use crate::line::{Line, Quality};
use crate::shown::Shown;

/// How long a download or an upload may take over the worst of these.
const PATIENCE: Duration = Duration::from_secs(240);
/// Tickets in the list.
const TICKETS: usize = 400;
/// Guests at each kind of network.
const GUESTS: usize = 25;
/// The longest that a guest may wait for a verdict, in ms: what the disk takes on a busy machine, and no round trip.
const VERDICT_MS_MAX: f64 = 250.0;
/// A kind of network costs about as much time as so many kills.
const ROUNDS_EACH: u32 = 100;

/// What delays a packet one way.
const DELAY: Duration = Duration::from_millis(150);

/// Kinds of networks.
fn networks() -> [(&'static str, Quality); 4] {
    let well = Quality::default();
    [
        ("300 ms there and back", Quality { delay: DELAY, ..well }),
        ("10 % lost", Quality { delay: Duration::from_millis(10), lost_percent: 10, cut_per_10_000: 20, ..well }),
        ("64 kbit/s", Quality { bits_per_second: 64_000, ..well }),
        ("all of it", Quality { delay: DELAY, lost_percent: 10, cut_per_10_000: 20, bits_per_second: 64_000 }),
    ]
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let server = ground.server("server")?.start()?;
    let event = Event::make(&server, 0).await?;
    let turns = ground.rounds.div_ceil(ROUNDS_EACH);
    let guests = turns as usize * networks().len() * GUESTS;
    let mut tickets = event.import(guests + TICKETS).await?.into_iter();
    for turn in 0..turns {
        for (at, (what, quality)) in networks().into_iter().enumerate() {
            eprintln!("{:?}: {what}", ground.plan);
            let name = format!("terminal-{turn}-{at}");
            let folder = ground.folder(&name)?;
            let line = Line::lay(server.url().trim_start_matches("http://").to_owned(), quality, u64::from(turn))?;
            let terminal = event.enrol_at(&line.url(), &name, &folder).await?;
            let shown = visit(ground, &terminal, &mut tickets, &name);
            let shown = shown.with_context(|| format!("over a network with {what}"))?;
            let device = number(&ask(&terminal, &["status", "--json"])?, "device_no").unwrap_or_default();
            let arrived = event.list(&format!("check-ins?device={device}")).await?;
            shown.compare(&arrived, &mut ground.findings);
            ground.findings.count("entries at the server", arrived.len());
            ground.findings.count("networks", 1);
        }
    }
    Ok(())
}

/// A terminal fetches its list, lets guests in, and sends what it did, all over a bad network.
fn visit(
    ground: &mut Ground,
    terminal: &Terminal,
    tickets: &mut impl Iterator<Item = String>,
    name: &str,
) -> anyhow::Result<Shown> {
    let took = sync(ground, terminal)?;
    ground.findings.highest("s for the slowest first list", took.as_secs());

    let mut shown = Shown::of(name);
    let mut door = terminal.headless(&["--no-camera"])?;
    for ticket in tickets.take(GUESTS) {
        let verdict = door.present(&ticket)?;
        let took = verdict.get("ms").and_then(Value::as_f64).unwrap_or(f64::MAX);
        ground.findings.highest("ms for the slowest verdict", took.ceil() as u64);
        ground.findings.expect(took <= VERDICT_MS_MAX, || format!("{name}: a guest waited: {verdict}"));
        ground.findings.expect(word(&verdict, "verdict") == "admit", || format!("{name}: {verdict}"));
        shown.note(verdict, |_| false, &mut ground.findings);
    }
    door.process.kill9()?;
    let took = sync(ground, terminal)?;
    ground.findings.highest("s for the slowest upload", took.as_secs());
    Ok(shown)
}

/// Exchanges everything, begun anew whenever it is broken off, and returns how long that took.
fn sync(ground: &mut Ground, terminal: &Terminal) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let mut syncing = Program::start(terminal.command()?.args(["sync", "--json"]))?;
        let ended = syncing.wait(PATIENCE)?;
        if ended.success() {
            return Ok(began.elapsed());
        }
        ensure!(began.elapsed() < PATIENCE, "{}", syncing.last_words());
        ground.findings.count("exchanges that were broken off", 1);
    }
}
