//! How a terminal ends: lost, by its organiser's order, or because its event is over.

use std::path::PathBuf;

use harness::organiser::text;
use harness::process::{PATIENCE, Terminal};
use harness::pty::Screen;
use serde_json::json;

use crate::venue::Venue;
use crate::verdicts::scan;

#[tokio::test]
async fn a_lost_terminal_sends_what_it_has_and_erases_itself_by_order() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    door.wait_for("to send 0", PATIENCE).unwrap();

    let devices = venue.organiser.devices(&venue.event).await.unwrap();
    let device = text(&devices[0], "id").unwrap();
    let path = format!("/events/{}/devices/{device}/revoke", venue.event);
    venue.organiser.post(&path, &json!({ "wipe": true })).await.unwrap();

    door.wait_for("terminal erased", PATIENCE).unwrap();
    assert!(folders(&venue.terminal).is_empty(), "{:?}", folders(&venue.terminal));
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());

    let mut command = venue.terminal.command().unwrap();
    let again = Screen::start(command.arg("--no-camera"), 80, 24).unwrap();
    again.wait_for("The organiser's code", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_closed_event_is_erased_from_an_open_door_which_says_so_and_is_ready_for_the_next() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();

    venue.organiser.post(&format!("/events/{}/close", venue.event), &json!({})).await.unwrap();

    let told = door.wait_for("This event is over", PATIENCE).unwrap();
    assert!(told.contains("For the next event") && !told.contains("Ada"), "{told}");
    assert!(folders(&venue.terminal).is_empty(), "{:?}", folders(&venue.terminal));
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
    let figures = venue.organiser.get(&format!("/events/{}/statistics", venue.event)).await.unwrap();
    assert_eq!(figures["came"], 1);
    let next = venue.terminal.run(&["status"]).unwrap();
    assert!(next.stderr.contains("is over: everything was sent"), "{next:?}");
    let again = Screen::start(venue.terminal.command().unwrap().arg("--no-camera"), 80, 24).unwrap();
    again.wait_for("The last event on this computer is over", PATIENCE).unwrap();
    again.wait_for("The organiser's code", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_closed_event_gets_what_a_door_without_network_still_held_before_it_is_erased() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    venue.terminal.run(&["sync"]).unwrap().success().unwrap();
    let mut door = venue.door(&["--no-camera", "--offline"], (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());

    venue.organiser.post(&format!("/events/{}/close", venue.event), &json!({})).await.unwrap();
    let before = venue.organiser.get(&format!("/events/{}/statistics", venue.event)).await.unwrap();
    let synced = venue.terminal.run(&["sync"]).unwrap().success().unwrap();

    assert!(synced.stdout.contains("This event is over"), "{synced:?}");
    let after = venue.organiser.get(&format!("/events/{}/statistics", venue.event)).await.unwrap();
    assert_eq!((&before["came"], &after["came"]), (&json!(0), &json!(1)));
    assert!(folders(&venue.terminal).is_empty(), "{:?}", folders(&venue.terminal));
}

/// The folders of events that a terminal has left.
fn folders(terminal: &Terminal) -> Vec<PathBuf> {
    let held = std::fs::read_dir(terminal.folder()).unwrap().map(|entry| entry.unwrap().path());
    held.filter(|path| path.is_dir()).collect()
}
