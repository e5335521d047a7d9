//! `usher man`: manual pages.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::command;

/// Writes a manual page for each command.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  usher man --output ~/.local/share/man/man1\n  man usher-drill")]
pub(super) struct ManArgs {
    /// The folder to write them into; it is made if it is not there.
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
}

pub(super) fn run(args: &ManArgs) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(&args.output).with_context(|| format!("{} cannot be made", args.output.display()))?;
    clap_mangen::generate_to(command(), &args.output).context("the pages could not be written")?;
    Ok(ExitCode::SUCCESS)
}
