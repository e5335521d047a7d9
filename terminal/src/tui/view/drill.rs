//! The ready check: a row for each thing that was looked at, with what to do about it below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use sync_protocol::journal::drill::Light;

use super::Scene;
use super::text::{fit, wrap};
use crate::app::screen::drill::Drill;
use crate::drill::Found;
use crate::tui::words;

/// The column that findings begin in.
const CHECK_COLUMNS: usize = 20;

pub(super) fn draw(scene: &Scene<'_>, screen: &Drill, frame: &mut Frame<'_>, area: Rect) {
    let [head, list] = Layout::vertical([Constraint::Length(2), Constraint::Min(0)]).areas(area);
    let (light, said) = words::drill_head(screen, |light| mark(scene, light).replace(':', ""), &scene.names);
    let symbol = light.map_or_else(String::new, |light| format!("{} ", mark(scene, light)));
    let style = light.map_or_else(Style::new, |light| style(scene, light)).add_modifier(Modifier::BOLD);
    let room = usize::from(area.width).saturating_sub(1);
    let lines: Vec<Line<'_>> = wrap(&format!("{symbol}{said}"), room)
        .into_iter()
        .map(|line| Line::styled(format!(" {line}"), style))
        .collect();
    frame.render_widget(Paragraph::new(lines), head);

    let rows: Vec<Vec<Line<'_>>> =
        screen.found().iter().map(|found| row(scene, found, usize::from(list.width))).collect();
    let lines: Vec<Line<'_>> = rows.iter().flatten().cloned().collect();
    let height = usize::from(list.height);
    let first = match screen.row() {
        // While it goes on, the newest is in sight.
        None => lines.len().saturating_sub(height),
        Some(row) => {
            let before: usize = rows.iter().take(row).map(Vec::len).sum();
            before.min(lines.len().saturating_sub(height))
        }
    };
    frame.render_widget(Paragraph::new(lines.into_iter().skip(first).collect::<Vec<_>>()), list);
}

/// What was found, and below it what to do.
fn row<'a>(scene: &Scene<'_>, found: &Found, width: usize) -> Vec<Line<'a>> {
    let light = found.light();
    let (said, advice) = words::drill_found(found, &scene.names);
    let check = fit(&words::drill_check(found, &scene.names), CHECK_COLUMNS - 1);
    let gap = " ".repeat(CHECK_COLUMNS.saturating_sub(words::columns(&check)));
    let room = width.saturating_sub(CHECK_COLUMNS + 4);
    let mut rows = wrap(&said, room).into_iter();
    let mut lines = vec![Line::from(vec![
        Span::styled(format!(" {} ", mark(scene, light)), style(scene, light)),
        Span::styled(format!("{check}{gap}"), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(rows.next().unwrap_or_default()),
    ])];
    let below = |line: String| format!("{}{line}", " ".repeat(CHECK_COLUMNS + 3));
    lines.extend(rows.map(|line| Line::raw(below(line))));
    let advice = advice.map(|advice| wrap(&format!("→ {advice}"), room)).unwrap_or_default();
    lines.extend(advice.into_iter().map(|line| Line::styled(below(line), style(scene, light))));
    lines
}

/// A sign, or the word for it.
fn mark(scene: &Scene<'_>, light: Light) -> String {
    if !scene.is_spoken {
        return words::light_symbol(light).to_owned();
    }
    scene.names.say(match light {
        Light::Green => "plain-light-green",
        Light::Amber => "plain-light-amber",
        Light::Red => "plain-light-red",
    })
}

const fn style(scene: &Scene<'_>, light: Light) -> Style {
    match light {
        Light::Green => scene.theme.good(),
        Light::Amber | Light::Red => scene.theme.warning(),
    }
}
