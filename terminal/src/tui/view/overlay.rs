//! What lies over the screen: help, detail, the question before quitting, and the code line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::keys::listed;
use super::text::{pad, tail, wrap};
use super::{Scene, centred, detail_rows};
use crate::app::Overlay;
use crate::tui::words;

/// The widest box.
const WIDTH_MAX: u16 = 78;
/// The widest question.
const QUESTION_WIDTH_MAX: u16 = 60;
/// From this many rows on a box has a frame.
const BOXED_LEAST: u16 = 7;
/// What keys and names take before what is said about them, in columns: at least, and at most.
const KEY_COLUMNS: (usize, usize) = (15, 24);

/// Returns how many rows found no room.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) -> u16 {
    let hidden = match scene.state.overlay() {
        Some(Overlay::Help) => draw_table(scene, frame, area, "help-title", words::help(&scene.names)),
        Some(Overlay::Detail) => {
            let rows = detail_rows(scene);
            let rows = if rows.is_empty() { vec![(scene.names.say("detail-nothing"), String::new())] } else { rows };
            draw_table(scene, frame, area, "detail-title", rows)
        }
        Some(Overlay::Quit) => {
            draw_quit(scene, frame, area);
            0
        }
        None => 0,
    };
    if let Some(line) = scene.state.typing().line() {
        draw_code_line(scene, line, frame, area);
    }
    hidden
}

fn draw_table(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect, title: &str, rows: Vec<(String, String)>) -> u16 {
    let width = area.width.min(WIDTH_MAX);
    let (least, most) = KEY_COLUMNS;
    let key_columns = rows.iter().map(|(key, _)| words::columns(key) + 1).max().unwrap_or(0).clamp(least, most);
    let room = usize::from(width).saturating_sub(4 + key_columns);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = Vec::new();
    for (key, value) in rows {
        let mut values = wrap(&value, room).into_iter();
        let first = values.next().unwrap_or_default();
        let key = Span::styled(format!(" {}", pad(&key, key_columns)), bold);
        lines.push(Line::from(vec![key, Span::raw(first)]));
        lines.extend(values.map(|more| Line::raw(format!(" {:<key_columns$}{more}", ""))));
    }
    let title = format!(" {} ", scene.names.say(title));
    let frame_rows = if area.height >= BOXED_LEAST { 2 } else { 0 };
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(frame_rows);
    let hidden = rows.saturating_sub(area.height);
    let back = format!("Esc {}", scene.names.say("keys-back"));
    let foot =
        if hidden > 0 { format!(" ↑ ↓ {}  {back} ", scene.names.say("keys-scroll")) } else { format!(" {back} ") };
    let top = scene.state.scroll().top().min(hidden);
    draw_box(frame, area, width, &title, &foot, lines, top);
    hidden
}

fn draw_quit(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let unsent = scene.state.status().map_or(0, |status| status.unsent);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, sentence) in words::quit_question(unsent, &scene.names).iter().enumerate() {
        let style = if at == 0 { bold } else { Style::new() };
        let room = usize::from(area.width.min(QUESTION_WIDTH_MAX)).saturating_sub(4);
        lines.extend(wrap(sentence, room).into_iter().map(|row| Line::styled(format!(" {row}"), style)));
    }
    let keys = listed(scene, words::QUIT_KEYS);
    if usize::from(area.height) < lines.len() + 4 {
        // What can be answered is more than what it is about.
        lines.insert(1.min(lines.len()), keys);
    } else {
        lines.extend([Line::default(), keys]);
    }
    draw_box(frame, area, area.width.min(QUESTION_WIDTH_MAX), "", "", lines, 0);
}

fn draw_box(frame: &mut Frame<'_>, area: Rect, width: u16, title: &str, foot: &str, lines: Vec<Line<'_>>, top: u16) {
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let is_framed = area.height >= BOXED_LEAST;
    let place = centred(area, width, if is_framed { height } else { area.height });
    frame.render_widget(Clear, place);
    let paragraph = Paragraph::new(lines).scroll((top, 0));
    if is_framed {
        let block = Block::bordered().title(title).title_bottom(Line::from(foot).right_aligned());
        frame.render_widget(paragraph.block(block), place);
    } else {
        frame.render_widget(paragraph, place);
    }
}

/// At the foot, over the lists; on a very low screen it is the last row alone.
fn draw_code_line(scene: &Scene<'_>, line: &str, frame: &mut Frame<'_>, area: Rect) {
    let line = words::clean_line(line);
    let hint = match scene.state.typing().mistake() {
        Some(mistake) => {
            Line::styled(format!(" {}", words::code_mistake(mistake, &scene.names)), scene.theme.warning())
        }
        None => Line::styled(format!(" {}", scene.names.say("code-hint")), scene.theme.faint()),
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let entry = |room: usize| Line::styled(format!(" {}▏", tail(&line, room)), bold);
    if area.height < 6 {
        let place = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        frame.render_widget(Clear, place);
        frame.render_widget(entry(usize::from(place.width).saturating_sub(2)), place);
        return;
    }
    let height = 4;
    let foot = if area.height >= super::FULL_LEAST.1 && area.width >= super::FULL_LEAST.0 { 4 } else { 0 };
    let place = Rect { y: area.bottom().saturating_sub(height + foot), height, ..area }.intersection(area);
    frame.render_widget(Clear, place);
    let room = usize::from(place.width).saturating_sub(5);
    frame.render_widget(
        Paragraph::new(vec![entry(room), hint])
            .block(Block::bordered().title(format!(" {} ", scene.names.say("code-title")))),
        place,
    );
}
