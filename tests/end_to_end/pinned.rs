//! A server that signed its own certificate: the terminal knows it by its fingerprint.

use std::fs;

use harness::process::ServerOptions;
use serde_json::json;

use crate::venue::{LEFT, Venue, assert_arrived_once, is_admitted, is_in_step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_certificate_in_the_servers_place_is_refused_and_the_door_goes_on() {
    let mut server = ServerOptions::default().self_signed().start().unwrap();
    let venue = Venue::open(&server, 20).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    assert!(is_admitted(&&door.present(&venue.tickets[0]).unwrap()));
    door.wait_for(is_in_step).unwrap();
    let mut shown = venue.admissions(1).await.len();
    assert_eq!(shown, 1);

    server.stop().unwrap();
    let own = ["tls-certificate.pem", "tls-key.pem"].map(|name| server.data_folder().join(name));
    let kept = own.each_ref().map(|path| fs::read(path).unwrap());
    for path in &own {
        fs::remove_file(path).unwrap();
    }
    server.restart().unwrap();
    // Once it answers, it has its certificate.
    venue.olga.get("/me").await.unwrap();
    assert_ne!(fs::read(&own[0]).unwrap(), kept[0]);
    door.wait_for(|report| report["type"] == "status" && report["link"]["state"] == "offline").unwrap();
    let before = door.seen.len();
    for code in &venue.tickets[1..6] {
        assert!(is_admitted(&&door.present(code).unwrap()));
        shown += 1;
    }
    assert!(door.seen[before..].iter().all(|report| report["link"]["state"] != "online"));
    assert!(door.process.stop().unwrap().success());
    let synced = terminal.run(&["sync", "--json"]).unwrap();
    assert!(!synced.status.success());
    let synced = synced.json().unwrap();
    assert_eq!((&synced["reached"], &synced["unsent"]), (&json!(false), &json!(5)), "{synced}");
    assert_eq!(venue.admissions(1).await.len(), 1);

    for (path, bytes) in own.iter().zip(&kept) {
        fs::write(path, bytes).unwrap();
    }
    server.restart().unwrap();
    terminal.run(&["sync"]).unwrap().success().unwrap();
    let admissions = venue.admissions(shown).await;
    assert_eq!(admissions.len(), shown);
    assert_arrived_once(&door.seen, &venue.device(LEFT).await, &admissions);
}
