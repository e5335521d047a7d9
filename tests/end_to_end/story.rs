//! The whole main job: two doors without a network, and what the server knows afterwards.

use std::path::Path;

use ed25519_dalek::SigningKey;
use harness::frames::{self, Scene, Severity};
use harness::on_both_databases;
use harness::organiser::{eventually, text};
use harness::process::{PATIENCE, ServerOptions};
use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::journal::Entry;
use sync_protocol::ticket::Credential;

use crate::venue::{LEFT, RIGHT, Venue, assert_arrived_once, is_admitted, is_in_step, is_suspended, ticket};

/// Tickets that each door sees and no other.
const AT_EACH_DOOR: usize = 18;

on_both_databases! {
    async fn what_two_doors_did_without_a_network_is_on_the_server_once(url: String) {
        let mut server = ServerOptions::default().database_url(url).start().unwrap();
        let venue = Venue::open(&server, 1_000).await;
        let left = venue.enrol_by_typed_code(&server, LEFT).await;
        let right = venue.enrol_by_picture(RIGHT).await;
        let status = left.run(&["status", "--json"]).unwrap().success().unwrap().json().unwrap();
        assert_eq!((&status["tickets"], &status["unsent"]), (&json!(1_000), &json!(0)));

        // Everybody's credentials, and what the doors don't learn before the network is gone.
        let mut credentials = Vec::new();
        for ticket in &venue.tickets[..2 * AT_EACH_DOOR + 8] {
            credentials.push(venue.credential(ticket).await);
        }
        let stranger = another_event(&venue).await;
        let cancelled = credentials.pop().unwrap();
        let cancelled_ticket = &venue.tickets[credentials.len()];
        venue.olga.change_ticket(&venue.event, cancelled_ticket, "cancel").await.unwrap();
        let late = venue.olga.register(&venue.event, &json!({ "name": "Lea", "ticket_type": "Regular" })).await.unwrap();
        let unlisted = venue.credential(&ticket(&late)).await;
        let shared = credentials.pop().unwrap();
        let shared_ticket = &venue.tickets[credentials.len()];
        let forged = forge(&venue.event, &credentials.pop().unwrap());
        let fresh = credentials.split_off(2 * AT_EACH_DOOR);
        assert!(server.stop().unwrap().success());

        let pictures = tempfile::tempdir().unwrap();
        draw(&credentials[..2], pictures.path());
        let mut left_door = left.headless(&["--replay", &pictures.path().to_string_lossy()]).unwrap();
        let mut right_door = right.headless(&["--no-camera"]).unwrap();
        for _ in 0..2 {
            let seen = left_door.verdict().unwrap();
            assert!(is_admitted(&&seen), "{seen}");
        }
        for (at, credential) in credentials.iter().enumerate().skip(2) {
            let door = if at < AT_EACH_DOOR { &mut left_door } else { &mut right_door };
            let seen = door.present(credential).unwrap();
            assert!(is_admitted(&&seen) && seen["flags"] == json!([]), "{seen}");
        }
        for (door, code) in [(&mut left_door, &shared), (&mut right_door, &shared)] {
            assert!(is_admitted(&&door.present(code).unwrap()));
        }
        assert!(is_admitted(&&left_door.present(&cancelled).unwrap()));
        let seen = right_door.present(&unlisted).unwrap();
        assert!(is_admitted(&&seen), "{seen}");
        assert!(seen["flags"].as_array().unwrap().contains(&json!("UNLISTED")), "{seen}");
        assert_denied(&left_door.present(&forged).unwrap(), "BAD_SIGNATURE");
        assert_denied(&right_door.present(&stranger).unwrap(), "UNKNOWN_KEY");
        let again = left_door.present(&credentials[5]).unwrap();
        assert!(["JUST_SCANNED", "ALREADY_IN"].map(Value::from).contains(&again["code"]), "{again}");

        server.restart().unwrap();
        // Something new in the journal ends the wait after the last vain attempt.
        assert_denied(&left_door.present(&forged).unwrap(), "BAD_SIGNATURE");
        assert_denied(&right_door.present(&stranger).unwrap(), "UNKNOWN_KEY");
        for door in [&mut left_door, &mut right_door] {
            door.wait_for(|report| is_in_step(report) && report["tickets"] == 1_001).unwrap();
        }
        let shown = 2 * AT_EACH_DOOR + 4;
        let admissions = venue.admissions(shown).await;
        assert_eq!(admissions.len(), shown);
        assert_arrived_once(&left_door.seen, &venue.device(LEFT).await, &admissions);
        assert_arrived_once(&right_door.seen, &venue.device(RIGHT).await, &admissions);

        let conflicts = venue.list("conflicts").await;
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        assert_eq!(conflicts[0]["ticket"], json!(shared_ticket));
        assert_eq!(conflicts[0]["excess"].as_array().unwrap().len(), 1);
        // The doors' clocks differ by some milliseconds, so either may count as the first.
        let mut gates = Vec::new();
        for entry in [&conflicts[0]["first"], &conflicts[0]["excess"][0]] {
            let signed = Entry::decode(&hex::decode(text(entry, "entry").unwrap()).unwrap()).unwrap();
            assert_eq!(signed.ticket.typed_code(), *shared_ticket);
            gates.push(text(&entry["gate"], "name").unwrap());
        }
        gates.sort();
        assert_eq!(gates, [LEFT, RIGHT]);
        assert_denied(&left_door.present(&cancelled).unwrap(), "CANCELLED");
        assert_denied(&right_door.present(&cancelled).unwrap(), "CANCELLED");

        // The right terminal is revoked while it is away, the left one while it looks on.
        assert!(right_door.process.stop().unwrap().success());
        let device = venue.device(RIGHT).await;
        venue.olga.revoke_device(&venue.event, &text(&device, "id").unwrap()).await.unwrap();
        let mut away = right.headless(&["--no-camera", "--offline"]).unwrap();
        for credential in &fresh[..3] {
            assert!(is_admitted(&&away.present(credential).unwrap()));
        }
        assert!(away.process.stop().unwrap().success());
        let mut back = right.headless(&["--no-camera"]).unwrap();
        back.wait_for(|report| is_suspended(report, "revoked")).unwrap();
        assert_denied(&back.present(&fresh[3]).unwrap(), "TERMINAL_NOT_READY");

        let held = async || venue.olga.list(&format!("/events/{}/quarantine", venue.event)).await;
        let quarantine = eventually(PATIENCE, held, |list| !list.is_empty()).await.unwrap();
        assert_eq!((quarantine.len(), &quarantine[0]["reason"]), (1, &json!("revoked")));
        assert_eq!(venue.admissions(shown).await.len(), shown);
        let adopt = format!("/events/{}/quarantine/{}/adopt", venue.event, quarantine[0]["number"]);
        venue.olga.post(&adopt, &json!({})).await.unwrap();
        venue.olga.post(&adopt, &json!({})).await.unwrap();
        let admissions = venue.admissions(shown + 3).await;
        assert_eq!(admissions.len(), shown + 3);
        assert_arrived_once(&away.seen, &device, &admissions);

        let device = venue.device(LEFT).await;
        venue.olga.revoke_device(&venue.event, &text(&device, "id").unwrap()).await.unwrap();
        left_door.wait_for(|report| is_suspended(report, "revoked")).unwrap();
        assert_denied(&left_door.present(&fresh[3]).unwrap(), "TERMINAL_NOT_READY");
        assert_eq!(venue.admissions(shown + 3).await.len(), shown + 3);
    }
}

fn assert_denied(verdict: &Value, code: &str) {
    assert_eq!((&verdict["verdict"], &verdict["code"]), (&json!("deny"), &json!(code)), "{verdict}");
}

/// Sells a ticket for another event and returns its credential.
async fn another_event(venue: &Venue) -> String {
    let event = json!({
        "name": "Elsewhere", "time_zone": "Europe/Berlin", "starts": "2020-01-01T00:00:00Z",
        "ends": "2100-01-01T00:00:00Z", "ticket_types": [{ "name": "Regular" }],
    });
    let event = venue.olga.create_event(&event).await.unwrap();
    let sold = venue.olga.register(&event, &json!({ "name": "Zoe", "ticket_type": "Regular" })).await.unwrap();
    venue.olga.credential(&event, &ticket(&sold)).await.unwrap()
}

/// The same claims, signed by somebody who isn't the organiser.
fn forge(event: &str, credential: &str) -> String {
    let event: EventId = event.parse().unwrap();
    let genuine = Credential::from_text(credential).unwrap();
    genuine.unverified().sign(event, &SigningKey::from_bytes(&[7; 32])).to_text()
}

/// Draws each ticket as a camera sees it, held still for a moment, with an empty frame behind it.
fn draw(credentials: &[String], folder: &Path) {
    for (at, credential) in credentials.iter().enumerate() {
        let seed = at as u64;
        let held = frames::render(credential, &Scene { severity: Severity::Mild, ..Scene::moderate(seed) });
        // On a busy machine the time for a picture may run out; the last ones take next to none.
        let clean = frames::clean(credential);
        let shown = [&held, &held, &held, &clean, &clean, &frames::without_code(seed)];
        for (number, frame) in shown.into_iter().enumerate() {
            frame.save(folder.join(format!("{at}-{number}.jpg"))).unwrap();
        }
    }
}
