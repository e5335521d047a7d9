//! The door in German, from the passphrase to the end.

use harness::process::PATIENCE;
use harness::pty::key;
use serde_json::json;

use crate::decisions::press;
use crate::venue::{Venue, open_air};
use crate::verdicts::scan;

#[tokio::test]
async fn a_door_speaks_german_from_the_passphrase_to_the_verdict_and_the_end() {
    let mut rules = open_air();
    rules["ticket_types"][0] = json!({ "name": "Regular", "price": { "amount": 1250, "currency": "EUR" } });
    let venue = Venue::open_with(&rules, &["Ada Lovelace", "Ida Unpaid", "Carla Cancelled"]).await;
    let mut door = venue.door_with(&["--language", "de", "--no-camera"], (80, 24), |command| {
        command.env_remove("USHER_PASSPHRASE");
    });
    door.wait_for("Tab zeigt, was getippt ist.", PATIENCE).unwrap();
    door.wait_for("Passphrase:", PATIENCE).unwrap();
    door.send("correct horse\r").unwrap();
    door.wait_for("Falsche Passphrase. Noch einmal.", PATIENCE).unwrap();
    door.send("correct horse battery\r").unwrap();
    let ready = door.wait_for("Bereit für den nächsten Gast.", PATIENCE).unwrap();
    for word in ["EINGANG", "Suche", "Hilfe", "Ende", "zu senden 0"] {
        assert!(ready.contains(word), "{word}:\n{ready}");
    }

    scan(&mut door, &venue.codes["Ada Lovelace"]);
    let admitted = door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    assert!(admitted.contains("vor 0 s"), "{admitted}");
    scan(&mut door, &venue.codes["Carla Cancelled"]);
    door.wait_for("Dieses Ticket wurde storniert.", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ida Unpaid"]);
    let asked = door.wait_for("12,50 €", PATIENCE).unwrap();
    assert!(asked.contains("kassieren") && asked.contains("y bar bezahlt"), "{asked}");
    press(&mut door, "y");
    door.wait_until("who paid is in", PATIENCE, |shown| shown.contains("Ida Unpaid") && !shown.contains("y bar"))
        .unwrap();

    press(&mut door, "/");
    door.wait_for("Gast suchen", PATIENCE).unwrap();
    door.type_slowly("love").unwrap();
    door.wait_for("drin seit", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    press(&mut door, "q");
    door.wait_for("Usher beenden?", PATIENCE).unwrap();
    press(&mut door, "y");
    assert!(door.wait(PATIENCE).unwrap().success());
    assert!(door.is_given_back());
}
