//! The frame's title, the status line and the line of keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, OverrideBy, Verdict};

use super::Scene;
use super::text::fit;
use crate::app::{Key, Look, Overlay};
use crate::door::{Link, Purpose, Status};
use crate::tui::words;

/// A list older than this is told as a warning, in ms.
const LIST_OLD_MS: u64 = 10 * 60_000;
/// A silent door is told of in so many columns at least, cut off if need be.
const SILENT_LEAST: usize = 12;
/// From how many percent of the places on a zone is nearly full.
const NEARLY_FULL_PERCENT: u64 = 95;
/// What link, time and direction may take of the title, in columns.
const TITLE_REST: u16 = 48;

/// Event, gate and direction.
pub(super) fn title<'a>(scene: &Scene<'_>, width: u16) -> Line<'a> {
    let name = words::title(scene.state.status(), &scene.names);
    let room = usize::from(width.saturating_sub(TITLE_REST));
    let style = match scene.state.direction() {
        Direction::Entry => scene.theme.good(),
        Direction::Exit => scene.theme.warning(),
    };
    let direction = words::direction(scene.state.direction(), &scene.names);
    Line::from(vec![Span::raw(format!(" {} ", fit(&name, room))), Span::styled(format!(" {direction} "), style)])
}

/// The link's state and the time of day.
pub(super) fn link_and_time<'a>(scene: &Scene<'_>) -> Line<'a> {
    let clock = scene.names.clock();
    let Some(status) = scene.state.status() else { return Line::default() };
    let style = match status.link {
        Link::Online => scene.theme.good(),
        Link::Offline { .. } => scene.theme.warning(),
    };
    Line::from(vec![
        Span::styled(format!(" {} ", words::link(status.link, &scene.names)), style),
        Span::raw(format!("  {} ", clock.seconds(clock.now()))),
    ])
}

/// Inside, to send, the list's age, this door's rate. What doesn't fit is left out from the end.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    if scene.state.lock().locked().is_some() {
        frame.render_widget(super::lock::line(scene), area);
        return;
    }
    if let Some(told) = scene.state.answer().and_then(|answer| words::answer(answer, &scene.names)) {
        let told = fit(&told, usize::from(area.width).saturating_sub(1));
        frame.render_widget(Line::styled(format!(" {told}"), Style::new().add_modifier(Modifier::BOLD)), area);
        return;
    }
    if let Some(double) = scene.state.double() {
        let told = fit(&words::double(double, &scene.names), usize::from(area.width).saturating_sub(1));
        frame.render_widget(Line::styled(format!(" {told}"), scene.theme.mark(Look::Deny)), area);
        return;
    }
    let Some(status) = scene.state.status() else { return };
    let names = &scene.names;
    let now = names.clock().now();
    let plain = Style::new();
    let full = match fullness(status) {
        Fullness::Room => plain,
        Fullness::Nearly => scene.theme.warning(),
        Fullness::Full => scene.theme.mark(Look::Deny),
    };
    let inside = (words::inside(status, names), full);
    let is_old = is_list_old(status, now);
    let mut parts = vec![
        (words::to_send(status, names), if status.unsent > 0 { scene.theme.warning() } else { plain }),
        (words::list_age(status, names), if is_old { scene.theme.warning() } else { plain }),
        inside,
        (words::rate(status, names), plain),
    ];
    if let Some(silent) = words::silent(status, &scene.names) {
        let taken: usize = parts.iter().take(3).map(|(text, _)| words::columns(text) + 3).sum();
        let room = usize::from(area.width).saturating_sub(taken + 3);
        if room >= SILENT_LEAST {
            parts.insert(3, (fit(&silent, room), scene.theme.warning()));
        }
    }
    if let Some(ms) = scene.state.silence_ms() {
        parts.insert(0, (words::silence(ms, names), scene.theme.warning()));
    }
    if scene.state.is_muted() {
        parts.insert(2, (words::sound_off(names), scene.theme.warning()));
    }
    let mut line = Line::default();
    for (text, style) in parts {
        let span = Span::styled(text, style);
        if line.width() + 3 + span.width() > usize::from(area.width) {
            break;
        }
        line.push_span(Span::raw(if line.spans.is_empty() { " " } else { "   " }));
        line.push_span(span);
    }
    frame.render_widget(line, area);
}

/// How many places are left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fullness {
    /// Enough.
    Room,
    /// Less than one in twenty.
    Nearly,
    /// None.
    Full,
}

/// Returns how full it is by the upper bound of who is inside.
pub(super) fn fullness(status: &Status) -> Fullness {
    let Some(capacity) = status.capacity.map(u64::from) else { return Fullness::Room };
    if status.inside_most >= capacity {
        Fullness::Full
    } else if status.inside_most.saturating_mul(100) >= capacity.saturating_mul(NEARLY_FULL_PERCENT) {
        Fullness::Nearly
    } else {
        Fullness::Room
    }
}

/// Whether the list is so old that staff should know, or is missing.
pub(super) fn is_list_old(status: &Status, now: UnixMillis) -> bool {
    status.list_at.is_none_or(|at| now.since(at) > LIST_OLD_MS)
}

/// The keys that work now.
pub(super) fn keys<'a>(scene: &Scene<'_>) -> Line<'a> {
    listed(scene, keys_now(scene))
}

/// Returns where keys stand that a click may stand for, in the line of keys at `area`.
pub(super) fn hints(scene: &Scene<'_>, area: Rect) -> Vec<(Rect, Key)> {
    let mut hints = Vec::new();
    let mut x = area.x.saturating_add(1);
    for (label, what) in keys_now(scene) {
        let columns = words::columns(label) + 1 + words::columns(&scene.names.say(what));
        let width = u16::try_from(columns).unwrap_or(u16::MAX);
        let place = Rect { x, width, ..area }.intersection(area);
        if let Some(key) = key_of(label).filter(|_| !place.is_empty()) {
            hints.push((place, key));
        }
        x = x.saturating_add(width).saturating_add(2);
    }
    hints
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
        line.push_span(Span::styled(*key, Style::new().add_modifier(Modifier::BOLD)));
        line.push_span(Span::styled(format!(" {}  ", scene.names.say(what)), scene.theme.faint()));
    }
    line
}
