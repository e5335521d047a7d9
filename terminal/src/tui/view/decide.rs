//! Letting in against a verdict: what stands against the guest, why they come in, who decides.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Scene;
use super::screen::{draw_rows, field_line};
use super::text::{fit, wrap};
use crate::app::screen::decide::{Decide, Step, Usual};
use crate::tui::words;

pub(super) fn draw(scene: &Scene<'_>, screen: &Decide, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(2);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut head =
        vec![Line::styled(format!(" {}", fit(&words::decide_head(screen.decided(), &scene.names), width)), bold)];
    for finding in words::findings(screen.decided(), &scene.names) {
        head.extend(wrap(&finding, width).into_iter().map(|row| Line::raw(format!(" {row}"))));
    }
    head.push(Line::default());
    let head_rows = u16::try_from(head.len()).unwrap_or(u16::MAX).min(area.height / 2);
    let [top, list, foot] =
        Layout::vertical([Constraint::Length(head_rows), Constraint::Min(0), Constraint::Length(2)]).areas(area);
    frame.render_widget(Paragraph::new(head), top);
    let faint = scene.theme.faint();
    let hint = match screen.refused() {
        Some(refused) => {
            Line::styled(format!(" {}", words::not_decided_hint(refused, &scene.names)), scene.theme.warning())
        }
        None => Line::styled(format!(" {}", scene.names.say(words::decide_hint(screen.step()))), faint),
    };
    match screen.step() {
        Step::Reason => {
            let rows: Vec<Line<'_>> = Usual::ALL
                .iter()
                .enumerate()
                .map(|(at, usual)| {
                    Line::from(vec![
                        Span::styled(format!("{} ", at + 1), bold),
                        Span::raw(scene.names.say(words::usual_reason(*usual))),
                    ])
                })
                .collect();
            draw_rows(frame, list, &rows, None);
            let field = field_line(&scene.names.say("decision-reason"), screen.reason(), true, width);
            frame.render_widget(Paragraph::new(vec![field, hint]), foot);
        }
        Step::Supervisor => {
            let rows: Vec<Line<'_>> = screen
                .supervisors()
                .iter()
                .enumerate()
                .map(|(at, name)| Line::raw(fit(&format!("{} {}", at + 1, words::clean(name)), width)))
                .collect();
            draw_rows(frame, list, &rows, screen.supervisor().map(|(at, _)| at));
            frame.render_widget(Paragraph::new(vec![Line::default(), hint]), foot);
        }
        Step::Pin | Step::Asked => {
            let name = screen.supervisor().map(|(_, name)| words::clean(name)).unwrap_or_default();
            let reason = words::decide_reason(screen, &scene.names);
            let lines =
                vec![Line::raw(format!(" {}", fit(&reason, width))), Line::raw(format!(" {}", fit(&name, width)))];
            frame.render_widget(Paragraph::new(lines), list);
            let dots = "●".repeat(screen.pin_digits());
            let pin = match screen.step() {
                Step::Pin => Line::from(vec![
                    Span::raw(format!(" {} ", scene.names.say("decision-pin"))),
                    Span::styled(format!("{dots}▏"), bold),
                ]),
                _ => Line::default(),
            };
            frame.render_widget(Paragraph::new(vec![pin, hint]), foot);
        }
    }
}
