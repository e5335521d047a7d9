//! The same as on the screen for those who hear it: facts that are told when they change, and what lies over the door
//! as rows of text.

mod facts;
mod rows;

use ratatui::layout::Rect;

use super::keys::keys_now;
use super::{Scene, detail_rows, screen};
use crate::app::{Overlay, Screen};
use crate::tui::words;

use facts::facts;
pub(in crate::tui) use facts::{About, Fact};
pub(in crate::tui) use rows::{Row, rows};

/// What lies over the door, or is asked for there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::tui) struct Layer {
    /// What it is called: another name is another layer.
    pub(in crate::tui) title: String,
    /// What it says.
    pub(in crate::tui) rows: Vec<Row>,
    /// The keys that work in it.
    pub(in crate::tui) keys: String,
    /// The line that is written in, with its label.
    pub(in crate::tui) entry: Option<String>,
}

/// Everything that could be told now.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Spoken {
    pub(in crate::tui) facts: Vec<Fact>,
    pub(in crate::tui) layer: Option<Layer>,
}

pub(super) fn spoken(scene: &Scene<'_>) -> Spoken {
    let layer = layer(scene);
    let mut facts = facts(scene);
    if layer.is_some() {
        facts.retain(|fact| fact.about != About::Keys);
    }
    Spoken { facts, layer }
}

fn layer(scene: &Scene<'_>) -> Option<Layer> {
    let (title, rows, entry) = if let Some(locked) = scene.state.lock().locked() {
        let digits = locked.digits()?;
        let said = locked
            .left()
            .map_or_else(|| scene.names.say("session-unlock-hint"), |left| words::wrong_pin(left, &scene.names));
        let pin = format!("{} {}", scene.names.say("session-pin"), "*".repeat(digits.text().len()));
        (scene.names.say("session-unlock-title"), vec![Row::of(&said)], Some(pin))
    } else if let Some(line) = scene.state.typing().line() {
        let mistake = scene.state.typing().mistake();
        let said =
            mistake.map_or_else(|| scene.names.say("code-hint"), |mistake| words::code_mistake(mistake, &scene.names));
        let title = scene.names.say("code-title");
        let entry = format!("{title}: {}", words::clean_line(line));
        (title, vec![Row::of(&said)], Some(entry))
    } else {
        match (scene.state.overlay(), scene.state.screen()) {
            (Some(overlay), _) => {
                let (title, rows) = lain_over(scene, overlay);
                (title, rows, None)
            }
            (None, Some(screen)) => opened(scene, screen),
            (None, None) => return None,
        }
    };
    Some(Layer { title: rows::plain(&title), rows, keys: keys(scene), entry })
}

fn lain_over(scene: &Scene<'_>, overlay: Overlay) -> (String, Vec<Row>) {
    let names = &scene.names;
    let table = |rows: Vec<(String, String)>| -> Vec<Row> {
        let rows = rows.iter().filter(|(key, _)| !key.is_empty());
        // Before the words of looks stand their signs.
        let word = |key: &str| key.trim_start_matches(['!', '=']).to_owned();
        rows.map(|(key, said)| Row::of(&format!("{}: {said}", word(key)))).collect()
    };
    match overlay {
        Overlay::Help => {
            let again = (names.say("plain-tab"), names.say("plain-again"));
            (names.say("help-title"), table(std::iter::once(again).chain(words::help(names)).collect()))
        }
        Overlay::Detail => {
            let mut rows = table(detail_rows(scene));
            if rows.is_empty() {
                rows.push(Row::of(&names.say("detail-nothing")));
            }
            (names.say("detail-title"), rows)
        }
        Overlay::Quit => {
            let unsent = scene.state.status().map_or(0, |status| status.unsent);
            let mut sentences = words::quit_question(unsent, names).into_iter();
            let question = sentences.next().unwrap_or_default();
            (question, sentences.map(|sentence| Row::of(&sentence)).collect())
        }
    }
}

fn opened(scene: &Scene<'_>, open: &Screen) -> (String, Vec<Row>, Option<String>) {
    let (rows, entry) = rows(|frame, area: Rect| screen::draw_inside(scene, open, frame, area));
    (scene.names.say(words::screen_title(open)), rows, entry)
}

/// The keys that work now, in one sentence.
fn keys(scene: &Scene<'_>) -> String {
    let keys = keys_now(scene).iter().map(|(label, what)| {
        let label = match *label {
            "↑ ↓" => scene.names.say("plain-arrows"),
            "← →" => scene.names.say("plain-arrows-sideways"),
            // Read aloud, these are not heard.
            "/" => "F2".to_owned(),
            "?" => "F1".to_owned(),
            label => words::key_label(label, &scene.names),
        };
        format!("{label} {}", scene.names.say(what))
    });
    let keys = rows::plain(&keys.collect::<Vec<_>>().join(", "));
    scene.names.say_with("plain-keys", &[("keys", crate::catalogue::text(keys))])
}
