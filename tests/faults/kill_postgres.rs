//! PostgreSQL is killed under two servers, their connections are cut in mid-commit, and one of them is killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use harness::cluster::Cluster;
use harness::process::{Server, ServerOptions};
use rand::RngExt as _;

use crate::asking::Front;
use crate::doors::Event;
use crate::ground::Ground;
use crate::kill_server::settle;
use crate::load::{FEW_MAX, Load, TICKETS_A_ROUND};
use crate::wire::{Cut, Wire};

/// How long everything works before the next fault, at most.
const WORKING: Duration = Duration::from_millis(400);
/// How long PostgreSQL stays away, at most.
const AWAY: Duration = Duration::from_millis(300);

/// What happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// PostgreSQL is killed with all its processes, and started again.
    Kill,
    /// Every connection is cut at once.
    Cut,
    /// The connection that commits next is cut.
    CutAtCommit(Cut),
    /// One of the two servers is killed, and started again.
    KillServer,
}

impl Fault {
    fn draw(of_hundred: u32) -> Self {
        match of_hundred {
            0..30 => Self::Kill,
            30..40 => Self::Cut,
            40..60 => Self::CutAtCommit(Cut::Before),
            60..80 => Self::CutAtCommit(Cut::After),
            _ => Self::KillServer,
        }
    }

    const fn counted(self) -> &'static str {
        match self {
            Self::Kill => "kills of PostgreSQL",
            Self::Cut => "cuts of all connections",
            Self::CutAtCommit(_) => "cuts ordered at a commit",
            Self::KillServer => "kills of one of two servers",
        }
    }
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut cluster = Cluster::start(&ground.folder("cluster")?)?;
    let wire = Wire::lay(&cluster.socket())?;
    // One master key for both.
    let folder = ground.folder("servers")?;
    let server = || {
        let options = ServerOptions::default().data_folder(&folder).database_url(wire.url());
        options.environment("USHER_LOG", "warn").start()
    };
    let mut servers = [server()?, server()?];
    let outcome = harm(ground, &mut cluster, &wire, &mut servers).await;
    let log: String = servers.iter().map(Server::log).collect();
    std::fs::write(ground.path().join("server.log"), log)?;
    outcome
}

async fn harm(
    ground: &mut Ground,
    cluster: &mut Cluster,
    wire: &Wire,
    servers: &mut [Server; 2],
) -> anyhow::Result<()> {
    let [one, two] = servers;
    let event = Event::make(one, FEW_MAX).await?;
    let tickets = event.import(ground.rounds as usize * TICKETS_A_ROUND + TICKETS_A_ROUND).await?;
    let front = Arc::new(Front::open(vec![one.url(), two.url()]).await?);
    let folder = ground.folder("entrance")?;
    let load = Load::begin(Arc::clone(&front), event, tickets, &folder).await?;
    for round in 0..ground.rounds {
        ground.tell(round);
        ground.pass_up_to(WORKING);
        let of_hundred = ground.chance.random_range(0..100);
        let fault = Fault::draw(of_hundred);
        ground.findings.count(fault.counted(), 1);
        match fault {
            Fault::Kill => {
                cluster.kill9()?;
                ground.pass_up_to(AWAY);
                cluster.restart().context("PostgreSQL did not start again")?;
            }
            Fault::Cut => wire.cut(),
            Fault::CutAtCommit(cut) => wire.cut_at_commit(cut),
            Fault::KillServer => {
                let server = if ground.chance.random_bool(0.5) { &mut *one } else { &mut *two };
                server.kill9()?;
                ground.pass_up_to(AWAY);
                let began = Instant::now();
                server.restart().context("the server did not start again by itself")?;
                ground.findings.highest("ms for the slowest start", u64::try_from(began.elapsed().as_millis())?);
            }
        }
        ground.findings.count("connections cut in mid-commit", usize::try_from(wire.take_cut())?);
    }
    let (front, event, mut told) = load.end().await?;
    settle(ground, &front, &event, &mut told).await;
    ground.findings.absorb(std::mem::take(&mut *front.findings()));
    told.compare(&event, &mut ground.findings).await
}
