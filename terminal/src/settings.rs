//! How this laptop is set: from the command line, the environment, a file, and what staff last
//! chose.
//!
//! A setting is an option of the door screen that also has an environment variable. Its name is the
//! flag's, so `--camera 2`, `USHER_CAMERA=2`, `camera = "2"` in `config.toml` and a camera chosen on
//! the screen say the same thing, and count in this order; after them comes the default. What has a
//! flag alone is about one run, and no setting.

mod file;
mod layers;
mod memory;
mod template;

pub use file::SettingsError;
pub(crate) use layers::{Read, ReadError, Settings, read, with_switches};
pub use memory::{Memo, Memory};
pub(crate) use template::template;

use std::path::PathBuf;

/// The name of the file with settings.
pub(crate) const CONFIG_FILE: &str = "config.toml";

/// The folders of the person who runs the program, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home {
    /// Where programs' settings lie, for this program.
    pub(crate) config: Option<PathBuf>,
    /// Where programs' data lie, for this program.
    pub(crate) data: Option<PathBuf>,
}

/// One setting as it is now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Setting {
    /// Its name: the flag's, without dashes before it.
    pub(crate) name: String,
    /// Its value; nothing if it has none.
    pub(crate) value: Option<String>,
    /// Who said so.
    pub(crate) origin: Origin,
}

/// Who set a setting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// This variable.
    Environment(String),
    /// The file with settings.
    File,
    /// Staff, on the screen, at an earlier time.
    Remembered,
    /// Nobody.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => f.write_str(name),
            Self::File => f.write_str(CONFIG_FILE),
            Self::Remembered => f.write_str("remembered"),
            Self::Default => f.write_str("default"),
        }
    }
}
