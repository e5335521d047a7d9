//! A sold ticket over the whole screen, to be photographed: the code in half blocks, two modules
//! above each other in one character, and beside it whose it is.
//!
//! Black on white whatever the terminal's colours are, and with `NO_COLOR` too: a code is a picture,
//! and a camera reads no code whose dark and light are swapped. All the screen is white, so that
//! the code's quiet zone goes on around it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::Scene;
use super::screen::verdict_lines;
use super::text::wrap;
use crate::app::Screen;
use crate::app::screen::ticket::Ticket;
use crate::app::screen::walk_in::Stage;
use crate::print::code::{Level, Modules, QUIET_ZONE};
use crate::tui::words::{self, Keys, walk_in as said};

const BLACK: Color = Color::Rgb(0, 0, 0);
const WHITE: Color = Color::Rgb(255, 255, 255);
/// The least quiet zone, where the screen's own edge must do for the rest, in modules.
const QUIET_LEAST: usize = 1;
/// The least columns that are worth writing beside the code.
const TEXT_LEAST: u16 = 20;

/// Returns the ticket that fills the screen, if one does.
pub(super) fn of(screen: &Screen) -> Option<&Ticket> {
    match screen {
        Screen::WalkIn(screen) => match screen.stage() {
            Stage::Ticket(ticket) => Some(ticket),
            _ => None,
        },
        Screen::Sales(screen) => screen.ticket(),
        _ => None,
    }
}

pub(super) fn draw(scene: &Scene<'_>, ticket: &Ticket, keys: Keys, frame: &mut Frame<'_>, area: Rect) {
    let paper = Style::new().fg(BLACK).bg(WHITE);
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, paper);
    let code = Placed::best(&ticket.receipt().credential, area).filter(|_| !scene.is_spoken);
    let columns = code.as_ref().map_or(0, Placed::columns);
    if let Some(code) = &code {
        code.draw(frame, area);
    }
    let left = area.width.saturating_sub(columns);
    if code.is_none() || left >= TEXT_LEAST {
        // The quiet zone ends a module before the text begins.
        let margin = u16::from(code.is_some());
        let place = Rect { x: area.x + columns + margin, width: left.saturating_sub(margin + 1), ..area };
        frame.render_widget(Paragraph::new(text(scene, ticket, keys, code.is_some(), place)).style(paper), place);
    }
}

/// What is written beside the code.
fn text<'a>(scene: &Scene<'_>, ticket: &Ticket, keys: Keys, has_code: bool, place: Rect) -> Vec<Line<'a>> {
    let names = &scene.names;
    let width = usize::from(place.width);
    let (receipt, bold) = (ticket.receipt(), Style::new().add_modifier(Modifier::BOLD));
    let mut lines: Vec<Line<'a>> = Vec::new();
    lines.extend(verdict_lines(scene, width, usize::from(place.height)));
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    let mut add = |text: &str, style: Style| {
        lines.extend(wrap(text, width).into_iter().map(|line| Line::styled(line, style)));
    };
    let number = receipt.sold.ticket.typed_code();
    add(&words::clean(receipt.sold.name()), bold);
    add(&words::clean(&receipt.class), Style::new());
    add(&said::paid(&receipt.sold, names), Style::new());
    add(&number, bold);
    add(" ", Style::new());
    let sentence = match (receipt.sold.is_undone, has_code) {
        (true, _) => "walk-in-taken-back",
        (false, true) => "walk-in-photograph",
        (false, false) if scene.is_spoken => "plain-ticket",
        (false, false) => "walk-in-too-small",
    };
    add(&names.say(sentence), Style::new());
    let done = ticket.done().map(|done| said::done(done, names).unwrap_or_else(|| names.say("walk-in-printing")));
    if let Some(done) = done {
        lines.push(Line::default());
        lines.extend(wrap(&done, width).into_iter().map(|line| Line::styled(line, bold)));
    }
    lines.push(Line::default());
    for (key, what) in keys {
        lines.push(Line::from(vec![Span::styled(format!("{key:<6}"), bold), Span::raw(names.say(what))]));
    }
    lines
}

/// A code in its place: at the left, as large as the screen lets it be.
struct Placed {
    modules: Modules,
    /// Columns to a module, and half rows.
    scale: usize,
    quiet: usize,
}

impl Placed {
    /// Returns the code whose modules are largest; of two the one that forgives more.
    fn best(credential: &str, area: Rect) -> Option<Self> {
        let of = |level: Level, quiet: usize| -> Option<Self> {
            let modules = Modules::of(credential, level).ok()?;
            let side = modules.size() + 2 * quiet;
            let scale = (usize::from(area.width) / side).min(2 * usize::from(area.height) / side);
            (scale > 0).then_some(Self { modules, scale, quiet })
        };
        let (small, forgiving) = (of(Level::M, QUIET_ZONE), of(Level::Q, QUIET_ZONE));
        match (small, forgiving) {
            (Some(small), Some(forgiving)) if forgiving.scale >= small.scale => Some(forgiving),
            (Some(small), _) => Some(small),
            (None, _) => of(Level::M, QUIET_LEAST),
        }
    }

    fn side(&self) -> usize {
        (self.modules.size() + 2 * self.quiet) * self.scale
    }

    fn columns(&self) -> u16 {
        u16::try_from(self.side()).unwrap_or(u16::MAX)
    }

    fn colour(&self, x: usize, y: usize) -> Color {
        let module = |at: usize| usize::checked_sub(at / self.scale, self.quiet);
        let is_dark = module(x).zip(module(y)).is_some_and(|(x, y)| self.modules.is_dark(x, y));
        if is_dark { BLACK } else { WHITE }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        for (y, row) in (0..self.side()).step_by(2).zip(area.y..area.bottom()) {
            for (x, column) in (0..self.side()).zip(area.x..area.right()) {
                if let Some(cell) = frame.buffer_mut().cell_mut((column, row)) {
                    cell.set_char('▀').set_fg(self.colour(x, y)).set_bg(self.colour(x, y + 1));
                }
            }
        }
    }
}
