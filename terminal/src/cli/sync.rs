//! `usher sync`: exchanges everything with the server once.

use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;
use sync_protocol::id::GateId;
use tokio::sync::mpsc::unbounded_channel;

use super::Place;
use crate::cache::Store;
use crate::catalogue::Catalogue;
use crate::clock::{Clock, SystemClock};
use crate::door::{Notice, Suspension};
use crate::gate::{Gate, desk};
use crate::logs;
use crate::sync::driver::{Driver, Outcome, Until};

const EXAMPLES: &str = "\
Examples:
  usher sync            send what is unsent, fetch what is new, and end
  usher sync --json     the same, with one JSON object that says how it went
  usher sync --server-restored
                        take up the list of a server whose data came back from a copy, once the organiser
                        has said that this is so; check-ins that the server has lost are sent again

The door screen does this by itself all the time. Exit code 1 means that something could not be
exchanged; it stays on this machine and nothing is lost.";

/// Exchanges everything with the server once, and ends.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SyncArgs {
    /// Print one JSON object instead of sentences.
    #[arg(long)]
    json: bool,
    /// Confirm that the organiser put the server's data back from a copy. Refused unless this terminal has
    /// stopped for that reason.
    #[arg(long)]
    server_restored: bool,
}

pub(super) fn run(place: &Place, args: SyncArgs) -> anyhow::Result<ExitCode> {
    logs::to_stderr();
    let mut store = place.open()?;
    if args.server_restored && !store.leave_feed()? {
        return Err(anyhow!(
            "this terminal has not stopped because the server's data came back from a copy, so there is nothing to \
             confirm; run `usher sync` first, which finds out"
        ));
    }
    let (store, outcome) = converse(store, Until::InStep, args.json, place.catalogue())?;
    let counts = store.counts();
    let suspended = if outcome.is_shredded { Some(Suspension::Shredded) } else { store.suspension() };
    let is_done = outcome.is_reached && outcome.trouble.is_none() && counts.unsent == 0;
    if args.json {
        let line = json!({
            "reached": outcome.is_reached,
            "trouble": outcome.trouble,
            "tickets": counts.tickets,
            "cursor": store.position().map(|position| position.point.seq),
            "entries": counts.entries,
            "unsent": counts.unsent,
            "suspended": suspended,
        });
        println!("{line}");
    } else {
        println!("{} tickets in the list, {} of {} check-ins not sent", counts.tickets, counts.unsent, counts.entries);
        if let Some(suspension) = suspended.filter(|suspension| suspension.is_erased()) {
            println!("{}", place.stop_words(suspension));
        } else if let Some(suspension) = suspended {
            println!("This terminal must not admit: {}", place.stop_words(suspension));
        }
        if let Some(trouble) = &outcome.trouble {
            eprintln!("usher: {trouble}. Nothing is lost; try again later.");
        }
    }
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Downloads the first list.
pub(super) fn download(store: Store, is_quiet: bool, catalogue: Catalogue) -> anyhow::Result<Store> {
    let (store, outcome) = converse(store, Until::Listed, is_quiet, catalogue)?;
    if store.policy().is_some() {
        return Ok(store);
    }
    let trouble = outcome.trouble.unwrap_or_else(|| "the server has no list for this event".to_owned());
    Err(anyhow!("the ticket list could not be downloaded: {trouble}; what has arrived is kept, so try again"))
}

/// A store after its first download, whole or not.
pub(super) struct Fetched {
    /// The store, with all that has arrived.
    pub(super) store: Store,
    /// Why there is no list yet, if so.
    pub(super) trouble: Option<String>,
}

/// Downloads the first list, and says how far it is: in bytes, and in tickets.
pub(super) fn fetch(
    store: Store,
    on_progress: impl Fn(Option<(u64, u64)>, Option<(u64, u64)>) + Send + 'static,
) -> anyhow::Result<Fetched> {
    let (store, outcome) = talk(store, Until::Listed, move |told| {
        for notice in told {
            if let Notice::Status(status) = notice {
                on_progress(status.fetched, status.download);
            }
        }
    })?;
    let nothing = || outcome.trouble.unwrap_or_else(|| "the server has no list for this event".to_owned());
    let trouble = store.policy().is_none().then(nothing);
    Ok(Fetched { store, trouble })
}

/// Talks to the server until the conversation is over, and gives the store back.
pub(super) fn converse(
    store: Store,
    until: Until,
    is_quiet: bool,
    catalogue: Catalogue,
) -> anyhow::Result<(Store, Outcome)> {
    let shows_progress = !is_quiet && stderr().is_terminal();
    talk(store, until, move |told| {
        let mut is_shown = false;
        for notice in told {
            if let (Notice::Status(status), true) = (notice, shows_progress)
                && let Some((done, total)) = status.download
            {
                let values = [("done", done.into()), ("total", total.into())];
                eprint!("\r{}", catalogue.say_with("prompts-downloading", &values));
                is_shown = true;
            }
        }
        if is_shown {
            eprintln!();
        }
    })
}

fn talk(
    store: Store,
    until: Until,
    listen: impl FnOnce(Receiver<Notice>) + Send + 'static,
) -> anyhow::Result<(Store, Outcome)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (notices, told) = mpsc::channel();
    // Nothing is presented here, so it does not matter at which gate.
    let (desk, gate) = desk::open(Gate::new(store, Arc::clone(&clock), GateId(0)), notices)?;
    let progress = thread::spawn(move || listen(told));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (nudges, nudged) = unbounded_channel();
    let outcome = Driver::new(desk.clone(), clock, until).and_then(|driver| runtime.block_on(driver.run(nudged)));
    drop(nudges);
    runtime.shutdown_background();
    desk.close();
    let gate = gate.join().map_err(|_| anyhow!("the gate's thread panicked"))?;
    // The gate's thread was the last to tell anything.
    let _ = progress.join();
    Ok((gate.into_store(), outcome.context("nothing could be exchanged")?))
}
