//! Closing an event: its doors hear of it and its feed ends, while what they still send counts.

use harness::device::{Device, refusal};
use harness::on_both_databases;
use serde_json::json;
use sync_protocol::feed::Kind;

use crate::doors::Doors;
use crate::served::{Served, assert_problem, post};

async fn has_key(served: &Served) -> bool {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM feeds WHERE body_key IS NOT NULL")
        .fetch_one(tx.connection())
        .await
        .unwrap();
    count > 0
}

on_both_databases! {
    async fn closing_destroys_the_feeds_key_and_what_doors_still_send_counts(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open_now(&served, 4).await;
        let (mut left, mut right) = (doors.device("Left").await, doors.device("Right").await);
        let mut lost = doors.device("Lost").await;
        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();
        assert!(has_key(&served).await);

        doors.olga.post(&format!("/events/{}/close", doors.event), &json!({})).await.unwrap();

        assert!(!has_key(&served).await);
        let pulled = right.pull(right.beginning(), 1_000).await.unwrap();
        assert_eq!(pulled.records.last().unwrap().kind, Kind::Close);
        // One comes in at a door that did not know, one a second time.
        right.admit(&doors.tickets[1], 0);
        right.admit(&doors.tickets[0], 0);
        right.push(1).await.unwrap();
        let told = right.pull(pulled.position, 1_000).await.unwrap();
        assert_eq!(told.records.len(), 0, "nothing follows the end");
        let figures = doors.get("statistics").await;
        assert_eq!((&figures["registered"], &figures["came"]), (&json!(4), &json!(2)));
        assert_eq!(doors.list("conflicts").await.len(), 1);
        // What a lost device has sent is adopted as ever.
        lost.admit(&doors.tickets[2], 0);
        doors.change(&lost, "revoke").await.unwrap();
        lost.push(1).await.unwrap_err();
        doors.olga.post(&format!("/events/{}/quarantine/1/adopt", doors.event), &json!({})).await.unwrap();
        assert_eq!(doors.get("statistics").await["came"], 3);
        let report = doors.olga.bytes(&format!("/events/{}/report.csv", doors.event)).await.unwrap();
        let report = String::from_utf8(report).unwrap();
        assert!(report.contains("Ticket types,Regular,came,3"), "{report}");
        assert!(!report.contains("Guest"), "a report names nobody: {report}");
        let pdf = doors.olga.bytes(&format!("/events/{}/report.pdf", doors.event)).await.unwrap();
        assert!(pdf.starts_with(b"%PDF"));
    }

    async fn a_closed_event_takes_no_device(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let code = doors.code(json!({ "name": "Slow", "confirmed": true })).await;
        let (slow, _) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let code = doors.code(json!({ "name": "Asking" })).await;
        let (asking, _) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let late = doors.code(json!({ "name": "Late", "confirmed": true })).await;

        doors.olga.post(&format!("/events/{}/close", doors.event), &json!({})).await.unwrap();

        let refused = slow.get(&format!("/enrol/{}", slow.id)).send().await.unwrap();
        let (status, code, _) = refusal(refused).await.unwrap();
        assert_eq!((status, code.as_str()), (404, "UNKNOWN_EVENT"));
        let confirm = format!("/events/{}/devices/{}/confirm", doors.event, asking.id);
        assert_problem(post(&doors.olga, &confirm, &json!({})), 409, "event-over").await;
        assert!(Device::ask(&doors.url, late["code"].as_str().unwrap()).await.is_err());
    }
}
