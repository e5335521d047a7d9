//! Where pictures come from: a camera, a folder of images, a replay that behaves like a video.
//!
//! A [`FrameSource`] is asked for what it sees next and never fails: trouble is one of the things it
//! may see, so the door goes on with a hand scanner while the camera is away. What a picture says
//! is the [decoder](crate::decoder)'s business.

pub mod device;
mod inbox;
pub mod luma;
pub mod offer;
pub mod picture;
pub mod replay;
mod trouble;
pub mod viewfinder;

use std::{fmt, path::PathBuf, time::Duration};

pub use trouble::Trouble;

/// The most pixels a frame may have: 64 million, more than any camera or phone photo at a door.
pub const FRAME_PIXELS_MAX: u64 = 64 << 20;

/// The longest side a frame may have, in pixels.
pub const FRAME_SIDE_MAX: u32 = 16_384;

/// An 8-bit grey picture, row by row from the top, without padding.
#[derive(Clone, Eq, PartialEq)]
pub struct Frame {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// A side is zero.
    #[error("the picture is empty")]
    Empty,
    /// More pixels or a longer side than the bounds allow.
    #[error("the picture is too large ({width}x{height})")]
    TooLarge {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// The number of bytes is not width times height.
    #[error("the picture has {got} bytes where {wanted} are needed")]
    WrongLength {
        /// Width times height.
        wanted: u64,
        /// The bytes given.
        got: u64,
    },
}

/// Checks a picture's size against the bounds, before anything is allocated for it.
///
/// # Errors
///
/// [`FrameError::Empty`] and [`FrameError::TooLarge`].
pub const fn check_size(width: u32, height: u32) -> Result<(), FrameError> {
    if width == 0 || height == 0 {
        Err(FrameError::Empty)
    } else if width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX || width as u64 * height as u64 > FRAME_PIXELS_MAX {
        Err(FrameError::TooLarge { width, height })
    } else {
        Ok(())
    }
}

impl Frame {
    /// Returns the frame of these grey values, 0 black to 255 white.
    ///
    /// # Errors
    ///
    /// Every [`FrameError`].
    pub fn new(width: u32, height: u32, luma: Vec<u8>) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let wanted = u64::from(width) * u64::from(height);
        if luma.len() as u64 != wanted {
            return Err(FrameError::WrongLength { wanted, got: luma.len() as u64 });
        }
        Ok(Self { width, height, luma })
    }

    /// Returns the width in pixels, at least 1.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels, at least 1.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Returns the grey values, row by row from the top.
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// Returns the buffer, to be filled again.
    pub fn into_luma(self) -> Vec<u8> {
        self.luma
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{})", self.width, self.height)
    }
}

/// What a source sees when asked.
#[derive(Debug)]
pub enum Sight {
    /// A picture; `name` is the file it comes from, if any.
    Frame {
        /// The picture.
        frame: Frame,
        /// The file it was read from.
        name: Option<PathBuf>,
    },
    /// A file that can't be read as a picture; the source goes on with the next.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not, in a sentence.
        error: picture::PictureError,
    },
    /// The camera's state changed.
    Camera(CameraState),
    /// Nothing new within the time given.
    Nothing,
    /// There will be no more pictures.
    End,
}

/// What becomes of the camera.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CameraState {
    /// The chosen camera is not there; `found` are the names of those that are.
    Absent {
        /// The names of the cameras that were found.
        found: Vec<String>,
    },
    /// It is being opened.
    Opening {
        /// The camera's name.
        name: String,
    },
    /// Frames arrive.
    Streaming {
        /// The camera's name.
        name: String,
        /// Width of its frames in pixels.
        width: u32,
        /// Height of its frames in pixels.
        height: u32,
    },
    /// It is open and has sent nothing for a while; it is being opened again.
    Stalled,
    /// It failed or was unplugged; it is tried again after `retry`.
    Lost {
        /// What is the matter, where the driver's words tell it.
        trouble: Trouble,
        /// What the driver said.
        reason: String,
        /// How long until the next attempt.
        retry: Duration,
    },
}

/// Something that yields pictures.
pub trait FrameSource: Send {
    /// Returns what is seen next, waiting up to `wait` for it.
    ///
    /// A live source returns the newest picture and forgets older ones. After [`Sight::End`] it
    /// returns [`Sight::End`] for ever.
    fn next(&mut self, wait: Duration) -> Sight;
}

impl fmt::Display for CameraState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { found } if found.is_empty() => f.write_str(
                "no camera found: plug one in, or check that this user may read /dev/video* (group \"video\")",
            ),
            Self::Absent { found } => {
                write!(f, "the chosen camera is not there; choose one of: {}", found.join(", "))
            }
            Self::Opening { name } => write!(f, "opening {name}"),
            Self::Streaming { name, width, height } => write!(f, "{name} streams {width}x{height}"),
            Self::Stalled => f.write_str("the camera has stopped sending pictures; opening it again"),
            Self::Lost { reason, retry, .. } => {
                write!(f, "the camera was lost ({reason}); next try in {:.1} s", retry.as_secs_f32())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_exactly_its_pixels() {
        assert!(Frame::new(2, 3, vec![0; 6]).is_ok());
        assert_eq!(Frame::new(2, 3, vec![0; 5]), Err(FrameError::WrongLength { wanted: 6, got: 5 }));
        assert_eq!(Frame::new(0, 3, vec![]), Err(FrameError::Empty));
    }

    #[test]
    fn the_bounds_are_the_side_and_the_area() {
        assert_eq!(check_size(8192, 8192), Ok(()));
        assert_eq!(check_size(8193, 8192), Err(FrameError::TooLarge { width: 8193, height: 8192 }));
        assert_eq!(check_size(16_384, 1), Ok(()));
        assert_eq!(check_size(16_385, 1), Err(FrameError::TooLarge { width: 16_385, height: 1 }));
    }
}
