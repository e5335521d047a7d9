//! When the machine is not as it should be: a full disk, a wrong clock, a list that is too old.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use harness::fake_camera::compile;
use harness::process::PATIENCE;
use harness::pty::{Screen, key};
use serde_json::json;
use tempfile::TempDir;

use crate::decisions::press;
use crate::seen::in_colour;
use crate::venue::{Venue, open_air};
use crate::verdicts::scan;

const SIZE: (u16, u16) = (80, 24);
const HOUR_MS: i64 = 3_600_000;

/// A laptop that is not as it should be.
struct Machine {
    folder: TempDir,
    library: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/screen/fake_machine.c");
        let library = compile(source, folder.path()).unwrap();
        fs::write(folder.path().join("boot_id"), "5b2f6a0e-0c5d-4a57-9f39-8a2f7c0f3d11\n").unwrap();
        Self { folder, library }
    }

    fn connect(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKE_MACHINE_FULL", self.folder.path().join("full"));
    }

    /// It was switched off and on, and its wall clock is so far ahead of the true time since.
    fn rebooted(&self, command: &mut Command, ahead_ms: i64) {
        self.connect(command);
        command.env("FAKE_MACHINE_BOOT_ID", self.folder.path().join("boot_id"));
        command.env("FAKE_MACHINE_CLOCK_MS", ahead_ms.to_string());
    }

    /// Its disk has so many bytes left.
    fn leave(&self, bytes: u64) {
        fs::write(self.folder.path().join("full"), bytes.to_string()).unwrap();
    }

    fn fill(&self, is_full: bool) {
        let sign = self.folder.path().join("full");
        if is_full { fs::write(sign, "").unwrap() } else { fs::remove_file(sign).unwrap() }
    }
}

#[tokio::test]
async fn a_full_disk_is_a_fault_that_goes_when_there_is_room_again_and_nobody_is_refused_by_it() {
    let (venue, machine) = (Venue::open(&["Ada Lovelace", "Bo Diddley"]).await, Machine::new());
    let mut door = venue.door_with(&["--no-camera"], SIZE, |command| machine.connect(command));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();

    machine.fill(true);
    a_second_passes(&door);
    scan(&mut door, &venue.codes["Bo Diddley"]);
    let seen = door.wait_for("This terminal's disk is full.", PATIENCE).unwrap();
    assert!(!seen.contains("DENY") && seen.contains("inside 1"), "{seen}");
    insta::assert_snapshot!("disk_full_80x24", in_colour(&door));

    machine.fill(false);
    a_second_passes(&door);
    scan(&mut door, &venue.codes["Bo Diddley"]);
    door.wait_for("inside 2", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_disk_that_fills_up_is_told_of_while_there_is_still_room() {
    let (venue, machine) = (Venue::open(&["Ada Lovelace"]).await, Machine::new());
    let mut door = venue.door_with(&["--no-camera"], SIZE, |command| machine.connect(command));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    assert!(!door.text().contains("disk nearly full"));

    machine.leave(41_500_000);
    let warned = door.wait_for("disk nearly full: 41 MB", PATIENCE).unwrap();
    assert!(warned.contains("Ready for the next guest"), "{warned}");
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_until("the guest is in", PATIENCE, |shown| shown.contains("Ada Lovelace")).unwrap();

    machine.fill(false);
    door.wait_until("no warning", PATIENCE, |shown| !shown.contains("disk nearly full")).unwrap();
    door.wait_for("inside 1", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_clock_that_went_back_over_a_reboot_is_said_and_a_word_with_the_server_mends_it() {
    let (mut venue, machine) = (Venue::open(&["Ada Lovelace", "Bo Diddley"]).await, Machine::new());
    let mut door = venue.door(&["--no-camera"], SIZE);
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();
    quit(&mut door);
    venue.server.stop().unwrap();

    let mut door = venue.door_with(&["--no-camera"], SIZE, |command| machine.rebooted(command, -3 * HOUR_MS));
    door.wait_for("clock is behind its own", PATIENCE).unwrap();
    insta::assert_snapshot!("clock_behind_80x24", in_colour(&door));
    venue.restart().await;

    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Bo Diddley"]);
    door.wait_for("inside 2", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_list_that_is_days_old_says_so_and_lets_nobody_in() {
    let mut rules = open_air();
    rules["limits"]["max_offline_ms"] = json!(HOUR_MS);
    let (mut venue, machine) = (Venue::open_with(&rules, &["Ada Lovelace"]).await, Machine::new());
    venue.server.stop().unwrap();

    let mut door = venue.door_with(&["--no-camera"], SIZE, |command| machine.rebooted(command, 72 * HOUR_MS));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("ticket list is too old", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    quit(&mut door);
}

/// A measurement of the disk holds for a second.
fn a_second_passes(door: &Screen) {
    let began = Instant::now();
    door.wait_until("a second later", PATIENCE, |_| began.elapsed() > Duration::from_millis(1_200)).unwrap();
}

fn quit(door: &mut Screen) {
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());
}
