//! `rqrr` on one black-and-white picture, within a deadline.
//!
//! `rqrr` gives no bound on its time: moire and rows of finder-like squares make it test millions of
//! groups, each on a copy of the picture. It reaches the picture only through the trait of the image
//! it is given, so the image given here counts every access. Once the deadline has passed, or more
//! finder patterns have been marked than any honest picture has, the next access unwinds out of the
//! search, which is then abandoned as a whole. Between two accesses `rqrr` only ranks the marked
//! patterns, and their number is bounded.

use std::{
    cell::{Cell, RefCell},
    panic,
    rc::Rc,
    time::Instant,
};

use image::{GenericImage, GenericImageView, Luma};
use rqrr::PreparedImage;

use crate::contained;

/// The most finder patterns a picture may have: 128 codes and as much again of what looks like them.
///
/// Ranking grows with the third power of it: at 512, about 0.1 s.
const FINDERS_MAX: u32 = 512;

/// The finder patterns whose places are kept: enough to tell a part of a code from clutter.
const FIRST_FINDERS_MAX: usize = 8;

/// Pixel accesses between two looks at the clock: some 0.1 ms.
const STRIDE: u32 = 1 << 15;

/// The value that `rqrr` paints on a finder pattern it has recognised.
const FINDER_PAINT: u8 = 2;

/// A code that was read in a black-and-white picture.
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    /// In pixels of this picture.
    pub(super) corners: [(i32, i32); 4],
}

/// What became of a search.
#[derive(Default)]
pub(super) struct Search {
    pub(super) read: Vec<Read>,
    /// The corners of groups of finder patterns that could not be read as a code.
    pub(super) unread: Vec<[(i32, i32); 4]>,
    /// A pixel of each of the first finder patterns.
    pub(super) finders: Vec<(i32, i32)>,
    /// Whether the deadline ended it.
    pub(super) ran_out: bool,
}

/// Looks for codes in `black`, a picture of ones (black) and zeros, until `deadline`.
pub(super) fn search(width: u32, height: u32, black: Vec<u8>, deadline: Instant) -> Search {
    let meter = Rc::new(Meter {
        deadline,
        left: Cell::new(STRIDE),
        finders: Cell::new(0),
        first_finders: RefCell::default(),
        painting: Cell::new(false),
        ran_out: Cell::new(false),
    });
    // What was read before the deadline stays read.
    let found = RefCell::new(Search::default());
    let canvas =
        Canvas { width, height, pixels: black.into_iter().map(|pixel| Luma([pixel])).collect(), meter: meter.clone() };
    // An abandoned search leaves nothing behind but what `found` already holds, so a bug of the
    // library on a strange picture is the same as finding nothing.
    let _ = contained::run(|| {
        let mut prepared = PreparedImage::without_preparation(canvas);
        for grid in prepared.detect_grids() {
            let mut bytes = Vec::new();
            let corners = grid.bounds.map(|corner| (corner.x, corner.y));
            match grid.decode_to(&mut bytes) {
                Ok(_) => found.borrow_mut().read.push(Read { bytes, corners }),
                Err(_) => found.borrow_mut().unread.push(corners),
            }
        }
    });
    let mut found = found.into_inner();
    found.ran_out = meter.ran_out.get();
    found.finders = meter.first_finders.take();
    found
}

/// Counts accesses and finder patterns, and unwinds when there are too many.
struct Meter {
    deadline: Instant,
    left: Cell<u32>,
    finders: Cell<u32>,
    first_finders: RefCell<Vec<(i32, i32)>>,
    painting: Cell<bool>,
    ran_out: Cell<bool>,
}

impl Meter {
    fn spend(&self) {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => self.look_at_the_clock(),
        }
    }

    #[cold]
    fn look_at_the_clock(&self) {
        self.left.set(STRIDE);
        if Instant::now() >= self.deadline {
            self.ran_out.set(true);
            abandon();
        }
    }

    /// Counts runs of finder paint: each recognised pattern is painted in one go.
    fn painted(&self, paint: u8, x: u32, y: u32) {
        let painting = paint == FINDER_PAINT;
        if painting && !self.painting.get() {
            self.finders.set(self.finders.get() + 1);
            let mut first = self.first_finders.borrow_mut();
            if first.len() < FIRST_FINDERS_MAX {
                first.push((x as i32, y as i32));
            }
            drop(first);
            if self.finders.get() > FINDERS_MAX {
                abandon();
            }
        }
        self.painting.set(painting);
    }
}

/// Unwinds out of the search without a message.
fn abandon() -> ! {
    panic::resume_unwind(Box::new(()))
}

/// The metered picture.
struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<Luma<u8>>,
    meter: Rc<Meter>,
}

impl Canvas {
    fn offset(&self, x: u32, y: u32) -> usize {
        y as usize * self.width as usize + x as usize
    }
}

impl Clone for Canvas {
    fn clone(&self) -> Self {
        // A copy costs more than an access, and there may be millions of them.
        self.meter.look_at_the_clock();
        Self { width: self.width, height: self.height, pixels: self.pixels.clone(), meter: self.meter.clone() }
    }
}

impl GenericImageView for Canvas {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        // Some loops of the search go far outside and ask for nothing but the size.
        self.meter.spend();
        (self.width, self.height)
    }

    #[inline]
    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.meter.spend();
        self.pixels.get(self.offset(x, y)).copied().unwrap_or(Luma([0]))
    }
}

impl GenericImage for Canvas {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        let offset = self.offset(x, y);
        self.pixels.get_mut(offset).expect("the search stays inside the picture")
    }

    #[inline]
    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.meter.spend();
        self.meter.painted(pixel.0[0], x, y);
        let offset = self.offset(x, y);
        if let Some(place) = self.pixels.get_mut(offset) {
            *place = pixel;
        }
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}
