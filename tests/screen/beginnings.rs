//! How the screen begins and ends, also in the ways nobody plans.

use harness::process::PATIENCE;
use harness::pty::{Screen, close_window, key};

use crate::venue::Venue;
use crate::verdicts::scan;

const READY: &str = "Ready for the next guest";
const OFFLINE: [&str; 2] = ["--no-camera", "--offline"];

#[tokio::test]
async fn however_it_ends_the_terminal_is_as_before_and_no_admission_is_lost() {
    let venue = Venue::open(&["Ada Lovelace", "Bo Diddley"]).await;

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    assert!(!door.is_given_back());
    door.send(key::CTRL_C).unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.send(key::CTRL_C).unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
    assert!(door.is_given_back(), "{}", door.text());

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    door.signal(libc::SIGTERM);
    assert!(door.wait(PATIENCE).unwrap().success());
    assert!(door.is_given_back(), "{}", door.text());

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    door.signal(libc::SIGKILL);
    door.wait(PATIENCE).unwrap();

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for("to send 1", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Bo Diddley"]);
    door.wait_for("to send 2", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_closed_window_ends_the_door() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.terminal.command().unwrap();
    door.args(OFFLINE);

    close_window(&door, READY, PATIENCE).unwrap();

    let mut again = venue.door(&OFFLINE, (80, 24));
    again.wait_for(READY, PATIENCE).unwrap();
    scan(&mut again, &venue.codes["Ada Lovelace"]);
    again.wait_for("to send 1", PATIENCE).unwrap();
}

#[tokio::test]
async fn what_keeps_it_from_beginning_is_said_in_words() {
    let venue = Venue::open(&[]).await;
    let door = venue.door(&OFFLINE, (200, 24));
    door.wait_for(READY, PATIENCE).unwrap();

    let mut second = venue.door(&OFFLINE, (200, 24));
    let status = second.wait(PATIENCE).unwrap();
    assert!(!status.success());
    let said = second.text();
    assert!(said.contains("another usher is running on this data; close it first"), "{said}");
    drop(door);

    let mut command = venue.terminal.command().unwrap();
    command.args(OFFLINE).env("USHER_PASSPHRASE", "not the right words at all");
    let mut stranger = Screen::start(&command, 200, 24).unwrap();
    assert!(!stranger.wait(PATIENCE).unwrap().success());
    let said = stranger.text();
    assert!(said.contains("passphrase"), "{said}");

    let mut command = venue.terminal.command().unwrap();
    command.args(OFFLINE).env_remove("USHER_PASSPHRASE");
    let mut typed = Screen::start(&command, 200, 24).unwrap();
    typed.wait_for("Passphrase:", PATIENCE).unwrap();
    typed.send("correct horse battery\r").unwrap();
    typed.wait_for(READY, PATIENCE).unwrap();
    assert!(!typed.text().contains("battery"));
}

#[tokio::test]
async fn what_staff_chose_is_chosen_again_unless_the_file_of_settings_says_otherwise() {
    let venue = Venue::open(&[]).await;

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for(READY, PATIENCE).unwrap();
    door.send("m").unwrap();
    door.wait_for("sound off", PATIENCE).unwrap();
    quit(&mut door);

    let mut door = venue.door(&OFFLINE, (80, 24));
    door.wait_for("sound off", PATIENCE).unwrap();
    quit(&mut door);

    let memory = venue.terminal.folder().join("door.toml");
    assert!(std::fs::read_to_string(memory).unwrap().contains("mute = true"));
    std::fs::write(venue.terminal.folder().join("config.toml"), "mute = false").unwrap();
    let door = venue.door(&OFFLINE, (80, 24));
    assert!(!door.wait_for(READY, PATIENCE).unwrap().contains("sound off"));
}

fn quit(door: &mut Screen) {
    door.send(key::CTRL_C).unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.send(key::CTRL_C).unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
}
