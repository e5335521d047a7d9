//! A picture as cells: two pixels to each, in two colours, or as lighter and darker letters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::raster::{OUTLINE, OUTLINE_RGB, Raster};
use super::{Depth, KEPT};
use crate::camera::viewfinder::View;

/// The upper pixel is its front, the lower its back.
const UPPER_HALF: &str = "▀";
/// From dark to light.
const LETTERS: [&str; 10] = [" ", ".", ":", "-", "=", "+", "*", "o", "%", "@"];
/// An outline among letters.
const OUTLINE_LETTER: &str = "█";

/// Draws `view` into the cells of `place`.
pub fn draw(view: &View, depth: Depth, place: Rect, cells: &mut Buffer) {
    let place = place.intersection(cells.area);
    let raster = Raster::sized(view, (u32::from(place.width), u32::from(place.height) * 2));
    let pairs = raster.pixels.chunks_exact(usize::from(place.width.max(1)) * 2);
    for (y, pair) in (place.top()..place.bottom()).zip(pairs) {
        let (upper, lower) = pair.split_at(pair.len() / 2);
        for ((x, &upper), &lower) in (place.left()..place.right()).zip(upper).zip(lower) {
            let Some(cell) = cells.cell_mut((x, y)) else { continue };
            if depth == Depth::None {
                cell.set_symbol(letter(upper, lower));
            } else {
                cell.set_symbol(UPPER_HALF).set_fg(colour(upper, depth)).set_bg(colour(lower, depth));
            }
        }
    }
}

/// Keeps the cells of `place` free for a picture that is no text.
pub fn keep(place: Rect, cells: &mut Buffer) {
    for at in place.intersection(cells.area).positions() {
        if let Some(cell) = cells.cell_mut(at) {
            cell.set_symbol(KEPT);
        }
    }
}

fn letter(upper: u8, lower: u8) -> &'static str {
    if upper == OUTLINE || lower == OUTLINE {
        return OUTLINE_LETTER;
    }
    let light = (usize::from(upper) + usize::from(lower)) / 2;
    LETTERS.get(light * LETTERS.len() / 256).copied().unwrap_or(" ")
}

fn colour(pixel: u8, depth: Depth) -> Color {
    let [red, green, blue] = OUTLINE_RGB;
    match (depth, pixel) {
        (Depth::True, OUTLINE) => Color::Rgb(red, green, blue),
        (Depth::True, grey) => Color::Rgb(grey, grey, grey),
        (Depth::Table, OUTLINE) => Color::Indexed(78),
        // The table's 24 greys go from 8 to 238 in steps of 10; black and white are in its colour cube.
        (Depth::Table, 0..4) => Color::Indexed(16),
        (Depth::Table, 247..) => Color::Indexed(231),
        (Depth::Table, grey) => Color::Indexed(232 + (grey.saturating_sub(3) / 10).min(23)),
        (Depth::Few | Depth::None, OUTLINE) => Color::LightGreen,
        (Depth::Few | Depth::None, 0..64) => Color::Black,
        (Depth::Few | Depth::None, 64..128) => Color::DarkGray,
        (Depth::Few | Depth::None, 128..192) => Color::Gray,
        (Depth::Few | Depth::None, _) => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Frame;

    fn drawn(depth: Depth) -> Buffer {
        let frame = Frame::new(2, 2, vec![0, 130, 250, 250]).unwrap();
        let mut cells = Buffer::empty(Rect::new(0, 0, 4, 3));
        draw(&View { frame, codes: Vec::new() }, depth, Rect::new(1, 1, 2, 1), &mut cells);
        cells
    }

    #[test]
    fn a_cell_is_two_pixels() {
        let cells = drawn(Depth::True);

        let grey = |pixel| Color::Rgb(pixel, pixel, pixel);
        assert_eq!((cells[(1, 1)].symbol(), cells[(1, 1)].fg, cells[(1, 1)].bg), ("▀", grey(0), grey(250)));
        assert_eq!((cells[(2, 1)].fg, cells[(2, 1)].bg), (grey(130), grey(250)));
        assert_eq!(cells[(0, 1)].symbol(), " ");
    }

    #[test]
    fn fewer_colours_are_the_nearest_greys() {
        let cells = drawn(Depth::Table);
        assert_eq!((cells[(1, 1)].fg, cells[(1, 1)].bg), (Color::Indexed(16), Color::Indexed(231)));
        assert_eq!(cells[(2, 1)].fg, Color::Indexed(244));

        let cells = drawn(Depth::Few);
        assert_eq!((cells[(2, 1)].fg, cells[(2, 1)].bg), (Color::Gray, Color::White));
    }

    #[test]
    fn without_colours_letters_are_lighter_or_darker() {
        let cells = drawn(Depth::None);

        assert_eq!((cells[(1, 1)].symbol(), cells[(2, 1)].symbol()), ("=", "o"));
        assert_eq!((cells[(1, 1)].fg, cells[(1, 1)].bg), (Color::Reset, Color::Reset));
    }

    #[test]
    fn an_outline_is_told_apart_from_white_in_every_depth() {
        for depth in [Depth::True, Depth::Table, Depth::Few] {
            assert_ne!(colour(OUTLINE, depth), colour(OUTLINE - 1, depth));
        }
        assert_ne!(letter(OUTLINE, 254), letter(254, 254));
    }

    #[test]
    fn a_place_outside_the_screen_draws_nothing() {
        let mut cells = Buffer::empty(Rect::new(0, 0, 2, 2));
        let view = View { frame: Frame::new(1, 1, vec![9]).unwrap(), codes: Vec::new() };

        draw(&view, Depth::True, Rect::new(5, 5, 10, 10), &mut cells);
        keep(Rect::new(1, 1, 9, 9), &mut cells);

        assert_eq!(cells[(1, 1)].symbol(), KEPT);
        assert_eq!(cells[(0, 0)].symbol(), " ");
    }
}
