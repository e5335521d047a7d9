//! The layers of settings, put into clap: what a file or staff said becomes an option's default, so
//! that clap itself lets the environment and the command line count more.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::file::{self, SettingsError, Values};
use super::{CONFIG_FILE, Home, Memory, Origin, Setting};

/// The option that names the file itself, which therefore cannot be set in it.
const CONFIG_ARG: &str = "config";
/// A setting that is dropped where the other is asked for on the command line.
const YIELDS: (&str, &str) = ("no-camera", "camera");

/// Why the settings are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The command line cannot be understood, or asks for help.
    #[error(transparent)]
    CommandLine(#[from] clap::Error),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] SettingsError),
}

/// Which files count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Read {
    /// The file with settings, and what staff chose.
    Files,
    /// None: for what must work while they are broken.
    Nothing,
}

/// The settings of this run, and where they come from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The file they were read from, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// Every setting, in the order of the help text.
    pub(crate) all: Vec<Setting>,
}

/// Reads the command line over the files.
///
/// `scope` says which files count, given what is asked for. What staff chose and no longer makes
/// sense is left out.
///
/// # Errors
///
/// [`ReadError`]; for a file it names the file and what in it is wrong.
pub(crate) fn read(
    command: &Command,
    arguments: &[OsString],
    home: &Home,
    scope: impl FnOnce(&ArgMatches) -> Read,
) -> Result<(ArgMatches, Settings), ReadError> {
    let Ok(first) = command.clone().ignore_errors(true).try_get_matches_from(arguments) else {
        // Somebody asks for help or for the version.
        let matches = command.clone().try_get_matches_from(arguments)?;
        let settings = Settings { file: None, all: Vec::new() };
        return Ok((matches, settings));
    };
    let mut sources = Sources::default();
    if scope(&first) == Read::Files {
        sources = Sources::find(command, &first, home)?;
    }
    let defaults = sources.defaults(&first);
    let matches = layered(command.clone(), &defaults).try_get_matches_from(arguments)?;
    let all = command.get_arguments().filter(|arg| is_setting(arg)).map(|arg| sources.tell(arg, &matches)).collect();
    Ok((matches, Settings { file: sources.file, all }))
}

/// Returns `command` with switches that can also be switched off: `--mute=false`.
pub(crate) fn with_switches(command: Command) -> Command {
    layered(command, &Values::new())
}

/// Returns the names of all settings.
pub(super) fn names(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter(|arg| is_setting(arg)).filter_map(Arg::get_long)
}

/// Whether an option is a setting.
pub(super) fn is_setting(arg: &Arg) -> bool {
    arg.get_id() != CONFIG_ARG && arg.get_long().is_some() && arg.get_env().is_some()
}

/// What files say.
#[derive(Debug, Default)]
struct Sources {
    file: Option<PathBuf>,
    in_file: Values,
    remembered: Values,
}

impl Sources {
    fn find(command: &Command, first: &ArgMatches, home: &Home) -> Result<Self, SettingsError> {
        let path = |id: &str| first.get_one::<PathBuf>(id).cloned();
        let named_folder = path("data_dir").or_else(|| home.data.clone());
        let file = path(CONFIG_ARG).or_else(|| {
            let folders = [named_folder.as_deref(), home.config.as_deref()];
            folders.into_iter().flatten().map(|folder| folder.join(CONFIG_FILE)).find(|file| file.exists())
        });
        let in_file = match &file {
            Some(file) => file::read(file, command)?,
            None => Values::new(),
        };
        let data = path("data_dir").or_else(|| in_file.get("data-dir").map(PathBuf::from)).or(named_folder);
        let remembered = data.map(|folder| remembered(&folder, command)).unwrap_or_default();
        Ok(Self { file, in_file, remembered })
    }

    /// Returns what takes the place of the defaults.
    fn defaults(&self, first: &ArgMatches) -> Values {
        let mut values = self.remembered.clone();
        values.extend(self.in_file.clone());
        let (yielding, asked) = YIELDS;
        let is_given = |id: &str| matches!(first.try_contains_id(id), Ok(true)) && !is_default(first, id);
        if is_given(asked) {
            values.remove(yielding);
        }
        values
    }

    fn tell(&self, arg: &Arg, matches: &ArgMatches) -> Setting {
        let (id, name) = (arg.get_id().as_str(), arg.get_long().unwrap_or_default());
        let value =
            matches.get_raw(id).and_then(|mut values| values.next()).map(|value| value.to_string_lossy().into());
        let origin = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => Origin::Flag,
            Some(ValueSource::EnvVariable) => {
                Origin::Environment(arg.get_env().unwrap_or_default().to_string_lossy().into())
            }
            _ if value.is_some() && self.in_file.get(name) == value.as_ref() => Origin::File,
            _ if value.is_some() && self.remembered.get(name) == value.as_ref() => Origin::Remembered,
            _ => Origin::Default,
        };
        Setting { name: name.to_owned(), value, origin }
    }
}

fn is_default(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id).is_none_or(|source| source == ValueSource::DefaultValue)
}

/// Returns what staff chose in this data folder, where it still is a setting and can be meant.
fn remembered(folder: &Path, command: &Command) -> Values {
    let table = Memory::in_folder(folder).recall();
    let settings = names(command).filter_map(|name| Some((name.to_owned(), file::one_value(table.get(name)?)?)));
    settings.filter(|(name, value)| file::check_value(name, value, command).is_ok()).collect()
}

/// Puts values under the options of this command and those below it.
fn layered(command: Command, values: &Values) -> Command {
    let command = command.mut_args(|arg| if is_setting(&arg) { put(arg, values) } else { arg });
    command.mut_subcommands(|below| layered(below, values))
}

fn put(arg: Arg, values: &Values) -> Arg {
    // Clap wants a default to live as long as the program; there is a handful, once at its start.
    let value = arg.get_long().and_then(|name| values.get(name)).map(|value| &*value.clone().leak());
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg
            .action(ArgAction::Set)
            .value_parser(BoolishValueParser::new())
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value(value.unwrap_or("false"))
            .hide_possible_values(true)
            .hide_default_value(true);
    }
    match value {
        Some(value) => arg.default_value(value),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Memo;

    #[test]
    fn a_flag_counts_more_than_the_environment_then_the_file_then_what_staff_chose() {
        let place = Scratch::new("colour = \"file\"\npath = \"file\"");
        place.memory().keep(Memo::Language("remembered".into())).unwrap();
        place.memory().keep(Memo::Mute(true)).unwrap();

        let told = place.read(&["--data-dir", place.path(), "--depth", "4"]).unwrap();

        assert_eq!(told.get("depth"), Some(&("4".to_owned(), Origin::Flag)));
        assert_eq!(told.get("path").unwrap().1, Origin::Environment("PATH".into()));
        assert_eq!(told.get("colour"), Some(&("file".to_owned(), Origin::File)));
        assert_eq!(told.get("language"), Some(&("remembered".to_owned(), Origin::Remembered)));
        assert_eq!(told.get("mute"), Some(&("true".to_owned(), Origin::Remembered)));
        assert_eq!(told.get("camera"), Some(&("any".to_owned(), Origin::Default)));
    }

    #[test]
    fn what_the_file_says_counts_more_than_what_staff_chose() {
        let place = Scratch::new("language = \"de\"");
        place.memory().keep(Memo::Language("en".into())).unwrap();

        let told = place.read(&["--data-dir", place.path()]).unwrap();

        assert_eq!(told.get("language"), Some(&("de".to_owned(), Origin::File)));
    }

    #[test]
    fn a_switch_that_the_file_turned_on_can_be_turned_off() {
        let place = Scratch::new("mute = true");

        let on = place.read(&["--data-dir", place.path()]).unwrap();
        let off = place.read(&["--data-dir", place.path(), "--mute=false"]).unwrap();

        assert_eq!(on.get("mute"), Some(&("true".to_owned(), Origin::File)));
        assert_eq!(off.get("mute"), Some(&("false".to_owned(), Origin::Flag)));
    }

    #[test]
    fn a_camera_that_is_asked_for_counts_more_than_a_file_without_one() {
        let place = Scratch::new("no-camera = true");

        let told = place.read(&["--data-dir", place.path(), "--camera", "2"]).unwrap();

        assert_eq!(told.get("no-camera"), Some(&("false".to_owned(), Origin::Default)));
        assert_eq!(told.get("camera"), Some(&("2".to_owned(), Origin::Flag)));
    }

    #[test]
    fn a_subcommand_has_the_same_settings_and_its_own_flags_alone() {
        let place = Scratch::new("colour = \"red\"\ncamera = \"3\"");
        let arguments = ["usher", "look", "--data-dir", place.path()].map(OsString::from);

        let (matches, _) = read(&command(), &arguments, &Home::default(), |_| Read::Files).unwrap();

        let (_, look) = matches.subcommand().unwrap();
        assert_eq!(look.get_one::<String>("colour").unwrap(), "red");
        assert_eq!(look.get_one::<String>("camera"), None);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_name() {
        let message = |text: &str| {
            let place = Scratch::new(text);
            let error = place.read(&["--data-dir", place.path()]).unwrap_err().to_string();
            error.replace(place.path(), "FOLDER")
        };

        assert_eq!(message("camra = 1"), "FOLDER/config.toml: there is no setting \"camra\"; is \"camera\" meant?");
        assert_eq!(
            message("data_dir = \"x\""),
            "FOLDER/config.toml: there is no setting \"data_dir\"; is \"data-dir\" meant?"
        );
        assert_eq!(message("once = true"), "FOLDER/config.toml: \"once\" is only said on the command line");
        assert_eq!(
            message("zzz = 1"),
            "FOLDER/config.toml: there is no setting \"zzz\"; `usher config show` lists all"
        );
        assert_eq!(message("camera = [1]"), "FOLDER/config.toml: \"camera\" takes one value");
        assert_eq!(
            message("depth = \"deep\""),
            "FOLDER/config.toml: invalid value 'deep' for '--depth <depth>': invalid digit found in string"
        );
        assert_eq!(
            message("language = \"fr\""),
            "FOLDER/config.toml: invalid value 'fr' for '--language <language>' \
             [possible values: auto, de, en, remembered]"
        );
        assert!(message("camera = ").starts_with("the settings in FOLDER/config.toml are not written as TOML"));
    }

    #[test]
    fn a_choice_of_staff_that_makes_no_sense_any_more_is_left_out() {
        let place = Scratch::new("");
        place.memory().keep(Memo::Language("klingon".into())).unwrap();

        let told = place.read(&["--data-dir", place.path()]).unwrap();

        assert_eq!(told.get("language"), Some(&("auto".to_owned(), Origin::Default)));
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let place = Scratch::new("");

        let error = place.read(&["--config", "/nowhere/config.toml"]).unwrap_err();

        assert!(matches!(error, ReadError::File(SettingsError::Unreadable { .. })), "{error:?}");
    }

    #[test]
    fn the_data_folder_may_be_named_in_the_file_of_the_home_folder() {
        let (home, data) = (Scratch::new(""), Scratch::new("camera = \"never read\""));
        std::fs::write(home.0.path().join(CONFIG_FILE), format!("data-dir = {:?}", data.path())).unwrap();
        data.memory().keep(Memo::Language("de".into())).unwrap();
        let home = Home { config: Some(home.0.path().to_owned()), data: None };

        let (_, settings) = read(&command(), &[OsString::from("usher")], &home, |_| Read::Files).unwrap();

        let found = |name: &str| settings.all.iter().find(|setting| setting.name == name).unwrap().origin.clone();
        assert_eq!((found("data-dir"), found("language")), (Origin::File, Origin::Remembered));
        assert_eq!(found("camera"), Origin::Default);
    }

    struct Scratch(tempfile::TempDir);

    impl Scratch {
        fn new(text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(CONFIG_FILE), text).unwrap();
            Self(folder)
        }

        fn path(&self) -> &str {
            self.0.path().to_str().unwrap()
        }

        fn memory(&self) -> Memory {
            Memory::in_folder(self.0.path())
        }

        fn read(&self, arguments: &[&str]) -> Result<std::collections::BTreeMap<String, (String, Origin)>, ReadError> {
            let arguments: Vec<OsString> = ["usher"].iter().chain(arguments).map(OsString::from).collect();
            let (_, settings) = read(&command(), &arguments, &Home::default(), |_| Read::Files)?;
            let told = settings.all.into_iter();
            Ok(told.filter_map(|setting| Some((setting.name, (setting.value?, setting.origin)))).collect())
        }
    }

    /// A command whose environment is that of any test: `PATH` is set, the others are not.
    fn command() -> Command {
        let setting = |name: &'static str, env: &'static str| Arg::new(name).long(name).env(env);
        let command = Command::new("usher")
            .arg(Arg::new("data_dir").long("data-dir").env("USHER_T_DIR").global(true).value_parser(path()))
            .arg(Arg::new("config").long("config").env("USHER_T_CONFIG").global(true).value_parser(path()))
            .arg(setting("camera", "USHER_T_CAMERA").default_value("any").conflicts_with("once"))
            .arg(setting("no-camera", "USHER_T_NO_CAMERA").action(ArgAction::SetTrue))
            .arg(setting("mute", "USHER_T_MUTE").action(ArgAction::SetTrue))
            .arg(setting("depth", "USHER_T_DEPTH").default_value("1").value_parser(clap::value_parser!(u8)))
            .arg(setting("colour", "USHER_T_COLOUR"))
            .arg(setting("path", "PATH"))
            .arg(setting("language", "USHER_T_LANGUAGE").default_value("auto").value_parser([
                "auto",
                "de",
                "en",
                "remembered",
            ]))
            .arg(Arg::new("once").long("once").action(ArgAction::SetTrue))
            .subcommand(
                Command::new("look").arg(setting("colour", "USHER_T_COLOUR")).arg(Arg::new("camera").long("camera")),
            );
        with_switches(command)
    }

    fn path() -> clap::builder::ValueParser {
        clap::value_parser!(PathBuf)
    }
}
