//! An event at one server, or at several on one database.

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use harness::cluster::Cluster;
use harness::crowd::person;
use harness::device::Device;
use harness::organiser::{EMAIL, Organiser, PASSWORD, text};
use harness::process::{Server, ServerOptions};
use serde::Serialize;
use serde_json::{Value, json};
use sync_protocol::id::TicketId;
use tempfile::TempDir;

use super::doors::Door;
use super::figure::{Goal, Row};

/// Rows that the server takes in one import.
const IMPORT_ROWS: u32 = 10_000;
/// Registrations that are listed at once.
const PAGE: usize = 500;
/// The most memory that a server may need.
const MIB_MAX: f64 = 150.0;

/// A database.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// The place. What stands first ends first.
pub(super) struct Venue {
    kind: Kind,
    servers: Vec<Server>,
    organiser: Organiser,
    event: String,
    _cluster: Option<Cluster>,
    _scratch: TempDir,
}

impl Venue {
    /// Opens an event without attendees, at so many servers.
    pub(super) async fn open(kind: Kind, servers: usize) -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir().context("could not make a folder")?;
        let cluster = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Cluster::start(&scratch.path().join("cluster"))?),
        };
        let url = match &cluster {
            Some(cluster) => cluster.url(),
            None => format!("sqlite:{}", scratch.path().join("usher.db").display()),
        };
        let start = |_| {
            let options = ServerOptions::default().data_folder(scratch.path()).database_url(&url);
            options.environment("USHER_LOG", "warn").start()
        };
        let servers = (0..servers).map(start).collect::<anyhow::Result<Vec<Server>>>()?;
        let organiser = Organiser::first(servers.first().context("there is a server")?).await?;
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
        Ok(Self { kind, servers, organiser, event, _cluster: cluster, _scratch: scratch })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn servers(&self) -> usize {
        self.servers.len()
    }

    pub(super) fn organiser(&self) -> &Organiser {
        &self.organiser
    }

    /// Returns a path of the event, such as `/events/…/conflicts`.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/events/{}{rest}", self.event)
    }

    /// Invites so many attendees.
    pub(super) async fn import(&self, attendees: u32) -> anyhow::Result<()> {
        eprintln!("{:?}: inviting {attendees} attendees", self.kind);
        for first in (0..attendees).step_by(IMPORT_ROWS as usize) {
            let mut csv = String::from("name,email,ticket_type\n");
            for number in first..attendees.min(first + IMPORT_ROWS) {
                let person = person(number.into());
                writeln!(csv, "{},guest{number}@example.org,Day pass", person.name)?;
            }
            // Whoever invites many takes longer than a token lasts.
            let organiser = Organiser::log_in(&self.url(0)?, EMAIL, PASSWORD).await?;
            organiser.import(&self.event, csv).await?;
        }
        Ok(())
    }

    /// Returns the tickets of all who are invited.
    pub(super) async fn tickets(&self) -> anyhow::Result<Vec<TicketId>> {
        let mut tickets = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.organiser.get(&self.path(&format!("/registrations?limit={PAGE}{cursor}"))).await?;
            for item in page.get("items").and_then(Value::as_array).context("a list has items")? {
                let ticket = text(item.get("ticket").unwrap_or(&Value::Null), "id")?;
                tickets.push(TicketId::from_typed_code(&ticket).context("a ticket has a number")?);
            }
            let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(tickets) };
            cursor = format!("&cursor={next}");
        }
    }

    /// Enrols so many doors, spread evenly over the servers.
    pub(super) async fn doors(&self, number: usize) -> anyhow::Result<Vec<Door>> {
        let mut doors = Vec::with_capacity(number);
        for at in 0..number {
            let role = json!({ "name": format!("Door {at}"), "confirmed": true });
            let code = text(&self.organiser.enrolment_code(&self.event, &role).await?, "code")?;
            let url = self.url(at % self.servers.len())?;
            let device = Device::enrol(&url, &code).await?;
            let address = url.strip_prefix("http://").context("servers of the bench speak plainly")?;
            doors.push(Door { device, address: address.to_owned() });
        }
        Ok(doors)
    }

    /// Returns a server's URL.
    pub(super) fn url(&self, server: usize) -> anyhow::Result<String> {
        Ok(self.servers.get(server).context("there is such a server")?.url())
    }

    /// Returns the servers' process ids.
    pub(super) fn processes(&self) -> anyhow::Result<Vec<u32>> {
        self.servers.iter().map(|server| server.id().context("the server runs")).collect()
    }

    /// Returns the most memory that one of the servers ever held.
    pub(super) fn memory(&self) -> anyhow::Result<Row> {
        let mut most = 0;
        for process in self.processes()? {
            most = most.max(crate::resting::peak_resident_kib(process)?);
        }
        ensure!(most > 0, "a server needs memory");
        let mib = most as f64 / 1_024.0;
        Ok(Row::new(self, "memory of a server at its highest", mib, "MiB").held_to(Goal::AtMost(MIB_MAX)))
    }
}
