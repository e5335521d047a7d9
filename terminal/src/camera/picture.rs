//! Image files to frames, with the bounds checked before anything is allocated.
//!
//! The content decides the format, not the file's name. Transparency is laid over white, as a
//! screen shows it.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits, error::ImageError};

use super::{FRAME_PIXELS_MAX, Frame, FrameError, check_size};
use crate::contained;

/// The longest image file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 << 20;

/// The endings of files taken from a folder, in lower case.
pub const ENDINGS: &[&str] = &["png", "jpg", "jpeg", "pgm", "ppm", "pbm", "pnm", "gif", "webp"];

/// How deep folders may lie within folders.
const DEPTH_MAX: usize = 16;

/// Why a file yields no frame.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file can't be read.
    #[error("the file can't be read")]
    Unreadable(#[source] io::Error),
    /// It is longer than any picture should be.
    #[error("the file has more than {FILE_BYTES_MAX} bytes")]
    TooLong,
    /// It is no picture of a known format.
    #[error("not a PNG, JPEG, PNM, GIF or WebP picture")]
    UnknownFormat,
    /// It begins like a picture and is damaged, cut short, or of an unknown kind.
    #[error("the picture is damaged or of a kind that can't be read")]
    Damaged(#[source] ImageError),
    /// Its size is outside the bounds.
    #[error("the picture's size is out of bounds")]
    Size(#[from] FrameError),
    /// The image library gave up in an unforeseen way.
    #[error("the picture can't be read")]
    Unforeseen,
}

/// Reads the picture in the file at `path`.
///
/// # Errors
///
/// Every [`PictureError`].
pub fn read(path: &Path) -> Result<Frame, PictureError> {
    let file = File::open(path).map_err(PictureError::Unreadable)?;
    let mut bytes = Vec::new();
    BufReader::new(file).take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(PictureError::Unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(PictureError::TooLong);
    }
    decode(&bytes)
}

/// Reads the picture in `bytes`.
///
/// # Errors
///
/// Every [`PictureError`] but [`PictureError::Unreadable`] and [`PictureError::TooLong`].
pub fn decode(bytes: &[u8]) -> Result<Frame, PictureError> {
    // Image libraries meet hostile files for a living and still panic now and then.
    contained::run(|| decode_unguarded(bytes)).unwrap_or(Err(PictureError::Unforeseen))
}

fn decode_unguarded(bytes: &[u8]) -> Result<Frame, PictureError> {
    let reader = ImageReader::new(io::Cursor::new(bytes)).with_guessed_format().map_err(PictureError::Unreadable)?;
    if reader.format().is_none() {
        return Err(PictureError::UnknownFormat);
    }
    let mut decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let mut limits = Limits::no_limits();
    // Eight bytes a pixel is the widest kind: 16 bits in four channels.
    limits.max_alloc = Some(FRAME_PIXELS_MAX * 8 + (1 << 20));
    decoder.set_limits(limits).map_err(PictureError::Damaged)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    let grey = if picture.color().has_alpha() { over_white(&picture) } else { picture.into_luma8() };
    Ok(Frame::new(width, height, grey.into_raw())?)
}

fn over_white(picture: &DynamicImage) -> image::GrayImage {
    debug_assert!(matches!(
        picture.color(),
        ColorType::La8 | ColorType::La16 | ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F
    ));
    let grey = picture.to_luma_alpha8();
    image::GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        let [luma, alpha] = grey.get_pixel(x, y).0.map(u32::from);
        image::Luma([((luma * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}

/// Returns the files that `paths` name: a file as it is, a folder as the pictures within it and its
/// folders, sorted by path. Paths that can't be read are returned as they are, to be reported when
/// read.
pub fn expand(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let first = files.len();
            walk(path, 0, &mut files);
            if let Some(new) = files.get_mut(first..) {
                new.sort();
            }
        } else {
            files.push(path.clone());
        }
    }
    files
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = folder.read_dir() else {
        files.push(folder.to_owned());
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // The entry's own type doesn't follow links, so a link to a parent can't lead in circles.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            if depth < DEPTH_MAX {
                walk(&path, depth + 1, files);
            }
        } else if is_picture(&path) {
            files.push(path);
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;

    use super::*;

    #[test]
    fn every_kind_of_png_becomes_grey() {
        let kinds = [
            DynamicImage::new_luma8(3, 2),
            DynamicImage::new_luma16(3, 2),
            DynamicImage::new_luma_a8(3, 2),
            DynamicImage::new_rgb16(3, 2),
            DynamicImage::new_rgba8(3, 2),
            DynamicImage::new_rgba16(3, 2),
            DynamicImage::new_luma8(1, 1),
        ];
        for kind in kinds {
            let frame = decode(&written(&kind, ImageFormat::Png)).unwrap();

            assert_eq!((frame.width(), frame.height()), (kind.width(), kind.height()));
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let frame = decode(&written(&DynamicImage::new_rgba8(1, 1), ImageFormat::Png)).unwrap();

        assert_eq!(frame.luma(), [255]);
    }

    #[test]
    fn a_pgm_is_read_as_it_is() {
        let frame = decode(b"P5\n3 2\n255\n\x00\x10\x20\x30\x40\x50").unwrap();

        assert_eq!(frame.luma(), [0, 16, 32, 48, 64, 80]);
    }

    #[test]
    fn every_cut_of_a_picture_is_an_error_or_a_frame_of_its_size() {
        let picture = DynamicImage::ImageLuma8(image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * y) as u8])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Pnm, ImageFormat::Gif, ImageFormat::WebP] {
            let picture = if format == ImageFormat::WebP { picture.to_rgb8().into() } else { picture.clone() };
            let picture: DynamicImage = if format == ImageFormat::Gif { picture.to_rgba8().into() } else { picture };
            let whole = written(&picture, format);
            assert_eq!(decode(&whole).unwrap().width(), 40);
            for cut in 0..whole.len() {
                if let Ok(frame) = decode(&whole[..cut]) {
                    assert_eq!((frame.width(), frame.height()), (40, 30));
                }
            }
        }
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_read() {
        let error = decode(b"P5\n60000 60000\n255\n").unwrap_err();

        assert!(matches!(error, PictureError::Size(FrameError::TooLarge { width: 60_000, height: 60_000 })));
    }

    #[test]
    fn text_is_no_picture() {
        assert!(matches!(decode(b"Dear guest,"), Err(PictureError::UnknownFormat)));
        assert!(matches!(decode(b""), Err(PictureError::UnknownFormat)));
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }
}
