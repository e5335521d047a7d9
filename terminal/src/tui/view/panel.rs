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
const FRAMED_LEAST: u16 = 8;
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
    let inner = block.inner(area);
    let (rows, is_marked) = lines(&panel, body_of(scene, inner, is_framed)[0], is_framed);
    let title = if is_marked { panel.title.clone() } else { format!(" {}{}", panel.symbol, or_space(&panel.title)) };
    let block = if is_framed { block.title(fit(&title, usize::from(area.width) - 2)) } else { block };
    frame.render_widget(block, area);
    let [body, aside] = body_of(scene, inner, is_framed);
    frame.render_widget(Paragraph::new(rows), body);
    match scene.state.aside() {
        Some(shown) if is_framed => draw_aside(scene, shown, frame, aside),
        _ => {}
    }
}

/// The panel's inside, and in it the place of a code that was no ticket.
fn body_of(scene: &Scene<'_>, inner: Rect, is_framed: bool) -> [Rect; 2] {
    let aside_rows = if scene.state.aside().is_some() && is_framed { ASIDE_ROWS.min(inner.height / 2) } else { 0 };
    Layout::vertical([Constraint::Min(0), Constraint::Length(aside_rows)]).areas(inner)
}

fn or_space(title: &str) -> &str {
    if title.is_empty() { " " } else { title }
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

/// The word as large as the message leaves room for, then the message; and whether the symbol stands before the word.
/// It stands there always unless `is_framed`: then it finds a place in the frame.
fn lines(panel: &Panel, area: Rect, is_framed: bool) -> (Vec<Line<'static>>, bool) {
    let margin = usize::from(area.width >= 12);
    let width = usize::from(area.width).saturating_sub(2 * margin);
    let height = usize::from(area.height);
    let blocks = blocks(panel, width);
    let rows: usize = blocks.iter().map(|block| block.rows.len()).sum();
    let needed: usize = blocks.iter().filter(|block| block.rank < Rank::More).map(|block| block.rows.len()).sum();
    let is_large = height >= LARGE_WORD_LEAST || height >= letters::HEIGHT + needed;
    let least = if is_large { letters::HEIGHT } else { 0 };
    let room = height.saturating_sub(rows + 1).max(least);
    let large = letters::largest(panel.symbol, &panel.word, width, room).filter(|large| large.is_marked || is_framed);
    let is_marked = matches!(panel.mood, Mood::Calm) || large.as_ref().is_none_or(|large| large.is_marked);
    let mut word = large.map_or_else(|| vec![plain_word(panel, width)], |large| large.rows);
    let message = shortened(blocks, height.saturating_sub(word.len()), width);
    let left = height.saturating_sub(word.len() + message.len());
    if left > 0 && word.len() > 1 {
        // What is left over goes above and below the word.
        word.splice(0..0, std::iter::repeat_n(String::new(), ((left - 1) / 3).min(4)));
    }
    if left > 0 {
        word.push(String::new());
    }
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let word = word.into_iter().map(|row| (row, bold));
    let indent = " ".repeat(margin);
    let rows = word.chain(message).map(|(row, style)| Line::styled(format!("{indent}{row}"), style)).collect();
    (rows, is_marked)
}

/// The word in letters of the usual size.
fn plain_word(panel: &Panel, width: usize) -> String {
    let word = format!("{}  {}", panel.symbol, panel.word);
    if words::columns(&word) <= width { word } else { format!("{} {}", panel.symbol, panel.word) }
}

/// What goes first where there is no room for everything.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Step,
    Headline,
    Note,
    More,
}

/// A sentence of the message, in rows.
struct Part {
    rank: Rank,
    rows: Vec<String>,
    style: Style,
}

/// The message in the order in which it is read.
fn blocks(panel: &Panel, width: usize) -> Vec<Part> {
    let (plain, bold) = (Style::new(), Style::new().add_modifier(Modifier::BOLD));
    let Message { headline, lines, notes, step } = &panel.message;
    let mut blocks = vec![Part { rank: Rank::Headline, rows: wrap(headline, width), style: bold }];
    if let Some((done, total)) = panel.progress {
        blocks.push(Part { rank: Rank::Note, rows: vec![bar(done, total, width)], style: plain });
    }
    let asks_first = matches!(panel.mood, Mood::Verdict(Look::Check));
    if let Some(step) = step {
        let style = if asks_first { bold } else { plain };
        blocks.push(Part { rank: Rank::Step, rows: hanging("▸ ", step, width), style });
    }
    blocks.extend(lines.iter().map(|line| Part { rank: Rank::More, rows: wrap(line, width), style: plain }));
    blocks.extend(notes.iter().map(|note| Part { rank: Rank::Note, rows: wrap(note, width), style: bold }));
    blocks
}

/// Returns the rows of `blocks` in `room` rows: what to do is kept longest, then why, then notes. What is left out
/// leaves an ellipsis.
fn shortened(mut blocks: Vec<Part>, room: usize, width: usize) -> Vec<(String, Style)> {
    let mut left = room;
    for rank in [Rank::Step, Rank::Headline, Rank::Note, Rank::More] {
        for block in blocks.iter_mut().filter(|block| block.rank == rank) {
            let has_more = block.rows.len() > left;
            block.rows.truncate(left);
            left -= block.rows.len();
            if has_more {
                block.rows.last_mut().into_iter().for_each(|row| *row = cut_short(row, width));
                // Whatever counts less would stand for something that is missing.
                left = 0;
            }
        }
    }
    let rows = blocks.into_iter().flat_map(|block| block.rows.into_iter().map(move |row| (row, block.style)));
    rows.collect()
}

/// Returns a row that goes on somewhere else.
fn cut_short(row: &str, width: usize) -> String {
    fit(&format!("{row} …"), width)
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
