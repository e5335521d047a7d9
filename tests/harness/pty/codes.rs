//! A screen as a camera held before it sees it, and the codes in that.

use image::{GrayImage, Luma};
use usher_terminal::camera::Frame;
use usher_terminal::decoder::{Budget, Decoder};

use super::{Screen, lock};

/// The size of a cell in pixels: half of one is a square.
const WIDTH: u32 = 8;
const HEIGHT: u32 = 16;

impl Screen {
    /// Returns the screen in grey: grounds and block characters; letters are left out.
    pub fn photograph(&self) -> GrayImage {
        let shown = lock(&self.shown.0);
        let screen = shown.parser.screen();
        let (rows, columns) = (u32::from(screen.size().0.get()), u32::from(screen.size().1.get()));
        GrayImage::from_fn(columns * WIDTH, rows * HEIGHT, |x, y| {
            let (row, column) = (u16::try_from(y / HEIGHT), u16::try_from(x / WIDTH));
            let cell = row.ok().zip(column.ok()).and_then(|(row, column)| screen.cell(row, column));
            Luma([cell.map_or(0, |cell| grey(cell, y % HEIGHT < HEIGHT / 2))])
        })
    }

    /// Reads the codes on the screen with the decoder that terminals use.
    pub fn codes(&self) -> Vec<String> {
        let picture = self.photograph();
        let Ok(frame) = Frame::new(picture.width(), picture.height(), picture.into_raw()) else { return Vec::new() };
        Decoder::new(Budget::thorough()).decode(&frame).codes.into_iter().map(|code| code.text).collect()
    }
}

fn grey(cell: &vt100::Cell, is_upper: bool) -> u8 {
    let (mut letter, mut ground) = (brightness(cell.fgcolor(), 224), brightness(cell.bgcolor(), 0));
    if cell.inverse() {
        (letter, ground) = (ground, letter);
    }
    match (cell.contents(), is_upper) {
        ("█", _) | ("▀", true) | ("▄", false) => letter,
        _ => ground,
    }
}

fn brightness(colour: vt100::Color, default: u8) -> u8 {
    match colour {
        vt100::Color::Default => default,
        vt100::Color::Idx(0) => 0,
        vt100::Color::Idx(_) => 160,
        vt100::Color::Rgb(red, green, blue) => {
            let sum = 3 * u16::from(red) + 6 * u16::from(green) + u16::from(blue);
            u8::try_from(sum / 10).unwrap_or(u8::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    #[test]
    fn half_blocks_are_dark_where_their_colour_is() {
        let script = r"printf '\033[38;2;255;255;255;48;2;0;0;0m▀\033[0m'; printf 'A end'; read wait";
        let screen = Screen::start(Command::new("sh").args(["-c", script]), 20, 5).unwrap();
        screen.wait_for("end", Duration::from_secs(10)).unwrap();

        let picture = screen.photograph();

        assert_eq!(picture.dimensions(), (160, 80));
        assert_eq!(
            [picture.get_pixel(0, 0).0, picture.get_pixel(7, 8).0, picture.get_pixel(8, 0).0],
            [[255], [0], [0]]
        );
        assert!(screen.codes().is_empty());
    }
}
