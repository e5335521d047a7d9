//! What a camera offers, and agreeing with it on one of that, before nokhwa opens it.
//!
//! nokhwa takes the numerator of a pace for one, so that it asks for 15 pictures a second where 7.5 are offered; and it
//! refuses a camera that stands at such a pace, or at a format that it doesn't know, because another program asked for
//! that before. A camera that stands at what it is asked for gives it no occasion for either.

use std::io;

use nokhwa::utils::{CameraFormat, FrameFormat};
use v4l::{
    Device, FourCC,
    frameinterval::FrameIntervalEnum,
    framesize::FrameSizeEnum,
    video::{Capture, capture::Parameters},
};

/// The formats that are read.
pub(super) const READABLE: [FrameFormat; 3] = [FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::MJPEG];

/// Opens a camera's driver. It must be closed again before nokhwa opens it.
///
/// # Errors
///
/// What the system says.
pub(super) fn open(index: u32) -> io::Result<Device> {
    Device::new(index as usize)
}

/// Returns what a camera can be asked for, of the formats that are read and at paces that are whole numbers.
///
/// # Errors
///
/// What the driver says.
pub(super) fn offered(camera: &Device) -> io::Result<Vec<CameraFormat>> {
    let mut offered = Vec::new();
    for description in camera.enum_formats()? {
        let Some(format) = READABLE.into_iter().find(|format| fourcc(*format) == Some(description.fourcc)) else {
            continue;
        };
        for size in camera.enum_framesizes(description.fourcc)? {
            // nokhwa makes sizes of its own where a driver offers ranges of them; no camera at a door does.
            let FrameSizeEnum::Discrete(size) = size.size else { continue };
            let paces = camera.enum_frameintervals(description.fourcc, size.width, size.height).unwrap_or_default();
            offered.extend(paces.into_iter().filter_map(|pace| match pace.interval {
                FrameIntervalEnum::Discrete(pace) if pace.numerator == 1 => {
                    Some(CameraFormat::new_from(size.width, size.height, format, pace.denominator))
                }
                FrameIntervalEnum::Discrete(_) | FrameIntervalEnum::Stepwise(_) => None,
            }));
        }
    }
    Ok(offered)
}

/// Asks a camera for `wanted`, which it offers, and returns what it gives.
///
/// # Errors
///
/// What the driver says: that another program uses the camera, most often.
pub(super) fn agree(camera: &Device, wanted: CameraFormat) -> io::Result<CameraFormat> {
    let Some(fourcc) = fourcc(wanted.format()) else { return Err(io::ErrorKind::Unsupported.into()) };
    let (width, height) = (wanted.width(), wanted.height());
    let mut format = camera.format()?;
    if (format.width, format.height, format.fourcc) != (width, height, fourcc) {
        (format.width, format.height, format.fourcc) = (width, height, fourcc);
        format = camera.set_format(&format)?;
    }
    let mut pace = camera.params()?.interval;
    if (pace.numerator, pace.denominator) != (1, wanted.frame_rate()) {
        pace = camera.set_params(&Parameters::with_fps(wanted.frame_rate()))?.interval;
    }
    let rate = if pace.numerator == 1 { pace.denominator } else { wanted.frame_rate() };
    Ok(CameraFormat::new_from(format.width, format.height, wanted.format(), rate))
}

/// Returns the code by which drivers name a format that is read.
fn fourcc(format: FrameFormat) -> Option<FourCC> {
    match format {
        FrameFormat::YUYV => Some(FourCC::new(b"YUYV")),
        FrameFormat::NV12 => Some(FourCC::new(b"NV12")),
        FrameFormat::MJPEG => Some(FourCC::new(b"MJPG")),
        FrameFormat::GRAY | FrameFormat::RAWRGB | FrameFormat::RAWBGR => None,
    }
}
