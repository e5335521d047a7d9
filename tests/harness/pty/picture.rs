//! A screen as a picture (SVG), for readers who have no terminal at hand.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// A cell's width and height, and the size of letters, in pixels.
const CELL: (u32, u32) = (9, 18);
const LETTER: u32 = 15;
/// Front and ground where the program says nothing.
const PLAIN: (&str, &str) = ("#e4e4e4", "#1c1c1c");
/// The first sixteen colours of the table, as xterm has them.
const BASIC: [u32; 16] = [
    0x00_00_00, 0xcd_00_00, 0x00_cd_00, 0xcd_cd_00, 0x00_00_ee, 0xcd_00_cd, 0x00_cd_cd, 0xe5_e5_e5, 0x7f_7f_7f,
    0xff_00_00, 0x00_ff_00, 0xff_ff_00, 0x5c_5c_ff, 0xff_00_ff, 0x00_ff_ff, 0xff_ff_ff,
];
/// The steps of red, green and blue in the table's cube.
const STEPS: [u32; 6] = [0, 95, 135, 175, 215, 255];

/// Draws what `screen` shows.
pub(super) fn svg(screen: &Screen) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let (width, height) = (u32::from(columns) * CELL.0, u32::from(rows) * CELL.1);
    let (mut grounds, mut letters) = (String::new(), String::new());
    for row in 0..rows {
        let y = u32::from(row) * CELL.1;
        for run in runs(screen, row, columns) {
            let (x, wide) = (u32::from(run.column) * CELL.0, u32::from(run.columns) * CELL.0);
            let Look { front, back, is_bold, block } = &run.look;
            if back != PLAIN.1 {
                // A hair larger, so that no seam shows.
                let _ = writeln!(
                    grounds,
                    r#"<rect x="{x}" y="{y}" width="{wide}.4" height="{}.4" fill="{back}"/>"#,
                    CELL.1
                );
            }
            if let Some((top, high)) = block {
                let top = y + top;
                let _ =
                    writeln!(letters, r#"<rect x="{x}" y="{top}" width="{wide}.4" height="{high}.4" fill="{front}"/>"#);
            } else if !run.text.trim().is_empty() {
                let weight = if *is_bold { r#" font-weight="bold""# } else { "" };
                let (base, said) = (y + CELL.1 * 3 / 4, run.text.trim_end());
                let wide = wide - CELL.0 * u32::try_from(run.text.len() - said.len()).unwrap_or_default();
                let text = escaped(said);
                let _ = writeln!(
                    letters,
                    r#"<text x="{x}" y="{base}" textLength="{wide}" fill="{front}"{weight}>{text}</text>"#
                );
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" \
         font-size=\"{LETTER}\" xml:space=\"preserve\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n\
         {grounds}{letters}</svg>\n",
        PLAIN.1
    )
}

/// Cells of one look beside each other.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
}

#[derive(PartialEq)]
struct Look {
    front: String,
    back: String,
    is_bold: bool,
    /// Where a block begins in its cell, and how high it is, in pixels: blocks are drawn, since few fonts let them
    /// touch.
    block: Option<(u32, u32)>,
}

fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let said = if cell.contents().is_empty() { " " } else { cell.contents() };
        let (front, back) = colours(cell);
        let look = Look { front, back, is_bold: cell.bold(), block: block(said) };
        let width = if cell.is_wide() { 2 } else { 1 };
        match runs.last_mut() {
            // Letters of other widths in the font would push their neighbours away.
            Some(last) if last.look == look && said.is_ascii() == last.text.is_ascii() && said.is_ascii() => {
                last.columns += width;
                last.text.push_str(said);
            }
            Some(last) if last.look == look && look.block.is_some() => last.columns += width,
            _ => runs.push(Run { column, columns: width, text: said.to_owned(), look }),
        }
    }
    runs
}

const fn block(said: &str) -> Option<(u32, u32)> {
    match said.as_bytes() {
        // █
        b"\xe2\x96\x88" => Some((0, CELL.1)),
        // ▀
        b"\xe2\x96\x80" => Some((0, CELL.1 / 2)),
        // ▄
        b"\xe2\x96\x84" => Some((CELL.1 / 2, CELL.1 / 2)),
        _ => None,
    }
}

fn colours(cell: &Cell) -> (String, String) {
    let front = colour(cell.fgcolor()).unwrap_or_else(|| PLAIN.0.to_owned());
    let back = colour(cell.bgcolor()).unwrap_or_else(|| PLAIN.1.to_owned());
    if cell.inverse() { (back, front) } else { (front, back) }
}

fn colour(colour: Color) -> Option<String> {
    let rgb = match colour {
        Color::Default => return None,
        Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
        Color::Idx(index) => indexed(index),
    };
    Some(format!("#{rgb:06x}"))
}

fn indexed(index: u8) -> u32 {
    let number = u32::from(index);
    let step = |place: u32| STEPS.get(((number - 16) / place % 6) as usize).copied().unwrap_or_default();
    match index {
        0..16 => BASIC.get(usize::from(index)).copied().unwrap_or_default(),
        16..232 => (step(36) << 16) | (step(6) << 8) | step(1),
        232.. => (8 + 10 * (number - 232)) * 0x01_01_01,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
