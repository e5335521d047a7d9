//! A server whose data came back from a copy, and a door that works on once staff have confirmed it.

use harness::process::Server;
use serde_json::json;

use crate::venue::{LEFT, Venue, assert_none_counts_twice, is_admitted, is_in_step, is_suspended};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_works_on_with_a_restored_server_and_gives_back_the_check_ins_it_lost() {
    let mut server = Server::start().unwrap();
    let venue = Venue::open(&server, 4).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    server.command(&["backup", &copy.to_string_lossy()], "").unwrap();

    // Three guests come in and reach the server; then its data goes back to before them.
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    for ticket in &venue.tickets[..3] {
        let seen = door.present(&venue.credential(ticket).await).unwrap();
        assert!(is_admitted(&&seen), "{seen}");
    }
    let last = venue.credential(&venue.tickets[3]).await;
    door.wait_for(is_in_step).unwrap();
    assert_eq!(venue.admissions(3).await.len(), 3);
    let early = terminal.run(&["sync", "--server-restored"]);
    assert!(early.is_err() || early.unwrap().success().is_err(), "the door is open, and nothing was restored");
    server.stop().unwrap();
    server.command(&["restore", &copy.to_string_lossy()], "").unwrap();
    server.restart().unwrap();

    // The door notices by itself, lets nobody in, and says what to do.
    door.wait_for(|report| is_suspended(report, "other_feed")).unwrap();
    assert!(!is_admitted(&&door.present(&last).unwrap()));
    assert!(door.process.stop().unwrap().success());
    let told = terminal.run(&["status"]).unwrap().success().unwrap();
    assert!(told.stdout.contains("usher sync --server-restored"), "{told:?}");

    let told = terminal.run(&["sync", "--server-restored", "--json"]).unwrap().success().unwrap().json().unwrap();
    assert_eq!((&told["suspended"], &told["tickets"], &told["unsent"]), (&json!(null), &json!(4), &json!(0)), "{told}");
    let again = terminal.run(&["sync", "--server-restored"]).unwrap().success();
    assert!(again.unwrap_err().to_string().contains("nothing to confirm"));

    // Whoever was let in before the copy was put back is inside, there and here; the fourth comes in.
    let check_ins = venue.admissions(3).await;
    assert_eq!(check_ins.len(), 3);
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    let used = door.present(&venue.credential(&venue.tickets[0]).await).unwrap();
    assert!(used["codes"].as_array().unwrap().contains(&json!("ALREADY_IN")), "{used}");
    let seen = door.present(&last).unwrap();
    assert!(is_admitted(&&seen), "{seen}");
    assert_none_counts_twice(&venue.admissions(4).await);
}
