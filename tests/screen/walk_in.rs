//! Selling at the door when something is amiss: mistakes in the form, no place left, and what becomes of the ticket.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use harness::organiser::text;
use harness::process::{PATIENCE, Terminal};
use harness::pty::{Screen, key};
use serde_json::{Value, json};
use usher_terminal::camera::Frame;
use usher_terminal::decoder::{Budget, Decoder};

use crate::decisions::press;
use crate::evening::{is_ticket, sell};
use crate::seen::steady;
use crate::venue::{Venue, door_of, open_air};

const OFFLINE: [&str; 2] = ["--no-camera", "--offline"];
/// What precedes a picture in what a receipt printer is sent; its size follows.
const PICTURE: &[u8] = b"\x1dv0\x00";

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_at_its_field_and_nothing_is_lost() {
    let (venue, till) = till(&json!({}), 2).await;
    let mut door = open(&till, &[]);
    press(&mut door, key::ENTER);
    door.type_slowly("wilma@").unwrap();
    press(&mut door, key::ENTER);
    press(&mut door, key::ENTER);

    let told = door.wait_for("A name is needed.", PATIENCE).unwrap();
    assert!(told.contains("This is no e-mail address.") && told.contains("wilma@"), "{told}");
    insta::assert_snapshot!("form_mistakes_80x24", steady(&door));

    // The mark is at the name already; what is wrong there goes with the first letter.
    door.type_slowly("Wilma Walker").unwrap();
    let told = door.wait_until("no name missing", PATIENCE, |shown| !shown.contains("A name is needed.")).unwrap();
    assert!(told.contains("This is no e-mail address."), "{told}");
    press(&mut door, key::ESCAPE);
    door.wait_for("Drop what was written?", PATIENCE).unwrap();
    press(&mut door, "n");
    let kept = door.wait_until("the form", PATIENCE, |shown| !shown.contains("Drop what")).unwrap();
    assert!(kept.contains("Wilma Walker") && kept.contains("wilma@"), "{kept}");

    press(&mut door, key::ENTER);
    door.type_slowly("example.org").unwrap();
    press(&mut door, key::ENTER);
    press(&mut door, key::ENTER);
    door.wait_until("the ticket", PATIENCE, |shown| is_ticket(shown, "Wilma Walker")).unwrap();
    close(door);

    till.run(&["sync"]).unwrap().success().unwrap();
    let sold = venue.organiser.registrations(&venue.event).await.unwrap();
    assert_eq!(text(&sold[0], "email").unwrap(), "wilma@example.org");
}

#[tokio::test]
async fn a_supervisor_sells_one_more_where_the_rules_say_so() {
    let rules = json!({
        "switches": { "walk_in": "supervisor" },
        "supervisors": [{ "name": "Ada", "pin": "4711" }],
    });
    let (venue, till) = till(&rules, 1).await;
    let mut door = open(&till, &[]);
    sell(&mut door, "Wilma Walker", "", &[]);
    door.wait_until("the ticket", PATIENCE, |shown| is_ticket(shown, "Wilma Walker")).unwrap();
    press(&mut door, key::ENTER);
    door.wait_for("none left here", PATIENCE).unwrap();

    sell(&mut door, "Wendy Walker", "wendy@example.org", &[]);
    let asked = door.wait_for("Which supervisor decides?", PATIENCE).unwrap();
    assert!(asked.contains("A supervisor may sell one more.") && asked.contains("Ada"), "{asked}");
    insta::assert_snapshot!("supervisor_80x24", steady(&door));
    press(&mut door, "0000");
    press(&mut door, key::ENTER);
    let told = door.wait_for("Wrong PIN. 4 more tries", PATIENCE).unwrap();
    assert!(!told.contains("0000"), "{told}");

    // Whoever goes back finds the form as it was.
    press(&mut door, key::ESCAPE);
    let kept = door.wait_for("wendy@example.org", PATIENCE).unwrap();
    assert!(kept.contains("Wendy Walker"), "{kept}");
    press(&mut door, key::ENTER);
    door.wait_for("Which supervisor decides?", PATIENCE).unwrap();
    door.type_slowly("4711").unwrap();
    press(&mut door, key::ENTER);
    door.wait_until("the ticket", PATIENCE, |shown| is_ticket(shown, "Wendy Walker")).unwrap();
    close(door);

    till.run(&["sync"]).unwrap().success().unwrap();
    let sold = venue.organiser.registrations(&venue.event).await.unwrap();
    let allowed_by = |name: &str| {
        let registration = sold.iter().find(|registration| registration["name"] == name).unwrap();
        text(&registration["sold_at_door"], "allowed_by").unwrap()
    };
    assert_eq!(
        (sold.len(), allowed_by("Wilma Walker"), allowed_by("Wendy Walker")),
        (2, "lease".into(), "supervisor".into())
    );
}

#[tokio::test]
async fn a_sold_ticket_is_printed_and_put_into_files_and_a_printer_that_is_gone_is_said() {
    let (_venue, till) = till(&json!({}), 2).await;
    let printer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", printer.local_addr().unwrap());
    // Takes one receipt, and is switched off.
    let printed = thread::spawn(move || {
        let (mut socket, _) = printer.accept().unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let folder = tempfile::tempdir().unwrap();
    let tickets = folder.path().join("tickets");
    let mut door = open(&till, &["--printer", &address, "--tickets-dir", &tickets.to_string_lossy()]);
    sell(&mut door, "Wilma Walker", "", &[]);
    door.wait_until("the ticket", PATIENCE, |shown| is_ticket(shown, "Wilma Walker")).unwrap();
    let [shown] = door.codes().try_into().unwrap();

    press(&mut door, "p");
    door.wait_for("Sent to the printer.", PATIENCE).unwrap();
    let receipt = printed.join().unwrap();
    for line in ["Open Air", "Wilma Walker", "Regular", "12.00 EUR"] {
        assert!(find(&receipt, line.as_bytes()).is_some(), "{line} is not on the receipt");
    }
    assert_eq!(codes(dots(&receipt)), std::slice::from_ref(&shown));

    press(&mut door, "p");
    door.wait_for("The printer did not take it.", PATIENCE).unwrap();

    press(&mut door, "f");
    door.wait_for("Written to", PATIENCE).unwrap();
    let (page, picture) = (only(&tickets, "pdf"), only(&tickets, "png"));
    assert!(fs::read(&page).unwrap().starts_with(b"%PDF-"));
    let code = image::open(&picture).unwrap().into_luma8();
    assert_eq!(codes(Frame::new(code.width(), code.height(), code.into_raw()).unwrap()), [shown]);
    for file in [page, picture] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "whoever has it has the ticket");
    }
}

/// Makes an event of the open air's rules and `more` of them, and a terminal that may sell so many tickets.
pub(crate) async fn till(more: &Value, places: usize) -> (Venue, Terminal) {
    let mut rules = open_air();
    let price = json!({ "amount": 1_200, "currency": "EUR" });
    rules["ticket_types"] = json!([{ "name": "Regular", "price": price, "quota": 100 }]);
    rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let venue = Venue::open_with(&rules, &[]).await;
    let till = Terminal::new().unwrap();
    let walk_in = json!([{ "ticket_type": "Regular", "places": places }]);
    let role = json!({ "name": "Till", "gates": ["Main entrance"], "confirmed": true, "walk_in": walk_in });
    venue.enrol_as(&till, &role).await;
    till.run(&["sync"]).unwrap().success().unwrap();
    (venue, till)
}

/// Opens the form of a terminal without a network.
fn open(till: &Terminal, arguments: &[&str]) -> Screen {
    let mut door = door_of(till, &[&OFFLINE, arguments].concat(), (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    press(&mut door, "w");
    door.wait_for("left here", PATIENCE).unwrap();
    door
}

/// Leaves the ticket, and Usher.
fn close(mut door: Screen) {
    press(&mut door, key::ESCAPE);
    door.wait_until("the door", PATIENCE, |shown| !shown.contains("Let the guest take a picture")).unwrap();
    press(&mut door, "q");
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    press(&mut door, "y");
    assert!(door.wait(PATIENCE).unwrap().success());
}

/// Returns the one file of this kind.
fn only(folder: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == kind)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn codes(frame: Frame) -> Vec<String> {
    Decoder::new(Budget::thorough()).decode(&frame).codes.into_iter().map(|code| code.text).collect()
}

/// Returns the picture on a receipt: black where the paper is burnt.
fn dots(receipt: &[u8]) -> Frame {
    let at = find(receipt, PICTURE).unwrap() + PICTURE.len();
    let number = |at: usize| usize::from(receipt[at]) + 256 * usize::from(receipt[at + 1]);
    let (across, down) = (number(at), number(at + 2));
    let rows = &receipt[at + 4..][..across * down];
    let grey = rows.iter().flat_map(|byte| (0..8).map(move |bit| if byte << bit & 0x80 == 0 { 255 } else { 0 }));
    Frame::new(u32::try_from(across * 8).unwrap(), u32::try_from(down).unwrap(), grey.collect()).unwrap()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
