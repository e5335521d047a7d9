//! Each verdict's panel, at the least size and at a large one.

use std::time::Instant;

use harness::organiser::text;
use harness::process::PATIENCE;
use harness::pty::{Screen, key};

use crate::seen::{in_colour, without_ticket};
use crate::venue::{REPEAT, Venue};

/// Who comes, what shows that the screen is about them, and the snapshot's name.
const GUESTS: [(&str, &str, &str); 13] = [
    ("Ada Lovelace", "Ada Lovelace", "admit"),
    ("Ada Lovelace", "was let in here", "just_scanned"),
    ("Wanda Wheels", "use the ramp", "admit_with_a_note"),
    ("Carla Cancelled", "was cancelled", "cancelled"),
    ("Bob Blocked", "is blocked", "blocked"),
    ("Felix Forged", "is forged", "bad_signature"),
    ("Olaf Other", "doesn't know who signed", "unknown_key"),
    ("Cleo Crew", "Not valid at Main entrance", "wrong_gate"),
    ("Early Earl", "Not valid yet", "too_early"),
    ("Rita Replaced", "replaced by a newer", "superseded"),
    ("Ida Unpaid", "not paid yet", "unpaid"),
    ("Pia Passport", "Check the guest's ID", "id_check"),
    ("Late Lea", "Sold lately", "unlisted"),
];

#[tokio::test]
async fn every_verdict_at_80_by_24() {
    every_verdict((80, 24)).await;
}

#[tokio::test]
async fn every_verdict_at_200_by_60() {
    every_verdict((200, 60)).await;
}

async fn every_verdict(size: (u16, u16)) {
    let mut venue = Venue::open(&[]).await;
    for (guest, _, what) in GUESTS {
        if what != "just_scanned" && what != "unlisted" {
            venue.invite(guest).await;
        }
    }
    venue.terminal.run(&["sync"]).unwrap().success().unwrap();
    // The terminal cannot know of whoever buys now.
    venue.invite("Late Lea").await;
    venue.server.stop().unwrap();
    let late = venue.tickets["Late Lea"].clone();
    let snap = |name: &str, screen: &Screen| {
        let seen = in_colour(screen);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), without_ticket(&seen, &late));
    };

    let mut door = venue.door(&["--no-camera"], size);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.wait_for("OFFLINE since", PATIENCE).unwrap();
    snap("ready", &door);
    let mut admitted_by = Instant::now();
    for (guest, wanted, name) in GUESTS {
        scan(&mut door, &venue.codes[guest]);
        door.wait_for(wanted, PATIENCE).unwrap();
        if name == "admit" {
            admitted_by = Instant::now();
        }
        snap(name, &door);
    }
    assert!(door.bells() >= GUESTS.len(), "{} bells", door.bells());

    scan(&mut door, "https://example.org/menu");
    door.wait_for("not a ticket", PATIENCE).unwrap();
    snap("not_a_ticket", &door);

    let ada = &venue.codes["Ada Lovelace"];
    door.wait_until("another presentation", PATIENCE, |_| admitted_by.elapsed() > REPEAT).unwrap();
    scan(&mut door, ada);
    door.wait_for("Already in since", PATIENCE).unwrap();
    snap("already_in", &door);
    door.send("i").unwrap();
    let detail = door.wait_for("ALREADY_IN", PATIENCE).unwrap();
    assert!(detail.contains("Detail of the last decision"), "{detail}");
    door.send(key::ESCAPE).unwrap();
    door.wait_until("no detail", PATIENCE, |screen| !screen.contains("Detail")).unwrap();

    door.send("e").unwrap();
    door.wait_for(" EXIT ", PATIENCE).unwrap();
    scan(&mut door, ada);
    door.wait_for("In since", PATIENCE).unwrap();
    snap("exit", &door);

    door.send("?").unwrap();
    door.wait_for("This help", PATIENCE).unwrap();
    snap("help", &door);
    door.send(key::ESCAPE).unwrap();
    door.wait_until("no help", PATIENCE, |screen| !screen.contains("This help")).unwrap();

    door.send("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    snap("quit", &door);
    door.send("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
    assert!(door.is_given_back());

    // What the screen said was safe is safe.
    venue.restart().await;
    venue.terminal.run(&["sync"]).unwrap().success().unwrap();
    let check_ins = venue.organiser.check_ins(&venue.event).await.unwrap();
    let admitted = check_ins.iter().filter(|check_in| text(check_in, "kind").unwrap() == "admit").count();
    assert_eq!(admitted, 4);
}

/// Types as fast as a hand scanner.
pub(crate) fn scan(door: &mut Screen, code: &str) {
    door.send(&format!("{code}{}", key::ENTER)).unwrap();
}
