//! Grey to dark and light, by the light around each pixel.
//!
//! Each block of 8 by 8 pixels has a level, its mean; a pixel is dark if it is at or below the mean level
//! of the 5 by 5 blocks around it. A flat block tells nothing of a threshold and takes over its
//! neighbours' when it is lighter than they are. It counts as flat only below a contrast that hardly a
//! camera's noise stays under: a higher limit costs most of the pale codes.

use super::geometry::Point;
use crate::camera::Frame;

/// The side of a block in pixels.
const BLOCK: usize = 8;
/// A block with less than this between its darkest and its lightest pixel, in 256 grey levels, is flat.
const FLAT: u8 = 4;
/// How many blocks to each side are looked at.
const REACH: usize = 2;

/// Along which a line runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Axis {
    Row,
    Column,
}

/// A picture of dark and light pixels.
#[derive(Clone, Debug)]
pub(super) struct Ink {
    width: usize,
    height: usize,
    /// 1 dark, 0 light.
    dark: Vec<u8>,
}

impl Ink {
    pub(super) fn of(frame: &Frame) -> Self {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let (columns, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        let levels = levels(frame, columns);
        let mut dark = vec![0u8; width * height];
        let (mut means, mut thresholds) = (vec![0u8; columns], vec![0u8; width]);
        let bands = frame.luma().chunks(width * BLOCK).zip(dark.chunks_mut(width * BLOCK));
        for (row, (luma, dark)) in bands.enumerate() {
            around(&levels, columns, rows, row, &mut means);
            for (block, &mean) in thresholds.chunks_mut(BLOCK).zip(&means) {
                block.fill(mean);
            }
            for (luma, dark) in luma.chunks_exact(width).zip(dark.chunks_exact_mut(width)) {
                for ((dark, &pixel), &threshold) in dark.iter_mut().zip(luma).zip(&thresholds) {
                    *dark = u8::from(pixel <= threshold);
                }
            }
        }
        Self { width, height, dark }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.dark.chunks_exact(self.width)
    }

    /// Returns the pixels from a point on, along its row or its column, and those back from it: 1 dark, 0 light.
    /// Both begin with the pixel at the point; none outside the picture.
    pub(super) fn both_ways(
        &self,
        at: Point,
        axis: Axis,
    ) -> Option<(impl Iterator<Item = u8>, impl Iterator<Item = u8>)> {
        let here = self.index(at)?;
        let (first, end, stride) = match axis {
            Axis::Row => (here - here % self.width, here - here % self.width + self.width, 1),
            Axis::Column => (0, self.dark.len(), self.width),
        };
        let (on, back) = (self.dark.get(here..end)?, self.dark.get(first..=here)?);
        Some((on.iter().step_by(stride).copied(), back.iter().rev().step_by(stride).copied()))
    }

    /// Says whether there is ink at a point; none outside the picture.
    #[inline]
    pub(super) fn is_dark(&self, at: Point) -> Option<bool> {
        self.dark.get(self.index(at)?).map(|&dark| dark != 0)
    }

    #[inline]
    fn index(&self, at: Point) -> Option<usize> {
        // What is not a number is outside as well.
        let is_inside = at.x >= 0.0 && at.y >= 0.0;
        let (x, y) = (at.x as usize, at.y as usize);
        (is_inside && x < self.width && y < self.height).then(|| y * self.width + x)
    }
}

/// What a block says of the threshold around it.
#[derive(Clone, Copy)]
struct Level {
    grey: u8,
    /// Whether it has ink and paper, or is all ink. Blank paper knows no threshold: it is asked only where
    /// there is nothing else.
    counts: bool,
}

/// What is in a block.
#[derive(Clone, Copy)]
struct Block {
    least: u8,
    most: u8,
    mean: u8,
}

impl Block {
    /// Returns the level, given those of the blocks to the left, above, and above to the left.
    fn level(&self, left: Option<Level>, above: Option<Level>, corner: Option<Level>) -> Level {
        if self.most.saturating_sub(self.least) > FLAT {
            return Level { grey: self.mean, counts: true };
        }
        if let (Some(left), Some(above), Some(corner)) = (left, above, corner) {
            let near = (2 * u32::from(left.grey) + u32::from(above.grey) + u32::from(corner.grey)) / 4;
            if u32::from(self.least) < near {
                return Level { grey: near as u8, counts: true };
            }
        }
        Level { grey: self.least / 2, counts: false }
    }
}

/// A row of blocks, as columns of pixels: whole rows are compared at once, many pixels in one instruction.
struct Band {
    least: Vec<u8>,
    most: Vec<u8>,
    sums: Vec<u16>,
}

impl Band {
    fn new(width: usize) -> Self {
        Self { least: vec![0; width], most: vec![0; width], sums: vec![0; width] }
    }

    /// Looks at the rows of `luma`, at most [`BLOCK`], and returns the blocks in them.
    fn blocks(&mut self, luma: &[u8]) -> impl Iterator<Item = Block> {
        self.least.fill(u8::MAX);
        self.most.fill(0);
        self.sums.fill(0);
        let mut rows = 0;
        for row in luma.chunks_exact(self.least.len()) {
            rows += 1;
            let seen = self.least.iter_mut().zip(&mut self.most).zip(&mut self.sums);
            for (((least, most), sum), &pixel) in seen.zip(row) {
                *least = (*least).min(pixel);
                *most = (*most).max(pixel);
                *sum += u16::from(pixel);
            }
        }
        let blocks = self.least.chunks(BLOCK).zip(self.most.chunks(BLOCK)).zip(self.sums.chunks(BLOCK));
        blocks.map(move |((least, most), sums)| Block {
            least: least.iter().fold(u8::MAX, |all, &one| all.min(one)),
            most: most.iter().fold(0, |all, &one| all.max(one)),
            mean: (sums.iter().map(|&sum| u32::from(sum)).sum::<u32>() / (sums.len() as u32 * rows).max(1)) as u8,
        })
    }
}

/// Returns the level of each block, row by row.
fn levels(frame: &Frame, columns: usize) -> Vec<Level> {
    let width = frame.width() as usize;
    let mut levels: Vec<Level> = Vec::with_capacity(columns * (frame.height() as usize).div_ceil(BLOCK));
    let mut band = Band::new(width);
    for luma in frame.luma().chunks(width * BLOCK) {
        for (column, block) in band.blocks(luma).enumerate() {
            let here = levels.len();
            let back = |by: usize| here.checked_sub(by).and_then(|at| levels.get(at)).copied();
            let is_first = column == 0;
            let (left, corner) = if is_first { (None, None) } else { (back(1), back(columns + 1)) };
            levels.push(block.level(left, back(columns), corner));
        }
    }
    levels
}

/// Writes the mean levels around the blocks of one row.
fn around(levels: &[Level], columns: usize, rows: usize, row: usize, means: &mut [u8]) {
    // At the border the window moves inwards, so that it stays as large as it can.
    let first_row = row.saturating_sub(REACH).min(rows.saturating_sub(2 * REACH + 1));
    let window: Vec<&[Level]> = levels.chunks_exact(columns).skip(first_row).take(2 * REACH + 1).collect();
    // Of those that count, and of all.
    let column_sums: Vec<[u32; 4]> = (0..columns)
        .map(|column| {
            window.iter().filter_map(|line| line.get(column)).fold([0; 4], |[sum, count, all, number], level| {
                let (grey, counts) = (u32::from(level.grey), u32::from(level.counts));
                [sum + grey * counts, count + counts, all + grey, number + 1]
            })
        })
        .collect();
    for (column, mean) in means.iter_mut().enumerate() {
        let first = column.saturating_sub(REACH).min(columns.saturating_sub(2 * REACH + 1));
        let near = column_sums.iter().skip(first).take(2 * REACH + 1);
        let [sum, count, all, number] = near.fold([0; 4], |[a, b, c, d], [e, f, g, h]| [a + e, b + f, c + g, d + h]);
        *mean = sum.checked_div(count).or(all.checked_div(number)).unwrap_or(0) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dark(ink: &Ink, x: f32, y: f32) -> Option<bool> {
        ink.is_dark(Point::new(x, y))
    }

    fn ink(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Ink {
        let luma = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        Ink::of(&Frame::new(width, height, luma).unwrap())
    }

    #[test]
    fn paper_without_ink_is_light() {
        let flat = ink(100, 60, |_, _| 90);

        assert!(flat.rows().flatten().all(|&dark| dark == 0));
    }

    #[test]
    fn stripes_are_found_in_light_and_in_shadow() {
        let stripes = ink(203, 40, |x, _| {
            let paper = if x < 100 { 220 } else { 60 };
            if x % 8 < 4 { paper } else { paper / 2 }
        });

        for x in (24..70).chain(130..180) {
            assert_eq!(dark(&stripes, x as f32, 20.5), Some(x % 8 >= 4), "at {x}");
        }
    }

    #[test]
    fn a_contrast_of_a_few_levels_is_enough() {
        let pale = ink(64, 64, |x, y| if (x / 5 + y / 5) % 2 == 0 { 120 } else { 128 });

        assert_eq!(dark(&pale, 32.5, 32.5), Some(true));
        assert_eq!(dark(&pale, 37.5, 32.5), Some(false));
    }

    #[test]
    fn every_size_has_its_pixels_and_nothing_outside() {
        for (width, height) in [(1, 1), (3, 50), (50, 3), (8, 8), (9, 17)] {
            let picture = ink(width, height, |x, y| (x * 7 + y * 13) as u8);

            assert!(dark(&picture, width as f32 - 0.5, height as f32 - 0.5).is_some());
            assert_eq!(dark(&picture, width as f32, 0.0), None);
            assert_eq!(dark(&picture, 0.0, -0.5), None);
        }
    }

    #[test]
    fn pale_ink_on_blank_paper_is_dark() {
        let washed_out = ink(96, 96, |x, y| if (40..56).contains(&x) && (40..43).contains(&y) { 205 } else { 255 });

        assert_eq!(dark(&washed_out, 48.0, 41.0), Some(true));
        assert_eq!(dark(&washed_out, 48.0, 47.0), Some(false));
    }
}
