//! Copies of the database, and what becomes of the doors when one is put back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use harness::device::Device;
use harness::on_both_databases;
use harness::organiser::{EMAIL, Organiser, PASSWORD};
use harness::process::{Server, ServerOptions};
use serde_json::{Value, json};
use sync_protocol::id::{EventId, FeedSeq};

use crate::served::conference;

/// A server with an event, an attendee and a door, and who runs it.
async fn evening(server: &Server) -> (Organiser, String, Device) {
    let olga = Organiser::first(server).await.unwrap();
    let event = olga.create_event(&conference()).await.unwrap();
    olga.register(&event, &attendee("Ada")).await.unwrap();
    let code = olga.enrolment_code(&event, &json!({ "name": "Door", "confirmed": true })).await.unwrap();
    let door = Device::enrol(&server.url(), code["code"].as_str().unwrap()).await.unwrap();
    (olga, event, door)
}

fn attendee(name: &str) -> Value {
    json!({ "name": name, "ticket_type": "Regular" })
}

async fn names(server: &Server, event: &str) -> Vec<String> {
    let olga = Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
    let held = olga.registrations(event).await.unwrap();
    held.iter().map(|held| held["name"].as_str().unwrap().to_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_put_back_brings_yesterday_and_a_feed_that_no_door_mistakes() {
    let mut server = Server::start().unwrap();
    let (olga, event, door) = evening(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let told = server.command(&["backup", text(&copy)], "").unwrap();
    assert!(told.stdout.contains("master key"), "{told:?}");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    olga.register(&event, &attendee("Grace")).await.unwrap();
    let before = door.pull(door.beginning(), 1_000).await.unwrap();

    // Never over a copy, and never under a server that runs.
    assert!(server.command(&["backup", text(&copy)], "").is_err());
    let refused = server.command(&["restore", text(&copy)], "").unwrap_err();
    assert!(format!("{refused:#}").contains("stop the server first"), "{refused:#}");
    assert_eq!(names(&server, &event).await, ["Ada", "Grace"]);

    server.stop().unwrap();
    let told = server.command(&["restore", text(&copy)], "").unwrap();
    assert!(told.stdout.contains("1 events") && told.stdout.contains("usher.db.before-restore-1"), "{told:?}");
    server.restart().unwrap();

    assert_eq!(names(&server, &event).await, ["Ada"]);
    let after = door.pull(door.beginning(), 1_000).await;
    assert!(after.is_err(), "the door must not take the new feed for the one it was enrolled with");
    let response = door.get(&door.in_event("/head")).send().await.unwrap();
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    let known = hex::encode(before.position.feed.0);
    assert!(!tag.contains(&known), "{tag} names the feed of before: {known}");
    // What was there before is still to be had.
    assert!(server.data_folder().join("usher.db.before-restore-1").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_damaged_or_of_another_installation_replaces_nothing() {
    let mut server = Server::start().unwrap();
    let (_, event, _) = evening(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    server.command(&["backup", text(&copy)], "").unwrap();
    let other = Server::start().unwrap();
    let foreign = folder.path().join("foreign.db");
    Organiser::first(&other).await.unwrap();
    other.command(&["backup", text(&foreign)], "").unwrap();
    let damaged = folder.path().join("damaged.db");
    let mut bytes = fs::read(&copy).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8_192].fill(0x5a);
    fs::write(&damaged, bytes).unwrap();
    let nonsense = folder.path().join("nonsense.db");
    fs::write(&nonsense, "not a database").unwrap();

    server.stop().unwrap();
    let absent = folder.path().join("absent.db");
    for (bad, says) in [(&foreign, "sealed"), (&damaged, ""), (&nonsense, ""), (&absent, "absent.db")] {
        let refused = server.command(&["restore", text(bad)], "").unwrap_err();
        assert!(format!("{refused:#}").contains(says), "{}: {refused:#}", bad.display());
    }
    server.restart().unwrap();

    assert_eq!(names(&server, &event).await, ["Ada"]);
    let left: Vec<_> = fs::read_dir(server.data_folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let leftovers = left.iter().filter(|name| name.to_string_lossy().contains("restor"));
    assert_eq!(leftovers.count(), 0, "{left:?}");
}

on_both_databases! {
    async fn feeds_begin_anew_after_a_database_was_put_back_by_other_means(url: String) {
        let mut server = ServerOptions::default().database_url(url.clone()).start().unwrap();
        let (olga, event, door) = evening(&server).await;
        for number in 0..40 {
            olga.register(&event, &attendee(&format!("Guest {number}"))).await.unwrap();
        }
        let before = door.pull(door.beginning(), 1_000).await.unwrap();

        server.stop().unwrap();
        let told = server.command(&["restored"], "").unwrap();
        assert!(told.stdout.contains("1 events"), "{told:?}");
        server.restart().unwrap();

        // A door that is enrolled now finds a feed that holds together, with the same entries.
        let olga = Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
        let code = olga.enrolment_code(&event, &json!({ "name": "Second", "confirmed": true })).await.unwrap();
        let second = Device::enrol(&server.url(), code["code"].as_str().unwrap()).await.unwrap();
        let pulled = second.pull(second.beginning(), 1_000).await.unwrap();
        assert_ne!(pulled.position.feed, before.position.feed);
        assert!(pulled.position.point.seq > before.position.point.seq);
        let of_before = pulled.records.iter().filter(|record| record.seq <= before.position.point.seq);
        assert_eq!(of_before.count(), before.records.len());
        assert_eq!(pulled.position.event, event.parse::<EventId>().unwrap());
        assert_ne!(pulled.position.point.seq, FeedSeq(0));
    }

    async fn a_database_of_postgresql_is_copied_by_its_own_tools(url: String) {
        let server = ServerOptions::default().database_url(url.clone()).start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");

        let told = server.command(&["backup", text(&copy)], "");

        if url.starts_with("postgres") {
            let refused = format!("{:#}", told.unwrap_err());
            assert!(refused.contains("pg_dump") && refused.contains("usher-server restored"), "{refused}");
            assert!(!copy.exists());
        } else {
            told.unwrap();
            assert!(copy.exists());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().filter(|entry| entry.is_ok()).count(), usize::from(copy.exists()));
    }
}
