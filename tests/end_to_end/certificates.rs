//! Certificates run out: a terminal that comes by in time works on, one that stays away stops and says so.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, mpsc};

use harness::device::now;
use harness::on_both_databases;
use harness::organiser::{Organiser, eventually, text};
use harness::process::{PATIENCE, Terminal};
use harness::pty::Screen;
use serde_json::json;
use sync_protocol::enrol::Invitation;
use sync_protocol::id::GateId;
use sync_protocol::time::UnixMillis;
use usher_server::accounts::{self, password::Password};
use usher_server::app::{App, Settings};
use usher_server::clock::Clock;
use usher_server::db::Database;
use usher_server::http::serve::serve;
use usher_server::seal::MasterKey;
use usher_terminal::cache::{KdfCost, Store};
use usher_terminal::clock::{Clock as _, SetClock};
use usher_terminal::enrol;
use usher_terminal::gate::{Gate, desk};
use usher_terminal::sync::driver::{Driver, Until};

use crate::venue::{LEFT, RIGHT, ticket};

const DAY_MS: u64 = 86_400_000;
const EMAIL: &str = "olga@example.org";
const PASSWORD: &str = "a long enough passphrase";
const PASSPHRASE: &str = "correct horse battery";

on_both_databases! {
    async fn who_comes_by_works_on_and_who_stays_away_stops_until_it_does(url: String) {
        // Three days ago, for two days.
        let start = now().minus(3 * DAY_MS);
        let clock = Clock::fixed(start);
        let server = serve_at(&url, clock.clone()).await;
        let olga = Organiser::log_in(&server, EMAIL, PASSWORD).await.unwrap();
        let event = olga.create_event(&event()).await.unwrap();
        let ada = ticket(&olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap());
        let (kept_folder, lost_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let kept = Away::enrol(&olga, &event, LEFT, kept_folder.path(), start).await;
        let lost = Away::enrol(&olga, &event, RIGHT, lost_folder.path(), start).await;
        let first = lost.store.certificate().validity.until();
        assert_eq!(first, start.plus(2 * DAY_MS));
        drop(lost);

        // Half a day before its end one of them comes by.
        let later = start.plus(3 * DAY_MS / 2);
        clock.set(later);
        kept.clock.advance(3 * DAY_MS / 2);
        let mut kept = kept.talk().await;
        // That it spoke is noted beside the answer.
        let olga = Organiser::log_in(&server, EMAIL, PASSWORD).await.unwrap();
        let renewed = usher_server::http::time::rfc3339(later.plus(2 * DAY_MS));
        let devices = async || olga.devices(&event).await;
        let is_renewed = |devices: &Vec<serde_json::Value>| {
            devices.iter().any(|device| device["name"] == LEFT && device["certificate_until"] == renewed)
        };
        eventually(PATIENCE, devices, is_renewed).await.unwrap();
        kept = kept.talk().await;
        assert_eq!(kept.store.certificate().validity.until(), later.plus(2 * DAY_MS));
        drop(kept);

        // Today, a day after the first certificates ended.
        clock.set(now());
        let (kept, lost) = (Terminal::in_folder(kept_folder.path()), Terminal::in_folder(lost_folder.path()));
        let mut door = kept.headless(&["--no-camera", "--offline"]).unwrap();
        let seen = door.present(&ada).unwrap();
        assert_eq!((&seen["verdict"], &seen["name"]), (&json!("admit"), &json!("Ada")), "{seen}");
        assert!(door.process.stop().unwrap().success());
        assert!(is_ready(&screen(&kept, &["--no-camera", "--offline"])));

        let stopped = screen(&lost, &["--no-camera", "--offline"]);
        let shown = stopped.wait_for("permission is not valid", PATIENCE).unwrap();
        assert!(shown.contains("connect it to the network"), "{shown}");
        drop(stopped);
        let mut door = lost.headless(&["--no-camera", "--offline"]).unwrap();
        let seen = door.present(&ada).unwrap();
        assert_eq!((&seen["verdict"], &seen["code"]), (&json!("deny"), &json!("TERMINAL_NOT_READY")), "{seen}");
        assert!(door.process.stop().unwrap().success());

        // It was not revoked, so one contact is enough.
        assert!(is_ready(&screen(&lost, &["--no-camera"])));
        let status = lost.run(&["status", "--json"]).unwrap().success().unwrap().json().unwrap();
        assert!(text(&status, "certified_until").unwrap() > usher_server::http::time::rfc3339(now()), "{status}");
    }
}

/// Opens the door's screen.
fn screen(terminal: &Terminal, arguments: &[&str]) -> Screen {
    Screen::start(terminal.command().unwrap().args(arguments), 80, 24).unwrap()
}

fn is_ready(screen: &Screen) -> bool {
    screen.wait_for("Ready for the next guest", PATIENCE).is_ok()
}

/// Serves in this process, at the time that `clock` says, and returns the address.
async fn serve_at(database_url: &str, clock: Clock) -> String {
    // Another test of this process may have been first; either's provider is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let database = Database::open(database_url).await.unwrap();
    database.migrate().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings { public_url: url.clone(), clock, ..Settings::default() };
    let app = App::open(database, &MasterKey::new([7; 32]), settings).await.unwrap();
    let password = Password::new(PASSWORD.to_owned());
    accounts::create(&app, EMAIL, "Olga", "Example", password).await.unwrap();
    drop(tokio::spawn(serve(app, listener, None)));
    url
}

fn event() -> serde_json::Value {
    json!({
        "name": "Long festival", "time_zone": "Europe/Berlin", "starts": "2020-01-01T00:00:00Z",
        "ends": "2100-01-01T00:00:00Z", "zones": [{ "name": "Hall" }],
        "gates": [{ "name": LEFT, "zone": "Hall" }, { "name": RIGHT, "zone": "Hall" }],
        "limits": { "max_offline_ms": 7 * DAY_MS }, "ticket_types": [{ "name": "Regular" }],
    })
}

/// A terminal at another time than this machine's.
struct Away {
    store: Store,
    clock: Arc<SetClock>,
}

impl Away {
    /// Enrols it for two days, and fetches the list.
    async fn enrol(olga: &Organiser, event: &str, gate: &str, folder: &Path, at: UnixMillis) -> Self {
        let role = json!({ "name": gate, "gates": [gate], "confirmed": true, "certificate_days": 2 });
        let code = olga.enrolment_code(event, &role).await.unwrap();
        let invitation = Invitation::parse(&text(&code, "invitation").unwrap()).unwrap();
        let clock = Arc::new(SetClock::new(at));
        let enrolled = enrol::enrol(&invitation.into(), gate, || clock.read().wall, |_, _| {}).await.unwrap();
        let cost = KdfCost::Fixed { memory_kib: 8, passes: 1 };
        let store = Store::create(folder, PASSPHRASE, cost, enrolled.try_into().unwrap()).unwrap();
        Self { store, clock }.talk().await
    }

    /// Exchanges everything with the server.
    async fn talk(self) -> Self {
        let (notices, _told) = mpsc::channel();
        let gate = Gate::new(self.store, self.clock.clone(), GateId(0));
        let (desk, gate) = desk::open(gate, notices).unwrap();
        let (_nudges, nudged) = tokio::sync::mpsc::unbounded_channel();
        let driver = Driver::new(desk.clone(), self.clock.clone(), Until::InStep).unwrap();
        let outcome = driver.run(nudged).await.unwrap();
        assert!(outcome.is_reached && outcome.trouble.is_none(), "{outcome:?}");
        desk.close();
        Self { store: gate.join().unwrap().into_store(), ..self }
    }
}
