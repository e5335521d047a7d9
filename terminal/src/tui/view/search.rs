//! Finding somebody: the line that is typed, whom it may mean, and what is known of one of them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::{draw_rows, field_line};
use super::text::{fit, pad, wrap};
use crate::app::screen::search::Search;
use crate::door::Known;
use crate::tui::words::search as said;
use crate::tui::words::search::GuestRow;

/// From this width on there is room for the e-mail, in columns.
const WIDE_LEAST: usize = 100;
/// The columns of a ticket type, of how a number ends, of an order, of an e-mail and of a status.
const CLASS: usize = 12;
const NUMBER: usize = 6;
const ORDER: usize = 11;
const EMAIL: usize = 20;
const STATUS: usize = 19;
/// What is left for a name is never less, in columns.
const NAME_LEAST: usize = 10;
/// The columns of what a detail is about.
const KEY: usize = 14;

pub(super) fn draw(scene: &Scene<'_>, screen: &Search, frame: &mut Frame<'_>, area: Rect) {
    match screen.details() {
        Some(known) => draw_details(scene, known, frame, area),
        None => draw_found(scene, screen, frame, area),
    }
}

fn draw_found(scene: &Scene<'_>, screen: &Search, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let faint = scene.theme.faint();
    let mut head = vec![field_line(&scene.names.say("search-field"), screen.typed(), true, width)];
    let said = said::found(screen, &scene.names);
    let rows = said.iter().flat_map(|sentence| wrap(sentence, width.saturating_sub(2)));
    head.extend(rows.map(|row| Line::styled(format!(" {row}"), faint)));
    if let Some(manual) = said::manual(&scene.names) {
        let manual = fit(&manual, width.saturating_sub(2));
        head.push(Line::styled(format!(" {manual}"), scene.theme.warning()));
    }
    let head_rows = u16::try_from(head.len()).unwrap_or(u16::MAX).min(area.height);
    let is_wide = width >= WIDE_LEAST;
    let foot_rows = u16::from(!is_wide && area.height > head_rows + 2);
    let [top, list, foot] =
        Layout::vertical([Constraint::Length(head_rows), Constraint::Min(0), Constraint::Length(foot_rows)])
            .areas(area);
    frame.render_widget(Paragraph::new(head), top);
    let rows: Vec<GuestRow> = screen.candidates().iter().map(|one| said::row(one, &scene.names)).collect();
    // What is not what was typed last is about to change.
    let style = if screen.is_current() { Style::new() } else { faint };
    let lines: Vec<Line<'_>> =
        rows.iter().map(|row| Line::raw(guest_line(row, width.saturating_sub(3))).style(style)).collect();
    let chosen = screen.chosen().map(|(at, _)| at);
    draw_rows(frame, list, &lines, chosen);
    if let Some(row) = chosen.and_then(|at| rows.get(at)) {
        let told: Vec<&str> = [&row.email, &row.order].into_iter().map(String::as_str).collect();
        let told = told.into_iter().filter(|told| !told.is_empty()).collect::<Vec<_>>().join(" · ");
        frame.render_widget(Line::styled(format!(" {}", fit(&told, width.saturating_sub(2))), faint), foot);
    }
}

/// A guest's cells in columns that are the same for everybody.
fn guest_line(row: &GuestRow, width: usize) -> String {
    let fixed = CLASS + NUMBER + ORDER + STATUS + 4;
    let is_wide = width + 3 >= WIDE_LEAST;
    let email = if is_wide { EMAIL + 1 } else { 0 };
    let name = width.saturating_sub(fixed + email).max(NAME_LEAST);
    let mut cells = vec![
        pad(&row.name, name),
        pad(&row.class, CLASS),
        pad(&row.number, NUMBER),
        pad(&row.order, ORDER),
        pad(&row.status, STATUS),
    ];
    if is_wide {
        cells.insert(4, pad(&row.email, EMAIL));
    }
    fit(&cells.join(" "), width)
}

/// A ticket type and how a number ends, in columns that are the same for everybody.
pub(super) fn short_line(row: &GuestRow, name: usize) -> String {
    [pad(&row.name, name), pad(&row.class, CLASS), pad(&row.number, NUMBER)].join(" ")
}

fn draw_details(scene: &Scene<'_>, known: &Known, frame: &mut Frame<'_>, area: Rect) {
    let room = usize::from(area.width).saturating_sub(KEY + 3);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = vec![Line::styled(format!(" {}", scene.names.say("search-detail-title")), scene.theme.faint())];
    for (what, value) in said::details(known, &scene.names) {
        let mut values = wrap(&value, room).into_iter();
        let first = values.next().unwrap_or_default();
        lines.push(Line::from(vec![Span::raw(format!(" {} ", pad(&what, KEY))), Span::styled(first, bold)]));
        lines.extend(values.map(|more| Line::styled(format!(" {} {more}", " ".repeat(KEY)), bold)));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
