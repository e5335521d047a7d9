//! The interface as its own description says it is: a fuzzer that reads the description finds no failure of the
//! server, no status that is not documented, no answer of another form, and nothing that is taken although the
//! description forbids it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use usher_server::access::{Need, ROUTES, Role, Route};
use usher_server::app::openapi;
use usher_server::organisations;

use crate::served::{PASSWORD, Served, own_ids};
use crate::subjects::{Subjects, placeholders};

/// What the fuzzer does everywhere.
const SETTINGS: &str = include_str!("fuzz/schemathesis.toml");

/// Where `cargo xtask test` installs the fuzzer.
fn fuzzer() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fuzzer/bin/schemathesis");
    assert!(program.exists(), "the fuzzer is missing; `cargo xtask test` installs it");
    program
}

on_both_databases! {
    async fn a_fuzzer_finds_nothing_that_the_description_does_not_say(url: String) {
        let fuzzer = fuzzer();
        let served = Served::start(&url).await;
        let mut subjects = Subjects::new(&served).await;
        run_by_olga(&served).await;
        let folder = tempfile::tempdir().unwrap();
        let things = real_things(&served, &mut subjects).await;
        std::fs::write(folder.path().join("schemathesis.toml"), format!("{SETTINGS}\n{things}")).unwrap();
        std::fs::write(folder.path().join("openapi.json"), description().to_string()).unwrap();

        let mut command = Command::new(fuzzer);
        command
            .current_dir(folder.path())
            .args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--url", &served.url])
            .args(["--header", &format!("Authorization: Bearer {}", subjects.olga.token())])
            .arg("--no-color");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();

        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        subjects.olga.get("/me").await.expect("the fuzzer was logged in to its end");
    }
}

/// The description without the header that lets a request be sent again: a key that was given once makes every other
/// request that brings it wrong, whatever else is right or wrong with it.
fn description() -> Value {
    let mut document: Value = serde_json::from_str(&openapi().to_json().unwrap()).unwrap();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
                parameters.retain(|parameter| parameter["$ref"] != "#/components/parameters/Idempotency-Key");
            }
        }
    }
    document
}

/// Lets Olga run the installation, as whoever holds its database can.
async fn run_by_olga(served: &Served) {
    let mut tx = served.app.database().begin_write().await.unwrap();
    let update = sqlx::query("UPDATE accounts SET is_admin = 1 WHERE email = 'olga@example.org'");
    update.execute(tx.connection()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Makes one of everything, and returns the fuzzer's settings that name them: with made-up ids it would see
/// nothing but 404. What changes something gets things of its own, so that the others find theirs as they were.
async fn real_things(served: &Served, subjects: &mut Subjects<'_>) -> String {
    let mut settings = format!(
        "[dictionaries]\norganisation.values = [{0:?}]\npassword.values = [{PASSWORD:?}]\n\n\
         [parameters]\n\"header.Usher-Organisation\" = {0:?}\n",
        subjects.organisation
    );
    let is_meant = |route: &&Route| route.need != Need::Device && !route.path.starts_with("/letters/");
    let mut routes: Vec<&Route> = ROUTES.iter().filter(is_meant).collect();
    // Once she is in two organisations, she has to say which is meant.
    routes.sort_by_key(|route| route.path.ends_with("/leave"));
    for route in routes {
        let names = placeholders(route);
        if names.is_empty() {
            continue;
        }
        if !route.is_reading() || route.path.contains("/me/") {
            subjects.renew();
        }
        write!(settings, "\n[[operations]]\ninclude-name = \"{} {}\"\n", route.method, route.path).unwrap();
        settings.push_str("[operations.parameters]\n");
        for name in names {
            let id = match route.path.ends_with("/leave") {
                true => organisation_to_leave(served, &subjects.olga).await,
                false => subjects.one(name, route).await,
            };
            writeln!(settings, "\"path.{name}\" = {id:?}").unwrap();
        }
    }
    settings
}

/// An organisation that Olga may leave: somebody else owns it as well.
async fn organisation_to_leave(served: &Served, olga: &Organiser) -> String {
    let made = olga.post("/organisations", &json!({ "name": "Second" })).await.unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    let sam = served.organiser("sam@example.org", "Third").await;
    let account = own_ids(&sam).await.0.parse().unwrap();
    let mut tx = served.app.database().begin_write().await.unwrap();
    let now = served.app.clock().now();
    organisations::join(&mut tx, id.parse().unwrap(), account, Role::Owner, now).await.unwrap();
    tx.commit().await.unwrap();
    id
}
