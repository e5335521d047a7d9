//! The keys that work now: drawn, and where a click on one falls.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use sync_protocol::verdict::{OverrideBy, Verdict};

use super::Scene;
use crate::app::{Key, Overlay};
use crate::door::Purpose;
use crate::tui::words;

/// A key in its place.
struct Placed {
    place: Rect,
    label: &'static str,
    called: String,
    what: String,
}

/// Draws the keys that work now.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (bold, faint) = (Style::new().add_modifier(Modifier::BOLD), scene.theme.faint());
    for key in placed(scene, area) {
        let line = Line::from(vec![Span::styled(key.called, bold), Span::styled(format!(" {}", key.what), faint)]);
        frame.render_widget(line, key.place);
    }
}

/// Returns where keys stand at `area` that a click may stand for.
pub(super) fn hints(scene: &Scene<'_>, area: Rect) -> Vec<(Rect, Key)> {
    placed(scene, area).into_iter().filter_map(|key| Some((key.place, key_of(key.label)?))).collect()
}

/// Returns how many rows the keys take in a window of this size: those that answer a question may go on in more rows.
pub(super) fn rows(scene: &Scene<'_>, window: Rect) -> u16 {
    let most = if scene.state.question().is_some() { (window.height / 4).max(1) } else { 1 };
    let last = placed(scene, Rect { y: 0, height: most, ..window }).last().map_or(0, |key| key.place.y);
    last + 1
}

/// Returns the keys in their places, row after row; those that find no room are left out whole.
fn placed(scene: &Scene<'_>, area: Rect) -> Vec<Placed> {
    let mut all = Vec::new();
    let (mut x, mut y) = (area.x.saturating_add(1), area.y);
    for (label, what) in keys_now(scene) {
        let (called, what) = (words::key_label(label, &scene.names), scene.names.say(what));
        let width = u16::try_from(words::columns(&called) + 1 + words::columns(&what)).unwrap_or(u16::MAX);
        let is_first = x == area.x.saturating_add(1);
        if !is_first && x.saturating_add(width) > area.right() {
            (x, y) = (area.x.saturating_add(1), y.saturating_add(1));
        }
        let place = Rect { x, y, width, height: 1 }.intersection(area);
        if place.is_empty() {
            break;
        }
        all.push(Placed { place, label, called, what });
        x = x.saturating_add(width).saturating_add(2);
    }
    all
}

/// The key that is called so on the screen, if it is a single one.
fn key_of(label: &str) -> Option<Key> {
    match label {
        "Enter" => Some(Key::Enter),
        "Esc" => Some(Key::Escape),
        "Tab" => Some(Key::Tab),
        "Space" => Some(Key::Char(' ')),
        label => {
            let mut letters = label.chars();
            letters.next().filter(|letter| letter.is_ascii() && letters.next().is_none()).map(Key::Char)
        }
    }
}

pub(super) fn keys_now(scene: &Scene<'_>) -> words::Keys {
    match scene.state.overlay() {
        _ if scene.state.lock().locked().is_some_and(|locked| locked.digits().is_some()) => words::UNLOCK_KEYS,
        _ if scene.state.lock().locked().is_some() => words::LOCK_KEYS,
        _ if scene.state.typing().line().is_some() => words::CODE_KEYS,
        Some(Overlay::Quit) => words::QUIT_KEYS,
        Some(Overlay::Help | Overlay::Detail) if scene.state.scroll().is_needed() => words::SCROLL_KEYS,
        Some(Overlay::Help | Overlay::Detail) => words::READ_KEYS,
        None => scene.state.screen().map_or_else(|| door_keys(scene), words::screen_keys),
    }
}

/// The keys of the door: those that answer the verdict, while it asks or may be decided against.
fn door_keys(scene: &Scene<'_>) -> words::Keys {
    let is_denial = scene.state.verdict().is_some_and(|shown| {
        matches!(&shown.decided.verdict, Verdict::Deny { by, .. } if *by != OverrideBy::Nobody)
            && shown.decided.purpose == Purpose::Decide
    });
    match scene.state.question() {
        Some(question) => words::verdict_keys(Some(&question)),
        None if is_denial => words::verdict_keys(None),
        None => words::DOOR_KEYS,
    }
}

/// A line of keys and what they do.
pub(super) fn listed<'a>(scene: &Scene<'_>, keys: words::Keys) -> Line<'a> {
    let mut line = Line::raw(" ");
    for (key, what) in keys {
        let key = words::key_label(key, &scene.names);
        line.push_span(Span::styled(key, Style::new().add_modifier(Modifier::BOLD)));
        line.push_span(Span::styled(format!(" {}  ", scene.names.say(what)), scene.theme.faint()));
    }
    line
}
