//! Pictures made smaller, larger, smoother or sharper.

use crate::camera::Frame;

/// Returns `frame` with its sides divided by the smallest whole number that brings the longer one to
/// `side_max` or below, and that number; no frame if it is 1.
pub(super) fn reduce(frame: &Frame, side_max: u32) -> (Option<Frame>, u32) {
    let factor = frame.width().max(frame.height()).div_ceil(side_max.max(1));
    if factor <= 1 { (None, 1) } else { (Some(shrink(frame, factor)), factor) }
}

/// Returns `frame` with each square of `factor` by `factor` pixels averaged into one. Pixels left over
/// at the right and the bottom are dropped, unless nothing else would be left.
pub(super) fn shrink(frame: &Frame, factor: u32) -> Frame {
    let factor = factor.clamp(1, frame.width().min(frame.height()));
    if factor == 2 {
        return halve(frame);
    }
    let (width, height) = (frame.width() / factor, frame.height() / factor);
    let side = factor as usize;
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![0u32; width as usize];
    for band in frame.luma().chunks_exact(frame.width() as usize * side) {
        sums.fill(0);
        for row in band.chunks_exact(frame.width() as usize) {
            for (sum, square) in sums.iter_mut().zip(row.chunks_exact(side)) {
                *sum += square.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
            }
        }
        let area = factor * factor;
        luma.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
    }
    made(width, height, luma)
}

/// The same by two, which every frame of a camera goes through.
fn halve(frame: &Frame) -> Frame {
    let (width, height) = (frame.width() / 2, frame.height() / 2);
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    for band in frame.luma().chunks_exact(frame.width() as usize * 2) {
        let (top, bottom) = band.split_at(frame.width() as usize);
        let (top, bottom) = (top.as_chunks::<2>().0, bottom.as_chunks::<2>().0);
        luma.extend(
            top.iter().zip(bottom).map(|([a, b], [c, d])| {
                ((u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d) + 2) / 4) as u8
            }),
        );
    }
    made(width, height, luma)
}

/// Returns `frame` with its sides multiplied by `by` over `over`, interpolated between pixels.
pub(super) fn enlarge(frame: &Frame, by: u32, over: u32) -> Frame {
    let (width, height) = (frame.width() * by / over, frame.height() * by / over);
    let columns: Vec<Between> = (0..width).map(|x| Between::at(x, by, over, frame.width())).collect();
    let rows: Vec<&[u8]> = frame.luma().chunks_exact(frame.width() as usize).collect();
    let row = |y: usize| rows.get(y).copied().unwrap_or_default();
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    let mut blended = vec![0u16; frame.width() as usize];
    for y in 0..height {
        let between = Between::at(y, by, over, frame.height());
        for ((blend, &first), &second) in blended.iter_mut().zip(row(between.first)).zip(row(between.second)) {
            *blend = between.blend(u16::from(first), u16::from(second));
        }
        let column = |x: usize| u32::from(blended.get(x).copied().unwrap_or_default());
        luma.extend(columns.iter().map(|between| {
            let (first, second) = (column(between.first), column(between.second));
            ((first * (16 - u32::from(between.part)) + second * u32::from(between.part) + 128) / 256) as u8
        }));
    }
    made(width, height, luma)
}

/// Two neighbouring pixels, and how far from the first to the second, in sixteenths.
struct Between {
    first: usize,
    second: usize,
    part: u16,
}

impl Between {
    /// Returns the place of the centre of pixel `at` of the enlarged side in the side it came from.
    fn at(at: u32, by: u32, over: u32, side: u32) -> Self {
        // In thirty-seconds of an original pixel, from the centre of the first.
        let place = (((2 * at + 1) * over * 16) / by).saturating_sub(16);
        let first = (place / 32).min(side - 1);
        Self { first: first as usize, second: (first + 1).min(side - 1) as usize, part: (place % 32 / 2) as u16 }
    }

    /// Returns sixteen times the value there.
    const fn blend(&self, first: u16, second: u16) -> u16 {
        first * (16 - self.part) + second * self.part
    }
}

/// Returns `frame` smoothed by the 3x3 binomial kernel, which takes off a camera's noise and sharpening.
pub(super) fn smooth(frame: &Frame) -> Frame {
    let width = frame.width() as usize;
    let rows: Vec<&[u8]> = frame.luma().chunks_exact(width).collect();
    let mut luma = Vec::with_capacity(frame.luma().len());
    let mut column = vec![0u16; width + 2];
    for (y, &row) in rows.iter().enumerate() {
        let above = y.checked_sub(1).and_then(|y| rows.get(y)).copied().unwrap_or(row);
        let below = rows.get(y + 1).copied().unwrap_or(row);
        if let [first, inner @ .., last] = column.as_mut_slice() {
            for (((sum, &a), &b), &c) in inner.iter_mut().zip(above).zip(row).zip(below) {
                *sum = u16::from(a) + 2 * u16::from(b) + u16::from(c);
            }
            *first = inner.first().copied().unwrap_or(0);
            *last = inner.last().copied().unwrap_or(0);
        }
        luma.extend(column.windows(3).map(|window| match window {
            &[left, middle, right] => ((left + 2 * middle + right + 8) / 16) as u8,
            _ => 0,
        }));
    }
    made(frame.width(), frame.height(), luma)
}

/// Returns `frame` with what is finer than a few pixels stressed: blurred edges become steep again.
pub(super) fn sharpen(frame: &Frame) -> Frame {
    let fine = smooth(frame);
    let coarse = smooth(&smooth(&smooth(&smooth(&fine))));
    let luma = fine
        .luma()
        .iter()
        .zip(coarse.luma())
        .map(|(&fine, &coarse)| (3 * i16::from(fine) - 2 * i16::from(coarse)).clamp(0, 255) as u8)
        .collect();
    made(frame.width(), frame.height(), luma)
}

fn made(width: u32, height: u32, luma: Vec<u8>) -> Frame {
    Frame::new(width, height, luma).expect("made pixel by pixel from a frame within the bounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, luma: &[u8]) -> Frame {
        Frame::new(width, luma.len() as u32 / width, luma.to_vec()).unwrap()
    }

    #[test]
    fn a_square_shrinks_to_its_mean() {
        let half = shrink(&frame(5, &[0, 100, 8, 8, 7, 100, 200, 8, 8, 7]), 2);

        assert_eq!(half.luma(), [100, 8]);
    }

    #[test]
    fn a_picture_smaller_than_the_factor_keeps_a_pixel() {
        assert_eq!(shrink(&frame(1, &[7]), 4).luma(), [7]);
        assert_eq!(shrink(&frame(9, &[5; 9]), 4).luma(), [5; 9]);
    }

    #[test]
    fn only_a_long_side_is_reduced() {
        assert!(reduce(&frame(4, &[0; 16]), 4).0.is_none());
        let (reduced, factor) = reduce(&frame(9, &[0; 81]), 4);
        assert_eq!((reduced.unwrap().width(), factor), (3, 3));
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = frame(3, &[77; 9]);

        assert_eq!(smooth(&flat).luma(), [77; 9]);
        assert_eq!(sharpen(&flat).luma(), [77; 9]);
        assert_eq!(enlarge(&flat, 2, 1).luma(), [77; 36]);
        assert_eq!(enlarge(&flat, 4, 3).luma(), [77; 16]);
    }

    #[test]
    fn an_enlarged_edge_lies_where_it_was() {
        let edge = frame(2, &[0, 160]);

        assert_eq!(enlarge(&edge, 2, 1).luma(), [[0, 40, 120, 160], [0, 40, 120, 160]].concat());
    }

    #[test]
    fn smoothing_spreads_a_dot() {
        let dot = frame(3, &[0, 0, 0, 0, 160, 0, 0, 0, 0]);

        assert_eq!(smooth(&dot).luma(), [10, 20, 10, 20, 40, 20, 10, 20, 10]);
    }

    #[test]
    fn a_blurred_edge_becomes_steeper() {
        let edge = frame(8, &[[40, 40, 60, 90, 150, 180, 200, 200]; 8].concat());
        let step = |frame: &Frame| frame.luma()[3 * 8 + 4] - frame.luma()[3 * 8 + 3];

        assert!(step(&sharpen(&edge)) > step(&edge) + 10);
    }
}
