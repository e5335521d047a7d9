//! From a code's text to a durable verdict, with the list's size as the only difference.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use harness::feed_world::FeedWorld;
use sync_protocol::id::{GateId, Issue};
use sync_protocol::verdict::Direction;
use tempfile::TempDir;
use usher_terminal::gate::{Gate, Source};

use crate::Figure;

/// Decisions measured for each list.
const DECISIONS: usize = 1_000;
/// A step through the list that visits it all, as a queue does.
const STEP: u64 = 7_919;

/// What one durable write takes here: the floor under every verdict.
pub(crate) fn disk() -> anyhow::Result<Figure> {
    let folder = TempDir::new()?;
    let mut file = File::create(folder.path().join("probe"))?;
    let mut times = Vec::with_capacity(DECISIONS);
    for _ in 0..DECISIONS {
        let started = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    Ok(Figure::new("one 4 KiB write and fdatasync on this disk, p50 / p99", p50_p99(&mut times), ""))
}

/// Decisions over a list of `tickets`.
pub(crate) fn decisions(tickets: u64) -> anyhow::Result<Vec<Figure>> {
    let mut world = FeedWorld::new();
    let issues: Vec<Issue> = (1..=tickets).map(|serial| world.push_ticket(serial, "Ada Lovelace")).collect();
    let folder = TempDir::new()?;
    let mut store = world.create_store(folder.path());
    world.load_snapshot(&mut store).map_err(|error| anyhow!("the snapshot does not load: {error}"))?;
    while store.tend()? {}
    let mut gate = Gate::new(store, world.clock.clone(), GateId(0));
    let mut times = Vec::with_capacity(DECISIONS);
    for number in 0..DECISIONS as u64 {
        let at = number * STEP % tickets;
        let issue = issues.get(usize::try_from(at)?).copied().context("every ticket has an issue")?;
        let text = world.credential(at + 1, issue);
        world.clock.advance(1_000);
        let started = Instant::now();
        let decided = gate
            .present(&text, Source::Scanned, Direction::Entry)
            .map_err(|fault| anyhow!("the terminal cannot decide: {fault:?}"))?;
        times.push(started.elapsed());
        anyhow::ensure!(decided.verdict.is_admit() || number >= tickets, "a good ticket was not admitted");
        gate.tend().map_err(|fault| anyhow!("the terminal cannot tidy up: {fault:?}"))?;
    }
    let goal = if tickets == 100_000 { "p99 ≤ 5 ms on an SSD" } else { "" };
    let what = format!("code text → durable verdict, {tickets} tickets, p50 / p99");
    Ok(vec![Figure::new(what, p50_p99(&mut times), goal)])
}

fn p50_p99(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let ms = |percent| percentile(times, percent).as_secs_f64() * 1e3;
    format!("{:.2} / {:.2} ms", ms(50), ms(99))
}

/// Returns the time below which that many of a hundred lie; `times` are in their order.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}
