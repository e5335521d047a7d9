//! The command line: what can be asked of `usher`, and who answers.

mod config;
mod door;
mod drill;
mod enrol;
mod events;
mod export;
mod first_start;
mod journal;
mod man;
mod opening;
mod sales;
mod scan;
mod scanner;
mod secret;
mod status;
mod support;
mod sync;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use sync_protocol::id::EventId;

use crate::catalogue::{Catalogue, Language};
use crate::config as environment;
use crate::decode_command;
use crate::door::Suspension;
use crate::settings::{self, Home, Memory, Read, ReadError};
use crate::tui::words::{self, Clockface, Names};

const EXAMPLES: &str = "\
Examples:
  usher enrol --qr camera          make this laptop a terminal: show the organiser's QR to the camera
  usher                            open the door screen
  usher --replay frames/ --fps 5   the same on pictures instead of a camera
  usher drill                      is everything right before the doors open?
  usher status                     what this terminal holds, and what it has not sent
  usher sync                       exchange everything with the server once, and end
  usher decode photo.jpg --json    read any QR code in a picture

The passphrase is asked for, or read from --passphrase-file or USHER_PASSPHRASE. Options with an
environment variable can be set in a file as well; see `usher config init`.";

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
    /// The language of what staff read; auto takes the computer's.
    #[arg(long, global = true, env = "USHER_LANGUAGE", value_name = "LANGUAGE", default_value = "auto")]
    language: LanguageChoice,
    /// Lines of text instead of drawn screens, for screen readers; the same keys work.
    #[arg(long, global = true, env = "USHER_PLAIN")]
    plain: bool,
    /// The file with settings [default: config.toml in the data folder, or in ~/.config/usher].
    #[arg(long, global = true, env = "USHER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
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
    /// Teaches Usher the hand scanner.
    #[command(subcommand)]
    Scanner(scanner::ScannerCommand),
    Scan(scan::ScanArgs),
    Decode(decode_command::Args),
    Sync(sync::SyncArgs),
    Status(status::StatusArgs),
    Drill(drill::DrillArgs),
    Sales(sales::SalesArgs),
    Events(events::EventsArgs),
    /// Looks at this terminal's journal.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    Export(export::ExportArgs),
    /// Shows what is set, by whom, and where.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    SupportBundle(support::SupportArgs),
    Man(man::ManArgs),
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
    let home = Home { config: environment::config_folder(), data: environment::data_folder() };
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (matches, settings) = match settings::read(&command(), &arguments, &home, files_that_count) {
        Ok(read) => read,
        Err(ReadError::CommandLine(error)) => error.exit(),
        Err(ReadError::File(error)) => return Err(error.into()),
    };
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match cli.command {
        None => door::run(&cli.place, cli.door),
        Some(Command::Enrol(args)) => enrol::run(&cli.place, args),
        Some(Command::Scanner(command)) => scanner::run(&cli.place, &command),
        Some(Command::Scan(args)) => scan::run(&cli.place, args),
        Some(Command::Decode(args)) => decode_command::run(args),
        Some(Command::Sync(args)) => sync::run(&cli.place, args),
        Some(Command::Status(args)) => status::run(&cli.place, args),
        Some(Command::Drill(args)) => drill::run(&cli.place, &cli.door, &args),
        Some(Command::Sales(args)) => sales::run(&cli.place, args),
        Some(Command::Events(args)) => events::run(&cli.place, args),
        Some(Command::Journal(command)) => journal::run(&cli.place, command),
        Some(Command::Export(args)) => export::run(&cli.place, args),
        Some(Command::Config(asked)) => config::run(&cli.place, asked, &settings),
        Some(Command::SupportBundle(args)) => support::run(&cli.place, &args, &settings),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut command(), "usher", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Returns the whole command line.
fn command() -> clap::Command {
    settings::with_switches(Cli::command())
}

/// What helps with a broken file of settings must not need one.
fn files_that_count(asked: &ArgMatches) -> Read {
    let is_about_the_file = |config: &ArgMatches| config.subcommand_name() != Some("show");
    match asked.subcommand() {
        Some(("completions" | "man", _)) => Read::Nothing,
        Some(("config", config)) if is_about_the_file(config) => Read::Nothing,
        _ => Read::Files,
    }
}

impl Place {
    /// Returns the folder that holds the data of every enrolled event.
    fn folder(&self) -> anyhow::Result<PathBuf> {
        let named = self.data_dir.clone().or_else(environment::data_folder);
        named.context("no home folder is known; name a folder with --data-dir")
    }

    /// Returns the language of what staff read.
    fn language(&self) -> Language {
        match self.language {
            LanguageChoice::Auto => {
                environment::locale().map(|locale| Language::of_locale(&locale)).unwrap_or_default()
            }
            LanguageChoice::En => Language::English,
            LanguageChoice::De => Language::German,
        }
    }

    /// Returns every sentence that staff read.
    fn catalogue(&self) -> Catalogue {
        Catalogue::new(self.language())
    }

    /// Returns why the terminal may not admit and what to do, in a line.
    fn stop_words(&self, suspension: Suspension) -> String {
        let catalogue = self.catalogue();
        let message = words::suspension(suspension, &Names::new(&catalogue, None, Clockface::default()));
        format!("{} {}", message.headline, message.step.unwrap_or_default()).trim_end().to_owned()
    }

    /// Returns what staff chose on the screen at an earlier time, and where it is kept.
    fn memory(&self) -> anyhow::Result<Memory> {
        Ok(Memory::in_folder(&self.folder()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_setting_has_one_name_everywhere() {
        let command = Cli::command();

        for arg in command.get_arguments().filter(|arg| arg.get_env().is_some()) {
            let name = arg.get_long().unwrap_or_default();
            let variable = format!("USHER_{}", name.replace('-', "_").to_uppercase());
            assert_eq!(arg.get_env().and_then(|env| env.to_str()), Some(variable.as_str()));
        }
    }

    #[test]
    fn the_file_that_is_written_first_sets_nothing_and_can_be_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let arguments = ["usher", "--config", file.to_str().unwrap()].map(OsString::from);
            settings::read(&command(), &arguments, &Home::default(), |_| Read::Files).map(|(_, settings)| settings)
        };
        let template = settings::template(&command());

        let unset = read(&template).unwrap();
        let is_example = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
        let examples: Vec<&str> = template.lines().filter(is_example).collect();
        let filled = examples.iter().map(|line| line.replace("#event = \"ID\"", "").replacen('#', "", 1));
        let set = read(&filled.collect::<Vec<_>>().join("\n")).unwrap();

        assert_eq!(examples.len(), unset.all.len());
        assert_eq!(set.all.len(), unset.all.len());
    }
}
