//! One ticket at two of eight doors at the same moment: what a claim takes, and that one of the two comes in.
//!
//! In each round every door presents one ticket, and four tickets are at two doors each; who meets whom changes from
//! round to round. A door writes what became of each ticket, so it is known beforehand under which number, and all
//! claims are signed before the first is made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures_util::future::try_join_all;
use reqwest::Method;
use sync_protocol::id::{Seq, TicketId, ZoneId};
use sync_protocol::sync::message::ClaimRequest;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::doors::{self, Door};
use super::figure::{Goal, Row, Times};
use super::line::Line;
use super::venue::Venue;
use super::work::Work;

/// How many doors claim.
const DOORS: usize = 8;
/// Tickets of a round: each is at two doors.
const TICKETS: usize = DOORS / 2;
/// Guests at each door at once, where as many claims as possible are made: more than there ever are.
const GUESTS: usize = 8;
/// The longest that a claim may keep a guest waiting, in ms.
const P99_MS_MAX: f64 = 30.0;
/// Claims that are answered in a second.
const PER_SECOND_MIN: f64 = 1_500.0;
/// The most entries sent at once by a door that is in step.
const BATCH: usize = 500;

/// When doors send their journals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sending {
    /// Whenever something was written, as doors do.
    Meanwhile,
    /// When all is over.
    Afterwards,
}

/// A ticket that is presented at a door, and the claim that the door makes.
struct Presented {
    ticket: TicketId,
    claim: Vec<u8>,
}

/// What became of a ticket at a door: its round, and whether the door may let it in.
type Said = (usize, TicketId, bool);

/// Measures how long a claim takes at eight doors with one guest each, which send their journals meanwhile.
pub(super) async fn one_guest_at_each_door(venue: &Venue, tickets: &[TicketId]) -> anyhow::Result<Vec<Row>> {
    let Claimed { times, took, work, tickets } = claim(venue, tickets, 1, Sending::Meanwhile).await?;
    let detail = format!("{tickets} tickets at two doors each, each let in once: {}; {work}", times.words());
    let rate = times.len() as f64 / took.as_secs_f64();
    Ok(vec![
        Row::new(venue, "a claim, one guest at each of 8 doors, p99", times.at(99), "ms")
            .held_to(Goal::AtMost(P99_MS_MAX))
            .detail(detail),
        Row::new(venue, "the same: how many are answered", rate, "claims/s"),
    ])
}

/// Measures how many claims are answered in a second.
pub(super) async fn many_at_once(venue: &Venue, tickets: &[TicketId]) -> anyhow::Result<Vec<Row>> {
    let Claimed { times, took, work, tickets } = claim(venue, tickets, GUESTS, Sending::Afterwards).await?;
    let detail = format!("{tickets} tickets at two doors each, each let in once: {}; {work}", times.words());
    let rate = times.len() as f64 / took.as_secs_f64();
    let what = format!("claims, {} at once", GUESTS * DOORS);
    Ok(vec![Row::new(venue, what, rate, "claims/s").held_on_postgres_to(Goal::AtLeast(PER_SECOND_MIN)).detail(detail)])
}

struct Claimed {
    times: Times,
    took: Duration,
    work: String,
    tickets: usize,
}

async fn claim(venue: &Venue, tickets: &[TicketId], guests: usize, sending: Sending) -> anyhow::Result<Claimed> {
    let doors = venue.doors(DOORS).await?;
    let rounds: Vec<&[TicketId]> = tickets.chunks_exact(TICKETS).collect();
    let tickets = rounds.len() * TICKETS;
    let mut presented: Vec<Vec<Presented>> = Vec::with_capacity(DOORS);
    for (at, door) in doors.iter().enumerate() {
        presented.push(present(at, door, &rounds)?);
    }
    let presented = Arc::new(presented);
    let mut lanes = Vec::with_capacity(guests);
    for _ in 0..guests {
        lanes.push(try_join_all(doors.iter().map(Door::line)).await?);
    }

    eprintln!("Claiming {tickets} tickets twice each");
    let work = Work::begin(venue)?;
    let began = Instant::now();
    let (mut scribes, mut said) = (JoinSet::new(), Vec::with_capacity(DOORS));
    for door in doors {
        let (say, hear) = unbounded_channel();
        said.push(say);
        scribes.spawn(scribe(door, hear, sending));
    }
    let mut claiming = JoinSet::new();
    for (first, lines) in lanes.into_iter().enumerate() {
        claiming.spawn(lane(lines, Arc::clone(&presented), said.clone(), first, guests));
    }
    drop(said);
    let (mut times, mut granted) = (Vec::new(), BTreeMap::<TicketId, usize>::new());
    while let Some(lane) = claiming.join_next().await {
        for (ticket, is_granted, took) in lane?? {
            *granted.entry(ticket).or_default() += usize::from(is_granted);
            times.push(took);
        }
    }
    let (took, work) = (began.elapsed(), work.words()?);
    let doors: Vec<Door> = scribes.join_all().await.into_iter().collect::<anyhow::Result<_>>()?;

    if let Some((ticket, times)) = granted.iter().find(|(_, times)| **times != 1) {
        bail!("{times} doors may let in ticket {ticket}, and not one");
    }
    ensure!(granted.len() == tickets, "{} tickets were granted, of {tickets}", granted.len());
    doors::check(&doors).await?;
    let conflicts = venue.organiser().list(&venue.path("/conflicts")).await?;
    ensure!(conflicts.is_empty(), "each ticket came in once, and {} conflicts are told", conflicts.len());
    Ok(Claimed { times: Times::of(times), took, work, tickets })
}

/// Signs what a door claims in each round.
fn present(at: usize, door: &Door, rounds: &[&[TicketId]]) -> anyhow::Result<Vec<Presented>> {
    let device_no = door.device.facts().device_no;
    let sign = |(round, tickets): (usize, &&[TicketId])| {
        let ticket = *tickets.get(met(round, at)).context("a round has a ticket for each two doors")?;
        let jseq = Seq(round as u64 + 1);
        let asked = serde_json::to_vec(&ClaimRequest { ticket_id: ticket, zone: ZoneId(0), device_no, jseq })?;
        Ok(Presented { ticket, claim: door.request(Method::POST, "/claims", Some(&asked)) })
    };
    rounds.iter().enumerate().map(sign).collect()
}

/// Returns which of a round's tickets is at a door: over seven rounds, each two of the eight doors meet once. One door
/// stays and the others move on by one each round, as in a tournament.
fn met(round: usize, door: usize) -> usize {
    const MOVING: usize = DOORS - 1;
    let place = if door == MOVING { 0 } else { (door + round) % MOVING };
    place.min(MOVING - place)
}

/// Plays every `step`th round from `first` on: all doors claim at once, and the next round begins when all are answered.
async fn lane(
    mut lines: Vec<Line>,
    presented: Arc<Vec<Vec<Presented>>>,
    said: Vec<UnboundedSender<Said>>,
    first: usize,
    step: usize,
) -> anyhow::Result<Vec<(TicketId, bool, Duration)>> {
    let rounds = presented.first().map_or(0, Vec::len);
    let mut seen = Vec::with_capacity(rounds / step * DOORS);
    for round in (first..rounds).step_by(step) {
        let claims = lines.iter_mut().zip(presented.iter()).map(async |(line, door)| {
            let Presented { ticket, claim } = door.get(round).context("every door has every round")?;
            let asked = Instant::now();
            let answer = line.ask(claim).await?;
            let took = asked.elapsed();
            let is_granted = match answer.status {
                200 => true,
                409 => false,
                status => bail!("a claim was answered {status}: {}", String::from_utf8_lossy(&answer.body)),
            };
            Ok((*ticket, is_granted, took))
        });
        let answers = try_join_all(claims).await?;
        for ((ticket, is_granted, _), say) in answers.iter().zip(&said) {
            say.send((round, *ticket, *is_granted)).context("every door writes")?;
        }
        seen.extend(answers);
    }
    Ok(seen)
}

/// Writes a door's journal in the order of the rounds, and sends it.
async fn scribe(mut door: Door, mut hear: UnboundedReceiver<Said>, sending: Sending) -> anyhow::Result<Door> {
    let mut line = door.line().await?;
    let (mut waiting, mut next, mut sent) = (BTreeMap::new(), 0, Seq(0));
    let mut heard = Vec::new();
    loop {
        let is_over = hear.recv_many(&mut heard, BATCH).await == 0;
        waiting.extend(heard.drain(..).map(|(round, ticket, is_admitted)| (round, (ticket, is_admitted))));
        while let Some((ticket, is_admitted)) = waiting.remove(&next) {
            door.write(ticket, is_admitted);
            next += 1;
        }
        while door.device.end().seq > sent && (is_over || sending == Sending::Meanwhile) {
            let batch = door.pack(sent.next(), BATCH)?;
            let answer = line.ask(&batch.request).await?.success()?;
            door.check(&batch, &answer)?;
            sent = batch.last;
        }
        if is_over {
            return Ok(door);
        }
    }
}
