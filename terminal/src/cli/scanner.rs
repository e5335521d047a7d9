//! `usher scanner`: what a hand scanner's keys say on this keyboard.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, stdin, stdout};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use super::Place;
use crate::app::scanner::{Layout, memo, test_code};
use crate::catalogue::Catalogue;
use crate::half_blocks::half_blocks;
use crate::print::code::{Level, Modules};
use crate::tui::words;

/// The longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// Hand scanners.
#[derive(Debug, Subcommand)]
pub(super) enum ScannerCommand {
    /// Shows a code to be scanned with the hand scanner, and learns from what arrives which of its keys
    /// means which character. A line on standard input does, too. Fails if some tickets will not be readable.
    Learn,
}

pub(super) fn run(place: &Place, command: &ScannerCommand) -> anyhow::Result<ExitCode> {
    match command {
        ScannerCommand::Learn => learn(place),
    }
}

fn learn(place: &Place) -> anyhow::Result<ExitCode> {
    let catalogue = Catalogue::new(place.language());
    show_code()?;
    println!("{}", catalogue.say("session-scanner-scan"));
    let mut arrived = String::new();
    stdin().lock().take(LINE_BYTES_MAX).read_line(&mut arrived).context("nothing could be read")?;
    let arrived = arrived.trim_end_matches(['\r', '\n', '\t']);
    let learned = Layout::learn(arrived);
    for sentence in words::learning(learned.as_ref().map_err(|error| *error), &catalogue) {
        println!("{sentence}");
    }
    let Ok(layout) = learned else { return Ok(ExitCode::FAILURE) };
    place.memory()?.keep(memo(arrived)).context("what was learned could not be kept")?;
    Ok(if layout.is_sure() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show_code() -> io::Result<()> {
    // Black on white by number, since themes make of colours with names what they like.
    let (begin, end) = if stdout().is_terminal() { ("\x1b[38;2;0;0;0;48;2;255;255;255m", "\x1b[0m") } else { ("", "") };
    let code = Modules::of(&test_code(), Level::M).map_err(io::Error::other)?;
    half_blocks(&code).iter().for_each(|row| println!("{begin}{row}{end}"));
    Ok(())
}
