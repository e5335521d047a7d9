//! What this door did last, to be taken back.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::{draw_rows, field_line};
use super::text::fit;
use crate::app::screen::undo::Undo;
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, screen: &Undo, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let [head, list, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(0), Constraint::Length(2)]).areas(area);
    frame.render_widget(Paragraph::new(format!(" {}", scene.names.say(words::undo_head(screen)))), head);
    let rows: Vec<Line<'_>> = screen
        .rows()
        .unwrap_or_default()
        .iter()
        .map(|row| Line::raw(fit(&words::undo_row(row, &scene.names), width.saturating_sub(2))))
        .collect();
    draw_rows(frame, list, &rows, screen.chosen().map(|(at, _)| at));
    if let Some(reason) = screen.reason() {
        let hint = if screen.is_reason_missing() { scene.theme.warning() } else { scene.theme.faint() };
        let lines = vec![
            field_line(&scene.names.say("undo-reason"), reason, true, width),
            Line::styled(format!(" {}", scene.names.say("undo-reason-hint")), hint),
        ];
        frame.render_widget(Paragraph::new(lines), foot);
    }
}
