//! The verdicts in other looks: on a light ground, and with few colours.

use std::fmt::Write as _;

use ratatui::style::Color;

use super::super::theme::Ground;
use super::*;

const VERDICTS: [&str; 4] = ["admit", "deny_already_in", "check_unpaid", "exit"];

#[test]
fn verdicts_on_a_light_ground_and_with_few_colours() {
    let looks = [
        ("light", Theme::new(Palette::Colours).on(Ground::PaintedLight)),
        ("few", Theme::new(Palette::Few)),
        ("few_light", Theme::new(Palette::Few).on(Ground::PaintedLight)),
    ];
    for (name, state) in states().into_iter().filter(|(name, _)| VERDICTS.contains(name)) {
        for (look, theme) in looks {
            let screen = draw_with(&state, theme);
            insta::assert_snapshot!(format!("{look}_{name}_80x24"), coloured(&screen));
        }
    }
}

#[test]
fn nothing_is_written_in_the_colour_that_it_stands_on() {
    for (name, state) in states() {
        for palette in [Palette::Colours, Palette::Few] {
            for ground in [Ground::Dark, Ground::Light, Ground::PaintedDark, Ground::PaintedLight] {
                let screen = draw_with(&state, Theme::new(palette).on(ground));
                let is_lost = |cell: &&ratatui::buffer::Cell| {
                    // Half blocks are parts of pictures and codes.
                    cell.fg == cell.bg && cell.fg != Color::Reset && !matches!(cell.symbol(), " " | "▀" | "▄" | "█")
                };
                let lost = screen.content().iter().filter(is_lost).count();
                assert_eq!(lost, 0, "{name} {palette:?} {ground:?}\n{}", text(&screen));
            }
        }
    }
}

#[test]
fn a_painted_ground_leaves_no_hole() {
    for (name, state) in states() {
        let screen = draw_with(&state, Theme::new(Palette::Colours).on(Ground::PaintedLight));
        let cells = screen.content();
        // The second column of a wide letter is the letter's.
        let holes = cells
            .iter()
            .zip(cells.iter().skip(1))
            .filter(|(before, cell)| cell.bg == Color::Reset && crate::tui::words::columns(before.symbol()) < 2);
        assert_eq!(holes.count(), 0, "{name}");
    }
}

fn draw_with(state: &State, theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| drop(view(state, theme, catalogue(Language::English), frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows, with the colours and attributes of each stretch of cells below its row.
fn coloured(screen: &Buffer) -> String {
    let width = usize::from(screen.area.width).max(1);
    let mut seen = String::new();
    for (row, cells) in text(screen).lines().zip(screen.content().chunks(width)) {
        let _ = writeln!(seen, "{row}");
        let mut stretches: Vec<(usize, String)> = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            let style = format!("{} on {} {:?}", cell.fg, cell.bg, cell.modifier);
            if stretches.last().is_none_or(|(_, last)| *last != style) {
                stretches.push((at, style));
            }
        }
        for (from, style) in stretches {
            let _ = writeln!(seen, "    {from}: {}", style.replace(" NONE", ""));
        }
    }
    seen
}
