//! Screens over the door: their frame, the verdict above one that somebody writes in, and the
//! lists they share.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::text::{fit, tail, wrap};
use super::{
    Scene, cameras, centred, decide, doors, drill, group, operator, sales, scanner, search, ticket, undo, walk_in,
};
use crate::app::{Field, Screen, Shown};
use crate::tui::theme::Mood;
use crate::tui::words;

/// Below this many rows a screen has no frame.
const LOW: u16 = 10;
/// The largest screen, in columns and rows.
const SIZE_MAX: (u16, u16) = (110, 40);

/// Draws the screen that is open, if one is.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(screen) = scene.state.screen() else { return };
    if let Some(shown) = ticket::of(screen) {
        return ticket::draw(scene, shown, words::screen_keys(screen), frame, area);
    }
    // The frame's title and the line of keys stay in sight; where there is hardly room, the keys alone.
    let room = match area.height {
        0..=3 => area,
        4..LOW => Rect { height: area.height - 1, ..area },
        _ => Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area },
    };
    if let Screen::Scanner(screen) = screen {
        return scanner::draw(scene, screen, frame, room.intersection(area));
    }
    let place = centred(room.intersection(area), SIZE_MAX.0, SIZE_MAX.1);
    frame.render_widget(Clear, place);
    let inner = if area.height < LOW {
        place
    } else {
        let block = Block::bordered().title(format!(" {} ", scene.names.say(words::screen_title(screen))));
        let inner = block.inner(place);
        frame.render_widget(block, place);
        inner
    };
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

/// A verdict that came while somebody writes: a line or two in its colours, above what is written.
fn draw_verdict(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let lines = verdict_lines(scene, usize::from(area.width), usize::from(area.height));
    let Some(style) = lines.first().map(|line| line.style) else { return area };
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [place, rest] = Layout::vertical([Constraint::Length(rows), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(lines).style(style), place);
    rest
}

/// Returns the verdict that stands, in its colours: in one line of so many columns, or in more if what to do next has
/// no room in it. Where `height` is small, why it is so gives way to what to do.
pub(super) fn verdict_lines<'a>(scene: &Scene<'_>, width: usize, height: usize) -> Vec<Line<'a>> {
    let shown = scene.state.verdict().filter(|shown| !scene.is_spoken && !is_told(scene, shown));
    let Some(shown) = shown else { return Vec::new() };
    let message = words::message(&shown.decided, &scene.names);
    let (symbol, word) = (words::look_symbol(shown.look), words::look_word(shown.look, &scene.names));
    let head = format!(" {symbol}  {word}  {}", message.headline);
    let rows = match message.step {
        None => vec![head],
        Some(step) if words::columns(&head) + 1 + words::columns(&step) <= width => vec![format!("{head} {step}")],
        Some(step) if height < usize::from(LOW) => {
            let rows = wrap(&format!("{symbol}  {word}  {step}"), width.saturating_sub(1));
            rows.into_iter().take(height.saturating_sub(1).max(1)).map(|row| format!(" {row}")).collect()
        }
        Some(step) => {
            let step = wrap(&step, width.saturating_sub(3)).into_iter().map(|row| format!("   {row}"));
            std::iter::once(fit(&head, width)).chain(step).collect()
        }
    };
    let style = scene.theme.panel(Mood::Verdict(shown.look), scene.state.is_flashing(shown));
    rows.into_iter().map(|row| Line::styled(fit(&row, width), style)).collect()
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
