//! `usher status`: what this terminal holds.

use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use serde_json::json;
use sync_protocol::time::UnixMillis;

use super::Place;
use crate::clock::SystemClock;

/// Shows what this terminal holds, and what it has not sent. Needs no network.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  usher status\n  usher status --json")]
pub(super) struct StatusArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: StatusArgs) -> anyhow::Result<ExitCode> {
    let mut store = place.open()?;
    let counts = store.counts();
    let moment = store.moment(&SystemClock::new());
    let list_at = store.list_at().map(rfc3339);
    let free = store.free_bytes();
    let identity = store.identity();
    if args.json {
        let line = json!({
            "event": identity.event(),
            "event_name": identity.event_name,
            "server": identity.server,
            "device": identity.device(),
            "device_no": identity.number(),
            "certified_until": rfc3339(identity.certificate.validity.until()),
            "tickets": counts.tickets,
            "list_at": list_at,
            "cursor": store.position().map(|position| position.point.seq),
            "entries": counts.entries,
            "unsent": counts.unsent,
            "acknowledged": store.acknowledged(),
            "suspended": store.suspension(),
            "now": rfc3339(moment.now),
            "clock_uncertainty_ms": moment.uncertainty_ms,
            "free_bytes": free,
        });
        println!("{line}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("Event       {} ({})", identity.event_name, identity.event());
    println!("Terminal    {} at {}", identity.number(), identity.server);
    println!("List        {} tickets, as of {}", counts.tickets, list_at.unwrap_or_else(|| "never".to_owned()));
    println!("Journal     {} entries, {} not sent", counts.entries, counts.unsent);
    println!("Clock       {}, to within {} s", rfc3339(moment.now), moment.uncertainty_ms.div_ceil(1_000));
    println!("Certificate valid until {}", rfc3339(identity.certificate.validity.until()));
    println!("Disk        {} MiB free", free / (1024 * 1024));
    if let Some(suspension) = store.suspension() {
        println!("MUST NOT ADMIT: {}", place.stop_words(suspension));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn rfc3339(at: UnixMillis) -> String {
    i64::try_from(at.0)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .map_or_else(|| at.0.to_string(), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
