//! The picture that staff see: small, and never in the way of reading.
//!
//! Whoever shows it says how large; whoever reads the camera leaves a copy of that size now and then.
//! There is one place for it, and the newest copy wins: a slow screen misses pictures, and nothing
//! waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Frame;

/// Corners of a code, clockwise from the code's own top left, in pixels.
pub type Corners = [(i32, i32); 4];

/// One picture for staff.
#[derive(Clone, Debug)]
pub struct View {
    /// What the camera saw, made smaller.
    pub frame: Frame,
    /// The codes that were read in it or a moment before, in pixels of `frame`.
    pub codes: Vec<Corners>,
}

/// The place where the newest picture lies.
#[derive(Debug, Default)]
pub struct Viewfinder {
    /// The greatest size that is wanted: width in the upper half, height in the lower; 0 for none.
    wanted: AtomicU64,
    newest: Mutex<Option<Arc<View>>>,
}

/// What became of a picture that was offered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// It lies there, and nobody has been told that one does.
    First,
    /// It took the place of one that nobody took.
    Instead,
    /// Nobody wants pictures.
    Unwanted,
}

impl Viewfinder {
    /// Says how large pictures may be from now on, in pixels, or that none are wanted.
    pub fn want(&self, size: Option<(u32, u32)>) {
        let (width, height) = size.unwrap_or_default();
        let wanted = if width == 0 || height == 0 { 0 } else { u64::from(width) << 32 | u64::from(height) };
        self.wanted.store(wanted, Ordering::Relaxed);
        if wanted == 0 {
            *self.lock() = None;
        }
    }

    /// Returns how large pictures may be, if they are wanted.
    pub fn wanted(&self) -> Option<(u32, u32)> {
        match self.wanted.load(Ordering::Relaxed) {
            0 => None,
            wanted => Some(((wanted >> 32) as u32, wanted as u32)),
        }
    }

    /// Leaves a small copy of `frame`, with `codes` in its pixels.
    pub fn show(&self, frame: &Frame, codes: &[Corners]) -> Shown {
        let Some(most) = self.wanted() else { return Shown::Unwanted };
        let small = fitted(frame, most);
        let (from, to) = ((frame.width(), frame.height()), (small.width(), small.height()));
        let codes = codes.iter().map(|corners| corners.map(|corner| scaled(corner, from, to))).collect();
        match self.lock().replace(Arc::new(View { frame: small, codes })) {
            None => Shown::First,
            Some(_) => Shown::Instead,
        }
    }

    /// Takes the newest picture, if there is one that nobody took.
    pub fn take(&self) -> Option<Arc<View>> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<View>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the largest size of the shape of `size` within `most`; sides are at least 1.
pub fn fit((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let [width, height, most_width, most_height] =
        [width, height, most.0, most.1].map(|side| u64::from(side.clamp(1, super::FRAME_SIDE_MAX)));
    let (by_width, by_height) = (most_width * height, most_height * width);
    let (width, height) = if by_width <= by_height {
        (most_width, (by_width + width / 2) / width)
    } else {
        ((by_height + height / 2) / height, most_height)
    };
    (width.clamp(1, most_width) as u32, height.clamp(1, most_height) as u32)
}

/// Returns `frame` no larger than `most`, in its own shape; each pixel is the mean of those it stands
/// for.
fn fitted(frame: &Frame, most: (u32, u32)) -> Frame {
    let (width, height) = fit((frame.width(), frame.height()), most);
    if width >= frame.width() || height >= frame.height() {
        return frame.clone();
    }
    let bounds = |at: u32, small: u32, large: u32| (u64::from(at) * u64::from(large) / u64::from(small)) as usize;
    let columns: Vec<(usize, usize)> =
        (0..width).map(|x| (bounds(x, width, frame.width()), bounds(x + 1, width, frame.width()))).collect();
    let stride = frame.width() as usize;
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![0u32; width as usize];
    for y in 0..height {
        let (top, bottom) = (bounds(y, height, frame.height()), bounds(y + 1, height, frame.height()));
        sums.fill(0);
        for row in frame.luma().get(top * stride..bottom * stride).unwrap_or_default().chunks_exact(stride) {
            for (sum, &(left, right)) in sums.iter_mut().zip(&columns) {
                *sum += row.get(left..right).unwrap_or_default().iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
            }
        }
        luma.extend(sums.iter().zip(&columns).map(|(sum, (left, right))| {
            let area = ((right - left) * (bottom - top)) as u32;
            (sum.checked_div(area).unwrap_or(0)) as u8
        }));
    }
    Frame::new(width, height, luma).expect("smaller than a frame within the bounds")
}

fn scaled((x, y): (i32, i32), from: (u32, u32), to: (u32, u32)) -> (i32, i32) {
    let along = |at: i32, from: u32, to: u32| (i64::from(at) * i64::from(to) / i64::from(from.max(1))) as i32;
    (along(x, from.0, to.0), along(y, from.1, to.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Frame {
        let luma = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        Frame::new(width, height, luma).unwrap()
    }

    #[test]
    fn nobody_who_wants_no_picture_gets_one() {
        let finder = Viewfinder::default();

        assert_eq!(finder.show(&frame(4, 4, |_, _| 9), &[]), Shown::Unwanted);
        assert!(finder.take().is_none());

        finder.want(Some((4, 4)));
        finder.show(&frame(4, 4, |_, _| 9), &[]);
        finder.want(None);
        assert!(finder.take().is_none());
    }

    #[test]
    fn the_newest_picture_wins_and_is_told_once() {
        let finder = Viewfinder::default();
        finder.want(Some((8, 8)));

        assert_eq!(finder.show(&frame(4, 4, |_, _| 1), &[]), Shown::First);
        assert_eq!(finder.show(&frame(4, 4, |_, _| 2), &[]), Shown::Instead);

        assert_eq!(finder.take().unwrap().frame.luma()[0], 2);
        assert!(finder.take().is_none());
        assert_eq!(finder.show(&frame(4, 4, |_, _| 3), &[]), Shown::First);
    }

    #[test]
    fn a_picture_is_made_smaller_with_its_codes_and_keeps_its_shape() {
        let finder = Viewfinder::default();
        finder.want(Some((320, 320)));
        let whole = frame(1280, 720, |x, _| if x < 640 { 0 } else { 200 });

        finder.show(&whole, &[[(0, 0), (640, 0), (640, 360), (0, 719)]]);

        let view = finder.take().unwrap();
        assert_eq!((view.frame.width(), view.frame.height()), (320, 180));
        assert_eq!(view.frame.luma()[159..161], [0, 200]);
        assert_eq!(view.codes, [[(0, 0), (160, 0), (160, 90), (0, 179)]]);
    }

    #[test]
    fn a_pixel_is_the_mean_of_those_it_stands_for() {
        let checkered = frame(4, 4, |x, y| if (x + y) % 2 == 0 { 0 } else { 200 });

        let small = fitted(&checkered, (2, 2));

        assert_eq!(small.luma(), [100; 4]);
    }

    #[test]
    fn a_shape_fits_by_its_longer_side() {
        assert_eq!(fit((1280, 720), (58, 26)), (46, 26));
        assert_eq!(fit((1280, 720), (29, 26)), (29, 16));
        assert_eq!(fit((720, 1280), (29, 26)), (15, 26));
        assert_eq!(fit((4000, 1), (10, 10)), (10, 1));
    }
}
