//! The frame's title and the status line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::Scene;
use super::text::fit;
use crate::app::Look;
use crate::door::{Link, Status};
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
        frame.render_widget(super::lock::line(scene, area.width), area);
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
    if let Some(low) = words::disk_low(status, names) {
        parts.insert(0, (low, scene.theme.warning()));
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
