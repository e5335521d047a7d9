//! `usher support-bundle`: what whoever helps from afar needs, without anybody in it.

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal as _, stderr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::Place;
use crate::cache::{self, Store};
use crate::camera::device;
use crate::causes::chain;
use crate::clock::{Clock as _, SystemClock};
use crate::drill::Battery;
use crate::settings::Settings;
use crate::support::{self, Bundle, Machine, Scrubber, shape, sizes};
use crate::{config, logs};

const EXAMPLES: &str = "\
Examples:
  usher support-bundle                        writes usher-support.tar.zst
  usher support-bundle -o door3.tar.zst
  tar --zstd -xf usher-support.tar.zst        look into it before it is sent

It holds versions, settings without secrets, figures, the last ready checks, camera names and the
log. It holds no name, no address, no ticket and no key. Close the door screen first, or the
figures of the store are left out.";

/// The most lines of the log, the newest.
const LINES_MAX: usize = 5_000;

/// Packs what helps to find a fault into one file, without personal data.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SupportArgs {
    /// The file to write; it must not be there yet.
    #[arg(long, short, value_name = "FILE", default_value = "usher-support.tar.zst")]
    output: PathBuf,
    /// Leave out what needs the passphrase: the store's figures, and the words of the log.
    #[arg(long)]
    locked: bool,
}

pub(super) fn run(place: &Place, args: &SupportArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    logs::to_stderr();
    let folder = place.folder()?;
    let opened = if args.locked { Err(anyhow::anyhow!("left out by --locked")) } else { place.open() };
    let mut bundle = Bundle::default();
    bundle.add_json("machine.json", &serde_json::to_value(Machine::look())?);
    bundle.add_json("settings.json", &support::settings(&settings.all));
    bundle.add_json("surroundings.json", &surroundings());
    bundle.add_json(
        "disk.json",
        &json!({ "enrolled": cache::enrolled(&folder).ok().map(|all| all.len()), "sizes": sizes(&folder) }),
    );
    let log = log(&folder);
    match opened {
        Ok(mut store) => {
            bundle.add_json("store.json", &figures(&mut store));
            let shape = shape(&store).map_or_else(|error| json!({ "error": chain(&error) }), |shape| json!(shape));
            bundle.add_json("journal.json", &shape);
            let scrubber = scrubber(&store).context("the list cannot be read")?;
            bundle.add_text("usher.log", log.iter().map(|line| scrubber.line(line) + "\n").collect());
        }
        Err(error) => {
            eprintln!("usher: the store's figures are left out: {error:#}");
            bundle.add_json("store.json", &json!({ "left_out": true }));
            // Without the list nobody can say which words are somebody's name.
            bundle.add_text("usher.log", log.iter().map(|line| head(line) + "\n").collect());
        }
    }
    write(&bundle, &args.output)?;
    println!("{}", args.output.display());
    if stderr().is_terminal() {
        bundle.contents().for_each(|(name, bytes)| eprintln!("  {bytes:>9}  {name}"));
        eprintln!("It names nobody. Look into it before you send it: tar --zstd -xf {}", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(bundle: &Bundle, path: &Path) -> anyhow::Result<()> {
    let made_s = SystemClock::new().read().wall.0 / 1_000;
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    bundle.write(file, made_s).context("the file could not be written")
}

/// Cameras, battery, and what the terminal emulator says of itself.
fn surroundings() -> Value {
    let cameras: Vec<Value> =
        device::list().into_iter().map(|camera| json!({ "number": camera.index, "name": camera.name })).collect();
    json!({
        "cameras": cameras,
        "battery": format!("{:?}", Battery::read()),
        "terminal": config::terminal_variables(),
        "columns_and_rows": crossterm::terminal::size().ok(),
    })
}

fn figures(store: &mut Store) -> Value {
    let moment = store.moment(&SystemClock::new());
    let counts = store.counts();
    let certified = store.certified();
    let policy = store.policy().map(|(seq, policy)| {
        json!({
            "entry": seq,
            "zones": policy.zones.len(),
            "gates": policy.gates.len(),
            "ticket_types": policy.classes.len(),
            "supervisors": policy.supervisors.len(),
            "starts": policy.starts,
            "ends": policy.ends,
        })
    });
    json!({
        "event": store.identity().event(),
        "device_no": store.identity().number(),
        "capabilities": store.identity().certificate.capabilities.0,
        "certified": { "from": certified.from(), "until": certified.until() },
        "policy": policy,
        "tickets": counts.tickets,
        "rows": counts.rows,
        "entries": counts.entries,
        "unsent": counts.unsent,
        "openings": counts.openings,
        "movements": store.movements().count(),
        "copy_lag": store.copy_lag(),
        "cursor": store.position().map(|position| position.point.seq),
        "list_at": store.list_at(),
        "suspended": store.suspension(),
        "finding": store.finding().map(|finding| format!("{finding:?}")),
        "now": moment.now,
        "clock_uncertainty_ms": moment.uncertainty_ms,
        "clock_offset_ms": moment.offset_ms(),
        "free_bytes": store.free_bytes(),
    })
}

/// Returns what knows every name that is in the list and in the rules, and who was at this terminal.
fn scrubber(store: &Store) -> anyhow::Result<Scrubber> {
    let mut scrubber = Scrubber::default();
    store.list_reader()?.each(|_, row| {
        scrubber.add_name(&row.name);
        scrubber.add_name(&row.email);
    })?;
    if let Some((_, policy)) = store.policy() {
        policy.supervisors.iter().for_each(|supervisor| scrubber.add_name(&supervisor.name));
    }
    store.recent_operators().iter().for_each(|operator| scrubber.add_name(operator));
    Ok(scrubber)
}

/// Returns the newest lines of the log.
fn log(folder: &Path) -> Vec<String> {
    let text = |path: PathBuf| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let texts = logs::files(folder).into_iter().filter_map(|path| text(path).ok());
    let lines: Vec<String> = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let old = lines.len().saturating_sub(LINES_MAX);
    lines.into_iter().skip(old).collect()
}

/// Time, level, and which part of the program speaks.
fn head(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().take(3).collect();
    match words.as_slice() {
        [time, level, part] if part.ends_with(':') && part.starts_with("usher_terminal") => {
            format!("{time} {level} {part}")
        }
        _ => "(left out)".to_owned(),
    }
}
