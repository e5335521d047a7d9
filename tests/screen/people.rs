//! Who is at the door, the lock, and hand scanners.

use harness::process::{PATIENCE, run_command};
use harness::pty::{Screen, key};

use crate::seen::steady;
use crate::venue::Venue;
use crate::verdicts::scan;

const READY: &str = "Ready for the next guest";
const OFFLINE: [&str; 2] = ["--no-camera", "--offline"];
const TEST_CODE: &str = "0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P Q R S T U V W X Y Z $ % * + - . / : 0";

#[tokio::test]
async fn a_locked_screen_scans_on_shows_initials_and_opens_with_its_pin_alone() {
    let venue = Venue::open(&["Ada Lovelace", "Bo Diddley", "Cy Young"]).await;
    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Bo Diddley"]);
    door.wait_for("Bo Diddley", PATIENCE).unwrap();

    door.type_slowly("n").unwrap();
    door.wait_for("Who is at the door", PATIENCE).unwrap();
    door.type_slowly("Grace").unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("PIN:", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    door.wait_for("At the door: Grace", PATIENCE).unwrap();

    door.type_slowly("k").unwrap();
    for label in ["PIN:", "PIN once more:"] {
        door.wait_for(label, PATIENCE).unwrap();
        door.type_slowly("2468").unwrap();
        door.send(key::ENTER).unwrap();
    }
    let locked = door.wait_for("LOCKED: k to unlock", PATIENCE).unwrap();
    assert!(!locked.contains("Bo Diddley"), "{locked}");
    for letter in ["/", "u", "i", "?", "q", key::CTRL_C] {
        door.type_slowly(letter).unwrap();
    }
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    let seen = door.wait_for("A.L.", PATIENCE).unwrap();
    assert!(!seen.contains("Lovelace"), "{seen}");
    insta::assert_snapshot!("locked_80x24", steady(&door));

    // A hand scanner's code goes to the gate, not into the PIN.
    door.type_slowly("k").unwrap();
    door.wait_for("The PIN of whoever", PATIENCE).unwrap();
    door.type_slowly("24").unwrap();
    scan(&mut door, &venue.codes["Cy Young"]);
    door.wait_for("C.Y.", PATIENCE).unwrap();
    door.type_slowly("68").unwrap();
    door.send(key::ENTER).unwrap();
    let open = door.wait_until("an open screen", PATIENCE, |screen| !screen.contains("LOCKED")).unwrap();
    assert!(open.contains("Ada Lovelace") && open.contains("Cy Young") && open.contains("to send 3"), "{open}");
}

#[tokio::test]
async fn five_wrong_pins_leave_only_the_passphrase() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    door.type_slowly("k").unwrap();
    for label in ["PIN:", "PIN once more:"] {
        door.wait_for(label, PATIENCE).unwrap();
        door.type_slowly("2468").unwrap();
        door.send(key::ENTER).unwrap();
    }
    door.wait_for("LOCKED", PATIENCE).unwrap();

    door.type_slowly("k").unwrap();
    for said in ["4 tries", "3 tries", "2 tries", "One try", "Too many wrong PINs"] {
        door.type_slowly("1111").unwrap();
        door.send(key::ENTER).unwrap();
        door.wait_for(said, PATIENCE).unwrap();
    }
    door.wait_for("Passphrase:", PATIENCE).unwrap();
    assert!(door.is_given_back() || !door.text().contains("LOCKED"), "{}", door.text());
    door.send("not the one\r").unwrap();
    door.wait_until("a second question", PATIENCE, |screen| screen.matches("Passphrase:").count() == 2).unwrap();
    door.send("correct horse battery\r").unwrap();
    door.wait_for(READY, PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_scanner_needs_no_enter_and_learns_any_keyboard() {
    let venue = Venue::open(&["Ada Lovelace", "Bo Diddley", "Cy Young"]).await;
    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    door.send(&venue.codes["Ada Lovelace"]).unwrap();
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();

    // While somebody writes, the code is presented and what is written stays.
    door.type_slowly("u").unwrap();
    door.wait_for("What this door did last", PATIENCE).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Reason:", PATIENCE).unwrap();
    door.type_slowly("wrong").unwrap();
    scan(&mut door, &venue.codes["Bo Diddley"]);
    let both = door.wait_until("both", PATIENCE, |screen| screen.contains("Bo Diddley")).unwrap();
    assert!(both.contains("Reason: wrong▏"), "{both}");
    door.send(key::ESCAPE).unwrap();
    door.wait_until("no reason", PATIENCE, |screen| !screen.contains("Reason:")).unwrap();
    door.send(key::ESCAPE).unwrap();
    door.wait_until("the door", PATIENCE, |screen| !screen.contains("Take back")).unwrap();

    // A French keyboard.
    door.type_slowly("h").unwrap();
    door.wait_for("Scan this code", PATIENCE).unwrap();
    scan(&mut door, &azerty(TEST_CODE));
    door.wait_for("Learned", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    door.wait_until("the door", PATIENCE, |screen| !screen.contains("Learned")).unwrap();
    scan(&mut door, &azerty(&venue.codes["Cy Young"]));
    door.wait_for("Cy Young", PATIENCE).unwrap();
    quit(&mut door);

    // It is remembered, and the command line teaches another one.
    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    scan(&mut door, &azerty(&venue.codes["Cy Young"]));
    door.wait_for("Cy Young", PATIENCE).unwrap();
    quit(&mut door);
    let mut learn = venue.terminal.command().unwrap();
    let learned = run_command(learn.args(["scanner", "learn"]), TEST_CODE, PATIENCE).unwrap().success().unwrap();
    assert!(learned.stdout.contains("fit together"), "{}", learned.stdout);
}

fn quit(door: &mut Screen) {
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
}

/// What a French keyboard makes of the keys of an American one.
fn azerty(text: &str) -> String {
    let (from, to) = ("1234567890AQZWM$%*-./:", "&é\"'(-è_çàQAWZ?458):!M");
    let moved = |letter: char| from.chars().zip(to.chars()).find(|(key, _)| *key == letter).map(|(_, moved)| moved);
    text.chars().map(|letter| moved(letter).unwrap_or(letter)).collect()
}
