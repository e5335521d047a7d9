//! What the screens over the door say.

use sync_protocol::verdict::Direction;
use unicode_width::UnicodeWidthStr as _;

use super::{Names, clean};
use crate::app::Screen;
use crate::app::screen::undo::Undo;
use crate::door::{Answer, NotUndone, Undoable};

/// The label of a reason.
pub const REASON: &str = "Reason:";
/// What is said below the reason of an undoing.
pub const UNDO_REASON_HINT: &str = "Say why; the organiser sees it. Enter takes it back.";

/// Returns how many columns `text` takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Returns what a screen is called.
pub fn screen_title(screen: &Screen) -> String {
    match screen {
        Screen::Undo(_) => "Take back".into(),
    }
}

/// Returns the keys of a screen.
pub fn screen_keys(screen: &Screen) -> &'static [(&'static str, &'static str)] {
    match screen {
        Screen::Undo(screen) if screen.reason().is_some() => &[("Enter", "take back"), ("Esc", "back")],
        Screen::Undo(_) => &[("↑ ↓", "choose"), ("Enter", "take back"), ("Esc", "back")],
    }
}

/// Returns what stands above the rows that may be taken back.
pub fn undo_head(screen: &Undo) -> &'static str {
    match screen.rows() {
        None => "One moment …",
        Some([]) => "This door did nothing in the last 10 minutes that could be taken back.",
        Some(_) => "What this door did last:",
    }
}

/// Returns a row that may be taken back.
pub fn undo_row(row: &Undoable, names: &Names<'_>) -> String {
    let (symbol, word) = match row.direction {
        Direction::Entry => ("✔", "in "),
        Direction::Exit => ("↩", "out"),
    };
    let name = match clean(&row.name) {
        name if name.is_empty() => row.ticket.to_string(),
        name => name,
    };
    format!("{}  {symbol} {word}  {name}", names.clock().seconds(row.at))
}

/// Returns what came of something that a screen asked for, if that is to be told.
pub fn answer(answer: &Answer) -> Option<String> {
    Some(match answer {
        Answer::Undoable(_) => return None,
        Answer::Undone(row) if row.name.is_empty() => "Taken back.".into(),
        Answer::Undone(row) => format!("Taken back: {}.", clean(&row.name)),
        Answer::NotUndone(NotUndone::Gone) => "Nothing taken back: it was taken back already.".into(),
        Answer::NotUndone(NotUndone::TooLate) => {
            "Nothing taken back: it is more than 10 minutes ago. Ask the organiser.".into()
        }
    })
}
