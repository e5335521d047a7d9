//! Cash-up: what was taken, and each sale.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::draw_rows;
use super::text::fit;
use crate::app::screen::sales::Sales;
use crate::tui::words;
use crate::tui::words::sales as said;

/// Columns of a taking: who, how, how many, how much; what was taken back has the rest.
const TAKING: [usize; 4] = [20, 6, 12, 16];
/// Columns of a sale: when, to whom, what for; what was paid has the rest.
const SALE: [usize; 3] = [6, 26, 20];

pub(super) fn draw(scene: &Scene<'_>, screen: &Sales, frame: &mut Frame<'_>, area: Rect) {
    let names = &scene.names;
    let width = usize::from(area.width).saturating_sub(2);
    let Some(rows) = screen.rows().filter(|rows| !rows.is_empty()) else {
        let sentence = if screen.rows().is_none() { "sales-loading" } else { "sales-none" };
        frame.render_widget(Paragraph::new(format!(" {}", names.say(sentence))), area);
        return;
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut till: Vec<Line<'_>> = Vec::new();
    let by_person = screen.takings().iter().map(|taking| line(&said::taking(taking, names), &TAKING, width));
    let is_named = screen.takings().iter().any(|taking| taking.operator.is_some());
    let is_one_person = screen.takings().len() == screen.totals().len();
    if is_named {
        till.extend(by_person);
    }
    // One person's takings are the total.
    if !(is_named && is_one_person) {
        till.extend(screen.totals().iter().map(|total| line(&said::total(total, names), &TAKING, width).style(bold)));
    }
    let till_rows = u16::try_from(till.len()).unwrap_or(u16::MAX).min(area.height / 2);
    let [top, _, list] =
        Layout::vertical([Constraint::Length(till_rows), Constraint::Length(1), Constraint::Min(0)]).areas(area);
    // The totals stand last: on a low screen they stay.
    let hidden = till.len().saturating_sub(usize::from(till_rows));
    frame.render_widget(Paragraph::new(till.split_off(hidden)), top);
    let rows: Vec<Line<'_>> = rows.iter().map(|sold| line(&said::sale(sold, names), &SALE, width)).collect();
    draw_rows(frame, list, &rows, screen.chosen().map(|(at, _)| at));
}

/// Cells in columns; the last cell has what is left.
fn line<'a>(cells: &[String], columns: &[usize], width: usize) -> Line<'a> {
    let mut text = String::from(" ");
    for (at, cell) in cells.iter().enumerate() {
        let left = width.saturating_sub(words::columns(&text));
        match columns.get(at) {
            Some(columns) => {
                let cell = fit(cell, (*columns).min(left));
                let pad = columns.saturating_sub(words::columns(&cell)) + 1;
                text.push_str(&cell);
                text.push_str(&" ".repeat(pad));
            }
            None => text.push_str(&fit(cell, left)),
        }
    }
    Line::raw(fit(&text, width))
}
