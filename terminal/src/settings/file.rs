//! The file with settings: read, and held against what can be set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use toml::{Table, Value};

use super::layers::names;

/// Values by the name of their setting.
pub(super) type Values = BTreeMap<String, String>;

/// Why a file with settings is not used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It was named, or is there, and cannot be read.
    #[error("the settings in {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("the settings in {} are not written as TOML", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// Something in it is no setting.
    #[error("{}: there is no setting {key:?}{}", path.display(), hint(nearest.as_deref()))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it says.
        key: String,
        /// What it may mean.
        nearest: Option<String>,
    },
    /// A setting is about one run of the program.
    #[error("{}: {key:?} is only said on the command line", path.display())]
    FlagOnly {
        /// The file.
        path: PathBuf,
        /// The flag.
        key: String,
    },
    /// A list or a table stands where one value belongs.
    #[error("{}: {key:?} takes one value", path.display())]
    NotOneValue {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
    },
    /// The value cannot be meant.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with which setting.
        reason: String,
    },
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; is {name:?} meant?"),
        None => "; `usher config show` lists all".to_owned(),
    }
}

/// Reads the settings in a file.
///
/// # Errors
///
/// The first thing in it that is no setting or cannot be meant; or [`SettingsError::Unreadable`].
pub(super) fn read(path: &Path, command: &Command) -> Result<Values, SettingsError> {
    let text =
        fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    parse(&text, path, command)
}

/// Takes the settings from a file's text.
pub(super) fn parse(text: &str, path: &Path, command: &Command) -> Result<Values, SettingsError> {
    let table: Table = text.parse().map_err(|source| SettingsError::NotToml { path: path.to_owned(), source })?;
    let mut values = Values::new();
    for (key, value) in table {
        let path = path.to_owned();
        let value = match (check_name(&key, command), one_value(&value)) {
            (Name::Setting, Some(value)) => value,
            (Name::Setting, None) => return Err(SettingsError::NotOneValue { path, key }),
            (Name::Flag, _) => return Err(SettingsError::FlagOnly { path, key }),
            (Name::Unknown { nearest }, _) => return Err(SettingsError::Unknown { path, key, nearest }),
        };
        if let Err(reason) = check_value(&key, &value, command) {
            return Err(SettingsError::Invalid { path, reason });
        }
        values.insert(key, value);
    }
    Ok(values)
}

/// Returns what a flag would be given for a value; nothing for lists and tables.
pub(super) fn one_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(switch) => Some(switch.to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

enum Name {
    Setting,
    Flag,
    Unknown { nearest: Option<String> },
}

fn check_name(key: &str, command: &Command) -> Name {
    if names(command).any(|name| name == key) {
        return Name::Setting;
    }
    if command.get_arguments().any(|arg| arg.get_long() == Some(key)) {
        return Name::Flag;
    }
    let flag = key.replace('_', "-");
    let suggested = match attempt(&flag, "", command) {
        Ok(_) => Some(flag),
        Err(error) => match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(suggested)) => Some(suggested.trim_start_matches('-').to_owned()),
            _ => Some(flag),
        },
    };
    Name::Unknown { nearest: suggested.filter(|suggested| names(command).any(|name| name == suggested)) }
}

/// Says what is wrong with a setting's value.
pub(super) fn check_value(name: &str, value: &str, command: &Command) -> Result<(), String> {
    let Err(error) = attempt(name, value, command) else { return Ok(()) };
    let is_about_it = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split([' ', '[', '=']).next() == Some(&format!("--{name}")),
        _ => false,
    };
    if !is_about_it || matches!(error.kind(), ErrorKind::ArgumentConflict | ErrorKind::MissingRequiredArgument) {
        return Ok(());
    }
    let text = error.to_string();
    let said = text.lines().take_while(|line| !line.starts_with("For more") && !line.starts_with("Usage"));
    let said: Vec<&str> = said.map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(said.join(" ").trim_start_matches("error: ").to_owned())
}

/// Reads a command line of this one flag, as if the environment were empty.
fn attempt(name: &str, value: &str, command: &Command) -> clap::error::Result<clap::ArgMatches> {
    let flag = format!("--{name}={value}");
    command.clone().mut_args(|arg| arg.env(None::<&'static str>)).try_get_matches_from(["usher", &flag])
}
