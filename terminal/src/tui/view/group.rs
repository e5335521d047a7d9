//! Those who came in one order, and what became of each.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::draw_rows;
use super::search::short_line;
use super::text::fit;
use crate::app::Look;
use crate::app::screen::group::{Group, Outlook};
use crate::tui::words::{self, group as said, search};

/// The widest column of names.
const NAME_MAX: usize = 30;
/// What stands beside a name, in columns.
const BESIDE_NAME: usize = 54;
/// What is left for a name is never less, in columns.
const NAME_LEAST: usize = 8;

pub(super) fn draw(scene: &Scene<'_>, screen: &Group, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let [head, list, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let told = fit(&said::head(screen, &scene.names), width.saturating_sub(2));
    frame.render_widget(Line::styled(format!(" {told}"), bold), head);
    let rows: Vec<Line<'_>> = screen
        .members()
        .unwrap_or_default()
        .iter()
        .map(|member| {
            let tick = if screen.is_ticked(member.found.ticket) { "[x] " } else { "[ ] " };
            let name = width.saturating_sub(BESIDE_NAME).clamp(NAME_LEAST, NAME_MAX);
            let guest = short_line(&search::row(member, &scene.names), name);
            let (symbol, outlook) = said::outlook(screen, member, &scene.names);
            let style = match screen.outlook(member.found.ticket) {
                Outlook::Decided(decided) => scene.theme.mark(Look::of(decided)),
                Outlook::Failed => scene.theme.warning(),
                _ => Style::new(),
            };
            let room = width.saturating_sub(words::columns(&guest) + 9);
            Line::from(vec![
                Span::styled(tick, bold),
                Span::raw(guest),
                Span::styled(format!(" {symbol} "), style),
                Span::raw(fit(&outlook, room)),
            ])
        })
        .collect();
    draw_rows(frame, list, &rows, screen.chosen().map(|(at, _)| at));
    if let Some((told, is_warning)) = said::foot(screen, &scene.names) {
        let style = if is_warning { scene.theme.warning() } else { scene.theme.faint() };
        let told = fit(&told, width.saturating_sub(2));
        frame.render_widget(Paragraph::new(Line::styled(format!(" {told}"), style)), foot);
    }
}
