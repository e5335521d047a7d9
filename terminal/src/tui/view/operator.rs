//! Who is at the door, and a PIN.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::{draw_rows, field_line};
use super::text::{fit, wrap};
use crate::app::screen::operator::{Aim, Operator, Pin, Step};
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, screen: &Operator, frame: &mut Frame<'_>, area: Rect) {
    match screen.step() {
        Step::Name => draw_names(scene, screen, frame, area),
        Step::Pin(pin) => draw_pin(scene, pin, screen.aim(), frame, area),
    }
}

fn draw_names(scene: &Scene<'_>, screen: &Operator, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let [head, list] = Layout::vertical([Constraint::Length(5), Constraint::Min(0)]).areas(area);
    let mut lines = vec![
        Line::default(),
        field_line(&scene.names.say("session-name"), screen.name(), true, width),
        Line::styled(format!(" {}", fit(&scene.names.say("session-name-hint"), width)), scene.theme.faint()),
        Line::default(),
    ];
    if !screen.recent().is_empty() {
        lines.push(Line::raw(format!(" {}", scene.names.say("session-recent"))));
    }
    frame.render_widget(Paragraph::new(lines), head);
    let rows: Vec<Line<'_>> =
        screen.recent().iter().map(|name| Line::raw(fit(&words::clean(name), width.saturating_sub(2)))).collect();
    draw_rows(frame, list, &rows, screen.chosen());
}

fn draw_pin(scene: &Scene<'_>, pin: &Pin, aim: Aim, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(2);
    let label = scene.names.say(if pin.is_repeat() { "session-pin-again" } else { "session-pin" });
    let mut lines = vec![Line::default(), digits_line(&label, pin.count()), Line::default()];
    let mut say = |sentence: String, style: Style| {
        lines.extend(wrap(&sentence, width).into_iter().map(|row| Line::styled(format!(" {row}"), style)));
    };
    if let Some(problem) = pin.problem() {
        say(scene.names.say(words::pin_problem(problem)), scene.theme.warning());
    }
    say(scene.names.say("session-pin-hint"), scene.theme.faint());
    if aim == Aim::Name && !pin.is_repeat() {
        say(scene.names.say("session-pin-skip"), scene.theme.faint());
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// A dot for each digit: whoever stands behind reads none.
pub(in crate::tui) fn digits_line<'a>(label: &str, count: usize) -> Line<'a> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    Line::from(vec![Span::raw(format!(" {label} ")), Span::styled("● ".repeat(count), bold), Span::raw("▏")])
}
