//! What whoever runs the server watches it by.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use harness::device::now;
use harness::on_both_databases;
use harness::postgres;
use harness::process::ServerOptions;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::journal::EntryKind;
use sync_protocol::sync::health::{Health, Percent, Power};
use usher_server::app::Settings;
use usher_server::http::rates::RateSettings;
use usher_server::http::time::rfc3339;
use usher_server::metrics::serve::serve;

use crate::doors::Doors;
use crate::health::{health, shown, tell};
use crate::served::{Served, conference, get, post};

/// Where a server's metrics are read; it ends with its test.
pub(crate) struct Watched {
    url: String,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    pub(crate) fn start(served: &Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        Self { url, task: tokio::spawn(serve(served.app.clone(), listener, std::env::temp_dir())) }
    }

    pub(crate) async fn read(&self) -> Scrape {
        let response = reqwest::get(&self.url).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        Scrape(response.text().await.unwrap())
    }
}

/// What was read.
pub(crate) struct Scrape(String);

impl Scrape {
    /// The values of all series called `name` whose labels hold each of `labels`.
    fn values(&self, name: &str, labels: &[&str]) -> Vec<f64> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        let series = lines.filter_map(|line| line.rsplit_once(' '));
        let is_it = |series: &str| {
            let (called, of) = series.split_once('{').unwrap_or((series, ""));
            called == name && labels.iter().all(|label| of.contains(label))
        };
        series.filter(|(series, _)| is_it(series)).map(|(_, value)| value.parse().unwrap()).collect()
    }

    /// The sum of them, of which there is at least one.
    fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let values = self.values(name, labels);
        assert!(!values.is_empty(), "no {name} of {labels:?} in\n{}", self.0);
        values.iter().sum()
    }

    fn names(&self) -> BTreeSet<&str> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split(['{', ' ']).next()).collect()
    }
}

/// A conference that is on now.
fn on_now() -> Value {
    let mut event = conference();
    event["ticket_types"][0]["windows"] = json!([]);
    event["starts"] = json!(rfc3339(now().minus(60_000)));
    event["ends"] = json!(rfc3339(now().plus(3_600_000)));
    event
}

/// A server at which everything has happened that metrics tell of.
async fn eventful(url: &str) -> (Served, Watched, Doors, harness::device::Device) {
    let rates = RateSettings { per_address: std::num::NonZeroU32::new(1_000), per_account: None };
    let served = Served::start_with(url, Settings { rates, ..Settings::default() }).await;
    let watched = Watched::start(&served);
    let doors = Doors::open_to(&served, &on_now(), 3).await;
    let mut left = doors.device("Left").await;
    let mut right = doors.device("Right").await;
    left.admit(&doors.tickets[0], 0);
    left.admit(&doors.tickets[1], 0);
    left.exit(&doors.tickets[1], 0);
    left.write(EntryKind::Deny, |entry| entry.reason = 20);
    left.push(1).await.unwrap();
    left.push(1).await.unwrap();
    right.admit(&doors.tickets[0], 0);
    right.push(1).await.unwrap();
    let draining = Health { power: Power::Draining(Percent::new(14)), ..health(now().minus(30_000)) };
    tell(&left, &draining).await;
    shown(&doors, &left, Value::is_object).await;
    (served, watched, doors, left)
}

on_both_databases! {
    async fn a_reading_tells_what_was_taken_in_and_how_the_doors_are(url: String) {
        let (_served, watched, doors, left) = eventful(&url).await;

        let read = watched.read().await;

        let of_batches = |outcome: &str| read.sum("usher_journal_batches_total", &[&format!("outcome=\"{outcome}\"")]);
        assert_eq!(["stored", "known", "quarantined", "gap", "refused"].map(of_batches), [2.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(read.sum("usher_journal_entries_total", &["outcome=\"stored\""]), 5.0);
        assert_eq!(read.sum("usher_journal_entries_total", &["outcome=\"known\""]), 4.0);
        let checked_in = |verdict: &str| read.sum("usher_check_ins_total", &[&format!("verdict=\"{verdict}\"")]);
        assert_eq!(["admit", "exit", "deny"].map(checked_in), [3.0, 1.0, 1.0]);
        assert_eq!(read.sum("usher_check_ins_total", &["reason=\"NOT_A_TICKET\"", "door=\"terminal\""]), 1.0);
        let event = format!("event=\"{}\"", doors.event);
        assert_eq!(read.sum("usher_event_on", &[&event]), 1.0);
        assert_eq!(read.sum("usher_conflicts", &[&event]), 1.0);

        let device = format!("device=\"{}\"", left.id);
        let of_left = |name: &str| read.sum(name, &[&device, &event]);
        let head: f64 = doors.list("devices").await[0]["head"].as_f64().unwrap();
        assert_eq!(of_left("usher_device_feed_lag_entries"), head);
        assert!((30.0..90.0).contains(&of_left("usher_device_list_age_seconds")));
        assert!((0.0..60.0).contains(&of_left("usher_device_silent_seconds")));
        assert_eq!(of_left("usher_device_unsent_entries"), 2.0);
        assert_eq!(of_left("usher_device_clock_offset_seconds"), -0.18);
        assert_eq!((of_left("usher_device_battery_ratio"), of_left("usher_device_on_mains")), (0.14, 0.0));
        assert_eq!(of_left("usher_device_camera_up"), 1.0);
        assert_eq!(read.sum("usher_device_info", &[&device, "version=\"0.1.0\""]), 1.0);
        assert_eq!(read.values("usher_device_feed_lag_entries", &[]).len(), 2);
        assert_eq!(read.values("usher_device_unsent_entries", &[]).len(), 1);

        let route = "route=\"/sync/v1/events/{event}/journals/{device}\"";
        assert_eq!(read.sum("usher_http_request_seconds_count", &[route, "method=\"POST\"", "status=\"2xx\""]), 3.0);
        assert_eq!(read.sum("usher_http_requests_in_flight", &[]), 0.0);
        assert!(read.sum("usher_database_wait_seconds_count", &["access=\"write\""]) > 0.0);
        assert!(read.sum("usher_database_size_bytes", &[]) > 100_000.0);
        assert!(read.sum("usher_database_connections", &["state=\"idle\""]) >= 1.0);
        assert!(read.sum("usher_disk_free_bytes", &[]) > 0.0);
        assert!(read.sum("process_resident_memory_bytes", &[]) > 1_000_000.0);
        assert!(read.sum("usher_queue_length", &["queue=\"mails\"", "state=\"dead\""]) == 0.0);
    }

    async fn no_series_speaks_of_a_person_or_of_what_callers_make_up(url: String) {
        let (served, watched, doors, _left) = eventful(&url).await;
        let zoe = json!({ "name": "Zoe Lovelace", "email": "zoe@example.org", "ticket_type": "Regular" });
        doors.olga.register(&doors.event, &zoe).await.unwrap();
        for made_up in ["/api/v1/events/lovelace", "/lovelace", "/letters/registration/lovelace", "/%2e%2e/lovelace?zoe"] {
            let _ = reqwest::get(format!("{}{made_up}", served.url)).await.unwrap();
        }
        let brew = reqwest::Method::from_bytes(b"LOVELACE").unwrap();
        let _ = reqwest::Client::new().request(brew, format!("{}/", served.url)).send().await.unwrap();

        let read = watched.read().await;

        let text = read.0.to_lowercase();
        for secret in ["lovelace", "zoe", "guest", "olga", "example.org", "rustconf", &doors.tickets[0].to_lowercase()] {
            assert!(!text.contains(secret), "{secret} is in\n{}", read.0);
        }
        assert!(read.sum("usher_http_request_seconds_count", &["method=\"OTHER\"", "route=\"(no route)\""]) >= 1.0);
    }

    async fn who_asks_too_often_is_counted_by_what_held_them_up(url: String) {
        let one = std::num::NonZeroU32::new(1);
        let rates = RateSettings { per_address: std::num::NonZeroU32::new(20), per_account: one };
        let served = Served::start_with(&url, Settings { rates, ..Settings::default() }).await;
        let watched = Watched::start(&served);
        let olga = served.olga().await;

        let mut refused = 0;
        for _ in 0..10 {
            let status = get(&olga, "/me").send().await.unwrap().status();
            refused += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
        }
        assert!(refused > 0);
        let by = |read: &Scrape, whose: &str| read.sum("usher_http_rate_limited_total", &[&format!("by=\"{whose}\"")]);
        let read = watched.read().await;
        assert_eq!((by(&read, "account"), by(&read, "address")), (f64::from(refused), 0.0));

        let stranger = reqwest::Client::new();
        while post_status(&stranger, &served.url).await != StatusCode::TOO_MANY_REQUESTS {}
        assert_eq!(by(&watched.read().await, "address"), 1.0);
    }

    async fn letters_and_calls_that_wait_or_were_given_up_are_counted(url: String) {
        let served = Served::start_with(&url, Settings { allow_private_webhooks: true, ..Settings::default() }).await;
        let watched = Watched::start(&served);
        let olga = served.olga().await;
        let hook = json!({ "url": "http://127.0.0.1:9/", "kinds": ["registration.created"] });
        let hook = crate::served::answer(post(&olga, "/webhooks", &hook)).await;
        assert_eq!(hook.0, 201, "{}", hook.2);
        let event = olga.create_event(&conference()).await.unwrap();
        olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        let forgotten = json!({ "email": "olga@example.org" });
        let ask = reqwest::Client::new().post(format!("{}/api/v1/password-resets", served.url)).json(&forgotten);
        assert!(ask.send().await.unwrap().status().is_success());

        // Nobody sends anything here: no worker runs.
        let read = watched.read().await;
        let queue = |queue: &str, state: &str| {
            read.sum("usher_queue_length", &[&format!("queue=\"{queue}\""), &format!("state=\"{state}\"")])
        };
        assert_eq!((queue("webhooks", "waiting"), queue("webhooks", "retrying"), queue("webhooks", "dead")), (1.0, 0.0, 0.0));
        assert!(queue("mails", "waiting") >= 1.0);
    }

    async fn every_name_in_the_dashboard_and_the_rules_is_one_that_is_served(url: String) {
        let (_served, watched, _doors, _left) = eventful(&url).await;
        let read = watched.read().await;
        let served = read.names();

        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/observability");
        for file in ["dashboard.json", "alerts.yml"] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            let named = metrics_in(&text);
            assert!(named.len() > 10, "{file} names only {named:?}");
            let missing: Vec<_> = named.iter().filter(|name| !served.contains(name.as_str())).collect();
            assert!(missing.is_empty(), "{file} names what nobody serves: {missing:?} of {served:?}");
        }
    }

    async fn the_public_address_serves_no_metrics(url: String) {
        let served = Served::start(&url).await;

        for path in ["/metrics", "/api/v1/metrics", "/metrics/"] {
            let response = reqwest::get(format!("{}{path}", served.url)).await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

async fn post_status(stranger: &reqwest::Client, url: &str) -> StatusCode {
    let body = json!({ "email": "nobody@example.org", "password": "" });
    stranger.post(format!("{url}/api/v1/password-resets")).json(&body).send().await.unwrap().status()
}

/// The names of our metrics, and the process's, that stand in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("usher_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_of_several_servers_is_asked_says_the_same_of_the_doors() {
    let database = postgres::database();
    let (one, at_one, _doors, _left) = eventful(&database.url).await;
    let two = Served::start(&database.url).await;
    let at_two = Watched::start(&two);

    let (first, second) = (at_one.read().await, at_two.read().await);

    drop(one);
    let lasting = [
        "usher_device_feed_lag_entries",
        "usher_device_unsent_entries",
        "usher_device_battery_ratio",
        "usher_conflicts",
        "usher_event_on",
        "usher_queue_length",
        "usher_device_info",
    ];
    for name in lasting {
        let series = |read: &Scrape| -> BTreeSet<String> {
            read.0.lines().filter(|line| line.starts_with(&format!("{name}{{"))).map(str::to_owned).collect()
        };
        assert!(!series(&first).is_empty(), "{name}");
        assert_eq!(series(&first), series(&second));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_serves_metrics_where_it_is_told_to_and_says_where() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = ServerOptions::default().argument("--metrics-listen").argument("127.0.0.1:0").start().unwrap();

    let log = server.log_once(|log| log.contains("/metrics\n"));
    let url = log.split("Metrics at ").nth(1).unwrap().lines().next().unwrap().trim();
    let read = Scrape(reqwest::get(url).await.unwrap().text().await.unwrap());

    assert_eq!(read.sum("usher_build_info", &[&format!("version=\"{}\"", env!("CARGO_PKG_VERSION"))]), 1.0);
    assert!(read.sum("process_start_time_seconds", &[]) > 1_700_000_000.0);
    assert!(read.sum("usher_disk_free_bytes", &[]) > 0.0);
}
