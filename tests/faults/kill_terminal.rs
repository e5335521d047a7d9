//! A terminal is killed at any moment: what it showed is in its journal and arrives once.

mod door;
mod making;

use std::time::Duration;

use harness::process::{Program, Server};
use rand::RngExt as _;

use self::door::Door;
use crate::doors::{Event, ask, number};
use crate::ground::Ground;

/// Tickets for each round: more than are presented.
const TICKETS_A_ROUND: usize = 12;
/// Tickets besides, so that a list takes a while to come.
const TICKETS_MIN: usize = 2_000;

/// What a terminal is doing when it is killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Doing {
    /// Opening its store.
    Unlocking,
    /// Fetching its first list.
    Downloading,
    /// Deciding, without a network.
    Scanning,
    /// Deciding, sending and hearing what is new.
    Sending,
    /// Making its store, at enrolment.
    Making,
}

impl Doing {
    /// Of a hundred: the making derives a key at its full price.
    fn draw(of_hundred: u32) -> Self {
        match of_hundred {
            0..15 => Self::Unlocking,
            15..30 => Self::Downloading,
            30..63 => Self::Scanning,
            63..96 => Self::Sending,
            _ => Self::Making,
        }
    }

    const fn counted(self) -> &'static str {
        match self {
            Self::Unlocking => "kills while unlocking",
            Self::Downloading => "kills while downloading",
            Self::Scanning => "kills while deciding offline",
            Self::Sending => "kills while deciding and sending",
            Self::Making => "kills while making the store",
        }
    }
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut server = ground.server("server")?.start()?;
    let outcome = kill(ground, &server).await;
    server.stop()?;
    std::fs::write(ground.path().join("server.log"), server.log())?;
    outcome
}

async fn kill(ground: &mut Ground, server: &Server) -> anyhow::Result<()> {
    let event = Event::make(server, 0).await?;
    let rounds = ground.rounds;
    let tickets = event.import(TICKETS_MIN + rounds as usize * TICKETS_A_ROUND).await?;
    let held = tickets.len() as u64;
    let mut fresh = tickets.into_iter();
    let mut doors = 0;
    let mut door = downloaded(ground, &event, held, &mut doors, Killed::Never).await?;
    for round in 0..rounds {
        ground.tell(round);
        let of_hundred = ground.chance.random_range(0..100);
        let doing = Doing::draw(of_hundred);
        ground.findings.count(doing.counted(), 1);
        match doing {
            Doing::Unlocking => door.unlock(ground, &mut fresh)?,
            Doing::Downloading => {
                door.retire(ground, &event).await?;
                door = downloaded(ground, &event, held, &mut doors, Killed::OnTheWay).await?;
            }
            Doing::Scanning => door.work(ground, &mut fresh, &["--offline"], Duration::from_millis(12))?,
            Doing::Sending => door.work(ground, &mut fresh, &[], Duration::from_millis(60))?,
            Doing::Making => making::killed(ground, &event, server, round).await?,
        }
    }
    door.retire(ground, &event).await?;
    if let Err(wrong) = event.is_at_peace().await? {
        ground.findings.violation(wrong);
    }
    Ok(())
}

/// Whether a download is killed before it is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Killed {
    Never,
    OnTheWay,
}

/// Enrols another terminal and has it fetch the list, which holds so many tickets.
async fn downloaded(
    ground: &mut Ground,
    event: &Event,
    held: u64,
    doors: &mut u32,
    killed: Killed,
) -> anyhow::Result<Door> {
    *doors += 1;
    let name = format!("terminal-{doors}");
    let folder = ground.folder(&name)?;
    let terminal = event.enrol(&name, &folder).await?;
    if killed == Killed::OnTheWay {
        let mut program = Program::start(terminal.command()?.args(["sync", "--json"]))?;
        ground.pass_up_to(Duration::from_millis(250));
        program.kill9()?;
    }
    let synced = ask(&terminal, &["sync", "--json"])?;
    ground.findings.expect(number(&synced, "tickets") == Some(held), || {
        format!("{name} holds another list than the server's {held} tickets: {synced}")
    });
    Ok(Door::new(name, folder, terminal))
}
