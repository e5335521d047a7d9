//! Claims of many doors at once.

use std::sync::Arc;

use harness::device::Device;
use harness::on_both_databases;
use serde_json::Value;
use sync_protocol::id::TicketId;
use sync_protocol::journal::EntryKind;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::admissions::claim;
use crate::doors::Doors;
use crate::served::Served;

const DOORS: usize = 8;
const ROUNDS: usize = 30;
/// Each ticket of a round is at two doors.
const TICKETS: usize = DOORS / 2;

on_both_databases! {
    async fn a_ticket_that_two_of_eight_doors_present_at_the_same_moment_comes_in_once(url: String) {
        let served = Served::start(&url).await;
        // Several servers share a PostgreSQL, and of two doors that present one ticket each may be at its own.
        let other = if url.starts_with("postgres") { Some(Served::start(&url).await) } else { None };
        let venue = Doors::open(&served, ROUNDS * TICKETS).await;
        let together = Arc::new(Barrier::new(DOORS));
        let mut presenting = JoinSet::new();
        for at in 0..DOORS {
            let device = venue.device(&format!("Door {at}")).await;
            let device = match &other {
                Some(other) if at % 2 == 1 => device.at(&other.url),
                _ => device,
            };
            let tickets = (0..ROUNDS).map(|round| venue.tickets[round * TICKETS + met(round, at)].clone()).collect();
            presenting.spawn(present(device, tickets, Arc::clone(&together)));
        }

        let granted: usize = presenting.join_all().await.iter().sum();

        assert_eq!(granted, ROUNDS * TICKETS);
        let check_ins = venue.list("check-ins").await;
        let mut admitted: Vec<&str> =
            check_ins.iter().filter(|one| one["kind"] == "admit").map(|one| one["ticket"].as_str().unwrap()).collect();
        admitted.sort_unstable();
        let mut tickets: Vec<&str> = venue.tickets.iter().map(String::as_str).collect();
        tickets.sort_unstable();
        assert_eq!(admitted, tickets);
        assert_eq!(check_ins.len(), ROUNDS * DOORS);
        assert_eq!(venue.list("conflicts").await, Vec::<Value>::new());
    }
}

/// Presents a ticket in each round, when all doors do, and sends what became of it at once. Returns how many came in.
async fn present(mut device: Device, tickets: Vec<String>, together: Arc<Barrier>) -> usize {
    let mut granted = 0;
    for ticket in tickets {
        let seq = device.end().seq.next();
        together.wait().await;
        if claim(&device, &ticket, seq.0).await.is_ok() {
            granted += 1;
            device.admit(&ticket, 0);
        } else {
            let ticket = TicketId::from_typed_code(&ticket).unwrap();
            device.write(EntryKind::Deny, |entry| (entry.ticket, entry.reason) = (ticket, 21));
        }
        device.push(seq.0).await.unwrap();
    }
    granted
}

/// Returns which of a round's tickets is at a door: in seven rounds each door meets each other one once.
fn met(round: usize, door: usize) -> usize {
    const MOVING: usize = DOORS - 1;
    let place = if door == MOVING { 0 } else { (door + round) % MOVING };
    place.min(MOVING - place)
}
