//! The hand scanner's test: its code, large enough to be scanned from the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::Scene;
use super::text::wrap;
use crate::app::scanner::test_code;
use crate::app::screen::scanner::ScannerTest;
use crate::half_blocks::half_blocks;
use crate::print::code::{Level, Modules};
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, screen: &ScannerTest, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let code = Modules::of(&test_code(), Level::M).ok().filter(|_| !scene.is_spoken);
    let rows = code.map_or_else(Vec::new, |code| half_blocks(&code));
    let columns = rows.first().map_or(0, |row| row.chars().count());
    let columns = u16::try_from(columns).unwrap_or(u16::MAX).min(area.width);
    let [code, text] = Layout::horizontal([Constraint::Length(columns), Constraint::Min(0)]).areas(area);
    let code = Rect { height: u16::try_from(rows.len()).unwrap_or(u16::MAX), ..code }.intersection(area);
    // Scanners want dark on light, whatever the theme makes of the colours that have names.
    let ink = Style::new().fg(Color::Rgb(0, 0, 0)).bg(Color::Rgb(255, 255, 255));
    frame.render_widget(Paragraph::new(rows.into_iter().map(Line::raw).collect::<Vec<_>>()).style(ink), code);
    let width = usize::from(text.width).saturating_sub(3);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines =
        vec![Line::styled(format!("  {}", scene.names.say("session-scanner-title")), bold), Line::default()];
    for sentence in words::scanner_test(screen, &scene.names) {
        lines.extend(wrap(&sentence, width).into_iter().map(|row| Line::raw(format!("  {row}"))));
        lines.push(Line::default());
    }
    frame.render_widget(Paragraph::new(lines), text);
}
