//! An evening at one door without a server: twenty guests with every kind of trouble, and three who
//! buy their ticket at the door. Every key that is pressed stands on the screen or in the help.

use harness::organiser::text;
use harness::process::{PATIENCE, Terminal};
use harness::pty::{Screen, key};
use serde_json::{Value, json};

use crate::decisions::press;
use crate::seen::{keep_picture, steady};
use crate::venue::{REPEAT, Venue, door_of, open_air};
use crate::verdicts::scan;

/// Who has a ticket before the doors open; their names say what is the matter with them.
const GUESTS: [&str; 14] = [
    "Ada Lovelace",
    "Wanda Wheels",
    "Carla Cancelled",
    "Bob Blocked",
    "Felix Forged",
    "Olaf Other",
    "Cleo Crew",
    "Early Earl",
    "Rita Replaced",
    "Ida Unpaid",
    "Pia Passport",
    "Rex Return",
    "Uma Undo",
    "Tim Typed",
];

#[tokio::test]
async fn an_evening_of_twenty_guests_and_three_sales_without_a_server() {
    let mut venue = Venue::open_with(&rules(), &GUESTS).await;
    register(&venue, "Zoë Özdemir", "order-5").await;
    let kim = register(&venue, "Kim One", "order-8").await;
    for name in ["Kim Two", "Kim Three"] {
        register(&venue, name, "order-8").await;
    }
    let laptop = Terminal::new().unwrap();
    let places = json!([{ "ticket_type": "Regular", "places": 2 }, { "ticket_type": "Child", "places": 5 }]);
    let role = json!({ "name": "Door", "gates": ["Main entrance"], "confirmed": true, "walk_in": places });
    venue.enrol_as(&laptop, &role).await;
    laptop.run(&["sync"]).unwrap().success().unwrap();
    venue.invite("Late Lea").await;
    let kim = venue.organiser.credential(&venue.event, &kim).await.unwrap();
    venue.server.stop().unwrap();

    let mut door = door_of(&laptop, &["--no-camera", "--operator", "Grace"], (80, 24));
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
    door.wait_for("OFFLINE", PATIENCE).unwrap();
    let present = |door: &mut Screen, guest: &str, wanted: &str| {
        scan(door, &venue.codes[guest]);
        let seen = door.wait_for(wanted, PATIENCE).unwrap();
        assert!(seen.contains("OFFLINE"), "{seen}");
    };

    // Nine who come with a code that says it all.
    let ada_came = std::time::Instant::now();
    present(&mut door, "Ada Lovelace", "inside 1 of");
    keep_picture(&door, "admit");
    present(&mut door, "Wanda Wheels", "use the ramp");
    present(&mut door, "Bob Blocked", "is blocked");
    present(&mut door, "Felix Forged", "is forged");
    present(&mut door, "Olaf Other", "doesn't know who signed");
    present(&mut door, "Cleo Crew", "Send the guest to Stage door");
    present(&mut door, "Early Earl", "Not valid yet");
    present(&mut door, "Rita Replaced", "replaced by a newer");
    present(&mut door, "Late Lea", "Sold lately");
    door.wait_for("inside 3 of", PATIENCE).unwrap();

    // One shows a menu.
    scan(&mut door, "https://example.org/menu");
    door.wait_for("not a ticket", PATIENCE).unwrap();

    // One pays, one shows a passport, one is let in by a supervisor.
    present(&mut door, "Ida Unpaid", "Collect 12.00 € now?");
    keep_picture(&door, "check");
    press(&mut door, "y");
    door.wait_for("inside 4 of", PATIENCE).unwrap();
    present(&mut door, "Pia Passport", "Is it this person?");
    press(&mut door, "y");
    door.wait_until("an answer", PATIENCE, |screen| !screen.contains("Is it this person?")).unwrap();
    door.wait_for("inside 5 of", PATIENCE).unwrap();
    present(&mut door, "Carla Cancelled", "was cancelled");
    press(&mut door, "o");
    door.wait_for("Why? The organiser sees it", PATIENCE).unwrap();
    press(&mut door, "2");
    door.wait_for("PIN:", PATIENCE).unwrap();
    door.type_slowly("4711").unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("inside 6 of", PATIENCE).unwrap();

    // One is the wrong guest.
    present(&mut door, "Uma Undo", "inside 7 of");
    press(&mut door, "u");
    door.wait_for("What this door did last", PATIENCE).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Reason:", PATIENCE).unwrap();
    door.type_slowly("wrong guest").unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("Taken back: Uma Undo", PATIENCE).unwrap();
    door.wait_for("inside 6 of", PATIENCE).unwrap();

    // One goes out and comes back.
    present(&mut door, "Rex Return", "inside 7 of");
    press(&mut door, "e");
    door.wait_for(" EXIT ", PATIENCE).unwrap();
    present(&mut door, "Rex Return", "In since");
    door.wait_for("inside 6 of", PATIENCE).unwrap();
    press(&mut door, "e");
    door.wait_for(" ENTRY ", PATIENCE).unwrap();
    present(&mut door, "Rex Return", "inside 7 of");

    // One has a paper that no camera reads, one has no telephone, three came together.
    press(&mut door, "t");
    door.type_slowly(&venue.tickets["Tim Typed"].to_lowercase()).unwrap();
    door.send(key::ENTER).unwrap();
    door.wait_for("inside 8 of", PATIENCE).unwrap();
    press(&mut door, "/");
    door.wait_for("tickets on the list", PATIENCE).unwrap();
    door.type_slowly("ozdmeir zo").unwrap();
    door.wait_for("Zoë Özdemir", PATIENCE).unwrap();
    keep_picture(&door, "search");
    press(&mut door, key::ENTER);
    door.wait_for("inside 9 of", PATIENCE).unwrap();
    scan(&mut door, &kim);
    door.wait_for("2 more in this order: g", PATIENCE).unwrap();
    press(&mut door, "g");
    door.wait_for("3 tickets, 1 inside", PATIENCE).unwrap();
    press(&mut door, "a");
    door.wait_for("[x] Kim Three", PATIENCE).unwrap();
    press(&mut door, key::ENTER);
    door.wait_for("2 let through.", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    door.wait_for("inside 12 of", PATIENCE).unwrap();

    // One tries a friend's ticket.
    door.wait_until("another presentation", PATIENCE, |_| ada_came.elapsed() > REPEAT).unwrap();
    present(&mut door, "Ada Lovelace", "Already in since");
    keep_picture(&door, "deny");

    // Three buy: with money, with a card, and a child; then nobody may.
    press(&mut door, "w");
    let form = door.wait_for("2 left here", PATIENCE).unwrap();
    assert!(form.contains("12.00 €"), "{form}");
    sell(&mut door, "Wilma Walker", "wilma@example.org", &[]);
    door.wait_until("the ticket", PATIENCE, |screen| is_ticket(screen, "Wilma")).unwrap();
    keep_picture(&door, "ticket");
    press(&mut door, key::ENTER);
    door.wait_for("1 left here", PATIENCE).unwrap();
    sell(&mut door, "Willy Walker", "", &[key::TAB, key::RIGHT]);
    door.wait_until("the ticket", PATIENCE, |screen| is_ticket(screen, "Willy")).unwrap();
    press(&mut door, key::ENTER);
    door.wait_for("none left here", PATIENCE).unwrap();
    sell(&mut door, "Wim Walker", "", &[key::RIGHT]);
    door.wait_until("the ticket", PATIENCE, |screen| is_ticket(screen, "Wim")).unwrap();
    press(&mut door, key::ENTER);
    sell(&mut door, "Wendy Walker", "", &[key::LEFT]);
    door.wait_for("no place is left at this terminal", PATIENCE).unwrap();
    press(&mut door, key::ESCAPE);
    door.wait_for("Drop what was written?", PATIENCE).unwrap();
    press(&mut door, "y");
    door.wait_for("inside 15 of", PATIENCE).unwrap();
    press(&mut door, "s");
    let cash_up = door.wait_for("Grace", PATIENCE).unwrap();
    for taken in ["cash   1 sale       12.00 €", "card   1 sale       12.00 €", "free   1 sale"] {
        assert!(cash_up.contains(&format!("Grace                {taken}")), "{cash_up}");
    }
    insta::assert_snapshot!("evening_sales_80x24", steady(&door));
    press(&mut door, key::ESCAPE);
    door.wait_until("the door", PATIENCE, |screen| !screen.contains("Grace")).unwrap();
    door.type_slowly("q").unwrap();
    door.wait_for("Quit Usher?", PATIENCE).unwrap();
    door.type_slowly("y").unwrap();
    assert!(door.wait(PATIENCE).unwrap().success());

    // The server hears of all of it.
    venue.restart().await;
    laptop.run(&["sync"]).unwrap().success().unwrap();
    let of_kind = |all: &[Value], kind: &str| all.iter().filter(|it| it["kind"] == kind).count();
    let all = venue.organiser.check_ins(&venue.event).await.unwrap();
    assert_eq!((of_kind(&all, "admit"), of_kind(&all, "exit")), (17, 1), "{all:?}");
    let sold = venue.organiser.registrations(&venue.event).await.unwrap();
    assert_eq!(sold.iter().filter(|it| !it["sold_at_door"].is_null()).count(), 3, "{sold:?}");
    let wilma = sold.iter().find(|it| it["name"] == "Wilma Walker").unwrap();
    assert_eq!(text(wilma, "email").unwrap(), "wilma@example.org");
    assert_eq!(
        (&wilma["sold_at_door"]["operator"], &wilma["sold_at_door"]["method"]),
        (&json!("Grace"), &json!("cash"))
    );
}

/// The open air with prices, a free ticket for children, tickets that may come back, and a supervisor.
fn rules() -> Value {
    let mut rules = open_air();
    rules["ticket_types"][0] = json!({
        "name": "Regular",
        "price": { "amount": 1200, "currency": "EUR" },
        "re_entry": "after_exit",
        "uses": { "limit": null },
        "quota": 100,
    });
    let child = json!({ "name": "Child", "quota": 50 });
    rules["ticket_types"].as_array_mut().unwrap().push(child);
    rules["supervisors"] = json!([{ "name": "Ada", "pin": "4711" }]);
    rules
}

/// Registers somebody who came in an order, and returns the ticket's number.
async fn register(venue: &Venue, name: &str, order: &str) -> String {
    let attendee = json!({ "name": name, "ticket_type": "Regular", "order": order });
    let registration = venue.organiser.register(&venue.event, &attendee).await.unwrap();
    registration["ticket"]["id"].as_str().unwrap().to_owned()
}

/// Fills the form in: name, e-mail, then `keys` from the ticket type on; Enter sells.
pub(crate) fn sell(door: &mut Screen, name: &str, email: &str, keys: &[&str]) {
    door.type_slowly(name).unwrap();
    door.send(key::ENTER).unwrap();
    door.type_slowly(email).unwrap();
    press(door, key::ENTER);
    keys.iter().for_each(|key| press(door, key));
    press(door, key::ENTER);
}

/// Whether the ticket of somebody called `name` is shown.
pub(crate) fn is_ticket(screen: &str, name: &str) -> bool {
    screen.contains("Let the guest take a picture") && screen.contains(name)
}
