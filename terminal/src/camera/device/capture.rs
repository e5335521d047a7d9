//! The capturing thread's work: open the camera, copy frames until something is wrong.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use nokhwa::{
    Camera, NokhwaError,
    utils::{CameraIndex, RequestedFormat, RequestedFormatType},
};

use super::{Connected, Settings, format, negotiate, switch::Shared};
use crate::camera::{CameraState, Frame, Trouble, inbox::Inbox, luma, offer::Mode};

/// This many broken frames in a row are a broken camera.
const BROKEN_MAX: u32 = 60;

/// What the two threads of a camera share.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How many buffers the driver has handed over.
    pub(super) buffers: AtomicU64,
    /// Whether the capturing thread should end.
    pub(super) stop: AtomicBool,
}

/// Why a camera can't be read, or no longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaptureError {
    /// nokhwa refused.
    #[error("{0}")]
    Camera(#[from] NokhwaError),
    /// The driver refused.
    #[error("{0}")]
    Driver(#[from] io::Error),
    /// It offers no format that is read here.
    #[error("it offers neither YUYV nor NV12 nor MJPEG")]
    NoFormat,
    /// It sends rubbish.
    #[error("it sends broken pictures")]
    Broken,
}

impl CaptureError {
    /// Returns what is the matter with the camera.
    pub(super) fn trouble(&self) -> Trouble {
        match self {
            Self::Camera(error) => Trouble::of_driver(&error.to_string()),
            Self::Driver(error) => Trouble::of_driver(&error.to_string()),
            Self::NoFormat => Trouble::NoFormat,
            Self::Broken => Trouble::Broken,
        }
    }
}

/// Returns what a camera that nobody reads here can be asked for.
///
/// # Errors
///
/// As [`capture`].
pub(super) fn ask(index: u32) -> Result<Vec<Mode>, CaptureError> {
    let modes = format::modes(&negotiate::offered(&negotiate::open(index)?)?);
    if modes.is_empty() { Err(CaptureError::NoFormat) } else { Ok(modes) }
}

/// Reads `camera` into `inbox` until told to stop.
///
/// # Errors
///
/// Every [`CaptureError`].
pub(super) fn capture(
    connected: &Connected,
    settings: &Settings,
    shared: &Shared,
    inbox: &Inbox,
    progress: &Arc<Progress>,
) -> Result<(), CaptureError> {
    let (offered, chosen) = {
        let driver = negotiate::open(connected.index)?;
        let offered = negotiate::offered(&driver)?;
        let chosen = format::choose(&offered, settings.width, settings.height).ok_or(CaptureError::NoFormat)?;
        let agreed = negotiate::agree(&driver, chosen)?;
        (offered, agreed)
    };
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(chosen), &negotiate::READABLE);
    let mut camera = Camera::new(CameraIndex::Index(connected.index), request)?;
    let pixels = format::readable(chosen.format()).ok_or(CaptureError::NoFormat)?;
    camera.open_stream()?;
    shared.gives(connected, format::modes(&offered), format::mode(chosen));

    let mut buffer = Vec::new();
    let mut broken = 0;
    let mut streaming = None;
    while !progress.stop.load(Ordering::Relaxed) {
        let raw = camera.frame_raw()?;
        let converted = luma::convert(pixels, &raw, (chosen.width(), chosen.height()), &mut buffer);
        progress.buffers.fetch_add(1, Ordering::Relaxed);
        let frame =
            converted.ok().and_then(|(width, height)| Frame::new(width, height, std::mem::take(&mut buffer)).ok());
        let Some(frame) = frame else {
            broken += 1;
            if broken >= BROKEN_MAX {
                return Err(CaptureError::Broken);
            }
            continue;
        };
        broken = 0;
        let size = (frame.width(), frame.height());
        if streaming.replace(size) != Some(size) {
            inbox.report(CameraState::Streaming { name: connected.name.clone(), width: size.0, height: size.1 });
        }
        buffer = inbox.put(frame).unwrap_or_default();
    }
    Ok(())
}
