//! Camera formats to grey, in one pass into a buffer that is used again.

use std::{fmt, io::Cursor};

use image::{ImageReader, Limits};
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

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

/// Reads the grey of a JPEG alone; of one that has none apart from its colours, which cameras don't send, all of it.
fn mjpeg(raw: &[u8], luma: &mut Vec<u8>) -> Result<(u32, u32), BrokenFrame> {
    match grey_alone(raw, luma) {
        Ok(size) => Ok(size),
        Err(_) => whole(raw, luma),
    }
}

/// Neither transforms nor enlarges the colours.
fn grey_alone(raw: &[u8], luma: &mut Vec<u8>) -> Result<(u32, u32), DecodeErrors> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(FRAME_SIDE_MAX as usize)
        .set_max_height(FRAME_SIDE_MAX as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(raw), options);
    decoder.decode_headers()?;
    let size = decoder.info().map(|info| (u32::from(info.width), u32::from(info.height)));
    let (width, height) = size.ok_or(DecodeErrors::FormatStatic("a JPEG without a size"))?;
    check_size(width, height).map_err(|_| DecodeErrors::FormatStatic("a size out of bounds"))?;
    // What a torn JPEG leaves out must not show an earlier frame.
    luma.clear();
    luma.resize(width as usize * height as usize, 0);
    decoder.decode_into(luma)?;
    Ok((width, height))
}

fn whole(raw: &[u8], luma: &mut Vec<u8>) -> Result<(u32, u32), BrokenFrame> {
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
    fn the_grey_of_a_coloured_jpeg_is_what_its_colours_make() {
        let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 4, 90]));
        let mut jpeg = Vec::new();
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        let (mut grey, mut all) = (Vec::new(), Vec::new());

        assert_eq!(grey_alone(&jpeg, &mut grey).unwrap(), (64, 48));
        whole(&jpeg, &mut all).unwrap();

        // The picture library weighs colours as another standard does, and by no more.
        let apart = grey.iter().zip(&all).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart < Some(24), "{apart:?}");
    }

    #[test]
    fn a_torn_jpeg_shows_nothing_of_an_earlier_frame() {
        let picture = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([(x * y % 251) as u8]));
        let mut jpeg = Vec::new();
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        jpeg.truncate(jpeg.len() / 2);
        let (mut fresh, mut used) = (Vec::new(), vec![77; 64 * 64]);

        assert_eq!(convert(PixelFormat::Mjpeg, &jpeg, (64, 64), &mut fresh), Ok((64, 64)));
        convert(PixelFormat::Mjpeg, &jpeg, (64, 64), &mut used).unwrap();

        assert_eq!(fresh, used);
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
