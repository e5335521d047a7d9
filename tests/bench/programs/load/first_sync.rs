//! First lists: what a real terminal needs for one of many tickets, and what many terminals that start at once cost the
//! server.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use harness::organiser::text;
use harness::process::Terminal;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::feed::snapshot::{Manifest, SignedManifest};
use tokio::task::JoinSet;

use super::doors::Door;
use super::figure::{Goal, Row, Times};
use super::venue::Venue;
use super::work::Work;

/// What a terminal's first list of a hundred thousand tickets may take; a longer one takes so many times as long.
const S_MAX: f64 = 5.0;
const GOAL_TICKETS: f64 = 100_000.0;

/// Has a real terminal download its first list.
pub(super) async fn measure(venue: &Venue, tickets: u32) -> anyhow::Result<Vec<Row>> {
    let terminal = Terminal::new()?;
    let role = json!({ "name": "First", "confirmed": true });
    let code = text(&venue.organiser().post(&venue.path("/enrolment-codes"), &role).await?, "code")?;
    terminal.run(&["enrol", "--server", &venue.url(0)?, "--code", &code, "--no-download"])?.success()?;
    let empty = run(&terminal, "status")?;
    eprintln!("Downloading {tickets} tickets");
    let first = run(&terminal, "sync")?;
    ensure!(first.tickets == Some(u64::from(tickets)), "the list is not whole: {:?}", first.tickets);
    // The server has the snapshot now, so what a second terminal waits for is its own work.
    let bytes = Listed::of(venue.doors(1).await?.first().context("there is a door")?).await?.bytes();
    let took = first.took.saturating_sub(empty.took).as_secs_f64();
    let goal = S_MAX * f64::from(tickets) / GOAL_TICKETS;
    let what = format!("first list of {tickets} tickets at a terminal, beyond unlocking");
    let detail = format!(
        "{:.1} MiB on the wire; the terminal needs {:.0} MiB at most, and {:.0} MiB with an empty list",
        mib(bytes),
        mib(first.peak_bytes),
        mib(empty.peak_bytes),
    );
    Ok(vec![Row::new(venue, what, took, "s").held_to(Goal::AtMost(goal)).detail(detail), venue.memory()?])
}

struct Ran {
    took: Duration,
    peak_bytes: u64,
    tickets: Option<u64>,
}

/// Runs a command of the terminal's program, and asks the kernel what it needed.
#[expect(unsafe_code, reason = "the peak memory of one child is known to the kernel only")]
fn run(terminal: &Terminal, command: &str) -> anyhow::Result<Ran> {
    let began = Instant::now();
    let mut child = terminal.command()?.args([command, "--json"]).stdout(Stdio::piped()).spawn()?;
    let said = std::io::read_to_string(child.stdout.take().context("it prints")?)?;
    let (mut status, id) = (0, i32::try_from(child.id())?);
    // SAFETY: the structure is plain numbers, for which zero is a value, and is ours to be filled.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are ours and outlive the call, and nobody else waits for this child.
    let waited = unsafe { libc::wait4(id, &raw mut status, 0, &raw mut usage) };
    ensure!(waited == id && ExitStatus::from_raw(status).success(), "usher {command} failed: {said}");
    let report: Value = serde_json::from_str(&said).with_context(|| format!("not JSON: {said}"))?;
    let peak_bytes = u64::try_from(usage.ru_maxrss)? * 1_024;
    Ok(Ran { took: began.elapsed(), peak_bytes, tickets: report.get("tickets").and_then(Value::as_u64) })
}

/// Has so many terminals that hold nothing download the list at the same moment.
pub(super) async fn start_at_once(venue: &Venue, terminals: usize, tickets: u32) -> anyhow::Result<Vec<Row>> {
    let doors = venue.doors(terminals).await?;
    let work = Work::begin(venue)?;
    let began = Instant::now();
    let mut starting = JoinSet::new();
    for door in doors {
        starting.spawn(async move { download(&door).await });
    }
    let (mut times, mut bytes, mut rows) = (Vec::with_capacity(terminals), 0, 0);
    for done in starting.join_all().await {
        let (took, listed) = done?;
        times.push(took);
        bytes += listed.bytes();
        rows = listed.0.rows;
    }
    let (all, work) = (began.elapsed().as_secs_f64(), work.words()?);
    let detail = format!(
        "{} rows, {:.0} MiB to all, each chunk as its hash says; each: {}; {work}",
        rows,
        mib(bytes),
        Times::of(times).words()
    );
    let what = format!("{terminals} terminals start at once, {tickets} tickets: until the last has its list");
    Ok(vec![Row::new(venue, what, all, "s").detail(detail), venue.memory()?])
}

async fn download(door: &Door) -> anyhow::Result<(Duration, Listed)> {
    let began = Instant::now();
    let listed = Listed::of(door).await?;
    let mut line = door.line().await?;
    for chunk in &listed.0.chunks {
        let request = door.request(Method::GET, &format!("/chunks/{}", hex::encode(chunk.hash)), None);
        let packed = line.ask(&request).await?.success()?;
        chunk.check(&packed)?;
    }
    Ok((began.elapsed(), listed))
}

/// What a snapshot consists of.
struct Listed(Manifest);

impl Listed {
    async fn of(door: &Door) -> anyhow::Result<Self> {
        let answer = door.line().await?.ask(&door.request(Method::GET, "/snapshot", None)).await?.success()?;
        Ok(Self(SignedManifest::from_bytes(&answer)?.open(&door.device.server_key)?))
    }

    fn bytes(&self) -> u64 {
        self.0.chunks.iter().map(|chunk| u64::from(chunk.packed_bytes)).sum()
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
