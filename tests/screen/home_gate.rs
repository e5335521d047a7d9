//! Gates that share the guests among them while nobody can ask anybody.

use harness::process::{PATIENCE, Terminal};
use serde_json::{Value, json};

use crate::seen::in_colour;
use crate::venue::{Venue, open_air};
use crate::verdicts::scan;

const ELSEWHERE: &str = "Side entrance";
/// So many guests that each of two gates has some of its own.
const GUESTS: [&str; 12] = [
    "Ada Lovelace",
    "Alan Turing",
    "Annie Easley",
    "Barbara Liskov",
    "Betty Holberton",
    "Donald Knuth",
    "Edsger Dijkstra",
    "Grace Hopper",
    "Jean Bartik",
    "Joan Clarke",
    "Kathleen Booth",
    "Mary Keller",
];

#[tokio::test]
async fn a_guest_of_another_gate_is_sent_there_without_a_server_and_comes_in_with_one() {
    let mut rules = with_two_gates();
    rules["ticket_types"] = json!([
        { "name": "Regular", "home_gate": "Main entrance" },
        { "name": "Crew", "home_gate": "Side entrance" },
    ]);
    let mut venue = Venue::open_with(&rules, &["Ada Lovelace", "Cleo Crew"]).await;
    let mut door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    venue.server.stop().unwrap();
    door.wait_for("○ OFFLINE since", PATIENCE).unwrap();

    scan(&mut door, &venue.codes["Cleo Crew"]);
    let told = door.wait_for(ELSEWHERE, PATIENCE).unwrap();
    assert!(told.contains("Without network") && told.contains("inside 0"), "{told}");
    insta::assert_snapshot!("another_gate_80x24", in_colour(&door));
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("inside 1", PATIENCE).unwrap();

    venue.restart().await;
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Cleo Crew"]);
    let shown = door.wait_for("inside 2", PATIENCE).unwrap();
    assert!(shown.contains("Cleo Crew") && !shown.contains(ELSEWHERE), "{shown}");
}

#[tokio::test]
async fn of_two_gates_without_a_network_exactly_one_lets_each_guest_in() {
    let mut rules = with_two_gates();
    rules["switches"] = json!({ "home_gates": ["Main entrance", "Side entrance"] });
    let venue = Venue::open_with(&rules, &GUESTS).await;
    let side = Terminal::new().unwrap();
    venue.enrol(&side, "Right lane", "Side entrance").await;
    let mut doors = [&venue.terminal, &side].map(|terminal| terminal.headless(&["--no-camera", "--offline"]).unwrap());

    let mut admitted = [0, 0];
    for guest in GUESTS {
        let seen: Vec<Value> = doors.iter_mut().map(|door| door.present(&venue.codes[guest]).unwrap()).collect();
        let home = seen.iter().position(|verdict| verdict["verdict"] == "admit").unwrap();
        let other = &seen[1 - home];
        assert_eq!(
            (&other["verdict"], &other["code"]),
            (&json!("deny"), &json!("HOME_GATE_ONLY")),
            "{guest}: {seen:?}"
        );
        admitted[home] += 1;
    }

    assert!(admitted.iter().all(|count| *count > 0), "the gates share the guests: {admitted:?}");
}

fn with_two_gates() -> Value {
    let mut rules = open_air();
    rules["gates"] = json!([
        { "name": "Main entrance", "zone": "Field" },
        { "name": "Side entrance", "zone": "Field" },
        { "name": "Stage door", "zone": "Field" },
    ]);
    rules
}
