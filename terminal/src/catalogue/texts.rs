//! The files of sentences, as part of the program.

use super::Language;

macro_rules! subjects {
    ($($name:literal),+ $(,)?) => {
        const ENGLISH: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../locales/en/", $name, ".ftl")))),+];
        const GERMAN: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../locales/de/", $name, ".ftl")))),+];
    };
}

// In the order of the alphabet.
subjects! {
    "camera",
    "code",
    "decision",
    "denial",
    "detail",
    "doors",
    "drill",
    "first_start",
    "group",
    "help",
    "keys",
    "lines",
    "machine",
    "names",
    "plain",
    "prompts",
    "quit",
    "sales",
    "search",
    "session",
    "status",
    "time",
    "undo",
    "verdict",
    "walk_in",
}

/// Returns the files' names and texts.
pub(super) const fn of(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
    }
}
