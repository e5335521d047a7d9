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
    let mut grounds = String::new();
    let mut letters = String::new();
    for row in 0..rows {
        let y = u32::from(row) * CELL.1;
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
            let (x, cells) = (u32::from(column) * CELL.0, if cell.is_wide() { 2 } else { 1 });
            let (front, back) = colours(cell);
            let wide = cells * CELL.0;
            if back != PLAIN.1 {
                // A hair wider, so that no seam shows between two cells.
                let _ =
                    write!(grounds, r#"<rect x="{x}" y="{y}" width="{wide}.5" height="{}.5" fill="{back}"/>"#, CELL.1);
            }
            let said = cell.contents();
            if let Some(block) = block(said) {
                let _ = write!(letters, r#"<path transform="translate({x} {y})" d="{block}" fill="{front}"/>"#);
            } else if !said.trim().is_empty() {
                let weight = if cell.bold() { r#" font-weight="bold""# } else { "" };
                let base = y + CELL.1 * 3 / 4;
                let _ = write!(letters, r#"<text x="{x}" y="{base}" fill="{front}"{weight}>{}</text>"#, escaped(said));
            }
        }
        letters.push('\n');
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" \
         font-size=\"{LETTER}\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n{grounds}\n{letters}</svg>\n",
        PLAIN.1
    )
}

/// Blocks are drawn, since few fonts let them touch.
fn block(said: &str) -> Option<&'static str> {
    Some(match said {
        "█" => "M0 0h9.4v18.4h-9.4z",
        "▀" => "M0 0h9.4v9h-9.4z",
        "▄" => "M0 9h9.4v9.4h-9.4z",
        _ => return None,
    })
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
