//! An event with guests, and a terminal that is enrolled for it.

use anyhow::Context as _;
use harness::organiser::{Organiser, text};
use harness::process::{Server, Terminal};
use serde_json::json;

/// The place, with its server still running.
pub(super) struct Place {
    pub(super) terminal: Terminal,
    pub(super) guests: Vec<Guest>,
    _server: Server,
}

/// A guest with a ticket.
pub(super) struct Guest {
    pub(super) name: String,
    /// What the ticket's code says.
    pub(super) code: String,
}

impl Place {
    /// Makes an event with so many guests.
    pub(super) async fn open(guests: usize) -> anyhow::Result<Self> {
        eprintln!("Inviting {guests} guests");
        let server = Server::start()?;
        let organiser = Organiser::first(&server).await?;
        let event = organiser
            .create_event(&json!({
                "name": "Bench",
                "time_zone": "UTC",
                "starts": "2026-01-01T00:00:00Z",
                "ends": "2099-01-01T00:00:00Z",
                "zones": [{ "name": "Hall" }],
                "gates": [{ "name": "Main", "zone": "Hall" }],
                "ticket_types": [{ "name": "Day pass" }],
            }))
            .await?;
        let mut invited = Vec::new();
        for number in 1..=guests {
            let name = format!("Guest {number:03}");
            let attendee = json!({ "name": name, "ticket_type": "Day pass" });
            let registration = organiser.register(&event, &attendee).await?;
            let ticket =
                registration.pointer("/ticket/id").and_then(|id| id.as_str()).context("a ticket has a number")?;
            let code = organiser.credential(&event, ticket).await?;
            invited.push(Guest { name, code });
        }
        let terminal = Terminal::new()?;
        let role = json!({ "name": "Bench", "confirmed": true });
        let code = organiser.enrolment_code(&event, &role).await?;
        terminal.run(&["enrol", "--server", &server.url(), "--code", &text(&code, "code")?])?.success()?;
        Ok(Self { terminal, guests: invited, _server: server })
    }
}
