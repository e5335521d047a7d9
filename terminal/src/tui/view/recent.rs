//! The last decisions, newest first, in as many columns as there is room for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Scene;
use super::text::fit;
use crate::app::Look;
use crate::door::Decided;
use crate::tui::words;

/// The least width of a column.
const COLUMN_LEAST: u16 = 38;

pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    if scene.state.lock().locked().is_some() {
        return;
    }
    let columns = (area.width / COLUMN_LEAST).clamp(1, 3);
    let width = area.width / columns;
    let places = (0..columns).flat_map(|column| (0..area.height).map(move |row| (column, row)));
    for ((column, row), decided) in places.zip(scene.state.recent()) {
        let cell = Rect { x: area.x + column * width, y: area.y + row, width, height: 1 };
        frame.render_widget(line(scene, decided, usize::from(width)), cell.intersection(area));
    }
}

fn line<'a>(scene: &Scene<'_>, decided: &Decided, width: usize) -> Line<'a> {
    let look = Look::of(decided);
    let time = scene.names.clock().seconds(decided.at);
    // A blank, the time, the symbol and a blank after each; one more keeps columns apart.
    let room = width.saturating_sub(time.len() + 5);
    let (symbol, mark) = match scene.state.is_double(decided) {
        true => ("‼", scene.theme.mark(Look::Deny)),
        false => (words::look_symbol(look), scene.theme.mark(look)),
    };
    Line::from(vec![
        Span::styled(format!(" {time} "), scene.theme.faint()),
        Span::styled(symbol, mark),
        Span::raw(format!(" {}", fit(&words::recent(decided, &scene.names), room))),
    ])
}
