//! An event with a ticket for every verdict, and a terminal that is enrolled for it.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use harness::organiser::{EMAIL, Organiser, PASSWORD, text};
use harness::process::{Server, Terminal};
use harness::pty::Screen;
use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::ticket::Credential;

/// For so long the same ticket at the same door is one presentation: long enough for a busy machine to show it twice.
pub(crate) const REPEAT: Duration = Duration::from_secs(8);

/// What is before the terminal's door, and behind it.
pub(crate) struct Venue {
    pub(crate) server: Server,
    pub(crate) organiser: Organiser,
    pub(crate) event: String,
    pub(crate) terminal: Terminal,
    /// What each guest's code says.
    pub(crate) codes: BTreeMap<&'static str, String>,
    /// The number of each guest's ticket.
    pub(crate) tickets: BTreeMap<&'static str, String>,
}

impl Venue {
    /// Makes an event with these guests, and a terminal that has its list.
    pub(crate) async fn open(guests: &[&'static str]) -> Self {
        Self::open_with(&open_air(), guests).await
    }

    /// The same for an event of these rules.
    pub(crate) async fn open_with(rules: &Value, guests: &[&'static str]) -> Self {
        let server = Server::start().unwrap();
        let organiser = Organiser::first(&server).await.unwrap();
        let event = organiser.create_event(rules).await.unwrap();
        let (codes, tickets) = (BTreeMap::new(), BTreeMap::new());
        let mut venue = Self { server, organiser, event, terminal: Terminal::new().unwrap(), codes, tickets };
        for guest in guests {
            venue.invite(guest).await;
        }
        venue.enrol(&venue.terminal, "Left lane", "Main entrance").await;
        venue
    }

    /// Enrols a terminal that stands at `gate`.
    pub(crate) async fn enrol(&self, terminal: &Terminal, name: &str, gate: &str) {
        self.enrol_as(terminal, &json!({ "name": name, "gates": [gate], "confirmed": true })).await;
    }

    /// Enrols a terminal for `role`.
    pub(crate) async fn enrol_as(&self, terminal: &Terminal, role: &Value) {
        let code = self.organiser.enrolment_code(&self.event, role).await.unwrap();
        let invitation = text(&code, "invitation").unwrap();
        terminal.run(&["enrol", "--qr", &invitation]).unwrap().success().unwrap();
    }

    /// Sells a ticket to `guest`, whose name says what is the matter with it.
    pub(crate) async fn invite(&mut self, guest: &'static str) {
        let mut attendee = json!({ "name": guest, "ticket_type": "Regular" });
        match guest {
            "Cleo Crew" => attendee["ticket_type"] = "Crew".into(),
            "Early Earl" => attendee["ticket_type"] = "Last century's end".into(),
            "Ida Unpaid" => attendee["status"] = "unpaid".into(),
            "Pia Passport" => attendee["id_check"] = true.into(),
            "Wanda Wheels" => attendee["note"] = "Wheelchair: use the ramp".into(),
            _ => {}
        }
        let event = if guest == "Olaf Other" { self.other_event().await } else { self.event.clone() };
        let registration = self.organiser.register(&event, &attendee).await.unwrap();
        let ticket = registration["ticket"]["id"].as_str().unwrap().to_owned();
        let mut code = self.organiser.credential(&event, &ticket).await.unwrap();
        match guest {
            "Carla Cancelled" => self.change(&ticket, "cancel").await,
            "Bob Blocked" => self.change(&ticket, "block").await,
            "Rita Replaced" => self.change(&ticket, "reissue").await,
            "Felix Forged" => code = forged(&event, &code),
            _ => {}
        }
        self.codes.insert(guest, code);
        self.tickets.insert(guest, ticket);
    }

    /// Opens the door's screen with these further arguments.
    pub(crate) fn door(&self, arguments: &[&str], size: (u16, u16)) -> Screen {
        door_of(&self.terminal, arguments, size)
    }

    /// Opens the door's screen in an environment that is `set` for it.
    pub(crate) fn door_with(&self, arguments: &[&str], size: (u16, u16), set: impl FnOnce(&mut Command)) -> Screen {
        door_in(&self.terminal, arguments, size, set)
    }

    /// Brings the server back.
    pub(crate) async fn restart(&mut self) {
        self.server.restart().unwrap();
        // The earlier connections ended with the server.
        self.organiser = Organiser::log_in(&self.server.url(), EMAIL, PASSWORD).await.unwrap();
    }

    /// Takes the terminal's right away.
    pub(crate) async fn revoke(&self) {
        let devices = self.organiser.devices(&self.event).await.unwrap();
        let device = text(&devices[0], "id").unwrap();
        self.organiser.revoke_device(&self.event, &device).await.unwrap();
    }

    async fn change(&self, ticket: &str, change: &str) {
        self.organiser.change_ticket(&self.event, ticket, change).await.unwrap();
    }

    async fn other_event(&self) -> String {
        let mut other = open_air();
        other["name"] = "Another event".into();
        self.organiser.create_event(&other).await.unwrap()
    }
}

/// Opens the screen of `terminal`.
pub(crate) fn door_of(terminal: &Terminal, arguments: &[&str], size: (u16, u16)) -> Screen {
    door_in(terminal, arguments, size, |_| {})
}

fn door_in(terminal: &Terminal, arguments: &[&str], size: (u16, u16), set: impl FnOnce(&mut Command)) -> Screen {
    let mut command = terminal.command().unwrap();
    command.args(arguments).env_remove("NO_COLOR");
    set(&mut command);
    Screen::start(&command, size.0, size.1).unwrap()
}

pub(crate) fn open_air() -> Value {
    json!({
        "name": "Open Air",
        "time_zone": "Europe/Berlin",
        "starts": "2020-01-01T00:00:00Z",
        "ends": "2100-01-01T00:00:00Z",
        "zones": [{ "name": "Field", "capacity": 1200 }],
        "gates": [{ "name": "Main entrance", "zone": "Field" }, { "name": "Stage door", "zone": "Field" }],
        "limits": { "repeat_ms": REPEAT.as_millis() as u64 },
        "ticket_types": [
            { "name": "Regular" },
            { "name": "Crew", "gates": ["Stage door"] },
            {
                "name": "Last century's end",
                "windows": [{ "from": "2099-12-31T18:00:00Z", "until": "2100-01-01T00:00:00Z" }],
            },
        ],
    })
}

/// The same claims, signed by somebody who isn't the organiser.
fn forged(event: &str, credential: &str) -> String {
    let event: EventId = event.parse().unwrap();
    let genuine = Credential::from_text(credential).unwrap();
    genuine.unverified().sign(event, &SigningKey::from_bytes(&[7; 32])).to_text()
}
