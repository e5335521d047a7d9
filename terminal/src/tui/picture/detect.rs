//! Which way of drawing pictures the emulator knows.
//!
//! The environment is asked first. Where it names no emulator that is known, the emulator itself is
//! asked whether it draws sixels; see [`query`]. Over a network and in multiplexers blocks
//! are drawn: pixels would be many bytes on a line that verdicts need, or would not arrive at all.

use ratatui::crossterm::terminal::window_size;

use super::query::{self, Answer};
use super::{CELL_USUAL, Cell, Choice, Depth, Drawing, Protocol};
use crate::config::Emulator;
use crate::tui::theme::Palette;

/// Decides how pictures are drawn, asking the emulator where that is needed and harmless.
///
/// The screen must be in raw mode and nobody else may read keys meanwhile.
pub(super) fn decide(choice: Choice, emulator: &Emulator, palette: Palette) -> Drawing {
    drawing(choice, emulator, palette, cell(), query::ask)
}

fn drawing(
    choice: Choice,
    emulator: &Emulator,
    palette: Palette,
    cell: Option<Cell>,
    ask: impl FnOnce() -> Answer,
) -> Drawing {
    let blocks = Drawing::Blocks(depth(emulator, palette));
    let named = match choice {
        Choice::Blocks => return blocks,
        Choice::Pixels(protocol) => Some(protocol),
        Choice::Auto | Choice::Off if emulator.is_remote || emulator.is_multiplexed => return blocks,
        Choice::Auto | Choice::Off => named(emulator),
    };
    match named {
        Some(Protocol::Sixel) => match cell.or_else(|| ask().cell) {
            Some(cell) => Drawing::Pixels(Protocol::Sixel, cell),
            // Of unknown size, sixels could run over the rest of the screen.
            None => blocks,
        },
        Some(protocol) => Drawing::Pixels(protocol, cell.unwrap_or(CELL_USUAL)),
        None if emulator.is_plain() => blocks,
        None => {
            let answer = ask();
            match answer.cell.or(cell).filter(|_| answer.has_sixels) {
                Some(cell) => Drawing::Pixels(Protocol::Sixel, cell),
                None => blocks,
            }
        }
    }
}

/// Returns what the emulator is known to draw.
fn named(emulator: &Emulator) -> Option<Protocol> {
    let term = emulator.term.as_str();
    let program = emulator.program.as_str();
    if emulator.is_kitty || term.contains("kitty") || term.contains("ghostty") || program == "ghostty" {
        Some(Protocol::Kitty)
    } else if ["iTerm.app", "WezTerm", "mintty", "rio", "Tabby"].contains(&program) || emulator.is_iterm {
        Some(Protocol::Iterm)
    } else if term.starts_with("foot") || term.starts_with("mlterm") || term.starts_with("contour") {
        Some(Protocol::Sixel)
    } else {
        None
    }
}

fn depth(emulator: &Emulator, palette: Palette) -> Depth {
    if palette == Palette::Monochrome {
        Depth::None
    } else if palette == Palette::Few {
        Depth::Few
    } else if ["truecolor", "24bit"].contains(&emulator.colours.as_str()) || emulator.term.contains("direct") {
        Depth::True
    } else if emulator.term.contains("256color") || named(emulator).is_some() {
        Depth::Table
    } else {
        Depth::Few
    }
}

/// Returns the size of a cell, where the system knows it.
fn cell() -> Option<Cell> {
    let size = window_size().ok()?;
    let width = size.width.checked_div(size.columns)?;
    let height = size.height.checked_div(size.rows)?;
    (width > 0 && height > 0).then_some(Cell { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Cell = Cell { width: 9, height: 18 };

    fn emulator(term: &str, program: &str) -> Emulator {
        Emulator { term: term.into(), program: program.into(), colours: "truecolor".into(), ..Emulator::default() }
    }

    /// How pictures are drawn by an emulator that answers nothing, in cells of a known size.
    fn silent(choice: Choice, emulator: &Emulator) -> Drawing {
        drawing(choice, emulator, Palette::Colours, Some(CELL), Answer::default)
    }

    #[test]
    fn an_emulator_is_known_by_its_name() {
        for (term, program, protocol) in [
            ("xterm-kitty", "", Protocol::Kitty),
            ("xterm-256color", "ghostty", Protocol::Kitty),
            ("xterm-256color", "iTerm.app", Protocol::Iterm),
            ("xterm-256color", "WezTerm", Protocol::Iterm),
            ("foot", "", Protocol::Sixel),
        ] {
            assert_eq!(silent(Choice::Auto, &emulator(term, program)), Drawing::Pixels(protocol, CELL), "{term}");
        }
    }

    #[test]
    fn an_emulator_that_says_it_draws_sixels_is_believed() {
        let says = |has_sixels, cell| move || Answer { has_sixels, cell };
        let xterm = emulator("xterm-256color", "");
        let ask = |says| drawing(Choice::Auto, &xterm, Palette::Colours, None, says);

        assert_eq!(ask(says(true, Some(CELL))), Drawing::Pixels(Protocol::Sixel, CELL));
        assert_eq!(ask(says(true, None)), Drawing::Blocks(Depth::True));
        assert_eq!(ask(says(false, Some(CELL))), Drawing::Blocks(Depth::True));
    }

    #[test]
    fn over_a_network_or_in_a_multiplexer_blocks_are_drawn_unless_asked_for() {
        let remote = Emulator { is_remote: true, ..emulator("xterm-kitty", "") };
        let within = Emulator { is_multiplexed: true, ..emulator("xterm-kitty", "") };

        assert_eq!(silent(Choice::Auto, &remote), Drawing::Blocks(Depth::True));
        assert_eq!(silent(Choice::Auto, &within), Drawing::Blocks(Depth::True));
        assert_eq!(silent(Choice::Pixels(Protocol::Kitty), &remote), Drawing::Pixels(Protocol::Kitty, CELL));
    }

    #[test]
    fn a_plain_console_is_asked_nothing() {
        let never = || -> Answer { panic!("asked") };

        let linux = drawing(
            Choice::Auto,
            &Emulator { colours: String::new(), ..emulator("linux", "") },
            Palette::Colours,
            None,
            never,
        );

        assert_eq!(linux, Drawing::Blocks(Depth::Few));
    }

    #[test]
    fn colours_are_as_many_as_the_emulator_has() {
        let table = Emulator { colours: String::new(), ..emulator("xterm-256color", "") };

        assert_eq!(silent(Choice::Blocks, &table), Drawing::Blocks(Depth::Table));
        let letters = drawing(Choice::Auto, &table, Palette::Monochrome, None, Answer::default);
        assert_eq!(letters, Drawing::Blocks(Depth::None));
        assert_eq!(silent(Choice::Off, &table), Drawing::Blocks(Depth::Table), "it may be turned on");
    }
}
