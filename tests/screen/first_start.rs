//! From a laptop that knows nothing to the door, in one screen.

use harness::organiser::text;
use harness::process::{PATIENCE, Terminal};
use harness::pty::{Screen, key};
use serde_json::json;

use crate::seen::steady;
use crate::venue::Venue;
use crate::verdicts::scan;

#[tokio::test]
async fn an_empty_laptop_becomes_a_terminal_and_opens_the_door() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let laptop = Terminal::new().unwrap();
    let mut screen = begin(&laptop);
    insta::assert_snapshot!("first_start_code_80x24", steady(&screen));

    // A code that the server does not know.
    screen.type_slowly(&venue.server.url()).unwrap();
    screen.send(key::TAB).unwrap();
    screen.type_slowly("7K2QP-9XWTZ").unwrap();
    screen.send(key::ENTER).unwrap();
    let refused = screen.wait_for("does not know this code", PATIENCE).unwrap();
    assert!(refused.contains(&venue.server.url()), "{refused}");

    // The organiser's QR, read by a hand scanner.
    let role = json!({ "name": "Right lane", "gates": ["Main entrance"] });
    let code = venue.organiser.enrolment_code(&venue.event, &role).await.unwrap();
    scan(&mut screen, &text(&code, "invitation").unwrap());
    let asked = screen.wait_for("Waiting for the organiser", PATIENCE).unwrap();
    let devices = venue.organiser.devices(&venue.event).await.unwrap();
    let device = devices.iter().find(|device| device["status"] != "active").unwrap();
    let digits = text(device, "digits").unwrap();
    let spaced: Vec<String> = digits.chars().map(String::from).collect();
    assert!(asked.contains(&spaced.join(" ")), "{digits}:\n{asked}");
    let path = format!("/events/{}/devices/{}/confirm", venue.event, text(device, "id").unwrap());
    venue.organiser.post(&path, &json!({ "digits": digits })).await.unwrap();

    let made = screen.wait_for("Write it down now", PATIENCE).unwrap();
    let passphrase = made.lines().filter_map(|line| line.strip_prefix("│   "));
    let passphrase = passphrase.map(|line| line.trim_end_matches('│').trim()).find(|line| !line.is_empty()).unwrap();
    let passphrase = passphrase.to_owned();
    assert_eq!(passphrase.split(' ').count(), 4, "{made}");
    screen.send(key::ENTER).unwrap();
    screen.wait_for("Type it once more", PATIENCE).unwrap();
    screen.type_slowly("something else").unwrap();
    screen.send(key::ENTER).unwrap();
    screen.wait_for("That was something else", PATIENCE).unwrap();
    screen.type_slowly(&passphrase).unwrap();
    assert!(!screen.text().contains(&passphrase));
    screen.send(key::TAB).unwrap();
    screen.wait_for(&passphrase, PATIENCE).unwrap();
    screen.send(key::ENTER).unwrap();

    screen.wait_for("Who is at the door", PATIENCE).unwrap();
    screen.type_slowly("Grace").unwrap();
    screen.send(key::ENTER).unwrap();
    for label in ["PIN:", "PIN once more:"] {
        screen.wait_for(label, PATIENCE).unwrap();
        screen.type_slowly("2468").unwrap();
        screen.send(key::ENTER).unwrap();
    }
    screen.wait_for("1 ticket is on this laptop", PATIENCE).unwrap();
    insta::assert_snapshot!("first_start_ready_80x24", steady(&screen));
    screen.send(key::ENTER).unwrap();
    screen.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut screen, &venue.codes["Ada Lovelace"]);
    screen.wait_for("Ada Lovelace", PATIENCE).unwrap();
    screen.type_slowly("k").unwrap();
    screen.wait_for("LOCKED", PATIENCE).unwrap();
    screen.signal(libc::SIGTERM);
    assert!(screen.wait(PATIENCE).unwrap().success());

    // From now on it asks for the passphrase, which Tab shows.
    let mut screen = start(&laptop);
    screen.wait_for("Passphrase:", PATIENCE).unwrap();
    screen.send(&passphrase).unwrap();
    screen.wait_for("••••", PATIENCE).unwrap();
    screen.send(key::TAB).unwrap();
    screen.wait_for(&passphrase, PATIENCE).unwrap();
    screen.send(key::ENTER).unwrap();
    screen.wait_for("Ready for the next guest", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_first_start_can_be_left_at_any_time() {
    let laptop = Terminal::new().unwrap();
    let mut screen = begin(&laptop);
    screen.type_slowly("http://127.0.0.1:9").unwrap();
    screen.send(key::TAB).unwrap();
    screen.type_slowly("7K2QP-9XWTZ").unwrap();
    screen.send(key::ENTER).unwrap();
    screen.wait_for("cannot be reached", PATIENCE).unwrap();

    screen.send(key::ESCAPE).unwrap();

    assert!(screen.wait(PATIENCE).unwrap().success());
    assert!(screen.is_given_back());
}

fn begin(laptop: &Terminal) -> Screen {
    let screen = start(laptop);
    screen.wait_for("The organiser's code", PATIENCE).unwrap();
    screen
}

fn start(laptop: &Terminal) -> Screen {
    let mut command = laptop.command().unwrap();
    command.arg("--no-camera").env_remove("USHER_PASSPHRASE");
    Screen::start(&command, 80, 24).unwrap()
}
