//! Grey to black and white, by the light around each pixel.

use crate::camera::Frame;

/// The light that a pixel is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Threshold {
    /// A running mean along the rows from both sides: quirc's and `rqrr`'s own.
    Running,
    /// The mean of a square whose side is this part of the picture's longer side.
    Local(u32),
}

/// Returns a picture of ones (black) and zeros (white).
pub(super) fn binarise(frame: &Frame, threshold: Threshold) -> Vec<u8> {
    match threshold {
        Threshold::Running => running(frame),
        Threshold::Local(part) => local(frame, frame.width().max(frame.height()) / part.max(1) / 2),
    }
}

fn running(frame: &Frame) -> Vec<u8> {
    let width = frame.width() as usize;
    let reach = (width / 8).max(1) as f32;
    let keep = (reach - 1.0) / reach;
    // Black is 5 % below the mean of the two running means, each of which sums up `reach` pixels.
    let scale = 0.95 / (2.0 * reach);
    let mut black = Vec::with_capacity(frame.luma().len());
    let (mut from_left, mut from_right) = (0.0f32, 0.0f32);
    let mut light = vec![0.0f32; width];
    for (y, row) in frame.luma().chunks_exact(width).enumerate() {
        light.fill(0.0);
        // The means swap sides on every other row, so that each carries on where it was.
        let (forward, backward) =
            if y % 2 == 0 { (&mut from_left, &mut from_right) } else { (&mut from_right, &mut from_left) };
        for (light, &pixel) in light.iter_mut().zip(row) {
            *forward = *forward * keep + f32::from(pixel);
            *light += *forward;
        }
        for (light, &pixel) in light.iter_mut().zip(row).rev() {
            *backward = *backward * keep + f32::from(pixel);
            *light += *backward;
        }
        black.extend(row.iter().zip(&light).map(|(&pixel, &light)| u8::from(f32::from(pixel) < light * scale)));
    }
    black
}

fn local(frame: &Frame, radius: u32) -> Vec<u8> {
    let (width, height, radius) = (frame.width() as usize, frame.height() as usize, radius.max(1) as usize);
    // Sums over all pixels above and left. They may wrap; their differences, below 2^32, don't.
    let mut sums = vec![0u32; (width + 1) * (height + 1)];
    let mut black = Vec::with_capacity(frame.luma().len());
    for (y, row) in frame.luma().chunks_exact(width).enumerate() {
        let (above, here) = sums.split_at_mut((y + 1) * (width + 1));
        let above = above.get(y * (width + 1) + 1..).unwrap_or_default();
        let mut line = 0u32;
        for ((sum, &above), &pixel) in here.iter_mut().skip(1).zip(above).zip(row) {
            line += u32::from(pixel);
            *sum = above.wrapping_add(line);
        }
    }
    let sums: Vec<&[u32]> = sums.chunks_exact(width + 1).collect();
    for (y, row) in frame.luma().chunks_exact(width).enumerate() {
        let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(height));
        let above = sums.get(top).copied().unwrap_or_default();
        let below = sums.get(bottom).copied().unwrap_or_default();
        let column = |x: usize| match (above.get(x), below.get(x)) {
            (Some(above), Some(below)) => below.wrapping_sub(*above),
            _ => 0,
        };
        for (x, &pixel) in row.iter().enumerate() {
            let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            let sum = column(right).wrapping_sub(column(left));
            let area = ((right - left) * (bottom - top)) as u32;
            // Black is more than 1/32 below the mean.
            black.push(u8::from(u64::from(pixel) * u64::from(area) * 32 < u64::from(sum) * 31));
        }
    }
    black
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_has_no_ink() {
        let flat = Frame::new(40, 20, vec![90; 800]).unwrap();

        assert!(binarise(&flat, Threshold::Local(8)).iter().all(|&black| black == 0));
    }

    #[test]
    fn ink_is_found_in_light_and_in_shadow() {
        let paper = |x: usize| if x < 64 { 220 } else { 60 };
        let luma = (0..128 * 32).map(|i| if i % 8 < 4 { paper(i % 128) } else { paper(i % 128) / 3 }).collect();
        let stripes = Frame::new(128, 32, luma).unwrap();

        for threshold in [Threshold::Local(8), Threshold::Running] {
            let black = binarise(&stripes, threshold);
            for x in (8..48).chain(90..120) {
                assert_eq!(black[16 * 128 + x] == 1, x % 8 >= 4, "{threshold:?} at {x}");
            }
        }
    }

    #[test]
    fn a_single_pixel_is_a_picture_too() {
        let dot = Frame::new(1, 1, vec![0]).unwrap();

        assert_eq!(binarise(&dot, Threshold::Local(16)).len(), 1);
        assert_eq!(binarise(&dot, Threshold::Running).len(), 1);
    }
}
