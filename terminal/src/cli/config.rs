//! `usher config`: what is set, by whom, and where.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Place, command};
use crate::config;
use crate::settings::{CONFIG_FILE, Settings, template};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    Show(ShowArgs),
    /// Prints where the file with settings is, or would be.
    Path,
    /// Writes a file with every setting in it, each explained and none set.
    Init,
}

/// Shows every setting, its value, and who set it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  usher config show\n  usher --camera 2 config show --json")]
pub(super) struct ShowArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, asked: ConfigCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    match asked {
        ConfigCommand::Show(args) => show(place, &args, settings),
        ConfigCommand::Path => {
            let path = path(place)?;
            println!("{}", path.display());
            if !path.exists() {
                eprintln!("It is not there yet; `usher config init` makes it.");
            }
        }
        ConfigCommand::Init => init(place)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(place: &Place, args: &ShowArgs, settings: &Settings) {
    let remembered = place.memory().ok().map(|memory| memory.file());
    if args.json {
        let all: serde_json::Map<_, _> = settings
            .all
            .iter()
            .map(|setting| {
                let origin = setting.origin.to_string();
                (setting.name.clone(), json!({ "value": setting.value, "from": origin }))
            })
            .collect();
        println!("{}", json!({ "file": settings.file, "remembered": remembered, "settings": all }));
        return;
    }
    match &settings.file {
        Some(file) => println!("# {}", file.display()),
        None => println!("# No {CONFIG_FILE} is there; see `usher config init`."),
    }
    let width = settings.all.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
    for setting in &settings.all {
        let value = setting.value.as_deref().unwrap_or("-");
        println!("{:width$}  {value}  ({})", setting.name, setting.origin);
    }
}

fn init(place: &Place) -> anyhow::Result<()> {
    let path = path(place)?;
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    file.write_all(template(&command()).as_bytes()).context("the file could not be written")?;
    println!("{}", path.display());
    Ok(())
}

/// Returns the file that is read, or else the one that would be made.
fn path(place: &Place) -> anyhow::Result<PathBuf> {
    if let Some(named) = &place.config {
        return Ok(named.clone());
    }
    let beside = place.folder().ok().map(|folder| folder.join(CONFIG_FILE)).filter(|file| file.exists());
    let usual = config::config_folder().map(|folder| folder.join(CONFIG_FILE));
    beside.or(usual).context("no home folder is known; name the file with --config")
}
