//! An event on a running server, and terminals that are enrolled for it.

use std::path::Path;

use anyhow::Context as _;
use harness::organiser::{Organiser, text};
use harness::process::{Server, Terminal};
use serde_json::{Value, json};
use sync_protocol::enrol::EnrolCode;
use usher_terminal::cache::{KdfCost, Store};
use usher_terminal::clock::{Clock as _, SystemClock};
use usher_terminal::enrol::{self, Offer};

/// The only gate.
pub(crate) const GATE: &str = "Main entrance";
/// The ticket type of which there are only so many.
pub(crate) const FEW: &str = "Few";
/// The ticket type of everybody else.
pub(crate) const REGULAR: &str = "Regular";
/// What opens each terminal's store.
const PASSPHRASE: &str = "correct horse battery";
/// Rows that the server takes in one import.
const IMPORT_ROWS: usize = 10_000;

/// An event and who organises it.
pub(crate) struct Event {
    pub(crate) olga: Organiser,
    pub(crate) id: String,
    server: String,
}

impl Event {
    /// Makes the first account and an event of single-use tickets, `few` of which are of the scarce type.
    pub(crate) async fn make(server: &Server, few: usize) -> anyhow::Result<Self> {
        let olga = Organiser::first(server).await?;
        let event = json!({
            "name": "Night of open doors",
            "time_zone": "Europe/Berlin",
            "starts": "2020-01-01T00:00:00Z",
            "ends": "2100-01-01T00:00:00Z",
            "zones": [{ "name": "Hall" }],
            "gates": [{ "name": GATE, "zone": "Hall" }],
            "ticket_types": [{ "name": REGULAR }, { "name": FEW, "quota": few }],
        });
        let id = olga.create_event(&event).await?;
        Ok(Self { olga, id, server: server.url() })
    }

    /// Registers so many attendees, and returns their tickets as typed codes.
    pub(crate) async fn import(&self, count: usize) -> anyhow::Result<Vec<String>> {
        for first in (0..count).step_by(IMPORT_ROWS) {
            let rows: String = (first..count.min(first + IMPORT_ROWS))
                .map(|number| format!("Attendee {number},attendee{number}@example.org,{REGULAR}\n"))
                .collect();
            self.olga.import(&self.id, format!("name,email,ticket_type\n{rows}")).await?;
        }
        self.olga
            .registrations(&self.id)
            .await?
            .iter()
            .map(|registration| text(&registration["ticket"], "id"))
            .collect()
    }

    /// Returns a path below the event.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/events/{}/{rest}", self.id)
    }

    /// Returns a list of the event.
    pub(crate) async fn list(&self, rest: &str) -> anyhow::Result<Vec<Value>> {
        self.olga.list(&self.path(rest)).await
    }

    /// Makes an enrolment code that needs no confirmation.
    pub(crate) async fn code(&self, name: &str) -> anyhow::Result<String> {
        let role = json!({ "name": name, "gates": [GATE], "confirmed": true });
        text(&self.olga.enrolment_code(&self.id, &role).await?, "code")
    }

    /// Enrols a terminal in `folder`, as `usher enrol` does, but under a key that is cheap to derive.
    ///
    /// The list is not downloaded yet.
    pub(crate) async fn enrol(&self, name: &str, folder: &Path) -> anyhow::Result<Terminal> {
        self.enrol_at(&self.server, name, folder).await
    }

    /// The same, with a server that is reached at this address.
    pub(crate) async fn enrol_at(&self, server: &str, name: &str, folder: &Path) -> anyhow::Result<Terminal> {
        let code = EnrolCode::parse(&self.code(name).await?)?;
        let offer = Offer { server: server.to_owned(), server_key_hash: None, tls_fingerprint: None, code };
        let clock = SystemClock::new();
        let enrolled = enrol::enrol(&offer, name, || clock.read().wall, |_, _| {}).await?;
        let cost = KdfCost::Fixed { memory_kib: 8, passes: 1 };
        let store = Store::create(folder, PASSPHRASE, cost, enrolled.try_into()?);
        drop(store.context("the enrolment could not be kept")?);
        Ok(terminal(folder))
    }

    /// What the event's lists say that nobody ever wants to read there.
    pub(crate) async fn is_at_peace(&self) -> anyhow::Result<Result<(), String>> {
        for list in ["conflicts", "quarantine"] {
            let found = self.list(list).await?;
            if let Some(first) = found.first() {
                return Ok(Err(format!("{} {list}, the first: {first}", found.len())));
            }
        }
        Ok(Ok(()))
    }
}

/// The terminal in a folder that stays.
pub(crate) fn terminal(folder: &Path) -> Terminal {
    Terminal::in_folder(folder).passphrase(PASSPHRASE)
}

/// Runs a command that answers in JSON and must not fail.
pub(crate) fn ask(terminal: &Terminal, arguments: &[&str]) -> anyhow::Result<Value> {
    let finished = terminal.run(arguments)?.success();
    finished.with_context(|| format!("usher {}", arguments.join(" ")))?.json()
}

/// A number of a report.
pub(crate) fn number(report: &Value, field: &str) -> Option<u64> {
    report.get(field).and_then(Value::as_u64)
}

/// A text of a report.
pub(crate) fn word<'a>(report: &'a Value, field: &str) -> &'a str {
    report.get(field).and_then(Value::as_str).unwrap_or_default()
}
