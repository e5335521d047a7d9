//! Tickets sold at doors without a network: let in by any door, never too many, never lost.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::on_both_databases;
use harness::organiser::{Organiser, Refused, text};
use harness::process::{PATIENCE, Server, ServerOptions, Terminal};
use harness::pty::{Screen, key};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use sync_protocol::ticket::Credential;

use crate::venue::{LEFT, RIGHT, Venue, is_admitted};

const OFFLINE: [&str; 2] = ["--no-camera", "--offline"];
const PHOTOGRAPH: &str = "Let the guest take a picture";
const NONE_LEFT: &str = "no place is left at this terminal";

/// Places of which a terminal that is killed again and again may sell some.
const PLACES: usize = 7;

on_both_databases! {
    async fn what_two_doors_sold_is_let_in_by_both_and_never_more_than_there_is(url: String) {
        let mut server = ServerOptions::default().database_url(url).start().unwrap();
        let venue = open(&server, 5).await;
        let left = enrol(&venue, LEFT, 3).await;
        let right = enrol(&venue, RIGHT, 2).await;
        let eve = json!({ "name": "Eve", "ticket_type": "Day pass" });
        assert_eq!(refusal(venue.olga.register(&venue.event, &eve).await), 409, "all places are at the doors");
        assert!(server.stop().unwrap().success());

        let mut till = Till::open(&left);
        let ada = till.sell("Ada Lovelace", "ada@example.org", Admit::Later);
        // The other door sees the very screen.
        let pictures = tempfile::tempdir().unwrap();
        for number in 0..3 {
            till.screen.photograph().save(pictures.path().join(format!("{number}.png"))).unwrap();
        }
        let mut door = right.headless(&["--offline", "--replay", &pictures.path().to_string_lossy()]).unwrap();
        let seen = door.verdict().unwrap();
        assert!(is_admitted(&&seen), "{seen}");
        assert_eq!((&seen["ticket"], &seen["flags"]), (&json!(number(&ada)), &json!(["UNLISTED", "WALKIN"])), "{seen}");
        assert!(door.process.stop().unwrap().success());
        till.close_ticket();
        let grace = till.sell("Grace Hopper", "", Admit::Now);
        till.close_ticket();
        let joan = till.sell("Joan Clarke", "", Admit::Later);
        till.close_ticket();
        till.is_refused("Too Late");
        till.take_back("Joan Clarke");
        let mary = till.sell("Mary Somerville", "mary@example.org", Admit::Later);
        till.close_ticket();
        till.is_refused("Too Late");
        drop(till);
        let mut till = Till::open(&right);
        let others = ["Sofia Kovalevskaya", "Emmy Noether"].map(|name| {
            let code = till.sell(name, "", Admit::Now);
            till.close_ticket();
            code
        });
        till.is_refused("Too Late");
        drop(till);

        // The door that let somebody in speaks before the one that sold the ticket.
        server.restart().unwrap();
        for terminal in [&right, &left, &right] {
            terminal.run(&["sync", "--json"]).unwrap().success().unwrap();
        }

        let olga = Organiser::log_in(&server.url(), harness::organiser::EMAIL, harness::organiser::PASSWORD).await.unwrap();
        let venue = Venue { olga, ..venue };
        let sold = by_name(venue.olga.registrations(&venue.event).await.unwrap());
        assert_eq!(sold.len(), 6, "{sold:?}");
        for (name, code, email, status) in [
            ("Ada Lovelace", &ada, json!("ada@example.org"), "valid"),
            ("Grace Hopper", &grace, Value::Null, "valid"),
            ("Joan Clarke", &joan, Value::Null, "cancelled"),
            ("Mary Somerville", &mary, json!("mary@example.org"), "valid"),
            ("Sofia Kovalevskaya", &others[0], Value::Null, "valid"),
            ("Emmy Noether", &others[1], Value::Null, "valid"),
        ] {
            let registration = &sold[name];
            assert_eq!(registration["ticket"]["id"], json!(number(code)), "{registration}");
            assert_eq!((&registration["ticket"]["status"], &registration["email"]), (&json!(status), &email));
            let sale = &registration["sold_at_door"];
            let expected = (&json!(1_200), &json!("EUR"), &json!("lease"), &json!(false));
            assert_eq!((&sale["amount"], &sale["currency"], &sale["allowed_by"], &sale["beyond_places"]), expected);
        }
        let admissions = venue.admissions(4).await;
        let mut came_in: Vec<(&str, u64)> = admissions
            .iter()
            .map(|entry| (entry["ticket"].as_str().unwrap(), entry["device"]["number"].as_u64().unwrap()))
            .collect();
        came_in.sort_unstable();
        let (at_left, at_right) = (device_number(&venue, LEFT).await, device_number(&venue, RIGHT).await);
        let numbers: Vec<String> = [&ada, &grace, &others[0], &others[1]].map(|code| number(code)).into();
        let mut expected: Vec<(&str, u64)> =
            numbers.iter().map(String::as_str).zip([at_right, at_left, at_right, at_right]).collect();
        expected.sort_unstable();
        assert_eq!(came_in, expected);
        assert!(venue.list("conflicts").await.is_empty() && venue.list("quarantine").await.is_empty());
        assert_eq!(refusal(venue.olga.register(&venue.event, &eve).await), 409, "five of five are sold");

        // What the server made of it is at the other door.
        let mut door = right.headless(&OFFLINE).unwrap();
        let seen = door.present(&joan).unwrap();
        assert_eq!((&seen["code"], &seen["name"]), (&json!("CANCELLED"), &json!("Joan Clarke")), "{seen}");
        let seen = door.present(&mary).unwrap();
        assert!(is_admitted(&&seen) && seen["name"] == "Mary Somerville", "{seen}");
        assert!(!seen["flags"].as_array().unwrap().contains(&json!("UNLISTED")), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_that_is_killed_at_any_moment_forgets_no_sale_and_makes_none_twice() {
    let server = Server::start().unwrap();
    let venue = open(&server, PLACES).await;
    let terminal = enrol(&venue, LEFT, PLACES).await;
    let mut random = StdRng::seed_from_u64(22);
    // The name that each code was shown for.
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let mut sold = 0;

    for kill in 0.. {
        assert!(kill < 4 * PLACES, "{sold} of {PLACES} were sold");
        let mut till = Till::open(&terminal);
        let name = format!("Guest {kill}");
        till.fill_in(&name, &format!("guest{kill}@example.org"), Admit::Later);
        till.screen.send(key::ENTER).unwrap();
        // The power goes while the sale is written, while the ticket is drawn, or when it has been seen.
        let watched = Duration::from_millis(if kill % 3 == 0 { 10_000 } else { random.random_range(0..60) });
        let _ = till.screen.wait_for(PHOTOGRAPH, watched);
        till.screen.signal(libc::SIGKILL);
        let _ = till.screen.wait(PATIENCE).unwrap();
        if till.screen.text().contains(PHOTOGRAPH) {
            let [code] = till.screen.codes().try_into().unwrap();
            assert_eq!(shown.insert(code, name), None, "no ticket is sold twice");
        }
        let till = terminal.run(&["sales", "--json"]).unwrap().success().unwrap().json().unwrap();
        sold = till["sales"].as_array().unwrap().len();
        if sold == PLACES {
            break;
        }
    }
    assert!(shown.len() > 1);

    let mut till = Till::open(&terminal);
    till.is_refused("Too Late");
    let again = till.tickets(PLACES);
    for (code, name) in &shown {
        assert_eq!(again.get(code), Some(name), "what was shown can be shown again");
    }
    drop(till);
    terminal.run(&["journal", "verify"]).unwrap().success().unwrap();
    terminal.run(&["sync"]).unwrap().success().unwrap();
    let registrations = by_name(venue.olga.registrations(&venue.event).await.unwrap());
    assert_eq!(registrations.len(), PLACES);
    for (code, name) in &again {
        let registration = &registrations[name.as_str()];
        assert_eq!(registration["ticket"]["id"], json!(number(code)));
        assert_eq!(registration["email"], json!(format!("{}@example.org", name.replace(' ', "").to_lowercase())));
        assert_eq!(registration["sold_at_door"]["beyond_places"], json!(false));
    }
}

/// Makes an event with so many day passes at 12.00 €.
async fn open(server: &Server, quota: usize) -> Venue {
    let olga = Organiser::first(server).await.unwrap();
    let event = olga
        .create_event(&json!({
            "name": "Night of open doors",
            "time_zone": "Europe/Berlin",
            "starts": "2020-01-01T00:00:00Z",
            "ends": "2100-01-01T00:00:00Z",
            "zones": [{ "name": "Hall", "capacity": 5000 }],
            "gates": [{ "name": LEFT, "zone": "Hall" }, { "name": RIGHT, "zone": "Hall" }],
            "ticket_types": [
                { "name": "Day pass", "quota": quota, "price": { "amount": 1_200, "currency": "EUR" } },
            ],
        }))
        .await
        .unwrap();
    Venue { olga, event, tickets: Vec::new() }
}

/// Enrols a terminal that may sell so many of them.
async fn enrol(venue: &Venue, gate: &str, places: usize) -> Terminal {
    let walk_in = json!([{ "ticket_type": "Day pass", "places": places }]);
    let role = json!({ "name": gate, "gates": [gate], "confirmed": true, "walk_in": walk_in });
    let code = venue.olga.enrolment_code(&venue.event, &role).await.unwrap();
    let terminal = Terminal::new().unwrap();
    terminal.run(&["enrol", "--qr", &text(&code, "invitation").unwrap()]).unwrap().success().unwrap();
    terminal
}

/// Whether the guest goes in with the sale.
#[derive(Clone, Copy, PartialEq)]
enum Admit {
    Now,
    Later,
}

/// A terminal's screen without a network, and somebody who sells at it.
struct Till {
    screen: Screen,
}

impl Till {
    fn open(terminal: &Terminal) -> Self {
        let screen = Screen::start(terminal.command().unwrap().args(OFFLINE), 80, 24).unwrap();
        screen.wait_for("Ready for the next guest", PATIENCE).unwrap();
        Self { screen }
    }

    /// Writes everything but the Enter that sells.
    fn fill_in(&mut self, name: &str, email: &str, admit: Admit) {
        self.screen.type_slowly("w").unwrap();
        self.screen.wait_for("left here", PATIENCE).unwrap();
        self.screen.type_slowly(&format!("{name}\r{email}\r")).unwrap();
        if admit == Admit::Later {
            self.screen.type_slowly("\t\t ").unwrap();
            self.screen.wait_for("[no]", PATIENCE).unwrap();
        }
    }

    /// Sells a ticket, and reads its code off the screen.
    fn sell(&mut self, name: &str, email: &str, admit: Admit) -> String {
        self.fill_in(name, email, admit);
        self.screen.send(key::ENTER).unwrap();
        let shown = self.screen.wait_for(PHOTOGRAPH, PATIENCE).unwrap();
        assert!(shown.contains("12.00 €"), "{shown}");
        let [code] = self.screen.codes().try_into().unwrap();
        assert!(shown.contains(&number(&code)), "{shown}");
        code
    }

    fn close_ticket(&mut self) {
        self.screen.send(key::ESCAPE).unwrap();
        self.screen.wait_until("the door", PATIENCE, |shown| !shown.contains(PHOTOGRAPH)).unwrap();
    }

    /// Asserts that nothing more is sold here.
    fn is_refused(&mut self, name: &str) {
        self.fill_in(name, "", Admit::Later);
        self.screen.send(key::ENTER).unwrap();
        // The sentence may be broken between any two words.
        let is_told = |shown: &str| shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(NONE_LEFT);
        self.screen.wait_until(NONE_LEFT, PATIENCE, is_told).unwrap();
        self.screen.send(key::ESCAPE).unwrap();
        self.screen.wait_for("Drop what was written?", PATIENCE).unwrap();
        self.screen.type_slowly("y").unwrap();
        self.screen.wait_until("the door", PATIENCE, |shown| !shown.contains("left here")).unwrap();
    }

    /// Takes back what was done last: the sale to `name`.
    fn take_back(&mut self, name: &str) {
        self.screen.type_slowly("u").unwrap();
        let rows = self.screen.wait_for("What this door did last", PATIENCE).unwrap();
        assert!(rows.contains(name), "{rows}");
        self.screen.type_slowly("\r").unwrap();
        self.screen.wait_for("Reason:", PATIENCE).unwrap();
        self.screen.type_slowly("changed her mind\r").unwrap();
        self.screen.wait_for(&format!("Taken back: {name}"), PATIENCE).unwrap();
    }

    /// Shows each of so many sold tickets again, and returns whose each code is.
    fn tickets(&mut self, count: usize) -> BTreeMap<String, String> {
        self.screen.type_slowly("s").unwrap();
        let mut tickets = BTreeMap::new();
        for at in 0..count {
            self.screen.wait_for("Guest ", PATIENCE).unwrap();
            if at > 0 {
                self.screen.send(key::DOWN).unwrap();
            }
            self.screen.type_slowly("\r").unwrap();
            let shown = self.screen.wait_for(PHOTOGRAPH, PATIENCE).unwrap();
            let [code] = self.screen.codes().try_into().unwrap();
            let from = shown.find("Guest ").unwrap();
            tickets.insert(code, shown[from..].lines().next().unwrap().trim().to_owned());
            self.close_ticket();
        }
        assert_eq!(tickets.len(), count);
        tickets
    }
}

/// The number of the ticket that a code is for, as it is typed.
fn number(code: &str) -> String {
    Credential::from_text(code).unwrap().unverified().ticket.typed_code()
}

fn by_name(registrations: Vec<Value>) -> BTreeMap<String, Value> {
    registrations.into_iter().map(|each| (text(&each, "name").unwrap(), each)).collect()
}

async fn device_number(venue: &Venue, name: &str) -> u64 {
    venue.device(name).await["number"].as_u64().unwrap()
}

fn refusal<T: std::fmt::Debug>(answer: anyhow::Result<T>) -> u16 {
    answer.unwrap_err().downcast_ref::<Refused>().unwrap().status.as_u16()
}
