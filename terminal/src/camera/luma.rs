//! Camera formats to grey, in one pass into a buffer that is used again.

use std::{fmt, io::Cursor};

use image::{ImageReader, Limits};

use super::{FRAME_SIDE_MAX, check_size};

/// The formats a camera may send that this crate reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PixelFormat {
    /// Packed 4:2:2, every second byte is luma.
    Yuyv,
    /// One JPEG a frame, with rubbish behind it.
    Mjpeg,
    /// A luma plane, then interleaved chroma.
    Nv12,
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yuyv => "YUYV",
            Self::Mjpeg => "MJPEG",
            Self::Nv12 => "NV12",
        })
    }
}

/// A buffer that doesn't hold the frame it should; the frame is dropped and the next one taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the camera sent a broken frame")]
pub struct BrokenFrame;

/// Writes the luma of the camera buffer `raw` over `luma` and returns the frame's size.
///
/// YUYV and NV12 frames have the size that was agreed on, `width` and `height`; a JPEG brings its own.
///
/// # Errors
///
/// [`BrokenFrame`] if `raw` is too short, or no JPEG within the bounds.
pub fn convert(
    format: PixelFormat,
    raw: &[u8],
    (width, height): (u32, u32),
    luma: &mut Vec<u8>,
) -> Result<(u32, u32), BrokenFrame> {
    check_size(width, height).map_err(|_| BrokenFrame)?;
    let pixels = width as usize * height as usize;
    luma.clear();
    match format {
        PixelFormat::Yuyv => {
            let (pairs, _) = raw.get(..pixels * 2).ok_or(BrokenFrame)?.as_chunks::<2>();
            luma.extend(pairs.iter().map(|&[y, _]| y));
        }
        PixelFormat::Nv12 => luma.extend_from_slice(raw.get(..pixels).ok_or(BrokenFrame)?),
        PixelFormat::Mjpeg => return mjpeg(raw, luma),
    }
    Ok((width, height))
}

fn mjpeg(raw: &[u8], luma: &mut Vec<u8>) -> Result<(u32, u32), BrokenFrame> {
    let mut reader = ImageReader::with_format(Cursor::new(raw), image::ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_image_width = Some(FRAME_SIDE_MAX);
    limits.max_image_height = Some(FRAME_SIDE_MAX);
    reader.limits(limits);
    let grey = reader.decode().map_err(|_| BrokenFrame)?.into_luma8();
    let (width, height) = grey.dimensions();
    check_size(width, height).map_err(|_| BrokenFrame)?;
    *luma = grey.into_raw();
    Ok((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuyv_luma_is_every_second_byte() {
        let mut luma = vec![9; 100];

        let size = convert(PixelFormat::Yuyv, &[1, 128, 2, 128, 3, 128, 4, 128], (2, 2), &mut luma);

        assert_eq!(size, Ok((2, 2)));
        assert_eq!(luma, [1, 2, 3, 4]);
    }

    #[test]
    fn nv12_luma_is_the_first_plane() {
        let mut luma = Vec::new();

        convert(PixelFormat::Nv12, &[1, 2, 3, 4, 99, 99], (2, 2), &mut luma).unwrap();

        assert_eq!(luma, [1, 2, 3, 4]);
    }

    #[test]
    fn a_short_or_torn_buffer_is_broken() {
        let mut luma = Vec::new();

        assert_eq!(convert(PixelFormat::Yuyv, &[0; 7], (2, 2), &mut luma), Err(BrokenFrame));
        assert_eq!(convert(PixelFormat::Nv12, &[0; 3], (2, 2), &mut luma), Err(BrokenFrame));
        assert_eq!(convert(PixelFormat::Mjpeg, &[0xff, 0xd8, 0xff, 0xe0, 0], (2, 2), &mut luma), Err(BrokenFrame));
        assert_eq!(convert(PixelFormat::Yuyv, &[], (u32::MAX, u32::MAX), &mut luma), Err(BrokenFrame));
    }

    #[test]
    fn a_jpeg_with_rubbish_behind_it_is_read() {
        let picture = image::GrayImage::from_pixel(16, 8, image::Luma([200]));
        let mut jpeg = Vec::new();
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        jpeg.extend_from_slice(&[0x55; 4000]);
        let mut luma = Vec::new();

        assert_eq!(convert(PixelFormat::Mjpeg, &jpeg, (640, 480), &mut luma), Ok((16, 8)));
        assert_eq!(luma.len(), 128);
    }
}
