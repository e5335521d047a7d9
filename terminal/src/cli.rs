//! The command line: what can be asked of `usher`, and who answers.

mod door;
mod enrol;
mod events;
mod export;
mod journal;
mod opening;
mod scan;
mod secret;
mod status;
mod sync;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use sync_protocol::id::EventId;

use crate::catalogue::Language;
use crate::{config, decode_command};

const EXAMPLES: &str = "\
Examples:
  usher enrol --qr camera          make this laptop a terminal: show the organiser's QR to the camera
  usher                            open the door screen
  usher --replay frames/ --fps 5   the same on pictures instead of a camera
  usher status                     what this terminal holds, and what it has not sent
  usher sync                       exchange everything with the server once, and end
  usher decode photo.jpg --json    read any QR code in a picture

The passphrase is asked for, or read from --passphrase-file or USHER_PASSPHRASE.";

/// Checks tickets at the door, with or without a network.
///
/// Without a command it opens the door screen: it reads tickets from the camera, decides on this
/// machine, keeps a signed journal, and syncs with the server whenever there is a network.
#[derive(Debug, Parser)]
#[command(name = "usher", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    door: door::DoorArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the data lie, and how they are opened.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// The folder that holds this terminal's encrypted data [default: ~/.local/share/usher].
    #[arg(long, global = true, env = "USHER_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The event, where this laptop is enrolled for several (see `usher events`).
    #[arg(long, global = true, env = "USHER_EVENT", value_name = "ID")]
    event: Option<EventId>,
    /// A file whose first line is the passphrase.
    #[arg(long, global = true, env = "USHER_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The language of what staff read; auto takes the computer's [default: auto].
    #[arg(long, global = true, env = "USHER_LANGUAGE", value_name = "LANGUAGE")]
    language: Option<LanguageChoice>,
}

/// Which language.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageChoice {
    Auto,
    En,
    De,
}

#[derive(Debug, Subcommand)]
enum Command {
    Enrol(enrol::EnrolArgs),
    Scan(scan::ScanArgs),
    Decode(decode_command::Args),
    Sync(sync::SyncArgs),
    Status(status::StatusArgs),
    Events(events::EventsArgs),
    /// Looks at this terminal's journal.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    Export(export::ExportArgs),
    /// Prints completions for a shell; see your shell's manual for where they go.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Runs what the command line asks for.
///
/// # Errors
///
/// Whatever went wrong, in words for people, with its causes.
pub fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match cli.command {
        None => door::run(&cli.place, cli.door),
        Some(Command::Enrol(args)) => enrol::run(&cli.place, args),
        Some(Command::Scan(args)) => scan::run(&cli.place, args),
        Some(Command::Decode(args)) => decode_command::run(args),
        Some(Command::Sync(args)) => sync::run(&cli.place, args),
        Some(Command::Status(args)) => status::run(&cli.place, args),
        Some(Command::Events(args)) => events::run(&cli.place, args),
        Some(Command::Journal(command)) => journal::run(&cli.place, command),
        Some(Command::Export(args)) => export::run(&cli.place, args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "usher", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Place {
    /// Returns the folder that holds the data of every enrolled event.
    fn folder(&self) -> anyhow::Result<PathBuf> {
        let named = self.data_dir.clone().or_else(config::data_folder);
        named.context("no home folder is known; name a folder with --data-dir")
    }

    /// Returns the language of what staff read.
    fn language(&self) -> Language {
        match self.language.unwrap_or(LanguageChoice::Auto) {
            LanguageChoice::Auto => config::locale().map(|locale| Language::of_locale(&locale)).unwrap_or_default(),
            LanguageChoice::En => Language::English,
            LanguageChoice::De => Language::German,
        }
    }
}
