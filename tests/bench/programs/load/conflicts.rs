//! The report of conflicts at an event with many movements, of which some are such.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sync_protocol::id::{DeviceNo, TicketId};

use super::figure::{Row, Times};
use super::intake;
use super::venue::Venue;

/// One in so many tickets comes in twice.
const TWICE_PART: usize = 1_000;
/// Entries that are written before they are sent: as many as this program keeps in memory.
const BITE: usize = 100_000;
/// How often the report is asked for.
const ASKED: usize = 5;
const PAGE: usize = 50;

/// Stores so many movements, and asks for the report.
pub(super) async fn measure(venue: &Venue, movements: u32) -> anyhow::Result<Vec<Row>> {
    let ticket = |serial: u64| TicketId::new(DeviceNo(0), serial).context("a serial has 48 bits");
    let movements = u64::from(movements);
    let twice = movements / TWICE_PART as u64;
    // None of the tickets is listed: such are admitted by their class, and reported alike.
    let numbers: Vec<u64> = (1..=movements - twice).chain(1..=twice).collect();
    for bite in numbers.chunks(BITE) {
        let tickets = bite.iter().map(|serial| ticket(*serial)).collect::<anyhow::Result<Vec<TicketId>>>()?;
        intake::store(venue, &tickets).await?;
    }
    let mut times: Vec<Duration> = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let asked = Instant::now();
        let page = venue.organiser().get(&venue.path(&format!("/conflicts?limit={PAGE}"))).await?;
        times.push(asked.elapsed());
        let items = page.get("items").and_then(Value::as_array).context("a list has items")?;
        ensure!(items.len() == PAGE.min(usize::try_from(twice)?), "{} conflicts are shown", items.len());
    }
    let times = Times::of(times);
    let what = format!("the report of conflicts, first page, {movements} movements");
    let detail = format!("{twice} conflicts; {}", times.words());
    Ok(vec![Row::new(venue, what, times.at(50), "ms").detail(detail), venue.memory()?])
}
