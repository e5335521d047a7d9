//! Two servers on one PostgreSQL: the doors speak to one, organisers to the other.

use harness::organiser::{EMAIL, Organiser, PASSWORD};
use harness::postgres;
use harness::process::ServerOptions;
use serde_json::{Value, json};

use crate::venue::{LEFT, Venue, assert_arrived_once, is_admitted, is_in_step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_at_one_server_and_an_organiser_at_the_other_are_in_step() {
    let database = postgres::database();
    // One master key for both.
    let folder = tempfile::tempdir().unwrap();
    let at = || ServerOptions::default().database_url(&database.url).data_folder(folder.path()).start().unwrap();
    let (of_doors, mut of_organisers) = (at(), at());
    let mut venue = Venue::open(&of_doors, 60).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    venue.olga = Organiser::log_in(&of_organisers.url(), EMAIL, PASSWORD).await.unwrap();
    let mut door = terminal.headless(&["--no-camera"]).unwrap();

    for (at, code) in venue.tickets[..30].iter().enumerate() {
        let seen = door.present(code).unwrap();
        assert!(is_admitted(&&seen), "{seen}");
        if at == 20 {
            of_organisers.kill9().unwrap();
            of_organisers.restart().unwrap();
        }
    }
    let admissions = venue.admissions(30).await;
    assert_eq!(admissions.len(), 30);
    assert_arrived_once(&door.seen, &venue.device(LEFT).await, &admissions);

    // What the organiser does at the one reaches the door by the other.
    venue.olga.change_ticket(&venue.event, &venue.tickets[40], "cancel").await.unwrap();
    venue.olga.register(&venue.event, &json!({ "name": "Lea", "ticket_type": "Regular" })).await.unwrap();
    door.wait_for(|report: &Value| is_in_step(report) && report["tickets"] == 61).unwrap();
    assert_eq!(door.present(&venue.tickets[40]).unwrap()["code"], "CANCELLED");
    assert!(is_admitted(&&door.present(&venue.tickets[41]).unwrap()));
    assert_eq!(venue.admissions(31).await.len(), 31);
}
