//! The locked screen: what it says, and the PIN.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::operator::digits_line;
use super::text::wrap;
use super::{Scene, centred};
use crate::tui::words;

/// The widest box.
const WIDTH_MAX: u16 = 60;

/// Returns the line that takes the place of lists and figures.
pub(super) fn line<'a>(scene: &Scene<'_>, width: u16) -> Line<'a> {
    let (locked, key) = (scene.names.say("session-locked"), scene.names.say("session-locked-key"));
    let goes_on = if scene.state.lock().decides() { "session-locked-scan" } else { "session-locked-rest" };
    let short = format!(" ■ {locked}");
    let long = format!("{short}: {key}");
    let longest = format!("{long}   {}", scene.names.say(goes_on));
    // What has no room is left out whole.
    let text = [longest, long].into_iter().find(|text| words::columns(text) <= usize::from(width)).unwrap_or(short);
    Line::styled(text, Style::new().add_modifier(Modifier::BOLD))
}

/// Draws the question for the PIN, while it is asked for.
pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(locked) = scene.state.lock().locked() else { return };
    let Some(digits) = locked.digits() else { return };
    let width = area.width.min(WIDTH_MAX);
    let room = usize::from(width).saturating_sub(4);
    let mut lines = vec![digits_line(&scene.names.say("session-pin"), digits.text().len())];
    let (sentence, style) = match locked.left() {
        Some(left) => (words::wrong_pin(left, &scene.names), scene.theme.warning()),
        None => (scene.names.say("session-unlock-hint"), scene.theme.faint()),
    };
    lines.extend(wrap(&sentence, room).into_iter().map(|row| Line::styled(format!(" {row}"), style)));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    // Where the last decisions are hidden, so that a verdict stays in sight.
    let foot = if area.height >= super::FULL_LEAST.1 { 4 } else { 0 };
    let y = area.bottom().saturating_sub(height.saturating_add(foot)).max(area.y);
    let place = Rect { y, height, ..centred(area, width, height) }.intersection(area);
    frame.render_widget(Clear, place);
    let title = format!(" {} ", scene.names.say("session-unlock-title"));
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), place);
}
