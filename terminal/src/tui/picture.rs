//! The camera's picture on the screen: as true pixels where the emulator can show them, as blocks of
//! colour or as letters elsewhere.
//!
//! Blocks are cells like any other text. True pixels are written past the cells: the view keeps a place
//! free for them, filled with [`KEPT`], and only where every cell of the place still holds that (no
//! help or question lies over it) is the picture written there.

pub mod blocks;
mod detect;
mod iterm;
mod kitty;
mod query;
mod raster;
mod sixel;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sync_protocol::time::Uptime;

use self::detect::decide;
use self::raster::Raster;
use super::theme::Palette;
use super::view::picture_area;
use crate::app::State;

use crate::camera::viewfinder::{View, Viewfinder, fit};
use crate::config::Emulator;

/// What a cell holds that is kept free for the picture: a space that is no ordinary space.
pub(super) const KEPT: &str = "\u{a0}";
/// The most pixels of a side that are sent to the emulator; those that can make pictures larger do.
const PIXELS_MAX: u32 = 640;
/// The size of a cell in pixels where nobody knows it: its shape is right nearly everywhere.
const CELL_USUAL: Cell = Cell { width: 8, height: 16 };
/// After drawing a picture, so many times as long passes before the next.
const REST: u32 = 3;

/// How the picture is drawn, as somebody asks for it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Choice {
    /// As the emulator can.
    #[default]
    Auto,
    /// In this way, whatever the emulator says.
    Pixels(Protocol),
    /// As blocks.
    Blocks,
    /// As the emulator can, once somebody asks for it.
    Off,
}

/// How an emulator is sent pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Kitty's graphics protocol (<https://sw.kovidgoyal.net/kitty/graphics-protocol/>).
    Kitty,
    /// iTerm2's inline images (<https://iterm2.com/documentation-images.html>).
    Iterm,
    /// DEC's sixels (VT330/VT340 Programmer Reference Manual, volume 2, chapter 14).
    Sixel,
}

/// How many colours a cell may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The table of 256.
    Table,
    /// Black, two greys and white of the oldest table.
    Few,
    /// None: letters are lighter or darker.
    None,
}

/// The size of a cell in pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cell {
    /// Its width.
    pub width: u16,
    /// Its height.
    pub height: u16,
}

/// How the picture is drawn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Drawing {
    /// Not at all.
    #[default]
    Off,
    /// As blocks or letters.
    Blocks(Depth),
    /// As pixels.
    Pixels(Protocol, Cell),
}

/// What is needed to show pictures.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where they lie.
    pub viewfinder: Arc<Viewfinder>,
    /// How they are asked for.
    pub choice: Choice,
    /// What the environment says about the emulator.
    pub emulator: Emulator,
}

impl FromStr for Choice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "kitty" => Ok(Self::Pixels(Protocol::Kitty)),
            "iterm" => Ok(Self::Pixels(Protocol::Iterm)),
            "sixel" => Ok(Self::Pixels(Protocol::Sixel)),
            "blocks" => Ok(Self::Blocks),
            "off" => Ok(Self::Off),
            _ => Err("a picture is auto, kitty, iterm, sixel, blocks or off"),
        }
    }
}

impl Drawing {
    /// Returns the greatest picture, in pixels, that is of use in `area`.
    pub fn wanted(self, area: Rect) -> Option<(u32, u32)> {
        let (width, height) = self.pixels(area)?;
        (width > 0 && height > 0).then_some((width.min(PIXELS_MAX), height.min(PIXELS_MAX)))
    }

    /// Returns the place of `view` in the middle of `area`.
    pub fn place(self, view: &View, area: Rect) -> Rect {
        let Some(most) = self.pixels(area).filter(|(width, height)| *width > 0 && *height > 0) else {
            return Rect { width: 0, height: 0, ..area };
        };
        let cell = self.cell();
        let (width, height) = fit((view.frame.width(), view.frame.height()), most);
        // A cell that would be filled to less than half stays empty.
        let cells = |pixels: u32, cell: u16, most: u16| {
            let cell = u32::from(cell.max(1));
            u16::try_from((pixels + cell / 2) / cell).unwrap_or(most).clamp(1, most)
        };
        let (width, height) = (cells(width, cell.width, area.width), cells(height, cell.height, area.height));
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
    }

    fn pixels(self, area: Rect) -> Option<(u32, u32)> {
        let cell = self.cell();
        let along = |cells: u16, cell: u16| u32::from(cells) * u32::from(cell);
        (self != Self::Off).then(|| (along(area.width, cell.width), along(area.height, cell.height)))
    }

    /// A block or letter is one pixel wide and two high.
    const fn cell(self) -> Cell {
        match self {
            Self::Pixels(_, cell) => cell,
            Self::Off | Self::Blocks(_) => Cell { width: 1, height: 2 },
        }
    }
}

/// Keeps pictures in step with the screen, and off it for a while where drawing is slow.
#[derive(Debug)]
pub struct Pictures {
    drawing: Drawing,
    viewfinder: Option<Arc<Viewfinder>>,
    /// The picture that the screen showed last.
    seen: Option<Arc<View>>,
    /// The pixels that stand on the screen now, and where.
    written: Option<(Arc<View>, Rect)>,
    is_new: bool,
    not_before: Uptime,
}

impl Pictures {
    /// Decides how pictures are drawn, asking the emulator where that is needed. Nobody else may read
    /// keys meanwhile.
    pub fn start(setup: Option<Setup>, palette: Palette) -> (Self, Drawing) {
        let drawing = setup.as_ref().map_or(Drawing::Off, |setup| decide(setup.choice, &setup.emulator, palette));
        (Self::new(drawing, setup.map(|setup| setup.viewfinder)), drawing)
    }

    const fn new(drawing: Drawing, viewfinder: Option<Arc<Viewfinder>>) -> Self {
        Self { drawing, viewfinder, seen: None, written: None, is_new: false, not_before: Uptime(0) }
    }

    /// Says how large pictures may be from now on, and returns what to write to the emulator after the
    /// cells of `frame` are drawn.
    pub fn step(&mut self, state: &State, frame: &mut Frame<'_>) -> Option<Vec<u8>> {
        let area = picture_area(frame.area());
        if let Some(viewfinder) = &self.viewfinder {
            let area = area.filter(|_| state.sight().is_on());
            viewfinder.want(area.and_then(|area| self.drawing.wanted(area)));
        }
        let view = state.sight().view();
        let is_same = match (view, &self.seen) {
            (Some(view), Some(seen)) => Arc::ptr_eq(view, seen),
            (view, seen) => view.is_none() && seen.is_none(),
        };
        if !is_same {
            self.seen = view.cloned();
            self.is_new = true;
        }
        let place = area.and_then(|area| view.map(|view| (view, self.drawing.place(view, area))));
        self.pixels(frame.buffer_mut(), place)
    }

    /// Returns what to write so that the pixels of `view` stand in `place`, unless something lies over it.
    fn pixels(&mut self, cells: &Buffer, place: Option<(&Arc<View>, Rect)>) -> Option<Vec<u8>> {
        let Drawing::Pixels(protocol, cell) = self.drawing else { return None };
        let Some((view, place)) = place.filter(|(_, place)| is_kept(cells, *place)) else {
            // Text drawn over it takes sixels and iTerm2's pictures away; kitty's lie on a layer of their own.
            return self.end();
        };
        if self.written.as_ref().is_some_and(|(written, at)| Arc::ptr_eq(written, view) && *at == place) {
            return None;
        }
        self.written = Some((Arc::clone(view), place));
        let raster = Raster::of(view);
        let picture = match protocol {
            Protocol::Kitty => kitty::picture(&raster, place),
            Protocol::Iterm => iterm::picture(&raster, place),
            Protocol::Sixel => sixel::picture(&raster.fitted(pixels(place, cell))),
        }?;
        Some(at(place, &picture))
    }

    /// Learns that drawing the screen took so long: if a new picture was on it, the next one comes after
    /// a rest.
    pub fn drawn(&mut self, took: Duration, now: Uptime) {
        if std::mem::take(&mut self.is_new) {
            let rest = u64::try_from((took * REST).as_millis()).unwrap_or(u64::MAX);
            self.not_before = now.plus(rest);
        }
    }

    /// Returns when the next picture may be drawn.
    pub const fn not_before(&self) -> Uptime {
        self.not_before
    }

    /// Returns what takes the pixels away that stand on the screen, if that needs anything.
    pub fn end(&mut self) -> Option<Vec<u8>> {
        let is_kitty = matches!(self.drawing, Drawing::Pixels(Protocol::Kitty, _));
        self.written.take().filter(|_| is_kitty).map(|_| kitty::remove())
    }

    /// Learns that the screen may have been wiped.
    pub fn forget(&mut self) {
        self.written = None;
    }
}

fn is_kept(cells: &Buffer, place: Rect) -> bool {
    !place.is_empty() && place.positions().all(|at| cells.cell(at).is_some_and(|cell| cell.symbol() == KEPT))
}

const fn pixels(place: Rect, cell: Cell) -> (u32, u32) {
    (place.width as u32 * cell.width as u32, place.height as u32 * cell.height as u32)
}

/// Puts `picture` at the place's upper left, and the cursor back; all at once, where the emulator can.
fn at(place: Rect, picture: &[u8]) -> Vec<u8> {
    let begin = format!("\x1b[?2026h\x1b7\x1b[{};{}H", place.y + 1, place.x + 1);
    [begin.as_bytes(), picture, b"\x1b8\x1b[?2026l"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Frame;

    fn view(width: u32, height: u32) -> Arc<View> {
        let luma = vec![128; (width * height) as usize];
        Arc::new(View { frame: Frame::new(width, height, luma).unwrap(), codes: Vec::new() })
    }

    fn kept(area: Rect) -> Buffer {
        let mut cells = Buffer::empty(area);
        area.positions().for_each(|at| {
            cells[at].set_symbol(KEPT);
        });
        cells
    }

    const AREA: Rect = Rect { x: 0, y: 0, width: 20, height: 10 };
    const PLACE: Rect = Rect { x: 2, y: 1, width: 16, height: 8 };

    #[test]
    fn a_picture_lies_in_the_middle_in_its_own_shape() {
        let area = Rect { x: 2, y: 3, width: 29, height: 13 };

        let blocks = Drawing::Blocks(Depth::True).place(&view(1280, 720), area);
        let pixels = Drawing::Pixels(Protocol::Kitty, CELL_USUAL).place(&view(320, 180), area);

        assert_eq!(blocks, Rect { x: 2, y: 5, width: 29, height: 8 });
        assert_eq!(pixels, Rect { x: 2, y: 5, width: 29, height: 8 });
        assert_eq!(Drawing::Blocks(Depth::True).wanted(area), Some((29, 26)));
        assert_eq!(Drawing::Off.wanted(area), None);
    }

    #[test]
    fn the_same_picture_is_written_once() {
        let mut pictures = Pictures::new(Drawing::Pixels(Protocol::Kitty, CELL_USUAL), None);
        let (first, second) = (view(8, 8), view(8, 8));

        assert!(pictures.pixels(&kept(AREA), Some((&first, PLACE))).is_some());
        assert!(pictures.pixels(&kept(AREA), Some((&first, PLACE))).is_none());
        assert!(pictures.pixels(&kept(AREA), Some((&second, PLACE))).is_some());
        pictures.forget();
        assert!(pictures.pixels(&kept(AREA), Some((&second, PLACE))).is_some());
    }

    #[test]
    fn a_picture_gives_way_to_what_lies_over_its_place() {
        let mut pictures = Pictures::new(Drawing::Pixels(Protocol::Kitty, CELL_USUAL), None);
        let shown = view(8, 8);
        pictures.pixels(&kept(AREA), Some((&shown, PLACE)));
        let mut covered = kept(AREA);
        covered[(17, 8)].set_symbol("─");

        let removal = pictures.pixels(&covered, Some((&shown, PLACE)));

        assert_eq!(removal, Some(kitty::remove()));
        assert_eq!(pictures.pixels(&covered, Some((&shown, PLACE))), None);
        assert!(pictures.pixels(&kept(AREA), Some((&shown, PLACE))).is_some());
    }

    #[test]
    fn a_new_picture_that_was_slow_to_draw_is_followed_by_rest() {
        let mut pictures = Pictures::new(Drawing::Blocks(Depth::True), None);
        pictures.drawn(Duration::from_secs(9), Uptime(500));
        assert_eq!(pictures.not_before(), Uptime(0), "no new picture was on it");
        pictures.is_new = true;

        pictures.drawn(Duration::from_millis(100), Uptime(1_000));

        assert_eq!(pictures.not_before(), Uptime(1_300));
    }
}
