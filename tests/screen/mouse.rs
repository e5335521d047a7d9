//! The mouse, where it is wanted: a key on the screen can be clicked, and the wheel scrolls.

use harness::process::PATIENCE;
use harness::pty::{Screen, key};

use crate::venue::Venue;

/// What a terminal emulator sends for the left button, and for the wheel.
const LEFT: u8 = 0;
const WHEEL_UP: u8 = 64;
const WHEEL_DOWN: u8 = 65;
/// What asks the emulator to report the mouse, and no more.
const REPORT: &str = "\x1b[?1000h";
const REPORT_NO_MORE: &str = "\x1b[?1000l";

#[tokio::test]
async fn a_click_on_a_key_opens_its_screen_and_the_wheel_scrolls_the_help() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = venue.door(&["--no-camera", "--mouse"], (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    assert!(written(&door).contains(REPORT));

    click(&mut door, "/ search");
    door.wait_for("Find a guest", PATIENCE).unwrap();
    click(&mut door, "Esc back");
    door.wait_until("the door", PATIENCE, |shown| !shown.contains("Find a guest")).unwrap();

    click(&mut door, "? help");
    let top = door.wait_for("↑ ↓ scroll", PATIENCE).unwrap();
    assert!(top.contains("/ or F2") && !top.contains("FAULT, STOP"), "{top}");
    for _ in 0..20 {
        wheel(&mut door, WHEEL_DOWN);
    }
    let bottom = door.wait_for("FAULT, STOP", PATIENCE).unwrap();
    assert!(!bottom.contains("/ or F2"), "{bottom}");
    for _ in 0..20 {
        wheel(&mut door, WHEEL_UP);
    }
    door.wait_for("/ or F2", PATIENCE).unwrap();
    door.send(key::ESCAPE).unwrap();
    door.wait_for("ENTRY", PATIENCE).unwrap();

    // Beside a key nothing happens.
    let (x, y) = place(&door, "ENTRY");
    report(&mut door, LEFT, x, y);
    click(&mut door, "q quit");
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    click(&mut door, "y quit");
    assert!(door.wait(PATIENCE).unwrap().success());
    assert!(written(&door).contains(REPORT_NO_MORE));
}

#[tokio::test]
async fn without_being_asked_for_the_mouse_stays_the_emulators() {
    let venue = Venue::open(&[]).await;
    let door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    assert!(!written(&door).contains(REPORT));
}

/// Clicks where `key` stands on the screen.
fn click(door: &mut Screen, key: &str) {
    door.wait_for(key, PATIENCE).unwrap();
    let (x, y) = place(door, key);
    report(door, LEFT, x, y);
}

fn wheel(door: &mut Screen, way: u8) {
    door.send(&format!("\x1b[<{way};40;12M")).unwrap();
}

/// Tells the program of a button that is pressed and let go (SGR mouse reports).
fn report(door: &mut Screen, button: u8, x: usize, y: usize) {
    door.send(&format!("\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m")).unwrap();
}

/// Returns column and row of `text`, the last if there are several, counted from one.
fn place(door: &Screen, text: &str) -> (usize, usize) {
    let screen = door.text();
    let places = screen.lines().enumerate().filter_map(|(row, line)| {
        let (before, _) = line.split_once(text)?;
        Some((before.chars().count() + 1, row + 1))
    });
    places.last().unwrap()
}

fn written(door: &Screen) -> String {
    String::from_utf8_lossy(&door.written()).into_owned()
}
