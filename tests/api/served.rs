//! A server in this process, on a real port, and people who use it.

use std::net::TcpListener;

use harness::organiser::{Organiser, Refused};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use usher_server::access::Role;
use usher_server::accounts::{self, password::Password};
use usher_server::app::{App, Settings};
use usher_server::clock::Clock;
use usher_server::db::Database;
use usher_server::http::serve::serve;
use usher_server::organisations;
use usher_server::seal::MasterKey;

pub(crate) const PASSWORD: &str = "a long enough passphrase";

/// A server that ends with its test.
pub(crate) struct Served {
    pub(crate) app: App,
    pub(crate) url: String,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Served {
    pub(crate) async fn start(database_url: &str) -> Self {
        Self::start_at(database_url, Clock::System).await
    }

    /// Starts a server that takes its time from `clock`.
    pub(crate) async fn start_at(database_url: &str, clock: Clock) -> Self {
        Self::start_with(database_url, Settings { clock, ..Settings::default() }).await
    }

    /// Starts a server that was set up so.
    pub(crate) async fn start_with(database_url: &str, settings: Settings) -> Self {
        // Another test of this process may have been first; either's provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = Database::open(database_url).await.unwrap();
        database.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { public_url: url.clone(), ..settings };
        let app = App::open(database, &MasterKey::new([7; 32]), settings).await.unwrap();
        let task = tokio::spawn(serve(app.clone(), listener, None));
        Self { app, url, task }
    }

    /// Makes an account in an organisation and logs in.
    pub(crate) async fn organiser(&self, email: &str, organisation: &str) -> Organiser {
        let password = Password::new(PASSWORD.to_owned());
        accounts::create(&self.app, email, "Olga", organisation, password).await.unwrap();
        Organiser::log_in(&self.url, email, PASSWORD).await.unwrap()
    }

    /// Makes an account in an organisation, as something else than its owner, and logs in.
    pub(crate) async fn member(&self, email: &str, organisation: &str, role: Role) -> Organiser {
        let password = Password::new(PASSWORD.to_owned());
        let account = accounts::create(&self.app, email, "Mia", organisation, password).await.unwrap();
        let mut tx = self.app.database().begin_write().await.unwrap();
        let organisation = account.memberships[0].organisation;
        organisations::join(&mut tx, organisation, account.id, role, self.app.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
        Organiser::log_in(&self.url, email, PASSWORD).await.unwrap()
    }

    /// The usual organiser.
    pub(crate) async fn olga(&self) -> Organiser {
        self.organiser("olga@example.org", "Example").await
    }
}

/// An event with two gates and two ticket types, the second of which is limited to three.
pub(crate) fn conference() -> Value {
    json!({
        "name": "RustConf",
        "time_zone": "Europe/Berlin",
        "starts": "2037-11-21T09:00:00+01:00",
        "ends": "2037-11-22T18:00:00+01:00",
        "zones": [{ "name": "Hall", "capacity": 800 }],
        "gates": [{ "name": "Main entrance" }, { "name": "Side door", "zone": "hall" }],
        "ticket_types": [
            {
                "name": "Regular",
                "price": { "amount": 4900, "currency": "EUR" },
                "re_entry": "after_exit",
                "uses": { "limit": null },
                "windows": [{ "from": "2037-11-21T08:00:00+01:00", "until": "2037-11-22T18:00:00+01:00" }],
            },
            { "name": "Speaker", "quota": 3, "gates": ["side door"], "home_gate": "Side door" },
        ],
        "switches": { "admit_unpaid": true, "home_gates": ["Main entrance"] },
    })
}

/// The answer to any request: status, headers' content type, and JSON or null.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, String, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.to_owned();
    let body = response.bytes().await.unwrap();
    (status, kind, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Asserts that a request is answered by a problem of this status and kind, and returns the problem.
pub(crate) async fn assert_problem(request: reqwest::RequestBuilder, status: u16, kind: &str) -> Value {
    let (was, content_type, problem) = answer(request).await;
    assert_eq!(was.as_u16(), status, "{problem}");
    assert_eq!(content_type, "application/problem+json", "{problem}");
    assert_eq!(problem["type"], format!("urn:usher:problem:{kind}"), "{problem}");
    assert_eq!(problem["status"], status);
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    problem
}

/// The places that a problem complains about, as dotted paths.
pub(crate) fn places(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap();
    let path = |error: &Value| {
        let parts = error["loc"].as_array().unwrap().iter();
        parts.map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect::<Vec<_>>().join(".")
    };
    errors.iter().map(path).collect()
}

/// The status of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(result: anyhow::Result<T>) -> u16 {
    let error = result.unwrap_err();
    error.downcast_ref::<Refused>().unwrap_or_else(|| panic!("{error:?}")).status.as_u16()
}

/// A request to a path below `/api/v1`, as `organiser`.
pub(crate) fn get(organiser: &Organiser, path: &str) -> reqwest::RequestBuilder {
    organiser.request(Method::GET, path)
}

/// A request with a JSON body to a path below `/api/v1`, as `organiser`.
pub(crate) fn post(organiser: &Organiser, path: &str, body: &Value) -> reqwest::RequestBuilder {
    organiser.request(Method::POST, path).json(body)
}

/// A change of what lies at a path below `/api/v1`, whatever it was before.
pub(crate) fn patch(organiser: &Organiser, path: &str, body: &Value) -> reqwest::RequestBuilder {
    organiser.request(Method::PATCH, path).header("if-match", "*").json(body)
}

/// The account and the first organisation of somebody who is logged in.
pub(crate) async fn own_ids(organiser: &Organiser) -> (String, String) {
    let me = organiser.get("/me").await.unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (id(&me), id(&me["organisations"][0]))
}
