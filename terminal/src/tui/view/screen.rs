//! Screens over the door: their frame, the verdict above one that somebody writes in, and the
//! lists they share.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::text::{fit, tail};
use super::{
    Scene, cameras, centred, decide, doors, drill, group, operator, sales, scanner, search, ticket, undo, walk_in,
};
use crate::app::{Field, Screen, Shown};
use crate::tui::theme::Mood;
use crate::tui::words;

/// The largest screen, in columns and rows.
const SIZE_MAX: (u16, u16) = (110, 40);

/// Draws the screen that is open, if one is.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(screen) = scene.state.screen() else { return };
    if let Some(shown) = ticket::of(screen) {
        return ticket::draw(scene, shown, words::screen_keys(screen), frame, area);
    }
    // The frame's title and the line of keys stay in sight.
    let room = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
    if let Screen::Scanner(screen) = screen {
        return scanner::draw(scene, screen, frame, room.intersection(area));
    }
    let place = centred(room.intersection(area), SIZE_MAX.0, SIZE_MAX.1);
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(format!(" {} ", scene.names.say(words::screen_title(screen))));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    let inner = draw_verdict(scene, frame, inner);
    draw_inside(scene, screen, frame, inner);
}

/// Draws what a screen says, without its frame.
pub(super) fn draw_inside(scene: &Scene<'_>, screen: &Screen, frame: &mut Frame<'_>, inner: Rect) {
    if let (Some(shown), true) = (ticket::of(screen), scene.is_spoken) {
        return ticket::draw(scene, shown, &[], frame, inner);
    }
    match screen {
        Screen::Camera(screen) => cameras::draw(scene, screen, frame, inner),
        Screen::Decide(screen) => decide::draw(scene, screen, frame, inner),
        Screen::Doors(screen) => doors::draw(scene, screen, frame, inner),
        Screen::Drill(screen) => drill::draw(scene, screen, frame, inner),
        Screen::Group(screen) => group::draw(scene, screen, frame, inner),
        Screen::Search(screen) => search::draw(scene, screen, frame, inner),
        Screen::Undo(screen) => undo::draw(scene, screen, frame, inner),
        Screen::Operator(screen) => operator::draw(scene, screen, frame, inner),
        Screen::Scanner(screen) => scanner::draw(scene, screen, frame, inner),
        Screen::WalkIn(screen) => walk_in::draw(scene, screen, frame, inner),
        Screen::Sales(screen) => sales::draw(scene, screen, frame, inner),
    }
}

/// A verdict that came while somebody writes: one line in its colours, above what is written.
fn draw_verdict(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let Some(line) = verdict_line(scene, usize::from(area.width)) else { return area };
    let [place, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(line.clone()).style(line.style), place);
    rest
}

/// Returns the verdict that stands in one line of so many columns, in its colours.
pub(super) fn verdict_line<'a>(scene: &Scene<'_>, width: usize) -> Option<Line<'a>> {
    let shown = scene.state.verdict().filter(|shown| !scene.is_spoken && !is_told(scene, shown))?;
    let message = words::message(&shown.decided, &scene.names);
    let text = format!(
        " {}  {}  {} {}",
        words::look_symbol(shown.look),
        words::look_word(shown.look, &scene.names),
        message.headline,
        message.step.unwrap_or_default()
    );
    let style = scene.theme.panel(Mood::Verdict(shown.look), scene.state.is_flashing(shown));
    Some(Line::styled(fit(&text, width), style))
}

/// Whether the screen itself is about that verdict.
fn is_told(scene: &Scene<'_>, shown: &Shown) -> bool {
    match scene.state.screen() {
        Some(Screen::Decide(screen)) => screen.decided().entry == shown.decided.entry,
        Some(Screen::Group(screen)) => screen.is_about(&shown.decided),
        _ => false,
    }
}

/// Draws rows with the chosen one marked, scrolled so that it is in sight.
pub(super) fn draw_rows(frame: &mut Frame<'_>, area: Rect, rows: &[Line<'_>], chosen: Option<usize>) {
    let height = usize::from(area.height);
    let first = chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(height));
    for ((at, row), y) in rows.iter().enumerate().skip(first).zip(area.y..area.bottom()) {
        let is_chosen = chosen == Some(at);
        let mut line = Line::raw(if is_chosen { "▸ " } else { "  " });
        line.spans.extend(row.spans.iter().cloned());
        let style = if is_chosen { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        frame.render_widget(line.style(style), Rect { y, height: 1, ..area });
    }
}

/// A field's line: its label, what is written, and the cursor if it is the one written in.
pub(in crate::tui) fn field_line<'a>(label: &str, field: &Field, is_written: bool, width: usize) -> Line<'a> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let (before, after) = field.halves();
    let room = width.saturating_sub(words::columns(label) + 3);
    let before = tail(&before, room).to_owned();
    let after = fit(&after, room.saturating_sub(words::columns(&before)));
    let cursor = if is_written { "▏" } else { "" };
    Line::from(vec![
        Span::raw(format!(" {label} ")),
        Span::styled(words::clean_line(&before), bold),
        Span::raw(cursor),
        Span::styled(words::clean_line(&after), bold),
    ])
}
