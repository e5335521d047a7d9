//! A terminal that an organiser sends to another gate.

use harness::organiser::{eventually, text};
use harness::process::PATIENCE;
use harness::pty::key;
use serde_json::{Value, json};

use crate::decisions::press;
use crate::venue::Venue;
use crate::verdicts::scan;

#[tokio::test]
async fn a_terminal_whose_gates_the_organiser_changes_is_moved_by_its_staff_and_goes_on_there() {
    let venue = Venue::open(&["Ada Lovelace", "Cleo Crew"]).await;
    let mut door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Cleo Crew"]);
    door.wait_for("Not valid at", PATIENCE).unwrap();

    let device = text(&venue.organiser.devices(&venue.event).await.unwrap()[0], "id").unwrap();
    let path = format!("/events/{}/devices/{device}", venue.event);
    venue.organiser.patch(&path, &json!({ "gates": ["Stage door"] })).await.unwrap();
    door.wait_for("may not stand at this", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Choose its gate: key d, then g.", PATIENCE).unwrap();

    press(&mut door, "d");
    door.wait_for("▸ Left lane", PATIENCE).unwrap();
    press(&mut door, "g");
    let gates = door.wait_for("Where does this terminal stand?", PATIENCE).unwrap();
    assert!(gates.contains("Stage door") && !gates.contains("▸ Main entrance"), "{gates}");
    press(&mut door, key::ENTER);
    door.wait_for("Open Air · Stage door", PATIENCE).unwrap();
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Cleo Crew"]);
    door.wait_for("inside 1", PATIENCE).unwrap();

    let stands_there = |check_in: &Value| check_in["gate"]["name"] == "Stage door";
    let told = eventually(
        PATIENCE,
        async || venue.organiser.check_ins(&venue.event).await,
        |all: &Vec<Value>| all.iter().any(stands_there),
    );
    told.await.unwrap();
}
