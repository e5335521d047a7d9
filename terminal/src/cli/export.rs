//! `usher export`: the unsent journal as a file, for when no network ever comes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use sync_protocol::id::Seq;
use sync_protocol::journal::batch::{self, BATCH_ENTRIES_MAX};
use sync_protocol::journal::courier::{COURIER_BYTES_MAX, Courier};

use super::Place;

const EXAMPLES: &str = "\
Examples:
  usher export --output door3.journal     everything the server has not acknowledged
  usher export --all --output door3.journal

Any organiser can upload the file: POST it to /api/v1/events/EVENT/journals. It holds the names
of guests who bought at this door, and no others; each entry counts by this terminal's own signature. Uploading twice changes nothing.";

/// Writes the check-ins that the server does not have into a file that any organiser can upload.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExportArgs {
    /// The file to write; it must not be there yet.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// The whole journal, not only what the server has not acknowledged.
    #[arg(long)]
    all: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: ExportArgs) -> anyhow::Result<ExitCode> {
    let store = place.open()?;
    let mut after = if args.all { Seq(0) } else { store.acknowledged() };
    let mut courier = Courier { event: store.identity().event(), batches: Vec::new() };
    let (mut entries, mut bytes) = (0, 0);
    loop {
        let run = store.entries_after(after, BATCH_ENTRIES_MAX)?;
        let (batch, count) = batch::encode(&run.entries, &run.personal_data);
        if count == 0 {
            break;
        }
        bytes += batch.len() + 64;
        if bytes > COURIER_BYTES_MAX {
            bail!("the journal is too long for one file; sync it instead, or export without --all");
        }
        courier.batches.push((store.identity().device(), batch));
        entries += count;
        after = Seq(after.0 + count as u64);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.output)
        .with_context(|| format!("{} cannot be written", args.output.display()))?;
    file.write_all(&courier.encode()).and_then(|()| file.sync_all()).context("the file could not be written")?;
    if args.json {
        println!("{}", json!({ "entries": entries, "file": args.output }));
    } else {
        println!("{entries} entries in {}", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}
