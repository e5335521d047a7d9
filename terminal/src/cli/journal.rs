//! `usher journal`: looks at this terminal's own journal.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Place;

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    Verify(VerifyArgs),
}

/// Checks that every entry is there, in order, unchanged and signed by this terminal.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  usher journal verify\n  usher journal verify --json")]
pub(super) struct VerifyArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, command: JournalCommand) -> anyhow::Result<ExitCode> {
    let JournalCommand::Verify(args) = command;
    let store = place.open()?;
    let end = store.verify_journal().context("the journal does not verify")?;
    if args.json {
        println!("{}", json!({ "entries": end.seq, "hash": hex::encode(end.hash), "verified": true }));
    } else {
        println!("{} entries, unbroken and signed; the last hash is {}", end.seq, hex::encode(end.hash));
    }
    Ok(ExitCode::SUCCESS)
}
