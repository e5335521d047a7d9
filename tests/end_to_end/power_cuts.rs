//! `kill -9` of either side at any moment: what was shown is kept, and nothing counts twice.

use harness::on_both_databases;
use harness::process::{Server, ServerOptions};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::venue::{LEFT, Venue, assert_arrived_once, assert_none_counts_twice, is_admitted, is_in_step};

const TERMINAL_KILLS: usize = 16;
const SERVER_KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_door_showed_before_it_was_killed_is_in_its_journal() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 400).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let mut random = StdRng::seed_from_u64(20);
    let (mut shown, mut next, mut newest): (Vec<Value>, usize, u64) = (Vec::new(), 0, 0);

    for kill in 0..TERMINAL_KILLS {
        // Without the network every third time, so that sent and unsent entries stand side by side.
        let network = if kill % 3 == 0 { vec!["--no-camera", "--offline"] } else { vec!["--no-camera"] };
        let mut door = terminal.headless(&network).unwrap();
        // More are presented than are waited for: the kill comes between deciding, storing and telling.
        let (presented, waited_for) = (random.random_range(3..20), random.random_range(1..8));
        let codes: String = venue.tickets[next..next + presented].iter().map(|code| format!("{code}\n")).collect();
        door.process.write(codes.as_bytes()).unwrap();
        for _ in 0..waited_for.min(presented) {
            door.verdict().unwrap();
        }
        door.process.kill9().unwrap();
        while door.next().unwrap().is_some() {}

        let verdicts: Vec<Value> = door.seen.into_iter().filter(|report| report["type"] == "verdict").collect();
        for verdict in &verdicts {
            // A number that was given before would mean that an entry was lost.
            let entry = verdict["entry"].as_u64().unwrap();
            assert!(entry > newest, "{verdict} after entry {newest}");
            newest = entry;
        }
        // Those without a verdict come again; they may be in the journal all the same.
        next += verdicts.len();
        shown.extend(verdicts);
        if kill % 5 == 4 {
            let verified = terminal.run(&["journal", "verify", "--json"]).unwrap().success().unwrap().json().unwrap();
            assert!(verified["entries"].as_u64().unwrap() >= newest, "{verified}, but {newest} were shown");
        }
    }

    let status = terminal.run(&["status", "--json"]).unwrap().success().unwrap().json().unwrap();
    assert!(status["entries"].as_u64().unwrap() >= newest && status["suspended"].is_null(), "{status}");
    let synced = terminal.run(&["sync", "--json"]).unwrap().success().unwrap().json().unwrap();
    assert_eq!((&synced["unsent"], &synced["suspended"]), (&json!(0), &Value::Null));
    assert!(shown.iter().filter(is_admitted).count() > TERMINAL_KILLS);
    let check_ins = venue.olga.check_ins(&venue.event).await.unwrap();
    assert_arrived_once(&shown, &venue.device(LEFT).await, &check_ins);
    assert_none_counts_twice(&check_ins);
    // Whoever stood at the door when it went dark was let in once, before or after.
    let admitted = |code: &String| check_ins.iter().any(|c| c["kind"] == "admit" && c["ticket"] == json!(code));
    assert!(venue.tickets[..next].iter().all(admitted));
}

on_both_databases! {
    async fn a_server_killed_while_it_takes_check_ins_has_each_once_in_the_end(url: String) {
        let mut server = ServerOptions::default().database_url(url).start().unwrap();
        let venue = Venue::open(&server, 600).await;
        let terminal = venue.enrol_by_picture(LEFT).await;
        let mut random = StdRng::seed_from_u64(21);
        let mut tickets = venue.tickets.iter();
        let mut offline = terminal.headless(&["--no-camera", "--offline"]).unwrap();
        for code in tickets.by_ref().take(400) {
            assert!(is_admitted(&&offline.present(code).unwrap()));
        }
        assert!(offline.process.stop().unwrap().success());
        let mut shown: Vec<Value> = offline.seen.into_iter().filter(|report| is_admitted(&report)).collect();

        server.kill9().unwrap();
        let mut door = terminal.headless(&["--no-camera"]).unwrap();
        let mut acknowledged = 0;
        for kill in 0..SERVER_KILLS {
            server.restart().unwrap();
            // What a server acknowledged, it still has after its power cut.
            venue.admissions(acknowledged).await;
            // Each check-in sends the terminal to the server at once; the kill meets it anywhere on its way.
            // The first ones meet all that was queued, as early as can be.
            let count = if kill < 4 { 1 } else { random.random_range(1..18) };
            for code in tickets.by_ref().take(count) {
                assert!(is_admitted(&&door.present(code).unwrap()));
            }
            server.kill9().unwrap();
            acknowledged = acknowledged_at_least(shown.len(), &door.seen);
        }
        server.restart().unwrap();
        assert!(is_admitted(&&door.present(tickets.next().unwrap()).unwrap()));
        door.wait_for(is_in_step).unwrap();
        shown.extend(door.seen);

        let admissions = venue.admissions(shown.iter().filter(is_admitted).count()).await;
        assert_eq!(admissions.len(), shown.iter().filter(is_admitted).count());
        assert_arrived_once(&shown, &venue.device(LEFT).await, &admissions);
        assert_none_counts_twice(&admissions);
        assert!(venue.list("conflicts").await.is_empty());
        assert!(venue.list("quarantine").await.is_empty());
    }
}

/// How many of `before` admissions and those that a door told were acknowledged, by its own last account.
fn acknowledged_at_least(before: usize, seen: &[Value]) -> usize {
    let (mut admitted, mut acknowledged) = (before, 0);
    for report in seen {
        if is_admitted(&report) {
            admitted += 1;
        } else if let Some(unsent) = report["unsent"].as_u64() {
            acknowledged = acknowledged.max(admitted.saturating_sub(usize::try_from(unsent).unwrap()));
        }
    }
    acknowledged
}
