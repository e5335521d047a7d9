//! Which camera, and how large its pictures are: one a row.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::draw_rows;
use super::text::{fit, wrap};
use crate::app::screen::camera::Camera;
use crate::camera::offer::Offer;
use crate::tui::words::{self, columns};

/// The mark of what is in use, and the room that it takes elsewhere.
const IN_USE: &str = "● ";
const NOT_IN_USE: &str = "  ";

pub(super) fn draw(scene: &Scene<'_>, screen: &Camera, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let head = wrap(&words::cameras_head(screen, &scene.names), width.saturating_sub(2));
    let rows = u16::try_from(head.len() + 1).unwrap_or(u16::MAX);
    let [top, list] = Layout::vertical([Constraint::Length(rows), Constraint::Min(0)]).areas(area);
    let head: Vec<Line<'_>> = head.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
    frame.render_widget(Paragraph::new(head), top);

    let room = width.saturating_sub(columns(IN_USE) + 3);
    if let Some((offer, modes, chosen)) = screen.sizes() {
        let row = |mode| {
            let mark = if offer.in_use.as_ref() == Some(mode) { IN_USE } else { NOT_IN_USE };
            Line::raw(format!("{mark}{}", fit(&words::camera_mode(mode, &scene.names), room)))
        };
        return draw_rows(frame, list, &modes.iter().map(row).collect::<Vec<_>>(), Some(chosen));
    }
    let rows: Vec<Line<'_>> = screen.offers().unwrap_or_default().iter().map(|offer| row(scene, offer, room)).collect();
    draw_rows(frame, list, &rows, screen.row());
}

fn row<'a>(scene: &Scene<'_>, offer: &Offer, room: usize) -> Line<'a> {
    let (name, state) = words::camera_row(offer, &scene.names);
    let (mark, style) = match (&offer.in_use, &offer.modes) {
        (Some(_), _) => (IN_USE, scene.theme.good()),
        (None, Ok(_)) => (NOT_IN_USE, scene.theme.faint()),
        (None, Err(_)) => (NOT_IN_USE, scene.theme.warning()),
    };
    let half = room / 2;
    let name = fit(&name, half.saturating_sub(2));
    let gap = " ".repeat(half.saturating_sub(columns(&name)));
    let state = fit(&state, room - half);
    Line::from(vec![Span::styled(mark, style), Span::raw(format!("{name}{gap}")), Span::styled(state, style)])
}
