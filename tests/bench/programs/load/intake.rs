//! Eight doors that were cut off send what they wrote: how many entries the server takes in a second.

use std::time::{Duration, Instant};

use anyhow::ensure;
use sync_protocol::id::{Seq, TicketId};
use sync_protocol::journal::batch::BATCH_ENTRIES_MAX;
use tokio::task::JoinSet;

use super::doors::{self, Door, Packed};
use super::figure::{Goal, Row, Times};
use super::venue::Venue;
use super::work::Work;

/// How many doors send.
const DOORS: usize = 8;
/// Entries that are taken in a second.
const PER_SECOND_MIN: f64 = 20_000.0;
/// Entries of a batch at a door that is busy and has its network.
const LIVE_ENTRIES: usize = 10;
/// One in so many tickets comes in short batches.
const LIVE_PART: usize = 10;

/// Sends an admission of each ticket: most in batches as long as they may be, and a few in short ones.
pub(super) async fn measure(venue: &Venue, tickets: &[TicketId]) -> anyhow::Result<Vec<Row>> {
    let (live, kept) = tickets.split_at(tickets.len() / LIVE_PART);
    let kept_rate = send(venue, kept, BATCH_ENTRIES_MAX, "journals that had waited").await?;
    let live_rate = send(venue, live, LIVE_ENTRIES, "journals in short batches").await?;
    let conflicts = venue.organiser().list(&venue.path("/conflicts")).await?;
    ensure!(conflicts.is_empty(), "each ticket came in once, and {} conflicts are told", conflicts.len());
    Ok(vec![kept_rate.held_on_postgres_to(Goal::AtLeast(PER_SECOND_MIN)), live_rate])
}

/// Stores an admission of each ticket.
pub(super) async fn store(venue: &Venue, tickets: &[TicketId]) -> anyhow::Result<()> {
    send(venue, tickets, BATCH_ENTRIES_MAX, "").await.map(drop)
}

async fn send(venue: &Venue, tickets: &[TicketId], batch: usize, what: &str) -> anyhow::Result<Row> {
    let mut doors = venue.doors(DOORS).await?;
    eprintln!("Writing {} entries", tickets.len());
    for (at, ticket) in tickets.iter().enumerate() {
        if let Some(door) = doors.get_mut(at % DOORS) {
            door.write(*ticket, true);
        }
    }
    let mut ready = Vec::with_capacity(DOORS);
    for door in doors {
        let batches = pack(&door, batch)?;
        ready.push((door.line().await?, door, batches));
    }
    eprintln!("Sending them");
    let work = Work::begin(venue)?;
    let began = Instant::now();
    let mut sending = JoinSet::new();
    for (mut line, door, batches) in ready {
        sending.spawn(async move {
            let mut times: Vec<Duration> = Vec::with_capacity(batches.len());
            for batch in &batches {
                let asked = Instant::now();
                let answer = line.ask(&batch.request).await?.success()?;
                times.push(asked.elapsed());
                door.check(batch, &answer)?;
            }
            anyhow::Ok((door, times))
        });
    }
    let (mut doors, mut times) = (Vec::new(), Vec::new());
    while let Some(sent) = sending.join_next().await {
        let (door, each) = sent??;
        doors.push(door);
        times.extend(each);
    }
    let (took, work) = (began.elapsed(), work.words()?);
    doors::check(&doors).await?;
    let times = Times::of(times);
    let entries = tickets.len();
    let detail = format!("{entries} entries, each there once, in {} batches: {}; {work}", times.len(), times.words());
    let what = format!("{what}, {batch} entries each, {DOORS} doors");
    Ok(Row::new(venue, what, entries as f64 / took.as_secs_f64(), "entries/s").detail(detail))
}

fn pack(door: &Door, entries: usize) -> anyhow::Result<Vec<Packed>> {
    let (mut batches, end) = (Vec::new(), door.device.end().seq);
    let mut next = Seq(1);
    while next <= end {
        let batch = door.pack(next, entries)?;
        next = batch.last.next();
        batches.push(batch);
    }
    Ok(batches)
}
