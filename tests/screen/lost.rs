//! A terminal that is lost: what the organiser can still do.

use harness::organiser::text;
use harness::process::PATIENCE;
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
    let held = std::fs::read_dir(venue.terminal.folder()).unwrap().map(|entry| entry.unwrap().path());
    let left: Vec<_> = held.filter(|path| path.is_dir()).collect();
    assert!(left.is_empty(), "{left:?}");
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());

    let mut command = venue.terminal.command().unwrap();
    let again = Screen::start(command.arg("--no-camera"), 80, 24).unwrap();
    again.wait_for("The organiser's code", PATIENCE).unwrap();
}
