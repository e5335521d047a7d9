//! A terminal is killed while it is enrolled: its store is there, or it says that it must be enrolled again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::process::{PATIENCE, Program, Server};
use rand::RngExt as _;

use crate::doors::{Event, ask, number, terminal};
use crate::ground::Ground;

/// How long an enrolment takes here, about.
const ENROLLING: Duration = Duration::from_millis(1_500);
/// How long the tables of a new store take, about.
const TABLES: Duration = Duration::from_millis(25);
/// How often it is looked whether the store's file is there.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// Kills `usher enrol`: half of the times while it makes the tables, else at any moment.
pub(super) async fn killed(ground: &mut Ground, event: &Event, server: &Server, round: u32) -> anyhow::Result<()> {
    let name = format!("made-{round}");
    let folder = ground.folder(&name)?;
    let terminal = terminal(&folder);
    let enrol = async || -> anyhow::Result<Program> {
        let code = event.code(&name).await?;
        let arguments = ["enrol", "--json", "--no-download", "--server", &server.url(), "--code", &code];
        Program::start(terminal.command()?.args(arguments))
    };
    let mut enrolling = enrol().await?;
    if ground.chance.random_bool(0.5) {
        let deadline = Instant::now() + PATIENCE;
        while !has_store(&folder) && enrolling.is_running() && Instant::now() < deadline {
            std::thread::sleep(LOOK_EVERY);
        }
        ground.pass_up_to(TABLES);
    } else {
        ground.pass_up_to(ENROLLING);
    }
    enrolling.kill9()?;

    let status = terminal.run(&["status", "--json"])?;
    if status.status.success() {
        ground.findings.count("enrolments whole after a kill", 1);
    } else {
        ground.findings.count("enrolments begun anew", 1);
        let says_what_to_do = status.stderr.contains("usher enrol");
        ground.findings.expect(says_what_to_do, || format!("{name} does not say what to do: {}", status.stderr));
        let mut enrolling = enrol().await?;
        let ended = enrolling.wait(PATIENCE)?;
        let said = enrolling.last_words();
        ground.findings.expect(ended.success(), || format!("{name} cannot be enrolled again: {said}"));
    }
    let synced = ask(&terminal, &["sync", "--json"])?;
    ground.findings.expect(number(&synced, "tickets") > Some(0), || format!("{name} got no list: {synced}"));
    if ground.findings.is_clean() {
        fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// Whether an event's store is in the folder, in whatever state.
fn has_store(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.path().join("store.db").exists())
}
