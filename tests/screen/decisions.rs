//! What staff decide with a key: collect, override, take back, look, let out; and what they learn
//! when two doors let the same guest in.

use std::time::{Duration, Instant};

use harness::organiser::{eventually, text};
use harness::process::{PATIENCE, Terminal};
use harness::pty::{Screen, key};
use serde_json::{Value, json};

use crate::seen::in_colour;
use crate::venue::{Venue, door_of, open_air};
use crate::verdicts::scan;

const SIZE: (u16, u16) = (80, 24);
/// A person needs longer than this to read a verdict; a key that is faster was meant for the one before.
const READ: Duration = Duration::from_millis(700);

#[tokio::test]
async fn an_unpaid_guest_pays_at_the_door_and_comes_in() {
    let venue = Venue::open_with(&with_prices(), &["Ida Unpaid", "Bo Diddley"]).await;
    let mut door = open(&venue, &[]);
    scan(&mut door, &venue.codes["Ida Unpaid"]);
    let screen = door.wait_for("Collect 12.00 €", PATIENCE).unwrap();
    assert!(screen.contains("y paid cash") && screen.contains("b paid by card"), "{screen}");
    insta::assert_snapshot!("collect_80x24", in_colour(&door));

    press(&mut door, "y");

    door.wait_for("Let in by decision of staff", PATIENCE).unwrap();
    insta::assert_snapshot!("collected_80x24", in_colour(&door));
    let check_in = only_check_in(&venue).await;
    assert_eq!(check_in["overridden"], "UNPAID");
}

#[tokio::test]
async fn a_supervisor_lets_in_against_a_denial_with_a_reason_and_a_pin() {
    let venue = Venue::open_with(&with_prices(), &["Carla Cancelled", "Felix Forged"]).await;
    let mut door = open(&venue, &[]);
    scan(&mut door, &venue.codes["Felix Forged"]);
    door.wait_for("is forged", PATIENCE).unwrap();
    press(&mut door, "o");
    door.wait_for("nobody may decide against this", PATIENCE).unwrap();

    scan(&mut door, &venue.codes["Carla Cancelled"]);
    door.wait_for("was cancelled", PATIENCE).unwrap();
    press(&mut door, "o");
    door.wait_for("Why? The organiser sees it", PATIENCE).unwrap();
    insta::assert_snapshot!("override_reason_80x24", in_colour(&door));
    press(&mut door, "2");
    door.wait_for("PIN:", PATIENCE).unwrap();
    type_slowly(&mut door, "0000");
    door.send(key::ENTER).unwrap();
    let screen = door.wait_for("Wrong PIN. 4 more tries", PATIENCE).unwrap();
    assert!(!screen.contains("0000"), "{screen}");
    type_slowly(&mut door, "4711");
    door.send(key::ENTER).unwrap();

    door.wait_for("Let in by decision of staff", PATIENCE).unwrap();
    insta::assert_snapshot!("overridden_80x24", in_colour(&door));
    let check_in = only_check_in(&venue).await;
    assert_eq!(check_in["overridden"], "CANCELLED");
}

#[tokio::test]
async fn what_was_taken_back_can_come_in_again() {
    let venue = Venue::open_with(&with_prices(), &["Ada Lovelace", "Pia Passport"]).await;
    let mut door = open(&venue, &[]);
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();
    press(&mut door, "u");
    door.wait_for("What this door did last", PATIENCE).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Reason:", PATIENCE).unwrap();
    type_slowly(&mut door, "wrong guest");
    door.send(key::ENTER).unwrap();
    door.wait_for("Taken back: Ada Lovelace", PATIENCE).unwrap();
    door.wait_for("inside 0", PATIENCE).unwrap();

    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();

    scan(&mut door, &venue.codes["Pia Passport"]);
    door.wait_for("Is it this person?", PATIENCE).unwrap();
    door.wait_for("inside 2", PATIENCE).unwrap();
    press(&mut door, "n");
    door.wait_for("Taken back: Pia Passport", PATIENCE).unwrap();
    door.wait_for("inside 1", PATIENCE).unwrap();
}

#[tokio::test]
async fn looking_lets_nobody_in() {
    let venue = Venue::open_with(&with_prices(), &["Ada Lovelace"]).await;
    let mut door = open(&venue, &[]);
    press(&mut door, "l");
    door.wait_for("Codes are only looked at now", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    let screen = door.wait_for("Would be ✔ ADMIT", PATIENCE).unwrap();
    assert!(screen.contains("Ada Lovelace") && screen.contains("inside 0"), "{screen}");
    door.send(key::ESCAPE).unwrap();
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();
}

#[tokio::test]
async fn who_leaves_is_told_how_long_they_were_in_and_may_come_back_where_the_ticket_says_so() {
    let venue = Venue::open_with(&with_prices(), &["Ada Lovelace"]).await;
    let mut door = open(&venue, &[]);
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();
    door.send("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.send("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());

    let mut door = door_of(&venue.terminal, &["--no-camera", "--exit"], SIZE);
    door.wait_for("Ready for guests who leave", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("In since", PATIENCE).unwrap();
    door.wait_for("inside 0", PATIENCE).unwrap();

    press(&mut door, "e");
    door.wait_for(" ENTRY ", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();
}

#[tokio::test]
async fn two_doors_without_network_learn_of_the_double_entry_when_it_is_back() {
    let mut venue = Venue::open_with(&with_prices(), &["Ada Lovelace"]).await;
    let east = Terminal::new().unwrap();
    venue.enrol(&east, "Right lane", "Side entrance").await;
    let mut main = open(&venue, &[]);
    let mut side = door_of(&east, &["--no-camera"], SIZE);
    for door in [&mut main, &mut side] {
        door.wait_for("● ONLINE", PATIENCE).unwrap();
    }
    venue.server.stop().unwrap();
    for door in [&mut main, &mut side] {
        door.wait_for("○ OFFLINE since", PATIENCE).unwrap();
        scan(door, &venue.codes["Ada Lovelace"]);
        door.wait_for("inside 1", PATIENCE).unwrap();
    }

    venue.restart().await;

    let screen = main.wait_for("Double entry: Ada Lovelace", PATIENCE).unwrap();
    assert!(screen.contains("Side entrance"), "{screen}");
    let screen = side.wait_for("Double entry: Ada Lovelace", PATIENCE).unwrap();
    assert!(screen.contains("Main entrance") && screen.contains('‼'), "{screen}");
}

/// The open air with a price, tickets that may come back, a second gate into the field, and a supervisor.
fn with_prices() -> Value {
    let mut rules = open_air();
    rules["gates"] = json!([
        { "name": "Main entrance", "zone": "Field" },
        { "name": "Side entrance", "zone": "Field" },
        { "name": "Stage door", "zone": "Field" },
    ]);
    rules["ticket_types"][0] = json!({
        "name": "Regular",
        "price": { "amount": 1200, "currency": "EUR" },
        "re_entry": "after_exit",
        "uses": { "limit": null },
    });
    rules["supervisors"] = json!([{ "name": "Ada", "pin": "4711" }]);
    rules
}

fn open(venue: &Venue, arguments: &[&str]) -> Screen {
    let arguments = [&["--no-camera"], arguments].concat();
    let door = venue.door(&arguments, SIZE);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    door
}

/// Presses a key as somebody who has read what is on the screen.
pub(crate) fn press(door: &mut Screen, key: &str) {
    let began = Instant::now();
    door.wait_until("what is on the screen is read", PATIENCE, |_| began.elapsed() > READ).unwrap();
    door.send(key).unwrap();
}

/// Types as a person does.
fn type_slowly(door: &mut Screen, text: &str) {
    for letter in text.chars() {
        let began = Instant::now();
        door.wait_until("the next letter", PATIENCE, |_| began.elapsed() > Duration::from_millis(120)).unwrap();
        door.send(&letter.to_string()).unwrap();
    }
}

async fn only_check_in(venue: &Venue) -> Value {
    let arrived = eventually(
        PATIENCE,
        async || venue.organiser.check_ins(&venue.event).await,
        |all: &Vec<Value>| all.iter().any(|check_in| text(check_in, "kind").unwrap() == "admit"),
    );
    let all = arrived.await.unwrap();
    all.into_iter().find(|check_in| text(check_in, "kind").unwrap() == "admit").unwrap()
}
