//! The master key is replaced: nothing is lost, whenever the program that does it is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::device::Device;
use harness::on_both_databases;
use harness::organiser::{EMAIL, Organiser, PASSWORD, eventually};
use harness::process::{Finished, PATIENCE, Program, Server, ServerOptions, program, run_command};
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::conference;

/// How often the program is killed at work.
const KILLS: u64 = 8;

on_both_databases! {
    async fn every_secret_opens_under_the_new_key_however_often_the_program_was_killed(url: String) {
        let mut server = ServerOptions::default().database_url(url.clone()).start().unwrap();
        let held = Held::make(&server).await;
        let keys = Keys { folder: server.data_folder().to_owned(), url };
        let refused = keys.replace();
        assert!(refused.stderr.contains("stop all of them first"), "{refused:?}");
        server.stop().unwrap();
        let first = fs::read(keys.file("master.key")).unwrap();

        for number in 0..KILLS {
            keys.kill_after(Duration::from_millis(8 * number));
        }
        let replaced = eventually(PATIENCE, async || Ok(keys.replace()), |done| done.status.success()).await.unwrap();
        let told = replaced.json().unwrap();

        assert_ne!(fs::read(keys.file("master.key")).unwrap(), first);
        assert_eq!(fs::read(keys.file("master.key.before-1")).unwrap(), first);
        assert!(!keys.file("master.key.next").exists(), "{told}");
        server.restart().unwrap();
        held.assert_opens(&server).await;

        // Killed after the secrets were sealed anew, and before the new key was in place: with the old one kept, or not yet.
        server.stop().unwrap();
        let told = keys.replace().success().unwrap().json().unwrap();
        assert!(told["sealed"].as_u64().unwrap() > 60, "{told}");
        let aside = PathBuf::from(told["before"].as_str().unwrap());
        let (present, next) = (keys.file("master.key"), keys.file("master.key.next"));
        for is_kept in [true, false] {
            fs::rename(&present, &next).unwrap();
            fs::rename(&aside, &present).unwrap();
            if is_kept {
                fs::hard_link(&present, &aside).unwrap();
            }
            assert!(server.restart().is_err(), "a server began under a key that opens nothing");
            assert!(server.log().contains("usher-server master-key replace"), "{}", server.log());
            let again = keys.replace().success().unwrap().json().unwrap();
            assert_eq!((&again["sealed"], &again["before"]), (&json!(null), &told["before"]), "{again}");
        }
        server.restart().unwrap();
        held.assert_opens(&server).await;

        // The key of another installation opens nothing, and replaces nothing.
        server.stop().unwrap();
        let present_key = fs::read(&present).unwrap();
        fs::write(&present, "00".repeat(32)).unwrap();
        assert!(keys.replace().stderr.contains("another master key"));
        assert!(!next.exists());
        fs::write(&present, present_key).unwrap();
        server.restart().unwrap();
        held.assert_opens(&server).await;
    }
}

/// The program on a server's data.
struct Keys {
    folder: PathBuf,
    url: String,
}

impl Keys {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("usher-server").unwrap());
        command.args(arguments).args(["--database-url", &self.url, "--data-dir"]).arg(&self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run_command(&mut self.command(arguments), "", PATIENCE).unwrap()
    }

    fn replace(&self) -> Finished {
        self.run(&["master-key", "replace", "--json"])
    }

    /// Kills the program at work; where it was faster, everything is put back as a kill would have left it.
    fn kill_after(&self, time: Duration) {
        let present = fs::read(self.file("master.key")).unwrap();
        let mut replacing = Program::start(&mut self.command(&["master-key", "replace"])).unwrap();
        let _ = replacing.wait(time);
        let _ = replacing.kill9();
        if fs::read(self.file("master.key")).unwrap() != present {
            let aside = |number: usize| self.file(&format!("master.key.before-{number}"));
            let newest = (1..).take_while(|number| aside(*number).exists()).last().unwrap();
            fs::rename(self.file("master.key"), self.file("master.key.next")).unwrap();
            fs::rename(aside(newest), self.file("master.key")).unwrap();
        }
    }
}

/// Something of everything that is sealed.
struct Held {
    event: String,
    ticket: String,
    credential: String,
    code: String,
    webhook: String,
    answer: Value,
}

/// A request that is sent once more afterwards.
fn once(olga: &Organiser, event: &str) -> reqwest::RequestBuilder {
    let asked = json!({ "name": "Once", "ticket_type": "Regular" });
    olga.request(Method::POST, &format!("/events/{event}/registrations")).header("idempotency-key", "one").json(&asked)
}

impl Held {
    async fn make(server: &Server) -> Self {
        let olga = Organiser::first(server).await.unwrap();
        for _ in 0..30 {
            olga.create_event(&conference()).await.unwrap();
        }
        let mut event = conference();
        event["ticket_types"][0]["windows"] = json!([]);
        let event = olga.create_event(&event).await.unwrap();
        let made = olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        let ticket = made["ticket"]["id"].as_str().unwrap().to_owned();
        let credential = olga.credential(&event, &ticket).await.unwrap();
        let checked = json!({ "credential": credential, "gate": "Main entrance" });
        olga.post(&format!("/events/{event}/verify"), &checked).await.unwrap();
        let code = olga.enrolment_code(&event, &json!({ "name": "Door", "confirmed": true })).await.unwrap();
        let webhook = json!({ "url": "https://example.org/usher", "kinds": ["check_in"] });
        let webhook = olga.post("/webhooks", &webhook).await.unwrap()["id"].as_str().unwrap().to_owned();
        olga.post(&format!("/webhooks/{webhook}/rotate"), &json!({})).await.unwrap();
        let answer = once(&olga, &event).send().await.unwrap().json().await.unwrap();
        let code = code["qr_svg"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        Self { event, ticket, credential, code, webhook, answer }
    }

    async fn assert_opens(&self, server: &Server) {
        let olga = Organiser::log_in(&server.url(), EMAIL, PASSWORD).await.unwrap();
        assert_eq!(olga.credential(&self.event, &self.ticket).await.unwrap(), self.credential);
        assert!(!olga.bytes(&self.code).await.unwrap().is_empty());
        let again = once(&olga, &self.event).send().await.unwrap();
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        assert_eq!(again.json::<Value>().await.unwrap(), self.answer);
        olga.post(&format!("/webhooks/{}/test", self.webhook), &json!({})).await.unwrap();
        let seen = olga
            .post(&format!("/events/{}/verify", self.event), &json!({ "code": self.ticket, "gate": "Main entrance" }))
            .await
            .unwrap();
        assert_eq!(seen["verdict"], "deny", "{seen}");
        // A list whose tags and head verify, to a door that is enrolled now.
        let code = olga.enrolment_code(&self.event, &json!({ "name": "New", "confirmed": true })).await.unwrap();
        let door = Device::enrol(&server.url(), code["code"].as_str().unwrap()).await.unwrap();
        assert!(!door.pull(door.beginning(), 1_000).await.unwrap().records.is_empty());
    }
}

#[test]
fn every_sealed_column_is_sealed_anew() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src");
    let mut places = Vec::new();
    let mut held = Vec::new();
    let mut folders = vec![sources];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let named = |line: &&str| {
                line.contains('.') && [" PLACE: &str", "_PLACE: &str"].iter().any(|name| line.contains(name))
            };
            // What is sealed under a refresh token is not under the master key.
            let places_here = text.lines().filter(named).filter(|line| !line.contains("SUCCESSOR_PLACE"));
            places.extend(places_here.map(|_| path.clone()));
            if text.contains("pub const SEALED: Sealed") {
                held.push(path);
            }
        }
    }
    places.sort();
    held.sort();

    assert_eq!(places, held, "a module seals something and does not say which column holds it");
}
