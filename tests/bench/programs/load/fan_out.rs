//! Terminals that wait for news: how soon each of them knows what one door has let in, and what waiting costs while
//! nothing happens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use harness::process::PATIENCE;
use reqwest::Method;
use sync_protocol::id::TicketId;
use sync_protocol::sync::message::decode_feed_answer;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::doors::Door;
use super::figure::{Row, Times};
use super::line::Line;
use super::venue::Venue;
use super::work::{Shares, Work};

/// How often something happens.
const NEWS: usize = 30;
/// How long all wait before it happens.
const SETTLE: Duration = Duration::from_millis(500);
/// How long nothing happens while the work of waiting is measured.
const REST: Duration = Duration::from_secs(10);
/// The longest that a terminal asks the server to wait, in seconds.
const WAIT_S: u64 = 25;

/// Has so many terminals wait, and one more door let guests in.
pub(super) async fn measure(venue: &Venue, terminals: usize, tickets: &[TicketId]) -> anyhow::Result<Vec<Row>> {
    eprintln!("Enrolling {terminals} terminals");
    let mut doors = venue.doors(terminals + 1).await?;
    let mut busy = doors.pop().context("there is a door")?;
    let mut line = busy.line().await?;
    let mut waiting = Vec::with_capacity(terminals);
    for door in doors {
        waiting.push(Waiting::open(door).await?);
    }

    eprintln!("Letting them wait");
    let round = Arc::new(Barrier::new(terminals + 1));
    let mut tasks = JoinSet::new();
    for terminal in waiting {
        tasks.spawn(terminal.run(Arc::clone(&round)));
    }
    let mut happened = Vec::with_capacity(NEWS);
    let mut resting = None;
    for (at, ticket) in tickets.iter().take(NEWS).enumerate() {
        timeout(PATIENCE, round.wait()).await.context("a terminal has given up")?;
        sleep(SETTLE).await;
        if at == 0 {
            let work = Work::begin(venue)?;
            sleep(REST).await;
            resting = Some(work.shares()?);
        }
        let seq = busy.write(*ticket, true);
        let batch = busy.pack(seq, 1)?;
        happened.push(Instant::now());
        let answer = line.ask(&batch.request).await?.success()?;
        busy.check(&batch, &answer)?;
    }
    let (mut times, mut last) = (Vec::with_capacity(terminals * NEWS), vec![Duration::ZERO; NEWS]);
    for heard in tasks.join_all().await {
        let heard = heard?;
        ensure!(heard.len() == happened.len(), "a terminal missed news");
        for ((heard, happened), last) in heard.into_iter().zip(&happened).zip(&mut last) {
            let took = heard.saturating_duration_since(*happened);
            *last = took.max(*last);
            times.push(took);
        }
    }
    let (times, last) = (Times::of(times), Times::of(last));
    let Shares { servers, own, rest } = resting.context("something happens")?;
    Ok(vec![
        Row::new(venue, format!("an admission known to {terminals} waiting terminals, p99"), times.at(99), "ms")
            .detail(format!("{NEWS} admissions: {}; the last to know each time: {}", times.words(), last.words())),
        Row::new(venue, "of the processor while all wait and nothing happens: the server's part", servers, "%")
            .detail(format!("this program {own:.1} %, the database and all else {rest:.1} %")),
    ])
}

/// A terminal that has the whole feed, and waits for more.
struct Waiting {
    door: Door,
    line: Line,
    cursor: u64,
}

impl Waiting {
    async fn open(door: Door) -> anyhow::Result<Self> {
        let line = door.line().await?;
        let mut waiting = Self { door, line, cursor: 0 };
        // Enrolments of others are news as well, so this is only where it begins.
        waiting.ask(0).await?;
        Ok(waiting)
    }

    /// Asks for what follows, and returns whether there was something.
    async fn ask(&mut self, wait_s: u64) -> anyhow::Result<bool> {
        let path = format!("/feed?after={}&wait={wait_s}", self.cursor);
        let request = self.door.request(Method::GET, &path, None);
        let answer = self.line.ask(&request).await?.success()?;
        let (records, head) = decode_feed_answer(&answer)?;
        let head = head.open(&self.door.device.server_key)?;
        let last = records.last().map_or(self.cursor, |record| record.seq.0);
        ensure!(last <= head.seq.0, "a page ends before its head");
        let has_news = last > self.cursor;
        self.cursor = last;
        Ok(has_news)
    }

    /// Returns when it heard of each thing that happened.
    async fn run(mut self, round: Arc<Barrier>) -> anyhow::Result<Vec<Instant>> {
        while self.ask(0).await? {}
        let mut heard = Vec::with_capacity(NEWS);
        for _ in 0..NEWS {
            round.wait().await;
            while !self.ask(WAIT_S).await? {}
            heard.push(Instant::now());
        }
        Ok(heard)
    }
}
