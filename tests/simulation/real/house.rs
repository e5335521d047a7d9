//! The server: its features over a SQLite file, its clock set by hand, and the organiser who uses it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use anyhow::{Context as _, anyhow};
use harness::organiser::{EMAIL, Organiser, PASSWORD, text};
use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use tempfile::TempDir;
use usher_server::accounts::{self, password::Password};
use usher_server::app::{App, Settings, router};
use usher_server::clock::Clock;
use usher_server::db::Database;
use usher_server::http::time::rfc3339;
use usher_server::seal::MasterKey;

use super::disk::Image;
use super::front::Front;

/// How long the event goes on, in ms.
const EVENT_MS: u64 = 10 * 86_400_000;
const FILE: &str = "usher.db";
/// What the doors lead into, each named by its place here.
pub(super) const GATES: usize = 3;

/// A server with one organiser and no event, as a file. Its tables and its password take longer than a run.
static EMPTY: OnceLock<Result<Image, String>> = OnceLock::new();

/// The server and its disk.
pub(super) struct House {
    folder: TempDir,
    pub(super) front: Front,
    pub(super) url: String,
    clock: Clock,
    app: Option<App>,
    organiser: Organiser,
    /// The event's id, as it stands in addresses.
    pub(super) event: String,
    pub(super) event_id: EventId,
}

impl House {
    /// Opens a server with one event, where it is `now`.
    pub(super) async fn open(now: UnixMillis) -> anyhow::Result<Self> {
        let folder = on_memory()?;
        let empty = EMPTY.get_or_init(|| thread::spawn(move || make_empty(now)).join().unwrap_or(Err(String::new())));
        empty.as_ref().map_err(|error| anyhow!("no server could be made: {error}"))?.put_back(folder.path())?;
        let (front, clock) = (Front::default(), Clock::fixed(now));
        let url = front.listen().await?;
        let app = start(folder.path(), &url, &clock).await?;
        front.set_server(Some(router(app.clone())));
        let organiser = Organiser::log_in(&url, EMAIL, PASSWORD).await?;
        let event = organiser.create_event(&event(now)).await?;
        let event_id = event.parse().map_err(|_| anyhow!("{event} is no event's id"))?;
        Ok(Self { folder, front, url, clock, app: Some(app), organiser, event, event_id })
    }

    /// Lets it be `now`.
    pub(super) fn come(&self, now: u64) {
        self.clock.set(UnixMillis(now));
    }

    pub(super) const fn is_running(&self) -> bool {
        self.app.is_some()
    }

    /// Returns the application, while the server runs.
    pub(super) const fn app(&self) -> Option<&App> {
        self.app.as_ref()
    }

    /// Returns the organiser.
    pub(super) const fn organiser(&self) -> &Organiser {
        &self.organiser
    }

    /// Returns the database's file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// Returns what its disk holds.
    pub(super) fn image(&self) -> anyhow::Result<Image> {
        Ok(Image::of(self.folder.path())?)
    }

    /// Ends the program. Its disk then holds what it holds, or `left`.
    pub(super) async fn stop(&mut self, left: Option<&Image>) -> anyhow::Result<()> {
        self.front.set_server(None);
        let Some(app) = self.app.take() else { return Ok(()) };
        app.begin_shutdown();
        app.database().close().await;
        left.map_or(Ok(()), |left| left.put_back(self.folder.path()))?;
        Ok(())
    }

    /// Starts the program over what its disk holds.
    pub(super) async fn start(&mut self) -> anyhow::Result<()> {
        if self.app.is_none() {
            let app = start(self.folder.path(), &self.url, &self.clock).await?;
            self.front.set_server(Some(router(app.clone())));
            self.app = Some(app);
        }
        Ok(())
    }

    /// Registers somebody, and returns the ticket's number.
    pub(super) async fn register(&self, name: &str, class: &str) -> anyhow::Result<String> {
        let answer = self.organiser.register(&self.event, &json!({ "name": name, "ticket_type": class })).await?;
        text(answer.get("ticket").context("no ticket was given")?, "id")
    }
}

/// Returns a folder in memory where there is one: how long a disk takes is not what this is about.
pub(super) fn on_memory() -> anyhow::Result<TempDir> {
    Ok(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?)
}

fn make_empty(now: UnixMillis) -> Result<Image, String> {
    let making = async {
        let folder = on_memory()?;
        let app = start(folder.path(), "http://localhost", &Clock::fixed(now)).await?;
        accounts::create(&app, EMAIL, "Olga", "Example", Password::new(PASSWORD.to_owned())).await?;
        app.database().close().await;
        anyhow::Ok(Image::of(folder.path())?)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(making).map_err(|error| format!("{error:#}"))
}

async fn start(folder: &Path, url: &str, clock: &Clock) -> anyhow::Result<App> {
    let database = Database::open(&format!("sqlite:{}", folder.join(FILE).display())).await?;
    database.migrate().await?;
    let settings = Settings { public_url: url.to_owned(), clock: clock.clone(), ..Settings::default() };
    Ok(App::open(database, &MasterKey::new([7; 32]), settings).await?)
}

/// Three types that come in once, thrice, and twice; three gates into two zones.
fn event(now: UnixMillis) -> Value {
    let class = |name: &str, limit: u32, re_entry: &str| json!({ "name": name, "uses": { "limit": limit }, "re_entry": re_entry });
    json!({
        "name": "Simulation", "time_zone": "Europe/Berlin",
        "starts": rfc3339(now), "ends": rfc3339(now.plus(EVENT_MS)),
        "zones": [{ "name": "Hall" }, { "name": "Annex" }],
        "gates": [
            { "name": "gate 0", "zone": "Hall" }, { "name": "gate 1", "zone": "Hall" }, { "name": "gate 2", "zone": "Annex" },
        ],
        "ticket_types": [class("once", 1, "forbidden"), class("thrice", 3, "after_exit"), class("twice", 2, "free")],
        "limits": { "max_offline_ms": EVENT_MS },
    })
}
