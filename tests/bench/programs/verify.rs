//! Check-ins at the server's own door: many callers at once, each with another ticket, on PostgreSQL.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use harness::organiser::{Organiser, text};
use harness::postgres;
use harness::process::ServerOptions;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Figure;

/// Callers that ask one after the other.
const CALLERS: usize = 64;

/// Checks in `guests` attendees through `POST /verify`.
pub(crate) async fn measure(guests: usize) -> anyhow::Result<Vec<Figure>> {
    let database = postgres::database();
    let server = ServerOptions::default().database_url(database.url.clone()).start()?;
    let organiser = Organiser::first(&server).await?;
    let event = text(&organiser.post("/events", &event()).await?, "id")?;
    let rows: String = (0..guests).map(|number| format!("Guest {number}\n")).collect();
    organiser.import(&event, format!("name\n{rows}")).await?;
    let registrations = organiser.list(&format!("/events/{event}/registrations")).await?;
    let ticket = |registration: &Value| registration.pointer("/ticket/id").and_then(Value::as_str).map(str::to_owned);
    let tickets: Option<Vec<String>> = registrations.iter().map(ticket).collect();
    let tickets = tickets.context("every registration has a ticket")?;

    let http = Client::new();
    let url = format!("{}/api/v1/events/{event}/verify", server.url());
    // The first check-in makes the journal.
    let first = ask(&http, &url, &organiser.token(), "00000000000").await?;
    ensure!(first.0 != "admit", "nobody's ticket was admitted");
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let own: Vec<String> = tickets.iter().skip(caller).step_by(CALLERS).cloned().collect();
        let (http, url, token) = (http.clone(), url.clone(), organiser.token());
        callers.spawn(async move {
            let mut times = Vec::with_capacity(own.len());
            for ticket in own {
                let (verdict, took) = ask(&http, &url, &token, &ticket).await?;
                ensure!(verdict == "admit", "{ticket}: {verdict}");
                times.push(took);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::with_capacity(tickets.len());
    while let Some(caller) = callers.join_next().await {
        times.extend(caller??);
    }
    let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default().as_secs_f64() * 1_000.0;
    Ok(vec![
        Figure::new(
            format!("check-ins at the server's door, {CALLERS} callers at once, PostgreSQL"),
            format!("{per_second:.0} a second"),
            "≥ 1 500 a second",
        ),
        Figure::new("one of them, p50 / p99", format!("{:.1} ms / {:.1} ms", at(50), at(99)), "p99 < 100 ms"),
    ])
}

async fn ask(http: &Client, url: &str, token: &str, ticket: &str) -> anyhow::Result<(String, Duration)> {
    let started = Instant::now();
    let body = json!({ "code": ticket, "gate": "Main entrance" });
    let response = http.post(url).bearer_auth(token).json(&body).send().await?;
    let status = response.status();
    let answer: Value = response.json().await?;
    ensure!(status.is_success(), "{status}: {answer}");
    Ok((text(&answer, "verdict")?, started.elapsed()))
}

fn event() -> Value {
    json!({
        "name": "Benchmark",
        "time_zone": "Europe/Berlin",
        "starts": "2026-01-01T00:00:00+01:00",
        "ends": "2036-01-01T00:00:00+01:00",
        "gates": [{ "name": "Main entrance" }],
        "ticket_types": [{ "name": "Regular" }],
    })
}
