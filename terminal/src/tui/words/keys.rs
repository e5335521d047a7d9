//! The keys that work, and what is said about typing and quitting.

use sync_protocol::crockford::CodeError;

use super::count;

/// Every key and what it does, for the help screen.
pub const HELP: &[(&str, &str)] = &[
    ("e or F4", "Change between entry and exit."),
    ("u or F5", "Take back what this door did last."),
    ("t or F9", "Type the code under a ticket. A digit begins one too; Enter presents it, Esc drops it."),
    ("i", "Technical detail of the last decision."),
    ("m", "Sound off or on."),
    ("? or F1", "This help."),
    ("Esc", "Back."),
    ("q or F10", "Quit. Check-ins stay safe on this machine."),
    ("", ""),
    ("Camera", "Needs no key. A code that stays in front of it is read once."),
    ("Hand scanner", "Needs no key. Let it send Enter after each code."),
    ("", ""),
    ("✔ ADMIT", "Let in. It is written down already."),
    ("! CHECK", "Do or ask what is written there first."),
    ("✖ DENY", "Don't let in. The reason and the next step are written there."),
    ("↩ EXIT", "The guest is out."),
    ("= SAME", "Read twice in a row. It counts once."),
    ("■ FAULT, STOP", "The machine's trouble, never the guest's."),
];

/// What the code line takes.
pub const CODE_HINT: &str = "The code under the ticket; hyphens may be left out.";
/// The keys of the code line.
pub const CODE_KEYS: &[(&str, &str)] = &[("Enter", "present"), ("Esc", "drop")];
/// The keys of the question whether to quit.
pub const QUIT_KEYS: &[(&str, &str)] = &[("y", "quit"), ("n", "stay")];
/// The keys of what only wants to be read.
pub const READ_KEYS: &[(&str, &str)] = &[("Esc", "back")];
/// The keys of the door.
pub const DOOR_KEYS: &[(&str, &str)] = &[
    ("/", "search"),
    ("w", "walk-in"),
    ("e", "entry⇄exit"),
    ("u", "undo"),
    ("d", "doors"),
    ("c", "camera"),
    ("?", "help"),
    ("q", "quit"),
];

/// Returns what is wrong with a typed code.
pub fn code_mistake(mistake: CodeError) -> String {
    match mistake {
        CodeError::Empty => "Nothing typed.".into(),
        CodeError::Symbol(symbol) => format!("No code has a {symbol:?}."),
        CodeError::TooLong => "Too long for a code.".into(),
        CodeError::Check => "A typing mistake: compare with the ticket.".into(),
    }
}

/// Returns the question before quitting, with the count of check-ins that the server lacks.
pub fn quit_question(unsent: u64) -> Vec<String> {
    match unsent {
        0 => vec!["Quit Usher?".into(), "All check-ins are sent.".into()],
        1 => vec![
            "Quit Usher?".into(),
            "1 check-in is not sent yet.".into(),
            "It is safe on this machine and is sent next time.".into(),
        ],
        unsent => vec![
            "Quit Usher?".into(),
            format!("{} check-ins are not sent yet.", count(unsent)),
            "They are safe on this machine and are sent next time.".into(),
        ],
    }
}
