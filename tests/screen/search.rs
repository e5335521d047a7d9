//! Guests who have no code to show, and guests who come together.

use std::collections::BTreeMap;

use harness::organiser::{eventually, text};
use harness::process::PATIENCE;
use harness::pty::{Screen, key};
use serde_json::{Value, json};

use crate::decisions::press;
use crate::seen::{in_colour, steady};
use crate::venue::Venue;
use crate::verdicts::scan;

const SIZE: (u16, u16) = (80, 24);

#[tokio::test]
async fn a_guest_without_a_code_is_found_by_a_misspelt_name_and_let_in() {
    let venue = Venue::open(&["Ada Lovelace", "Bo Diddley"]).await;
    register(&venue, "Jérôme Müller", "order-9", "jerome@example.org").await;
    let mut door = open(&venue);
    press(&mut door, "/");
    door.wait_for("3 tickets on the list", PATIENCE).unwrap();

    // No accents, two letters swapped, the family name first.
    type_slowly(&mut door, "muller jeorme");
    let found = door.wait_for("Jérôme Müller", PATIENCE).unwrap();
    assert!(found.contains("Nobody exactly. 1 similar"), "{found}");
    assert!(!found.contains("jerome@"), "{found}");
    press(&mut door, key::TAB);
    door.wait_for("jerome@example.org", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    door.wait_for("j…@example.org", PATIENCE).unwrap();
    press(&mut door, key::ENTER);

    let admitted = door.wait_for("inside 1", PATIENCE).unwrap();
    assert!(admitted.contains("Jérôme Müller"), "{admitted}");
    insta::assert_snapshot!("found_and_admitted_80x24", in_colour(&door));
    let check_in = check_ins(&venue, 1).await.remove(0);
    assert!(check_in["flags"].to_string().contains("MANUAL"), "{check_in}");

    press(&mut door, key::F2);
    door.wait_for("Find:", PATIENCE).unwrap();
    type_slowly(&mut door, "jerome");
    door.wait_for("inside since", PATIENCE).unwrap();
}

#[tokio::test]
async fn two_guests_of_one_name_are_told_apart() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let one = register(&venue, "Maria Müller", "order-7", "maria@example.org").await;
    let other = register(&venue, "Maria Müller", "order-8", "m.mueller@example.net").await;
    let mut door = open(&venue);
    press(&mut door, "/");
    door.wait_for("3 tickets on the list", PATIENCE).unwrap();
    type_slowly(&mut door, "maria");
    let both = door.wait_for("2 found", PATIENCE).unwrap();
    for what in ["order-7", "order-8", &ending(&one), &ending(&other), "m…@example"] {
        assert!(both.contains(what), "{what}: {both}");
    }

    type_slowly(&mut door, " order-8");
    let chosen = door.wait_for("1 found", PATIENCE).unwrap();
    assert!(!chosen.contains("order-7") && chosen.contains("m…@example.net"), "{chosen}");
    press(&mut door, key::ENTER);
    door.wait_for("inside 1", PATIENCE).unwrap();

    let check_in = check_ins(&venue, 1).await.remove(0);
    assert_eq!(text(&check_in, "ticket").unwrap(), other);
}

#[tokio::test]
async fn nobody_is_found_and_a_scanned_code_goes_to_the_gate() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut door = open(&venue);
    press(&mut door, "/");
    type_slowly(&mut door, "zzyzx");
    door.wait_for("Nobody found", PATIENCE).unwrap();
    insta::assert_snapshot!("found_nobody_80x24", steady(&door));

    scan(&mut door, &venue.codes["Ada Lovelace"]);

    let seen = door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    assert!(seen.contains("Find: zzyzx▏"), "{seen}");
}

#[tokio::test]
async fn of_an_order_some_are_let_in_and_later_the_rest() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let mut codes = BTreeMap::new();
    for name in ["Kim One", "Kim Two", "Kim Three", "Kim Four"] {
        let ticket = register(&venue, name, "order-4711", "kim@example.org").await;
        codes.insert(name, venue.organiser.credential(&venue.event, &ticket).await.unwrap());
    }
    let mut door = open(&venue);
    scan(&mut door, &codes["Kim One"]);
    door.wait_for("3 more in this order: g", PATIENCE).unwrap();
    insta::assert_snapshot!("order_noticed_80x24", in_colour(&door));
    press(&mut door, "g");
    let listed = door.wait_for("Order order-4711: 4 tickets, 1 inside", PATIENCE).unwrap();
    assert_eq!(listed.matches("not in yet").count(), 3, "{listed}");

    // One of them is at the door already.
    press(&mut door, &row_keys(&listed, "Kim Two"));
    press(&mut door, " ");
    door.wait_for("[x] Kim Two", PATIENCE).unwrap();
    press(&mut door, key::ENTER);
    door.wait_for("1 let through.", PATIENCE).unwrap();
    door.wait_for("4 tickets, 2 inside", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    door.wait_for("2 more in this order: g", PATIENCE).unwrap();

    // The rest came later.
    press(&mut door, "g");
    door.wait_for("4 tickets, 2 inside", PATIENCE).unwrap();
    press(&mut door, "a");
    let ticked = door.wait_for("[x] Kim Four", PATIENCE).unwrap();
    assert!(ticked.contains("[x] Kim Three") && ticked.contains("[ ] Kim One"), "{ticked}");
    press(&mut door, key::ENTER);
    door.wait_for("2 let through.", PATIENCE).unwrap();
    door.wait_for("4 tickets, 4 inside", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    door.wait_for("inside 4", PATIENCE).unwrap();

    let all = check_ins(&venue, 4).await;
    let entries: std::collections::BTreeSet<String> = all.iter().map(|it| it["seq"].to_string()).collect();
    assert_eq!(entries.len(), 4, "each is an entry of its own: {all:?}");
}

/// Registers somebody who came in an order, and returns the ticket's number.
async fn register(venue: &Venue, name: &str, order: &str, email: &str) -> String {
    let attendee = json!({ "name": name, "ticket_type": "Regular", "order": order, "email": email, "override": true });
    let registration = venue.organiser.register(&venue.event, &attendee).await.unwrap();
    registration["ticket"]["id"].as_str().unwrap().to_owned()
}

/// Opens the door once the terminal has whoever was registered.
fn open(venue: &Venue) -> Screen {
    venue.terminal.run(&["sync"]).unwrap().success().unwrap();
    let door = venue.door(&["--no-camera"], SIZE);
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    door
}

async fn check_ins(venue: &Venue, count: usize) -> Vec<Value> {
    let arrived = eventually(
        PATIENCE,
        async || venue.organiser.check_ins(&venue.event).await,
        |all: &Vec<Value>| admissions(all).len() == count,
    );
    admissions(&arrived.await.unwrap())
}

fn admissions(all: &[Value]) -> Vec<Value> {
    all.iter().filter(|check_in| check_in["kind"] == "admit").cloned().collect()
}

/// What the list shows of a ticket's number.
fn ending(ticket: &str) -> String {
    format!("…{}", &ticket[ticket.len() - 5..])
}

/// The arrows from the first row of an order to that of `name`.
fn row_keys(screen: &str, name: &str) -> String {
    let rows: Vec<&str> = screen.lines().filter(|line| line.contains("[ ]")).collect();
    let at = rows.iter().position(|row| row.contains(name)).unwrap();
    key::DOWN.repeat(at)
}

fn type_slowly(door: &mut Screen, typed: &str) {
    door.type_slowly(typed).unwrap();
}
