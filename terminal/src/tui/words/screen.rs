//! What the screens over the door say.

use sync_protocol::verdict::Direction;

use super::keys::{Keys, READ_KEYS};
use super::session::{operator_keys, operator_title, session_answer};
use super::{Names, clean, doors};
use crate::app::Screen;
use crate::app::screen::drill::Stage;
use crate::app::screen::undo::Undo;
use crate::catalogue::text;
use crate::door::{Answer, NotUndone, Undoable};

/// Returns the id of what a screen is called.
pub const fn screen_title(screen: &Screen) -> &'static str {
    match screen {
        Screen::Camera(_) => "camera-screen-title",
        Screen::Decide(_) => "decision-title",
        Screen::Doors(_) => "doors-title",
        Screen::Drill(_) => "drill-title",
        Screen::Group(_) => "group-title",
        Screen::Search(_) => "search-title",
        Screen::Undo(_) => "undo-title",
        Screen::Operator(screen) => operator_title(screen),
        Screen::Scanner(_) => "session-scanner-title",
        Screen::WalkIn(_) => "walk-in-title",
        Screen::Sales(_) => "sales-title",
    }
}

/// Returns the keys of a screen.
pub fn screen_keys(screen: &Screen) -> Keys {
    match screen {
        Screen::Camera(screen) => super::cameras::keys(screen),
        Screen::Decide(screen) => super::decision::step_keys(screen.step()),
        Screen::Doors(screen) if screen.gate().is_some() => {
            &[("↑ ↓", "keys-choose"), ("Enter", "doors-key-gate"), ("Esc", "keys-back")]
        }
        Screen::Doors(screen) if screen.has_choice() => {
            &[("↑ ↓", "keys-choose"), ("g", "doors-key-gate"), ("Esc", "keys-back")]
        }
        Screen::Doors(_) => &[("↑ ↓", "keys-choose"), ("Esc", "keys-back")],
        Screen::Drill(screen) => drill_keys(screen.stage()),
        Screen::Group(screen) => super::group::keys(screen),
        Screen::Search(screen) => super::search::keys(screen),
        Screen::Undo(screen) if screen.reason().is_some() => &[("Enter", "undo-key"), ("Esc", "keys-back")],
        Screen::Undo(_) => &[("↑ ↓", "keys-choose"), ("Enter", "undo-key"), ("Esc", "keys-back")],
        Screen::WalkIn(screen) => super::walk_in::keys(screen),
        Screen::Sales(screen) => super::sales::keys(screen),
        Screen::Operator(screen) => operator_keys(screen),
        Screen::Scanner(_) => READ_KEYS,
    }
}

const fn drill_keys(stage: Stage) -> Keys {
    match stage {
        Stage::Probing | Stage::Keeping => &[("Esc", "keys-back")],
        Stage::Camera(_) => &[("Enter", "drill-key-skip"), ("Esc", "keys-back")],
        Stage::Sound => &[
            ("y", "drill-key-heard"),
            ("n", "drill-key-not-heard"),
            ("Enter", "drill-key-again"),
            ("Esc", "keys-back"),
        ],
        Stage::Done(_) => &[("↑ ↓", "drill-key-read"), ("Esc", "keys-back")],
    }
}

/// Returns the id of what stands above the rows that may be taken back.
pub fn undo_head(screen: &Undo) -> &'static str {
    match screen.rows() {
        None => "undo-loading",
        Some([]) => "undo-nothing",
        Some(_) => "undo-head",
    }
}

/// Returns a row that may be taken back.
pub fn undo_row(row: &Undoable, names: &Names<'_>) -> String {
    let values = [("time", text(names.clock().seconds(row.at))), ("name", text(name(row)))];
    match row.direction {
        _ if row.is_sale => names.say_with("undo-row-sale", &values),
        Direction::Entry => names.say_with("undo-row-entry", &values),
        Direction::Exit => names.say_with("undo-row-exit", &values),
    }
}

fn name(row: &Undoable) -> String {
    match clean(&row.name) {
        name if name.is_empty() => row.ticket.to_string(),
        name => name,
    }
}

/// Returns what came of something that a screen asked for, if that is to be told.
pub fn answer(answer: &Answer, names: &Names<'_>) -> Option<String> {
    Some(match answer {
        Answer::Undoable(_)
        | Answer::Wares(_)
        | Answer::NotSold { .. }
        | Answer::Sales(_)
        | Answer::Found(_)
        | Answer::Party(_)
        | Answer::Known(_)
        | Answer::Sought
        | Answer::Doors(_)
        | Answer::Cameras(_)
        | Answer::NoCamera
        | Answer::Probed(_)
        | Answer::DrillKept(_) => return None,
        Answer::StandsAt(gate) => doors::stands_at(*gate, names),
        Answer::NotStanding => names.say("doors-not-standing"),
        Answer::Session(answer) => return session_answer(answer, names),
        Answer::Sold(receipt) => super::walk_in::sold(receipt, names),
        Answer::PutOut(done) => return super::walk_in::done(done, names),
        Answer::Undone(row) if row.name.is_empty() => names.say("undo-done"),
        Answer::Undone(row) => names.say_with("undo-done-for", &[("name", text(clean(&row.name)))]),
        Answer::NotUndone(NotUndone::Gone) => names.say("undo-gone"),
        Answer::NotUndone(NotUndone::TooLate) => names.say("undo-too-late"),
        Answer::NotDecided(refused) => super::not_decided(*refused, names),
    })
}
