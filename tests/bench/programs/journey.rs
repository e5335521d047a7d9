//! A terminal's first download, its unlocking, and the upload of a long queue, between the two real
//! programs.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use harness::organiser::{Organiser, text};
use harness::process::{Server, Terminal};
use serde_json::{Value, json};

use crate::Figure;
use crate::relay::Relay;
use crate::{resting, watching};

/// Rows that the server takes in one import.
const IMPORT_ROWS: u32 = 10_000;

pub(crate) async fn measure(tickets: u32, check_ins: usize) -> anyhow::Result<Vec<Figure>> {
    eprintln!("Importing {tickets} attendees");
    let server = Server::start()?;
    let relay = Relay::start(server.url().trim_start_matches("http://").to_owned())?;
    let organiser = Organiser::first(&server).await?;
    let event = make_event(&organiser).await?;
    for first in (0..tickets).step_by(IMPORT_ROWS as usize) {
        let last = tickets.min(first + IMPORT_ROWS);
        organiser.import(&event, attendees(first, last)).await?;
    }

    let terminal = Terminal::new()?;
    let code = organiser.enrolment_code(&event, &json!({ "name": "Bench", "confirmed": true })).await?;
    let code = text(&code, "code")?;
    terminal.run(&["enrol", "--server", &relay.url(), "--code", &code, "--no-download"])?.success()?;
    let (empty, _) = timed(&terminal, &["status", "--json"])?;

    eprintln!("Downloading the list");
    relay.take_bytes();
    let (download, report) = timed(&terminal, &["sync", "--json"])?;
    let bytes = relay.take_bytes();
    ensure!(
        report.get("tickets").and_then(Value::as_u64) == Some(u64::from(tickets)),
        "the list is not whole: {report}"
    );
    let (unlock, _) = timed(&terminal, &["status", "--json"])?;
    // The server still runs, so the terminal's commands are all that has ended.
    let peak_kib = children_max_rss_kib();

    eprintln!("Leaving the door screen alone");
    let mut screens = resting::screen(&terminal, tickets)?;
    screens.extend(watching::screen(&terminal)?);

    eprintln!("Checking in {check_ins} guests offline");
    let registrations = organiser.list(&format!("/events/{event}/registrations")).await?;
    let mut door = terminal.headless(&["--offline", "--no-camera", "--end-with-input"])?;
    let mut admitted = 0;
    for registration in registrations.iter().take(check_ins) {
        let ticket = registration.pointer("/ticket/id").and_then(Value::as_str).context("a ticket has a number")?;
        door.process.write_line(ticket)?;
        let verdict = door.wait_for(|report| report.get("type").and_then(Value::as_str) == Some("verdict"))?;
        admitted += usize::from(verdict.get("verdict").and_then(Value::as_str) == Some("admit"));
    }
    door.process.close_input();
    door.process.wait(Duration::from_secs(30))?;
    ensure!(admitted == check_ins.min(registrations.len()), "{admitted} of {check_ins} were admitted");

    eprintln!("Sending the queue");
    relay.take_bytes();
    let (full, _) = timed(&terminal, &["status", "--json"])?;
    let (upload, report) = timed(&terminal, &["sync", "--json"])?;
    let upload_bytes = relay.take_bytes();
    ensure!(report.get("unsent").and_then(Value::as_u64) == Some(0), "not everything was sent: {report}");

    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    let mut figures = vec![
        Figure::new(
            format!("first sync of {tickets} tickets on loopback, beyond unlocking"),
            format!("{:.2} s, {:.1} MiB on the wire", beyond(download, empty), mib(bytes)),
            "≤ 5 s, ≤ 10 MB",
        ),
        Figure::new(
            format!("unlock with {tickets} tickets, beyond the key derivation"),
            format!("{:.2} s, at most {} MiB, the download included", beyond(unlock, empty), peak_kib / 1_024),
            "≤ 1.5 s, ≤ 150 MB",
        ),
        Figure::new(
            format!("upload of {admitted} queued check-ins, beyond unlocking"),
            format!("{:.2} s, {:.2} MiB on the wire", beyond(upload, full), mib(upload_bytes)),
            "≤ 2 s for 10 000",
        ),
    ];
    figures.extend(screens);
    Ok(figures)
}

async fn make_event(organiser: &Organiser) -> anyhow::Result<String> {
    organiser
        .create_event(&json!({
            "name": "Bench",
            "time_zone": "UTC",
            "starts": "2026-01-01T00:00:00Z",
            "ends": "2099-01-01T00:00:00Z",
            "zones": [{ "name": "Hall" }],
            "gates": [{ "name": "Main", "zone": "Hall" }],
            "ticket_types": [{ "name": "Day pass" }],
        }))
        .await
}

fn attendees(first: u32, last: u32) -> String {
    let mut csv = String::from("name,email,ticket_type\n");
    for number in first..last {
        // Writing to a string does not fail.
        let _ = writeln!(csv, "Guest Number {number},guest{number}@example.org,Day pass");
    }
    csv
}

fn timed(terminal: &Terminal, arguments: &[&str]) -> anyhow::Result<(Duration, Value)> {
    let started = Instant::now();
    let finished = terminal.run(arguments)?.success()?;
    Ok((started.elapsed(), finished.json()?))
}

fn beyond(whole: Duration, part: Duration) -> f64 {
    whole.saturating_sub(part).as_secs_f64()
}

/// The largest of the programs that have ended, in KiB.
#[expect(unsafe_code, reason = "the peak memory of a child is known to the kernel only")]
fn children_max_rss_kib() -> i64 {
    // SAFETY: the structure is plain numbers, for which zero is a value, and is ours to be filled.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: as above; the call writes to it and nothing else.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    usage.ru_maxrss
}
