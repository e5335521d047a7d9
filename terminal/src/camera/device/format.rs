//! Which of the formats a camera offers is taken.

use nokhwa::utils::{CameraFormat, FrameFormat};

use crate::camera::{luma::PixelFormat, offer::Mode};

/// Below this many frames a second a hand must be held still for too long.
const RATE_MIN: u32 = 15;

/// The rate that is aimed at: more is only more work.
const RATE_WANTED: u32 = 30;

/// The most sizes that are told of one camera: some can do every even number.
const MODES_MAX: usize = 40;

/// Returns how a camera's format is read, if it is.
pub(super) const fn readable(format: FrameFormat) -> Option<PixelFormat> {
    match format {
        FrameFormat::YUYV => Some(PixelFormat::Yuyv),
        FrameFormat::MJPEG => Some(PixelFormat::Mjpeg),
        FrameFormat::NV12 => Some(PixelFormat::Nv12),
        FrameFormat::GRAY | FrameFormat::RAWRGB | FrameFormat::RAWBGR => None,
    }
}

/// Returns the best of `offered` for frames of about `width` by `height`: the nearest size first, then
/// a fluent rate, then the format that costs least to read and loses least.
pub(super) fn choose(offered: &[CameraFormat], width: u32, height: u32) -> Option<CameraFormat> {
    let wanted = u64::from(width) * u64::from(height);
    offered
        .iter()
        .filter_map(|offer| Some((offer, readable(offer.format())?)))
        .min_by_key(|(offer, format)| {
            let area = u64::from(offer.width()) * u64::from(offer.height());
            let is_slow = offer.frame_rate() < RATE_MIN;
            let cost = match format {
                PixelFormat::Yuyv => 0,
                PixelFormat::Nv12 => 1,
                PixelFormat::Mjpeg => 2,
            };
            (
                area.abs_diff(wanted),
                offer.width().abs_diff(width),
                is_slow,
                cost,
                offer.frame_rate().abs_diff(RATE_WANTED),
            )
        })
        .map(|(offer, _)| *offer)
}

/// Returns the sizes of `offered`, the largest first, each as it is taken when it is asked for.
pub(super) fn modes(offered: &[CameraFormat]) -> Vec<Mode> {
    let mut sizes: Vec<(u32, u32)> = offered.iter().map(|offer| (offer.width(), offer.height())).collect();
    sizes.sort_unstable_by_key(|&(width, height)| (std::cmp::Reverse(u64::from(width) * u64::from(height)), width));
    sizes.dedup();
    let of_size = |(width, height)| {
        let same: Vec<CameraFormat> =
            offered.iter().filter(|offer| (offer.width(), offer.height()) == (width, height)).copied().collect();
        choose(&same, width, height).and_then(mode)
    };
    sizes.into_iter().filter_map(of_size).take(MODES_MAX).collect()
}

/// Returns a camera's format as it is told, if it is read here.
pub(super) fn mode(format: CameraFormat) -> Option<Mode> {
    let pixels = readable(format.format())?;
    Some(Mode { width: format.width(), height: format.height(), rate: format.frame_rate(), format: pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, rate: u32) -> CameraFormat {
        CameraFormat::new_from(width, height, format, rate)
    }

    #[test]
    fn the_nearest_size_is_taken_in_the_cheapest_format() {
        let offered = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(1280, 720, FrameFormat::YUYV, 30),
            offer(1920, 1080, FrameFormat::YUYV, 30),
        ];

        assert_eq!(choose(&offered, 1280, 720), Some(offered[2]));
        assert_eq!(choose(&offered, 800, 600), Some(offered[0]));
    }

    #[test]
    fn a_fluent_jpeg_is_better_than_a_slow_raw_picture() {
        let offered = [offer(1280, 720, FrameFormat::YUYV, 10), offer(1280, 720, FrameFormat::MJPEG, 30)];

        assert_eq!(choose(&offered, 1280, 720), Some(offered[1]));
    }

    #[test]
    fn each_size_is_told_once_as_it_is_taken() {
        let offered = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1920, 1080, FrameFormat::MJPEG, 30),
            offer(1920, 1080, FrameFormat::YUYV, 5),
            offer(640, 480, FrameFormat::MJPEG, 60),
            offer(320, 240, FrameFormat::RAWRGB, 30),
        ];

        let mode = |width, height, format| Mode { width, height, rate: 30, format };
        assert_eq!(modes(&offered), [mode(1920, 1080, PixelFormat::Mjpeg), mode(640, 480, PixelFormat::Yuyv)]);
    }

    #[test]
    fn of_two_sizes_of_one_area_the_shape_decides() {
        let offered = [offer(480, 640, FrameFormat::YUYV, 30), offer(640, 480, FrameFormat::YUYV, 30)];

        assert_eq!(choose(&offered, 640, 480), Some(offered[1]));
    }

    #[test]
    fn a_camera_without_a_readable_format_has_none() {
        assert_eq!(choose(&[offer(1280, 720, FrameFormat::RAWRGB, 30)], 1280, 720), None);
        assert_eq!(choose(&[], 1280, 720), None);
    }
}
