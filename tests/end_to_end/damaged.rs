//! A list that was damaged on a laptop's disk: the server's takes its place.

use harness::process::Server;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::venue::{LEFT, Venue, is_admitted, is_suspended};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_list_admits_nobody_until_the_servers_has_taken_its_place() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 40).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    {
        let store = Connection::open(terminal.folder().join(&venue.event).join("store.db")).unwrap();
        let row = "SELECT key, sealed FROM feed_row WHERE kind = 4 LIMIT 1";
        let (key, mut sealed): (Vec<u8>, Vec<u8>) =
            store.query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        sealed[30] ^= 1;
        store.execute("UPDATE feed_row SET sealed = ?1 WHERE key = ?2", params![sealed, key]).unwrap();
    }

    let status = terminal.run(&["status", "--json"]).unwrap().success().unwrap();
    assert_eq!(status.json().unwrap()["suspended"], "store");
    assert!(status.stderr.contains("the list is damaged"), "{}", status.stderr);
    let offline = terminal.run(&["--headless", "--no-camera", "--offline", "--end-with-input"]).unwrap();
    assert!(!offline.status.success() && offline.stderr.contains("usher sync"), "{}", offline.stderr);

    let synced = terminal.run(&["sync", "--json"]).unwrap().success().unwrap().json().unwrap();
    assert_eq!((&synced["suspended"], &synced["tickets"]), (&Value::Null, &json!(40)));
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    for ticket in &venue.tickets {
        let seen = door.present(ticket).unwrap();
        assert!(is_admitted(&&seen), "{seen}");
    }
    assert!(!door.seen.iter().any(|report| is_suspended(report, "store")));
}
