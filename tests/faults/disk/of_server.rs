//! A server on SQLite whose disk fails under load.

use std::sync::Arc;
use std::time::Duration;

use super::{Disk, Order};
use crate::asking::Front;
use crate::doors::Event;
use crate::ground::Ground;
use crate::kill_server::settle;
use crate::load::{FEW_MAX, Load, TICKETS_A_ROUND};

/// How long the disk is well, and how long it fails, at most.
const SPELL: Duration = Duration::from_millis(300);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut options = ground.server("server")?;
    let disk = Disk::of(&ground.folder("server")?, &ground.folder("disk")?)?;
    disk.mend()?;
    for (name, value) in disk.environment() {
        options = options.environment(name, value);
    }
    let mut server = options.start()?;
    let event = Event::make(&server, FEW_MAX).await?;
    let tickets = event.import(ground.rounds as usize * TICKETS_A_ROUND + TICKETS_A_ROUND).await?;
    let front = Arc::new(Front::open(vec![server.url()]).await?);
    let folder = ground.folder("entrance")?;
    let load = Load::begin(Arc::clone(&front), event, tickets, &folder).await?;
    for round in 0..ground.rounds {
        ground.tell(round);
        let order = Order::draw(&mut ground.chance);
        ground.findings.count(order.counted(), 1);
        ground.pass_up_to(SPELL);
        disk.fail(order)?;
        ground.pass_up_to(SPELL);
        disk.mend()?;
    }
    let (front, event, mut told) = load.end().await?;
    settle(ground, &front, &event, &mut told).await;
    ground.findings.absorb(std::mem::take(&mut *front.findings()));
    let compared = told.compare(&event, &mut ground.findings).await;
    server.stop()?;
    std::fs::write(ground.path().join("server.log"), server.log())?;
    compared
}
