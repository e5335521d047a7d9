//! An event, its tickets and its doors, on a running server.

use std::collections::BTreeMap;

use harness::organiser::{Organiser, eventually, text};
use harness::process::{PATIENCE, Program, Server, Terminal};
use serde_json::{Value, json};

/// The gates.
pub(crate) const LEFT: &str = "Main entrance";
/// The gates.
pub(crate) const RIGHT: &str = "Side door";

/// An event and who organises it.
pub(crate) struct Venue {
    pub(crate) olga: Organiser,
    pub(crate) event: String,
    /// The tickets' typed codes.
    pub(crate) tickets: Vec<String>,
}

impl Venue {
    /// Makes the first account and an event with so many attendees from a CSV file.
    pub(crate) async fn open(server: &Server, attendees: usize) -> Self {
        Self::open_with(server, attendees, json!({})).await
    }

    /// The same, at an event with these limits.
    pub(crate) async fn open_with(server: &Server, attendees: usize, limits: Value) -> Self {
        let olga = Organiser::first(server).await.unwrap();
        let event = olga
            .create_event(&json!({
                "limits": limits,
                "name": "Night of open doors",
                "time_zone": "Europe/Berlin",
                "starts": "2020-01-01T00:00:00Z",
                "ends": "2100-01-01T00:00:00Z",
                "zones": [{ "name": "Hall", "capacity": 5000 }],
                "gates": [{ "name": LEFT, "zone": "Hall" }, { "name": RIGHT, "zone": "Hall" }],
                "ticket_types": [{ "name": "Regular" }],
            }))
            .await
            .unwrap();
        let rows: String =
            (0..attendees).map(|number| format!("{},{},Regular\n", name(number), email(number))).collect();
        olga.import(&event, format!("name,email,ticket_type\n{rows}")).await.unwrap();
        let registrations = olga.registrations(&event).await.unwrap();
        assert_eq!(registrations.len(), attendees);
        let tickets = registrations.iter().map(ticket).collect();
        Self { olga, event, tickets }
    }

    /// Returns the text of a ticket's QR code.
    pub(crate) async fn credential(&self, ticket: &str) -> String {
        self.olga.credential(&self.event, ticket).await.unwrap()
    }

    /// Enrols a terminal for a gate by the QR picture of a code that was confirmed in advance.
    pub(crate) async fn enrol_by_picture(&self, gate: &str) -> Terminal {
        let role = json!({ "name": gate, "gates": [gate], "confirmed": true });
        let code = self.olga.enrolment_code(&self.event, &role).await.unwrap();
        let address = text(&code, "qr_png").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("enrolment.png");
        std::fs::write(&picture, self.olga.bytes(address.strip_prefix("/api/v1").unwrap()).await.unwrap()).unwrap();

        let terminal = Terminal::new().unwrap();
        let enrolled = terminal.run(&["enrol", "--json", "--qr", &picture.to_string_lossy()]).unwrap();
        assert_eq!(enrolled.success().unwrap().json().unwrap()["event"], json!(self.event));
        terminal
    }

    /// Enrols a terminal for a gate by a typed code: the organiser compares the digits before confirming.
    pub(crate) async fn enrol_by_typed_code(&self, server: &Server, gate: &str) -> Terminal {
        let role = json!({ "name": gate, "gates": [gate] });
        let code = text(&self.olga.enrolment_code(&self.event, &role).await.unwrap(), "code").unwrap();
        let terminal = Terminal::new().unwrap();
        let mut command = terminal.command().unwrap();
        command.args(["enrol", "--server", &server.url(), "--code", &code.to_lowercase()]);
        let mut enrolling = Program::start(&mut command).unwrap();

        let is_waiting = |devices: &Vec<Value>| devices.iter().any(|device| device["status"] == "pending");
        let devices = eventually(PATIENCE, async || self.olga.devices(&self.event).await, is_waiting).await.unwrap();
        let device = devices.iter().find(|device| device["status"] == "pending").unwrap();
        let digits = text(device, "digits").unwrap();
        assert!(enrolling.is_running());
        eventually(PATIENCE, async || Ok(enrolling.log()), |log| log.contains(&digits)).await.unwrap();
        let confirm = format!("/events/{}/devices/{}/confirm", self.event, text(device, "id").unwrap());
        self.olga.post(&confirm, &json!({})).await.unwrap();
        assert!(enrolling.wait(PATIENCE).unwrap().success(), "{}", enrolling.last_words());
        terminal
    }

    /// The device that is called like its gate.
    pub(crate) async fn device(&self, gate: &str) -> Value {
        let devices = self.olga.devices(&self.event).await.unwrap();
        devices.into_iter().find(|device| device["name"] == gate).unwrap()
    }

    /// Returns a list of the event.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.olga.list(&format!("/events/{}/{path}", self.event)).await.unwrap()
    }

    /// Waits until so many admissions have arrived, and returns all check-ins.
    pub(crate) async fn admissions(&self, count: usize) -> Vec<Value> {
        let list = async || self.olga.check_ins(&self.event).await;
        let check_ins = eventually(PATIENCE, list, |list| list.iter().filter(is_admission).count() >= count).await;
        check_ins.unwrap().into_iter().filter(|check_in| is_admission(&check_in)).collect()
    }
}

/// Asserts that each admission that a door printed is on the server exactly once, under its own number.
pub(crate) fn assert_arrived_once<'a>(seen: impl IntoIterator<Item = &'a Value>, device: &Value, check_ins: &[Value]) {
    let mut arrived: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for check_in in check_ins.iter().filter(|check_in| check_in["device"]["number"] == device["number"]) {
        arrived.entry(check_in["seq"].as_u64().unwrap()).or_default().push(check_in);
    }
    for verdict in seen.into_iter().filter(is_admitted) {
        let found = arrived.get(&verdict["entry"].as_u64().unwrap());
        let found = found.unwrap_or_else(|| panic!("shown as admitted, but not on the server: {verdict}"));
        assert_eq!(found.len(), 1, "{verdict}");
        assert_eq!((&found[0]["kind"], &found[0]["ticket"]), (&json!("admit"), &verdict["ticket"]));
    }
}

/// Asserts that no ticket's admissions count more than once.
pub(crate) fn assert_none_counts_twice(check_ins: &[Value]) {
    let mut tickets = BTreeMap::<&str, usize>::new();
    for check_in in check_ins.iter().filter(|check_in| is_admission(check_in) && check_in["counts"] == true) {
        *tickets.entry(check_in["ticket"].as_str().unwrap()).or_default() += 1;
    }
    tickets.retain(|_, count| *count > 1);
    assert!(tickets.is_empty(), "{tickets:?}");
}

/// Whether a report of a door is an admission.
pub(crate) fn is_admitted(report: &&Value) -> bool {
    report["type"] == "verdict" && report["verdict"] == "admit"
}

/// Whether a status report says that everything was sent over a link that stands.
pub(crate) fn is_in_step(report: &Value) -> bool {
    report["type"] == "status" && report["link"]["state"] == "online" && report["unsent"] == 0
}

/// Whether the door must not admit, for this reason.
pub(crate) fn is_suspended(report: &Value, reason: &str) -> bool {
    report["type"] == "status" && report["suspended"] == reason
}

/// The number of a registration's ticket.
pub(crate) fn ticket(registration: &Value) -> String {
    text(&registration["ticket"], "id").unwrap()
}

/// The name of an attendee: such as no program's file contains by itself.
fn name(number: usize) -> String {
    format!("Quirinia Xylander {number:04}")
}

/// The same attendee's address.
fn email(number: usize) -> String {
    format!("xylander{number:04}@example.org")
}

fn is_admission(check_in: &&Value) -> bool {
    check_in["kind"] == "admit"
}
