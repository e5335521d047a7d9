//! The camera's place: its state and what to do. The picture itself has room here.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};

use super::Scene;
use super::text::{fit, wrap};
use crate::door::CameraStatus;
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let camera = scene.state.camera();
    let [place, hint] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let block = Block::bordered().title(words::camera_title(&scene.names));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    let width = usize::from(inner.width);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, text) in words::camera(camera, &scene.names).iter().enumerate() {
        let style = match camera {
            CameraStatus::Absent { .. } | CameraStatus::Lost { .. } if at == 0 => scene.theme.warning(),
            CameraStatus::Streaming { .. } if at == 0 => scene.theme.good(),
            _ => scene.theme.faint(),
        };
        if text.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(wrap(text, width.saturating_sub(2)).into_iter().map(|row| Line::styled(format!(" {row}"), style)));
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(inner.height);
    let middle = Rect { y: inner.y + (inner.height - height) / 2, height, ..inner };
    frame.render_widget(Paragraph::new(lines), middle);
    let hint_words = fit(&words::camera_hint(camera, &scene.names), usize::from(hint.width).saturating_sub(1));
    frame.render_widget(Line::styled(format!(" {hint_words}"), scene.theme.faint()), hint);
}
