//! The camera path on the kernel's own drivers: `cargo xtask camera` builds this, and runs it in a small machine that
//! it boots.
//!
//! `prepare` makes, on this machine, what the other one needs: an enrolled terminal with its event, tickets, and the two
//! C programs. `check` runs the checks there: cameras by vivid, the kernel's test driver, whose faults can be caused, and
//! by v4l2loopback, which shows whatever is written to it. It tells what it does in lines that begin with `@`:
//! `@begin NAME`, `@note TEXT`, `@pass NAME`, `@fail NAME` and, last, `@end PASSED FAILED`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod check;
mod door;
mod loopback;
mod prepare;
mod vivid;

/// The camera path on the kernel's own drivers.
#[derive(Debug, Parser)]
#[command(name = "usher-camera", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes an enrolled terminal, tickets and helpers in an empty folder
    Prepare {
        /// The folder
        folder: PathBuf,
    },
    /// Checks everything, on a machine with vivid and v4l2loopback
    Check {
        /// The prepared folder
        folder: PathBuf,
        /// Only those checks whose names contain this
        #[arg(long, default_value = "")]
        only: String,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Prepare { folder } => prepare::prepare(&folder).map(|()| true),
        Command::Check { folder, only } => check::all(&folder, &only),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("usher-camera: {error:#}");
            ExitCode::FAILURE
        }
    }
}
