//! The event's terminals, one a row.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::draw_rows;
use super::text::fit;
use crate::app::screen::doors::Doors;
use crate::door::DoorSeen;
use crate::tui::words::{self, DoorState, count};

/// What a row takes besides the names of terminal and gate, in columns.
const FIGURES: usize = 38;

pub(super) fn draw(scene: &Scene<'_>, screen: &Doors, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(2);
    let [head, titles, list] =
        Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let Some(seen) = screen.seen() else {
        frame.render_widget(Line::raw(format!(" {}", scene.names.say("doors-loading"))), head);
        return;
    };
    if let Some(chosen) = screen.gate() {
        frame.render_widget(Line::raw(format!(" {}", scene.names.say("doors-choose-gate"))), head);
        let rows: Vec<Line<'_>> =
            seen.gates.iter().map(|gate| Line::raw(fit(&scene.names.gate(*gate), width))).collect();
        draw_rows(frame, list, &rows, Some(chosen));
        return;
    }
    frame.render_widget(Paragraph::new(format!(" {}", words::doors_head(seen, &scene.names))), head);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let columns = words::doors_columns(&scene.names);
    frame.render_widget(row(&columns, width, Span::raw(columns[4].clone())).style(bold), indented(titles));
    let rows: Vec<Line<'_>> = seen
        .doors
        .iter()
        .map(|door| {
            let (state, what) = words::door_heard(door, &scene.names);
            let style = match state {
                DoorState::Heard => Style::new(),
                DoorState::Silent => scene.theme.warning(),
                DoorState::Out => scene.theme.faint(),
            };
            row(&cells(scene, door), width, Span::styled(what, style))
        })
        .collect();
    draw_rows(frame, list, &rows, screen.row());
}

fn cells(scene: &Scene<'_>, door: &DoorSeen) -> [String; 5] {
    let gate = door.gate.map_or_else(String::new, |gate| scene.names.gate(gate));
    [words::door_name(door, &scene.names), gate, count(door.admitted), count(door.exits), String::new()]
}

/// Terminal, gate, in, out, and when it was heard.
fn row<'a>([name, gate, admitted, exits, _]: &[String; 5], width: usize, heard: Span<'a>) -> Line<'a> {
    let names = width.saturating_sub(FIGURES);
    let (left, right) = (names - names / 2, names / 2);
    let figures = format!("{}{}{} ", padded(name, left), padded(gate, right), figures(admitted, exits));
    let room = width.saturating_sub(words::columns(&figures));
    Line::from(vec![Span::raw(figures), Span::styled(fit(&heard.content, room), heard.style)])
}

fn figures(admitted: &str, exits: &str) -> String {
    let right = |text: &str| format!("{}{text}", " ".repeat(8_usize.saturating_sub(words::columns(text))));
    format!("{}{}", right(admitted), right(exits))
}

/// `text` in `columns`, with a space at its end.
fn padded(text: &str, columns: usize) -> String {
    let text = fit(text, columns.saturating_sub(1));
    let rest = columns.saturating_sub(words::columns(&text));
    format!("{text}{}", " ".repeat(rest))
}

/// Rows have the mark of the chosen one before them.
fn indented(area: Rect) -> Rect {
    Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(2), ..area }
}
