//! Whether anything has changed before the camera since it was last searched in vain.
//!
//! A door without guests looks the same for minutes. Whatever is held up changes many parts of the picture
//! at once, so a frame that looks like the last one needs no search.

use crate::camera::Frame;

/// The side of a part of the picture, in pixels.
const PART: usize = 16;
/// One row in so many is looked at.
const ROWS: usize = 2;
/// A part has changed if its mean grey has by more than this; a camera's noise seldom reaches it.
const CHANGE: u8 = 8;
/// The scene has changed if so many parts have: a code of 64 pixels covers as many.
const PARTS_CHANGED: usize = 4;

/// The mean greys of a picture's parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Scene {
    width: u32,
    height: u32,
    parts: Vec<u8>,
}

impl Scene {
    pub(super) fn of(frame: &Frame) -> Self {
        let width = frame.width() as usize;
        let mut parts = Vec::with_capacity(frame.luma().len() / (PART * PART) + width);
        let mut sums = vec![0u32; width.div_ceil(PART)];
        for band in frame.luma().chunks(width * PART) {
            sums.fill(0);
            let mut rows = 0;
            for row in band.chunks_exact(width).step_by(ROWS) {
                rows += 1;
                for (sum, part) in sums.iter_mut().zip(row.chunks(PART)) {
                    *sum += part.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
                }
            }
            parts.extend(sums.iter().map(|sum| (sum / (rows * PART as u32)) as u8));
        }
        Self { width: frame.width(), height: frame.height(), parts }
    }

    /// Says whether this may be the same scene as `other`.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let changed = self.parts.iter().zip(&other.parts).filter(|(a, b)| a.abs_diff(**b) > CHANGE).count();
        (self.width, self.height) == (other.width, other.height) && changed < PARTS_CHANGED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(pixel: impl Fn(u32, u32) -> u8) -> Scene {
        let luma = (0..240).flat_map(|y| (0..320).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        Scene::of(&Frame::new(320, 240, luma).unwrap())
    }

    #[test]
    fn noise_is_no_change_and_a_small_ticket_is_one() {
        let noise = |x: u32, y: u32, seed: u32| {
            let mixed = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed).wrapping_mul(0xc2b2_ae35);
            100 + ((mixed ^ mixed >> 15) % 32) as u8
        };
        let (before, after) = (scene(|x, y| noise(x, y, 1)), scene(|x, y| noise(x, y, 2)));
        let held = scene(|x, y| if (100..170).contains(&x) && (80..150).contains(&y) { 150 } else { noise(x, y, 2) });

        assert!(before.is_like(&after));
        assert!(!before.is_like(&held));
    }

    #[test]
    fn another_size_is_another_scene() {
        let small = Scene::of(&Frame::new(1, 1, vec![0]).unwrap());

        assert!(!small.is_like(&Scene::of(&Frame::new(2, 1, vec![0; 2]).unwrap())));
        assert!(small.is_like(&small.clone()));
    }
}
