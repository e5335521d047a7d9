//! The large panel: one glance, one verdict.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use super::text::{fit, wrap};
use super::{Scene, letters};
use crate::app::{Look, Question, Shown, Stage};
use crate::door::Purpose;
use crate::tui::theme::Mood;
use crate::tui::words::{self, Message};

/// From this many rows on, the word is large whatever there is to say.
const LARGE_WORD_LEAST: usize = 11;
/// A panel needs this many rows for a frame.
const FRAMED_LEAST: u16 = 5;
/// The rows of a note about a code that was no ticket.
const ASIDE_ROWS: u16 = 4;

struct Panel {
    mood: Mood,
    symbol: &'static str,
    word: String,
    title: String,
    message: Message,
    is_flashing: bool,
    progress: Option<(u64, u64)>,
}

pub(super) fn draw(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let panel = panel(scene);
    let style = scene.theme.panel(panel.mood, panel.is_flashing);
    let is_framed = area.height >= FRAMED_LEAST && area.width > 4;
    let block = Block::new()
        .borders(if is_framed { Borders::ALL } else { Borders::NONE })
        .border_type(scene.theme.frame(panel.mood))
        .style(style);
    let block = if is_framed { block.title(fit(&panel.title, usize::from(area.width) - 2)) } else { block };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let aside_rows = if scene.state.aside().is_some() && is_framed { ASIDE_ROWS.min(inner.height / 2) } else { 0 };
    let [body, aside] = Layout::vertical([Constraint::Min(0), Constraint::Length(aside_rows)]).areas(inner);
    frame.render_widget(Paragraph::new(lines(&panel, body)), body);
    match scene.state.aside() {
        Some(shown) if is_framed => draw_aside(scene, shown, frame, aside),
        _ => {}
    }
}

/// Returns what the panel says of a verdict, the word first.
pub(super) fn verdict_sentences(scene: &Scene<'_>, shown: &Shown) -> Vec<String> {
    sentences(verdict(scene, shown))
}

/// Returns what the panel says now.
pub(super) fn stage_sentences(scene: &Scene<'_>) -> Vec<String> {
    let mut panel = panel(scene);
    // Between guests the sentence says what the word does.
    if matches!(scene.state.stage(), Stage::Ready) {
        panel.word = String::new();
    }
    sentences(panel)
}

/// Returns what is said of a code that was no ticket.
pub(super) fn aside_sentences(scene: &Scene<'_>, shown: &Shown) -> Vec<String> {
    let message = words::message(&shown.decided, &scene.names);
    [words::look_word(shown.look, &scene.names), message.headline].into_iter().chain(message.step).collect()
}

fn sentences(panel: Panel) -> Vec<String> {
    let Message { headline, lines, notes, step } = panel.message;
    [panel.word, headline].into_iter().chain(step).chain(lines).chain(notes).collect()
}

fn panel(scene: &Scene<'_>) -> Panel {
    let names = &scene.names;
    let calm = |symbol, word, message| Panel {
        mood: Mood::Calm,
        symbol,
        word: names.say(word),
        title: String::new(),
        message,
        is_flashing: false,
        progress: None,
    };
    let trouble = |word, message| Panel { mood: Mood::Trouble, ..calm("■", word, message) };
    match scene.state.stage() {
        Stage::Stopped => trouble("verdict-fault", words::stopped(names)),
        Stage::Suspended(suspension) => trouble("verdict-not-ready", words::suspension(suspension, names)),
        Stage::Fault(fault) => trouble("verdict-fault", words::fault(fault, names)),
        Stage::Locked => calm("■", "session-locked", words::locked(names)),
        Stage::Starting => calm("…", "verdict-wait", words::starting(names)),
        Stage::NoList => calm("…", "verdict-wait", words::no_list(names)),
        Stage::Downloading(done, total) => {
            Panel { progress: Some((done, total)), ..calm("…", "verdict-wait", words::progress(done, total, names)) }
        }
        Stage::Ready if scene.state.looking_ms().is_some() => {
            let headline = scene.names.say("decision-look-ready");
            let lines = vec![scene.names.say("decision-look-ready-more")];
            let title = looking_title(scene);
            Panel { title, ..calm("◎", "verdict-look", Message { headline, lines, ..Message::default() }) }
        }
        Stage::Ready => {
            let direction = scene.state.direction();
            calm("▸", "verdict-ready", words::ready(direction, scene.state.camera(), names))
        }
        Stage::Verdict(shown) => verdict(scene, shown),
    }
}

fn verdict(scene: &Scene<'_>, shown: &Shown) -> Panel {
    let shown_ms = scene.state.now().0.saturating_sub(shown.since.0);
    let mut message = words::message(&shown.decided, &scene.names);
    let others = scene.state.others_expected(&shown.decided);
    if others > 0 {
        message.notes.insert(0, words::group::more(others, &scene.names));
    }
    message.notes.extend(words::unheard(&shown.decided.unheard, &scene.names));
    let panel = Panel {
        mood: Mood::Verdict(shown.look),
        symbol: words::look_symbol(shown.look),
        word: words::look_word(shown.look, &scene.names),
        title: format!(" {} ", words::when(&shown.decided, shown_ms, &scene.names)),
        message,
        is_flashing: scene.state.is_flashing(shown),
        progress: None,
    };
    if shown.decided.purpose == Purpose::Look { looked_at(scene, shown, panel) } else { asking(scene, panel) }
}

/// A verdict with what it asks in the place of what to do next.
fn asking(scene: &Scene<'_>, mut panel: Panel) -> Panel {
    match scene.state.question() {
        // What helps to decide stands before it.
        Some(question @ Question::LetIn) => panel.message.lines.insert(0, words::question(&question, &scene.names)),
        Some(question) => panel.message.step = Some(words::question(&question, &scene.names)),
        None => {}
    }
    panel
}

/// A verdict that nothing was done about: grey, and called LOOK, whatever it would be.
fn looked_at(scene: &Scene<'_>, shown: &Shown, mut panel: Panel) -> Panel {
    panel.message.step = Some(words::look_line(shown.look, &scene.names));
    Panel {
        mood: Mood::Verdict(Look::Repeat),
        symbol: "◎",
        word: scene.names.say("verdict-look"),
        title: looking_title(scene),
        ..panel
    }
}

fn looking_title(scene: &Scene<'_>) -> String {
    format!(" {} ", words::looking_title(scene.state.looking_ms().unwrap_or_default(), &scene.names))
}

/// The word as large as the message leaves room for, then the message, most important first.
fn lines(panel: &Panel, area: Rect) -> Vec<Line<'static>> {
    let margin = usize::from(area.width >= 12);
    let width = usize::from(area.width).saturating_sub(2 * margin);
    let height = usize::from(area.height);
    let mut message = message(panel, width);
    let plain_word = || vec![format!("{}  {}", panel.symbol, panel.word)];
    let least = if height >= LARGE_WORD_LEAST { letters::HEIGHT } else { 0 };
    let room = height.saturating_sub(message.len() + 1).max(least);
    let mut word = letters::largest(panel.symbol, &panel.word, width, room).unwrap_or_else(plain_word);
    let left = height.saturating_sub(word.len());
    if message.len() > left {
        message.truncate(left);
        if left > 2 {
            message.pop();
            message.push(("…".into(), Style::new()));
        }
    }
    let is_large = word.len() > 1;
    if is_large && message.len() < left {
        // What is left over goes above and below the word.
        let free = height.saturating_sub(word.len() + message.len() + 1);
        word.splice(0..0, std::iter::repeat_n(String::new(), (free / 3).min(4)));
        word.push(String::new());
    } else if message.len() < left {
        word.push(String::new());
    }
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let word = word.into_iter().map(|row| (row, bold));
    let indent = " ".repeat(margin);
    word.chain(message).map(|(row, style)| Line::styled(format!("{indent}{row}"), style)).collect()
}

fn message(panel: &Panel, width: usize) -> Vec<(String, Style)> {
    let (plain, bold) = (Style::new(), Style::new().add_modifier(Modifier::BOLD));
    let Message { headline, lines, notes, step } = &panel.message;
    let mut rows = Vec::new();
    rows.extend(wrap(headline, width).into_iter().map(|row| (row, bold)));
    if let Some((done, total)) = panel.progress {
        rows.push((bar(done, total, width), plain));
    }
    let asks_first = matches!(panel.mood, Mood::Verdict(Look::Check));
    if let Some(step) = step {
        let style = if asks_first { bold } else { plain };
        rows.extend(hanging("▸ ", step, width).into_iter().map(|row| (row, style)));
    }
    for line in lines {
        rows.extend(wrap(line, width).into_iter().map(|row| (row, plain)));
    }
    for note in notes {
        rows.extend(wrap(note, width).into_iter().map(|row| (row, bold)));
    }
    rows
}

/// Returns `text` in lines behind `mark`, the later ones indented alike. `mark` is two columns wide.
fn hanging(mark: &str, text: &str, width: usize) -> Vec<String> {
    let lines = wrap(text, width.saturating_sub(2)).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{line}", if at == 0 { mark } else { "  " })).collect()
}

fn bar(done: u64, total: u64, width: usize) -> String {
    let full = u64::try_from(width).unwrap_or(u64::MAX);
    let filled = done.min(total).saturating_mul(full).checked_div(total).unwrap_or(0);
    let filled = usize::try_from(filled).unwrap_or(width).min(width);
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

/// A code that was no ticket: small, grey, below what is shown.
fn draw_aside(scene: &Scene<'_>, shown: &Shown, frame: &mut Frame<'_>, area: Rect) {
    let message = words::message(&shown.decided, &scene.names);
    let width = usize::from(area.width).saturating_sub(2);
    let word = words::look_word(shown.look, &scene.names);
    let head = format!("{}  {word}: {}", words::look_symbol(shown.look), message.headline);
    let text = wrap(&head, width).into_iter().chain(wrap(message.step.as_deref().unwrap_or_default(), width));
    let lines: Vec<Line<'_>> = text.map(|row| Line::raw(format!(" {row}"))).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).style(scene.theme.panel(Mood::Verdict(shown.look), false)), area);
}
