//! Plain mode: the door as lines of text, by the same keys.

use std::time::{Duration, Instant};

use harness::process::{PATIENCE, Terminal};
use harness::pty::{Screen, key};
use serde_json::{Value, json};

use crate::venue::{Venue, door_of, open_air};
use crate::verdicts::scan;
use crate::walk_in::till;

/// Wide and high enough for everything that is said.
const SIZE: (u16, u16) = (200, 150);
/// A key that is faster was meant for the verdict before.
const READ: Duration = Duration::from_millis(700);

#[tokio::test]
async fn a_door_is_heard_from_the_passphrase_to_the_end() {
    let venue = Venue::open_with(&with_prices(), &["Ada Lovelace", "Ida Unpaid", "Carla Cancelled"]).await;
    let mut door = venue.door_with(&["--plain", "--no-camera"], SIZE, |command| {
        command.env_remove("USHER_PASSPHRASE");
    });
    door.wait_for("Passphrase:", PATIENCE).unwrap();
    door.type_slowly("correct horse").unwrap();
    door.wait_for("Passphrase: *************", PATIENCE).unwrap();
    door.type_slowly(&format!("x{}", key::BACKSPACE)).unwrap();
    door.type_slowly(" battery").unwrap();
    door.send(key::ENTER).unwrap();
    for said in ["Open Air, Main entrance.", "ENTRY.", "ONLINE.", "Ready for the next guest.", "Keys: F2 search"] {
        door.wait_for(said, PATIENCE).unwrap();
    }

    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("\nADMIT. Ada Lovelace. Regular, Field.", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Carla Cancelled"]);
    door.wait_for("\nDENY. This ticket was cancelled.", PATIENCE).unwrap();
    door.wait_for("Keys: o let in anyway", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ida Unpaid"]);
    door.wait_for("Collect 12.00 €", PATIENCE).unwrap();
    door.wait_for("Keys: y paid cash, b paid by card", PATIENCE).unwrap();
    press(&mut door, "y");
    door.wait_for("\nADMIT. Ida Unpaid.", PATIENCE).unwrap();

    press(&mut door, "u");
    door.wait_for("\nChosen: ", PATIENCE).unwrap();
    door.wait_for("Keys: arrow keys choose, Enter", PATIENCE).unwrap();
    door.send(key::DOWN).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Reason:", PATIENCE).unwrap();
    door.type_slowly("wrong guest").unwrap();
    door.wait_for("Reason: wrong guest", PATIENCE).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("\nTaken back: Ada Lovelace", PATIENCE).unwrap();

    let told = said(&door);
    for once in ["ADMIT. Ada Lovelace.", "DENY. This ticket", "Taken back: Ada", "Reason: wrong guest"] {
        assert_eq!(told.matches(once).count(), 1, "{once}:\n{told}");
    }
    let lines: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
    for pair in lines.windows(2) {
        assert_ne!(pair[0], pair[1], "\n{told}");
    }

    door.send("?").unwrap();
    door.wait_for("\nw or F3: Sell a ticket", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    press(&mut door, key::TAB);
    door.wait_for("inside 1 of 1200. to send 0.", PATIENCE).unwrap();
    quit(&mut door);

    let said = said(&door);
    assert!(!said.contains("battery"), "{said}");
    assert!(door.is_given_back());
}

#[tokio::test]
async fn what_stands_against_a_guest_is_decided_by_ear() {
    let venue = Venue::open_with(&with_prices(), &["Carla Cancelled"]).await;
    let mut door = venue.door_with(&["--no-camera"], SIZE, |command| {
        command.env("USHER_PLAIN", "true");
    });
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Carla Cancelled"]);
    door.wait_for("was cancelled", PATIENCE).unwrap();
    press(&mut door, "o");
    door.wait_for("Why? The organiser sees it", PATIENCE).unwrap();
    press(&mut door, "2");
    door.wait_for("PIN:", PATIENCE).unwrap();
    door.type_slowly("0000").unwrap();
    door.wait_for("PIN: ****", PATIENCE).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Wrong PIN. 4 more tries", PATIENCE).unwrap();
    door.type_slowly("4711").unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Let in by decision of staff", PATIENCE).unwrap();

    press(&mut door, "/");
    door.wait_for("Keys: ", PATIENCE).unwrap();
    door.type_slowly("canceled").unwrap();
    door.wait_for("Nobody exactly. 1 similar", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    press(&mut door, key::ESCAPE);

    press(&mut door, "d");
    door.wait_for("\nChosen: Left lane", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    press(&mut door, "16");
    door.wait_for("\nCode: 16", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    press(&mut door, "e");
    door.wait_for("\nEXIT.", PATIENCE).unwrap();
    quit(&mut door);
    said(&door);
}

#[tokio::test]
async fn a_ticket_is_sold_by_ear() {
    let (venue, till) = till(&json!({}), 1).await;
    let mut door = door_of(&till, &["--plain", "--no-camera", "--offline"], SIZE);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    press(&mut door, "w");
    door.wait_for("Sell a ticket", PATIENCE).unwrap();
    door.wait_for("1 left here", PATIENCE).unwrap();
    door.type_slowly("Wilma Walker").unwrap();
    door.wait_for("Name: Wilma Walker", PATIENCE).unwrap();
    press(&mut door, key::ENTER);
    door.type_slowly("wilma@").unwrap();
    door.wait_for("E-mail: wilma@", PATIENCE).unwrap();
    press(&mut door, key::ENTER);
    press(&mut door, key::ENTER);
    door.wait_for("This is no e-mail address.", PATIENCE).unwrap();
    door.type_slowly("example.org").unwrap();
    press(&mut door, key::ENTER);
    press(&mut door, key::ENTER);
    door.wait_for("Its code is a picture", PATIENCE).unwrap();
    let sold = door.wait_for("12.00 €", PATIENCE).unwrap();
    assert!(sold.contains("\nWilma Walker"), "{sold}");

    // The next guest's form.
    press(&mut door, key::ENTER);
    door.wait_for("none left here", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    press(&mut door, "s");
    door.wait_for("1 sale", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    quit(&mut door);
    said(&door);

    till.run(&["sync"]).unwrap().success().unwrap();
    let registrations = venue.organiser.registrations(&venue.event).await.unwrap();
    assert_eq!(registrations[0]["email"], "wilma@example.org");
}

#[tokio::test]
async fn the_ready_check_is_heard() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&["--plain", "--no-camera", "--sound", "bell"], SIZE);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    press(&mut door, "r");
    door.wait_for("Ready check", PATIENCE).unwrap();
    door.wait_for("Did you hear it?", PATIENCE).unwrap();
    door.wait_for("Keys: y heard, n not heard", PATIENCE).unwrap();
    press(&mut door, "y");
    let told = door.wait_until("the end", PATIENCE, |told| told.contains("This door ")).unwrap();
    assert!(!told.contains("marked with !"), "{told}");
    for found in ["OK: Ticket list, 1 ticket", "OK: Forgeries, ", "OK: Camera, None in use.", "OK: Sound, Heard"] {
        assert!(told.contains(found), "{found}:\n{told}");
    }
    door.send(key::ESCAPE).unwrap();
    quit(&mut door);
    said(&door);
}

#[tokio::test]
async fn a_guest_without_a_code_is_found_and_let_in_by_ear() {
    let venue = Venue::open(&["Ada Lovelace", "Bo Diddley"]).await;
    let mut door = venue.door(&["--plain", "--no-camera"], SIZE);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    press(&mut door, "/");
    door.wait_for("2 tickets on the list", PATIENCE).unwrap();
    door.type_slowly("lovlace").unwrap();
    door.wait_for("Find: lovlace", PATIENCE).unwrap();
    door.wait_for("Nobody exactly. 1 similar", PATIENCE).unwrap();
    door.wait_for("Ada Lovelace: Regular", PATIENCE).unwrap();
    press(&mut door, key::ENTER);
    door.wait_for("\nADMIT. Ada Lovelace.", PATIENCE).unwrap();
    press(&mut door, key::TAB);
    door.wait_for("inside 1 of 1200", PATIENCE).unwrap();
    quit(&mut door);
    said(&door);
}

#[tokio::test]
async fn the_first_start_is_heard_too() {
    let laptop = Terminal::new().unwrap();
    let mut screen = door_of(&laptop, &["--plain", "--no-camera"], SIZE);

    screen.wait_for("Usher, 1 of 6", PATIENCE).unwrap();
    screen.type_slowly("http").unwrap();
    screen.wait_for("Server: http", PATIENCE).unwrap();
    screen.send(key::TAB).unwrap();
    screen.wait_for("\nCode:", PATIENCE).unwrap();
    screen.send(key::ESCAPE).unwrap();
    assert!(screen.wait(PATIENCE).unwrap().success());

    said(&screen);
}

/// Returns all that was written, which must be text alone.
fn said(door: &Screen) -> String {
    let said = String::from_utf8(door.written()).unwrap();
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\r' | '\n' | '\x07');
    let strange = said.chars().find(|letter| !is_text(*letter) || matches!(letter, '\u{2500}'..='\u{259f}'));
    assert_eq!(strange, None, "{said:?}");
    said.replace('\x07', "").replace("\r\n", "\n")
}

fn quit(door: &mut Screen) {
    press(door, "q");
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.send("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
}

/// Presses a key as somebody who has heard what was said.
fn press(door: &mut Screen, key: &str) {
    let began = Instant::now();
    door.wait_until("what is said is heard", PATIENCE, |_| began.elapsed() > READ).unwrap();
    door.type_slowly(key).unwrap();
}

/// The open air with a price and a supervisor.
fn with_prices() -> Value {
    let mut rules = open_air();
    rules["ticket_types"][0] = json!({ "name": "Regular", "price": { "amount": 1200, "currency": "EUR" } });
    rules["supervisors"] = json!([{ "name": "Ada", "pin": "4711" }]);
    rules
}
