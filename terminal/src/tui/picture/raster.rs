//! A picture's pixels with the outlines of its codes drawn in.

use crate::camera::Frame;
use crate::camera::viewfinder::{Corners, View};

/// The value of an outline's pixel. Greys are below it.
pub(super) const OUTLINE: u8 = 255;
/// The colour of an outline: red, green, blue.
pub(super) const OUTLINE_RGB: [u8; 3] = [64, 224, 128];

/// Greys, and [`OUTLINE`] where a code's outline is; row by row from the top.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<u8>,
}

impl Raster {
    /// Returns the picture of `view` in its own size.
    pub(super) fn of(view: &View) -> Self {
        Self::sized(view, (view.frame.width(), view.frame.height()))
    }

    /// Returns the picture of `view` in another size.
    pub(super) fn sized(view: &View, (width, height): (u32, u32)) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let pixels = resampled(&view.frame, width, height);
        let mut raster = Self { width, height, pixels };
        let along = |at: i32, from: u32, to: u32| (i64::from(at) * i64::from(to) / i64::from(from.max(1))) as i32;
        for code in &view.codes {
            let corners =
                code.map(|(x, y)| (along(x, view.frame.width(), width), along(y, view.frame.height(), height)));
            raster.outline(&corners);
        }
        raster
    }

    /// Returns the picture no larger than `most`, in another shape if need be.
    pub(super) fn fitted(self, most: (u32, u32)) -> Self {
        let (width, height) = (most.0.max(1), most.1.max(1));
        if (width, height) == (self.width, self.height) {
            return self;
        }
        let pixel = |x: u32, y: u32| {
            let (x, y) = (nearest(x, width, self.width), nearest(y, height, self.height));
            self.pixels.get((y * self.width + x) as usize).copied().unwrap_or(0)
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        Self { width, height, pixels }
    }

    /// Whether any outline is drawn in.
    pub(super) fn has_outline(&self) -> bool {
        self.pixels.contains(&OUTLINE)
    }

    /// Returns three bytes a pixel.
    pub(super) fn rgb(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&pixel| if pixel == OUTLINE { OUTLINE_RGB } else { [pixel; 3] }).collect()
    }

    fn outline(&mut self, corners: &Corners) {
        let thickness = (self.width / 160).max(1) as i32;
        let [a, b, c, d] = *corners;
        for (from, to) in [(a, b), (b, c), (c, d), (d, a)] {
            self.line(from, to, thickness);
        }
    }

    fn line(&mut self, from: (i32, i32), to: (i32, i32), thickness: i32) {
        // Corners lie in the picture or near it. A broken reader's may be anywhere, and are brought nearer.
        let most = 2 * self.width.max(self.height) as i32;
        let [x0, y0, x1, y1] = [from.0, from.1, to.0, to.1].map(|side| side.clamp(-most, most));
        let steps = x0.abs_diff(x1).max(y0.abs_diff(y1)).max(1);
        for step in 0..=i64::from(steps) {
            let along =
                |from: i32, to: i32| i64::from(from) + (i64::from(to) - i64::from(from)) * step / i64::from(steps);
            let (x, y) = (along(x0, x1), along(y0, y1));
            for (dx, dy) in (0..thickness).flat_map(|dx| (0..thickness).map(move |dy| (dx, dy))) {
                self.mark(x + i64::from(dx - thickness / 2), y + i64::from(dy - thickness / 2));
            }
        }
    }

    fn mark(&mut self, x: i64, y: i64) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut((y * self.width + x) as usize).filter(|_| y < self.height)
        {
            *pixel = OUTLINE;
        }
    }
}

/// Greys of `frame` in another size: the nearest pixel's.
fn resampled(frame: &Frame, width: u32, height: u32) -> Vec<u8> {
    let grey = |pixel: u8| pixel.min(OUTLINE - 1);
    if (width, height) == (frame.width(), frame.height()) {
        return frame.luma().iter().map(|&pixel| grey(pixel)).collect();
    }
    let rows: Vec<&[u8]> = frame.luma().chunks_exact(frame.width() as usize).collect();
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        let row = rows.get(nearest(y, height, frame.height()) as usize).copied().unwrap_or_default();
        let columns = (0..width).map(|x| nearest(x, width, frame.width()) as usize);
        pixels.extend(columns.map(|x| grey(row.get(x).copied().unwrap_or(0))));
    }
    pixels
}

/// Returns which of `from` pixels lies where number `at` of `to` does.
fn nearest(at: u32, to: u32, from: u32) -> u32 {
    ((u64::from(at) * 2 + 1) * u64::from(from) / (u64::from(to.max(1)) * 2)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(width: u32, height: u32, codes: Vec<Corners>) -> View {
        let luma = (0..height).flat_map(|y| (0..width).map(move |x| (x * 20 + y) as u8)).collect();
        View { frame: Frame::new(width, height, luma).unwrap(), codes }
    }

    #[test]
    fn a_code_is_outlined_and_its_inside_left_alone() {
        let raster = Raster::of(&view(8, 8, vec![[(1, 1), (6, 1), (6, 6), (1, 6)]]));

        let marked = |x: u32, y: u32| raster.pixels[(y * 8 + x) as usize] == OUTLINE;
        assert!(marked(1, 1) && marked(6, 1) && marked(3, 1) && marked(1, 4) && marked(6, 6));
        assert!(!marked(3, 3) && !marked(0, 0) && !marked(7, 7));
    }

    #[test]
    fn corners_far_outside_draw_what_lies_inside() {
        let raster = Raster::of(&view(8, 8, vec![[(-4, 4), (i32::MAX, 4), (i32::MAX, i32::MAX), (-4, i32::MIN)]]));

        assert!(raster.has_outline());
        assert_eq!(raster.pixels.len(), 64);
    }

    #[test]
    fn white_is_no_outline() {
        let white = View { frame: Frame::new(2, 1, vec![255, 254]).unwrap(), codes: Vec::new() };

        assert!(!Raster::of(&white).has_outline());
    }

    #[test]
    fn another_size_takes_the_nearest_pixels() {
        let raster = Raster::sized(&view(4, 1, Vec::new()), (2, 2));

        assert_eq!(raster.pixels, [20, 60, 20, 60]);
        assert_eq!(raster.clone().fitted((1, 1)).pixels, [60]);
        assert_eq!(raster.clone().fitted((2, 2)), raster);
    }
}
