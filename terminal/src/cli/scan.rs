//! `usher scan`: presents pictures at the door, one after the other.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use sync_protocol::verdict::Direction;

use super::Place;
use super::door::GateChoice;
use crate::camera::picture;
use crate::clock::SystemClock;
use crate::decoder::{Budget, Decoder};
use crate::door::Notice;
use crate::gate::{Gate, Source};
use crate::headless::{Format, Teller};
use crate::logs;

const EXAMPLES: &str = "\
Examples:
  usher scan ticket.png                 admit whoever holds this ticket
  usher scan --exit *.jpg --json        let them out again, one JSON line each

Each code in each picture is presented once, decided offline and written to the journal, exactly as
at the door. The exit code is 1 unless everybody was let through.";

/// Presents the codes in pictures, as if they were held before the camera.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ScanArgs {
    /// Pictures, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    gate: GateChoice,
    /// People are going out.
    #[arg(long)]
    exit: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: ScanArgs) -> anyhow::Result<ExitCode> {
    logs::to_stderr();
    let store = place.open()?;
    let gate = args.gate.resolve(&store)?;
    let mut gate = Gate::new(store, Arc::new(SystemClock::new()), gate);
    let mut decoder = Decoder::new(Budget::thorough());
    let direction = if args.exit { Direction::Exit } else { Direction::Entry };
    let mut teller = Teller::new(if args.json { Format::Json } else { Format::Text }, place.language());
    if let Some((_, policy)) = gate.store().policy() {
        teller.line(&Notice::Rules(policy));
    }
    let mut all_passed = true;
    for file in picture::expand(&args.files) {
        let frame = picture::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let codes = decoder.decode(&frame).codes;
        if codes.is_empty() {
            eprintln!("usher: no QR code was found in {}", file.display());
            all_passed = false;
        }
        for code in codes {
            let decided = gate
                .present(&code.text, Source::Scanned, direction)
                .map_err(|fault| anyhow!("this machine cannot decide: {fault:?}"))?;
            all_passed &= decided.verdict.is_admit();
            if let Some(line) = teller.line(&Notice::Decided(Box::new(decided))) {
                println!("{line}");
            }
        }
    }
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
