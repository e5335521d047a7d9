//! The camera's place: its picture, or its state and what to do; below it, how to hold the ticket.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};

use super::Scene;
use super::text::{fit, wrap};
use crate::camera::viewfinder::View;
use crate::door::CameraStatus;
use crate::tui::picture::{Drawing, blocks};
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let camera = scene.state.camera();
    let (place, hint) = parts(area);
    let view = scene.state.sight().view().filter(|_| scene.theme.drawing() != Drawing::Off);
    let title = match camera {
        CameraStatus::Streaming { name, .. } if view.is_some() => format!(" {} ", words::clean(name)),
        _ => format!(" {} ", scene.names.say("camera-title")),
    };
    let block = Block::bordered().title(fit(&title, usize::from(place.width).saturating_sub(2)));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    match view {
        Some(view) => draw_picture(scene.theme.drawing(), view, frame, inner),
        None => draw_words(scene, frame, inner),
    }
    let aim = words::camera_hint(camera, scene.state.sight().aim(), &scene.names);
    let style = if words::is_advice(scene.state.sight().aim()) { scene.theme.warning() } else { scene.theme.faint() };
    let aim = fit(&aim, usize::from(hint.width).saturating_sub(1));
    frame.render_widget(Line::styled(format!(" {aim}"), style), hint);
}

/// Returns where the picture may be within the camera's place.
pub(super) fn picture_area(area: Rect) -> Rect {
    Block::bordered().inner(parts(area).0)
}

fn parts(area: Rect) -> (Rect, Rect) {
    let [place, hint] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    (place, hint)
}

fn draw_picture(drawing: Drawing, view: &View, frame: &mut Frame<'_>, area: Rect) {
    let place = drawing.place(view, area);
    match drawing {
        Drawing::Blocks(depth) => blocks::draw(view, depth, place, frame.buffer_mut()),
        Drawing::Pixels(..) => blocks::keep(place, frame.buffer_mut()),
        Drawing::Off => {}
    }
}

fn draw_words(scene: &Scene<'_>, frame: &mut Frame<'_>, inner: Rect) {
    let camera = scene.state.camera();
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
}
