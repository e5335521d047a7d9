//! Two doors with a link, and one ticket at both at the same moment.

use std::thread;

use harness::on_both_databases;
use harness::process::{Door, ServerOptions};
use serde_json::{Value, json};

use crate::venue::{LEFT, RIGHT, Venue, assert_arrived_once, assert_none_counts_twice, is_admitted, is_in_step};

/// How many tickets are at both doors.
const TICKETS: usize = 40;

on_both_databases! {
    async fn a_ticket_at_two_doors_at_the_same_moment_comes_in_once(url: String) {
        let server = ServerOptions::default().database_url(url).start().unwrap();
        // As long as the server answers at all, it is waited for.
        let venue = Venue::open_with(&server, TICKETS, json!({ "claim_ms": 2_000 })).await;
        let (left, right) = (venue.enrol_by_picture(LEFT).await, venue.enrol_by_picture(RIGHT).await);
        let (mut left_door, mut right_door) =
            (left.headless(&["--no-camera"]).unwrap(), right.headless(&["--no-camera"]).unwrap());
        for door in [&mut left_door, &mut right_door] {
            door.wait_for(is_in_step).unwrap();
        }

        for ticket in &venue.tickets {
            let code = venue.credential(ticket).await;
            let seen = at_once(&mut left_door, &mut right_door, &code);
            let admitted = seen.iter().filter(is_admitted).count();
            assert_eq!(admitted, 1, "{seen:?}");
            let denied = seen.iter().find(|seen| seen["verdict"] == "deny").unwrap();
            assert_eq!(denied["code"], "ALREADY_IN", "{denied}");
        }

        let check_ins = venue.admissions(TICKETS).await;
        assert_eq!(check_ins.len(), TICKETS);
        assert_none_counts_twice(&check_ins);
        for (door, gate) in [(&left_door, LEFT), (&right_door, RIGHT)] {
            assert_arrived_once(&door.seen, &venue.device(gate).await, &check_ins);
        }
        assert!(venue.list("conflicts").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stalls_keeps_no_guest_waiting_for_long_and_only_one_of_them_at_all() {
    let mut server = ServerOptions::default().start().unwrap();
    let venue = Venue::open_with(&server, 3, json!({ "claim_ms": 700 })).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let mut codes = Vec::new();
    for ticket in &venue.tickets {
        codes.push(venue.credential(ticket).await);
    }
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    door.wait_for(is_in_step).unwrap();
    let claimed = door.present(&codes[0]).unwrap();
    assert!(is_admitted(&&claimed) && claimed["flags"] == json!([]), "{claimed}");

    server.stall();
    let waited = door.present(&codes[1]).unwrap();
    let next = door.present(&codes[2]).unwrap();
    server.go_on();

    for seen in [&waited, &next] {
        assert!(is_admitted(&seen) && seen["flags"] == json!(["NO_CLAIM"]), "{seen}");
    }
    assert!(waited["ms"].as_f64().unwrap() >= 700.0, "the server was asked: {waited}");
    assert!(next["ms"].as_f64().unwrap() < 700.0, "and not again at once: {next}");
    assert_eq!(venue.admissions(3).await.len(), 3);
}

fn at_once(left: &mut Door, right: &mut Door, code: &str) -> Vec<Value> {
    thread::scope(|scope| {
        let presented = [left, right].map(|door| scope.spawn(move || door.present(code).unwrap()));
        presented.into_iter().map(|seen| seen.join().unwrap()).collect()
    })
}
