//! What the environment says, apart from what the command line's own options read.

use std::ffi::OsString;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// The variable that may hold the passphrase.
pub(crate) const PASSPHRASE_VARIABLE: &str = "USHER_PASSPHRASE";

/// Returns the folder for the data of every enrolled event, where none is named; nothing if no home
/// folder is known.
pub(crate) fn data_folder() -> Option<PathBuf> {
    home_folder("XDG_DATA_HOME", ".local/share")
}

/// Returns the folder for settings, where none is named; nothing if no home folder is known.
pub(crate) fn config_folder() -> Option<PathBuf> {
    home_folder("XDG_CONFIG_HOME", ".config")
}

/// Returns this program's part of a folder that the XDG base directory specification (0.8) names.
fn home_folder(variable: &str, usual: &str) -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder(variable).or_else(|| folder("HOME").map(|home| home.join(usual)));
    base.map(|base| base.join("usher"))
}

/// Returns the passphrase that the environment holds, if it holds one.
pub(crate) fn passphrase() -> Option<Zeroizing<String>> {
    let value = Zeroizing::new(std::env::var(PASSPHRASE_VARIABLE).ok()?);
    (!value.trim().is_empty()).then_some(value)
}

/// Returns what the terminal emulator says of itself: its kind, its colours, its language.
pub(crate) fn terminal_variables() -> Vec<(&'static str, String)> {
    const VARIABLES: [&str; 6] = ["TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "NO_COLOR"];
    VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))).collect()
}

/// What the environment says about colours. Texts are empty where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Colours {
    /// `NO_COLOR`, whatever it says (<https://no-color.org>).
    pub no_color: Option<OsString>,
    /// The kind of terminal (`TERM`).
    pub term: String,
    /// How many colours there are (`COLORTERM`).
    pub depth: String,
    /// Front and ground as numbers of basic colours (`COLORFGBG`): `15;0`, `0;default;15`.
    pub ground: String,
}

/// Returns what the environment says about colours.
pub(crate) fn colours() -> Colours {
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    Colours {
        no_color: std::env::var_os("NO_COLOR"),
        term: said("TERM"),
        depth: said("COLORTERM"),
        ground: said("COLORFGBG"),
    }
}

/// Returns the locale of sentences, in the order POSIX gives (Base Definitions, 8.2); nothing if none is set.
pub(crate) fn locale() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|it| !it.is_empty())
}

/// What the environment says about the terminal emulator. Texts are empty where nothing is said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Emulator {
    /// The kind of terminal (`TERM`).
    pub term: String,
    /// The emulator's name for itself (`TERM_PROGRAM`).
    pub program: String,
    /// How many colours it says it has (`COLORTERM`).
    pub colours: String,
    /// Whether this is one of kitty's windows (`KITTY_WINDOW_ID`).
    pub is_kitty: bool,
    /// Whether iTerm2 is at the other end of whatever lies between (`LC_TERMINAL`).
    pub is_iterm: bool,
    /// Whether it is within tmux, screen or Zellij.
    pub is_multiplexed: bool,
    /// Whether it is at the other end of a network (`SSH_TTY`, `SSH_CONNECTION`).
    pub is_remote: bool,
}

impl Emulator {
    /// Whether it is a console that answers no questions.
    pub fn is_plain(&self) -> bool {
        matches!(self.term.as_str(), "" | "dumb" | "linux") || self.term.starts_with("vt")
    }
}

/// Returns what the environment says about the terminal emulator.
pub(crate) fn emulator() -> Emulator {
    let text = |name: &str| std::env::var(name).unwrap_or_default();
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Emulator {
        term: text("TERM"),
        program: text("TERM_PROGRAM"),
        colours: text("COLORTERM"),
        is_kitty: is_set("KITTY_WINDOW_ID"),
        is_iterm: text("LC_TERMINAL") == "iTerm2",
        is_multiplexed: ["TMUX", "STY", "ZELLIJ"].into_iter().any(is_set),
        is_remote: ["SSH_TTY", "SSH_CONNECTION"].into_iter().any(is_set),
    }
}
