//! A server is killed at any moment: what it acknowledged is there once, and it starts again by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::organiser::Organiser;
use harness::process::{Server, ServerOptions};
use rand::RngExt as _;
use usher_server::once::UNANSWERED_MS_MAX;

use crate::asking::Front;
use crate::doors::Event;
use crate::ground::Ground;
use crate::load::{FEW_MAX, Load, TICKETS_A_ROUND, Told};

/// How long a server works before it is killed, at most.
const WORKING: Duration = Duration::from_millis(250);
/// How long a server takes to start here, about.
const STARTING: Duration = Duration::from_millis(120);
/// How long a new database's tables take here, about.
const MIGRATING: Duration = Duration::from_millis(250);
/// With fewer rounds it isn't waited until a dead server's requests count as dead.
const PATIENT_FROM: u32 = 100;

/// What a server is doing when it is killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Doing {
    /// Answering everybody.
    Working,
    /// Starting on what the last kill left.
    Starting,
    /// Making the tables of a new database.
    Migrating,
}

impl Doing {
    fn draw(of_hundred: u32) -> Self {
        match of_hundred {
            0..70 => Self::Working,
            70..90 => Self::Starting,
            _ => Self::Migrating,
        }
    }

    const fn counted(self) -> &'static str {
        match self {
            Self::Working => "kills under load",
            Self::Starting => "kills while starting",
            Self::Migrating => "kills while making tables",
        }
    }
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut server = ground.server("server")?.start()?;
    let outcome = kill(ground, &mut server).await;
    std::fs::write(ground.path().join("server.log"), server.log())?;
    outcome
}

async fn kill(ground: &mut Ground, server: &mut Server) -> anyhow::Result<()> {
    let event = Event::make(server, FEW_MAX).await?;
    let tickets = event.import(ground.rounds as usize * TICKETS_A_ROUND + TICKETS_A_ROUND).await?;
    let front = Arc::new(Front::open(vec![server.url()]).await?);
    let folder = ground.folder("entrance")?;
    let load = Load::begin(Arc::clone(&front), event, tickets, &folder).await?;
    for round in 0..ground.rounds {
        ground.tell(round);
        let of_hundred = ground.chance.random_range(0..100);
        let doing = Doing::draw(of_hundred);
        ground.findings.count(doing.counted(), 1);
        match doing {
            Doing::Working => ground.pass_up_to(WORKING),
            Doing::Starting => {
                server.kill9()?;
                server.begin()?;
                ground.pass_up_to(STARTING);
            }
            Doing::Migrating => migrating(ground, round).await?,
        }
        if doing != Doing::Migrating {
            server.kill9()?;
            restart(ground, server)?;
        }
    }
    let (front, event, mut told) = load.end().await?;
    settle(ground, &front, &event, &mut told).await;
    ground.findings.absorb(std::mem::take(&mut *front.findings()));
    told.compare(&event, &mut ground.findings).await
}

/// Starts the server again, and notes how long that took.
fn restart(ground: &mut Ground, server: &mut Server) -> anyhow::Result<()> {
    let began = Instant::now();
    server.restart().context("the server did not start again by itself")?;
    let took = u64::try_from(began.elapsed().as_millis())?;
    ground.findings.highest("ms for the slowest start", took);
    Ok(())
}

/// Sends what nobody knows the outcome of until it is known: a key that a dead server holds is free after a while.
pub(crate) async fn settle(ground: &Ground, front: &Front, event: &Event, told: &mut Told) {
    front.take_up();
    told.settle(front, event).await;
    if told.unknown() > 0 && ground.rounds >= PATIENT_FROM {
        let wait = Duration::from_millis(UNANSWERED_MS_MAX + 1_000);
        eprintln!("{} requests were cut off; their keys are free in {wait:?}", told.unknown());
        tokio::time::sleep(wait).await;
        told.settle(front, event).await;
    }
    front.end();
}

/// Kills what makes a new database's tables, and starts a server on what is there.
async fn migrating(ground: &mut Ground, round: u32) -> anyhow::Result<()> {
    let name = format!("fresh-{round}");
    let options: ServerOptions = ground.server(&name)?;
    let mut server = options.begin()?;
    ground.pass_up_to(MIGRATING);
    server.kill9()?;
    restart(ground, &mut server)?;
    Organiser::first(&server).await.context("a server whose first start was killed has no first account")?;
    server.stop()?;
    if ground.findings.is_clean() {
        std::fs::remove_dir_all(ground.folder(&name)?)?;
    }
    Ok(())
}
