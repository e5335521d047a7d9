//! The form of a sale.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use sync_protocol::journal::walk_in::Payment;

use super::Scene;
use super::screen::field_line;
use super::text::{fit, wrap};
use crate::app::Field;
use crate::app::screen::walk_in::{At, Stage, WalkIn};
use crate::tui::words;
use crate::tui::words::walk_in as said;

/// The column that what is written begins in, besides the mark.
const LABEL_COLUMNS: usize = 14;

/// A field, and what is said of it.
const ROWS_PER_FIELD: usize = 2;

pub(super) fn draw(scene: &Scene<'_>, screen: &WalkIn, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let mut lines = match screen.wares() {
        None => vec![Line::raw(format!(" {}", scene.names.say("walk-in-loading")))],
        Some([]) => wrap(&scene.names.say("walk-in-nothing"), width.saturating_sub(2))
            .into_iter()
            .map(|line| Line::raw(format!(" {line}")))
            .collect(),
        Some(_) if *screen.stage() == Stage::Supervisor => supervisor(scene, screen, width),
        Some(_) => form(scene, screen, width),
    };
    // On a low screen what must be answered stays in sight.
    let told = told(scene, screen, width);
    let room = usize::from(area.height).saturating_sub(told.len());
    if *screen.stage() == Stage::Form {
        // So does the field that is written in.
        lines.drain(..(screen.at() as usize * ROWS_PER_FIELD + ROWS_PER_FIELD).saturating_sub(room).min(lines.len()));
    }
    lines.truncate(room);
    lines.extend(told);
    frame.render_widget(Paragraph::new(lines), area);
}

fn form<'a>(scene: &Scene<'_>, screen: &WalkIn, width: usize) -> Vec<Line<'a>> {
    let names = &scene.names;
    let mistakes = screen.mistakes();
    let name = mistakes.name.map(|mistake| names.say(said::name_mistake(mistake)));
    let email = mistakes.email.map(|mistake| names.say(said::email_mistake(mistake)));
    let ware = screen.ware().map_or_else(String::new, |ware| said::ware(ware, names));
    vec![
        written(scene, screen, At::Name, &names.say("walk-in-name"), screen.name(), width),
        hint(scene, name, None),
        written(scene, screen, At::Email, &names.say("walk-in-email"), screen.email(), width),
        hint(scene, email, Some(names.say("walk-in-email-hint"))),
        chosen(screen, At::Class, &names.say("walk-in-class"), vec![(ware, true)], width),
        Line::default(),
        chosen(screen, At::Payment, &names.say("walk-in-payment"), payments(scene, screen), width),
        Line::default(),
        chosen(
            screen,
            At::Admit,
            &names.say("walk-in-admit"),
            vec![(names.say("walk-in-yes"), screen.admits()), (names.say("walk-in-no"), !screen.admits())],
            width,
        ),
        Line::default(),
    ]
}

/// Who may sell one more, and the PIN as it is typed.
fn supervisor<'a>(scene: &Scene<'_>, screen: &WalkIn, width: usize) -> Vec<Line<'a>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let chosen = screen.supervisor().map(|(at, _)| at);
    let mut lines = vec![Line::raw(format!(" {}", scene.names.say("decision-which-supervisor"))), Line::default()];
    lines.extend(screen.supervisors().iter().enumerate().map(|(at, name)| {
        let (mark, style) = if chosen == Some(at) { ("▸", bold) } else { (" ", Style::new()) };
        Line::styled(fit(&format!(" {mark} {}", words::clean(name)), width), style)
    }));
    let dots = "●".repeat(screen.pin_digits());
    lines.push(Line::default());
    lines.push(Line::from(vec![
        Span::raw(format!(" {} ", scene.names.say("decision-pin"))),
        Span::styled(format!("{dots}▏"), bold),
    ]));
    lines.push(Line::default());
    lines
}

fn payments(scene: &Scene<'_>, screen: &WalkIn) -> Vec<(String, bool)> {
    let ways: &[Payment] = if screen.costs() { &Payment::ALL } else { &[Payment::Free] };
    ways.iter().map(|way| (scene.names.say(said::payment(*way)), *way == screen.payment())).collect()
}

/// What must be answered or read: a question, why nothing was sold, or that the gate is at work.
fn told<'a>(scene: &Scene<'_>, screen: &WalkIn, width: usize) -> Vec<Line<'a>> {
    let (sentence, style) = match (screen.stage(), screen.problem()) {
        (Stage::AskToDrop, _) => (scene.names.say("walk-in-drop"), Style::new().add_modifier(Modifier::BOLD)),
        (Stage::Selling, _) => (scene.names.say("walk-in-selling"), scene.theme.faint()),
        (_, Some(problem)) => (said::problem(problem, &scene.names), scene.theme.warning()),
        _ => return Vec::new(),
    };
    wrap(&sentence, width.saturating_sub(2)).into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect()
}

/// A field that somebody writes in.
fn written<'a>(scene: &Scene<'_>, screen: &WalkIn, at: At, label: &str, field: &Field, width: usize) -> Line<'a> {
    let is_here = screen.at() == at && *screen.stage() == Stage::Form;
    let mut line = field_line(&padded(label, is_here), field, is_here, width);
    if is_here {
        line = line.style(scene.theme.good().remove_modifier(Modifier::BOLD));
    }
    line
}

/// A field with one of several values: those not chosen stand beside it.
fn chosen<'a>(screen: &WalkIn, at: At, label: &str, values: Vec<(String, bool)>, width: usize) -> Line<'a> {
    let is_here = screen.at() == at && *screen.stage() == Stage::Form;
    let mut line = Line::raw(format!(" {} ", padded(label, is_here)));
    let room = width.saturating_sub(LABEL_COLUMNS + 8);
    for (value, is_chosen) in values {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let style = match (is_chosen, is_here) {
            (true, true) => bold.add_modifier(Modifier::REVERSED),
            (true, false) => bold,
            (false, _) => Style::new(),
        };
        let value = fit(&value, room);
        line.push_span(Span::styled(if is_chosen { format!("[{value}]") } else { format!(" {value} ") }, style));
    }
    line
}

fn padded(label: &str, is_here: bool) -> String {
    let pad = LABEL_COLUMNS.saturating_sub(words::columns(label));
    format!("{}{label}{}", if is_here { "▸ " } else { "  " }, " ".repeat(pad))
}

/// What is wrong with the field above, or else what may help.
fn hint<'a>(scene: &Scene<'_>, mistake: Option<String>, help: Option<String>) -> Line<'a> {
    let indent = " ".repeat(LABEL_COLUMNS + 4);
    match (mistake, help) {
        (Some(mistake), _) => Line::styled(format!("{indent}{mistake}"), scene.theme.warning()),
        (None, Some(help)) => Line::styled(format!("{indent}{help}"), scene.theme.faint()),
        (None, None) => Line::default(),
    }
}
