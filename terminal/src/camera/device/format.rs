//! Which of the formats a camera offers is taken.

use nokhwa::utils::{CameraFormat, FrameFormat};

use crate::camera::luma::PixelFormat;

/// Below this many frames a second a hand must be held still for too long.
const RATE_MIN: u32 = 15;

/// The rate that is aimed at: more is only more work.
const RATE_WANTED: u32 = 30;

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
            (area.abs_diff(wanted), is_slow, cost, offer.frame_rate().abs_diff(RATE_WANTED))
        })
        .map(|(offer, _)| *offer)
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
    fn a_camera_without_a_readable_format_has_none() {
        assert_eq!(choose(&[offer(1280, 720, FrameFormat::RAWRGB, 30)], 1280, 720), None);
        assert_eq!(choose(&[], 1280, 720), None);
    }
}
