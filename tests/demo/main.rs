//! The whole way from server to door and back, on one machine: `cargo xtask demo` builds and runs this.
//!
//! A server is started, an event made, a terminal enrolled and synced; then the network is cut, and the door goes on
//! without it. Guests come: most with good tickets, some with cancelled, forged or copied ones. When the network is
//! back, the server learns of everything. [`story`] tells it step by step.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

mod guests;
mod pictures;
mod story;
mod table;

/// Usher's whole way from server to door and back, on this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "usher-demo", version)]
struct Arguments {
    /// Without a screen: check every verdict, print a summary, and fail if one was wrong
    #[arg(long)]
    headless: bool,
    /// Read from this machine's camera instead of rendered pictures
    #[arg(long, conflicts_with = "headless")]
    camera: bool,
    /// Keep the scratch folder with the server's database, the terminal's store and the pictures
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nusher-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether everything was as expected.
fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let scratch =
        tempfile::Builder::new().prefix("usher-demo-").tempdir().context("could not make a scratch folder")?;
    let folder = scratch.path().to_owned();
    let keep = arguments.keep;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;

    let (teller, mut told) = tokio::sync::oneshot::channel();
    let handle = runtime.handle().clone();
    thread::spawn(move || {
        let outcome = handle.block_on(story::tell(arguments, folder));
        // Nobody listens any more after Ctrl-C.
        let _ = teller.send(outcome);
    });
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = &mut told => outcome.context("the demo's own program failed")?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("could not wait for Ctrl-C")?;
                // The programs got the signal too, and the story ends with them, unless it waits for a key.
                let _ = tokio::time::timeout(Duration::from_secs(2), &mut told).await;
                anyhow::bail!("stopped");
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    if keep {
        println!("\nEverything is kept in {}", scratch.keep().display());
    }
    outcome
}
