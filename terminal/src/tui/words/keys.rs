//! The keys that work, and what is said about typing and quitting.

use sync_protocol::crockford::CodeError;

use super::{Names, look_symbol, look_word};
use crate::app::Look;
use crate::catalogue::text;

/// Keys as they are written on the keyboard, each with the id of what it does.
pub type Keys = &'static [(&'static str, &'static str)];

/// What a row of the help screen is about.
enum Topic {
    /// A key.
    Key(&'static str),
    /// A letter and a function key that do the same.
    Keys(&'static str, &'static str),
    /// A look of the panel.
    Look(Look),
    /// Something else: the id of what it is called.
    Called(&'static str),
    /// None: an empty row.
    Gap,
}

/// Every key and what it does, for the help screen.
const HELP: &[(Topic, &str)] = &[
    (Topic::Keys("/", "F2"), "help-search"),
    (Topic::Keys("w", "F3"), "help-walk-in"),
    (Topic::Keys("e", "F4"), "help-direction"),
    (Topic::Keys("u", "F5"), "help-undo"),
    (Topic::Keys("l", "F8"), "help-look"),
    (Topic::Key("o"), "help-decide"),
    (Topic::Key("g"), "help-group"),
    (Topic::Keys("d", "F6"), "help-doors"),
    (Topic::Key("r"), "help-drill"),
    (Topic::Keys("t", "F9"), "help-code"),
    (Topic::Key("s"), "help-sales"),
    (Topic::Key("i"), "help-detail"),
    (Topic::Keys("c", "F7"), "help-camera-choice"),
    (Topic::Key("p"), "help-picture"),
    (Topic::Key("n"), "help-operator"),
    (Topic::Key("k"), "help-lock"),
    (Topic::Key("h"), "help-scanner-test"),
    (Topic::Key("m"), "help-sound"),
    (Topic::Keys("?", "F1"), "help-help"),
    (Topic::Key("Esc"), "help-back"),
    (Topic::Keys("q", "F10"), "help-quit"),
    (Topic::Gap, ""),
    (Topic::Called("help-camera"), "help-camera-use"),
    (Topic::Called("help-scanner"), "help-scanner-use"),
    (Topic::Gap, ""),
    (Topic::Look(Look::Admit), "help-admit"),
    (Topic::Look(Look::Check), "help-check"),
    (Topic::Look(Look::Deny), "help-deny"),
    (Topic::Look(Look::Exit), "help-exit"),
    (Topic::Look(Look::Repeat), "help-repeat"),
    (Topic::Called("help-fault"), "help-fault-means"),
];

/// The keys of the code line.
pub const CODE_KEYS: Keys = &[("Enter", "keys-present"), ("Esc", "keys-drop")];
/// The keys of the question whether to quit.
pub const QUIT_KEYS: Keys = &[("y", "keys-quit"), ("n", "keys-stay")];
/// The keys of what only wants to be read.
pub const READ_KEYS: Keys = &[("Esc", "keys-back")];
/// The keys of what only wants to be read and has more rows than there is room for.
pub const SCROLL_KEYS: Keys = &[("↑ ↓", "keys-scroll"), ("Esc", "keys-back")];
/// The keys of the door.
pub const DOOR_KEYS: Keys = &[
    ("/", "keys-search"),
    ("w", "keys-walk-in"),
    ("e", "keys-direction"),
    ("u", "keys-undo"),
    ("d", "keys-doors"),
    ("c", "keys-camera"),
    ("?", "keys-help"),
    ("q", "keys-quit"),
];

/// Returns how a key is called on the screen.
pub fn key_label(key: &str, names: &Names<'_>) -> String {
    if key == "Space" { names.say("keys-space") } else { key.to_owned() }
}

/// Returns the rows of the help screen: what they are about, and what is said about it.
pub fn help(names: &Names<'_>) -> Vec<(String, String)> {
    let row = |(topic, id): &(Topic, &str)| {
        let topic = match topic {
            Topic::Key(key) => (*key).to_owned(),
            Topic::Keys(letter, key) => {
                names.say_with("help-two-keys", &[("letter", text(*letter)), ("key", text(*key))])
            }
            Topic::Look(look) => format!("{} {}", look_symbol(*look), look_word(*look, names)),
            Topic::Called(id) => names.say(id),
            Topic::Gap => return (String::new(), String::new()),
        };
        (topic, names.say(id))
    };
    HELP.iter().map(row).collect()
}

/// Returns what is wrong with a typed code.
pub fn code_mistake(mistake: CodeError, names: &Names<'_>) -> String {
    match mistake {
        CodeError::Empty => names.say("code-empty"),
        CodeError::Symbol(symbol) => {
            names.say_with("code-symbol", &[("symbol", text(symbol.escape_debug().to_string()))])
        }
        CodeError::TooLong => names.say("code-too-long"),
        CodeError::Check => names.say("code-mistake"),
    }
}

/// Returns the question before quitting, with the count of check-ins that the server lacks.
pub fn quit_question(unsent: u64, names: &Names<'_>) -> Vec<String> {
    let mut sentences = vec![names.say("quit-question")];
    if unsent == 0 {
        sentences.push(names.say("quit-all-sent"));
    } else {
        let count = || [("count", unsent.into())];
        sentences.push(names.say_with("quit-unsent", &count()));
        sentences.push(names.say_with("quit-unsent-safe", &count()));
    }
    sentences
}
