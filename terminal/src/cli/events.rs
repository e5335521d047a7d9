//! `usher events`: which events this laptop is enrolled for.

use std::process::ExitCode;

use clap::Args;

use super::Place;
use crate::cache;

/// Lists the events this laptop is enrolled for. Needs no passphrase, so it shows no names.
#[derive(Args, Debug)]
pub(super) struct EventsArgs {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: EventsArgs) -> anyhow::Result<ExitCode> {
    let folder = place.folder()?;
    let events = cache::enrolled(&folder).unwrap_or_default();
    if events.is_empty() && !args.json {
        println!("No event is enrolled in {}. See `usher enrol --help`.", folder.display());
    }
    for event in events {
        if args.json {
            println!("{}", serde_json::json!({ "event": event, "folder": folder.join(event.to_string()) }));
        } else {
            println!("{event}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
