//! A terminal that never sees a network: its check-ins travel as a file.

use harness::on_both_databases;
use harness::process::ServerOptions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::venue::{LEFT, Venue, assert_arrived_once, is_admitted};

on_both_databases! {
    async fn an_exported_journal_that_an_organiser_uploads_counts_once(url: String) {
        let server = ServerOptions::default().database_url(url).start().unwrap();
        let venue = Venue::open(&server, 30).await;
        let terminal = venue.enrol_by_picture(LEFT).await;
        let mut door = terminal.headless(&["--no-camera", "--offline"]).unwrap();
        for code in &venue.tickets[..12] {
            assert!(is_admitted(&&door.present(code).unwrap()));
        }
        assert!(door.process.stop().unwrap().success());

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("door.journal");
        let exported = terminal.run(&["export", "--json", "--output", &file.to_string_lossy()]).unwrap();
        let exported = exported.success().unwrap().json().unwrap();
        let entries = exported["entries"].as_u64().unwrap();
        assert!(entries >= 12, "{exported}");
        let bytes = std::fs::read(&file).unwrap();
        let device = venue.device(LEFT).await;
        let mut once = Vec::new();
        for _ in 0..2 {
            let brought = upload(&venue, bytes.clone()).await;
            assert_eq!(brought["batches"][0]["outcome"], "stored", "{brought}");
            assert_eq!(brought["batches"][0]["last_seq"], json!(entries));
            once = venue.admissions(12).await;
            assert_eq!(once.len(), 12);
            assert_arrived_once(&door.seen, &device, &once);
        }

        let synced = terminal.run(&["sync", "--json"]).unwrap().success().unwrap().json().unwrap();
        assert_eq!((&synced["unsent"], &synced["suspended"]), (&json!(0), &Value::Null));
        assert_eq!(venue.admissions(12).await, once);
        assert!(venue.list("conflicts").await.is_empty());
        assert!(venue.list("quarantine").await.is_empty());
    }
}

async fn upload(venue: &Venue, file: Vec<u8>) -> Value {
    let path = format!("/events/{}/journals", venue.event);
    let request = venue.olga.request(Method::POST, &path).header("content-type", "application/octet-stream");
    let response = request.body(file).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}
